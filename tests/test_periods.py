"""Periods tile time: nothing is counted twice and nothing falls between two of them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reports.errors import ConfigError
from reports.periods import (
    DAY,
    KINDS,
    LONGEST,
    MONTHS,
    Calendar,
    Kind,
    Period,
    Unit,
    containing,
    current,
    plan,
    plan_span,
    previous,
    trailing,
    year_ago,
)
from tests.making import calendars, days, kinds

CALENDAR_UNITS = [unit for unit in Unit if unit is not Unit.DAYS]
MONDAYS = Calendar()
units = st.sampled_from(CALENDAR_UNITS)


def period(since: str, until: str) -> Period:
    return Period(date.fromisoformat(since), date.fromisoformat(until))


def dated(kind: str, as_of: str, calendar: Calendar = MONDAYS) -> tuple[str, str]:
    found = current(Kind.parse(kind), date.fromisoformat(as_of), calendar)
    return found.since.isoformat(), found.until.isoformat()


def whole(kind: Kind) -> bool:
    return not kind.to_date and kind.unit is not Unit.DAYS


@given(units, days, calendars)
def test_calendar_periods_tile_time(unit: Unit, day: date, calendar: Calendar) -> None:
    here = containing(unit, day, calendar)
    assert here.since <= day <= here.until
    assert containing(unit, here.until + DAY, calendar).since == here.until + DAY
    assert containing(unit, here.since - DAY, calendar).until == here.since - DAY


@given(units, days, calendars, st.integers(0, 400))
def test_every_day_of_a_calendar_period_is_in_that_one(unit: Unit, day: date, calendar: Calendar, step: int) -> None:
    here = containing(unit, day, calendar)
    other = here.since + (step % here.days) * DAY
    assert containing(unit, other, calendar) == here


@given(units, days, calendars)
def test_calendar_periods_start_where_the_calendar_says(unit: Unit, day: date, calendar: Calendar) -> None:
    here = containing(unit, day, calendar)
    if unit is Unit.DAY:
        assert here.days == 1
    elif unit is Unit.WEEK:
        assert (here.since.weekday(), here.days) == (calendar.week_start, 7)
    else:
        months = MONTHS[unit]
        assert here.since.day == 1
        assert (here.since.month - (1 if unit is Unit.MONTH else calendar.fiscal_month)) % months == 0
        after = here.until + DAY
        assert (after.year - here.since.year) * 12 + after.month - here.since.month == months


@given(kinds, days, calendars)
def test_the_current_period_is_the_last_complete_one(kind: Kind, as_of: date, calendar: Calendar) -> None:
    here = current(kind, as_of, calendar)
    assert here.until < as_of
    if whole(kind):
        assert here == containing(kind.unit, here.since, calendar)
        assert here.until + DAY <= as_of <= containing(kind.unit, here.until + DAY, calendar).until
    else:
        assert here.until == as_of - DAY
    if kind.unit is Unit.DAYS:
        assert here.days == kind.length


@given(kinds, days, calendars)
def test_a_period_to_date_starts_with_its_calendar_period(kind: Kind, as_of: date, calendar: Calendar) -> None:
    if not kind.to_date:
        return
    here = current(kind, as_of, calendar)
    assert here.since == containing(kind.unit, here.until, calendar).since
    if containing(kind.unit, as_of, calendar).since == as_of:
        assert here == containing(kind.unit, as_of - DAY, calendar)


@given(kinds, days, calendars)
def test_previous_ends_right_before(kind: Kind, as_of: date, calendar: Calendar) -> None:
    here = current(kind, as_of, calendar)
    before = previous(kind, here, calendar)
    if kind.to_date:
        calendar_period = containing(kind.unit, here.since - DAY, calendar)
        assert before.since == calendar_period.since
        assert before.days == min(here.days, calendar_period.days)
    else:
        assert before.until + DAY == here.since
        assert before.days == here.days or kind.unit in MONTHS


@given(kinds, days, calendars)
def test_previous_of_whole_periods_is_what_was_current_a_period_ago(
    kind: Kind, as_of: date, calendar: Calendar
) -> None:
    here = current(kind, as_of, calendar)
    before = previous(kind, here, calendar)
    if not kind.to_date:
        assert current(kind, here.since, calendar) == before


@given(kinds, days, calendars, st.integers(1, 20))
def test_trailing_periods_end_with_the_current_one(kind: Kind, as_of: date, calendar: Calendar, count: int) -> None:
    here = current(kind, as_of, calendar)
    found = trailing(kind, here, calendar, count)
    assert len(found) == count
    assert found[-1] == here
    assert count < 2 or found[-2] == previous(kind, here, calendar)
    for one, following in pairwise(found):
        if kind.to_date:
            assert one.until < following.since
            assert one.since == containing(kind.unit, following.since - DAY, calendar).since
            assert one.days == min(here.days, containing(kind.unit, one.since, calendar).days)
        else:
            assert one.until + DAY == following.since


@given(kinds, days, calendars)
def test_a_year_ago_keeps_weekdays_or_the_calendar(kind: Kind, as_of: date, calendar: Calendar) -> None:
    here = current(kind, as_of, calendar)
    ago = year_ago(kind, here, calendar)
    if kind.unit in MONTHS:
        assert (ago.since.month, ago.since.day) == (here.since.month, here.since.day)
        assert ago.since.year == here.since.year - 1
        calendar_period = containing(kind.unit, ago.since, calendar)
        assert ago.days == (min(here.days, calendar_period.days) if kind.to_date else calendar_period.days)
    else:
        assert ago.days == here.days
        assert here.since - ago.since == timedelta(weeks=52)
        assert ago.since.weekday() == here.since.weekday()


@given(kinds, days, calendars, st.integers(2, 20))
def test_a_plan_asks_for_each_period_once(kind: Kind, as_of: date, calendar: Calendar, count: int) -> None:
    made = plan(kind, as_of, calendar, count)
    assert set(made.windows) == {made.current, made.previous, *made.trailing}
    assert list(made.windows) == sorted(set(made.windows))
    assert made.kind == kind


@given(kinds, days, calendars, st.integers(2, 20))
def test_a_plan_with_a_year_ago_asks_for_each_period_once(
    kind: Kind, as_of: date, calendar: Calendar, count: int
) -> None:
    plain = plan(kind, as_of, calendar, count)
    made = plan(kind, as_of, calendar, count, with_year_ago=True)
    assert (plain.year_ago, plain.trailing_year_ago) == (None, ())
    assert made.year_ago == year_ago(kind, made.current, calendar) == made.trailing_year_ago[-1]
    assert made.trailing_year_ago == tuple(year_ago(kind, one, calendar) for one in made.trailing)
    assert set(made.windows) == {*plain.windows, *made.trailing_year_ago}
    assert list(made.windows) == sorted(set(made.windows))
    assert made.covering == plain.covering


def test_weeks_that_reach_into_the_year_ago_are_shared() -> None:
    made = plan(Kind.parse("week"), date(2026, 11, 22), MONDAYS, 53, with_year_ago=True)
    assert made.year_ago == made.trailing[0]
    assert len(made.windows) == 53 + 52


@given(days, st.integers(0, 400), calendars)
def test_a_span_by_hand_is_compared_with_the_equal_span_before(since: date, more: int, calendar: Calendar) -> None:
    span = Period(since, since + more * DAY)
    made = plan_span(span, calendar, 3)
    assert made.current == span
    assert made.previous == Period(since - span.days * DAY, since - DAY)
    assert made.trailing[1:] == (made.previous, span)
    assert all(one.days == span.days for one in made.trailing)


@pytest.mark.parametrize(
    ("kind", "as_of", "expected"),
    [
        ("day", "2026-03-01", ("2026-02-28", "2026-02-28")),
        ("week", "2026-11-22", ("2026-11-09", "2026-11-15")),  # a Sunday, the last day of its week
        ("week", "2026-11-23", ("2026-11-16", "2026-11-22")),
        ("month", "2028-03-15", ("2028-02-01", "2028-02-29")),
        ("quarter", "2026-01-01", ("2025-10-01", "2025-12-31")),
        ("year", "2026-06-01", ("2025-01-01", "2025-12-31")),
        ("last_30_days", "2026-03-02", ("2026-01-31", "2026-03-01")),
        ("month_to_date", "2026-11-22", ("2026-11-01", "2026-11-21")),
        ("month_to_date", "2026-11-01", ("2026-10-01", "2026-10-31")),
        ("quarter_to_date", "2026-10-01", ("2026-07-01", "2026-09-30")),
        ("year_to_date", "2026-01-02", ("2026-01-01", "2026-01-01")),
        ("year_to_date", "2026-01-01", ("2025-01-01", "2025-12-31")),
    ],
)
def test_current_by_hand(kind: str, as_of: str, expected: tuple[str, str]) -> None:
    assert dated(kind, as_of) == expected


@pytest.mark.parametrize(("start", "since"), [(0, "2026-11-16"), (6, "2026-11-15"), (5, "2026-11-14")])
def test_the_week_starts_on_the_configured_day(start: int, since: str) -> None:
    assert dated("week", "2026-11-25", Calendar(week_start=start))[0] == since


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("quarter", ("2026-07-01", "2026-09-30")), ("year", ("2025-04-01", "2026-03-31"))],
)
def test_fiscal_years_may_start_in_april(kind: str, expected: tuple[str, str]) -> None:
    assert dated(kind, "2026-11-22", Calendar(fiscal_month=4)) == expected


def test_the_first_thirty_days_of_march_are_compared_with_all_of_february() -> None:
    made = plan(Kind.parse("month_to_date"), date(2026, 3, 31), MONDAYS, 3)
    assert made.current == period("2026-03-01", "2026-03-30")
    assert made.previous == period("2026-02-01", "2026-02-28")
    assert made.trailing[0] == period("2026-01-01", "2026-01-30")


def test_a_short_february_does_not_shorten_the_months_before_it() -> None:
    made = plan(Kind.parse("month_to_date"), date(2026, 4, 1), MONDAYS, 4)  # all of March
    assert [one.days for one in made.trailing] == [31, 31, 28, 31]


def test_a_leap_day_is_cut_from_the_year_ago() -> None:
    kind = Kind.parse("month_to_date")
    leap = period("2028-02-01", "2028-02-29")
    assert year_ago(kind, leap, MONDAYS) == period("2027-02-01", "2027-02-28")


def test_a_period_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        period("2026-11-02", "2026-11-01")
    assert period("2026-11-01", "2026-11-01").days == 1


@pytest.mark.parametrize("text", [one.replace("N", "30") for one in KINDS])
def test_every_kind_is_read_as_it_is_written(text: str) -> None:
    kind = Kind.parse(text)
    name = "days" if text.startswith("last_") else text.removesuffix("_to_date")
    assert (kind.unit.value, kind.to_date) == (name, text.endswith("_to_date"))
    assert kind.length == (30 if name == "days" else 1)


@pytest.mark.parametrize(
    "text",
    [
        *("", "Week", "weeks", "days", "day_to_date", "week_to_date", "days_to_date", "month_to_date_to_date"),
        *("last_0_days", "last__days", "last_-1_days", f"last_{LONGEST + 1}_days", "last_30_days ", "to_date"),
    ],
)
def test_other_kinds_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"kind of period|takes 1 to"):
        Kind.parse(text)


@given(st.text(max_size=20))
@example("last_\u0663_days")
def test_a_kind_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        kind = Kind.parse(text)
    except ValueError:
        return
    assert 1 <= kind.length <= LONGEST


@pytest.mark.parametrize("kind", ["year", "last_3660_days"])
def test_periods_before_the_year_one_are_refused(kind: str) -> None:
    with pytest.raises(ConfigError, match="before the year 1") as raised:
        plan(Kind.parse(kind), date(5, 1, 1), MONDAYS, 12)
    assert raised.value.permanent
