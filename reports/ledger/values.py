"""What the ledger knows of schedules, slots, editions, deliveries and notices."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date, datetime

Role = Literal["to", "cc", "bcc"]  # where a recipient stands in a message
How = Literal["command", "link", "mail"]  # how somebody opted out


class SlotState(StrEnum):
    """Where a slot stands; the last three are its ends."""

    DUE = "due"
    CLAIMED = "claimed"
    WAITING = "waiting"  # for approval
    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"


class DeliveryState(StrEnum):
    """Where a delivery stands; pending and sending aren't ends; unknown: the recipient may have it."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"  # on purpose, with a reason: nothing was sent, and nobody has to look after it


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
    ended_at: datetime | None
    resolved_at: datetime | None
    made: bool  # every edition that it can have is there
    unmet: bool  # it was skipped because a condition of the report wasn't met


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
    slot: int | None  # that it was made for; None where a person asked for it


@dataclass(frozen=True)
class Addressed:
    """Somebody who is to get an edition: the plain address, how it stands in the message, and where there."""

    recipient: str
    mailbox: str
    role: Role = "to"


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
    role: Role
    together: bool  # one message went, or goes, to all recipients of the same edition and send number


@dataclass(frozen=True)
class Skip:
    """A cut of which nothing was made, for whom it would have been, and why; `who` is for people to read."""

    id: int
    slot: int | None
    report: str
    since: date
    until: date
    cut: str
    who: str
    recipient: str | None
    reason: str
    at: datetime


@dataclass(frozen=True)
class OptOut:
    """Somebody who wants a report no more, or none at all (report is empty); `address` is plain."""

    address: str
    report: str
    at: datetime
    how: How


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
