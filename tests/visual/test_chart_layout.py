"""No word of a chart touches another one or leaves the sheet (LOOK rule 2), whatever the numbers are."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.analysis.signals import limits
from reports.charts.bars import Bar, bars_chart
from reports.charts.canvas import Pen
from reports.charts.closed import closed_chart, flow_chart
from reports.charts.columns import Series, columns_chart
from reports.charts.drivers import Step, drivers_chart
from reports.charts.gallery import FULL, HALF, MAIL
from reports.charts.goal import Goal
from reports.charts.lettering import CAPITALS
from reports.charts.multiples import Panel, multiples_chart
from reports.charts.past import WIDTH, Past
from reports.charts.team import Mate, team_chart
from reports.figures import Figure, Figures
from reports.findings import Target, TrendPoint
from reports.periods import Kind, plan
from reports.present.formats import Formats
from reports.present.language import Language
from reports.present.targets import target_name
from reports.present.templates import Templates
from reports.present.theme import load_theme
from tests.making import AS_OF, KINDS, SUNDAYS, money

if TYPE_CHECKING:
    from reports.charts.canvas import Canvas

TEMPLATES = Templates.of_project(Path(__file__).parent)
LANGUAGE = Language.load(TEMPLATES, "en")
FORMATS = Formats(LANGUAGE, "SAR")
PEN = Pen(load_theme(TEMPLATES), LANGUAGE, FORMATS, TEMPLATES)
SLACK = 0.6  # points: letters have no sharp edges

amounts = st.none() | st.decimals(-200_000, 9_000_000, places=2) | st.sampled_from([Decimal(0), Decimal(10) ** 11])
widths = st.sampled_from([FULL, HALF, MAIL])
names = st.sampled_from(
    [
        "Lina Mansour",
        "سارة الزهراني",
        "A name that goes on and on and does not end before the margin",
        "🚀",
        "Li",
        "W" * 80,
    ]
)


def boxes(canvas: Canvas) -> list[tuple[float, float, float, float]]:
    found = [word.path().get_extents() for word in canvas.words]
    return [(one.x0, one.y0, one.x1, one.y1) for one in found if one.width > 0]


def assert_tidy(canvas: Canvas) -> None:
    found = boxes(canvas)
    assert found, "a chart without a single word says nothing"
    for left, low, right, high in found:
        assert left >= -SLACK
        assert low >= -SLACK
        assert right <= canvas.width + SLACK
        assert high <= canvas.height + SLACK
    for one, other in combinations(found, 2):
        apart = (
            one[2] <= other[0] + SLACK
            or other[2] <= one[0] + SLACK
            or one[3] <= other[1] + SLACK
            or other[3] <= one[1] + SLACK
        )
        assert apart, f"{one} touches {other}"


@st.composite
def trends(draw: st.DrawFn) -> tuple[list[Decimal | None], list[str]]:
    count = draw(st.integers(2, 53))
    kind = Kind.parse(draw(st.sampled_from(KINDS)))
    periods = plan(kind, AS_OF, SUNDAYS, count)
    values = draw(st.lists(amounts, min_size=count, max_size=count))
    return values, FORMATS.ticks(kind, periods.trailing)


@settings(max_examples=30)
@given(trends(), widths, st.sampled_from([90.0, 128.0]))
def test_columns(trend: tuple[list[Decimal | None], list[str]], width: float, height: float) -> None:
    values, ticks = trend
    write = FORMATS.alike(one for one in values if one is not None)
    found = limits(values[:-1], Figure.VALUE_WON)
    is_signal = found is not None and values[-1] is not None and values[-1] > found.upper
    series = Series(values, ticks, write, limits=found, is_signal=is_signal)
    chart = columns_chart(PEN, "trend", "alt", series, (width, height))
    assert_tidy(chart.canvas)


@settings(max_examples=30)
@given(st.lists(st.tuples(names, amounts), min_size=2, max_size=5), widths)
def test_drivers(rows: list[tuple[str, Decimal | None]], width: float) -> None:
    write = FORMATS.alike(abs(one or 0) for _, one in rows)
    steps = [Step(name, one or Decimal(0), FORMATS.signed(one or 0, write), "86 to 110") for name, one in rows[:-1]]
    last = rows[-1][1] or Decimal(0)
    steps.append(Step("Change", last, FORMATS.signed(last, write), is_total=True))
    chart = drivers_chart(PEN, "alt", steps, width)
    assert_tidy(chart.canvas)


def touching(canvas: Canvas, role: str = "ink", width: float = 0.6) -> list[str]:
    """Return the words that the goal's line, or another one by its role and width, runs through."""
    lines = [points for points, ink, thick, _ in canvas._lines if (ink, thick) == (role, width)]
    return [
        word.text
        for word in canvas.words
        for points in lines
        for (left, low), (right, high) in pairwise(points)
        if left < word.right and word.left < right
        if min(low, high) < word.y + word.size * CAPITALS / 2 and max(low, high) > word.y - word.size * CAPITALS / 2
    ]


@settings(max_examples=30)
@given(trends(), widths, st.sampled_from([90.0, 128.0]), st.sampled_from(["0.1", "1000", "81234.5", "5e6", "1e12"]))
def test_columns_with_a_goal(
    trend: tuple[list[Decimal | None], list[str]], width: float, height: float, goal: str
) -> None:
    values, ticks = trend
    write = FORMATS.alike(one for one in values if one is not None)
    name = target_name(FORMATS, Target(Figure.VALUE_WON, Decimal(goal), None))
    chart = columns_chart(PEN, "trend", "alt", Series(values, ticks, write), (width, height), Goal(float(goal), name))
    assert name in [word.text for word in chart.canvas.words]
    assert_tidy(chart.canvas)
    assert touching(chart.canvas) == []


@settings(max_examples=40)
@given(trends(), st.data(), widths, st.sampled_from([90.0, 128.0]), st.none() | st.sampled_from(["1000", "5e6"]))
def test_columns_with_last_year(
    trend: tuple[list[Decimal | None], list[str]], data: st.DataObject, width: float, height: float, goal: str | None
) -> None:
    values, ticks = trend
    earlier = data.draw(st.lists(amounts, min_size=len(values) - 1, max_size=len(values) - 1))
    last = data.draw(st.sampled_from([values[-1] or Decimal(0), Decimal(1000), Decimal(0)]) | money)
    past = Past([None if one is None else float(one) for one in (*earlier, last)], "year ago")
    write = FORMATS.alike(one for one in values if one is not None)
    found = limits(values[:-1], Figure.VALUE_WON)
    is_signal = found is not None and values[-1] is not None and values[-1] > found.upper
    name = target_name(FORMATS, Target(Figure.VALUE_WON, Decimal(goal or 1), None))
    aim = Goal(float(goal), name) if goal else None
    series = Series(values, ticks, write, limits=found, is_signal=is_signal)
    canvas = columns_chart(PEN, "trend", "alt", series, (width, height), aim, past).canvas
    assert "year ago" in [word.text for word in canvas.words]
    assert_tidy(canvas)
    assert touching(canvas, "line", WIDTH) == []
    for points, role, thick, _ in canvas._lines:
        if (role, thick) == ("line", WIDTH):
            assert all(0 <= y <= height for _, y in points)


def test_the_line_of_last_year_is_drawn_only_where_it_is_compared() -> None:
    series = Series([Decimal(3), Decimal(5)], ["a", "b"], FORMATS.compact)
    plain = columns_chart(PEN, "trend", "alt", series, (200.0, 90.0))
    assert len(plain.canvas._lines) > 0
    compared = columns_chart(PEN, "trend", "alt", series, (200.0, 90.0), past=Past([None, 4.0], "year ago"))
    assert [thick for _, _, thick, _ in plain.canvas._lines if thick == WIDTH] == []
    assert [thick for _, _, thick, _ in compared.canvas._lines if thick == WIDTH] != []


@settings(max_examples=30)
@given(st.lists(st.none() | st.tuples(st.integers(0, 2000), st.integers(0, 2000)), min_size=2, max_size=30), widths)
def test_closed(pairs: list[tuple[int, int] | None], width: float) -> None:
    periods = plan(Kind.parse("week"), AS_OF, SUNDAYS, len(pairs)).trailing
    trend = [
        TrendPoint(period, Figures(won=pair[0], lost=pair[1]) if pair else None)
        for period, pair in zip(periods, pairs, strict=True)
    ]
    ticks = FORMATS.ticks(Kind.parse("week"), periods)
    assert_tidy(closed_chart(PEN, "alt", trend, ticks, (width, 90.0)).canvas)
    assert_tidy(flow_chart(PEN, "alt", trend, ticks, (width, 58.0)).canvas)


@settings(max_examples=30)
@given(st.lists(st.tuples(names, amounts, amounts), min_size=1, max_size=10), widths)
def test_bars(rows: list[tuple[str, Decimal | None, Decimal | None]], width: float) -> None:
    write = FORMATS.alike(one for _, *values in rows for one in values if one is not None)
    bars = [
        Bar(name, now or 0, before, write(now or 0), FORMATS.signed((now or 0) - before, write) if before else "")
        for name, now, before in rows
    ]
    assert_tidy(bars_chart(PEN, "agents", "alt", bars, width).canvas)


@settings(max_examples=30)
@given(st.lists(st.tuples(names, st.lists(amounts, min_size=12, max_size=12)), min_size=2, max_size=7))
def test_multiples(rows: list[tuple[str, list[Decimal | None]]]) -> None:
    ticks = FORMATS.ticks(Kind.parse("week"), plan(Kind.parse("week"), AS_OF, SUNDAYS, 12).trailing)
    panels = [
        Panel(
            name,
            FORMATS.compact(values[-1] or 0),
            "▲ 12.3%",
            Series(values, ticks, FORMATS.compact),
            ("30 Aug", "15 Nov"),
        )
        for name, values in rows
    ]
    assert_tidy(multiples_chart(PEN, "alt", panels, FULL).canvas)


def test_the_picture_is_the_same_every_time() -> None:
    series = Series([Decimal(3), None, Decimal(5)], ["a", "b", "c"], FORMATS.compact)
    pictures = {columns_chart(PEN, "trend", "alt", series, (200.0, 90.0)).svg for _ in range(2)}
    assert len(pictures) == 1


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_png_has_the_size_it_should(scale: float) -> None:
    from io import BytesIO

    from PIL import Image

    series = Series([Decimal(3), Decimal(5)], ["a", "b"], FORMATS.compact)
    chart = columns_chart(PEN, "trend", "alt", series, (200.0, 90.0))
    assert Image.open(BytesIO(chart.png(scale))).size == (200 * scale, 90 * scale)


@given(st.lists(st.tuples(names, st.decimals(0, 9_000_000, places=2)), min_size=1, max_size=36), st.integers(0, 35))
def test_the_team(rows: list[tuple[str, Decimal]], own: int) -> None:
    write = FORMATS.alike([value for _, value in rows])
    mates = [Mate(name, value, write(value), own=place == own) for place, (name, value) in enumerate(rows)]
    others = Mate("19 others", None, write(sum((value for _, value in rows), Decimal(0))))
    assert_tidy(team_chart(PEN, "alt", [*mates, others], FULL).canvas)
