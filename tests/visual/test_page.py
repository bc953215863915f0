"""The finished pages: our own fonts only, headers and footers, headings that keep what follows, a tagged structure."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
import pytest

from reports.config import load
from reports.desk import open_desk
from reports.earlier import find_earlier
from reports.edition import examine
from reports.figures import Agent, AgentFigures, Card, Figures, StageFigures, Window
from reports.job import plan_job
from reports.render.context import columns
from reports.rendering import prepare, to_pdf
from tests.making import FETCHED, pipeline_of, snapshot_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.periods import Period

CHECKOUT = Path(__file__).parents[2]
TODAY = date(2026, 11, 22)
OURS = {"Inter", "Inter-Semi-Bold", "Inter-Display-Semi-Bold", "Noto-Sans-Arabic", "Noto-Sans-Arabic-Semi-Bold"}
PIPELINES = 5
AGENTS = 60
HOSTILE = ("<b>bold</b> & co", "نورة القحطاني", "🚀 rocket", "A" * 300, "two\nlines", "\u202eturned", "李")
FOOT = 50  # points from the lower edge: the margin with the footer
HEADING = 13  # CSS pixels: larger than any other semi-bold type but the key figures
MARGIN = 16 * 72 / 25.4  # points at either side


def window(period: Period) -> Window:
    age = (TODAY - period.until).days
    agents = tuple(
        AgentFigures(
            Agent(one, HOSTILE[one] if one < len(HOSTILE) else f"Agent {one}"), 2, 1, Decimal(900 + 37 * one + age)
        )
        for one in range(AGENTS)
    )
    value = sum((one.value_won for one in agents), Decimal(5_000))
    stages = (StageFigures(1, "New", 3, Decimal(9_000)), StageFigures(2, "Won <now>", 1, Decimal(1_500)))
    return Window(period, Figures(130, 61, 40 + age % 9, value * 3, value), agents, stages)


def cards(pipeline: int) -> tuple[Card, ...]:
    """Return a crowded board: names and owners that nobody would choose, in more stages than a chart has room for."""
    made = FETCHED - timedelta(days=3 * pipeline)
    return tuple(
        Card(
            100 * pipeline + number,
            made,
            made,
            number % 14,
            "open",
            Decimal(10_000 * number) if number % 5 else None,
            "SAR",
            HOSTILE[number % len(HOSTILE)],
            HOSTILE[-number % len(HOSTILE)],
        )
        for number in range(60)
    )


def made(*, trial: bool = False, **changes: str) -> bytes:
    """Return a crowded report as PDF."""
    config = load(CHECKOUT / "config.toml")
    job = replace(plan_job(config, "weekly", TODAY), trial=trial)
    title = {"title": "Weekly <i>report</i> & more"}
    job = replace(job, report=job.report.model_copy(update=title | changes))
    names = [f"Pipeline {HOSTILE[number]}"[:60] for number in range(PIPELINES)]
    pipelines = (
        replace(pipeline_of(job.plan, window, number=number, stages=(1, 2), name=name), cards=cards(number))
        for number, name in enumerate(names, 1)
    )
    snapshot = snapshot_of(*pipelines)
    return to_pdf(prepare(job, open_desk(job), job.edition, snapshot, examine(job, snapshot, find_earlier(job, None))))


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return made()


@pytest.fixture(scope="module")
def arabic() -> bytes:
    return made(locale="ar", numbers="arab", trial=True)


@pytest.fixture(scope="module")
def texts(pdf: bytes) -> list[str]:
    document = pdfium.PdfDocument(pdf)
    found = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return found


@pytest.mark.parametrize("language", ["pdf", "arabic"])
def test_only_our_own_fonts_are_used(language: str, request: pytest.FixtureRequest) -> None:
    pdf: bytes = request.getfixturevalue(language)
    with pikepdf.open(BytesIO(pdf)) as document:
        fonts = {
            str(font["/BaseFont"]).partition("+")[2]
            for page in document.pages
            for font in page.resources.get("/Font", {}).values()  # type: ignore[operator,union-attr]
        }
    assert fonts
    assert fonts <= OURS


def test_every_page_has_its_number_and_all_but_the_first_a_header(texts: list[str]) -> None:
    running = "Najd Trading · Weekly <i>report</i> & more · 15–21 Nov 2026"
    assert len(texts) > 2
    for number, text in enumerate(texts, 1):
        assert f"Page {number} of {len(texts)}" in text
        assert (running in text) == (number > 1)


def test_names_are_printed_as_they_are_and_stay_inert(texts: list[str]) -> None:
    text = "\n".join(texts)
    assert "<b>bold</b> & co" in text
    assert "two lines" in text
    assert "A" * 60 not in text, "a name of 300 letters is cut"


def test_sixty_agents_are_fifteen_rows_and_the_rest(texts: list[str]) -> None:
    text = "\n".join(texts)
    assert "45 others" in text
    assert "Unassigned" in text
    assert "Total" in text


def test_what_stands_open_is_on_the_page(texts: list[str]) -> None:
    text = "\n".join(texts).replace("\u00a0", " ")
    assert "300 open deals worth SAR 72M; 60 without a value" in text
    assert "Largest open deals" in text
    assert "top 10 of 240" in text
    assert "Stage 13" not in text, "the last stages are one bar, which is drawn"


@pytest.mark.parametrize("language", ["pdf", "arabic"])
def test_no_page_ends_with_a_heading(language: str, request: pytest.FixtureRequest) -> None:
    document = pdfium.PdfDocument(request.getfixturevalue(language))
    assert any(line.is_heading for line in lines(document[1]))
    for page in document:
        body = [line for line in lines(page) if line.bottom > FOOT]
        lowest = min(body, key=lambda line: line.bottom)
        assert not lowest.is_heading, lowest
    document.close()


@pytest.mark.parametrize(("language", "starts"), [("pdf", "left"), ("arabic", "right")])
def test_headers_footers_and_the_mark_of_a_test_stand_where_lines_start_and_end(
    language: str, starts: str, request: pytest.FixtureRequest
) -> None:
    document = pdfium.PdfDocument(request.getfixturevalue(language))
    page = document[1]
    width, height = page.get_size()
    found = lines(page)
    above = [line for line in found if line.bottom > height - FOOT]
    below = [line for line in found if line.bottom < FOOT]
    edges = {"left": min(line.left for line in above), "right": width - max(line.right for line in above)}
    assert edges[starts] == pytest.approx(MARGIN, abs=2)
    assert min(line.left for line in below) == pytest.approx(MARGIN, abs=2)
    assert max(line.right for line in below) == pytest.approx(width - MARGIN, abs=2)
    if language == "arabic":
        assert edges["left"] == pytest.approx(MARGIN, abs=2), "the mark of a test"
    document.close()


def test_pages_are_counted_in_the_digits_of_the_report(arabic: bytes) -> None:
    document = pdfium.PdfDocument(arabic)
    for number, page in enumerate(document, 1):
        foot = page.get_textpage().get_text_bounded(bottom=0, top=FOOT)
        assert {"٠١٢٣٤٥٦٧٨٩"[number], "٠١٢٣٤٥٦٧٨٩"[len(document)]} <= set(foot)
    document.close()


class Line(NamedTuple):
    """A piece of text on a page with its edges and the height of its type, in points."""

    text: str
    left: float
    bottom: float
    right: float
    is_heading: bool


def lines(page: pdfium.PdfPage) -> list[Line]:
    """Return each piece of text on a page; a heading is semi-bold, and larger than text."""
    found = page.get_textpage()
    return [_line(found, index) for index in range(found.count_rects())]


def _line(page: pdfium.PdfTextPage, index: int) -> Line:
    left, bottom, right, top = page.get_rect(index)
    text = page.get_text_bounded(left, bottom, right, top).strip()
    place = pdfium_c.FPDFText_GetCharIndexAtPos(page, (left + right) / 2, (bottom + top) / 2, 4, 4)
    name = ctypes.create_string_buffer(100)
    pdfium_c.FPDFText_GetFontInfo(page, place, name, len(name), ctypes.byref(ctypes.c_int()))
    size = pdfium_c.FPDFText_GetFontSize(page, place)  # in CSS pixels
    return Line(text, left, bottom, right, is_heading=b"Semi-Bold" in name.value and size > HEADING)


def elements(node: Any) -> Iterator[Any]:
    if isinstance(node, pikepdf.Array):
        for kid in node:
            yield from elements(kid)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        yield node
        yield from elements(node.get("/K", pikepdf.Array()))


def test_the_document_is_tagged_and_every_picture_says_what_it_shows(pdf: bytes) -> None:
    with pikepdf.open(BytesIO(pdf)) as document:
        found = list(elements(document.Root.StructTreeRoot.K))
        kinds = [str(one.S) for one in found]
        pictures = [str(one.get("/Alt", "")) for one in found if one.S == "/Figure"]
        assert document.Root.Lang == "en"
        assert document.Root.MarkInfo.Marked
        assert "Weekly <i>report</i> & more, 15–21 Nov 2026" in str(document.docinfo["/Title"])
    assert kinds.count("/H1") == 1
    assert "/TH" in kinds
    assert len(pictures) > PIPELINES * 2
    assert all(len(alt) > 10 for alt in pictures)
    assert any("Value won per week, 12 weeks to 21 Nov 2026" in alt for alt in pictures)


def test_definitions_stand_in_columns_of_like_length() -> None:
    terms = [(f"term {number}", "x" * length) for number, length in enumerate((40, 90, 60, 200, 10, 10, 120, 30))]
    found = columns(terms)
    assert [term for column in found for term in column] == terms
    assert max(sum(len(meaning) for _, meaning in column) for column in found) <= 260
