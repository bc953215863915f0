"""Words as outlines: how wide they are, where they stand, and how they are drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath, text_to_path
from matplotlib.transforms import Affine2D

if TYPE_CHECKING:
    from reports.present.fonts import FontStack

REGULAR, STRONG = 400, 600
TALL = {False: 1.0, True: 1.25}  # of the size: what letters take from the highest to the lowest
SPACE = 2.0  # points that words keep from each other at least
HANGING = 0.3  # of the size: how far below the middle letters stand that hang
OPERATORS = {Path.MOVETO: b" m", Path.LINETO: b" l", Path.CURVE3: b" c", Path.CURVE4: b" c"}


@dataclass(frozen=True)
class Word:
    """A text in its place: its ends and the height of its middle, in points."""

    text: str
    left: float
    right: float
    y: float
    size: float
    weight: int
    stack: FontStack
    hangs: bool = False  # whether it is of a script whose letters reach further down, as Arabic does

    def touches(self, other: Word) -> bool:
        """Whether two come closer than a space."""
        beside = max(self.left, other.left) - min(self.right, other.right) < SPACE
        return beside and abs(self.y - other.y) < (self.tall + other.tall) / 2

    def moved(self, x: float, y: float) -> Word:
        """Return the same, further to the right and further up."""
        return replace(self, left=self.left + x, right=self.right + x, y=self.y + y)

    @property
    def tall(self) -> float:
        """How much height its letters take, in points."""
        return self.size * TALL[self.hangs]

    @property
    def baseline(self) -> float:
        """The height that its letters stand on."""
        return self.y - (HANGING if self.hangs else self.stack.capitals / 2) * self.size

    def path(self) -> Path:
        """Return its outline."""
        return outline(self.text, self.size, self.weight, self.stack).transformed(
            Affine2D().translate(self.left, self.baseline)
        )

    def operators(self) -> bytes:
        """Return it as PDF operators that fill it."""
        drawn = outline_operators(self.text, self.size, self.weight, self.stack)
        return b"q 1 0 0 1 %.2f %.2f cm %s f Q" % (self.left, self.baseline, drawn)


@cache
def font(size: float, weight: int, stack: FontStack) -> FontProperties:
    """Return fonts at a size in points; letters that the first family doesn't have come from those behind it."""
    return FontProperties(family=list(stack.families), size=size, weight=weight)


@cache
def text_width(words: str, size: float, weight: int, stack: FontStack) -> float:
    """Return the width of one line in points."""
    width, _, _ = text_to_path.get_text_width_height_descent(words, font(size, weight, stack), ismath=False)
    return float(width)


@cache
def outline(words: str, size: float, weight: int, stack: FontStack) -> Path:
    """Return the outline of one line, its baseline from (0, 0), in points."""
    return TextPath((0, 0), words, size=size, prop=font(size, weight, stack))


@cache
def outline_operators(words: str, size: float, weight: int, stack: FontStack) -> bytes:
    """Return the outline of one line as PDF operators."""
    return path_operators(outline(words, size, weight, stack))


def path_operators(path: Path) -> bytes:
    """Return a path as PDF operators; quadratic curves, which PDF doesn't have, become cubic ones."""
    parts: list[bytes] = []
    x = y = 0.0
    for found, code in path.iter_segments(simplify=False):
        if code == Path.CLOSEPOLY:
            parts.append(b"h")
            continue
        points = [float(one) for one in found]
        if code == Path.CURVE3:
            points = _cubic(x, y, *points)
        parts.append(b" ".join(b"%.2f" % one for one in points) + OPERATORS[code])
        x, y = points[-2:]
    return b" ".join(parts)


def _cubic(x: float, y: float, across: float, up: float, *end: float) -> list[float]:
    """Return a quadratic curve from (x, y) as a cubic one: its control points lie two thirds of the way to the one."""
    starts = (x + (across - x) * 2 / 3, y + (up - y) * 2 / 3)
    return [*starts, end[0] + (across - end[0]) * 2 / 3, end[1] + (up - end[1]) * 2 / 3, *end]
