"""What became of a message, for each of its recipients."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Status(StrEnum):
    """How a delivery ended; unknown means that the server may have it."""

    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Fate:
    """What became of a message, whoever it was for: the server's own words, or the file it lies in."""

    status: Status
    detail: str = ""
    permanent: bool = True
    path: Path | None = None

    def of(self, recipient: str) -> Outcome:
        """Return the outcome for one of its recipients."""
        return Outcome(recipient, self.status, self.detail, self.permanent, self.path)


@dataclass(frozen=True)
class Outcome:
    """One message to one recipient: the server's own words, or the file it lies in; trying again may help or not."""

    recipient: str
    status: Status
    detail: str = ""
    permanent: bool = True
    path: Path | None = None
