"""The words behind glyphs that are drawn from right to left: what reads aloud needs them in the order of reading."""

from __future__ import annotations

import re
import unicodedata

RIGHT = {"R", "AL", "AN"}
CONTROLS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


def spoken(text: str, *, right_to_left: bool, ends_line: bool) -> str:
    """Return a piece of a line as it is read; nothing where the glyphs, from left to right, say the same.

    What only directs the layout is left out; the space that a line's end stands for is put back.
    """
    turned = right_to_left and not text.isalnum()
    if not turned and not any(unicodedata.bidirectional(one) in RIGHT for one in text):
        return ""
    return CONTROLS.sub("", text) + " " * ends_line
