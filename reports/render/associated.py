"""A file that travels inside a PDF, as the data that the page was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

LONGEST = 100
SAFE = frozenset(" -_.()")


@dataclass(frozen=True)
class Associated:
    """A file for a program to read: its media type says how; `modified` has a zone and never comes from the clock."""

    name: str
    description: str
    media_type: str
    content: bytes
    modified: datetime

    @property
    def safe_name(self) -> str:
        """Return the name with letters, digits and a little punctuation only, so that it can be saved anywhere."""
        kept = "".join(one if one.isalnum() or one in SAFE else "_" for one in self.name)
        stem, dot, ending = kept.strip(". ").rpartition(".")
        return f"{stem[:LONGEST]}{dot}{ending[:LONGEST]}" or "file"
