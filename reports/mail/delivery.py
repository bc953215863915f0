"""What became of a message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a delivery ended; unknown means that the server may have it."""

    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Delivery:
    """One message to one recipient: the server's own words, and where it lies or what the server calls it."""

    recipient: str
    status: Status
    detail: str = ""
    permanent: bool = True
