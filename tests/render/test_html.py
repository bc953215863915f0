"""Templates are filled with text that stays text, and an error in one says where it is."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from reports.errors import RenderError
from reports.present.fonts import SUBSTITUTE
from reports.present.templates import Templates
from reports.render.html import css_string, render_template, runs, svg_address, with_pictures
from tests.making import english, templates

if TYPE_CHECKING:
    from pathlib import Path


def rendered(folder: Path, content: str, name: str = "page.html", **context: object) -> str:
    (folder / name).write_text(content, encoding="utf-8")
    return render_template(Templates((folder, *templates().folders)), name, english(), **context)


class Words(HTMLParser):
    """Collects what a browser would show, and which elements there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</p></div><style>body{display:none}</style>",
    "&lt;b&gt; &amp; ' \"",
    "{{ 7 * 7 }} {% include 'x' %}",
    "نورة <b>",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_stays_a_name_in_text_and_in_attributes(tmp_path: Path, name: str) -> None:
    found = Words(rendered(tmp_path, '<p title="{{ word }}">{{ word }}</p>', word=name))
    assert found.elements == [("p", {"title": name})]
    assert "".join(found.words) == name


def test_a_text_template_is_text(tmp_path: Path) -> None:
    assert rendered(tmp_path, "{{ word }}", "mail.txt", word="Søn & <Co>") == "Søn & <Co>"


def test_a_template_of_any_other_name_is_taken_for_html(tmp_path: Path) -> None:
    assert rendered(tmp_path, "{{ word }}", "page.other", word="<b>") == "&lt;b&gt;"


def test_what_no_font_has_is_a_square_also_in_marked_up_text(tmp_path: Path) -> None:
    found = rendered(tmp_path, "{{ word }}|{{ css }}|{{ 3 }}", word="日本 <b>", css=Markup("<i>日本\nx</i>"))
    assert found == f"{SUBSTITUTE} &lt;b&gt;|<i>{SUBSTITUTE}\nx</i>|3"


def test_a_style_sheet_with_other_letters_keeps_its_lines(tmp_path: Path) -> None:
    css = Markup("/* Überschrift */\nbody {\n\tcolor: red;\r\n}")
    assert rendered(tmp_path, "{{ css }}", css=css) == str(css)


def test_messages_are_translated_in_templates(tmp_path: Path) -> None:
    content = '{{ t("was {value}", value=3) }} {{ n("{x} day", "{x} days", 2, x=2) }} {{ language.tag }}'
    assert rendered(tmp_path, content) == "was 3 2 days en"
    arabic = replace(english(), locale=Locale.parse("ar"))
    assert render_template(Templates((tmp_path,)), "page.html", arabic).endswith(" ar")


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        ("<p>\n{{ nothing }}", 2, "'nothing' is undefined"),
        ("<p>\n\n{{ page.nothing }}", 3, "has no attribute 'nothing'"),
        ("{% if %}", 1, "Expected an expression"),
        ("\n{{ 1 / 0 }}", 2, "ZeroDivisionError"),
        ("\n{{ t('was {value}') }}", 2, "KeyError: 'value'"),
        ("{% for x in y %}", 1, "endfor"),
    ],
)
def test_an_error_names_the_file_the_line_and_what_is_wrong(tmp_path: Path, content: str, line: int, what: str) -> None:
    with pytest.raises(RenderError) as raised:
        rendered(tmp_path, content, page=object())
    assert f"{tmp_path / 'page.html'}, line {line}: " in raised.value.message
    assert what in raised.value.message
    assert raised.value.permanent


def test_an_error_in_a_part_names_the_part(tmp_path: Path) -> None:
    (tmp_path / "part.html").write_text("\n\n{{ nothing }}")
    with pytest.raises(RenderError) as raised:
        rendered(tmp_path, "{% include 'part.html' %}")
    assert f"{tmp_path / 'part.html'}, line 3: " in raised.value.message


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"there is no template partials/none\.html"):
        rendered(tmp_path, "{% include 'partials/none.html' %}")


@given(st.text(max_size=40))
def test_a_css_string_ends_where_it_should(text: str) -> None:
    literal = str(css_string(text))
    assert literal[0] == literal[-1] == '"'
    assert not set(literal[1:-1]) & set("\"'<>{}();\n\r\f")
    read = ""
    rest = literal[1:-1]
    while rest:
        if rest.startswith("\\"):
            code, rest = rest[1:].split(" ", 1)
            read += chr(int(code, 16))
        else:
            read, rest = read + rest[0], rest[1:]
    assert read == text


@pytest.mark.parametrize(
    ("name", "way"),
    [("Lina (KSA)", "ltr"), ("نورة Trading", "rtl"), ("\u2068(سارة)\u2069", "rtl"), ("12", "ltr"), ("", "ltr")],
)
def test_a_name_runs_as_its_first_letter_does(name: str, way: str) -> None:
    assert runs(name) == way


PAGE = '<p><img src="drawing:a" alt="one &gt; two"></p><img class="x" src="drawing:b" alt=""><img src="data:,x" alt="">'


def test_pictures_are_put_in_and_on_phones_the_narrow_ones() -> None:
    shown = with_pictures(PAGE, {"drawing:a": b"wide a", "drawing:b": b"wide b"}, {"drawing:a": b"narrow a"})
    assert "drawing:" not in shown
    assert shown.count("<picture>") == 1
    source = f'<source media="(max-width: 40em)" srcset="{svg_address(b"narrow a")}">'
    assert f'<picture>{source}<img src="{svg_address(b"wide a")}" alt="one &gt; two"></picture></p>' in shown
    assert f'<img class="x" src="{svg_address(b"wide b")}" alt="">' in shown
    assert '<img src="data:,x" alt="">' in shown
