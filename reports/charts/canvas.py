"""A sheet measured in points on which the charts draw bars, lines and words."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Literal

from matplotlib import rcParams
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath, text_to_path
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Affine2D

from reports.present.fonts import FAMILIES, drawable, register_with_matplotlib
from reports.present.formats import ELLIPSIS, cut_at_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.present.formats import Formats
    from reports.present.language import Language
    from reports.present.templates import Templates
    from reports.present.theme import Theme

POINTS_PER_INCH = 72
CAPITALS = 0.727  # height of Inter's capitals and digits, as a part of the size
REGULAR, STRONG = 400, 600
SPACE = 2.0  # points that words keep from each other at least
MOST_LINES = 3  # of reference beside the base line (LOOK rule 2)
NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
# Words as paths: WeasyPrint sets SVG text letter by letter (FACTS). A fixed salt keeps the ids, so the bytes, the same.
UNDER, BOXES, OVER, WORDS = range(4)  # what lies on what
LONG_DECIMALS = re.compile(rb"(\.\d\d)\d+")  # a hundredth of a point is finer than any printer
SVG_TEXT = "path"
SVG_SALT = "pipeline-reports"


@dataclass(frozen=True)
class Pen:
    """What every chart is drawn with: colours, words, number formats and fonts."""

    theme: Theme
    language: Language
    formats: Formats
    templates: Templates

    def colour(self, role: str) -> str:
        """Return a colour of the theme by its role."""
        return self.theme.colours[role]


@dataclass(frozen=True)
class Chart:
    """A finished chart: its name, the vector picture, what it states, its size in points, and how to make a PNG."""

    name: str
    alt: str
    canvas: Canvas

    @property
    def svg(self) -> bytes:
        """The picture as SVG, without anything that differs from one run to the next."""
        return self.canvas.svg()

    def png(self, scale: float = 2.0) -> bytes:
        """Return the picture as PNG; `scale` is in pixels per point."""
        return self.canvas.png(scale)


@dataclass(frozen=True)
class Word:
    """The place of a text: its ends, the height of its middle, and its size, in points."""

    left: float
    right: float
    y: float
    size: float

    def touches(self, other: Word) -> bool:
        """Whether two come closer than a space."""
        beside = max(self.left, other.left) - min(self.right, other.right) < SPACE
        return beside and abs(self.y - other.y) < (self.size + other.size) / 2


class Canvas:
    """A sheet of `width` x `height` points; y grows upwards from the lower edge.

    Boxes and words of one colour become one path each: drawing an SVG costs WeasyPrint far more per element than per
    point. The grid lies under the boxes, lines and words above them.
    """

    def __init__(self, pen: Pen, width: float, height: float) -> None:
        register_with_matplotlib(pen.templates)
        rcParams["svg.fonttype"] = SVG_TEXT
        rcParams["svg.hashsalt"] = SVG_SALT
        rcParams["text.parse_math"] = False  # a dollar sign in a name is a dollar sign
        self.pen = pen
        self.width = width
        self.height = height
        self._boxes: defaultdict[str, list[Path]] = defaultdict(list)
        self._words: defaultdict[str, list[Path]] = defaultdict(list)
        self._taken: list[Word] = []
        self._lines: list[tuple[Sequence[tuple[float, float]], str, float, int]] = []

    def bar(self, x: float, y: float, width: float, height: float, role: str) -> None:
        """Fill a box from its lower left corner."""
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
        self._boxes[role].append(Path(corners, closed=True))

    def line(
        self, points: Sequence[tuple[float, float]], role: str, width: float = 0.6, *, under: bool = False
    ) -> None:
        """Draw a line through points, `width` points thick, above the boxes or under them."""
        self._lines.append((points, role, width, UNDER if under else OVER))

    def text(  # noqa: PLR0913 - a word needs a place, a size, a weight, a colour and a side
        self,
        x: float,
        y: float,
        words: str,
        *,
        align: Literal["left", "center", "right"] = "left",
        role: str = "muted",
        size: float | None = None,
        weight: int = REGULAR,
        if_free: bool = False,
    ) -> None:
        """Write on one line, its capitals centred on y; `if_free` leaves it away where it would touch other words."""
        size = size or self.pen.theme.sizes["text"]
        shown = drawable(self.pen.templates, words)
        width = text_width(shown, size, weight)
        left = x - width * {"left": 0.0, "center": 0.5, "right": 1.0}[align]
        word = Word(left, left + width, y, size)
        if if_free and any(word.touches(other) for other in self._taken):
            return
        self._taken.append(word)
        outline = text_path(shown, size, weight)
        place = Affine2D().translate(left, y - CAPITALS * size / 2)
        self._words[role].append(outline.transformed(place))

    def measure(self, words: str, size: float | None = None, weight: int = REGULAR) -> float:
        """Return how wide a text is, in points."""
        return text_width(drawable(self.pen.templates, words), size or self.pen.theme.sizes["text"], weight)

    def fit(self, words: str, room: float, size: float | None = None, weight: int = REGULAR) -> str:
        """Cut a text to the room it has, in points, with an ellipsis."""
        if self.measure(words, size, weight) <= room:
            return words
        kept = words
        while kept and self.measure(f"{kept}{ELLIPSIS}", size, weight) > room:
            kept = kept[:-1]
        return cut_at_word(kept)

    def svg(self) -> bytes:
        """Return the sheet as SVG."""
        buffer = BytesIO()
        self._figure().savefig(buffer, format="svg", metadata=NO_METADATA)
        return LONG_DECIMALS.sub(rb"\1", buffer.getvalue())

    def png(self, scale: float) -> bytes:
        """Return the sheet as PNG on paper, `scale` pixels per point."""
        buffer = BytesIO()
        paper = self.pen.colour("paper")
        self._figure().savefig(
            buffer, format="png", dpi=scale * POINTS_PER_INCH, facecolor=paper, metadata={"Software": None}
        )
        return buffer.getvalue()

    def _figure(self) -> Figure:
        figure = Figure(figsize=(self.width / POINTS_PER_INCH, self.height / POINTS_PER_INCH), dpi=POINTS_PER_INCH)
        figure.patch.set_visible(False)
        points = Affine2D().scale(1 / POINTS_PER_INCH) + figure.dpi_scale_trans
        for layer, paths in ((BOXES, self._boxes), (WORDS, self._words)):
            for role, found in paths.items():
                whole, colour = Path.make_compound_path(*found), self.pen.colour(role)
                figure.add_artist(PathPatch(whole, facecolor=colour, linewidth=0, transform=points, zorder=layer))
        for course, role, width, layer in self._lines:
            outline, colour = Path(course), self.pen.colour(role)
            figure.add_artist(
                PathPatch(outline, fill=False, edgecolor=colour, linewidth=width, transform=points, zorder=layer)
            )
        return figure


@cache
def font(size: float, weight: int) -> FontProperties:
    """Return our own fonts at a size in points; Arabic letters come from the second family."""
    return FontProperties(family=list(FAMILIES), size=size, weight=weight)


@cache
def text_width(words: str, size: float, weight: int) -> float:
    """Return the width of one line in points."""
    width, _, _ = text_to_path.get_text_width_height_descent(words, font(size, weight), ismath=False)
    return float(width)


@cache
def text_path(words: str, size: float, weight: int) -> Path:
    """Return the outline of one line, its baseline from (0, 0), in points."""
    return TextPath((0, 0), words, size=size, prop=font(size, weight)) if words.strip() else Path([(0, 0)])


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
    for steps in (5, 4, 3, 2):
        ticks = MaxNLocator(nbins=steps, integer=whole, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        found = tuple(float(one) for one in ticks if low <= one <= high)
        if len(found) <= MOST_LINES + 1:
            break
    return Scale(low, high, room, found)
