"""Bars as outlines: straight where they stand, round at their end if the theme says so."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from matplotlib.path import Path

Side: TypeAlias = Literal["top", "bottom", "left", "right"]

ARC = 0.5523  # how far the control points of a quarter circle lie from its ends, as a part of its radius


class Block(NamedTuple):
    """A bar in its place, in points, and the side that its end is on."""

    left: float
    bottom: float
    width: float
    height: float
    side: Side

    def path(self, radius: float) -> Path:
        """Return its outline; the corners at its end are quarters of a circle, as far as there is room."""
        across, along = (self.width, self.height) if self.side in {"top", "bottom"} else (self.height, self.width)
        round_ = min(radius, across / 2, along)
        if round_ <= 0:
            return box(self.left, self.bottom, self.width, self.height)
        # As if it stood upright on (0, 0), from the lower left corner on.
        near, far, bend = round_, across - round_, round_ * (1 - ARC)
        points = [
            *((0.0, 0.0), (0.0, along - round_), (0.0, along - bend), (bend, along), (near, along)),
            *((far, along), (across - bend, along), (across, along - bend), (across, along - round_)),
            *((across, 0.0), (0.0, 0.0)),
        ]
        codes = [Path.MOVETO, Path.LINETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.LINETO]
        return Path([self._place(*one, along) for one in points], [*codes, Path.CLOSEPOLY])

    def _place(self, x: float, y: float, along: float) -> tuple[float, float]:
        """Turn a point of the upright bar to where the end is."""
        ahead = y if self.side in {"top", "right"} else along - y
        x, y = (x, ahead) if self.side in {"top", "bottom"} else (ahead, x)
        return self.left + x, self.bottom + y


def box(x: float, y: float, width: float, height: float) -> Path:
    """Return the outline of a box."""
    return Path([(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)], closed=True)
