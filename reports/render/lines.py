"""Lays out plain text in lines of a mail."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from reports.present.formats import clean_line, reopened

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDTH = 72  # letters of a line
INDENT = "    "  # before what is never broken
QUOTE = "| "  # before each line of words that are not ours: none of them can pass for one of ours
LONGEST_QUOTE = 600  # letters
UNSEEN = dict.fromkeys(range(0x2066, 0x206A))  # isolates, which take no room on a line


def width(text: str) -> int:
    """Return how many letters of a text are seen."""
    return len(text.translate(UNSEEN))


def padded(text: str, room: int) -> str:
    """Fill a text with spaces up to a width."""
    return text + " " * (room - width(text))


def within(text: str, width: int = WIDTH, *, hanging: str = "") -> tuple[str, ...]:
    """Break a text into lines, at spaces alone; what has none stays whole."""
    return reopened(wrap(text, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False))


def folded(text: str) -> str:
    """Break the long lines of a text, but those that are indented or quoted."""
    lines = (line.rstrip() for line in text.strip().splitlines())
    return "\n".join("\n".join(_whole(line) or within(line)) for line in lines) + "\n"


def _whole(line: str) -> tuple[str, ...]:
    return (line,) if len(line) <= WIDTH or line.startswith((" ", QUOTE)) else ()


def quoted(text: str, width: int = WIDTH) -> tuple[str, ...]:
    """Break words from elsewhere into lines that show where they come from."""
    words = " ".join(clean_line(text).split())[:LONGEST_QUOTE]
    return tuple(f"{QUOTE}{line}" for line in within(words, width - len(QUOTE)))


def aligned(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return labels and what they stand for, in two columns."""
    rows = list(pairs)
    room = max((width(label) for label, _ in rows), default=0) + 3
    return tuple(
        line for label, text in rows for line in within(f"{padded(f'{label}:', room)}{text}", hanging=" " * room)
    )
