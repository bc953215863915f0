"""What comes next: the slots of each report's schedule, with the days that each edition will show."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING

from reports.job import today_of
from reports.periods import plan
from reports.schedule import slots_after

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from reports.config.model import Config
    from reports.periods import Period


@dataclass(frozen=True)
class Upcoming:
    """One slot to come: when, in the schedule's own zone, and which days its edition shows and compares with."""

    report: str
    due: datetime
    as_of: date
    current: Period
    previous: Period


def upcoming(config: Config, name: str | None, now: datetime, count: int) -> list[Upcoming]:
    """Return the next slots of one report, or of all together, the earliest first.

    Reports without a schedule have none; a report that there isn't is a ConfigError.
    """
    names = config.reports if name is None else [name]
    found = merge(*(_of(config, one, now) for one in names), key=lambda one: one.due)
    return list(islice(found, count))


def _of(config: Config, name: str, now: datetime) -> Iterator[Upcoming]:
    report = config.report(name)
    schedule = config.schedule(report)
    if schedule is None:
        return
    for slot in slots_after(schedule, now):
        as_of = today_of(config, slot)
        periods = plan(report.kind, as_of, config.account.calendar, report.trailing)
        yield Upcoming(name, slot.astimezone(schedule.zone), as_of, periods.current, periods.previous)
