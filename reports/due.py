"""Writes down what has become due: new slots, missed ones, approvals that lapsed, and what dead processes left."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from reports.attempt import conclude, end_of
from reports.conclusion import Ended, after_death
from reports.errors import ConfigError
from reports.job import today_of
from reports.ledger import editions, events, recovery, schedules, slots
from reports.ledger.values import Approval, SlotState
from reports.log import event
from reports.notices import by_run, tell_cut_off, tell_lapsed, tell_missed
from reports.schedule import due, next_slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from reports.config.model import Config
    from reports.ledger.ledger import Ledger
    from reports.ledger.values import Delivery, Slot, Watched
    from reports.schedule import Schedule

MISSED = "missed: nothing ran until a later one was due"
TOO_LATE = "missed: nothing ran in time"
PAUSED = "the report is paused"
NO_SCHEDULE = "the report has no schedule any more"
OVERTAKEN = "the next one was due before it was done"


def note_due(ledger: Ledger, config: Config, now: datetime) -> list[Slot]:
    """Bring the ledger up to date; returns the slots to be worked on now."""
    recover(ledger, config, now)
    for name in config.reports:
        schedule = config.schedule_of(name)
        if schedule is not None:
            with ledger.write() as tx:
                see_slots(tx, config, name, schedule, now)
    with ledger.write() as tx:
        _pass_over(tx, config, now)
        _lapse(tx, config, now)
        return slots.workable(tx, now)


def recover(ledger: Ledger, config: Config, now: datetime, causes: Mapping[int, str] | None = None) -> None:
    """Set right what dead processes left; `causes` says, by slot, why one died, where that is known."""
    with ledger.write() as tx:
        found = recovery.recover(tx, ledger.alive, now)
        for one in found.slots:
            reason = (causes or {}).get(one.id, recovery.DIED)
            freed = slots.get(tx, one.id)
            conclude(tx, config, freed, after_death(freed.attempts, reason, now, end_of(config, freed)), now)
            event("slot.freed", level=logging.WARNING, report=one.report, slot=one.id, reason=reason)
        cut_off = (*found.unknown, *found.failed)
        _log_cut_off(cut_off)
        told_with_slot = _of_slots(tx, (*found.slots, *slots.open_slots(tx))) | _told(tx, found.unknown)
        for cut in by_run(tx, [one for one in cut_off if one.edition not in told_with_slot]):
            tell_cut_off(tx, config, cut, now)


def _log_cut_off(cut_off: Iterable[Delivery]) -> None:
    found: dict[str, list[int]] = {}
    for one in cut_off:
        found.setdefault(one.edition, []).append(one.id)
    for edition, numbers in found.items():
        event("delivery.cut_off", level=logging.ERROR, edition=edition, deliveries=numbers)


def _of_slots(tx: Connection, which: Iterable[Slot]) -> set[str]:
    return {kept.id for one in which for kept in editions.of_slot(tx, one.id)}


def _told(tx: Connection, unknown: Iterable[Delivery]) -> set[str]:
    """Return the editions of which the owner heard when their slot failed, after this was on its way."""
    found = set()
    for one in unknown:
        slot = slots.of_edition(tx, one.edition)
        if slot and slot.ended_at and one.started_at and one.started_at <= slot.ended_at:
            found.add(one.edition)
    return found


def count_deaths(ledger: Ledger, config: Config, deaths: Mapping[int, str], now: datetime) -> None:
    """Count an attempt for each slot, by its number, whose process died before it could claim it."""
    with ledger.write() as tx:
        for number, reason in deaths.items():
            slot = slots.claim(tx, number, ledger.worker, now)
            if slot is not None:
                conclude(tx, config, slot, after_death(slot.attempts, reason, now, end_of(config, slot)), now)
                event("slot.freed", level=logging.WARNING, report=slot.report, slot=slot.id, reason=reason)


def see_slots(tx: Connection, config: Config, name: str, schedule: Schedule, now: datetime) -> None:
    """Write down the slots of one report since the last look; only the latest is still to be run."""
    watched = schedules.watch(tx, name, now)
    _expire(tx, config, watched, now)
    if now <= watched.handled_until:
        return  # seen already, or the clock was put back
    found = due(schedule, watched.handled_until, now, config.reports[name].catch_up)
    missed = list(found.missed)
    if found.slot is not None:
        _overtake(tx, config, watched, found.slot, now)
        if watched.paused_at or found.too_late:
            missed.append(found.slot)
        else:
            slots.see(tx, name, found.slot, today_of(config, found.slot), now)
            event("slot.due", report=name, due=found.slot)
    if found.more:  # beyond what anybody wants to read one by one
        events.note(tx, now, "slots.skipped", report=name, detail=f"{found.more} earlier ones: {MISSED}")
    _skip(tx, config, watched, missed, now)
    schedules.handle(tx, watched, now)


def _skip(tx: Connection, config: Config, watched: Watched, missed: list[datetime], now: datetime) -> None:
    """Write down the slots that nobody ran, and tell the owner, unless they are paused on purpose."""
    late = TOO_LATE if len(missed) == 1 else MISSED
    reason = PAUSED if watched.paused_at else late
    new = [one for one in missed if slots.see(tx, watched.report, one, today_of(config, one), now, reason)]
    if new:
        event("slot.skipped", level=logging.WARNING, report=watched.report, count=len(new), last=new[-1], reason=reason)
    if new and not watched.paused_at:
        tell_missed(tx, config, watched.report, new, now)


def _overtake(tx: Connection, config: Config, watched: Watched, latest: datetime, now: datetime) -> None:
    """End the slots of a report that wait for another try although a later one is due."""
    for one in slots.waiting(tx, watched.report):
        if one.due_at < latest and not _approved(tx, one):
            unmade = not editions.of_slot(tx, one.id)
            conclude(tx, config, one, _overtaken(one, skip=unmade and watched.paused_at is not None), now)


def _approved(tx: Connection, slot: Slot) -> bool:
    """Whether a person gave the word for it, however late: it still goes out."""
    return any(one.approval is Approval.GIVEN for one in editions.of_slot(tx, slot.id))


def _overtaken(slot: Slot, *, skip: bool) -> Ended:
    """Return how it ends: failed, unless it was paused on purpose before anything was made of it."""
    if skip:
        return Ended(SlotState.SKIPPED, PAUSED)
    reason = f"{OVERTAKEN}: {slot.reason}" if slot.reason else OVERTAKEN
    return Ended(SlotState.FAILED, reason, slot.hint)


def _expire(tx: Connection, config: Config, watched: Watched, now: datetime) -> None:
    """Skip what was written down in time, but begun by nobody until its time to catch up was over."""
    catch_up = config.reports[watched.report].catch_up
    for one in slots.waiting(tx, watched.report):
        never_begun = one.first_at is None and not editions.of_slot(tx, one.id)  # an approved edition begins anew
        if catch_up is not None and never_begun and now > one.due_at + catch_up:
            conclude(tx, config, one, Ended(SlotState.SKIPPED, PAUSED if watched.paused_at else TOO_LATE), now)
            event("slot.skipped", level=logging.WARNING, report=one.report, slot=one.id, reason=TOO_LATE)
            if not watched.paused_at:
                tell_missed(tx, config, one.report, [one.due_at], now)


def _pass_over(tx: Connection, config: Config, now: datetime) -> None:
    """Let reports that have no schedule for the time being miss nothing, until they have one again."""
    for name, watched in schedules.known(tx).items():
        if config.schedule_of(name) is not None:
            continue
        if watched.handled_until < now:
            schedules.handle(tx, watched, now)
        if watched.paused_at is not None:
            _give_up(tx, name, now)


def _give_up(tx: Connection, name: str, now: datetime) -> None:
    """Skip what a paused report still has to begin: without a schedule nobody can resume it."""
    for one in slots.waiting(tx, name):
        if not one.attempts and not editions.of_slot(tx, one.id):
            slots.end(tx, one, SlotState.SKIPPED, now, NO_SCHEDULE)
            event("slot.skipped", level=logging.WARNING, report=name, slot=one.id, reason=NO_SCHEDULE)


def _lapse(tx: Connection, config: Config, now: datetime) -> None:
    for kept in editions.lapse(tx, now):
        slot = slots.of_edition(tx, kept.id)
        if slot is not None and slot.state is SlotState.WAITING:
            slots.end(tx, slot, SlotState.SKIPPED, now, "not approved in time")
        tell_lapsed(tx, config, kept, now)
        event("edition.lapsed", level=logging.WARNING, report=kept.report, edition=kept.id)


def next_moment(ledger: Ledger, config: Config, now: datetime) -> datetime | None:
    """Return the next instant at which something wants to be done; None if nothing is planned."""
    found = [next_slot(one, now) for name in config.reports if (one := config.schedule_of(name))]
    with ledger.read() as tx:
        found += [one for one in (slots.next_try(tx),) if one is not None]
    return min(found, default=None)


def pause(ledger: Ledger, config: Config, name: str, now: datetime) -> bool:
    """Let no slot of a report run; False if that was so already."""
    schedule = _scheduled(config, name)
    with ledger.write() as tx:
        see_slots(tx, config, name, schedule, now)  # what is due by now still goes out, or was missed
        return schedules.pause(tx, name, now)


def resume(ledger: Ledger, config: Config, name: str, now: datetime) -> bool:
    """Let the slots of a report run again, from the next one by this clock on; False if they did already."""
    schedule = _scheduled(config, name)
    with ledger.write() as tx:
        see_slots(tx, config, name, schedule, now)  # what came until now was paused
        _turn_back(tx, name, now)
        return schedules.resume(tx, name, now)


def _turn_back(tx: Connection, name: str, now: datetime) -> None:
    """Look anew at the time to come, of which a clock that was ahead said that it was over."""
    watched = schedules.watch(tx, name, now)
    if watched.handled_until > now:
        schedules.handle(tx, watched, now)
        slots.take_back(tx, name, now)


def _scheduled(config: Config, name: str) -> Schedule:
    config.report(name)
    schedule = config.schedule_of(name)
    if schedule is None:
        raise ConfigError(f"{name} has no schedule", hint="It goes out only when somebody says `reports run`.")
    return schedule
