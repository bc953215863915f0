"""Our own fonts: where they lie, which characters they have, and how the renderers come to know them."""

from __future__ import annotations

import unicodedata
from base64 import b64encode
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from reports.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from reports.present.templates import Templates
    from reports.present.typefaces import Typeface

SUBSTITUTE = "\u25a1"  # a white square: shows that a character was there which no font has
NAMED = 8  # characters that a warning names at most
# They shape text or lay out a template's lines, and need no glyph.
INVISIBLE = {*range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0x200C, 0x200D, 0xAD, 0x09, 0x0A, 0x0D}


@dataclass(frozen=True)
class Face:
    """One static font file, as CSS and matplotlib call it."""

    family: str
    weight: int
    file: str


FACES = (
    Face("Inter", 400, "Inter-Regular.ttf"),
    Face("Inter", 600, "Inter-SemiBold.ttf"),
    Face("Inter Display", 600, "InterDisplay-SemiBold.ttf"),
    Face("Noto Sans Arabic", 400, "NotoSansArabic-Regular.ttf"),
    Face("Noto Sans Arabic", 600, "NotoSansArabic-SemiBold.ttf"),
)
FAMILIES = ("Inter", "Noto Sans Arabic")
DISPLAY_FAMILIES = ("Inter Display", "Noto Sans Arabic")


@dataclass(frozen=True)
class FontStack:
    """The families that letters are looked for in, in their order, and how high capitals are as a part of the size."""

    families: tuple[str, ...]
    capitals: float


OWN_STACK = FontStack(FAMILIES, 0.727)


def font_files(templates: Templates) -> dict[Face, Path]:
    """Find every face; a missing file is an error, since renderers would silently take another font."""
    found = {face: templates.find(f"fonts/{face.file}") for face in FACES}
    missing = [face.file for face, path in found.items() if path is None]
    if missing:
        raise RenderError(
            f"font files are missing: {', '.join(missing)}",
            hint="Install the package anew, or put the files back into templates/fonts.",
        )
    return {face: path for face, path in found.items() if path is not None}


def font_face_css(templates: Templates) -> str:
    """Return the @font-face rules for all faces."""
    return "\n".join(
        f'@font-face {{ font-family: "{face.family}"; font-weight: {face.weight}; src: url("{path.as_uri()}"); }}'
        for face, path in font_files(templates).items()
    )


def embedded_font_css(templates: Templates) -> str:
    """Return the @font-face rules with the files inside, for a page that stands alone."""
    return "\n".join(
        f'@font-face {{ font-family: "{face.family}"; font-weight: {face.weight}; '
        f'src: url("data:font/ttf;base64,{b64encode(path.read_bytes()).decode()}"); }}'
        for face, path in font_files(templates).items()
    )


@cache
def register_with_matplotlib(templates: Templates) -> None:
    """Make the faces known to matplotlib, once per process."""
    from matplotlib import font_manager

    for path in font_files(templates).values():
        font_manager.fontManager.addfont(path)


@cache
def register_typefaces(typefaces: tuple[Typeface, ...]) -> None:
    """Make a theme's own fonts known to matplotlib, under the names that the theme has for them."""
    from matplotlib import font_manager

    for one in typefaces:
        entry = font_manager.FontEntry(str(one.path), name=one.family, weight=one.weight, size="scalable")
        font_manager.fontManager.ttflist.append(entry)


@cache
def _covered(templates: Templates) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    covered: set[int] = set(INVISIBLE)
    for face, path in font_files(templates).items():
        if face.family in FAMILIES:
            with TTFont(path, lazy=True) as font:
                covered.update(font.getBestCmap())
    return frozenset(covered)


def drawable(templates: Templates, text: str) -> str:
    """Replace what no font has by a visible square, a run of them by one; whoever is `noting` learns of each."""
    covered = _covered(templates)
    if all(ord(letter) in covered for letter in text):
        return text
    _note(undrawable(templates, text))
    shown: list[str] = []
    for letter in text:
        if ord(letter) in covered:
            shown.append(letter)
        elif not shown or shown[-1] != SUBSTITUTE:
            shown.append(SUBSTITUTE)
    return "".join(shown)


def undrawable(templates: Templates, text: str) -> list[str]:
    """Return the characters of a text that no font has, each once, in the order they come in."""
    covered = _covered(templates)
    return list(dict.fromkeys(letter for letter in text if ord(letter) not in covered))


_NOTED: ContextVar[tuple[dict[str, None], ...]] = ContextVar("what was replaced", default=())


@contextmanager
def noting() -> Iterator[Mapping[str, None]]:
    """Gather the characters that are replaced within, in the order they come in; each task has its own gathering.

    They are the keys of the mapping, which fills while things are drawn.
    """
    found: dict[str, None] = {}
    token = _NOTED.set((*_NOTED.get(), found))
    try:
        yield found
    finally:
        _NOTED.reset(token)


def _note(letters: Iterable[str]) -> None:
    for found in _NOTED.get():
        found.update(dict.fromkeys(letters))


def replacement_note(letters: Iterable[str]) -> str:
    """Say which characters were replaced, for the run's warnings; nothing where none was."""
    names = [f"U+{ord(one):04X} {unicodedata.name(one, 'without a name')}" for one in dict.fromkeys(letters)]
    if not names:
        return ""
    were = "1 character that no font has was" if len(names) == 1 else f"{len(names)} characters that no font has were"
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{were} replaced by {SUBSTITUTE}: {', '.join(names[:NAMED])}{more}"
