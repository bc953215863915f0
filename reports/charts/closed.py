"""Deals closed over time: won above the line, lost below it."""

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
    canvas = Canvas(pen, *size)
    won, lost = pen.language.text("won"), pen.language.text("lost")
    name_width = max(canvas.measure(won), canvas.measure(lost)) + 2 * GAP
    pairs = [(one.figures.won, one.figures.lost) if one.figures else None for one in trend]
    most_won = max((pair[0] for pair in pairs if pair), default=0)
    most_lost = max((pair[1] for pair in pairs if pair), default=0)
    room = size[1] - LABELS - 2 * NUMBER - GAP
    axis = scale([float(most_won + most_lost)], room, whole=True)
    box = Box(0, LABELS + NUMBER, canvas.width - name_width, room)
    zero = box.bottom + axis(most_lost)
    _draw_pairs(canvas, box, zero, room / axis.high, pairs)
    canvas.line([(box.left, zero), (box.right, zero)], "line", 0.7)
    canvas.text(canvas.width, zero + 7, won, align="right", role="accent", weight=STRONG)
    canvas.text(canvas.width, zero - 7, lost, align="right", weight=STRONG)
    draw_ticks(canvas, Box(box.left, LABELS, box.width, room), ticks)
    return Chart("closed", alt, canvas)


def _draw_pairs(canvas: Canvas, box: Box, zero: float, unit: float, pairs: Sequence[tuple[int, int] | None]) -> None:
    """Draw one bar up and one down for each period; `unit` is the height of one deal in points."""
    pitch = box.width / len(pairs)
    for index, pair in enumerate(pairs):
        middle = box.left + (index + 0.5) * pitch
        age = len(pairs) - 1 - index
        if pair is None:
            canvas.text(middle, zero + 4, "\u2013", align="center")
            continue
        won, lost = pair
        left, width = middle - pitch * BAR / 2, pitch * BAR
        canvas.bar(left, zero, width, won * unit, role_of(age))
        canvas.bar(left, zero - lost * unit, width, lost * unit, "line" if age < 2 else "hair")
        if age < 2:
            role = "muted" if age else "ink"
            write = canvas.pen.formats.count
            canvas.text(middle, zero + won * unit + 6.5, write(won), align="center", role=role, weight=STRONG)
            canvas.text(middle, zero - lost * unit - 6.5, write(lost), align="center", role=role, weight=STRONG)
