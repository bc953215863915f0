"""What happened to slots and editions, the latest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.conclusion import summary
from reports.ledger import deliveries, editions, skips, slots
from reports.ledger.deliveries import latest_of_each
from reports.ledger.values import DeliveryState, SlotState
from reports.periods import Period

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from reports.ledger.ledger import Ledger
    from reports.ledger.values import Delivery, Kept, Skip, Slot

TROUBLE = {DeliveryState.FAILED, DeliveryState.UNKNOWN}


@dataclass(frozen=True)
class Part:
    """One edition, and all that was sent of it."""

    edition: str
    deliveries: tuple[Delivery, ...]

    @property
    def wholly_sent(self) -> bool:
        """Whether everybody has it, and nobody was skipped."""
        last = latest_of_each(self.deliveries)
        return bool(last) and all(one.state is DeliveryState.SENT for one in last)


@dataclass(frozen=True)
class Entry:
    """One slot, or what a person asked for at once: its editions, and the cuts of which none was made.

    `what` is the edition where there is one alone, else the report.
    """

    at: datetime
    what: str
    state: str
    bad: bool
    parts: tuple[Part, ...]
    skips: tuple[Skip, ...]

    @property
    def alone(self) -> bool:
        """Whether it is about one edition, or none."""
        return len(self.parts) <= 1 and not self.skips


def entries(ledger: Ledger, report: str | None, count: int) -> list[Entry]:
    """Return the last slots and editions of all reports or of one."""
    with ledger.read() as tx:
        found = [_of_slot(tx, one) for one in slots.latest(tx, report, count)]
        found += [_by_hand(tx, run) for run in editions.latest_by_hand(tx, report, count)]
    return sorted(found, key=lambda one: one.at, reverse=True)[:count]


def _of_slot(tx: Connection, slot: Slot) -> Entry:
    parts, left_out = _parts(tx, editions.of_slot(tx, slot.id)), tuple(skips.of_slot(tx, slot.id))
    bad = slot.state is SlotState.FAILED
    reason = slot.reason
    if len(parts) > 1 or left_out:
        counted = _counted(parts, left_out)
        reason = counted if reason in {"", _stand(parts)} else f"{reason} ({counted})"
    said = f"{slot.state}: {reason}" if reason else str(slot.state)
    return Entry(slot.due_at, _what(parts, slot.report, left_out), said, bad, parts, left_out)


def _by_hand(tx: Connection, run: Sequence[Kept]) -> Entry:
    first = run[0]
    parts = _parts(tx, run)
    left_out = tuple(skips.by_hand(tx, first.report, Period(first.since, first.until), first.made_at))
    several = len(parts) > 1 or left_out
    said = _counted(parts, left_out) if several else _sent(parts) or f"approval {first.approval}"
    bad = any(one.state in TROUBLE for part in parts for one in part.deliveries)
    return Entry(first.made_at, _what(parts, first.report, left_out), f"by hand: {said}", bad, parts, left_out)


def _parts(tx: Connection, kept: Sequence[Kept]) -> tuple[Part, ...]:
    found = deliveries.of_editions(tx, kept)
    return tuple(Part(one.id, tuple(found[one.id])) for one in kept)


def _what(parts: Sequence[Part], report: str, left_out: Sequence[Skip]) -> str:
    return parts[0].edition if len(parts) == 1 and not left_out else report


def _sent(parts: Sequence[Part]) -> str:
    """Return how many have it; empty where nothing was sent."""
    sent = [one for part in parts for one in part.deliveries]
    return summary(sent) if sent else ""


def _stand(parts: Sequence[Part]) -> str:
    """Return how many have it, of each recipient the last that was sent; empty where nothing was."""
    last = [one for part in parts for one in latest_of_each(part.deliveries)]
    return summary(last) if last else ""


def _counted(parts: Sequence[Part], left_out: Sequence[Skip]) -> str:
    """Return `30 editions, 41 of 42 sent, 1 failed; 3 left out`."""
    made = f"{len(parts)} edition{'' if len(parts) == 1 else 's'}"
    said = ", ".join(filter(None, [made, _stand(parts)]))
    return f"{said}; {len(left_out)} left out" if left_out else said
