"""Days of Ramadan and Eid against dates known from the calendar, and counted one by one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.holidays import calendar_note, calendar_notes, eid_days, ramadan_days
from reports.findings import CalendarNote, Comparison
from reports.periods import DAY, Period
from tests.making import plan_of


def span(since: str, until: str) -> Period:
    return Period(date.fromisoformat(since), date.fromisoformat(until))


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2025-03-01", "2025-03-29", 29),  # Ramadan 1446
        ("2025-02-01", "2025-02-28", 0),
        ("2025-03-30", "2025-04-30", 0),
        ("2025-02-28", "2025-03-01", 1),
        ("2024-03-11", "2024-04-09", 30),  # Ramadan 1445
        ("2024-03-01", "2024-03-31", 21),
        ("2024-04-01", "2024-04-30", 9),
        ("2030-01-01", "2030-12-31", 36),  # all of 1451 from 5 January, and the first six of 1452
    ],
)
def test_days_of_ramadan(since: str, until: str, days: int) -> None:
    assert ramadan_days(span(since, until)) == days


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2025-03-30", "2025-04-01", 3),  # Eid al-Fitr 1446
        ("2025-03-01", "2025-03-29", 0),
        ("2025-03-31", "2025-04-30", 2),
        ("2024-04-10", "2024-04-12", 3),
        ("2025-06-06", "2025-06-09", 4),  # Eid al-Adha 1446
        ("2025-06-10", "2025-06-30", 0),
        ("2025-06-05", "2025-06-06", 1),
        ("2025-01-01", "2025-12-31", 7),
    ],
)
def test_days_of_eid(since: str, until: str, days: int) -> None:
    assert eid_days(span(since, until)) == days


@given(st.dates(date(1930, 1, 1), date(2070, 1, 1)), st.integers(1, 200), st.integers(1, 200))
def test_days_of_two_periods_that_touch_add_up(since: date, first: int, second: int) -> None:
    middle = since + first * DAY
    one, other = Period(since, middle - DAY), Period(middle, middle + (second - 1) * DAY)
    whole = Period(one.since, other.until)
    for count in (ramadan_days, eid_days):
        assert (count(one) or 0) + (count(other) or 0) == count(whole)


@pytest.mark.parametrize("since", ["1900-01-01", "2077-11-10", "2100-01-01"])
def test_outside_the_known_years_nothing_is_said(since: str) -> None:
    far = Period(date.fromisoformat(since), date.fromisoformat(since) + 30 * DAY)
    assert (ramadan_days(far), eid_days(far)) == (None, None)
    assert calendar_note(far, span("2025-03-01", "2025-03-30"), Comparison.PREVIOUS) is None


def test_periods_with_as_many_days_need_no_note() -> None:
    assert calendar_notes(plan_of()) == ()
    assert (
        calendar_note(span("2025-03-02", "2025-03-08"), span("2025-03-09", "2025-03-15"), Comparison.PREVIOUS) is None
    )


def test_a_year_ago_is_looked_at_only_where_the_report_compares_with_it() -> None:
    as_of = date(2025, 3, 23)  # 16 to 22 March 2025; 17 to 23 March 2024: both in Ramadan
    assert calendar_notes(plan_of(as_of=as_of, with_year_ago=True)) == ()
    as_of = date(2025, 3, 9)  # 2 to 8 March 2025; 3 to 9 March 2024
    assert calendar_notes(plan_of(as_of=as_of, with_year_ago=True)) == (
        CalendarNote(Comparison.PREVIOUS, 7, 1, 0, 0),
        CalendarNote(Comparison.YEAR_AGO, 7, 0, 0, 0),
    )
    assert [one.versus for one in calendar_notes(plan_of(as_of=as_of))] == [Comparison.PREVIOUS]
