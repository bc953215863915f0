"""Two counts over time: one above the line, the other below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.charts.canvas import Canvas, Chart
from reports.charts.columns import BAR, GAP, LABELS, Box, draw_ticks, role_of
from reports.charts.lettering import STRONG
from reports.charts.scale import scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.charts.canvas import Pen
    from reports.findings import TrendPoint

NUMBER = 10.0  # points for a number above or below a bar


def closed_chart(
    pen: Pen, alt: str, trend: Sequence[TrendPoint], ticks: Sequence[str], size: tuple[float, float]
) -> Chart:
    """Draw won and lost of each trailing period on one scale; both are counts of deals."""
    names = pen.language.text("won"), pen.language.text("lost")
    return _two_counts(pen, "closed", alt, [_closed(one) for one in trend], names, ticks, size)


def flow_chart(
    pen: Pen, alt: str, trend: Sequence[TrendPoint], ticks: Sequence[str], size: tuple[float, float]
) -> Chart:
    """Draw won and created of each trailing period on one scale; both are counts of deals."""
    pairs = [(one.figures.won, one.figures.created) if one.figures else None for one in trend]
    names = pen.language.text("won"), pen.language.text("created")
    return _two_counts(pen, "flow", alt, pairs, names, ticks, size)


def _two_counts(  # noqa: PLR0913, PLR0917 - two counts with their names, and where they are drawn
    pen: Pen,
    name: str,
    alt: str,
    pairs: Sequence[tuple[int, int] | None],
    names: tuple[str, str],
    ticks: Sequence[str],
    size: tuple[float, float],
) -> Chart:
    canvas = Canvas(pen, *size)
    up, down = names
    name_width = max(canvas.measure(up), canvas.measure(down)) + 2 * GAP
    most_up = max((pair[0] for pair in pairs if pair), default=0)
    most_down = max((pair[1] for pair in pairs if pair), default=0)
    room = size[1] - LABELS - 2 * NUMBER - GAP
    axis = scale([float(most_up + most_down)], room, whole=True)
    box = Box(0, LABELS + NUMBER, canvas.width - name_width, room)
    zero = box.bottom + axis(most_down)
    _draw_pairs(canvas, box, zero, room / axis.high, pairs)
    canvas.line([(box.left, zero), (box.right, zero)], "line", 0.7)
    canvas.text(canvas.width, zero + 7, up, align="right", role="accent", weight=STRONG)
    canvas.text(canvas.width, zero - 7, down, align="right", weight=STRONG)
    draw_ticks(canvas, Box(box.left, LABELS, box.width, room), ticks)
    return Chart(name, alt, canvas)


def _closed(point: TrendPoint) -> tuple[int, int] | None:
    """Return won and lost; None where either isn't known."""
    found = point.figures
    return None if found is None or found.lost is None else (found.won, found.lost)


def _draw_pairs(canvas: Canvas, box: Box, zero: float, unit: float, pairs: Sequence[tuple[int, int] | None]) -> None:
    """Draw one bar up and one down for each period; `unit` is the height of one deal in points."""
    pitch = box.width / len(pairs)
    for age, pair in enumerate(reversed(pairs)):  # the current period's numbers come first: they stand in any case
        middle = box.left + (len(pairs) - age - 0.5) * pitch
        if pair is None:
            canvas.text(middle, zero + 4, "\u2013", align="center")
            continue
        upper, lower = pair
        canvas.column(middle, pitch * BAR, zero, zero + upper * unit, role_of(age))
        canvas.column(middle, pitch * BAR, zero, zero - lower * unit, "line" if age < 2 else "hair")
        if age < 2:
            role = "muted" if age else "ink"
            above, below = zero + upper * unit + 6.5, zero - lower * unit - 6.5
            for y, number in ((above, upper), (below, lower)):
                words = canvas.pen.formats.count(number)
                canvas.text(middle, y, words, align="center", role=role, weight=STRONG, if_free=True)
