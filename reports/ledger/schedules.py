"""What the ledger knows of each report's schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from reports.ledger import events
from reports.ledger.rows import insert_once, read_row, read_rows
from reports.ledger.tables import schedules
from reports.ledger.values import Watched

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def watch(tx: Connection, report: str, now: datetime) -> Watched:
    """Return what is known of a report's schedule; one that is seen for the first time starts now."""
    if insert_once(tx, schedules, report=report, handled_until=now, paused_at=None):
        events.note(tx, now, "schedule.seen", report=report)
    return read_row(Watched, tx.execute(select(schedules).where(schedules.c.report == report)).one())


def known(tx: Connection) -> dict[str, Watched]:
    """Return every schedule that was ever seen, by its report."""
    return {one.report: one for one in read_rows(Watched, tx.execute(select(schedules)))}


def handle(tx: Connection, watched: Watched, until: datetime) -> bool:
    """Say that every slot up to an instant is in the ledger; False if somebody else was quicker."""
    statement = (
        update(schedules)
        .where(schedules.c.report == watched.report, schedules.c.handled_until == watched.handled_until)
        .values(handled_until=until)
    )
    return tx.execute(statement).rowcount == 1


def pause(tx: Connection, report: str, now: datetime) -> bool:
    """Let no slot of a report run, also of one that wasn't seen yet; False if that was so already."""
    watch(tx, report, now)
    return _set_pause(tx, report, now, paused=True)


def resume(tx: Connection, report: str, now: datetime) -> bool:
    """Let slots run again; False if they did already."""
    return _set_pause(tx, report, now, paused=False)


def _set_pause(tx: Connection, report: str, now: datetime, *, paused: bool) -> bool:
    was = schedules.c.paused_at.is_(None) if paused else schedules.c.paused_at.is_not(None)
    statement = update(schedules).where(schedules.c.report == report, was).values(paused_at=now if paused else None)
    changed = tx.execute(statement).rowcount == 1
    if changed:
        events.note(tx, now, "report.paused" if paused else "report.resumed", report=report)
    return changed
