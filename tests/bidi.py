"""The order in which a reader sees the letters of a line, by the Unicode bidirectional algorithm."""

from __future__ import annotations

import re
from typing import Literal

from bidi import get_display

OPENERS, POP = "\u2066\u2067\u2068", "\u2069"
INSIDE = re.compile(f"[{OPENERS}][^{OPENERS}{POP}]*{POP}")


def seen(text: str, base: Literal["R", "L"] = "R") -> str:
    """Return the letters of one line from left to right, without isolates, on a page of that direction."""
    return re.sub(f"[{OPENERS}{POP}]", "", str(get_display(text, base_dir=base)))


def is_balanced(text: str) -> bool:
    """Whether every isolate that is opened is closed, and no other."""
    depth = 0
    for one in text:
        depth += (one in OPENERS) - (one == POP)
        if depth < 0:
            return False
    return depth == 0


def outside(text: str) -> str:
    """Return what stands in no isolate."""
    while (less := INSIDE.sub("", text)) != text:
        text = less
    return text
