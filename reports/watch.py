"""How things stand: what is due, at work, waiting, failed and unknown; the same for people and for monitors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from reports.agenda import upcoming
from reports.ledger import deliveries, editions, notices, schedules, slots
from reports.ledger.presence import RUNNER
from reports.ledger.values import DeliveryState, SlotState
from reports.schedule import next_slot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from reports.agenda import Upcoming
    from reports.config.model import Config
    from reports.ledger.ledger import Ledger
    from reports.ledger.values import Delivery, Kept, Slot, Told, Watched

PATIENCE = timedelta(minutes=15)  # so late may a slot be begun before somebody has to look: cron calls now and then
CLOCKS = timedelta(hours=1)  # so far may the ledger be ahead of the clock: clocks are set right now and then


@dataclass(frozen=True)
class Standing:
    """How one report with a schedule stands."""

    upcoming: Upcoming
    paused_at: datetime | None


@dataclass(frozen=True)
class Overdue:
    """A slot that should have been begun by now: no runner is at work, or none gets that far."""

    report: str
    due_at: datetime


@dataclass(frozen=True)
class Ahead:
    """A report that was looked at by a clock that was ahead: none of its slots is seen before `until`."""

    report: str
    until: datetime


@dataclass(frozen=True)
class Health:
    """How everything stands; what needs a person is in the last five."""

    runner: bool
    reports: tuple[Standing, ...]
    open: tuple[Slot, ...]
    approvals: tuple[Kept, ...]
    overdue: tuple[Overdue, ...]
    ahead: tuple[Ahead, ...]
    failed: tuple[Slot, ...]
    undelivered: tuple[Delivery, ...]
    untold: tuple[Told, ...]

    @property
    def well(self) -> bool:
        """Whether nothing needs a person."""
        return not (self.overdue or self.ahead or self.failed or self.undelivered or self.untold)

    @property
    def running(self) -> tuple[Slot, ...]:
        """The slots that are being worked on."""
        return tuple(one for one in self.open if one.state is SlotState.CLAIMED)

    @property
    def unknown(self) -> tuple[Delivery, ...]:
        """The deliveries of which nobody knows whether they arrived."""
        return tuple(one for one in self.undelivered if one.state is DeliveryState.UNKNOWN)


def look(ledger: Ledger, config: Config, now: datetime) -> Health:
    """Return how everything stands; nothing is changed."""
    with ledger.read() as tx:
        return Health(
            runner=ledger.presence.held(RUNNER),
            reports=tuple(_standing(config, schedules.known(tx), now)),
            open=tuple(slots.open_slots(tx)),
            approvals=tuple(editions.waiting(tx)),
            overdue=tuple(_overdue(tx, config, schedules.known(tx), now)),
            ahead=tuple(_ahead(config, schedules.known(tx), now)),
            failed=tuple(slots.unresolved(tx)),
            undelivered=tuple(deliveries.unresolved(tx)),
            untold=tuple(notices.untold(tx)),
        )


def _overdue(tx: Connection, config: Config, known: Mapping[str, Watched], now: datetime) -> Iterator[Overdue]:
    """Return what came since anybody looked, and what was written down and then left lying."""
    for name, watched in known.items():
        schedule = config.schedule_of(name)
        if schedule is not None and watched.paused_at is None:
            first = next_slot(schedule, watched.handled_until)
            if first < now - PATIENCE:
                yield Overdue(name, first)
    for slot in slots.workable(tx, now - PATIENCE):
        yield Overdue(slot.report, slot.due_at)


def _ahead(config: Config, known: Mapping[str, Watched], now: datetime) -> Iterator[Ahead]:
    for name, watched in known.items():
        running = config.schedule_of(name) is not None and watched.paused_at is None
        if running and watched.handled_until > now + CLOCKS:
            yield Ahead(name, watched.handled_until)


def _standing(config: Config, known: Mapping[str, Watched], now: datetime) -> Iterator[Standing]:
    for name in config.reports:
        for one in upcoming(config, name, now, 1):
            yield Standing(one, known[name].paused_at if name in known else None)
