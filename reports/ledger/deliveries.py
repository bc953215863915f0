"""Deliveries in the ledger: addressed, sending, and what became of them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import case, func, literal, or_, select, update

from reports.ledger import events
from reports.ledger.rows import insert_once, read_row, read_rows, take_turns
from reports.ledger.tables import Words, deliveries, editions
from reports.ledger.values import Addressed, Delivery, DeliveryState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from reports.ledger.values import Kept, Role

LIVE = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN)  # has it, or may
TROUBLE = (DeliveryState.FAILED, DeliveryState.UNKNOWN)
BY_HAND = "somebody sends it by hand instead"
NOBODY: Mapping[str, str] = MappingProxyType({})


def addressed(mailboxes: Mapping[str, str], role: Role = "to") -> list[Addressed]:
    """Return those who are to get an edition from their mailboxes by plain address."""
    return [Addressed(recipient, mailbox, role) for recipient, mailbox in mailboxes.items()]


def address(  # noqa: PLR0913 - whom, how, and whom not
    tx: Connection,
    kept: Kept,
    to: Sequence[Addressed],
    now: datetime,
    *,
    worker: str | None,
    again: bool = False,
    together: bool = False,
    refused: Mapping[str, str] = NOBODY,
) -> list[Delivery]:
    """Write down who is to get an edition; returns the deliveries that were made, but those that are skipped.

    Whoever has the same period and cut already, or may have it, or will, is left out, unless they are to get it
    `again`: then the send number is a new one. `worker` is who will send at once; None leaves it to whoever works on
    the edition's slot. `together` means one message to all of them, which has one send number. `refused` says, by
    plain address, why somebody is not to get it: that is written down once for each reason.
    """
    take_turns(tx, kept.subject)
    before = _by_recipient(of_subject(tx, kept.subject))
    wanted = _each_once(to)
    if not again:
        wanted = [one for one in wanted if all(sent.state not in LIVE for sent in before.get(one.recipient, ()))]
    for one in wanted:
        if one.recipient in refused:
            _refuse(tx, kept, one, before.get(one.recipient, []), now, refused[one.recipient])
    wanted = [one for one in wanted if one.recipient not in refused]
    sends = {one.recipient: _next_send(before.get(one.recipient, ())) for one in wanted}
    shared = max(sends.values(), default=1)
    made = []
    for one in wanted:
        send = shared if together else sends[one.recipient]
        number = _insert(tx, kept, one, send, state=DeliveryState.PENDING, worker=worker, together=together)
        if number is not None:  # else somebody else was quicker
            made.append(get(tx, number))
            events.note(tx, now, "delivery.pending", report=kept.report, edition=kept.id, delivery=number)
    return made


def _each_once(to: Iterable[Addressed]) -> list[Addressed]:
    """Return everybody once; of several places in a message the first counts."""
    found: dict[str, Addressed] = {}
    for one in to:
        found.setdefault(one.recipient, one)
    return list(found.values())


def _by_recipient(found: Iterable[Delivery]) -> dict[str, list[Delivery]]:
    sorted_out: dict[str, list[Delivery]] = {}
    for one in found:
        sorted_out.setdefault(one.recipient, []).append(one)
    return sorted_out


def _next_send(before: Sequence[Delivery]) -> int:
    return max((one.send for one in before), default=0) + 1


def _refuse(  # noqa: PLR0913, PLR0917 - whom, and why
    tx: Connection, kept: Kept, one: Addressed, before: Sequence[Delivery], now: datetime, reason: str
) -> None:
    """Write down that somebody is not sent an edition, unless that is the last that was said."""
    last = max(before, key=lambda sent: sent.send, default=None)
    if last is not None and (last.state, last.detail) == (DeliveryState.SKIPPED, reason):
        return
    values = {"state": DeliveryState.SKIPPED, "detail": reason, "ended_at": now, "worker": None}
    number = _insert(tx, kept, one, _next_send(before), together=False, **values)
    if number is not None:
        events.note(tx, now, "delivery.skipped", report=kept.report, edition=kept.id, delivery=number, detail=reason)


def _insert(tx: Connection, kept: Kept, one: Addressed, send: int, **values: object) -> int | None:
    values = {"detail": "", "permanent": False, "attempts": 0, **values}
    return insert_once(
        tx,
        deliveries,
        edition=kept.id,
        subject=kept.subject,
        recipient=one.recipient,
        mailbox=one.mailbox,
        role=one.role,
        send=send,
        **values,
    )


def get(tx: Connection, number: int) -> Delivery:
    """Return a delivery."""
    return read_row(Delivery, tx.execute(select(deliveries).where(deliveries.c.id == number)).one())


def of_edition(tx: Connection, edition: str) -> list[Delivery]:
    """Return every delivery of a revision, in the order they were addressed."""
    query = select(deliveries).where(deliveries.c.edition == edition).order_by(deliveries.c.id)
    return read_rows(Delivery, tx.execute(query))


def of_editions(tx: Connection, kept: Iterable[Kept]) -> dict[str, list[Delivery]]:
    """Return every delivery of some revisions by the edition, in the order they were addressed."""
    found: dict[str, list[Delivery]] = {one.id: [] for one in kept}
    query = select(deliveries).where(deliveries.c.edition.in_(found)).order_by(deliveries.c.id)
    for one in read_rows(Delivery, tx.execute(query)):
        found[one.edition].append(one)
    return found


def pending(tx: Connection, edition: str) -> list[Delivery]:
    """Return the deliveries of a revision that are still to be sent."""
    return [one for one in of_edition(tx, edition) if one.state is DeliveryState.PENDING]


def of_subject(tx: Connection, subject: str) -> list[Delivery]:
    """Return every delivery of a period and cut, whichever revision it was."""
    query = select(deliveries).where(deliveries.c.subject == subject).order_by(deliveries.c.id)
    return read_rows(Delivery, tx.execute(query))


def latest_of_each(sent: Sequence[Delivery]) -> list[Delivery]:
    """Return the delivery with the highest send number of each recipient."""
    return list({one.recipient: one for one in sorted(sent, key=lambda one: one.send)}.values())


def having(tx: Connection, subject: str) -> dict[str, Delivery]:
    """Return, by address, who has a period and cut already, may have it, or will."""
    return {one.recipient: one for one in of_subject(tx, subject) if one.state in LIVE}


def begin(tx: Connection, number: int, worker: str, now: datetime) -> Delivery | None:
    """Say, before the message is handed over, that it is being sent; None if it isn't pending any more."""
    statement = (
        update(deliveries)
        .where(deliveries.c.id == number, deliveries.c.state == DeliveryState.PENDING)
        .values(
            state=DeliveryState.SENDING, worker=worker, started_at=now, attempts=deliveries.c.attempts + 1, detail=""
        )
    )
    return get(tx, number) if tx.execute(statement).rowcount == 1 else None


def finish(  # noqa: PLR0913 - the parts of one row
    tx: Connection, delivery: Delivery, state: DeliveryState, now: datetime, detail: str, *, permanent: bool = True
) -> None:
    """Write down what became of a message; pending means that it is tried again."""
    again, said = state is DeliveryState.PENDING, literal(detail, Words)
    statement = (
        update(deliveries)
        .where(
            deliveries.c.id == delivery.id,
            deliveries.c.state == DeliveryState.SENDING,
            deliveries.c.worker == delivery.worker,
        )
        .values(
            state=state,
            detail=case((deliveries.c.recipient == delivery.recipient, said), else_=""),  # else erased meanwhile
            permanent=permanent,
            ended_at=None if again else now,
            worker=None if again else delivery.worker,
        )
    )
    if tx.execute(statement).rowcount != 1:
        message = f"delivery {delivery.id} of {delivery.edition} was taken by somebody else"
        raise LookupError(message)
    events.note(tx, now, f"delivery.{state}", edition=delivery.edition, delivery=delivery.id)


def skip(tx: Connection, number: int, now: datetime, reason: str) -> bool:
    """Let a delivery that is pending not be sent after all; False if it isn't pending any more."""
    statement = (
        update(deliveries)
        .where(deliveries.c.id == number, deliveries.c.state == DeliveryState.PENDING)
        .values(state=DeliveryState.SKIPPED, ended_at=now, detail=reason)
        .returning(deliveries.c.edition)
    )
    edition = tx.execute(statement).scalar()
    if edition is not None:
        events.note(tx, now, "delivery.skipped", edition=edition, delivery=number, detail=reason)
    return edition is not None


def give_up(tx: Connection, edition: str, now: datetime, detail: str = "", worker: str | None = None) -> int:
    """Let the deliveries of an edition fail that a worker (or whoever had its slot) should have sent.

    The words of their last try stay.
    """
    whose = deliveries.c.worker.is_(None) if worker is None else deliveries.c.worker == worker
    still = deliveries.c.edition == edition, deliveries.c.state == DeliveryState.PENDING, whose
    said = func.coalesce(func.nullif(deliveries.c.detail, ""), literal(detail, Words))
    values = {"state": DeliveryState.FAILED, "ended_at": now, "permanent": False, "detail": said}
    statement = update(deliveries).where(*still).values(**values).returning(deliveries.c.id)
    failed = sorted(tx.execute(statement).scalars())
    for number in failed:
        events.note(tx, now, "delivery.failed", edition=edition, delivery=number)
    return len(failed)


def supersede(tx: Connection, subject: str, recipients: Iterable[str], now: datetime) -> int:
    """Take from the slots what is still to be sent of a period to some, since a person sends it; returns how many."""
    values = {"state": DeliveryState.FAILED, "ended_at": now, "permanent": False, "detail": BY_HAND}
    statement = update(deliveries).where(
        deliveries.c.subject == subject,
        deliveries.c.recipient.in_(list(recipients)),
        deliveries.c.state == DeliveryState.PENDING,
        deliveries.c.worker.is_(None),
    )
    return tx.execute(statement.values(**values)).rowcount


def last_sent(tx: Connection, report: str, cut: str = "all") -> tuple[str, datetime] | None:
    """Return the edition of a report and cut that somebody was sent last, and when."""
    query = (
        select(deliveries.c.edition, deliveries.c.ended_at)
        .join(editions, editions.c.id == deliveries.c.edition)
        .where(editions.c.report == report, editions.c.cut == cut, deliveries.c.state == DeliveryState.SENT)
        .order_by(deliveries.c.ended_at.desc(), editions.c.revision.desc())
        .limit(1)
    )
    row = tx.execute(query).first()
    return None if row is None else (row.edition, row.ended_at)


def last_sent_of_each(tx: Connection, report: str) -> dict[str, tuple[str, datetime]]:
    """Return, by cut, the edition of a report that somebody was sent last, and when."""
    place = func.row_number().over(
        partition_by=editions.c.cut, order_by=(deliveries.c.ended_at.desc(), editions.c.revision.desc())
    )
    ranked = (
        select(editions.c.cut, deliveries.c.edition, deliveries.c.ended_at, place.label("place"))
        .join(editions, editions.c.id == deliveries.c.edition)
        .where(editions.c.report == report, deliveries.c.state == DeliveryState.SENT)
        .subquery()
    )
    rows = tx.execute(select(ranked).where(ranked.c.place == 1))
    return {one.cut: (one.edition, one.ended_at) for one in rows}


def unresolved(tx: Connection) -> list[Delivery]:
    """Return what failed or is unknown, unless somebody looked after it or the recipient got it since.

    Of several that failed for one recipient it is the last; what is unknown stays, since the recipient may have it.
    """
    later = deliveries.alias()
    sent_later = (
        select(later.c.id)
        .where(
            later.c.subject == deliveries.c.subject,
            later.c.recipient == deliveries.c.recipient,
            later.c.send > deliveries.c.send,
            later.c.ended_at.is_not(None),
            or_(later.c.state == DeliveryState.SENT, deliveries.c.state == DeliveryState.FAILED),
        )
        .exists()
    )
    query = select(deliveries).where(deliveries.c.state.in_(TROUBLE), deliveries.c.resolved_at.is_(None), ~sent_later)
    return read_rows(Delivery, tx.execute(query.order_by(deliveries.c.id)))


def resolve(tx: Connection, edition: str, now: datetime) -> int:
    """Say that somebody has looked after what failed or is unknown of an edition; returns how many."""
    trouble = deliveries.c.state.in_(TROUBLE), deliveries.c.resolved_at.is_(None)
    statement = update(deliveries).where(deliveries.c.edition == edition, *trouble).values(resolved_at=now)
    return tx.execute(statement).rowcount
