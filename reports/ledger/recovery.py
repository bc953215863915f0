"""Sets right what processes left behind that died at work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from reports.ledger import events
from reports.ledger.rows import read_rows
from reports.ledger.tables import deliveries, notices, slots
from reports.ledger.values import Delivery, DeliveryState, NoticeState, Slot, SlotState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

DIED = "the process that worked on it died"
CUT_OFF = "the process stopped while the message was on its way: the recipient may have it"
NEVER = "the process stopped before it was sent"


@dataclass(frozen=True)
class Recovered:
    """What dead processes left: slots to be tried again, and deliveries by what became of them."""

    slots: tuple[Slot, ...] = ()
    unknown: tuple[Delivery, ...] = ()
    failed: tuple[Delivery, ...] = ()


def recover(tx: Connection, alive: Callable[[str], bool], now: datetime) -> Recovered:
    """Free the slots of dead workers; what they were sending is unknown, what they alone were to send has failed."""
    dead = [one for one in _workers(tx) if not alive(one)]
    if not dead:
        return Recovered()
    freed = _free(tx, dead, now)
    unknown = _end(tx, dead, DeliveryState.SENDING, DeliveryState.UNKNOWN, CUT_OFF, now)
    failed = _end(tx, dead, DeliveryState.PENDING, DeliveryState.FAILED, NEVER, now)
    tx.execute(  # telling an owner twice is better than not at all
        update(notices)
        .where(notices.c.state == NoticeState.SENDING, notices.c.worker.in_(dead))
        .values(state=NoticeState.PENDING, worker=None)
    )
    return Recovered(tuple(freed), tuple(unknown), tuple(failed))


def _workers(tx: Connection) -> set[str]:
    """Return every worker that has something in hand."""
    in_hand = DeliveryState.SENDING, DeliveryState.PENDING
    queries = (
        select(slots.c.worker).where(slots.c.worker.is_not(None)),
        select(deliveries.c.worker).where(deliveries.c.worker.is_not(None), deliveries.c.state.in_(in_hand)),
        select(notices.c.worker).where(notices.c.state == NoticeState.SENDING, notices.c.worker.is_not(None)),
    )
    return {worker for query in queries for worker in tx.execute(query).scalars()}


def _free(tx: Connection, dead: list[str], now: datetime) -> list[Slot]:
    """Let slots be due again; the condition stands in the statement, since others may set the same right."""
    statement = (
        update(slots)
        .where(slots.c.state == SlotState.CLAIMED, slots.c.worker.in_(dead))
        .values(state=SlotState.DUE, worker=None, next_at=now, reason=DIED, hint="")
        .returning(slots)
    )
    freed = sorted(read_rows(Slot, tx.execute(statement)), key=lambda one: one.id)
    for one in freed:
        events.note(tx, now, "slot.freed", report=one.report, slot=one.id, detail=DIED)
    return freed


def _end(  # noqa: PLR0913, PLR0917 - from, to, and the words
    tx: Connection, dead: list[str], was: DeliveryState, state: DeliveryState, detail: str, now: datetime
) -> list[Delivery]:
    statement = (
        update(deliveries)
        .where(deliveries.c.state == was, deliveries.c.worker.in_(dead))
        .values(state=state, detail=detail, ended_at=now)
        .returning(deliveries)
    )
    found = sorted(read_rows(Delivery, tx.execute(statement)), key=lambda one: one.id)
    for one in found:
        events.note(tx, now, f"delivery.{state}", edition=one.edition, delivery=one.id, detail=detail)
    return found
