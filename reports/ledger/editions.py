"""Editions in the ledger: kept, waiting for approval, approved."""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from reports.ledger import events
from reports.ledger.deliveries import last_sent_of_each
from reports.ledger.rows import read_row, read_rows
from reports.ledger.tables import deliveries, editions, slots
from reports.ledger.values import Approval, DeliveryState, Kept

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection

    from reports.figures import EditionId


def subject_of(edition: EditionId) -> str:
    """Return what an edition is about: its id without the revision."""
    return ":".join(edition.revised(0).parts[:-1])


def keep(  # noqa: PLR0913, PLR0917 - the parts of one row
    tx: Connection,
    edition: EditionId,
    as_of: date,
    now: datetime,
    approve_by: datetime | None = None,
    slot: int | None = None,
) -> Kept:
    """Write down that a revision is in the archive, made for a slot or (None) for a person.

    One that needs approval waits for it until `approve_by`. What a person asked for at once has the same `now`.
    """
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
        slot=slot,
    )
    tx.execute(insert(editions).values(**vars(kept)))
    events.note(tx, now, "edition.kept", report=kept.report, edition=kept.id)
    return kept


def find(tx: Connection, edition: str) -> Kept | None:
    """Return an edition by its id; None if the ledger doesn't know it."""
    row = tx.execute(select(editions).where(editions.c.id == edition)).first()
    return None if row is None else read_row(Kept, row)


def get(tx: Connection, edition: str) -> Kept:
    """Return an edition that is there."""
    return read_row(Kept, tx.execute(select(editions).where(editions.c.id == edition)).one())


def of_slot(tx: Connection, slot: int) -> list[Kept]:
    """Return the editions that were made for a slot, in the order of their ids."""
    return read_rows(Kept, tx.execute(select(editions).where(editions.c.slot == slot).order_by(editions.c.id)))


def last_revision(tx: Connection, subject: str) -> int:
    """Return the highest revision there ever was of a period and cut, also if the archive has lost it; 0 for none."""
    found = tx.execute(select(func.max(editions.c.revision)).where(editions.c.subject == subject)).scalar()
    return found or 0


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
    statement = (  # one statement: an approval given meanwhile stays
        update(editions)
        .where(editions.c.approval == Approval.ASKED, editions.c.approve_by <= now)
        .values(approval=Approval.LAPSED)
        .returning(editions)
    )
    late = sorted(read_rows(Kept, tx.execute(statement)), key=lambda one: one.id)
    for one in late:
        events.note(tx, now, "edition.lapsed", report=one.report, edition=one.id)
    return late


def waiting(tx: Connection) -> list[Kept]:
    """Return the editions that wait for approval, the most urgent first."""
    query = select(editions).where(editions.c.approval == Approval.ASKED).order_by(editions.c.approve_by)
    return read_rows(Kept, tx.execute(query))


def needed(tx: Connection, report: str) -> set[str]:
    """Return the editions of a report that something still has to be done with, and of each cut the last sent."""
    open_slots = select(editions.c.id).join(slots).where(slots.c.report == report, slots.c.ended_at.is_(None))
    in_hand = select(deliveries.c.edition).where(
        deliveries.c.state.in_([DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNKNOWN]),
        deliveries.c.resolved_at.is_(None),
    )
    asked = select(editions.c.id).where(editions.c.report == report, editions.c.approval == Approval.ASKED)
    found = {one for query in (open_slots, in_hand, asked) for one in tx.execute(query).scalars()}
    return found | {edition for edition, _ in last_sent_of_each(tx, report).values()}


def latest(tx: Connection, report: str | None, count: int) -> list[Kept]:
    """Return the last editions, the latest first."""
    query = select(editions).order_by(editions.c.made_at.desc(), editions.c.id.desc()).limit(count)
    if report is not None:
        query = query.where(editions.c.report == report)
    return read_rows(Kept, tx.execute(query))


def latest_by_hand(tx: Connection, report: str | None, count: int) -> list[list[Kept]]:
    """Return what persons asked for last, the latest first: the editions of one period that were kept at once."""
    query = select(editions).where(editions.c.slot.is_(None)).order_by(*_latest_runs())
    if report is not None:
        query = query.where(editions.c.report == report)
    runs = groupby(read_rows(Kept, tx.execute(query)), key=lambda one: (one.made_at, one.report, one.since, one.until))
    return [list(run) for _, run in islice(runs, count)]


def _latest_runs() -> tuple[ColumnElement[Any], ...]:
    ours = editions.c
    return ours.made_at.desc(), ours.report.desc(), ours.since.desc(), ours.until.desc(), ours.id
