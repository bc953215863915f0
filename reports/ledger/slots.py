"""Slots in the ledger: seen, claimed, put off, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, literal, select, update

from reports.ledger import events
from reports.ledger.rows import insert_once, read_row, read_rows
from reports.ledger.tables import Instant, editions, schedules, slots
from reports.ledger.values import Slot, SlotState

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection, Select

ENDS = (SlotState.SENT, SlotState.SKIPPED, SlotState.FAILED)
AHEAD = "the clock was ahead"  # the reason of a slot that was skipped before its time: it is seen anew when that comes


def see(tx: Connection, report: str, due_at: datetime, as_of: date, now: datetime, skipped: str = "") -> bool:  # noqa: PLR0913, PLR0917 - the parts of one row
    """Write a slot down, to be run or (with a reason) skipped; False if it was there already."""
    state = SlotState.SKIPPED if skipped else SlotState.DUE
    values = {
        "state": state,
        "reason": skipped,
        "hint": "",
        "attempts": 0,
        "next_at": due_at,
        "made": False,
        "unmet": False,
    }
    ended = now if skipped else None
    found = insert_once(tx, slots, report=report, due_at=due_at, as_of=as_of, ended_at=ended, **values)
    if found is None:
        early = slots.c.report == report, slots.c.due_at == due_at, *_skipped_early()
        found = tx.execute(update(slots).where(*early).values(ended_at=ended, **values).returning(slots.c.id)).scalar()
    if found is not None:
        events.note(tx, now, f"slot.{state}", report=report, slot=found, detail=skipped)
    return found is not None


def take_back(tx: Connection, report: str, now: datetime) -> None:
    """Let the slots of a report that were skipped although they are still to come be seen anew."""
    early = slots.c.report == report, slots.c.due_at > now, slots.c.state == SlotState.SKIPPED
    made = select(editions.c.id).where(editions.c.slot == slots.c.id).exists()
    tx.execute(update(slots).where(*early, ~made).values(reason=AHEAD))


def _skipped_early() -> tuple[ColumnElement[bool], ...]:
    return slots.c.state == SlotState.SKIPPED, slots.c.reason == AHEAD


def get(tx: Connection, number: int) -> Slot:
    """Return a slot."""
    return read_row(Slot, tx.execute(select(slots).where(slots.c.id == number)).one())


def of_edition(tx: Connection, edition: str) -> Slot | None:
    """Return the slot that an edition was made for; None where a person asked for it."""
    query = select(slots).join(editions, editions.c.slot == slots.c.id).where(editions.c.id == edition)
    row = tx.execute(query).first()
    return None if row is None else read_row(Slot, row)


def workable(tx: Connection, now: datetime) -> list[Slot]:
    """Return the slots to be worked on now, the longest due first; those of paused reports wait."""
    query = (
        select(slots)
        .where(slots.c.state == SlotState.DUE, slots.c.next_at <= now, slots.c.report.not_in(_paused()))
        .order_by(slots.c.due_at, slots.c.id)
    )
    return read_rows(Slot, tx.execute(query))


def _paused() -> Select[tuple[str]]:
    return select(schedules.c.report).where(schedules.c.paused_at.is_not(None))


def open_slots(tx: Connection) -> list[Slot]:
    """Return every slot that hasn't ended, the longest due first."""
    query = select(slots).where(slots.c.state.not_in(ENDS)).order_by(slots.c.due_at, slots.c.id)
    return read_rows(Slot, tx.execute(query))


def waiting(tx: Connection, report: str) -> list[Slot]:
    """Return the slots of a report that wait for a try; what somebody is taking right now is left out."""
    query = select(slots).where(slots.c.report == report, slots.c.state == SlotState.DUE).order_by(slots.c.due_at)
    return read_rows(Slot, tx.execute(query.with_for_update(skip_locked=True)))


def unresolved(tx: Connection) -> list[Slot]:
    """Return the slots that failed and that nobody has looked after yet."""
    query = select(slots).where(slots.c.state == SlotState.FAILED, slots.c.resolved_at.is_(None))
    return read_rows(Slot, tx.execute(query.order_by(slots.c.due_at)))


def latest(tx: Connection, report: str | None, count: int) -> list[Slot]:
    """Return the last slots, the latest first."""
    query = select(slots).order_by(slots.c.due_at.desc(), slots.c.id.desc()).limit(count)
    if report is not None:
        query = query.where(slots.c.report == report)
    return read_rows(Slot, tx.execute(query))


def next_try(tx: Connection) -> datetime | None:
    """Return when the next slot wants to be worked on."""
    found: datetime | None = tx.execute(
        select(func.min(slots.c.next_at)).where(slots.c.state == SlotState.DUE, slots.c.report.not_in(_paused()))
    ).scalar()
    return found


def claim(tx: Connection, number: int, worker: str, now: datetime) -> Slot | None:
    """Take a slot that is due for one worker: one conditional statement, so that only one gets it."""
    statement = (
        update(slots)
        .where(slots.c.id == number, slots.c.state == SlotState.DUE, slots.c.next_at <= now)
        .values(
            state=SlotState.CLAIMED,
            worker=worker,
            attempts=slots.c.attempts + 1,
            first_at=func.coalesce(slots.c.first_at, literal(now, Instant)),
        )
    )
    if tx.execute(statement).rowcount != 1:
        return None
    slot = get(tx, number)
    events.note(tx, now, "slot.claimed", report=slot.report, slot=slot.id, detail=f"attempt {slot.attempts}")
    return slot


def put_off(tx: Connection, slot: Slot, until: datetime, now: datetime, reason: str, hint: str = "") -> None:  # noqa: PLR0913, PLR0917 - the parts of one row
    """Let a claimed slot be tried again later."""
    _change(tx, slot, state=SlotState.DUE, worker=None, next_at=until, reason=reason, hint=hint)
    events.note(tx, now, "slot.put_off", report=slot.report, slot=slot.id, detail=reason)


def give_back(tx: Connection, slot: Slot, now: datetime, reason: str) -> None:
    """Let a claimed slot be tried again at once; this attempt doesn't count."""
    values = {"state": SlotState.DUE, "worker": None, "next_at": now, "attempts": slots.c.attempts - 1}
    _change(tx, slot, reason=reason, **values)
    events.note(tx, now, "slot.given_back", report=slot.report, slot=slot.id, detail=reason)


def complete(tx: Connection, number: int) -> None:
    """Say that every edition of a slot is there that can be made: nothing is fetched for it any more."""
    tx.execute(update(slots).where(slots.c.id == number).values(made=True))


def wait(tx: Connection, slot: Slot, now: datetime) -> None:
    """Let a claimed slot wait for approval."""
    _change(tx, slot, state=SlotState.WAITING, worker=None, reason="waits for approval", hint="")
    events.note(tx, now, "slot.waiting", report=slot.report, slot=slot.id)


def wake(tx: Connection, slot: Slot, now: datetime) -> None:
    """Let a slot that waited for approval be worked on; its span for trying again starts anew."""
    _change(tx, slot, state=SlotState.DUE, next_at=now, first_at=None, reason="")
    events.note(tx, now, "slot.approved", report=slot.report, slot=slot.id)


def end(  # noqa: PLR0913, PLR0917 - the parts of one row
    tx: Connection,
    slot: Slot,
    state: SlotState,
    now: datetime,
    reason: str = "",
    hint: str = "",
    *,
    unmet: bool = False,
) -> None:
    """Let a slot end, as sent, skipped or failed; `unmet` says that it is skipped because of a condition."""
    _change(tx, slot, state=state, worker=None, ended_at=now, reason=reason, hint=hint, unmet=unmet)
    events.note(tx, now, f"slot.{state}", report=slot.report, slot=slot.id, detail=reason)


def unmet_in_a_row(tx: Connection, report: str) -> int:
    """Return how many slots of a report a condition has skipped since the last that was sent.

    Those that failed, or were skipped for other reasons (missed, paused), neither count nor end the row.
    """
    ours = slots.c.report == report
    other = select(func.max(slots.c.due_at)).where(ours, slots.c.state == SlotState.SENT)
    last = tx.execute(other).scalar()
    unmet = select(func.count()).where(ours, slots.c.state == SlotState.SKIPPED, slots.c.unmet)
    if last is not None:
        unmet = unmet.where(slots.c.due_at > last)
    return tx.execute(unmet).scalar_one()


def resolve(tx: Connection, report: str, now: datetime, as_of: date | None = None) -> int:
    """Say that somebody has looked after the failed slots of a report, or those of one day; returns how many."""
    statement = update(slots).where(
        slots.c.report == report, slots.c.state == SlotState.FAILED, slots.c.resolved_at.is_(None)
    )
    if as_of is not None:
        statement = statement.where(slots.c.as_of == as_of)
    return tx.execute(statement.values(resolved_at=now)).rowcount


def _change(tx: Connection, slot: Slot, **values: object) -> None:
    """Change a slot that hasn't ended and is as it was read; that it isn't can only be a fault of the program."""
    as_read = (
        slots.c.id == slot.id,
        slots.c.state == slot.state,
        slots.c.state.not_in(ENDS),
        slots.c.worker.is_not_distinct_from(slot.worker),
        slots.c.attempts == slot.attempts,
    )
    if tx.execute(update(slots).where(*as_read).values(**values)).rowcount != 1:
        message = f"slot {slot.id} of {slot.report} was taken by somebody else"
        raise LookupError(message)
