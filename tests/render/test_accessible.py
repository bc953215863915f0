"""Every PDF is PDF/UA-1 and PDF/A-3a at once, and reads aloud in the order that it is seen, in both languages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING

import pikepdf
import pypdfium2 as pdfium
import pytest

from reports.present.fonts import drawable, font_face_css
from reports.render.associated import Associated
from reports.render.pdf import html_to_pdf
from reports.rendering import Rendering, page_html, to_pdf
from tests.making import CHECKOUT, templates
from tests.pages import SHAPES, Shape, edition
from tests.structure import Reading, read
from tests.themes import PRINTED, make_theme
from tests.validator import problems

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOMENT = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
FILES = (
    Associated("figures.csv", "The figures as a table", "text/csv", "وقت,1\n".encode(), MOMENT),
    Associated("../edition\u202e:1.json", "What the page was made from", "application/json", b"{}", MOMENT),
)
CASES = [
    (report, locale, shape)
    for shape in SHAPES
    for report in ("weekly", "card")
    for locale in ("en", "ar")
    if report == "weekly" or shape in {"one pipeline", "hostile", "everything"}  # the others are no other scorecards
]
FAST = [("weekly", "ar", "everything"), ("card", "en", "everything")]
LETTERS = re.compile("[\u0621-\u064a]")
PRESENTATION = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")
SIGNS = re.compile("[\u064b-\u065f]")  # vowels and their like: each program puts them on another side of their letter
WORD = re.compile("[^\\W\\d_]{2,}")
CONTROLS = re.compile("[\u200e\u200f\u061c\u2066-\u2069]")
CONTAINERS = {"L": {"LI", "L", "Caption"}, "LI": {"Lbl", "LBody"}, "TR": {"TH", "TD"}, "THead": {"TR"}, "TBody": {"TR"}}
BLIND = """
import sys
from pathlib import Path
from tests.making import templates
from reports.present.fonts import drawable, font_face_css
from reports.render.pdf import html_to_pdf
html = Path(sys.argv[1]).read_text(encoding="utf-8")
sys.stdout.buffer.write(html_to_pdf(html, templates()))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str, str], tuple[Rendering, bytes]]:
    kept: dict[tuple[str, str, str], tuple[Rendering, bytes]] = {}

    def make(report: str, locale: str, shape: str) -> tuple[Rendering, bytes]:
        key = (report, locale, shape)
        if key not in kept:
            one = edition(tmp_path_factory.mktemp("page"), report, locale, SHAPES[shape])
            kept[key] = one, to_pdf(one)
        return kept[key]

    return make


def words(text: str) -> str:
    """Return a text as it is read: without what only directs its layout."""
    return " ".join(CONTROLS.sub("", text).split())


def reads_well(reading: Reading, locale: str) -> None:
    """Everything is either in the structure or an artifact, and the structure has the shape that readers expect."""
    assert not reading.untagged
    assert not reading.unmarked
    found = list(reading.root.all())
    levels = [int(one.kind[1]) for one in found if re.fullmatch("H[1-6]", one.kind)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(one.text.strip() for one in found if re.fullmatch("H[1-6]", one.kind))
    for one in found:
        if allowed := CONTAINERS.get(one.kind):
            assert {kid.kind for kid in one.elements()} <= allowed, one.kind
    pictures = [one.alt for one in found if one.kind == "Figure"]
    assert pictures
    assert all(len(alt) > 10 for alt in pictures)
    assert locale == "en" or all(LETTERS.search(alt) for alt in pictures)
    assert all(one.annotations == 1 for one in found if one.kind == "Link")
    for table in reading.root.all("Table"):
        heads = {one.id for one in table.all("TH")}
        assert heads
        assert {one.scope for one in table.all("TH")} <= {"/Column", "/Row"}
        assert all(one.headers and set(one.headers) <= heads for one in table.all("TD"))
        assert len({len(row.elements()) for row in table.all("TR")}) == 1
    assert all(
        kinds <= {"/Header", "/Footer", ""} for kinds in ({kind for kind, _ in page} for page in reading.artifacts)
    )
    assert all("/Footer" in {kind for kind, _ in page} for page in reading.artifacts)
    assert set(PRESENTATION.findall(reading.root.text)) <= {"ﷺ", "ﻻ"}, "only what a name has itself"


@pytest.mark.parametrize(("report", "locale", "shape"), FAST)
def test_it_keeps_both_standards(
    made: Callable[[str, str, str], tuple[Rendering, bytes]], report: str, locale: str, shape: str
) -> None:
    assert problems(made(report, locale, shape)[1]) == []


@pytest.mark.slow
@pytest.mark.parametrize(("report", "locale", "shape"), CASES)
def test_every_page_keeps_both_standards_and_reads_well(tmp_path: Path, report: str, locale: str, shape: str) -> None:
    pdf = to_pdf(edition(tmp_path, report, locale, SHAPES[shape]))
    assert problems(pdf) == []
    reading = read(pdf)
    reads_well(reading, locale)
    assert shape != "five pages" or report == "card" or len(reading.artifacts) >= 5


@pytest.mark.parametrize(("report", "locale", "shape"), FAST)
def test_it_reads_well(
    made: Callable[[str, str, str], tuple[Rendering, bytes]], report: str, locale: str, shape: str
) -> None:
    reads_well(read(made(report, locale, shape)[1]), locale)


@pytest.mark.parametrize(("report", "locale", "shape"), FAST)
def test_the_words_come_in_the_order_of_the_page(
    made: Callable[[str, str, str], tuple[Rendering, bytes]], report: str, locale: str, shape: str
) -> None:
    one, pdf = made(report, locale, shape)
    root = read(pdf).root
    [headline] = root.all("H1")
    assert words(headline.text).replace(" ", "") == words(one.page.headline).replace(" ", "")
    text = words(root.text).replace(" ", "")
    places = [_place(text, words(cell.kpi.label), words(cell.kpi.value)) for cell in one.page.overview.cells]
    assert places == sorted(places)
    assert report == "card" or [words(one) for one in _rows(root)] == [
        words(drawable(templates(), row.name)) for row in one.page.team
    ]


def _place(text: str, label: str, value: str) -> int:
    """Return where a label, perhaps with the mark of a note, stands right before its value."""
    found = re.search(f"{re.escape(label)}[0-9]?{re.escape(value)}".replace("\\ ", ""), text)
    assert found, (label, value)
    return found.start()


def _rows(root: object) -> list[str]:
    """Return the first cells of the table of the team."""
    table = max(root.all("Table"), key=lambda one: len(next(one.all("TR")).elements()))  # type: ignore[attr-defined]
    body = [row for part in table.all("TBody") for row in part.all("TR")]
    return [words(row.elements()[0].text) for row in body]


def test_hostile_names_are_all_there_and_none_is_text_that_nobody_sees(
    made: Callable[[str, str, str], tuple[Rendering, bytes]],
) -> None:
    text = read(made("weekly", "ar", "hostile")[1]).root.text
    assert "<script>alert(1)</script> & co" in words(text)
    assert not {"\u202e", "\ufffe", "\x07"} & set(text)


@pytest.mark.parametrize(("locale", "direction"), [("en", "/L2R"), ("ar", "/R2L")])
def test_the_file_says_what_it_is(
    made: Callable[[str, str, str], tuple[Rendering, bytes]], locale: str, direction: str
) -> None:
    one, pdf = made("weekly", locale, "everything" if locale == "en" else "hostile")
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert opened.Root.Lang == locale
        assert opened.Root.ViewerPreferences.Direction == direction
        assert opened.Root.ViewerPreferences.DisplayDocTitle
        assert opened.Root.OutputIntents[0].DestOutputProfile.N == 3
        assert all(page.Tabs == "/S" for page in opened.pages)
        dates = {str(opened.docinfo[key]) for key in ("/CreationDate", "/ModDate")}
        assert dates == {f"D:{one.snapshot.fetched_at.astimezone(UTC):%Y%m%d%H%M%S}Z"}
        with opened.open_metadata() as about:
            assert (about["pdfaid:part"], about["pdfaid:conformance"], about["pdfuaid:part"]) == ("3", "A", "1")
            assert about["dc:title"] == str(opened.docinfo["/Title"])
            assert locale in about["dc:language"]
        with opened.open_outline() as outline:
            [top] = outline.root
            assert words(str(top.title)) == words(one.page.headline)
            titles = [str(each.title) for each in top.children]
            assert len(titles) >= 5
            assert not [title for title in titles if title[-1:].isdigit()], "no mark of a note is in a bookmark"


def small(body: str = "", head: str = "") -> str:
    css = f"<style>{font_face_css(templates())} * {{ font-family: Inter, 'Noto Sans Arabic' }} {head}</style>"
    root = '<!DOCTYPE html><html lang="ar" dir="rtl">'
    return f"{root}<head><title>x</title>{css}</head><body><h1>x</h1>{body}</body></html>"


def test_files_travel_inside_as_the_data_of_the_page() -> None:
    pdf = html_to_pdf(small(), templates(), files=FILES)
    assert html_to_pdf(small(), templates(), files=reversed(FILES)) == pdf, "same input, same bytes"
    assert problems(pdf) == []
    with pikepdf.open(BytesIO(pdf)) as opened:
        attached = opened.attachments
        assert sorted(attached) == ["_edition__1.json", "figures.csv"]
        found = attached["figures.csv"].get_file()
        assert found.read_bytes() == FILES[0].content
        assert found.mime_type == "text/csv"
        assert found.mod_date == found.creation_date == MOMENT
        assert attached["figures.csv"].description == "The figures as a table"
        assert [one.AFRelationship for one in opened.Root.AF] == ["/Data", "/Data"]


def test_a_header_speaks_for_its_column_or_its_row() -> None:
    table = """<table><thead><tr><th>Deal</th><th scope="col">Won</th></tr></thead>
    <tbody><tr><th scope="row">Alpha</th><td>1</td></tr></tbody></table>"""
    pdf = html_to_pdf(small(table), templates())
    assert problems(pdf) == []
    [found] = read(pdf).root.all("Table")
    assert [(one.text, one.scope) for one in found.all("TH")] == [
        ("Deal", "/Column"),
        ("Won", "/Column"),
        ("Alpha", "/Row"),
    ]
    [cell] = found.all("TD")
    assert len(cell.headers) == 2


def test_a_term_and_its_meaning_are_one_item() -> None:
    terms = (
        "<dl><div><dt>Win rate</dt><dd>Won of closed</dd></div><div><dt>Won</dt><dd>Closed <b>well</b></dd></div></dl>"
    )
    pdf = html_to_pdf(small(terms), templates())
    assert problems(pdf) == []
    items = list(read(pdf).root.all("LI"))
    assert [[(one.kind, one.text.strip()) for one in item.elements()] for item in items] == [
        [("Lbl", "Win rate"), ("LBody", "Won of closed")],
        [("Lbl", "Won"), ("LBody", "Closed well")],
    ]


def test_arabic_is_read_as_it_was_written() -> None:
    line = "نسبة الفوز \u206832.7%\u2069 من Najd \u2068Trading (2)\u2069 لا إله"
    reading = read(html_to_pdf(small(f"<p>{line}</p>"), templates()))
    [found] = reading.root.all("P")
    assert found.text.strip() == CONTROLS.sub("", line)


def test_headers_and_footers_are_not_read_again_on_each_page() -> None:
    head = "@page { @top-left { content: 'Above' } @bottom-left { content: 'Below' } }"
    pdf = html_to_pdf(small('<p style="break-before: page">second</p>', head), templates())
    assert problems(pdf) == []
    reading = read(pdf)
    assert reading.root.text == "xsecond"
    assert [[each for each in page if each[1]] for page in reading.artifacts] == [
        [("/Header", "Above"), ("/Footer", "Below")]
    ] * 2


def test_the_validator_finds_what_is_wrong() -> None:
    plain = pikepdf.new()
    plain.add_blank_page()
    file = BytesIO()
    plain.save(file)
    found = problems(file.getvalue())
    assert any(line.startswith("ua1 7.1-") for line in found)
    assert any(line.startswith("3a 6.") for line in found)


def test_a_page_has_the_same_bytes_with_no_system_font_installed(
    made: Callable[[str, str, str], tuple[Rendering, bytes]], tmp_path: Path
) -> None:
    one, _ = made("card", "ar", "everything")
    html = re.sub(r"<img [^>]*>", "", page_html(one, font_face_css(templates())))
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    (tmp_path / "fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<cachedir>{tmp_path}/cache</cachedir></fontconfig>",
        encoding="utf-8",
    )
    bare = {**os.environ, "FONTCONFIG_FILE": str(tmp_path / "fonts.conf"), "FONTCONFIG_PATH": str(tmp_path)}
    command = [sys.executable, "-c", BLIND, str(tmp_path / "page.html")]
    found = [
        subprocess.run(command, env=each, cwd=CHECKOUT, capture_output=True, check=True)
        for each in (bare, {**os.environ})
    ]
    assert found[0].stdout == found[1].stdout
    with pikepdf.open(BytesIO(found[0].stdout)) as opened:
        names = {str(each.BaseFont) for each in opened.pages[0].resources["/Font"].values()}  # type: ignore[union-attr]
    assert names
    assert all(re.match(r"/[A-Z]{6}\+(Inter|Noto-Sans-Arabic)", name) for name in names)


def drawn(pdf: bytes) -> str:
    """Return the text of a file as viewers find and copy it: from what is drawn, in the order it is seen."""
    with pdfium.PdfDocument(pdf) as opened:
        return " ".join(SIGNS.sub("", page.get_textpage().get_text_range()) for page in opened)


@pytest.mark.parametrize(("report", "locale", "shape"), FAST)
def test_whoever_searches_or_copies_finds_every_word(
    made: Callable[[str, str, str], tuple[Rendering, bytes]], report: str, locale: str, shape: str
) -> None:
    _, pdf = made(report, locale, shape)
    found = drawn(pdf)
    texts = " ".join(kid for one in read(pdf).root.all() for kid in one.kids if isinstance(kid, str))
    wanted = {SIGNS.sub("", one) for one in WORD.findall(words(texts))}
    assert len(wanted) > 100
    assert sorted(one for one in wanted if one not in found) == []


def test_every_arabic_letter_is_found_as_itself() -> None:
    """Alone, at the beginning, in the middle and at the end of a word, and behind lam.

    The Persian kaf and yeh are left out: where they look like the Arabic ones, they are the same glyph.
    """
    letters = [chr(one) for one in (*range(0x621, 0x63B), *range(0x641, 0x64B), *map(ord, "پچژگٹڈڑے"))]
    texts = [f"{one} {one}س م{one}س م{one} لا{one} ل{one}" for one in letters]
    body = "".join(f"<p>{one}</p>" for one in texts)
    css = f'{font_face_css(templates())} p {{ font: 9pt "Noto Sans Arabic" }}'
    html = (
        f'<html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>x</title><style>{css}</style></head><body>{body}'
    )
    found = drawn(html_to_pdf(html, templates())).split()
    assert found == " ".join(texts).split()


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_a_theme_with_fonts_and_a_logo_of_its_own_keeps_both_standards(tmp_path: Path, locale: str) -> None:
    make_theme(tmp_path)
    pdf = to_pdf(edition(tmp_path, "weekly", locale, Shape(pipelines=2, more='theme = "themes/acme"\n')))
    assert problems(pdf) == []
    with pikepdf.open(BytesIO(pdf)) as opened:
        names = {str(each.BaseFont) for each in opened.pages[0].resources["/Font"].values()}  # type: ignore[union-attr]
    assert any(PRINTED in one for one in names)
    reads_well(read(pdf), locale)
    assert words(next(read(pdf).root.all("Figure")).alt) == {"en": "The sign of Acme", "ar": "شعار شركة أكمي"}[locale]
