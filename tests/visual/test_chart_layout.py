"""No word of a chart touches another one or leaves the sheet (LOOK rule 2), whatever the numbers are."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from reports.charts.multiples import Panel, multiples_chart
from reports.charts.past import WIDTH, Past
from reports.charts.team import Mate, team_chart
from reports.figures import Figure, Figures
from reports.findings import Target, TrendPoint
from reports.periods import Kind, plan
from reports.present.fonts import OWN_STACK
from reports.present.formats import Formats
from reports.present.language import Language
from reports.present.targets import target_name
from reports.present.templates import Templates
from reports.present.themes import load_theme
from tests.making import AS_OF, KINDS, SUNDAYS, money

if TYPE_CHECKING:
    from reports.charts.canvas import Canvas
    from reports.periods import Period
    from reports.present.language import Digits

TEMPLATES = Templates.of_project(Path(__file__).parent)
THEME = load_theme(TEMPLATES)
CAPITALS = OWN_STACK.capitals


def _pen(locale: str, digits: Digits = "latn") -> Pen:
    language = Language.load(TEMPLATES, locale, digits)
    return Pen(THEME, language, Formats(language, "SAR"), TEMPLATES)


PENS = {"English": _pen("en"), "Arabic": _pen("ar"), "Arabic digits": _pen("ar", "arab")}
in_each_language = pytest.mark.parametrize("pen", PENS.values(), ids=PENS)
SLACK = 0.6  # points: letters have no sharp edges

Trend = tuple[list[Decimal | None], tuple[Kind, tuple[Any, ...]]]
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


def said(canvas: Canvas) -> list[str]:
    return [Formats.plain(word.text) for word in canvas.words]


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
def trends(draw: st.DrawFn) -> tuple[list[Decimal | None], tuple[Kind, tuple[Period, ...]]]:
    count = draw(st.integers(2, 53))
    kind = Kind.parse(draw(st.sampled_from(KINDS)))
    periods = plan(kind, AS_OF, SUNDAYS, count)
    values = draw(st.lists(amounts, min_size=count, max_size=count))
    return values, (kind, periods.trailing)


@in_each_language
@settings(max_examples=10)
@given(trends(), widths, st.sampled_from([90.0, 128.0]))
def test_columns(pen: Pen, trend: Trend, width: float, height: float) -> None:
    values, periods = trend
    ticks = pen.formats.ticks(*periods)
    write = pen.formats.alike(one for one in values if one is not None)
    found = limits(values[:-1], Figure.VALUE_WON)
    is_signal = found is not None and values[-1] is not None and values[-1] > found.upper
    series = Series(values, ticks, write, limits=found, is_signal=is_signal)
    chart = columns_chart(pen, "trend", "alt", series, (width, height))
    assert_tidy(chart.canvas)


@in_each_language
@settings(max_examples=10)
@given(st.lists(st.tuples(names, amounts), min_size=2, max_size=5), widths)
def test_drivers(pen: Pen, rows: list[tuple[str, Decimal | None]], width: float) -> None:
    write = pen.formats.alike(abs(one or 0) for _, one in rows)
    steps = [Step(name, one or Decimal(0), pen.formats.signed(one or 0, write), "86 to 110") for name, one in rows[:-1]]
    last = rows[-1][1] or Decimal(0)
    steps.append(Step("Change", last, pen.formats.signed(last, write), is_total=True))
    chart = drivers_chart(pen, "alt", steps, width)
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


@in_each_language
@settings(max_examples=10)
@given(trends(), widths, st.sampled_from([90.0, 128.0]), st.sampled_from(["0.1", "1000", "81234.5", "5e6", "1e12"]))
def test_columns_with_a_goal(pen: Pen, trend: Trend, width: float, height: float, goal: str) -> None:
    values, periods = trend
    ticks = pen.formats.ticks(*periods)
    write = pen.formats.alike(one for one in values if one is not None)
    name = target_name(pen.formats, Target(Figure.VALUE_WON, Decimal(goal), None))
    chart = columns_chart(pen, "trend", "alt", Series(values, ticks, write), (width, height), Goal(float(goal), name))
    assert Formats.plain(name) in said(chart.canvas)
    assert_tidy(chart.canvas)
    assert touching(chart.canvas) == []


@in_each_language
@settings(max_examples=10)
@given(
    trends(), st.data(), st.tuples(widths, st.sampled_from([90.0, 128.0])), st.none() | st.sampled_from(["1000", "5e6"])
)
def test_columns_with_last_year(
    pen: Pen, trend: Trend, data: st.DataObject, size: tuple[float, float], goal: str | None
) -> None:
    values, periods = trend
    ticks = pen.formats.ticks(*periods)
    earlier = data.draw(st.lists(amounts, min_size=len(values) - 1, max_size=len(values) - 1))
    last = data.draw(st.sampled_from([values[-1] or Decimal(0), Decimal(1000), Decimal(0)]) | money)
    past = Past([None if one is None else float(one) for one in (*earlier, last)], "year ago")
    write = pen.formats.alike(one for one in values if one is not None)
    found = limits(values[:-1], Figure.VALUE_WON)
    is_signal = found is not None and values[-1] is not None and values[-1] > found.upper
    name = target_name(pen.formats, Target(Figure.VALUE_WON, Decimal(goal or 1), None))
    aim = Goal(float(goal), name) if goal else None
    series = Series(values, ticks, write, limits=found, is_signal=is_signal)
    canvas = columns_chart(pen, "trend", "alt", series, size, aim, past).canvas
    assert "year ago" in said(canvas)
    assert_tidy(canvas)
    assert touching(canvas, "line", WIDTH) == []
    for points, role, thick, _ in canvas._lines:
        if (role, thick) == ("line", WIDTH):
            assert all(0 <= y <= size[1] for _, y in points)


def test_the_line_of_last_year_is_drawn_only_where_it_is_compared() -> None:
    pen = PENS["English"]
    series = Series([Decimal(3), Decimal(5)], ["a", "b"], pen.formats.compact)
    plain = columns_chart(pen, "trend", "alt", series, (200.0, 90.0))
    assert len(plain.canvas._lines) > 0
    compared = columns_chart(pen, "trend", "alt", series, (200.0, 90.0), past=Past([None, 4.0], "year ago"))
    assert [thick for _, _, thick, _ in plain.canvas._lines if thick == WIDTH] == []
    assert [thick for _, _, thick, _ in compared.canvas._lines if thick == WIDTH] != []


@in_each_language
@settings(max_examples=10)
@given(st.lists(st.none() | st.tuples(st.integers(0, 2000), st.integers(0, 2000)), min_size=2, max_size=30), widths)
def test_closed(pen: Pen, pairs: list[tuple[int, int] | None], width: float) -> None:
    periods = plan(Kind.parse("week"), AS_OF, SUNDAYS, len(pairs)).trailing
    trend = [
        TrendPoint(period, Figures(won=pair[0], lost=pair[1]) if pair else None)
        for period, pair in zip(periods, pairs, strict=True)
    ]
    ticks = pen.formats.ticks(Kind.parse("week"), periods)
    assert_tidy(closed_chart(pen, "alt", trend, ticks, (width, 90.0)).canvas)
    assert_tidy(flow_chart(pen, "alt", trend, ticks, (width, 58.0)).canvas)


@in_each_language
@settings(max_examples=10)
@given(st.lists(st.tuples(names, amounts, amounts), min_size=1, max_size=10), widths)
def test_bars(pen: Pen, rows: list[tuple[str, Decimal | None, Decimal | None]], width: float) -> None:
    write = pen.formats.alike(one for _, *values in rows for one in values if one is not None)
    bars = [
        Bar(name, now or 0, before, write(now or 0), pen.formats.signed((now or 0) - before, write) if before else "")
        for name, now, before in rows
    ]
    assert_tidy(bars_chart(pen, "agents", "alt", bars, width).canvas)


@in_each_language
@settings(max_examples=10)
@given(st.lists(st.tuples(names, st.lists(amounts, min_size=12, max_size=12)), min_size=2, max_size=7))
def test_multiples(pen: Pen, rows: list[tuple[str, list[Decimal | None]]]) -> None:
    ticks = pen.formats.ticks(Kind.parse("week"), plan(Kind.parse("week"), AS_OF, SUNDAYS, 12).trailing)
    panels = [
        Panel(
            name,
            pen.formats.compact(values[-1] or 0),
            "▲ 12.3%",
            Series(values, ticks, pen.formats.compact),
            ("30 Aug", "15 Nov"),
        )
        for name, values in rows
    ]
    assert_tidy(multiples_chart(pen, "alt", panels, FULL).canvas)


@in_each_language
def test_the_picture_is_the_same_every_time(pen: Pen) -> None:
    series = Series([Decimal(3), None, Decimal(5)], ["a", "b", "c"], pen.formats.compact)
    pictures = {columns_chart(pen, "trend", "alt", series, (200.0, 90.0)).svg() for _ in range(2)}
    assert len(pictures) == 1


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_png_has_the_size_it_should(scale: float) -> None:
    pen = PENS["English"]
    from io import BytesIO

    from PIL import Image

    series = Series([Decimal(3), Decimal(5)], ["a", "b"], pen.formats.compact)
    chart = columns_chart(pen, "trend", "alt", series, (200.0, 90.0))
    assert Image.open(BytesIO(chart.png(scale))).size == (200 * scale, 90 * scale)


@in_each_language
@settings(max_examples=10)
@given(st.lists(st.tuples(names, st.decimals(0, 9_000_000, places=2)), min_size=1, max_size=36), st.integers(0, 35))
def test_the_team(pen: Pen, rows: list[tuple[str, Decimal]], own: int) -> None:
    write = pen.formats.alike([value for _, value in rows])
    mates = [Mate(name, value, write(value), own=place == own) for place, (name, value) in enumerate(rows)]
    others = Mate("19 others", None, write(sum((value for _, value in rows), Decimal(0))))
    assert_tidy(team_chart(pen, "alt", [*mates, others], FULL).canvas)
