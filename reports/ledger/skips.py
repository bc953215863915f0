"""Cuts of which nothing was made, in the ledger: for whom they would have been, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from reports.ledger import events
from reports.ledger.rows import insert_or_change, read_row, read_rows, take_turns
from reports.ledger.tables import skips
from reports.ledger.values import Skip

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reports.periods import Period


def note(  # noqa: PLR0913 - the parts of one row
    tx: Connection,
    report: str,
    period: Period,
    cut: str,
    now: datetime,
    *,
    who: str,
    reason: str,
    recipient: str | None = None,
    slot: int | None = None,
) -> Skip:
    """Write down that nothing was made of a cut; what was said of the same period before is replaced.

    `who` is a name or an address for people to read, `recipient` the plain address where it is known. A person who
    asks for the same period leaves it with its slot.
    """
    take_turns(tx, f"skips of {report}")
    before = _of_cut(tx, report, period, cut)
    about = {"report": report, "since": period.since, "until": period.until, "cut": cut}
    slot = before.slot if before is not None and slot is None else slot
    said = {"slot": slot, "who": who, "recipient": recipient, "reason": reason}
    if before is not None and slot is not None and {name: getattr(before, name) for name in said} == said:
        return before  # a slot that is tried again
    insert_or_change(tx, skips, about, {**said, "at": now})
    events.note(tx, now, "cut.skipped", report=report, slot=slot, detail=f"{cut}: {reason}")
    found = _of_cut(tx, report, period, cut)
    if found is None:
        raise LookupError(cut)
    return found


def _of_cut(tx: Connection, report: str, period: Period, cut: str) -> Skip | None:
    query = select(skips).where(
        skips.c.report == report, skips.c.since == period.since, skips.c.until == period.until, skips.c.cut == cut
    )
    row = tx.execute(query).first()
    return None if row is None else read_row(Skip, row)


def of_slot(tx: Connection, slot: int) -> list[Skip]:
    """Return the cuts of a slot of which nothing was made."""
    return read_rows(Skip, tx.execute(select(skips).where(skips.c.slot == slot).order_by(skips.c.cut)))


def by_hand(tx: Connection, report: str, period: Period, at: datetime) -> list[Skip]:
    """Return the cuts of a period of which nothing was made when a person asked for it, at an instant."""
    about = skips.c.report == report, skips.c.since == period.since, skips.c.until == period.until
    query = select(skips).where(*about, skips.c.slot.is_(None), skips.c.at == at)
    return read_rows(Skip, tx.execute(query.order_by(skips.c.cut)))
