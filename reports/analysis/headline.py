"""What the page says first: arithmetic, never causes; message keys and values, no words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from reports.figures import Figure, Figures
from reports.findings import Clause, Delta, Driver, Headline, NewFromZero, NoDelta, Percent, Verb

if TYPE_CHECKING:
    from reports.findings import Course, Drivers, Section

HELD = Decimal("0.005")  # changes that print as 0 %
ENOUGH = 2  # a driver is named if twice its part is the whole change or more


def headline(section: Section) -> Headline:
    """Return the headline for the value won of a section."""
    change = section.deltas[Figure.VALUE_WON]
    verb = _verb(section.current, section.previous, change)
    driver = _driver(section.drivers)
    return Headline(
        verb=verb,
        current=section.current,
        previous=section.previous,
        delta=change,
        clause=_clause(section, verb, driver),
        driver=driver,
        drivers=section.drivers,
        limits=section.limits.get(Figure.VALUE_WON),
        course=_course(section),
    )


def _clause(section: Section, verb: Verb, driver: Driver | None) -> Clause:
    """Return what may be said of the change: no part of it where it is ordinary or can't be split."""
    if verb not in {Verb.ROSE, Verb.FELL, Verb.HELD}:
        return Clause.NONE
    if section.is_ordinary(Figure.VALUE_WON):
        return Clause.ORDINARY
    parts = section.drivers
    if verb is Verb.HELD or parts is None or ENOUGH * abs(parts.not_split) >= abs(parts.total):
        return Clause.NONE
    return Clause.DRIVER if driver is not None else Clause.NO_SINGLE_FACTOR


def _driver(parts: Drivers | None) -> Driver | None:
    """Return the largest part, if it is at least half of the change and goes the same way."""
    if parts is None or parts.total == 0:
        return None
    sign = 1 if parts.total > 0 else -1
    largest = max(Driver, key=lambda one: sign * part(parts, one))
    return largest if ENOUGH * sign * part(parts, largest) >= abs(parts.total) else None


def part(parts: Drivers, driver: Driver) -> Decimal:
    """Return what one factor did to the value won, in money."""
    found: Decimal = getattr(parts, driver.value)
    return found


def _course(section: Section) -> Course | None:
    return next((one.course for one in section.signals if one.figure is Figure.VALUE_WON), None)


def _verb(current: Figures | None, previous: Figures | None, change: Delta) -> Verb:
    if current is None:
        return Verb.NO_DATA
    if isinstance(change, NewFromZero):
        return Verb.STARTED if previous is not None and previous.won == 0 else Verb.STOOD
    if isinstance(change, Percent):
        return _percent_verb(current, change)
    nothing = isinstance(change, NoDelta) and current.won == 0
    return Verb.NOTHING if nothing else Verb.STOOD


def _percent_verb(current: Figures, change: Percent) -> Verb:
    if current.won == 0 and current.value_won == 0:
        return Verb.STOPPED
    if abs(change.relative) < HELD:
        return Verb.HELD
    return Verb.ROSE if change.relative > 0 else Verb.FELL
