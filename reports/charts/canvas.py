"""A sheet measured in points on which the charts draw bars, lines and words."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Literal, TypeAlias

from matplotlib import ft2font, rcParams
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

from reports.charts.blocks import Block, Side, box
from reports.charts.lettering import REGULAR, TALL, Word, path_operators, text_width
from reports.present.drawing import Drawing
from reports.present.fonts import drawable, register_typefaces, register_with_matplotlib
from reports.present.formats import ELLIPSIS, cut_at_word, reopened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.present.formats import Formats
    from reports.present.language import Language
    from reports.present.templates import Templates
    from reports.present.theme import Theme

POINTS_PER_INCH = 72
ENLARGED = {"ar": 1.08}  # of the theme's sizes, by language
SWAPPED: dict[Align, Align] = {"left": "right", "center": "center", "right": "left"}
Align: TypeAlias = Literal["left", "center", "right"]

SHADE = "pale"  # the role of what lies behind everything
GROUND, UNDER, BOXES, OVER, WORDS = range(5)  # what lies on what
# Words as paths: WeasyPrint sets SVG text letter by letter (FACTS). A fixed salt keeps the ids, so the bytes, the same.
SVG_TEXT = "path"
SVG_SALT = "pipeline-reports"
NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
LONG_DECIMALS = re.compile(rb"(\.\d\d)\d+")  # a hundredth of a point is finer than any printer


@dataclass(frozen=True)
class Pen:
    """What every chart is drawn with: colours, words, number formats and fonts."""

    theme: Theme
    language: Language
    formats: Formats
    templates: Templates

    @property
    def mirrored(self) -> bool:
        """Whether rows of names run from the right; time runs from left to right in every language."""
        return self.language.direction == "rtl"

    def size(self, role: str) -> float:
        """Return how large words are, in points: `text` or `strong`; Arabic looks smaller than Latin (LOOK rule 11)."""
        return self.theme.sizes[role] * ENLARGED.get(self.language.tag, 1.0)

    @property
    def tall(self) -> float:
        """How much height a word of the usual size takes, in points."""
        return self.size("text") * TALL[self.hangs]

    @property
    def hangs(self) -> bool:
        """Whether the letters of the language reach further down than Latin ones."""
        return self.language.tag in ENLARGED

    def colour(self, role: str) -> str:
        """Return a colour of the theme by its role."""
        return self.theme.colours[role]


@dataclass(frozen=True)
class Chart:
    """A finished chart: its name, what it states, and the sheet it is drawn on."""

    name: str
    alt: str
    canvas: Canvas

    def svg(self, *, ground: bool = False) -> bytes:
        """Return the picture as SVG: what is behind it shows through, or it lies on a ground of paper."""
        return self.canvas.svg(ground=ground)

    def png(self, scale: float = 2.0, *, ground: bool = True) -> bytes:
        """Return the picture as PNG; `scale` is in pixels per point."""
        return self.canvas.png(scale, ground=ground)


def library_versions() -> dict[str, str]:
    """Return the version of the library that outlines the letters of charts."""
    return {"FreeType": str(ft2font.__freetype_version__)}


class Canvas:
    """A sheet of `width` x `height` points; y grows from the lower edge, x from the left or, if `mirrored`, the right.

    It keeps what was drawn and gives it as PDF operators, SVG or PNG. Boxes and words of one colour are one path each.
    The grid lies under the boxes, lines and words above them.
    """

    def __init__(self, pen: Pen, width: float, height: float, *, mirrored: bool = False) -> None:
        register_with_matplotlib(pen.templates)
        register_typefaces(pen.theme.typefaces)
        rcParams["svg.fonttype"] = SVG_TEXT
        rcParams["svg.hashsalt"] = SVG_SALT
        rcParams["text.parse_math"] = False  # a dollar sign in a name is a dollar sign
        self.pen = pen
        self.width = width
        self.height = height
        self._mirrored = mirrored
        self._grounds: list[tuple[float, float, float, float]] = []
        self._blocks: defaultdict[str, list[Block]] = defaultdict(list)
        self._words: defaultdict[str, list[Word]] = defaultdict(list)
        self._lines: list[tuple[Sequence[tuple[float, float]], str, float, int]] = []

    def ground(self, x: float, y: float, width: float, height: float) -> None:
        """Shade a box behind everything."""
        self._grounds.append((self._left(x, width), y, width, height))

    def column(self, middle: float, wide: float, zero: float, end: float, role: str) -> None:
        """Fill a bar that reaches from one height to another; round at its end where the theme has a radius."""
        side: Side = "top" if end >= zero else "bottom"
        left = self._left(middle - wide / 2, wide)
        self._blocks[role].append(Block(left, min(zero, end), wide, abs(end - zero), side))

    def row(self, y: float, tall: float, zero: float, end: float, role: str) -> None:
        """Fill a bar with its middle at a height that reaches from one x to another."""
        side: Side = "right" if (end >= zero) != self._mirrored else "left"
        left = self._left(min(zero, end), abs(end - zero))
        self._blocks[role].append(Block(left, y - tall / 2, abs(end - zero), tall, side))

    def line(
        self, points: Sequence[tuple[float, float]], role: str, width: float = 0.6, *, under: bool = False
    ) -> None:
        """Draw a line through points, `width` points thick, above the boxes or under them."""
        course = [(self._left(x, 0.0), y) for x, y in points]
        self._lines.append((course, role, width, UNDER if under else OVER))

    def _left(self, x: float, width: float) -> float:
        """Return where the left edge of something lies."""
        return self.width - x - width if self._mirrored else x

    def text(  # noqa: PLR0913 - a word needs a place, a size, a weight, a colour and a side
        self,
        x: float,
        y: float,
        words: str,
        *,
        align: Align = "left",
        role: str = "muted",
        size: float | None = None,
        weight: int = REGULAR,
        if_free: bool = False,
    ) -> None:
        """Write on one line, its capitals centred on y; `if_free` leaves it away where it would touch other words.

        `align` is how the words stand to x; on a mirrored sheet `left` is the side that x grows from.
        """
        size = size or self.pen.size("text")
        if not words.strip():
            return
        shown = self._shown(words)
        width = text_width(shown, size, weight, self.pen.theme.stack)
        side = SWAPPED[align] if self._mirrored else align
        left = self._left(x, 0.0) - width * {"left": 0.0, "center": 0.5, "right": 1.0}[side]
        word = Word(shown, left, left + width, y, size, weight, self.pen.theme.stack, self.pen.hangs)
        if not (if_free and any(word.touches(other) for other in self.words)):
            self._words[role].append(word)

    def number(  # noqa: PLR0913 - as `text`, and the width of its column
        self, x: float, room: float, y: float, words: str, *, role: str = "muted", weight: int = REGULAR
    ) -> None:
        """Write in a column `room` points wide that ends at x; numbers stand on its right edge in both directions."""
        if self._mirrored:
            self.text(x - room, y, words, role=role, weight=weight)
        else:
            self.text(x, y, words, align="right", role=role, weight=weight)

    def _shown(self, words: str) -> str:
        """Return what our fonts have of a text; it brings its direction along, since a sheet has none of its own."""
        text = words if self.pen.language.direction == "ltr" else self.pen.formats.isolate(words)
        return drawable(self.pen.templates, text)

    @property
    def words(self) -> Iterator[Word]:
        """All words on the sheet."""
        return (word for found in self._words.values() for word in found)

    def measure(self, words: str, size: float | None = None, weight: int = REGULAR) -> float:
        """Return how wide a text is, in points."""
        return text_width(self._shown(words), size or self.pen.size("text"), weight, self.pen.theme.stack)

    def fit(self, words: str, room: float, size: float | None = None, weight: int = REGULAR) -> str:
        """Cut a text to the room it has, in points, with an ellipsis."""
        if self.measure(words, size, weight) <= room:
            return words
        kept = words
        while kept and self.measure(f"{kept}{ELLIPSIS}", size, weight) > room:
            kept = kept[:-1]
        return cut_at_word(kept)

    def lines(self, words: str, room: float, size: float | None = None, weight: int = REGULAR) -> tuple[str, ...]:
        """Break a text into lines that fit into the room, in points."""
        found: list[str] = []
        for word in words.split():
            longer = f"{found[-1]} {word}" if found else word
            if found and self.measure(longer, size, weight) <= room:
                found[-1] = longer
            else:
                found.append(self.fit(word, room, size, weight))
        return reopened(found)

    def place(self, other: Canvas, x: float, y: float) -> None:
        """Put all of another sheet onto this one, its lower left corner at a point from the lower left one of this."""
        self._grounds += [(left + x, bottom + y, wide, tall) for left, bottom, wide, tall in other._grounds]
        for role, bars in other._blocks.items():
            self._blocks[role] += [one._replace(left=one.left + x, bottom=one.bottom + y) for one in bars]
        for role, found in other._words.items():
            self._words[role] += [one.moved(x, y) for one in found]
        for course, role, width, layer in other._lines:
            self._lines.append(([(left + x, up + y) for left, up in course], role, width, layer))

    def free_height(self, left: float, y: float) -> float:
        """Return the height nearest to y where a word from there to the right edge touches no other; else y itself."""
        size, tall = self.pen.size("text"), self.pen.tall
        taken = [word for word in self.words if word.right > left]
        places = [y, *(word.y + side * (word.tall + tall) / 2 for word in taken for side in (1, -1))]
        free = [
            one
            for one in places
            if size / 2 <= one <= self.height - size / 2
            and all(abs(one - word.y) >= (word.tall + tall) / 2 - 0.01 for word in taken)
        ]
        return min(free or [y], key=lambda one: abs(one - y))

    def drawing(self) -> Drawing:
        """Return the sheet as PDF operators: WeasyPrint reads an SVG point by point, which costs more than the page."""
        parts = [*self._filled(SHADE, self._grounds), *self._strokes(UNDER)]
        for role, bars in self._blocks.items():
            parts += (
                self._rounded(role, bars) if self.pen.theme.radius else self._filled(role, [one[:4] for one in bars])
            )
        parts += self._strokes(OVER)
        for role, words in self._words.items():
            parts += [self._fill(role), *(word.operators() for word in words)]
        return Drawing(self.width, self.height, b"\n".join(parts))

    def _filled(self, role: str, boxes: Sequence[tuple[float, float, float, float]]) -> list[bytes]:
        return [self._fill(role), *(b"%.2f %.2f %.2f %.2f re" % box for box in boxes), b"f"] if boxes else []

    def _rounded(self, role: str, bars: Sequence[Block]) -> list[bytes]:
        return [self._fill(role), *(path_operators(one.path(self.pen.theme.radius)) for one in bars), b"f"]

    def _fill(self, role: str) -> bytes:
        return b"%s rg" % _rgb(self.pen.colour(role))

    def _strokes(self, wanted: int) -> Iterator[bytes]:
        for course, role, width, layer in self._lines:
            if layer == wanted:
                yield b"%s RG %.2f w %s S" % (_rgb(self.pen.colour(role)), width, path_operators(Path(course)))

    def svg(self, *, ground: bool = False) -> bytes:
        """Return the sheet as SVG, without anything that differs from one run to the next."""
        buffer = BytesIO()
        self._figure(ground=ground).savefig(buffer, format="svg", metadata=NO_METADATA)
        return LONG_DECIMALS.sub(rb"\1", buffer.getvalue())

    def png(self, scale: float, *, ground: bool = True) -> bytes:
        """Return the sheet as PNG, `scale` pixels per point."""
        buffer = BytesIO()
        dots = scale * POINTS_PER_INCH
        self._figure(ground=ground).savefig(buffer, format="png", dpi=dots, metadata={"Software": None})
        return buffer.getvalue()

    def _figure(self, *, ground: bool) -> Figure:
        figure = Figure(figsize=(self.width / POINTS_PER_INCH, self.height / POINTS_PER_INCH), dpi=POINTS_PER_INCH)
        figure.patch.set_facecolor(self.pen.colour("paper"))
        figure.patch.set_visible(ground)
        points = Affine2D().scale(1 / POINTS_PER_INCH) + figure.dpi_scale_trans
        grounds = {SHADE: [box(*each) for each in self._grounds]} if self._grounds else {}
        boxes = {role: [one.path(self.pen.theme.radius) for one in found] for role, found in self._blocks.items()}
        words = {role: [word.path() for word in found] for role, found in self._words.items()}
        for layer, paths in ((GROUND, grounds), (BOXES, boxes), (WORDS, words)):
            for role, found in paths.items():
                whole, colour = Path.make_compound_path(*found), self.pen.colour(role)
                figure.add_artist(PathPatch(whole, facecolor=colour, linewidth=0, transform=points, zorder=layer))
        for course, role, width, layer in self._lines:
            outline, colour = Path(course), self.pen.colour(role)
            figure.add_artist(
                PathPatch(outline, fill=False, edgecolor=colour, linewidth=width, transform=points, zorder=layer)
            )
        return figure


def _rgb(colour: str) -> bytes:
    """Return a hexadecimal colour as PDF writes it."""
    return b" ".join(b"%.4f" % (int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
