"""Last year in a chart of columns: a light line, named at its end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, hypot
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.charts.canvas import Canvas
    from reports.charts.lettering import Word

DISTANCE = 4.0  # points between the line's end and its name
CLEAR = 1.5  # points that the line keeps from words
STEP = 1.0  # points: how finely the line is cut around words
WIDTH = 0.9
Point = tuple[float, float]


@dataclass(frozen=True)
class Past:
    """One value for each column (None: no data), and what their line is called."""

    values: Sequence[float | None]
    name: str

    def room(self, canvas: Canvas) -> float:
        """Return how much its name takes at the end of the columns, in points."""
        return DISTANCE + canvas.measure(self.name)


def draw_past(canvas: Canvas, points: Sequence[Point | None], end: float, past: Past) -> None:
    """Draw the line around the words that are there already, on to `end`, and its name at the right edge."""
    words = list(canvas.words)
    runs = list(_runs(points))
    if not runs or points[-1] is None:
        return
    runs[-1].append((end, points[-1][1]))
    for run in runs:
        for piece in _pieces(run, words):
            canvas.line(piece, "line", WIDTH)
    _name(canvas, points[-1][1], past)


def _runs(points: Sequence[Point | None]) -> Iterator[list[Point]]:
    """Return the points that stand together, without those that have no data between them."""
    run: list[Point] = []
    for point in (*points, None):
        if point is not None:
            run.append(point)
        elif run:
            yield run
            run = []


def _pieces(run: Sequence[Point], words: Sequence[Word]) -> Iterator[list[Point]]:
    """Return the parts of a line that come near no word."""
    piece: list[Point] = []
    for point in _fine(run):
        if any(_near(point, word) for word in words):
            if len(piece) > 1:
                yield piece
            piece = []
        else:
            piece.append(point)
    if len(piece) > 1:
        yield piece


def _fine(run: Sequence[Point]) -> Iterator[Point]:
    yield run[0]
    for (x, y), (right, other) in pairwise(run):
        steps = max(1, ceil(hypot(right - x, other - y) / STEP))
        yield from ((x + (right - x) * one / steps, y + (other - y) * one / steps) for one in range(1, steps + 1))


def _near(point: Point, word: Word) -> bool:
    x, y = point
    return word.left - CLEAR < x < word.right + CLEAR and abs(y - word.y) < word.size / 2 + CLEAR


def _name(canvas: Canvas, y: float, past: Past) -> None:
    """Write the name where the line ends, or as near to it as words leave room."""
    left = canvas.width - canvas.measure(past.name)
    canvas.text(left, canvas.free_height(left - DISTANCE / 2, y), past.name)
