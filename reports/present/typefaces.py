"""A customer's own fonts, checked before anything is set in them."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from reports.errors import ConfigError
from reports.files import digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_BYTES = 1024 * 1024
RESTRICTED = 0x0002  # OS/2 fsType: may not be embedded
KINDS = {b"\x00\x01\x00\x00": "ttf", b"true": "ttf", b"OTTO": "otf"}
UNUSUAL = re.compile("[^A-Za-z0-9 ]")  # in the name of a font; quotes would end it in CSS
REGULAR, STRONG = 400, 600
WEIGHTS = {"regular": REGULAR, "strong": STRONG, "display": STRONG, "arabic": REGULAR, "arabic_strong": STRONG}
PARTS = {"regular": "text", "strong": "text", "display": "display", "arabic": "arabic", "arabic_strong": "arabic"}
SAMPLE = {"text": "Aa09", "display": "Aa09", "arabic": "\u0627\u0628\u062a"}  # what it is there for


@dataclass(frozen=True)
class Typeface:
    """One static font of a theme, under a name that no other font has."""

    family: str
    weight: int
    path: Path
    content: bytes = field(repr=False)
    kind: str

    def css(self) -> str:
        """Return its @font-face rule, with the file inside."""
        data = f"data:font/{self.kind};base64,{b64encode(self.content).decode()}"
        return f'@font-face {{ font-family: "{self.family}"; font-weight: {self.weight}; src: url("{data}"); }}'


def check_font(name: str, role: str, content: bytes) -> str:
    """Return whether a file is a `ttf` or an `otf`; one that can't be set or may not be embedded is refused."""
    from fontTools.ttLib import TTFont

    kind = KINDS.get(content[:4])
    if kind is None:
        raise _wrong(name, "is no font that PDFs take", "It has to be a .ttf or an .otf, not a web font.")
    try:
        with TTFont(BytesIO(content), lazy=True) as font:
            letters, variable, rights = font.getBestCmap() or {}, "fvar" in font, font["OS/2"].fsType
    except Exception as error:  # fontTools raises whatever a damaged table makes it stumble over
        raise _wrong(name, "is damaged", "Get the file anew from where it came.") from error
    if variable:
        raise _wrong(name, "is a variable font", "Charts can't choose a weight from it: save each weight as a file.")
    if rights & 0xF == RESTRICTED:
        raise _wrong(name, "says that it may not be embedded", "Ask its maker for a licence for documents.")
    if missing := [one for one in SAMPLE[PARTS[role]] if ord(one) not in letters]:
        raise _wrong(
            name, f"has no {' '.join(missing)}", f"It is named as fonts.{role}: choose one with these letters."
        )
    return kind


def family_of(contents: Sequence[bytes]) -> str:
    """Return a name that no other fonts have, for one or two weights that belong together."""
    from fontTools.ttLib import TTFont

    with TTFont(BytesIO(contents[0]), lazy=True) as font:
        name = UNUSUAL.sub("", font["name"].getBestFamilyName() or "")
    return f"{name or 'Own'} {digest(b''.join(contents))[:8]}"


def capitals_of(content: bytes) -> float | None:
    """Return how high a font's capitals are, as a part of its size; None where it doesn't say."""
    from fontTools.ttLib import TTFont

    with TTFont(BytesIO(content), lazy=True) as font:
        height = getattr(font["OS/2"], "sCapHeight", 0)
        return height / font["head"].unitsPerEm if height else None


def _wrong(name: str, what: str, hint: str) -> ConfigError:
    return ConfigError(f"{name} {what}", hint=hint)
