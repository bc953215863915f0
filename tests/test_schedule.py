"""A schedule comes when it says, once on every date, in every zone there is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.periods import DAY, Calendar, Unit, containing
from reports.schedule import (
    EVERY,
    WEEKDAYS,
    CronSchedule,
    Due,
    Schedule,
    WordSchedule,
    choices,
    due,
    next_slot,
    slots_after,
    slots_between,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.schedule import Every

RIYADH, BERLIN = ZoneInfo("Asia/Riyadh"), ZoneInfo("Europe/Berlin")
APIA, LORD_HOWE, NUUK, CAIRO = (
    ZoneInfo(one) for one in ("Pacific/Apia", "Australia/Lord_Howe", "America/Nuuk", "Africa/Cairo")
)
YEAR = 2026
FRIDAY_AND_SATURDAY = frozenset({4, 5})
FIXED_TIMES = [*(time(hour, minute) for hour in (0, 1, 2, 3, 22, 23) for minute in (0, 15, 30, 59)), time(12)]
MINUTES = range(60)


def cron(expression: str, zone: ZoneInfo = RIYADH) -> CronSchedule:
    return CronSchedule(expression, zone)


def words(every: Every, on: Any = None, at: str = "08:00", zone: ZoneInfo = RIYADH, **more: Any) -> WordSchedule:
    return WordSchedule(every, time.fromisoformat(at), zone, on, **more)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(schedule: Schedule, after: str, count: int) -> list[str]:
    """Return the next slots after a clock time, as the clocks of the schedule show them."""
    start = datetime.fromisoformat(after).replace(tzinfo=schedule.zone)
    found = islice(slots_after(schedule, start), count)
    return [f"{slot.astimezone(schedule.zone):%Y-%m-%d %H:%M%z}" for slot in found]


def dates(schedule: Schedule, after: str, count: int) -> list[str]:
    return [one[:10] for one in local(schedule, after, count)]


@cache
def changes(year: int) -> tuple[tuple[ZoneInfo, datetime], ...]:
    """Return each clock change of a year with a zone; zones whose clocks change alike are looked at once."""
    found: dict[tuple[Any, ...], tuple[ZoneInfo, datetime]] = {}
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        for change in _changes(zone, year):
            offsets = ((change + step).astimezone(zone).utcoffset() for step in (-DAY, DAY))
            found.setdefault((change, *offsets), (zone, change))
    return tuple(found.values())


def _changes(zone: ZoneInfo, year: int) -> Iterator[datetime]:
    start = datetime(year, 1, 1, tzinfo=UTC)
    for before in (start + number * DAY for number in range(366)):
        low, high = before, before + DAY
        if low.astimezone(zone).utcoffset() == high.astimezone(zone).utcoffset():
            continue
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) // 2
            same = middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset()
            low, high = (middle, high) if same else (low, middle)
        yield high.replace(microsecond=0)


def test_the_zones_have_changes_to_look_at() -> None:
    found = changes(YEAR)
    assert len(found) > 40
    hours = {
        abs((change + DAY).astimezone(zone).utcoffset() - (change - DAY).astimezone(zone).utcoffset())  # type: ignore[operator]
        for zone, change in found
    }
    assert {timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2)} <= hours


@pytest.mark.parametrize("year", [YEAR, 2011])
def test_a_fixed_time_comes_once_on_every_date_of_every_zone(year: int) -> None:
    for zone, change in changes(year):
        since, until = change - 2 * DAY, change + 2 * DAY
        there = _dates_between(zone, since, until)
        for at in FIXED_TIMES:
            for schedule in (cron(f"{at.minute} {at.hour} * * *", zone), words("day", zone=zone, at=f"{at:%H:%M}")):
                slots = list(slots_between(schedule, since - DAY, until + DAY))
                found = [slot.astimezone(zone).date() for slot in slots]
                assert all(one < other for one, other in pairwise(slots))
                assert [one for one in found if there[0] <= one <= there[-1]] == there, (zone, change, at)


def _dates_between(zone: ZoneInfo, since: datetime, until: datetime) -> list[date]:
    hours = int((until - since) / timedelta(hours=1))
    return sorted({(since + number * timedelta(hours=1)).astimezone(zone).date() for number in range(hours + 1)})


def test_slots_are_the_same_wherever_the_time_is_split() -> None:
    for zone, change in changes(YEAR):
        since, until = change - timedelta(hours=3), change + timedelta(hours=4)
        for expression in ("0 0 * * *", "30 2 * * *", "30 23 * * *", "15,45 0-3 * * *", "*/20 * * * *", "5 */2 * * *"):
            schedule = cron(expression, zone)
            whole = list(slots_between(schedule, since, until))
            for step in (-61, -30, -1, 0, 1, 30, 61):
                middle = change + timedelta(minutes=step, microseconds=step)
                parts = [*slots_between(schedule, since, middle), *slots_between(schedule, middle, until)]
                assert parts == whole, (zone, change, expression, step)


def test_wildcards_run_by_elapsed_time_in_every_zone() -> None:
    """Against every minute that the clocks of the zone show around a change."""
    for zone, change in changes(YEAR):
        for expression, hours, minutes in (
            ("*/10 * * * *", range(24), range(0, 60, 10)),
            ("0 */2 * * *", range(0, 24, 2), (0,)),
            ("*/15 3 * * *", (3,), range(0, 60, 15)),
            ("* 2 * * *", (2,), MINUTES),
        ):
            since, until = change - timedelta(hours=5), change + timedelta(hours=5)
            each = (since + timedelta(minutes=number) for number in range(1, 601))
            shown = ((one, one.astimezone(zone)) for one in each)
            expected = [one for one, wall in shown if wall.hour in hours and wall.minute in minutes]
            assert list(slots_between(cron(expression, zone), since, until)) == expected, (zone, change, expression)


def test_right_after_the_gap_and_once_in_the_repeated_hour() -> None:
    assert local(cron("30 2 * * *", BERLIN), "2026-03-28 12:00", 2) == [
        "2026-03-29 03:00+0200",
        "2026-03-30 02:30+0200",
    ]
    assert local(cron("30 2 * * *", BERLIN), "2026-10-24 12:00", 2) == [
        "2026-10-25 02:30+0200",
        "2026-10-26 02:30+0100",
    ]


def test_two_times_in_one_gap_are_one_slot() -> None:
    assert local(cron("0,30 2 * * *", BERLIN), "2026-03-28 12:00", 2) == [
        "2026-03-29 03:00+0200",
        "2026-03-30 02:00+0200",
    ]


def test_a_gap_at_midnight_keeps_the_date() -> None:
    assert local(cron("0 0 * * fri", CAIRO), "2026-04-20 12:00", 1) == ["2026-04-24 01:00+0300"]


def test_a_gap_that_ends_on_the_next_date_is_run_before() -> None:
    """In Nuuk the clocks jump from 23:00 on Saturday to Sunday."""
    assert local(cron("30 23 * * *", NUUK), "2026-03-28 12:00", 2) == ["2026-03-28 22:59-0200", "2026-03-29 23:30-0100"]


def test_a_date_that_a_zone_left_out_has_no_slot() -> None:
    assert dates(cron("0 8 * * *", APIA), "2011-12-29 07:00", 3) == ["2011-12-29", "2011-12-31", "2012-01-01"]
    assert dates(words("day", zone=APIA), "2011-12-29 07:00", 3) == ["2011-12-29", "2011-12-31", "2012-01-01"]


def test_a_change_by_half_an_hour_loses_nothing() -> None:
    assert local(cron("*/20 3 * * *", LORD_HOWE), "2026-10-04 02:45", 3) == [
        "2026-10-04 03:00+1100",
        "2026-10-04 03:20+1100",
        "2026-10-04 03:40+1100",
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 8 * * sun", ["2026-11-22", "2026-11-29"]),
        ("0 8 * * 7", ["2026-11-22", "2026-11-29"]),
        ("0 8 1 * *", ["2026-12-01", "2027-01-01"]),
        ("0 8 L * *", ["2026-11-30", "2026-12-31"]),
        ("0 8 29 feb *", ["2028-02-29", "2032-02-29"]),
        ("0 8 * 2 mon#5", ["2044-02-29", "2072-02-29"]),
        ("0 8 1,15 */6 *", ["2027-01-01", "2027-01-15"]),
    ],
)
def test_an_expression_has_five_fields(expression: str, expected: list[str]) -> None:
    assert dates(cron(expression), "2026-11-21 12:00", 2) == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "is not a cron expression of five fields"),
        ("@weekly", "is not a cron expression of five fields"),
        ("0 0 8 * * sun", "is not a cron expression of five fields"),
        ("0" * 5000 + " 8 * * *", "is not a cron expression of five fields"),
        ("60 8 * * *", 'field 1 of the five, the minute, can\'t be "60"'),
        ("0 24 * * *", 'field 2 of the five, the hour, can\'t be "24"'),
        ("0 8 0 * *", 'field 3 of the five, the day of the month, can\'t be "0"'),
        ("0 8 * 13 *", 'field 4 of the five, the month, can\'t be "13"'),
        ("0 8 * * sunday", 'field 5 of the five, the day of the week, can\'t be "sunday"'),
        ("0 8 * * fri-sun", 'the day of the week, can\'t be "fri-sun"'),
        ("*/0 8 * * *", "field 1 of the five, the minute, can't be"),
        ("0 8 30 2 *", "never comes: none of its months has such a day"),
        ("0 8 31 4,6,9,11 *", "never comes"),
    ],
)
def test_an_expression_that_is_wrong_or_never_comes_is_refused(expression: str, message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - what it says is compared below
        cron(expression)
    assert message in str(raised.value)


@given(st.text(alphabet="0123456789*/,-#LWsunmojafb ", max_size=24))
def test_any_other_text_is_refused_too(text: str) -> None:
    try:
        schedule = cron(text)
    except ValueError:
        return
    assert next_slot(schedule, utc("2026-11-21 12:00")) > utc("2026-11-21 12:00")


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (words("day"), ["2026-11-20", "2026-11-21", "2026-11-22"]),
        (words("workday", weekend=FRIDAY_AND_SATURDAY), ["2026-11-22", "2026-11-23", "2026-11-24"]),
        (words("workday", holidays=frozenset({date(2026, 11, 23)})), ["2026-11-20", "2026-11-24", "2026-11-25"]),
        (words("week", "sunday"), ["2026-11-22", "2026-11-29", "2026-12-06"]),
        (words("week", ("sunday", "wednesday")), ["2026-11-22", "2026-11-25", "2026-11-29"]),
        (words("month"), ["2026-12-01", "2027-01-01", "2027-02-01"]),
        (words("month", "last day"), ["2026-11-30", "2026-12-31", "2027-01-31"]),
        (words("month", 28), ["2026-11-28", "2026-12-28", "2027-01-28"]),
        (words("month", "first workday"), ["2026-12-01", "2027-01-01", "2027-02-01"]),
        (words("month", "first workday", weekend=FRIDAY_AND_SATURDAY), ["2026-12-01", "2027-01-03", "2027-02-01"]),
        (words("month", "last workday", weekend=FRIDAY_AND_SATURDAY), ["2026-11-30", "2026-12-31", "2027-01-31"]),
        (words("month", "second monday"), ["2026-12-14", "2027-01-11", "2027-02-08"]),
        (words("month", "last sunday"), ["2026-11-29", "2026-12-27", "2027-01-31"]),
        (words("quarter"), ["2027-01-01", "2027-04-01", "2027-07-01"]),
        (words("quarter", "last day", calendar=Calendar(fiscal_month=2)), ["2027-01-31", "2027-04-30", "2027-07-31"]),
        (words("year", "last workday"), ["2026-12-31", "2027-12-31", "2028-12-29"]),
        (words("year", calendar=Calendar(fiscal_month=4)), ["2027-04-01", "2028-04-01", "2029-04-01"]),
    ],
)
def test_words_mean_what_they_say(schedule: WordSchedule, expected: list[str]) -> None:
    assert dates(schedule, "2026-11-19 12:00", 3) == expected


def test_a_month_of_holidays_has_no_workday() -> None:
    closed = frozenset(date(2026, 12, day) for day in range(1, 32))
    assert dates(words("month", "first workday", holidays=closed), "2026-11-19 12:00", 2) == [
        "2027-01-01",
        "2027-02-01",
    ]


@given(st.sampled_from(EVERY), st.data())
def test_whatever_the_words_the_slots_rise_and_lie_on_such_days(every: Every, data: st.DataObject) -> None:
    needed = [None] if every != "week" else []
    on = data.draw(st.sampled_from([*needed, *choices(every)]))
    holidays = data.draw(st.frozensets(st.dates(date(2026, 1, 1), date(2026, 3, 1)), max_size=9))
    calendar = Calendar(fiscal_month=data.draw(st.integers(1, 12)))
    schedule = words(
        every, on, zone=BERLIN, at="02:30", weekend=FRIDAY_AND_SATURDAY, holidays=holidays, calendar=calendar
    )
    slots = list(islice(slots_after(schedule, utc("2026-01-05 00:00")), 9))
    assert all(one < other for one, other in pairwise(slots))
    for day in (slot.astimezone(BERLIN).date() for slot in slots):
        assert schedule.is_workday(day) or "workday" not in (on or every)
        assert not on or on.split()[-1] not in WEEKDAYS or WEEKDAYS[day.weekday()] == on.split()[-1]
        assert on != "last day" or containing(Unit(every), day, calendar).until == day
        assert on != "first day" or containing(Unit(every), day, calendar).since == day


@pytest.mark.parametrize(
    ("every", "on", "message"),
    [
        ("fortnight", None, 'every = "fortnight" is not one of day, workday, week'),
        ("week", None, 'every = "week" needs a day, such as on = "sunday"'),
        ("week", (), 'every = "week" needs a day'),
        ("week", "sun", 'on = "sun" doesn\'t go with every = "week", which takes weekdays'),
        ("week", 3, "on = 3 doesn't go"),
        ("week", ("sunday", "moonday"), 'on = ["sunday", "moonday"] doesn\'t go'),
        ("month", "sunday", 'on = "sunday" doesn\'t go with every = "month", which takes "first day"'),
        ("month", ("first day", "last day"), "doesn't go"),
        *(("month", number, "a number from 1 to 28") for number in (0, 29, -1, True)),
        ("quarter", 3, "on = 3 doesn't go"),
        ("day", "sunday", 'every = "day" takes no "on"'),
        ("workday", "first day", 'every = "workday" takes no "on"'),
    ],
)
def test_words_that_contradict_are_refused(every: Any, on: Any, message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - what it says is compared below
        words(every, on)
    assert message in str(raised.value)


def test_a_week_of_weekend_is_refused() -> None:
    with pytest.raises(ValueError, match="leaves no workday"):
        words("workday", weekend=frozenset(range(7)))


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        next_slot(cron("0 8 * * *"), datetime(2026, 11, 22))  # noqa: DTZ001 - what is refused


def test_the_start_is_left_out_and_the_end_is_there() -> None:
    schedule = cron("0 8 * * *", ZoneInfo("UTC"))
    found = list(slots_between(schedule, utc("2026-11-20 08:00"), utc("2026-11-22 08:00")))
    assert found == [utc("2026-11-21 08:00"), utc("2026-11-22 08:00")]
    assert all(slot.tzinfo is UTC for slot in found)
    assert next_slot(schedule, utc("2026-11-20 07:59:59.999999")) == utc("2026-11-20 08:00")
    assert not list(slots_between(schedule, utc("2026-11-22 08:00"), utc("2026-11-20 08:00")))


SINCE, EACH_DAY = utc("2026-11-01 08:00"), cron("0 8 * * *", ZoneInfo("UTC"))


def test_nothing_is_due_before_its_time_or_when_the_clock_went_back() -> None:
    assert due(EACH_DAY, SINCE, utc("2026-11-02 07:59:59"), None) == Due()
    assert due(EACH_DAY, SINCE, utc("2026-10-01 08:00"), None) == Due()


def test_the_latest_slot_is_due_and_those_before_it_were_missed() -> None:
    found = due(EACH_DAY, SINCE, utc("2026-11-04 09:00"), None)
    assert found == Due(utc("2026-11-04 08:00"), (utc("2026-11-02 08:00"), utc("2026-11-03 08:00")))


def test_the_latest_of_many_missed_are_listed_and_the_others_counted() -> None:
    found = due(EACH_DAY, SINCE, utc("2026-11-12 09:00"), None, most=2)
    assert found == Due(utc("2026-11-12 08:00"), (utc("2026-11-10 08:00"), utc("2026-11-11 08:00")), more=8)
    assert due(EACH_DAY, SINCE, utc("2026-11-12 09:00"), None, most=0) == Due(utc("2026-11-12 08:00"), (), more=10)


def test_a_slot_is_too_late_when_its_time_to_catch_up_is_over() -> None:
    hour = timedelta(hours=1)
    assert due(EACH_DAY, SINCE, utc("2026-11-02 09:00"), hour) == Due(utc("2026-11-02 08:00"))
    assert due(EACH_DAY, SINCE, utc("2026-11-02 09:00:01"), hour) == Due(utc("2026-11-02 08:00"), too_late=True)
    assert due(EACH_DAY, SINCE, utc("2026-11-03 07:59"), None) == Due(utc("2026-11-02 08:00"))
