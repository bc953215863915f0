"""Horizontal bars, one for each name: now as the bar, before as a thin tick, the change in small figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.charts.canvas import Canvas, Chart
from reports.charts.lettering import STRONG
from reports.charts.scale import scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.charts.canvas import Pen
    from reports.figures import Number

ROW, LARGEST_ROW = 13.0, 26.0  # points from one bar to the next, at most
THICK = 0.57  # of a row
GAP = 5.0


@dataclass(frozen=True)
class Bar:
    """One row: its name, the value now and before (None: not compared), and the two texts at its end."""

    name: str
    value: Number
    before: Number | None
    text: str
    note: str = ""


def bars_chart(  # noqa: PLR0913, PLR0917 - what is drawn, and where
    pen: Pen, name: str, alt: str, bars: Sequence[Bar], width: float, room: float | None = None
) -> Chart:
    """Draw a list of bars on one scale, largest room for the names a third of the width (in points).

    With `room` for its height, rows are as high as that and good looks allow; never lower than without.
    """
    row = row_height(len(bars), room)
    thick = THICK * row
    canvas = Canvas(pen, width, max(1, len(bars)) * row, mirrored=pen.mirrored)
    names = [canvas.fit(bar.name, width * 0.34) for bar in bars]
    left = max((canvas.measure(one) for one in names), default=0) + 2 * GAP
    notes = max((canvas.measure(bar.note) for bar in bars), default=0)
    texts = max((canvas.measure(bar.text, weight=STRONG) for bar in bars), default=0)
    right = width - notes - texts - (3 * GAP if notes else GAP)
    values = [float(bar.value) for bar in bars] + [float(bar.before) for bar in bars if bar.before is not None]
    axis = scale(values, right - left)
    zero = left + axis(0)
    for index, (bar, label) in enumerate(zip(bars, names, strict=True)):
        y = canvas.height - (index + 0.5) * row
        canvas.text(left - 2 * GAP, y, label, align="right", role="ink")
        canvas.row(y, thick, zero, left + axis(float(bar.value)), "mid")
        if bar.before:
            x = left + axis(float(bar.before))
            canvas.line([(x, y - thick / 2 - 2), (x, y + thick / 2 + 2)], "ink", 1.0)
        canvas.number(width - notes - (2 * GAP if notes else 0), texts, y, bar.text, role="ink", weight=STRONG)
        canvas.number(width, notes, y, bar.note)
    canvas.line([(zero, 1), (zero, canvas.height - 1)], "line", 0.7)
    return Chart(name, alt, canvas)


def row_height(number: int, room: float | None) -> float:
    """Return the points from one of so many bars to the next."""
    return ROW if room is None else min(LARGEST_ROW, max(ROW, room / max(1, number)))
