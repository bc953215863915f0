"""A chart that stands alone, outside its page: with its title, how to read it, and whose figures they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports.charts.canvas import Canvas
from reports.charts.lettering import STRONG

if TYPE_CHECKING:
    from reports.charts.canvas import Chart

MARGIN = 14.0  # points around all of it
LARGE = 1.5  # the title's size as a part of a value's
LEADING = 1.42  # from one line to the next, as a part of the size
GAP = 10.0  # points between the texts and the chart


@dataclass(frozen=True)
class Texts:
    """What stands around a chart: above it a title and a caption, below it one line about whose figures they are."""

    title: str
    caption: str
    foot: str


def poster(chart: Chart, texts: Texts) -> Chart:
    """Return the chart with its texts around it; what is too long for the foot is cut, the others get more lines."""
    pen, inner = chart.canvas.pen, chart.canvas.width
    large, line = pen.size("strong") * LARGE, pen.size("text") * LEADING
    titles = chart.canvas.lines(texts.title, inner, large, STRONG)
    captions = chart.canvas.lines(texts.caption, inner)
    above, below = len(titles) * large * LEADING + len(captions) * line + GAP, GAP + line
    height = 2 * MARGIN + above + chart.canvas.height + below
    sheet = Canvas(pen, inner + 2 * MARGIN, height, mirrored=pen.mirrored)
    for index, words in enumerate(titles):
        y = height - MARGIN - (index + 0.5) * large * LEADING
        sheet.text(MARGIN, y, words, role="ink", size=large, weight=STRONG)
    for index, words in enumerate(reversed(captions)):
        sheet.text(MARGIN, height - MARGIN - above + GAP + (index + 0.5) * line, words)
    sheet.place(chart.canvas, MARGIN, MARGIN + below)
    sheet.text(MARGIN, MARGIN + line / 2, sheet.fit(texts.foot, inner))
    return replace(chart, canvas=sheet)
