"""Columns over time: one sum per period, the current one dark, the one before lighter."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from reports.charts.canvas import Canvas, Chart
from reports.charts.goal import draw_goal
from reports.charts.lettering import STRONG
from reports.charts.past import draw_past
from reports.charts.scale import Scale, scale
from reports.present.formats import DASH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reports.charts.canvas import Pen
    from reports.charts.goal import Goal
    from reports.charts.past import Past
    from reports.figures import Number
    from reports.findings import Limits

GAP = 3.0  # points between a bar and its number, or an axis and its labels
LABELS = 13.0  # points below the axis for the periods' names
SIGNAL = "●"  # beside the number of a value that isn't ordinary variation
BAR = 0.62  # of the distance between two periods


@dataclass(frozen=True)
class Series:
    """One value per period, oldest first (None: no data), the periods' names, how to write a value, and a tick."""

    values: Sequence[Number | None]
    ticks: Sequence[str]
    write: Callable[[Number], str]
    whole: bool = False
    axis: Callable[[Number], str] | None = None
    limits: Limits | None = None
    is_signal: bool = False

    def tick(self, value: float) -> str:
        """Write a value of the axis."""
        return (self.axis or self.write)(_number(value))


@dataclass(frozen=True)
class Box:
    """A part of a canvas, in points from its lower left corner."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """The upper edge."""
        return self.bottom + self.height


def columns_chart(  # noqa: PLR0913, PLR0917 - what the chart shows, its goal and its size
    pen: Pen,
    name: str,
    alt: str,
    series: Series,
    size: tuple[float, float],
    goal: Goal | None = None,
    past: Past | None = None,
) -> Chart:
    """Draw one series of columns with an axis; `size` is width and height in points."""
    canvas = Canvas(pen, *size)
    axis = value_scale(series, size[1] - LABELS - 2 * GAP - 10, goal, past)
    left = max(canvas.measure(series.tick(tick)) for tick in axis.ticks) + 2 * GAP
    box = Box(left, LABELS, canvas.width - left - _room_beside(canvas, left, series, goal, past), axis.room)
    draw_band(canvas, box, axis, series.limits)
    draw_grid(canvas, box, axis, series)
    draw_columns(canvas, box, axis, series)
    draw_ticks(canvas, box, series.ticks)
    if goal is not None:
        draw_goal(canvas, box.left, box.bottom + axis(goal.value), goal)
    if past is not None:
        draw_past(canvas, _points(box, axis, past), box.right, past)
    return Chart(name, alt, canvas)


def _points(box: Box, axis: Scale, past: Past) -> list[tuple[float, float] | None]:
    """Return where last year's values stand: in the middle of the columns."""
    pitch = box.width / len(past.values)
    return [
        None if value is None else (box.left + (place + 0.5) * pitch, box.bottom + axis(value))
        for place, value in enumerate(past.values)
    ]


def _room_beside(canvas: Canvas, left: float, series: Series, goal: Goal | None, past: Past | None) -> float:
    """Return how much the lines' names take beside the columns, out of reach of the last column's number."""
    named = [one.room(canvas) for one in (goal, past) if one is not None]
    if not named:
        return 0.0
    name = max(named)
    pitch = (canvas.width - left - name) / len(series.values)
    last = series.values[-1]
    number = canvas.measure(DASH if last is None else series.write(last), canvas.pen.size("strong"), STRONG)
    return name + max(0.0, (number - pitch) / 2)


def value_scale(series: Series, room: float, goal: Goal | None = None, past: Past | None = None) -> Scale:
    """Return the axis of a series, from zero."""
    values = [float(one) for one in series.values if one is not None]
    band = [float(series.limits.upper)] if series.limits else []
    aim = [goal.value] if goal else []
    earlier = [one for one in past.values if one is not None] if past else []
    return scale([*values, *band, *aim, *earlier] or [0.0], room, whole=series.whole)


def draw_grid(canvas: Canvas, box: Box, axis: Scale, series: Series) -> None:
    """Draw the reference lines with their values on the left."""
    for tick in axis.ticks:
        y = box.bottom + axis(tick)
        if tick:
            canvas.line([(box.left, y), (box.right, y)], "hair", under=True)
        canvas.text(box.left - 2 * GAP, y, series.tick(tick), align="right")


def draw_band(canvas: Canvas, box: Box, axis: Scale, limits: Limits | None) -> None:
    """Shade the ordinary range behind everything."""
    if limits is not None:
        low, high = (box.bottom + axis(float(one)) for one in (limits.lower, limits.upper))
        canvas.ground(box.left, low, box.width, high - low)


def draw_columns(canvas: Canvas, box: Box, axis: Scale, series: Series, *, labelled: int = 2) -> None:
    """Draw the bars on their base line; the last `labelled` ones carry their value, a missing one a dash.

    The current period's number comes first; whatever would touch a number that stands already, or lie on the next
    column, is left away.
    """
    pitch = box.width / len(series.values)
    zero = box.bottom + axis(0)
    after = 0.0  # how high the next column reaches
    for age, value in enumerate(reversed(series.values)):
        middle = box.right - (age + 0.5) * pitch
        top = zero if value is None else box.bottom + axis(float(value))
        canvas.column(middle, pitch * BAR, zero, top, role_of(age))
        if value is None or age < labelled:
            words = DASH if value is None else series.write(value)
            words = f"{words} {SIGNAL}" if series.is_signal and age == 0 else words
            y, room = max(zero, top) + GAP + 3.5, 2 * pitch * (1 - BAR / 2)
            if not age or y > after + GAP or canvas.measure(words, canvas.pen.size("strong"), STRONG) <= room:
                _label(canvas, middle, y, words, age)
        after = max(zero, top)
    canvas.line([(box.left, zero), (box.right, zero)], "line", 0.7)


def _label(canvas: Canvas, x: float, y: float, words: str, age: int) -> None:
    size = canvas.pen.size("strong")
    x = min(x, canvas.width - canvas.measure(words, size, STRONG) / 2)
    role = "muted" if age else "ink"
    canvas.text(x, y, words, align="center", role=role, size=size, weight=STRONG, if_free=True)


def draw_ticks(canvas: Canvas, box: Box, ticks: Sequence[str], below: float = 5.0) -> None:
    """Name the periods below the axis, as many as fit, always the last one."""
    pitch = box.width / len(ticks)
    widest = max(canvas.measure(one) for one in ticks)
    every = max(1, math.ceil((widest + 4) / pitch))
    for age, words in list(enumerate(reversed(ticks)))[::every]:
        half = canvas.measure(words) / 2
        x = max(half, min(box.right - (age + 0.5) * pitch, canvas.width - half))
        canvas.text(x, box.bottom - below - GAP, words, align="center", if_free=True)


def draw_ends(canvas: Canvas, box: Box, first: str, last: str, below: float = 5.0) -> None:
    """Name only the first and the last period, where there is no room for more."""
    canvas.text(box.left, box.bottom - below - GAP, first)
    canvas.text(box.right, box.bottom - below - GAP, last, align="right")


def role_of(age: int) -> str:
    """Return the colour's role of a period: 0 is the current one, 1 the one before."""
    return ("accent", "mid")[age] if age < 2 else "tint"


def _number(tick: float) -> Number:
    return int(tick) if tick == int(tick) else Decimal(str(tick))
