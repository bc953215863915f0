"""The colours of a theme by their roles: what follows from an accent, and what can be told apart by everybody.

Text keeps 4.5:1 to its ground and what a chart draws 3:1, as WCAG 2.2 AA asks (1.4.3 and 1.4.11). Beyond that,
neighbours in charts differ in lightness, so that they are told apart without any colour. The history behind a chart
(`tint`), the grid (`hair`) and the band (`pale`) are quiet on purpose: what they carry stands in words as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.present.colour import at_contrast, contrast

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT, GRAPHIC = 4.5, 3.0  # WCAG 2.2 AA, on what lies behind
APART = 1.4  # between neighbours in a chart, on a grey printer
INK = 7.0  # leaves room for an accent that can be read and still isn't ink
MOST = 21.0  # black on white
QUIET = 1.42  # the history behind a chart
GROUNDS = {"pale": 1.08, "hair": 1.24}  # on paper
VIVID = {"mid": 0.7, "tint": 0.42}  # how much of the accent's chroma its family keeps
NEARLY = 0.98  # of a ratio: what rounding to 256 steps leaves of it


@dataclass(frozen=True)
class Bounds:
    """The contrast that a role has to its ground: at least a ratio, at most another role's divided by APART."""

    role: str
    least: float
    below: str | None = None


# Each is held against those before it; the ground is `pale`, which is darker than paper.
BASIC = (
    Bounds("ink", INK),
    Bounds("muted", TEXT),
    Bounds("good", TEXT),
    Bounds("bad", TEXT),
    Bounds("line", GRAPHIC, "ink"),
    Bounds("hair", 1.0, "line"),
    Bounds("accent", TEXT, "ink"),
)
FAMILY = (Bounds("mid", GRAPHIC, "accent"), Bounds("tint", APART, "mid"))
IN_THE_DARK = (Bounds("ink", INK), Bounds("muted", TEXT), Bounds("good", TEXT), Bounds("bad", TEXT))


def complete(colours: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return all colours, those that follow from paper and accent derived where there are none, and why some moved."""
    paper = colours["paper"]
    grounds = {role: at_contrast(paper, paper, ratio) for role, ratio in GROUNDS.items()}
    found, reasons = legible({**grounds, **colours}, "pale", BASIC)
    whole = {**family(found["accent"], found["pale"]), **found}
    found, more = legible(whole, "pale", FAMILY)
    return found, {**reasons, **more}


def family(accent: str, pale: str) -> dict[str, str]:
    """Return the colours of the periods before, paler than the current one's."""
    return {
        "mid": at_contrast(accent, pale, GRAPHIC, vivid=VIVID["mid"]),
        "tint": at_contrast(accent, pale, QUIET, vivid=VIVID["tint"]),
    }


def legible(
    colours: Mapping[str, str], ground: str, bounds: tuple[Bounds, ...]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the colours, each moved as little as its bounds ask, and for every one that was moved why.

    `ground` is the role that the others stand on.
    """
    found, reasons = dict(colours), dict[str, str]()
    for one in bounds:
        ratio = contrast(found[one.role], found[ground])
        most = contrast(found[one.below], found[ground]) / APART if one.below else MOST
        if ratio < one.least:
            found[one.role] = at_contrast(found[one.role], found[ground], one.least)
            reasons[one.role] = f"has {_ratio(ratio)} to its ground and needs {one.least:g}:1"
        elif ratio > most / NEARLY:
            found[one.role] = at_contrast(found[one.role], found[ground], most)
            reasons[one.role] = f"is hardly told apart from {one.below}"
    return found, reasons


def _ratio(value: float) -> str:
    return f"{int(value * 10) / 10:g}:1"  # never rounded up: 4.46 isn't 4.5
