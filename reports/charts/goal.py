"""A goal in a chart of columns: a dashed line, named at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.charts.canvas import Canvas

DASH, PITCH = 3.0, 5.5  # points: a dash, and from one to the next
DISTANCE = 4.0  # points between the line's end and its name
CLEAR = 2.0  # points that the line keeps from words


@dataclass(frozen=True)
class Goal:
    """A value to reach, and what its line is called."""

    value: float
    name: str

    def room(self, canvas: Canvas) -> float:
        """Return how much its name takes at the end of the columns, in points."""
        return DISTANCE + canvas.measure(self.name)


def draw_goal(canvas: Canvas, left: float, y: float, goal: Goal) -> None:
    """Draw the line around the words that are there already, as far as its name at the right edge."""
    right = canvas.width - goal.room(canvas)
    words = [one for one in canvas.words if abs(one.y - y) < one.size / 2 + CLEAR]
    x = left
    while x < right:
        end = min(x + DASH, right)
        if not any(one.left - CLEAR < end and x < one.right + CLEAR for one in words):
            canvas.line([(x, y), (end, y)], "ink")
        x += PITCH
    canvas.text(right + DISTANCE, canvas.free_height(right + DISTANCE / 2, y), goal.name)
