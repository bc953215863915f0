"""A deck has a page for each slide, whatever stands on it, and nothing that nobody could read."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

import pikepdf
import pytest

from reports.rendering import to_html, to_pdf
from tests.pages import SHAPES, Shape, edition
from tests.structure import read
from tests.validator import problems

if TYPE_CHECKING:
    from pathlib import Path

LOCALES = ["en", "ar"]
ELEVEN = Shape(pipelines=11, agents=3, deals=3)
FITTING = [name for name in SHAPES if name != "five pages"]  # whose commentary goes on over several slides


@pytest.mark.parametrize("shape", FITTING)
@pytest.mark.parametrize("locale", LOCALES)
def test_every_slide_is_one_page(tmp_path: Path, locale: str, shape: str) -> None:
    drawn = edition(tmp_path, "board", locale, SHAPES[shape])
    pdf = to_pdf(drawn)
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert {tuple(round(float(one)) for one in page.mediabox) for page in opened.pages} == {(0, 0, 960, 540)}
        assert len(opened.pages) == 1 + len(drawn.page.slides)
    headings = [one.text for one in read(pdf).root.all("H2")]
    assert len(headings) == len(drawn.page.slides)


def test_many_pipelines_are_bars_on_one_slide(tmp_path: Path) -> None:
    drawn = edition(tmp_path, "board", "en", ELEVEN)
    with pikepdf.open(BytesIO(to_pdf(drawn))) as opened:
        assert len(opened.pages) == 1 + len(drawn.page.slides)
    assert "2 others" in drawn.page.overview.charts["pipelines"].alt


@pytest.mark.parametrize("locale", LOCALES)
def test_a_deck_keeps_both_standards(tmp_path: Path, locale: str) -> None:
    assert problems(to_pdf(edition(tmp_path, "board", locale, SHAPES["everything"]))) == []


@pytest.mark.slow
@pytest.mark.parametrize("shape", [name for name in SHAPES if name != "everything"])
@pytest.mark.parametrize("locale", LOCALES)
def test_a_deck_of_any_shape_keeps_both_standards(tmp_path: Path, locale: str, shape: str) -> None:
    assert problems(to_pdf(edition(tmp_path, "board", locale, SHAPES[shape]))) == []


def kinds(folder: Path, shape: str) -> list[str]:
    return [one.kind for one in edition(folder, "board", "en", SHAPES[shape]).page.slides]


def test_there_is_a_slide_for_all_that_there_is_to_show(tmp_path: Path) -> None:
    assert kinds(tmp_path, "everything") == [
        *("summary", "trend", "drivers", "pipelines", "open", "largest", "stages", "team"),
        *("commentary", "definitions", "checks"),
    ]


def test_what_there_is_not_has_no_slide(tmp_path: Path) -> None:
    assert "commentary" not in kinds(tmp_path, "one pipeline")
    assert "pipelines" not in kinds(tmp_path, "one pipeline")
    empty = kinds(tmp_path, "no data")
    assert not {"drivers", "largest", "team"} & set(empty)
    assert {"summary", "definitions", "checks"} <= set(empty)


def test_six_pipelines_stand_on_two_slides(tmp_path: Path) -> None:
    assert kinds(tmp_path, "many pipelines").count("open") == 2


def test_a_heading_that_a_note_begins_with_is_the_slides_title(tmp_path: Path) -> None:
    page = edition(tmp_path, "board", "en", SHAPES["everything"]).page
    [slide] = [one for one in page.slides if one.kind == "commentary"]
    assert slide.title.replace("\u00a0", " ") == "What happened"
    assert "What happened" not in slide.text
    assert "a <em>good</em> week" in slide.text.replace("A ", "a ")


def test_every_title_is_one_sentence_without_a_full_stop(tmp_path: Path) -> None:
    for shape in FITTING:
        for slide in edition(tmp_path, "board", "en", SHAPES[shape]).page.slides:
            assert slide.title.strip()
            assert not slide.title.endswith(".") or slide.kind == "commentary"


def test_the_deck_in_a_browser_is_one_page_with_all_slides(tmp_path: Path) -> None:
    html = to_html(edition(tmp_path, "board", "en", SHAPES["one pipeline"]))
    assert "drawing:" not in html
    assert not re.search(r'(src|href)="(?!data:|https?:|mailto:)', html)
