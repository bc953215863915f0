"""Ends what a person has looked after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.errors import LedgerError
from reports.ledger import deliveries, editions, events, notices, slots

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reports.ledger.ledger import Ledger
    from reports.ledger.values import Slot


def resolve(ledger: Ledger, what: str, now: datetime) -> int:
    """Resolve all that failed of a report, or of one edition; returns how much that was."""
    with ledger.write() as tx:
        count = _edition(tx, what, now) if ":" in what else _report(tx, what, now)
        if count:
            events.note(tx, now, "trouble.resolved", report=what.partition(":")[0], detail=what)
        return count


def _edition(tx: Connection, what: str, now: datetime) -> int:
    if editions.find(tx, what) is None:
        raise LedgerError(f"the ledger knows no edition {what}", hint="`reports status` names what needs you.")
    slot = slots.of_edition(tx, what)
    count = deliveries.resolve(tx, what, now)
    if slot is None or _others(tx, slot):
        return count
    return count + slots.resolve(tx, slot.report, now, slot.as_of)


def _others(tx: Connection, slot: Slot) -> bool:
    """Whether another edition of a slot still needs somebody."""
    made = {one.id for one in editions.of_slot(tx, slot.id)}
    return any(one.edition in made for one in deliveries.unresolved(tx))


def _report(tx: Connection, report: str, now: datetime) -> int:
    failed = {one.edition for one in deliveries.unresolved(tx) if one.edition.partition(":")[0] == report}
    count = sum(deliveries.resolve(tx, one, now) for one in failed)
    return count + slots.resolve(tx, report, now) + notices.resolve(tx, report, now)
