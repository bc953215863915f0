"""Periods of whole days: the current, previous, year-ago and trailing ones of a kind (DESIGN section 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from reports.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = timedelta(days=1)
YEAR_OF_WEEKS = timedelta(days=364)  # 52 weeks, so that weekdays align
WEEK_STARTS = {"monday": 0, "saturday": 5, "sunday": 6}
LONGEST = 3660  # days of one `last_N_days` period: ten years, far beyond any report


class Unit(StrEnum):
    """What a period is measured in; `days` is any number of days that no calendar starts or ends."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    DAYS = "days"


MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}


@dataclass(frozen=True, order=True)
class Period:
    """Whole days `since..until`, both inclusive, in the account's time zone."""

    since: date
    until: date

    def __post_init__(self) -> None:
        """Refuse a span that ends before it starts."""
        if self.until < self.since:
            message = f"a period can't end on {self.until}, before it starts on {self.since}"
            raise ValueError(message)

    @property
    def days(self) -> int:
        """The number of days, at least 1."""
        return (self.until - self.since).days + 1

    def shifted(self, step: timedelta) -> Period:
        """Return the same number of days, `step` later."""
        return Period(self.since + step, self.until + step)


@dataclass(frozen=True)
class Calendar:
    """The account's calendar: the weekday a week starts on (Monday is 0) and the fiscal year's first month (1..12)."""

    week_start: int = 0
    fiscal_month: int = 1


@dataclass(frozen=True)
class Kind:
    """A kind of period: a unit, its length where the unit is `days`, and whether it runs only to date."""

    unit: Unit
    length: int = 1
    to_date: bool = False

    @classmethod
    def parse(cls, text: str) -> Kind:
        """Read `week`, `month_to_date`, `last_30_days` and the like; anything else is a ValueError."""
        if match := re.fullmatch(r"last_(\d{1,4})_days", text):
            if not 1 <= int(match[1]) <= LONGEST:
                message = f"last_N_days takes 1 to {LONGEST} days, not {match[1]}"
                raise ValueError(message)
            return cls(Unit.DAYS, int(match[1]))
        name, to_date, rest = text.partition("_to_date")
        units = MONTHS if to_date else set(Unit) - {Unit.DAYS}
        if rest or name not in units:
            message = f"{text!r} is not a kind of period; kinds are {', '.join(KINDS)}"
            raise ValueError(message)
        return cls(Unit(name), to_date=bool(to_date))


KINDS = (
    *("day", "week", "month", "quarter", "year", "last_N_days"),
    *("month_to_date", "quarter_to_date", "year_to_date"),
)


@dataclass(frozen=True)
class Plan:
    """The periods that one edition shows; trailing ones are oldest first and end with the current one.

    Those of a year ago are there only where the report compares with them, one for each trailing period.
    """

    kind: Kind
    current: Period
    previous: Period
    trailing: tuple[Period, ...]
    year_ago: Period | None = None
    trailing_year_ago: tuple[Period, ...] = ()

    @property
    def windows(self) -> tuple[Period, ...]:
        """Every period to ask the source for, once each, oldest first."""
        compared = () if self.year_ago is None else (self.year_ago,)
        return tuple(sorted({self.current, self.previous, *compared, *self.trailing, *self.trailing_year_ago}))

    @property
    def covering(self) -> Period | None:
        """The one period that all trailing ones fill, where they touch: their sums must be its figures."""
        pairs = zip(self.trailing, self.trailing[1:], strict=False)
        touching = all(one.until + DAY == other.since for one, other in pairs)
        return Period(self.trailing[0].since, self.trailing[-1].until) if touching else None


def plan(kind: Kind, as_of: date, calendar: Calendar, trailing: int = 12, *, with_year_ago: bool = False) -> Plan:
    """Return the periods of a report of this kind as of a day: `trailing` periods end with the current one."""
    return _planned(kind, lambda: current(kind, as_of, calendar), calendar, trailing, with_year_ago=with_year_ago)


def plan_span(span: Period, calendar: Calendar, trailing: int = 12, *, with_year_ago: bool = False) -> Plan:
    """Return the periods for a span given by hand; it is compared with the equal span just before."""
    kind = Kind(Unit.DAYS, span.days)
    return _planned(kind, lambda: span, calendar, trailing, with_year_ago=with_year_ago)


def _planned(kind: Kind, find: Callable[[], Period], calendar: Calendar, count: int, *, with_year_ago: bool) -> Plan:
    def make() -> Plan:
        made = _plan(kind, find(), calendar, count)
        return _compared_with_year_ago(made, calendar) if with_year_ago else made

    return _within_reach(make)


def _plan(kind: Kind, period: Period, calendar: Calendar, count: int) -> Plan:
    return Plan(kind, period, previous(kind, period, calendar), trailing(kind, period, calendar, count))


def _compared_with_year_ago(made: Plan, calendar: Calendar) -> Plan:
    earlier = tuple(year_ago(made.kind, period, calendar) for period in made.trailing)
    return replace(made, year_ago=earlier[-1], trailing_year_ago=earlier)


def _within_reach(make: Callable[[], Plan]) -> Plan:
    try:
        return make()
    except (OverflowError, ValueError) as error:
        raise ConfigError(
            "the periods of this report reach back before the year 1",
            hint="Choose a later date or fewer trailing periods.",
        ) from error


def current(kind: Kind, as_of: date, calendar: Calendar) -> Period:
    """Return the last complete period before `as_of`; a to-date one ends the day before it."""
    yesterday = as_of - DAY
    if kind.unit is Unit.DAYS:
        return Period(as_of - kind.length * DAY, yesterday)
    if kind.to_date:
        return Period(containing(kind.unit, yesterday, calendar).since, yesterday)
    return containing(kind.unit, containing(kind.unit, as_of, calendar).since - DAY, calendar)


def previous(kind: Kind, period: Period, calendar: Calendar) -> Period:
    """Return the period of the same kind just before; for to-date kinds the same cut of the calendar period before."""
    if kind.unit is Unit.DAYS:
        return period.shifted(-period.days * DAY)
    before = containing(kind.unit, period.since - DAY, calendar)
    return _cut(before, period.days) if kind.to_date else before


def year_ago(kind: Kind, period: Period, calendar: Calendar) -> Period:
    """Return the period a year before: 364 days where weekdays must align, else the same calendar period."""
    if kind.unit not in MONTHS:
        return period.shifted(-YEAR_OF_WEEKS)
    start = _add_months(period.since, -12)
    whole = containing(kind.unit, start, calendar)
    return _cut(whole, period.days) if kind.to_date else whole


def trailing(kind: Kind, period: Period, calendar: Calendar, count: int) -> tuple[Period, ...]:
    """Return `count` periods, oldest first, the last being `period`; to-date kinds are cut alike."""
    found = [period]
    whole = period
    for _ in range(count - 1):
        if kind.unit is Unit.DAYS:
            found.append(found[-1].shifted(-period.days * DAY))
        else:
            whole = containing(kind.unit, whole.since - DAY, calendar)
            found.append(_cut(whole, period.days) if kind.to_date else whole)
    return tuple(reversed(found))


def containing(unit: Unit, day: date, calendar: Calendar) -> Period:
    """Return the calendar period of a unit that holds a day."""
    if unit is Unit.DAY:
        return Period(day, day)
    if unit is Unit.WEEK:
        since = day - ((day.weekday() - calendar.week_start) % 7) * DAY
        return Period(since, since + 6 * DAY)
    months = MONTHS[unit]
    fiscal_month = 1 if unit is Unit.MONTH else calendar.fiscal_month
    since = _add_months(day.replace(day=1), -((day.month - fiscal_month) % months))
    return Period(since, _add_months(since, months) - DAY)


def _add_months(first: date, months: int) -> date:
    """Return the first day of a month some months later."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _cut(whole: Period, days: int) -> Period:
    return Period(whole.since, min(whole.since + (days - 1) * DAY, whole.until))
