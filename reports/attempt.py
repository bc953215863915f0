"""One attempt at a slot: claim it, make the editions that are missing, send what is missing, conclude."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from reports.analysis.conditions import judge, sent_anyway
from reports.analysis.reason import reason
from reports.conclusion import Ended, Later, after_dispatch, after_error, both, together, without_anybody
from reports.cuts import named, without
from reports.dispatch import dispatch
from reports.edition import fetch, survey
from reports.errors import ReportsError
from reports.job import plan_job
from reports.ledger import deliveries, editions, skips, slots
from reports.ledger.deliveries import latest_of_each
from reports.ledger.values import Approval, SlotState
from reports.log import event
from reports.making import UNFORESEEN, Output, Terms, address, expected, make_editions, note_left_out, prune
from reports.notices import tell_failed
from reports.retries import span_end
from reports.schedule import next_slot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from reports.config.model import Config
    from reports.findings import Analysis
    from reports.job import Job
    from reports.ledger.values import Delivery, Kept, Slot
    from reports.making import Failed
    from reports.office import Office

NOTHING_TO_CUT = "nobody had any deals in these periods"
STOPPED = "stopped, and given back"


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
    failed: tuple[Failed, ...] = ()
    if not slot.made:
        output = await _make(office, slot)
        if not isinstance(output, Output):
            return output
        if any(one.approval is Approval.ASKED for one in output.kept):
            return None
        failed = output.failed
    await dispatch(office, _pending(office, slot), retries=True)
    return _outcome(office, slot, failed)


async def _make(office: Office, slot: Slot) -> Output | Ended | Later:
    """Make what is still missing of a slot's editions; else what becomes of it without."""
    job = plan_job(office.config, slot.report, slot.as_of, as_of=slot.as_of)  # of its own day, however late it is
    with office.ledger.read() as tx:
        done = {one.cut for one in editions.of_slot(tx, slot.id)}
    known = expected(office, job, done)
    if known is not None and not known.missing:
        note_left_out(office, job, known.left, Terms(office.clock(), slot.id))
        return Output() if done else _nobody_left(office, slot, known.having)
    prune(office, job.name)
    fetched = await fetch(job, lambda _: None)
    if not done and (unmet := _unmet(office, job, survey(job, fetched))) is not None:
        return unmet
    output = await make_editions(office, job, fetched, Terms(office.clock(), slot.id), done=done)
    if not output.failed:
        with office.ledger.write() as tx:
            slots.complete(tx, slot.id)
    if done or output.kept or output.failed:
        return output
    return _nobody_left(office, slot, output.having)


def _unmet(office: Office, job: Job, analysis: Analysis) -> Ended | None:
    """Return how a slot ends that isn't worth a report; silence never lasts longer than it may."""
    if not job.report.conditions:
        return None
    verdict = judge(job.report.conditions, analysis.overall)
    if verdict.met:
        return None
    with office.ledger.read() as tx:
        before = slots.unmet_in_a_row(tx, job.name)
    if sent_anyway(before, job.report.at_least_every):
        return None
    return Ended(SlotState.SKIPPED, reason(verdict, office.config.currency(job.report)), unmet=True)


def _nobody_left(office: Office, slot: Slot, having: Sequence[Delivery]) -> Ended | Later:
    """Return what becomes of a slot of which no edition is to be made."""
    if having:
        return without_anybody(having, slot.attempts, office.clock(), end_of(office.config, slot))
    with office.ledger.read() as tx:
        left = skips.of_slot(tx, slot.id)
    if not left:
        return Ended(SlotState.SKIPPED, NOTHING_TO_CUT)
    reasons = Counter(one.reason for one in left)
    said = ", ".join(f"{count} {why}" if count > 1 else why for why, count in reasons.items())
    return Ended(SlotState.SKIPPED, f"nobody is left to send it to: {said}")


def _outcome(office: Office, slot: Slot, failed: Sequence[Failed]) -> Ended | Later:
    """Return what becomes of a slot after its messages, and of the cuts that couldn't be made."""
    now, end = office.clock(), end_of(office.config, slot)
    with office.ledger.read() as tx:
        kept = editions.of_slot(tx, slot.id)
        standing = [one for each in kept for one in _standing(tx, office.config, each)]
    sent = [one for one in standing if one.resolved_at is None]  # an erased recipient needs nobody any more
    if not failed:
        return after_dispatch(sent, slot.attempts, now, end)
    error = together([(one.order.cut.name, one.order.who, one.error) for one in failed])
    bad = after_error(error, slot.attempts, now, end)
    return both(after_dispatch(sent, slot.attempts, now, end), bad) if sent else bad


def _pending(office: Office, slot: Slot) -> list[Delivery]:
    """Return what is to be sent of a slot's editions; whoever a person failed to send theirs to meanwhile gets it."""
    found: list[Delivery] = []
    with office.ledger.write() as tx:
        for kept in editions.of_slot(tx, slot.id):
            _address_others(tx, office, kept)
            found += [one for one in deliveries.pending(tx, kept.id) if one.worker is None]
    return found


def _address_others(tx: Connection, office: Office, kept: Kept) -> None:
    report = office.config.reports.get(kept.report)
    own = {one.recipient for one in deliveries.of_edition(tx, kept.id)}
    order = None if report is None else named(report, kept.cut)
    if order is not None:
        address(tx, office, kept, without(order, own), Terms(office.clock(), kept.slot))


def _standing(tx: Connection, config: Config, kept: Kept) -> list[Delivery]:
    """Return how those stand who are to get an edition; a person may have sent its period to some of them."""
    report = config.reports.get(kept.report)
    order = None if report is None else named(report, kept.cut)
    latest = latest_of_each(deliveries.of_subject(tx, kept.subject))
    if order is None:  # only the data says who gets it: whoever was ever to get it
        return latest
    wanted = {one.recipient for one in deliveries.of_edition(tx, kept.id)} | order.addressed.keys()
    return [one for one in latest if one.recipient in wanted]


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
    for kept in editions.of_slot(tx, slot.id):
        deliveries.give_up(tx, kept.id, now, outcome.reason)
    slots.end(tx, slot, outcome.state, now, outcome.reason, outcome.hint, unmet=outcome.unmet)
    if outcome.state is SlotState.FAILED:
        tell_failed(tx, config, slots.get(tx, slot.id), now)
