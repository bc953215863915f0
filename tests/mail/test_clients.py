"""The mails keep to what mail programs understand, in the light and in the dark: Gmail, Outlook (Word), Apple Mail."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from reports.letters import to_letter
from reports.mail.compose import compose
from reports.mail.envelope import Envelope
from reports.present.formats import Formats
from reports.present.themes import load_theme
from reports.rendering import Printed
from tests.making import templates
from tests.pages import PLAIN, SHAPES, Shape, edition
from tests.themes import make_theme

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import EmailMessage
    from pathlib import Path

    from reports.rendering import Rendering

MOST_BYTES = 100_000  # Gmail clips what is longer than 102 KB
MOST_ROWS = 20  # of data
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3
SMALLEST = 13  # pixels of type
LONG = Shape(
    pipelines=14,
    names=tuple(f"{one} {'and a long name of a pipeline or a person' if one == PLAIN[0] else ''}" for one in PLAIN),
    agents=40,
    note="A paragraph that says something about the week, at some length. " * 90,
    more=SHAPES["everything"].more,
)
FORBIDDEN_TAGS = {"svg", "script", "link", "form", "input", "video", "iframe", "object", "picture", "button"}
FORBIDDEN_STYLES = re.compile(
    r"var\(|calc\(|url\(|display:\s*(flex|grid)|position:|float:|(?<![-\w])(margin|padding)-inline|@font-face|@import"
)
VOID = {"meta", "img", "br", "hr"}


class Mail(HTMLParser):
    """Gathers what a mail's HTML consists of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, Mapping[str, str]]] = []
        self.sheets: list[str] = []
        self._sheet = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._sheet = tag == "style"
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self._sheet:
            self.sheets.append(data)

    def handle_endtag(self, _tag: str) -> None:
        self._sheet = False

    def all(self, tag: str) -> list[Mapping[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def classes(self) -> set[str]:
        return {one for _, attributes in self.tags for one in attributes.get("class", "").split()}


CASES = {
    "weekly, English": ("weekly", "en", "full", SHAPES["everything"]),
    "weekly, Arabic": ("weekly", "ar", "full", SHAPES["everything"]),
    "longest, English": ("weekly", "en", "full", LONG),
    "longest, Arabic": ("weekly", "ar", "full", LONG),
    "no data": ("weekly", "ar", "full", SHAPES["no data"]),
    "summary": ("weekly", "ar", "summary", SHAPES["hostile"]),
    "nothing": ("weekly", "en", "none", SHAPES["one pipeline"]),
    "scorecard, English": ("card", "en", "full", SHAPES["everything"]),
    "scorecard, Arabic": ("card", "ar", "full", SHAPES["hostile"]),
}


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Rendering, EmailMessage]:
    """Return an edition and its mail, as a mail program gets it."""
    report, locale, body, shape = request.param
    return sent(edition(tmp_path_factory.mktemp("mail"), report, locale, shape), body)


def sent(made: Rendering, body: str = "full") -> tuple[Rendering, EmailMessage]:
    report = made.job.report.model_copy(update={"body": body})
    made = replace(made, job=replace(made.job, report=report))
    content = compose(to_letter([Printed(made, b"%PDF-")]), Envelope(("you@example.com",)), key=b"k").as_bytes()
    message: EmailMessage = message_from_bytes(content, policy=default)  # type: ignore[assignment]
    return made, message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def words_of(text: str) -> str:
    return " ".join(Formats.plain(text).split())


def test_the_html_is_short_enough_and_needs_nothing_from_elsewhere(case: tuple[Rendering, EmailMessage]) -> None:
    html = part(case[1], "html")
    mail = Mail(html)
    assert len(html.encode()) < MOST_BYTES
    assert {tag for tag, _ in mail.tags} & FORBIDDEN_TAGS == set()
    addresses = [one["src"] for one in mail.all("img")]
    assert all(one.startswith("cid:") for one in addresses)
    attached = {str(one["Content-ID"]).strip("<>") for one in case[1].walk() if one.get_content_maintype() == "image"}
    assert {one.removeprefix("cid:") for one in addresses} == attached
    assert "@font-face" not in html
    assert "data:" not in html


def test_styles_are_inlined_and_plain(case: tuple[Rendering, EmailMessage]) -> None:
    mail = Mail(part(case[1], "html"))
    cells = [one for tag, one in mail.tags if tag in {"td", "th"}]
    assert all("font-size" in one.get("style", "") and "color" in one["style"] for one in cells)
    for _, attributes in mail.tags:
        assert FORBIDDEN_STYLES.search(attributes.get("style", "")) is None
    for sheet in mail.sheets:
        assert FORBIDDEN_STYLES.search(sheet) is None
    sizes = [int(found) for one in cells for found in re.findall(r"font-size:\s*(\d+)px", one["style"])]
    assert min(sizes) >= SMALLEST


def test_what_the_kept_sheets_select_is_there_and_they_stand_apart(case: tuple[Rendering, EmailMessage]) -> None:
    mail = Mail(part(case[1], "html"))
    night, outlook = mail.sheets[:2]
    assert "prefers-color-scheme: dark" in night
    assert "[data-og" not in night, "Gmail drops a sheet that has selectors it doesn't know"
    assert "[data-ogsc]" in outlook
    known = set(re.findall(r"class=\"([^\"]+)\"", part(case[1], "html")))
    assert {"paper"} <= mail.classes
    named = set(re.findall(r"\.([a-z-]+)", re.sub(r"\{[^{}]*\}", "", night)))
    written = {one for path in templates().folders for one in _classes_of(path)}
    assert named <= written, "a rule for a class that no template has"
    assert known


def _classes_of(folder: Path) -> set[str]:
    found: set[str] = {"good", "bad", "flat", "half-below", "commentary"}
    for path in folder.rglob("*.html"):
        for text in re.findall(r"class=\"([^\"]*)\"", path.read_text(encoding="utf-8")):
            found |= set(text.split())
    return found


def test_the_language_and_its_direction_stand_where_no_program_drops_them(
    case: tuple[Rendering, EmailMessage],
) -> None:
    made, message = case
    mail = Mail(part(message, "html"))
    way = made.desk.language.direction
    [root] = mail.all("html")
    assert (root["lang"], root["dir"]) == (made.desk.language.tag, way)
    tables = mail.all("table")
    assert tables[0]["lang"] == made.desk.language.tag
    outer = [one for one in tables if one.get("role") == "presentation"]
    assert all(one["dir"] == way for one in outer)
    wrong = "right" if way == "ltr" else "left"
    plain = [one["style"] for one in mail.all("th") if "number" not in one.get("class", "")]
    assert all(f"text-align: {wrong}" not in style for style in plain)
    numbers = [one["style"] for one in mail.all("td") if "number" in one.get("class", "").split()]
    assert all("text-align: right" in style for style in numbers)


def test_tables_and_pictures_are_for_everybody(case: tuple[Rendering, EmailMessage]) -> None:
    mail = Mail(part(case[1], "html"))
    assert all(one.get("scope") in {"col", "row"} for one in mail.all("th") if "label" in one.get("class", ""))
    assert all(one["alt"] and int(one["width"]) > 0 and int(one["height"]) > 0 for one in mail.all("img"))
    rows = len([one for one in mail.all("th") if one.get("scope") == "row"])
    assert rows <= MOST_ROWS
    metas = {one.get("name"): one.get("content") for one in mail.all("meta")}
    assert metas["color-scheme"] == "light dark"


def test_the_plain_text_says_the_same(case: tuple[Rendering, EmailMessage]) -> None:
    made, message = case
    html, text = (words_of(unescape(part(message, kind))) for kind in ("html", "plain"))
    if made.job.report.body == "none":
        assert words_of(made.page.overview.cells[0].kpi.value) not in html
        return
    for cell in made.page.overview.cells:
        for words in (cell.kpi.label, cell.kpi.value):
            assert words_of(words) in html
            assert words_of(words) in text


def _light(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2."""
    low, high = sorted((_light(one), _light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("role", ["ink", "muted", "good", "bad"])
def test_words_have_contrast_enough_in_the_light_and_in_the_dark(role: str) -> None:
    theme = load_theme(templates())
    for colours in (theme.colours, theme.dark):
        assert contrast(colours[role], colours["paper"]) >= LEAST_CONTRAST


def test_no_colour_of_the_dark_is_pure() -> None:
    """Programs that turn colours over by force leave pure black and white in the wrong place."""
    assert not {"#000000", "#FFFFFF"} & {one.upper() for one in load_theme(templates()).dark.values()}


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_a_theme_s_logo_stands_above_the_mail(tmp_path: Path, locale: str) -> None:
    """On a panel of light paper in the dark, and as a picture of the message itself."""
    make_theme(tmp_path)
    _, message = sent(edition(tmp_path, "weekly", locale, Shape(more='theme = "themes/acme"\n')))
    mail = Mail(part(message, "html"))
    [logo] = [attributes for tag, attributes in mail.tags if tag == "img" and attributes["src"] == "cid:logo"]
    assert (logo["width"], logo["height"]) == ("96", "32")
    assert {"en": "The sign of Acme", "ar": "شعار شركة أكمي"}[locale] in logo["alt"]
    [picture] = [one for one in message.walk() if one["Content-ID"] == "<logo>"]
    assert picture.get_content_type() == "image/png"
    assert "#7A3E9D" not in part(message, "html"), "charts have the accent, words don't"
    assert "#FFFDF8" in part(message, "html")
