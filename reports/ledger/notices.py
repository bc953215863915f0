"""Notices in the ledger: what owners are told, each thing once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, literal, or_, select, update

from reports.ledger.rows import insert_once, read_row, read_rows, take_turns
from reports.ledger.tables import Instant, notices
from reports.ledger.values import NoticeState, Told

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection


def tell(  # noqa: PLR0913, PLR0917 - the parts of one row
    tx: Connection, key: str, owners: Iterable[str], report: str, content: str, now: datetime
) -> int:
    """Write down what each owner is to be told; whoever was told the same is left out. Returns how many aren't."""
    take_turns(tx, key)
    values = {"state": NoticeState.PENDING, "detail": "", "attempts": 0, "next_at": now, "created_at": now}
    made = [
        insert_once(tx, notices, key=key, recipient=one, report=report, content=content, **values) for one in owners
    ]
    return sum(one is not None for one in made)


def pending(tx: Connection, now: datetime) -> list[Told]:
    """Return the notices to be sent now."""
    query = select(notices).where(notices.c.state == NoticeState.PENDING, notices.c.next_at <= now)
    return read_rows(Told, tx.execute(query.order_by(notices.c.id)))


def begin(tx: Connection, number: int, worker: str) -> Told | None:
    """Say that a notice is being sent; None if it isn't pending any more."""
    statement = (
        update(notices)
        .where(notices.c.id == number, notices.c.state == NoticeState.PENDING)
        .values(state=NoticeState.SENDING, worker=worker, attempts=notices.c.attempts + 1)
    )
    if tx.execute(statement).rowcount != 1:
        return None
    return read_row(Told, tx.execute(select(notices).where(notices.c.id == number)).one())


def finish(  # noqa: PLR0913 - the parts of one row
    tx: Connection, told: Told, state: NoticeState, now: datetime, detail: str, *, next_at: datetime | None = None
) -> None:
    """Write down what became of a notice that was begun; pending means that it is tried again at `next_at`."""
    values = {
        "state": state,
        "detail": detail,
        "worker": None,
        "next_at": next_at or told.next_at,
        "ended_at": None if state is NoticeState.PENDING else now,
    }
    begun = notices.c.id == told.id, notices.c.state == NoticeState.SENDING, notices.c.worker == told.worker
    if tx.execute(update(notices).where(*begun).values(**values)).rowcount != 1:
        message = f"notice {told.id} of {told.report} was taken by somebody else"
        raise LookupError(message)


def untold(tx: Connection) -> list[Told]:
    """Return the notices that couldn't be sent, also those that are tried again, unless somebody looked after them."""
    return read_rows(Told, tx.execute(select(notices).where(*_untold()).order_by(notices.c.id)))


def resolve(tx: Connection, report: str, now: datetime) -> int:
    """Say that somebody has looked after the notices about a report that nobody got; returns how many.

    They aren't tried again.
    """
    values = {"state": NoticeState.FAILED, "ended_at": func.coalesce(notices.c.ended_at, literal(now, Instant))}
    statement = update(notices).where(*_untold(), notices.c.report == report)
    return tx.execute(statement.values(resolved_at=now, **values)).rowcount


def _untold() -> tuple[ColumnElement[bool], ...]:
    tried = and_(notices.c.state == NoticeState.PENDING, notices.c.attempts > 0)
    return or_(notices.c.state == NoticeState.FAILED, tried), notices.c.resolved_at.is_(None)
