"""The whole team in a few columns of small bars, one of them dark."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from reports.charts.canvas import Canvas, Chart
from reports.charts.lettering import REGULAR, STRONG
from reports.charts.scale import scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.charts.canvas import Pen
    from reports.figures import Number

ROW, THICK, GAP, GUTTER = 11.4, 6.0, 4.0, 18.0  # points
ACROSS, NARROWEST = 3, 140.0  # columns at most, and how many points each needs
NAMES = 0.46  # of a column's width, at most


@dataclass(frozen=True)
class Mate:
    """One row: its name, how the value is written, and whether it is the reader's own; no bar without a value."""

    name: str
    value: Number | None
    text: str
    own: bool = False


def team_chart(pen: Pen, alt: str, mates: Sequence[Mate], width: float) -> Chart:
    """Draw everybody on one scale, in up to three columns, down the first one first; `width` in points."""
    across = min(ACROSS, max(1, int(width // NARROWEST)))
    rows = ceil(len(mates) / across)
    canvas = Canvas(pen, width, rows * ROW, mirrored=pen.mirrored)
    column = (width - (across - 1) * GUTTER) / across
    weights = [STRONG if mate.own else REGULAR for mate in mates]
    names = [canvas.fit(mate.name, column * NAMES, weight=one) for mate, one in zip(mates, weights, strict=True)]
    label = max(canvas.measure(one, weight=weight) for one, weight in zip(names, weights, strict=True)) + 2 * GAP
    text = max(canvas.measure(mate.text, weight=STRONG) for mate in mates) + GAP
    axis = scale([float(mate.value) for mate in mates if mate.value is not None], column - label - text)
    for index, mate in enumerate(mates):
        place, row = divmod(index, rows)
        left, y = place * (column + GUTTER) + label, canvas.height - (row + 0.5) * ROW
        zero, end = left + axis(0), left + axis(float(mate.value or 0))
        role, weight = ("ink", STRONG) if mate.own else ("muted", REGULAR)
        canvas.text(left - 2 * GAP, y, names[index], align="right", role=role, weight=weight)
        canvas.row(y, THICK, zero, end, "accent" if mate.own else "tint")
        canvas.line([(zero, y - ROW / 2 + 0.5), (zero, y + ROW / 2 - 0.5)], "line", 0.7)
        canvas.number(left - label + column, text - GAP, y, mate.text, role=role, weight=weight)
    return Chart("team", alt, canvas)
