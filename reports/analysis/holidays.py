"""How many days of Ramadan and of the two Eids a period has, by the Umm al-Qura calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hijridate import Gregorian, Hijri

from reports.findings import CalendarNote, Comparison
from reports.periods import DAY, Period

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reports.periods import Plan

RAMADAN, SHAWWAL, DHU_AL_HIJJA = 9, 10, 12  # months of the Hijri year


def ramadan_days(period: Period) -> int | None:
    """Return the days of Ramadan in a period; None outside the years that the calendar is known for."""
    return _days(period, ramadan)


def eid_days(period: Period) -> int | None:
    """Return the days of Eid al-Fitr (three) and Eid al-Adha (four) in a period; None outside the known years."""
    return _days(period, eids)


def calendar_notes(plan: Plan) -> tuple[CalendarNote, ...]:
    """Return how the current period differs in such days from each one it is compared with."""
    pairs = ((Comparison.PREVIOUS, plan.previous), (Comparison.YEAR_AGO, plan.year_ago))
    found = (calendar_note(plan.current, other, versus) for versus, other in pairs if other is not None)
    return tuple(note for note in found if note is not None)


def calendar_note(current: Period, other: Period, versus: Comparison) -> CalendarNote | None:
    """Return the days of both periods; None where they have as many, or where that isn't known."""
    ramadan_now, ramadan_before = ramadan_days(current), ramadan_days(other)
    eid_now, eid_before = eid_days(current), eid_days(other)
    if ramadan_now is None or ramadan_before is None or eid_now is None or eid_before is None:
        return None
    if (ramadan_now, eid_now) == (ramadan_before, eid_before):
        return None
    return CalendarNote(versus, ramadan_now, ramadan_before, eid_now, eid_before)


def ramadan(year: int) -> Iterator[Period]:
    """Return the month of Ramadan of a Hijri year."""
    yield Period(Hijri(year, RAMADAN, 1).to_gregorian(), Hijri(year, SHAWWAL, 1).to_gregorian() - DAY)


def eids(year: int) -> Iterator[Period]:
    """Return Eid al-Fitr and Eid al-Adha of a Hijri year."""
    yield Period(Hijri(year, SHAWWAL, 1).to_gregorian(), Hijri(year, SHAWWAL, 3).to_gregorian())
    yield Period(Hijri(year, DHU_AL_HIJJA, 10).to_gregorian(), Hijri(year, DHU_AL_HIJJA, 13).to_gregorian())


def _days(period: Period, holidays: Callable[[int], Iterator[Period]]) -> int | None:
    try:
        first, last = (Gregorian.fromdate(day).to_hijri().year for day in (period.since, period.until))
        return sum(_shared(period, one) for year in range(first, last + 1) for one in holidays(year))
    except OverflowError:
        return None


def _shared(one: Period, other: Period) -> int:
    """Return the number of days that two periods have in common."""
    return max(0, (min(one.until, other.until) - max(one.since, other.since)).days + 1)
