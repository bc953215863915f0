"""Colours as numbers: how light they are, how far apart, and the same hue lighter or darker."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Three: TypeAlias = tuple[float, float, float]

# Between linear sRGB, cone responses and the axes of Oklab: Björn Ottosson, "A perceptual color space for image
# processing" (2020), in the public domain.
TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
FROM_LAB = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
FROM_CONES = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)
LIGHT = (0.2126, 0.7152, 0.0722)  # how much each part adds to how light a colour is (WCAG 2.2)
STEPS = 24  # halvings: finer than a 256th of a part
TOLERANCE = 1e-4  # of the sRGB gamut's edge


def whole(text: str) -> str:
    """Return a colour as #RRGGBB in capitals; it may be written as #RGB."""
    digits = text.removeprefix("#")
    return f"#{digits if len(digits) == 6 else ''.join(one * 2 for one in digits)}".upper()  # noqa: PLR2004 - as above


def luminance(colour: str) -> float:
    """Return the relative luminance by WCAG 2.2, from 0 (black) to 1 (white)."""
    return _dot(LIGHT, _linear(colour))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours by WCAG 2.2, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def at_contrast(colour: str, ground: str, wanted: float, *, vivid: float = 1.0) -> str:
    """Return the same hue at a contrast to its ground, darker than a light ground and lighter than a dark one.

    What comes back has the contrast or, by the nearest colour there is, a little more; black and white have the most.
    `vivid` is how much of its chroma it keeps.
    """
    _, red_green, blue_yellow = _to_lab(colour)
    dark_ground = luminance(ground) < luminance("#777777")
    near, far = (0.0, 1.0) if dark_ground else (1.0, 0.0)
    for _ in range(STEPS):
        middle = (near + far) / 2
        if contrast(_from_lab(middle, red_green * vivid, blue_yellow * vivid), ground) < wanted:
            near = middle
        else:
            far = middle
    return _from_lab(far, red_green * vivid, blue_yellow * vivid)


def _to_lab(colour: str) -> Three:
    """Return lightness (0 to 1) and the two axes of colour in Oklab."""
    cones = _times(TO_CONES, _linear(colour))
    return _times(TO_LAB, [one ** (1 / 3) for one in cones])


def _from_lab(light: float, red_green: float, blue_yellow: float) -> str:
    """Return the colour; what the screen can't show loses chroma until it can."""
    low, high = 0.0, 1.0
    if _shows(_to_linear(light, red_green, blue_yellow)):
        low = 1.0
    else:
        for _ in range(STEPS):
            middle = (low + high) / 2
            if _shows(_to_linear(light, red_green * middle, blue_yellow * middle)):
                low = middle
            else:
                high = middle
    return _text(_to_linear(light, red_green * low, blue_yellow * low))


def _to_linear(light: float, red_green: float, blue_yellow: float) -> Three:
    cones = _times(FROM_LAB, (light, red_green, blue_yellow))
    return _times(FROM_CONES, [one**3 for one in cones])


def _shows(parts: Three) -> bool:
    return all(-TOLERANCE <= one <= 1 + TOLERANCE for one in parts)


def _linear(colour: str) -> Three:
    """Return red, green and blue as light, from 0 to 1 (the curve of sRGB, IEC 61966-2-1)."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _lit(red), _lit(green), _lit(blue)


def _lit(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - the standard's own


def _text(parts: Three) -> str:
    shown = (min(max(one, 0.0), 1.0) for one in parts)
    curved = (12.92 * one if one <= 0.0031308 else 1.055 * one ** (1 / 2.4) - 0.055 for one in shown)  # noqa: PLR2004
    return "#" + "".join(f"{round(one * 255):02X}" for one in curved)


def _times(matrix: Sequence[Three], values: Sequence[float]) -> Three:
    first, second, third = (_dot(row, values) for row in matrix)
    return first, second, third


def _dot(row: Sequence[float], values: Sequence[float]) -> float:
    return sum(weight * value for weight, value in zip(row, values, strict=True))
