"""The words behind Arabic glyphs: fonts draw letters of many parts, from which no reader could guess them."""

from __future__ import annotations

import re
import unicodedata

RIGHT = {"R", "AL", "AN"}
CONTROLS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


def spoken(text: str) -> str:
    """Return a line's words as they are read, without what only directs their layout; nothing for Latin letters."""
    if text.isascii() or not any(unicodedata.bidirectional(one) in RIGHT for one in text):
        return ""
    return CONTROLS.sub("", text)
