"""What the ledger knows of schedules, slots, editions, deliveries and notices."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime


class SlotState(StrEnum):
    """Where a slot stands; the last three are its ends."""

    DUE = "due"
    CLAIMED = "claimed"
    WAITING = "waiting"  # for approval
    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"


class DeliveryState(StrEnum):
    """Where a delivery stands; pending and sending aren't ends, and unknown means that the recipient may have it."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class NoticeState(StrEnum):
    """Where a notice to an owner stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class Approval(StrEnum):
    """Whether an edition needs somebody's word before it goes out."""

    NONE = "none"
    ASKED = "asked"
    GIVEN = "given"
    LAPSED = "lapsed"


@dataclass(frozen=True)
class Watched:
    """A report's schedule: up to which instant its slots are in the ledger, and since when it is paused."""

    report: str
    handled_until: datetime
    paused_at: datetime | None


@dataclass(frozen=True)
class Slot:
    """An instant at which a schedule was due, and what became of it."""

    id: int
    report: str
    due_at: datetime
    as_of: date
    state: SlotState
    reason: str
    hint: str
    attempts: int
    next_at: datetime
    first_at: datetime | None
    worker: str | None
    edition: str | None
    ended_at: datetime | None
    resolved_at: datetime | None


@dataclass(frozen=True)
class Kept:
    """An edition of which a revision is in the archive."""

    id: str
    subject: str
    report: str
    since: date
    until: date
    cut: str
    revision: int
    as_of: date
    made_at: datetime
    approval: Approval
    approve_by: datetime | None


@dataclass(frozen=True)
class Delivery:
    """One revision to one recipient, with its send number."""

    id: int
    edition: str
    subject: str
    recipient: str
    mailbox: str
    send: int
    state: DeliveryState
    detail: str
    permanent: bool
    attempts: int
    worker: str | None
    started_at: datetime | None
    ended_at: datetime | None
    resolved_at: datetime | None


@dataclass(frozen=True)
class Told:
    """A notice to one owner; `content` is JSON."""

    id: int
    key: str
    recipient: str
    report: str
    content: str
    state: NoticeState
    detail: str
    attempts: int
    next_at: datetime
    created_at: datetime
    worker: str | None
    ended_at: datetime | None
    resolved_at: datetime | None
