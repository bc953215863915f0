"""What happened to slots and editions, the latest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.conclusion import summary
from reports.ledger import deliveries, editions, slots
from reports.ledger.values import DeliveryState, SlotState

if TYPE_CHECKING:
    from datetime import datetime

    from reports.ledger.ledger import Ledger
    from reports.ledger.values import Delivery, Kept, Slot


@dataclass(frozen=True)
class Entry:
    """One slot, with its edition if there is one; or one edition that a person asked for."""

    at: datetime
    what: str
    state: str
    bad: bool
    deliveries: tuple[Delivery, ...]


def entries(ledger: Ledger, report: str | None, count: int) -> list[Entry]:
    """Return the last slots and editions of all reports or of one."""
    with ledger.read() as tx:
        last = slots.latest(tx, report, count)
        kept = editions.latest(tx, report, count)
        sent = {one.id: tuple(deliveries.of_edition(tx, one.id)) for one in kept}
        for slot in last:
            if slot.edition and slot.edition not in sent:
                sent[slot.edition] = tuple(deliveries.of_edition(tx, slot.edition))
    scheduled = {one.edition for one in last if one.edition}
    found = [_of_slot(one, sent.get(one.edition or "", ())) for one in last]
    found += [_of_edition(one, sent[one.id]) for one in kept if one.id not in scheduled]
    return sorted(found, key=lambda one: one.at, reverse=True)[:count]


def _of_slot(slot: Slot, sent: tuple[Delivery, ...]) -> Entry:
    said = f"{slot.state}: {slot.reason}" if slot.reason else str(slot.state)
    return Entry(slot.due_at, slot.edition or slot.report, said, slot.state is SlotState.FAILED, sent)


def _of_edition(kept: Kept, sent: tuple[Delivery, ...]) -> Entry:
    said = summary(sent) if sent else f"approval {kept.approval}"
    bad = any(one.state in {DeliveryState.FAILED, DeliveryState.UNKNOWN} for one in sent)
    return Entry(kept.made_at, kept.id, f"by hand: {said}", bad, sent)
