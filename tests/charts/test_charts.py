"""What the charts draw is in proportion to the numbers, stands on zero, and refers to nothing outside."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.transforms import Bbox

from reports.analysis.analyse import analyse
from reports.charts.bars import Bar, bars_chart
from reports.charts.canvas import Canvas, Pen
from reports.charts.closed import closed_chart
from reports.charts.columns import Series, columns_chart
from reports.charts.gallery import MOST_STAGES, Gallery
from reports.charts.goal import Goal
from reports.charts.multiples import Panel, multiples_chart
from reports.charts.scale import MOST_LINES, scale
from reports.charts.sparkline import HEIGHT, WIDTH, sparkline
from reports.figures import Figure, Figures, Window
from reports.findings import Analysis, Target, TrendPoint
from reports.present.fonts import SUBSTITUTE
from reports.present.formats import ELLIPSIS
from reports.present.sentences import AGENTS_DRAWN
from reports.present.themes import load_theme
from tests.making import (
    english,
    figures_of,
    formats,
    pipeline_of,
    plan_of,
    sentences,
    share,
    snapshot_of,
    stage,
    templates,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.figures import AgentFigures, Number, PipelineWindows, StageFigures

THEME = load_theme(templates())
PEN = Pen(THEME, english(), formats(), templates())
WEEKS = plan_of()
TICKS = ("25 Oct", "1 Nov", "8", "15")
SIZE = (504.0, 128.0)
SVG = "{http://www.w3.org/2000/svg}"
NAMES = ["Noura", "نورة القحطاني", "<script>alert(1)</script>", "$x^2$ & \\frac", "日本語", "W" * 300, ""]
money = st.none() | st.decimals(-(10**9), 10**11, places=2)


def columns(*values: Number | None) -> Canvas:
    series = Series(values, TICKS[-len(values) :], formats().alike([one for one in values if one is not None]))
    return columns_chart(PEN, "trend", "Value won", series, SIZE).canvas


def heights(canvas: Canvas, *roles: str) -> list[float]:
    """Return the signed heights of the bars of these colours, from the left; up is above the lowest common line."""
    found = [Bbox.from_bounds(*box[:4]) for role in roles for box in canvas._blocks.get(role, [])]
    return [one.height for one in sorted(found, key=lambda one: one.x0) if one.height > 0.001]


def proportional(drawn: Sequence[float], numbers: Sequence[float]) -> bool:
    unit = max(drawn) / max(numbers)
    return all(abs(one - number * unit) < 0.01 for one, number in zip(drawn, numbers, strict=True))


# The axis


@given(values=st.lists(st.floats(-1e12, 1e12), max_size=6), room=st.floats(10, 500), whole=st.booleans())
@example(values=[1.0], room=100.0, whole=True)
@example(values=[0.001, -0.002], room=100.0, whole=False)
def test_an_axis_holds_zero_and_every_value(values: list[float], room: float, whole: bool) -> None:
    axis = scale(values, room, whole=whole)
    assert axis.low <= 0 < axis.high or axis.low < 0 <= axis.high
    slack = room * 1e-9
    for one in (0.0, *values):
        assert -slack <= axis(one) <= room + slack
    assert 0 in axis.ticks
    assert len(axis.ticks) <= MOST_LINES + 2
    assert all(axis.low <= one <= axis.high for one in axis.ticks)
    assert list(axis.ticks) == sorted(set(axis.ticks))


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=6))
def test_an_axis_of_whole_numbers_has_whole_ticks(values: list[int]) -> None:
    assert all(one == int(one) for one in scale([float(one) for one in values], 80, whole=True).ticks)


# The bars


@given(st.lists(st.integers(1, 10**9), min_size=4, max_size=4))
def test_columns_are_in_proportion_and_stand_on_zero(values: list[int]) -> None:
    canvas = columns(*values)
    if min(values) / max(values) > 0.001:
        assert proportional(heights(canvas, "accent", "mid", "tint"), values)
    bottoms = {round(Bbox.from_bounds(*box[:4]).y0, 6) for boxes in canvas._blocks.values() for box in boxes}
    assert len(bottoms) == 1


def test_the_current_period_is_dark_and_the_one_before_lighter() -> None:
    canvas = columns(10, 20, 30, 40)
    (now,), (before,), others = heights(canvas, "accent"), heights(canvas, "mid"), heights(canvas, "tint")
    assert proportional([*others, before, now], [10, 20, 30, 40])


def test_a_negative_column_hangs_below_zero() -> None:
    canvas = columns(10, 10, 10, -5)
    (hanging,) = (Bbox.from_bounds(*box[:4]) for box in canvas._blocks["accent"])
    (standing,) = (Bbox.from_bounds(*box[:4]) for box in canvas._blocks["mid"])
    assert hanging.y1 == pytest.approx(standing.y0)
    assert hanging.height == pytest.approx(standing.height / 2)


def test_no_data_is_no_column_and_zero_neither_but_they_look_different() -> None:
    assert len(heights(columns(None, 5, None, 5), "accent", "mid", "tint")) == 2
    assert len(heights(columns(0, 5, 0, 5), "accent", "mid", "tint")) == 2
    assert columns(None, 5, 5, 5).svg() != columns(0, 5, 5, 5).svg()


def goal_line(canvas: Canvas) -> float:
    """Return the height of the goal's line above the sheet's edge."""
    (height,) = {y for points, role, _, _ in canvas._lines if role == "ink" for _, y in points}
    return height


def with_goal(goal: float, *values: Number | None) -> Canvas:
    series = Series(values, TICKS[-len(values) :], formats().count)
    return columns_chart(PEN, "trend", "Value won", series, SIZE, Goal(goal, "target")).canvas


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=4), st.sampled_from([0.1, 5.0, 10.0**6, 10.0**9]))
def test_a_goal_stands_on_the_columns_scale(values: list[int], goal: float) -> None:
    canvas = with_goal(goal, *values)
    (((_, zero), _),) = (points for points, role, _, _ in canvas._lines if role == "line")
    drawn = goal_line(canvas) - zero
    top = max([0.0, *heights(canvas, "accent", "mid", "tint")])
    assert drawn > 0
    assert zero + max(drawn, top) <= canvas.height
    assert drawn == pytest.approx(max(drawn, top) * goal / max(goal, *values))


def test_a_goal_is_named_behind_its_line_where_no_column_stands() -> None:
    for goal in (0.1, 20.0, 1000.0):
        canvas = with_goal(goal, 10, None, 30, 40)
        (name,) = (word for word in canvas.words if word.text == "target")
        assert name.y == pytest.approx(goal_line(canvas))
        assert name.right <= canvas.width
        edges = [Bbox.from_bounds(*box[:4]).x1 for boxes in canvas._blocks.values() for box in boxes]
        edges += [x for points, _, _, _ in canvas._lines for x, _ in points]
        assert max(edges) < name.left


def bar(value: Number, before: Number | None = None, name: str = "Noura") -> Bar:
    return Bar(name, value, before, str(value), "")


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=6))
def test_horizontal_bars_are_in_proportion(values: list[int]) -> None:
    canvas = bars_chart(PEN, "agents", "", [bar(one) for one in values], 240).canvas
    widths = [Bbox.from_bounds(*box[:4]).width for box in canvas._blocks["mid"]]
    assert proportional(widths, values)
    assert len({round(Bbox.from_bounds(*box[:4]).x0, 6) for box in canvas._blocks["mid"]}) == 1


def test_what_was_before_is_a_tick_on_the_same_scale() -> None:
    canvas = bars_chart(PEN, "agents", "", [bar(50, 100), bar(100)], 240).canvas
    short, full = (Bbox.from_bounds(*box[:4]) for box in canvas._blocks["mid"])
    ticks = [points for points, role, _, _ in canvas._lines if role == "ink"]
    assert len(ticks) == 1
    assert ticks[0][0][0] == pytest.approx(full.x1)
    assert short.width == pytest.approx(full.width / 2)


def test_won_stands_above_the_line_and_lost_below_it_on_one_scale() -> None:
    trend = [TrendPoint(one, Figures(won=10, lost=5)) for one in WEEKS.trailing]
    canvas = closed_chart(PEN, "", trend, TICKS, (240, 90)).canvas
    (won,) = (Bbox.from_bounds(*box[:4]) for box in canvas._blocks["accent"])
    lost = max((Bbox.from_bounds(*box[:4]) for box in canvas._blocks["line"]), key=lambda one: one.x0)
    assert lost.y1 == pytest.approx(won.y0)
    assert won.height == pytest.approx(2 * lost.height)


def test_small_multiples_share_one_scale() -> None:
    panels = [
        Panel(name, "", "", Series([Decimal(value)] * 2, TICKS[-2:], formats().count), ("a", "b"))
        for name, value in (("One", 100), ("Two", 50))
    ]
    canvas = multiples_chart(PEN, "", panels, 504).canvas
    first, second = sorted((Bbox.from_bounds(*box[:4]) for box in canvas._blocks["accent"]), key=lambda one: one.x0)
    assert second.height == pytest.approx(first.height / 2)


# The words


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("room", [5.0, 40.0, 200.0])
def test_a_text_is_cut_to_its_room(name: str, room: float) -> None:
    canvas = Canvas(PEN, 100, 20)
    shown = canvas.fit(name, room)
    assert shown == name or (shown.endswith(ELLIPSIS) and name.startswith(shown[:-1]))
    assert canvas.measure(shown) <= max(room, canvas.measure(ELLIPSIS))


def test_a_text_without_a_glyph_is_as_wide_as_what_is_drawn_for_it() -> None:
    canvas = Canvas(PEN, 100, 20)
    assert canvas.measure("日本語") == canvas.measure(SUBSTITUTE)
    assert canvas.measure("$x$") > canvas.measure("x")  # a dollar sign is a dollar sign


@pytest.mark.parametrize("words", ["$x^2$", "Noura", "نورة القحطاني"])
def test_what_is_drawn_is_what_was_measured(words: str) -> None:
    canvas = Canvas(PEN, 300, 20)
    canvas.text(10, 10, words, role="ink")
    (drawn,) = (word.path().get_extents() for word in canvas.words)
    assert drawn.width == pytest.approx(canvas.measure(words), abs=2)


# The files


@pytest.mark.parametrize("name", NAMES)
def test_an_svg_refers_to_nothing_outside_and_holds_no_words(name: str) -> None:
    root = ET.fromstring(bars_chart(PEN, "agents", name, [bar(5, 3, name), bar(-2, 1, name)], 240).svg())  # noqa: S314
    assert root.tag == f"{SVG}svg"
    for element in root.iter():
        assert element.tag.removeprefix(SVG) not in {"text", "script", "image", "foreignObject", "a", "metadata"}
        for key, value in element.attrib.items():
            assert not key.startswith("on")
            assert "href" not in key or value.startswith("#")
            assert "url(" not in value or "url(#" in value


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert columns(1, 2, None, 4).svg() == columns(1, 2, None, 4).svg()
    assert columns(1, 2, None, 4).png(2) == columns(1, 2, None, 4).png(2)
    assert columns(1, 2, None, 4).svg() != columns(1, 2, None, 5).svg()


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_pictures_have_the_size_that_was_asked_for(factor: float) -> None:
    chart = columns_chart(PEN, "trend", "", Series([1, 2], TICKS[:2], formats().count), (300.0, 118.0))
    assert struct.unpack(">II", chart.png(factor)[16:24]) == (300 * factor, 118 * factor)
    root = ET.fromstring(chart.svg())  # noqa: S314
    assert (root.get("width"), root.get("height")) == ("300pt", "118pt")


@settings(max_examples=15)
@given(st.lists(money, min_size=4, max_size=4))
@example([None] * 4)
@example([Decimal(0)] * 4)
@example([Decimal("0.01"), Decimal(10**11), Decimal(-1), None])
def test_whatever_the_numbers_are_there_is_a_picture(values: list[Decimal | None]) -> None:
    ET.fromstring(columns(*values).svg())  # noqa: S314
    ET.fromstring(sparkline(THEME, values, sums=True))  # noqa: S314
    ET.fromstring(sparkline(THEME, values, sums=False))  # noqa: S314


# The sparklines


def rects(values: Sequence[Number | None]) -> list[dict[str, str]]:
    root = ET.fromstring(sparkline(THEME, values, sums=True))  # noqa: S314
    return [dict(one.attrib) for one in root.iter(f"{SVG}rect")]


@given(st.lists(money, min_size=1, max_size=12))
def test_a_sparkline_of_sums_stands_on_zero_within_its_sheet(values: list[Decimal | None]) -> None:
    found = rects(values)
    assert len(found) == sum(one is not None for one in values)
    for one in found:
        x, y, width, height = (float(one[key]) for key in ("x", "y", "width", "height"))
        assert 0 <= x < x + width <= WIDTH
        assert -0.01 <= y < y + height <= HEIGHT + 0.4
    known = [float(one) for one in values if one is not None]
    if known and min(known) >= 0 < max(known):
        for one, value in zip(found, known, strict=True):
            assert float(one["height"]) == pytest.approx(max(value / max(known) * (HEIGHT - 1), 0.4), abs=0.011)


def test_the_last_column_of_a_sparkline_is_the_current_one() -> None:
    assert [one["fill"] for one in rects([1, 2, 3])] == [THEME.colours[one] for one in ("tint", "tint", "accent")]


def test_a_line_has_gaps_where_there_is_no_data_and_a_dot_at_its_end() -> None:
    root = ET.fromstring(sparkline(THEME, [1, 2, None, 4, 5], sums=False))  # noqa: S314
    (path,) = root.iter(f"{SVG}path")
    assert re.sub(r"[^ML]", "", path.attrib["d"]) == "MLML"
    assert len(list(root.iter(f"{SVG}circle"))) == 1
    ends = ET.fromstring(sparkline(THEME, [1, 2, None], sums=False))  # noqa: S314
    assert list(ends.iter(f"{SVG}circle")) == []


# The gallery


def everywhere(number: int, agents: Sequence[AgentFigures], stages: Sequence[StageFigures]) -> PipelineWindows:
    rows = (tuple(agents), tuple(stages))
    return pipeline_of(
        WEEKS, lambda period: Window(period, figures_of(), *rows), number=number, name=f"<b>{number}</b>"
    )


def analysed(pipelines: int = 2, agents: int = 2, value: int = 500, stages: int = 2, *, alike: bool = True) -> Analysis:
    shares = [share(number, 1, 1, value) for number in range(1, agents + 1)]
    made = []
    for number in range(1, pipelines + 1):
        names = [f"Stage {index}" if alike else f"Stage {number}.{index}" for index in range(stages)]
        rows = [stage(number * 100 + index, name) for index, name in enumerate(names)]
        made.append(everywhere(number, shares, rows))
    return analyse(WEEKS, snapshot_of(*made))


GALLERY = Gallery(PEN, sentences(WEEKS))


@pytest.mark.parametrize(
    ("analysis", "names"),
    [
        (analysed(), ["trend", "closed", "agents", "pipelines", "stages"]),
        (analysed(1), ["trend", "closed", "agents", "stages"]),
        (analysed(2, alike=False), ["trend", "closed", "agents", "pipelines"]),
        (analysed(2, agents=0), ["trend", "closed", "pipelines", "stages"]),
        (analysed(2, value=0), ["trend", "closed", "pipelines", "stages"]),
    ],
    ids=["all", "one pipeline", "other stages", "no agents", "nothing won"],
)
def test_an_edition_shows_the_charts_that_say_something(analysis: Analysis, names: list[str]) -> None:
    charts = GALLERY.overview(analysis)
    assert list(charts) == names
    assert [one.name for one in charts.values()] == names


def test_every_chart_states_what_it_shows() -> None:
    analysis = analysed()
    charts = [
        *GALLERY.overview(analysis).values(),
        *GALLERY.pipeline(analysis.pipelines[0]).values(),
        *GALLERY.mail(analysis).values(),
    ]
    for chart in charts:
        assert len(chart.alt) > 20
        assert chart.alt.endswith(".")
    assert "Agent 1 1K" in GALLERY.overview(analysed(2))["agents"].alt.replace("1,000", "1K")
    assert "<b>2</b>" in GALLERY.overview(analysis)["pipelines"].alt


def test_a_target_is_drawn_and_named_where_all_pipelines_stand_together() -> None:
    analysis = analysed()
    target = Target(Figure.VALUE_WON, Decimal(3_000_000), Decimal(4))
    aimed = replace(analysis, overall=replace(analysis.overall, targets=(target,)))
    for chart in (GALLERY.overview(aimed)["trend"], GALLERY.mail(aimed)["trend"]):
        assert chart.alt.endswith(". The line is the target, 3M.")
        words = {word.text for word in chart.canvas.words}
        assert {"target 3M", "1M", "2M"} <= words
    assert "target" not in GALLERY.pipeline(aimed.pipelines[0])["trend"].alt
    assert "target" not in GALLERY.overview(analysis)["trend"].alt


def test_no_more_agents_and_stages_than_there_is_room_for() -> None:
    analysis = analysed(1, agents=AGENTS_DRAWN + 3, stages=MOST_STAGES + 3)
    charts = GALLERY.pipeline(analysis.pipelines[0])
    assert len(charts["agents"].canvas._blocks["mid"]) == AGENTS_DRAWN
    assert len(charts["stages"].canvas._blocks["mid"]) == MOST_STAGES


def test_a_pipeline_without_data_has_its_charts_all_the_same() -> None:
    analysis = analysed(1)
    empty = replace(
        analysis.pipelines[0],
        current=None,
        previous=None,
        agents=(),
        stages=(),
        trend=tuple(replace(one, figures=None) for one in analysis.pipelines[0].trend),
    )
    charts = GALLERY.pipeline(empty)
    assert "no data" in charts["trend"].alt
    for chart in charts.values():
        ET.fromstring(chart.svg())  # noqa: S314
