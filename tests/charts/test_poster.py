"""A chart that stands alone says what it shows, and nothing of it leaves the sheet."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.charts.bars import Bar, bars_chart
from reports.charts.canvas import Chart, Pen
from reports.charts.poster import MARGIN, Texts, poster
from reports.present.formats import Formats
from reports.present.themes import load_theme
from tests.making import arabic_formats, formats, templates

THEME = load_theme(templates())
PENS = [Pen(THEME, one.language, one, templates()) for one in (formats(), arabic_formats())]
WIDTH = 200.0
TITLE = "Value won by agent, Enterprise customers of the northern provinces"
CAPTION = "SAR, top 6 of 8; shaded: the ordinary range, 101K to 999K; the tick marks 8-14 Nov, as it was known then"
words = st.lists(st.text("abc نورة\u2068\u2069W", max_size=40), min_size=1, max_size=12).map(" ".join)


def chart(pen: Pen) -> Chart:
    return bars_chart(pen, "agents", "alt", [Bar("Noura", 5, 3, "5"), Bar("نورة", 2, None, "2", "+1")], WIDTH)


def plain(text: str) -> str:
    return "".join(Formats.plain(text).split())


@pytest.mark.parametrize("pen", PENS)
def test_title_and_caption_are_there_whole_in_as_many_lines_as_they_need(pen: Pen) -> None:
    before = [one.text for one in chart(pen).canvas.words]
    sheet = poster(chart(pen), Texts(TITLE, CAPTION, "Najd Trading")).canvas
    added = [one for one in sheet.words if one.text not in before]
    lines = sorted(added, key=lambda one: -one.y)
    assert plain("".join(one.text for one in lines)) == plain(TITLE + CAPTION + "Najd Trading")
    assert len(lines) >= 5
    assert len(list(sheet.words)) == len(before) + len(added)


@pytest.mark.parametrize("pen", PENS)
@settings(max_examples=30)
@given(title=words, caption=words, foot=words)
def test_nothing_touches_anything_or_leaves_the_sheet(pen: Pen, title: str, caption: str, foot: str) -> None:
    sheet = poster(chart(pen), Texts(title, caption, foot)).canvas
    found = list(sheet.words)
    for index, one in enumerate(found):
        assert one.left >= MARGIN - 0.01
        assert one.right <= sheet.width - MARGIN + 0.01
        assert one.y - one.tall / 2 >= MARGIN - 1
        assert one.y + one.tall / 2 <= sheet.height - MARGIN + 1
        assert not any(one.touches(other) for other in found[:index])


def test_the_chart_itself_is_only_moved() -> None:
    pen = PENS[0]
    alone, sheet = chart(pen).canvas, poster(chart(pen), Texts("Title", "Caption", "Foot")).canvas
    [(role, before)] = alone._blocks.items()
    after = sheet._blocks[role]
    for one, moved in zip(before, after, strict=True):
        assert moved[2:] == one[2:]
        assert moved.left == pytest.approx(one.left + MARGIN)
        assert moved.bottom - one.bottom == pytest.approx(after[0].bottom - before[0].bottom)
