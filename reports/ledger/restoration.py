"""Puts in doubt what a ledger from a backup can't know: what happened since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from reports.ledger import events, slots
from reports.ledger.rows import read_rows
from reports.ledger.tables import deliveries, editions
from reports.ledger.values import Approval, Delivery, DeliveryState, Slot, SlotState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def doubt(tx: Connection, now: datetime, detail: str) -> list[Delivery]:
    """Let every delivery be unknown that was still to be sent, or on its way."""
    statement = (
        update(deliveries)
        .where(deliveries.c.state.in_([DeliveryState.PENDING, DeliveryState.SENDING]))
        .values(state=DeliveryState.UNKNOWN, detail=detail, ended_at=now)
        .returning(deliveries)
    )
    found = sorted(read_rows(Delivery, tx.execute(statement)), key=lambda one: one.id)
    for one in found:
        events.note(tx, now, "delivery.unknown", edition=one.edition, delivery=one.id, detail=detail)
    return found


def end_open(tx: Connection, now: datetime, reason: str, hint: str) -> list[Slot]:
    """Let every slot fail that hadn't ended; what waited for approval for one doesn't any more. Returns the slots."""
    found = slots.open_slots(tx)
    for one in found:
        slots.end(tx, one, SlotState.FAILED, now, reason, hint)
    waiting = editions.c.approval == Approval.ASKED, editions.c.slot.in_([one.id for one in found])
    tx.execute(update(editions).where(*waiting).values(approval=Approval.LAPSED))
    return found
