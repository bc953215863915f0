"""One attempt at a slot: claim it, produce its edition unless there is one, send what is missing, conclude."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from reports.conclusion import Ended, Later, after_dispatch, after_error, without_anybody
from reports.config.values import plain_address
from reports.dispatch import dispatch
from reports.edition import produce
from reports.errors import ReportsError
from reports.job import plan_job
from reports.ledger import deliveries, editions, slots
from reports.ledger.deliveries import last_sent, latest_of_each
from reports.ledger.values import SlotState
from reports.log import event
from reports.notices import tell_approval, tell_failed
from reports.retries import span_end
from reports.schedule import next_slot

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reports.config.model import Config, Report
    from reports.edition import Made
    from reports.job import Job
    from reports.ledger.values import Delivery, Slot
    from reports.office import Office

LEFT = timedelta(days=1)  # after so long nobody works any more on what is half-made
STOPPED = "stopped, and given back"
UNFORESEEN = "This is a fault of the program: look at its log, and report what it says."


async def attempt(office: Office, number: int) -> Slot | None:
    """Take a slot as far as it goes, and return how it stands then; None if it isn't to be had any more.

    Whoever cancels it has the slot given back, with every outcome written down that was known by then.
    """
    worker = office.ledger.appear()
    with office.ledger.write() as tx:
        slot = slots.claim(tx, number, worker, office.clock())
    if slot is None:
        return None
    event("slot.claimed", report=slot.report, slot=slot.id, due=slot.due_at, attempt=slot.attempts)
    outcome = await _guarded(office, slot)
    with office.ledger.write() as tx:
        if outcome is not None:
            found = slots.get(tx, slot.id)
            if not _still_ours(slot, found):
                return found
            conclude(tx, office.config, found, outcome, office.clock())
        found = slots.get(tx, slot.id)
    _log_end(found)
    return found


def _log_end(slot: Slot) -> None:
    if slot.state is SlotState.DUE:
        event("slot.put_off", report=slot.report, slot=slot.id, until=slot.next_at, reason=slot.reason)
        return
    level = logging.ERROR if slot.state is SlotState.FAILED else logging.INFO
    event(f"slot.{slot.state}", level=level, report=slot.report, slot=slot.id, reason=slot.reason)


def _still_ours(slot: Slot, found: Slot) -> bool:
    """Whether a slot that was claimed is so still: who was taken for dead has nothing more to say about it."""
    ours = (found.state, found.worker, found.attempts) == (slot.state, slot.worker, slot.attempts)
    if not ours:
        event("slot.lost", level=logging.WARNING, report=slot.report, slot=slot.id, to=found.worker)
    return ours


async def _guarded(office: Office, slot: Slot) -> Ended | Later | None:
    """Return what becomes of a slot (None: it waits for approval), whatever happens on the way."""
    seconds = office.config.runner.deadline.total_seconds()
    try:
        async with asyncio.timeout(seconds):
            return await _worked(office, slot)
    except asyncio.CancelledError:
        with office.ledger.write() as tx:
            if _still_ours(slot, slots.get(tx, slot.id)):
                slots.give_back(tx, slot, office.clock(), STOPPED)
                event("slot.given_back", report=slot.report, slot=slot.id)
        raise
    except (ReportsError, TimeoutError, MemoryError) as error:
        known = error if isinstance(error, ReportsError) else _limit(error, seconds)
        event("attempt.failed", level=logging.WARNING, report=slot.report, slot=slot.id, error=known.message)
        return after_error(known, slot.attempts, office.clock(), end_of(office.config, slot))
    except Exception as error:  # noqa: BLE001 - nobody gets a traceback, and no slot is left hanging
        reason = f"something unforeseen happened: {type(error).__name__}: {error}"
        event("attempt.failed", level=logging.WARNING, report=slot.report, slot=slot.id, error=reason)
        return Ended(SlotState.FAILED, reason, UNFORESEEN)


def _limit(error: TimeoutError | MemoryError, seconds: float) -> ReportsError:
    """Return a limit that was reached in words."""
    if isinstance(error, MemoryError):
        return ReportsError("it took more memory than allowed", hint="See memory under [runner].", permanent=False)
    return ReportsError(f"it took longer than {seconds:.0f} s", hint="See deadline under [runner].", permanent=False)


async def _worked(office: Office, slot: Slot) -> Ended | Later | None:
    edition = slot.edition
    if edition is None:
        report = office.config.report(slot.report)
        job = plan_job(office.config, slot.report, slot.as_of, as_of=slot.as_of)  # of its own day, however late it is
        if (having := _everybody(office, job)) is not None:
            return without_anybody(having, slot.attempts, office.clock(), end_of(office.config, slot))
        made = await _produced(office, job)
        edition = str(made.edition.id)
        with office.ledger.write() as tx:
            _keep(tx, office.config, slot, made, office.clock(), report.approve_within if report.approve else None)
        event("edition.kept", report=slot.report, slot=slot.id, edition=edition)
        if report.approve:
            return None
    await dispatch(office, edition, _pending(office, slot, edition), retries=True)
    with office.ledger.read() as tx:
        latest = _standing(tx, office.config, edition)
    sent = [one for one in latest if one.resolved_at is None]  # an erased recipient needs nobody any more
    return after_dispatch(sent, slot.attempts, office.clock(), end_of(office.config, slot))


def _everybody(office: Office, job: Job) -> list[Delivery] | None:
    """Return how all recipients of a period stand where nobody is left to send it to; else None."""
    with office.ledger.read() as tx:
        having = deliveries.having(tx, editions.subject_of(job.edition))
    wanted = recipients(job.report)
    return [having[one] for one in wanted] if wanted.keys() <= having.keys() else None


def _pending(office: Office, slot: Slot, edition: str) -> list[Delivery]:
    """Return what is to be sent of a slot's edition; whoever a person failed to send it to meanwhile gets it, too."""
    report = office.config.reports.get(slot.report)
    with office.ledger.write() as tx:
        kept = editions.find(tx, edition)
        own = {one.recipient for one in deliveries.of_edition(tx, edition)}
        if kept is not None and report is not None:
            others = {one: mailbox for one, mailbox in recipients(report).items() if one not in own}
            deliveries.address(tx, kept, others, office.clock(), worker=None)
        return [one for one in deliveries.pending(tx, edition) if one.worker is None]


async def _produced(office: Office, job: Job) -> Made:
    with office.ledger.read() as tx:
        delivered = last_sent(tx, job.name)
        above = editions.last_revision(tx, editions.subject_of(job.edition))
    prune(office, job.name)
    return await produce(job, delivered, lambda _: None, above=above)


def _keep(  # noqa: PLR0913, PLR0917 - what is kept, for which slot
    tx: Connection, config: Config, slot: Slot, made: Made, now: datetime, approve_within: timedelta | None
) -> None:
    """Write down at once what was made, for which slot, and who is to get it (or whose word it waits for)."""
    approve_by = now + approve_within if approve_within else None
    kept = editions.keep(tx, made.edition.id, slot.as_of, now, approve_by)
    slots.attach(tx, slot, kept.id)
    if approve_by:
        slots.wait(tx, slots.get(tx, slot.id), now)
        tell_approval(tx, config, kept, now)
    else:
        deliveries.address(tx, kept, recipients(config.report(slot.report)), now, worker=None)


def prune(office: Office, report: str) -> None:
    """Take away what crashes left half-made, and what is older than the archive keeps, unless it is still needed."""
    office.archive.sweep(report, office.clock() - LEFT)
    if (keep := office.config.archive.keep) is None:
        return
    with office.ledger.read() as tx:
        needed = editions.needed(tx, report)
    office.archive.prune(report, office.clock() - keep, needed)


def recipients(report: Report) -> dict[str, str]:
    """Return everybody who is to get a report: their mailboxes by their plain addresses."""
    return {plain_address(one): one for one in report.to}


def _standing(tx: Connection, config: Config, edition: str) -> list[Delivery]:
    """Return how those stand who are to get an edition; a person may have sent its period to some of them."""
    kept = editions.find(tx, edition)
    if kept is None:
        return []
    report = config.reports.get(kept.report)
    wanted = {one.recipient for one in deliveries.of_edition(tx, edition)} | (
        recipients(report) if report else {}
    ).keys()
    return [one for one in latest_of_each(deliveries.of_subject(tx, kept.subject)) if one.recipient in wanted]


def end_of(config: Config, slot: Slot) -> datetime:
    """Return until when a slot is tried again."""
    report, schedule = config.reports.get(slot.report), config.schedule_of(slot.report)
    span = report.retry_for if report else timedelta()
    began = max(slot.due_at, slot.first_at or slot.due_at)  # later than the next slot, where it waited for approval
    following = next_slot(schedule, began) if schedule else None
    return span_end(slot.first_at or slot.due_at, span, following)


def conclude(tx: Connection, config: Config, slot: Slot, outcome: Ended | Later, now: datetime) -> None:
    """Write down what becomes of a slot; where it failed, the owner is to be told."""
    if isinstance(outcome, Later):
        slots.put_off(tx, slot, outcome.at, now, outcome.reason, outcome.hint)
        return
    if slot.edition:
        deliveries.give_up(tx, slot.edition, now, outcome.reason)
    slots.end(tx, slot, outcome.state, now, outcome.reason, outcome.hint)
    if outcome.state is SlotState.FAILED:
        tell_failed(tx, config, slots.get(tx, slot.id), now)
