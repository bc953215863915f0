"""What moved a sum: one row for each factor, its part left or right of zero, the whole change below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.charts.canvas import Canvas, Chart
from reports.charts.lettering import REGULAR, STRONG

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from reports.charts.canvas import Pen

ROW, LARGEST_ROW = 17.0, 36.0  # points from one row to the next, at most
THICK = 0.47  # of a row
GAP = 5.0
ROOM = 0.42  # of the width at most for names and notes


@dataclass(frozen=True)
class Step:
    """One row: a factor's name, its part of the change in money and as text, and the factor then and now."""

    name: str
    amount: Decimal
    text: str
    note: str = ""
    is_total: bool = False


def drivers_chart(pen: Pen, alt: str, steps: Sequence[Step], width: float, room: float | None = None) -> Chart:
    """Draw the parts on one scale around zero; `width` in points, and `room` if rows may be higher, as for bars."""
    row = ROW if room is None else min(LARGEST_ROW, max(ROW, room / len(steps)))
    canvas = Canvas(pen, width, len(steps) * row, mirrored=pen.mirrored)
    names = [canvas.fit(one.name, width * ROOM) for one in steps]
    left = max(canvas.measure(one, weight=STRONG) for one in names) + 2 * GAP
    notes = max(canvas.measure(one.note) for one in steps)
    texts = max(canvas.measure(one.text, weight=STRONG) for one in steps)
    right = width - notes - texts - 3 * GAP
    zero, unit = _axis([float(one.amount) for one in steps], left, right)
    for index, (step, name) in enumerate(zip(steps, names, strict=True)):
        y = canvas.height - (index + 0.5) * row
        canvas.text(0, y, name, role="ink", weight=STRONG if step.is_total else REGULAR)
        role = "accent" if step.is_total else "mid"
        canvas.row(y, THICK * row, zero, zero + unit * float(step.amount), role)
        canvas.number(width - notes - 2 * GAP, texts, y, step.text, role="ink", weight=STRONG)
        canvas.number(width, notes, y, step.note)
        if step.is_total:
            canvas.line([(0, y + row / 2), (width, y + row / 2)], "hair")
    canvas.line([(zero, 1), (zero, canvas.height - 1)], "line", 0.7)
    return Chart("drivers", alt, canvas)


def _axis(amounts: Sequence[float], left: float, right: float) -> tuple[float, float]:
    """Return where zero lies, and how many points one unit of money takes."""
    low, high = min(0.0, *amounts), max(0.0, *amounts)
    unit = (right - left) / ((high - low) or 1.0)
    return left - low * unit, unit
