"""Editions in the ledger: kept, waiting for approval, approved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from reports.ledger import events
from reports.ledger.rows import read_row, read_rows
from reports.ledger.tables import editions
from reports.ledger.values import Approval, Kept

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from reports.figures import EditionId


def subject_of(edition: EditionId) -> str:
    """Return what an edition is about: its id without the revision."""
    return ":".join(edition.revised(0).parts[:-1])


def keep(tx: Connection, edition: EditionId, as_of: date, now: datetime, approve_by: datetime | None = None) -> Kept:
    """Write down that a revision is in the archive; one that needs approval waits for it until `approve_by`."""
    kept = Kept(
        id=str(edition),
        subject=subject_of(edition),
        report=edition.report,
        since=edition.period.since,
        until=edition.period.until,
        cut=edition.cut,
        revision=edition.revision or 0,
        as_of=as_of,
        made_at=now,
        approval=Approval.ASKED if approve_by else Approval.NONE,
        approve_by=approve_by,
    )
    tx.execute(insert(editions).values(**vars(kept)))
    events.note(tx, now, "edition.kept", report=kept.report, edition=kept.id)
    return kept


def find(tx: Connection, edition: str) -> Kept | None:
    """Return an edition by its id; None if the ledger doesn't know it."""
    row = tx.execute(select(editions).where(editions.c.id == edition)).first()
    return None if row is None else read_row(Kept, row)


def approve(tx: Connection, edition: str, now: datetime) -> bool:
    """Give the word that an edition may go out; False if it doesn't wait for it. One that lapsed still can."""
    waiting = editions.c.approval.in_([Approval.ASKED, Approval.LAPSED])
    statement = update(editions).where(editions.c.id == edition, waiting).values(approval=Approval.GIVEN)
    given = tx.execute(statement).rowcount == 1
    if given:
        events.note(tx, now, "edition.approved", edition=edition)
    return given


def lapse(tx: Connection, now: datetime) -> list[Kept]:
    """Let the approvals lapse that weren't given in time; returns their editions."""
    query = select(editions).where(editions.c.approval == Approval.ASKED, editions.c.approve_by <= now)
    late = read_rows(Kept, tx.execute(query))
    for one in late:
        tx.execute(update(editions).where(editions.c.id == one.id).values(approval=Approval.LAPSED))
        events.note(tx, now, "edition.lapsed", report=one.report, edition=one.id)
    return late


def waiting(tx: Connection) -> list[Kept]:
    """Return the editions that wait for approval, the most urgent first."""
    query = select(editions).where(editions.c.approval == Approval.ASKED).order_by(editions.c.approve_by)
    return read_rows(Kept, tx.execute(query))


def latest(tx: Connection, report: str | None, count: int) -> list[Kept]:
    """Return the last editions, the latest first."""
    query = select(editions).order_by(editions.c.made_at.desc(), editions.c.id.desc()).limit(count)
    if report is not None:
        query = query.where(editions.c.report == report)
    return read_rows(Kept, tx.execute(query))
