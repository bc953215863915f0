"""Bars end where their values do, and are round there alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reports.charts.blocks import Block
from reports.charts.canvas import Canvas, Pen
from reports.present.themes import load_theme
from tests.making import english, formats, templates

THEME = load_theme(templates())
PEN = Pen(THEME, english(), formats(), templates())


@given(
    st.builds(
        Block,
        *(st.floats(-500, 500),) * 2,
        *(st.floats(0, 500),) * 2,
        st.sampled_from(["top", "bottom", "left", "right"]),
    ),
    st.floats(0, 20),
)
@example(Block(0, 0, 10, 40, "top"), 3.0)
@example(Block(0, 0, 10, 1, "bottom"), 3.0)
def test_a_round_bar_stays_in_its_place_and_is_round_at_its_end_alone(bar: Block, radius: float) -> None:
    outline = bar.path(radius)
    extents = outline.get_extents()
    corners = [(extents.x0, extents.y0), (extents.x1, extents.y1)]
    assert corners == [
        pytest.approx((bar.left, bar.bottom), abs=1e-6),
        pytest.approx((bar.left + bar.width, bar.bottom + bar.height), abs=1e-6),
    ]
    if min(bar.width, bar.height, radius) > 0.01:
        inset = min(bar.width, bar.height, radius) * 0.02
        left, right = bar.left + inset, bar.left + bar.width - inset
        low, high = bar.bottom + inset, bar.bottom + bar.height - inset
        places = {"top": ((left, high), (right, high)), "bottom": ((left, low), (right, low))}
        places |= {"left": ((left, low), (left, high)), "right": ((right, low), (right, high))}
        outside = {one for each in places.values() for one in each if not outline.contains_point(one)}
        assert outside <= set(places[bar.side])
        assert outline.contains_point(((left + right) / 2, (low + high) / 2))


def test_bars_end_where_their_values_do_in_both_directions() -> None:
    sides = {}
    for mirrored in (False, True):
        canvas = Canvas(PEN, 100, 100, mirrored=mirrored)
        canvas.row(10, 5, 40, 90, "mid")
        canvas.row(20, 5, 40, 10, "mid")
        canvas.column(50, 5, 30, 80, "mid")
        canvas.column(60, 5, 30, 10, "mid")
        sides[mirrored] = [one.side for one in canvas._blocks["mid"]]
        assert [round(one.left) for one in canvas._blocks["mid"]] == (
            [10, 60, 48, 38] if mirrored else [40, 10, 48, 58]
        )
    assert sides == {False: ["right", "left", "top", "bottom"], True: ["left", "right", "top", "bottom"]}


def test_a_radius_rounds_the_pdf_and_the_svg() -> None:
    for radius, curves in ((0.0, False), (2.0, True)):
        canvas = Canvas(replace(PEN, theme=replace(THEME, radius=radius)), 100, 100)
        canvas.column(50, 20, 0, 80, "accent")
        assert (b" c\n" in canvas.drawing().content + b"\n" or b" c " in canvas.drawing().content) is curves
        assert (b" C " in canvas.svg() or b"\nC " in canvas.svg()) is curves
