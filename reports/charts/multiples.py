"""Small multiples: the same columns for each pipeline, on one scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.charts.canvas import Canvas, Chart
from reports.charts.columns import Box, Series, draw_columns, draw_ends
from reports.charts.lettering import STRONG
from reports.charts.scale import scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.charts.canvas import Pen

ACROSS, NARROWEST = 3, 140.0  # panels abreast at most, and how many points each needs
GUTTER = 14.0
HEAD = 22.0  # points for a panel's name and value
FOOT = 15.0
COLUMNS, LOWEST, HIGHEST = 44.0, 36.0, 110.0


@dataclass(frozen=True)
class Panel:
    """One pipeline's columns: its name, its value, how that changed, and the names of the first and last period."""

    name: str
    value: str
    note: str
    series: Series
    ends: tuple[str, str]


def multiples_chart(pen: Pen, alt: str, panels: Sequence[Panel], width: float, room: float | None = None) -> Chart:
    """Draw panels up to three abreast, `width` points in all, on one scale; the first where reading starts.

    With `room` for its height, columns are as high as that and good looks allow.
    """
    across = min(ACROSS, len(panels), max(1, int(width // NARROWEST)))
    rows = math.ceil(len(panels) / across)
    high = COLUMNS if room is None else min(HIGHEST, max(LOWEST, room / rows - HEAD - FOOT))
    tall = HEAD + high + FOOT
    canvas = Canvas(pen, width, rows * tall)
    values = [float(one) for panel in panels for one in panel.series.values if one is not None]
    axis = scale(values or [0.0], high)
    each = (width - (across - 1) * GUTTER) / across
    for index, panel in enumerate(panels):
        row, place = divmod(index, across)
        column = across - 1 - place if pen.mirrored else place
        box = Box(column * (each + GUTTER), canvas.height - row * tall - HEAD - high, each, high)
        _head(canvas, box, panel)
        draw_columns(canvas, box, axis, panel.series, labelled=0)
        draw_ends(canvas, box, *panel.ends)
    return Chart("pipelines", alt, canvas)


def _head(canvas: Canvas, box: Box, panel: Panel) -> None:
    y = box.top + HEAD - 6
    room = box.width - canvas.measure(panel.value, weight=STRONG) - canvas.measure(panel.note) - 12
    name = canvas.fit(panel.name, room, weight=STRONG)
    note = canvas.measure(panel.note) + (4 if panel.note else 0)
    if canvas.pen.mirrored:
        canvas.text(box.right, y, name, align="right", role="ink", weight=STRONG)
        canvas.text(box.left + note, y, panel.value, role="ink", weight=STRONG)
        canvas.text(box.left, y, panel.note)
        return
    canvas.text(box.left, y, name, role="ink", weight=STRONG)
    canvas.text(box.right - note, y, panel.value, align="right", role="ink", weight=STRONG)
    canvas.text(box.right, y, panel.note, align="right")
