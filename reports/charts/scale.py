"""An axis: where a value lies on it, and which round values are named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_LINES = 3  # of reference beside the base line (LOOK rule 2)
LINE = 11.0  # points between two lines, so that their values don't touch


@dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high` (in the data's unit) over `room` points, with its round tick values."""

    low: float
    high: float
    room: float
    ticks: tuple[float, ...]

    def __call__(self, value: float) -> float:
        """Return the distance from the low end, in points."""
        return (value - self.low) / (self.high - self.low) * self.room


def scale(values: Sequence[float], room: float, *, whole: bool = False) -> Scale:
    """Return an axis from zero (or the lowest negative value) that holds all values, with one to three round steps."""
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    if low == high:
        return Scale(0.0, 1.0, room, (0.0,))
    found: tuple[float, ...] = (0.0,)
    most = max(1, min(MOST_LINES, int(room // LINE)))
    for steps in (5, 4, 3, 2, 1):
        ticks = MaxNLocator(nbins=steps, integer=whole, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        found = tuple(float(one) for one in ticks if low <= one <= high)
        if len(found) <= most + 1:
            break
    return Scale(low, high, room, found)
