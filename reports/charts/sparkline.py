"""Sparklines as one small SVG each, written by hand: columns for sums, a line with a dot for rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.figures import Number
    from reports.present.theme import Theme

WIDTH, HEIGHT = 104.0, 16.0  # points
DOT = 1.7
BAR = 0.64


def sparkline(theme: Theme, values: Sequence[Number | None], *, sums: bool) -> bytes:
    """Draw trailing values, oldest first; None leaves a gap. Sums stand on zero, rates use their own range."""
    numbers = [None if one is None else float(one) for one in values]
    marks = _columns(theme, numbers) if sums else _line(theme, numbers)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}pt" height="{HEIGHT:g}pt" '
        f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}">{marks}</svg>'
    ).encode()


def _columns(theme: Theme, numbers: Sequence[float | None]) -> str:
    known = [one for one in numbers if one is not None]
    low, high = min(0.0, *known, 0.0), max(0.0, *known, 0.0)
    unit = (HEIGHT - 1) / (high - low) if high > low else 0.0
    pitch = WIDTH / len(numbers)
    zero = HEIGHT - 0.5 + low * unit
    marks = []
    for index, value in enumerate(numbers):
        if value is not None:
            role = "accent" if index == len(numbers) - 1 else "tint"
            top = min(zero, zero - value * unit)
            marks.append(
                f'<rect x="{index * pitch + pitch * (1 - BAR) / 2:.2f}" y="{top:.2f}" width="{pitch * BAR:.2f}" '
                f'height="{max(abs(value) * unit, 0.4):.2f}" fill="{theme.colours[role]}"/>'
            )
    return "".join(marks)


def _line(theme: Theme, numbers: Sequence[float | None]) -> str:
    known = [one for one in numbers if one is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    unit = (HEIGHT - 2 * DOT) / (high - low) if high > low else 0.0
    pitch = WIDTH / len(numbers)

    def place(index: int, value: float) -> tuple[float, float]:
        y = HEIGHT - DOT - (value - low) * unit if unit else HEIGHT / 2
        return (index + 0.5) * pitch, y

    points = [None if value is None else place(index, value) for index, value in enumerate(numbers)]
    path = _path(points)
    line = f'<path d="{path}" fill="none" stroke="{theme.colours["line"]}" stroke-width="0.9" stroke-linejoin="round"/>'
    last = points[-1]
    dot = f'<circle cx="{last[0]:.2f}" cy="{last[1]:.2f}" r="{DOT}" fill="{theme.colours["accent"]}"/>' if last else ""
    return line + dot


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    """Join neighbours by lines; a gap starts a new piece."""
    parts: list[str] = []
    joined = False
    for point in points:
        if point is not None:
            parts.append(f"{'L' if joined else 'M'}{point[0]:.2f} {point[1]:.2f}")
        joined = point is not None
    return "".join(parts)
