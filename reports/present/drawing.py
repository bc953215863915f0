"""A vector picture on its way into a PDF."""

from __future__ import annotations

from dataclasses import dataclass

ADDRESS = "drawing:"  # starts the addresses of what is drawn straight into the PDF


@dataclass(frozen=True)
class Drawing:
    """PDF operators that fill `width` x `height` points from the lower left corner, and set all they need."""

    width: float
    height: float
    content: bytes
