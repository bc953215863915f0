"""The colours that stand side by side in charts are told apart on a grey printer and by colour-blind readers.

The three kinds of colour blindness are simulated at their full strength by the matrices of Machado, Oliveira and
Fernandes (2009), "A Physiologically-based Model for Simulation of Color Vision Deficiency", over linear RGB.
"""

from __future__ import annotations

from itertools import pairwise

import pytest

from reports.present.themes import load_theme
from tests.making import templates

Colour = tuple[float, float, float]

VISION: dict[str, tuple[Colour, Colour, Colour]] = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
    "grey": ((0.2126, 0.7152, 0.0722),) * 3,
}
NEIGHBOURS = ("ink", "accent", "mid", "tint", "paper")  # each is seen beside the next one, from dark to light
LEAST = 1.35  # times as light: what the palest pair of our own theme has on every eye
BELOW = ("ink", "line", "hair")  # lost deals below the line: now and before, then all others


def linear(colour: str) -> Colour:
    """Return red, green and blue as light, from 0 to 1 (the sRGB curve of IEC 61966-2-1)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return red, green, blue


def lightness(colour: str, vision: str) -> float:
    """Return how much light somebody sees (0 to 1), by the weights of WCAG 2.2."""
    red, green, blue = (
        min(max(sum(weight * part for weight, part in zip(row, linear(colour), strict=True)), 0.0), 1.0)
        for row in VISION[vision]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(dark: str, light: str, vision: str) -> float:
    """Return the contrast of two colours as WCAG 2.2 counts it; below 1 where the one meant as dark is lighter."""
    return (lightness(light, vision) + 0.05) / (lightness(dark, vision) + 0.05)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("roles", [NEIGHBOURS, BELOW], ids=["periods", "lost deals"])
def test_neighbours_differ_in_how_light_they_are(roles: tuple[str, ...], vision: str) -> None:
    colours = load_theme(templates()).colours
    found = {pair: round(contrast(colours[pair[0]], colours[pair[1]], vision), 2) for pair in pairwise(roles)}
    assert {pair: one for pair, one in found.items() if one < LEAST} == {}


def test_good_and_bad_are_never_told_apart_by_colour_alone() -> None:
    """Every change that is coloured has an arrow or a sign: the charts use neither colour."""
    from pathlib import Path

    import reports.charts

    for path in Path(str(reports.charts.__file__)).parent.glob("*.py"):
        assert '"good"' not in path.read_text(encoding="utf-8")
        assert '"bad"' not in path.read_text(encoding="utf-8")
