"""A chart that stands alone, outside its page: with its title, how to read it, and whose figures they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports.charts.canvas import Canvas
from reports.charts.lettering import STRONG

if TYPE_CHECKING:
    from reports.charts.canvas import Chart

MARGIN = 14.0  # points around all of it
TITLE, LARGE = 15.0, 1.5  # points for a line of the title, and its size as a part of a value's
LINE = 11.0  # points for each line of the caption, and for the foot
GAP = 10.0  # between the texts and the chart


@dataclass(frozen=True)
class Texts:
    """What stands around a chart: above it a title and a caption, below it one line about whose figures they are."""

    title: str
    caption: str
    foot: str


def poster(chart: Chart, texts: Texts) -> Chart:
    """Return the chart with its texts around it; what is too long for the foot is cut, the others get more lines."""
    pen, inner = chart.canvas.pen, chart.canvas.width
    large = pen.size("strong") * LARGE
    titles = chart.canvas.lines(texts.title, inner, large, STRONG)
    captions = chart.canvas.lines(texts.caption, inner)
    above = len(titles) * TITLE + len(captions) * LINE + GAP
    below = GAP + LINE
    height = 2 * MARGIN + above + chart.canvas.height + below
    sheet = Canvas(pen, inner + 2 * MARGIN, height, mirrored=pen.mirrored)
    y = height - MARGIN
    for line in titles:
        sheet.text(MARGIN, y - TITLE / 2, line, role="ink", size=large, weight=STRONG)
        y -= TITLE
    for line in captions:
        sheet.text(MARGIN, y - LINE / 2, line)
        y -= LINE
    sheet.place(chart.canvas, MARGIN, MARGIN + below)
    sheet.text(MARGIN, MARGIN + LINE / 2, sheet.fit(texts.foot, inner))
    return replace(chart, canvas=sheet)
