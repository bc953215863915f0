"""The slots of a report: the instants at which its schedule is due (DESIGN sections 4 and 7).

A fixed clock time comes once on every date there is: right after the gap where a clock change leaves it out, and the
first time where the hour is repeated. A date is never changed for that: where the gap ends on the next date, the slot
is the minute before the gap. A date that a zone leaves out altogether has no slot. An expression whose minute or hour
starts with `*` runs by elapsed time: nothing for what the gap leaves out, twice in the repeated hour.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import count, takewhile
from typing import TYPE_CHECKING, Literal, TypeAlias, cast, get_args

from cronsim import CronSim, CronSimError

from reports.periods import DAY, Calendar, Unit, containing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    from reports.periods import Period

MINUTE = timedelta(minutes=1)
MONDAYS = Calendar()
FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
LONGEST_CRON = 200  # characters
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
LATEST_DAY = 28  # every month has it
Every: TypeAlias = Literal["day", "workday", "week", "month", "quarter", "year"]
EVERY: tuple[Every, ...] = get_args(Every)
On: TypeAlias = str | int | tuple[str, ...] | None


@dataclass(frozen=True)
class CronSchedule:
    """A cron expression of five fields, by the clocks of a zone; one that is wrong or never comes is a ValueError."""

    expression: str
    zone: ZoneInfo

    def __post_init__(self) -> None:
        """Refuse what isn't an expression of five fields, and days that no month has."""
        _check_cron(self.expression)

    @property
    def by_elapsed_time(self) -> bool:
        """Whether the minute or the hour starts with `*`."""
        return any(one.startswith("*") for one in self.expression.split()[:2])


@dataclass(frozen=True)
class WordSchedule:
    """A clock time on certain days: `on` says which ones of a week, month, quarter or year; else it is a ValueError.

    A week takes a weekday or several; the others a word such as `first day`, the month a number, too (1..28).
    Without a word it is their first day. A workday is neither in the weekend (Monday is 0) nor a holiday.
    """

    every: Every
    at: time
    zone: ZoneInfo
    on: On = None
    calendar: Calendar = MONDAYS
    weekend: frozenset[int] = frozenset({5, 6})
    holidays: frozenset[date] = field(default=frozenset(), repr=False)

    def __post_init__(self) -> None:
        """Refuse words that don't go together."""
        _check_words(self.every, self.on)
        if self.weekend >= set(range(7)):
            message = "a weekend of seven days leaves no workday"
            raise ValueError(message)

    def is_workday(self, day: date) -> bool:
        """Return whether a day is neither in the weekend nor a holiday."""
        return day.weekday() not in self.weekend and day not in self.holidays


Schedule: TypeAlias = CronSchedule | WordSchedule


@dataclass(frozen=True)
class Due:
    """What came since a schedule was last looked at: the latest slot, and the ones before it, which are skipped.

    `missed` has the last of those, oldest first; `more` counts the still earlier ones. The latest is `too_late` where
    its time to catch up is over.
    """

    slot: datetime | None = None
    missed: tuple[datetime, ...] = ()
    more: int = 0
    too_late: bool = False


def due(schedule: Schedule, since: datetime, now: datetime, catch_up: timedelta | None, most: int = 500) -> Due:
    """Return what came after `since`, until `now`. Without `catch_up` the latest may run until the next one is due."""
    latest: deque[datetime] = deque(maxlen=most + 1)
    came = 0
    for slot in slots_between(schedule, since, now):
        latest.append(slot)
        came += 1
    if not latest:
        return Due()
    slot = latest.pop()
    too_late = catch_up is not None and now > slot + catch_up
    return Due(slot, tuple(latest), came - 1 - len(latest), too_late)


def next_slot(schedule: Schedule, instant: datetime) -> datetime:
    """Return the first slot after an instant."""
    return next(slots_after(schedule, instant))


def slots_between(schedule: Schedule, after: datetime, until: datetime) -> Iterator[datetime]:
    """Return the slots after one instant, until another, that one included."""
    return takewhile(lambda slot: slot <= until, slots_after(schedule, after))


def slots_after(schedule: Schedule, instant: datetime) -> Iterator[datetime]:
    """Return the slots after an instant, without end, in UTC."""
    if instant.tzinfo is None:
        message = "an instant needs a time zone"
        raise ValueError(message)
    start = _first_wall(schedule.zone, instant)
    if isinstance(schedule, WordSchedule):
        walls: Iterator[datetime] = (datetime.combine(day, schedule.at) for day in _days(schedule, start.date()))
        return _placed(walls, _once, schedule.zone, instant)
    # cronsim gets times without a zone and we place them: with a zone it skips parts of the hour after a change by half
    # an hour, goes back from within the repeated hour, and fires on dates that don't exist.
    walls = CronSim(schedule.expression, start)
    return _placed(walls, _each_time if schedule.by_elapsed_time else _once, schedule.zone, instant)


def _first_wall(zone: ZoneInfo, instant: datetime) -> datetime:
    """Return the clock time to look from: of this instant, or less where the clocks go back within a day."""
    return min(_wall(zone, instant), _wall(zone, instant + DAY) - DAY)


def _wall(zone: ZoneInfo, instant: datetime) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _placed(
    walls: Iterator[datetime],
    place: Callable[[datetime, ZoneInfo], tuple[datetime, ...]],
    zone: ZoneInfo,
    after: datetime,
) -> Iterator[datetime]:
    """Return the instants of rising clock times, each once, in their order; the second of an hour may come later."""
    waiting: list[datetime] = []
    last = after.astimezone(UTC)
    for wall in walls:
        found = place(wall, zone)
        for one in found:
            heappush(waiting, one)
        while found and waiting and waiting[0] <= found[0]:
            slot = heappop(waiting)
            if slot > last:
                yield slot
                last = slot


def _once(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Return the one instant of a clock time on its date; none where the zone leaves out the date."""
    first, second = _readings(wall, zone)
    if first <= second:
        return (first,)
    end = _end_of_gap(zone, second, first)
    on_its_date = (one for one in (end, end - MINUTE) if _wall(zone, one).date() == wall.date())
    return tuple(on_its_date)[:1]


def _each_time(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Return every instant at which the clocks show a time: one, two in a repeated hour, none in a gap."""
    first, second = _readings(wall, zone)
    if first == second:
        return (first,)
    return (first, second) if first < second else ()


def _readings(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return a clock time read by the offset before and after a change; the first is later where it is in a gap."""
    aware = wall.replace(tzinfo=zone)
    return aware.astimezone(UTC), aware.replace(fold=1).astimezone(UTC)


def _end_of_gap(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the instant of the one change between two."""
    offset = after.astimezone(zone).utcoffset()
    seconds = range(int((after - before).total_seconds()))

    def changed(second: int) -> bool:
        return (before + timedelta(seconds=second)).astimezone(zone).utcoffset() == offset

    return before + timedelta(seconds=bisect_left(seconds, True, key=changed))  # noqa: FBT003 - what is looked for


def _days(schedule: WordSchedule, since: date) -> Iterator[date]:
    """Return the days of a schedule in words, from a day on."""
    if schedule.every in {"month", "quarter", "year"}:
        return _days_of_periods(schedule, since)
    days = (since + number * DAY for number in count())
    if schedule.every == "workday":
        return (day for day in days if schedule.is_workday(day))
    if schedule.every == "week":
        names = (schedule.on,) if isinstance(schedule.on, str) else schedule.on
        return (day for day in days if WEEKDAYS[day.weekday()] in cast("tuple[str, ...]", names))
    return days


def _days_of_periods(schedule: WordSchedule, since: date) -> Iterator[date]:
    unit = Unit(schedule.every)
    while True:
        period = containing(unit, since, schedule.calendar)
        yield from _day_in(schedule, period)
        since = period.until + DAY


def _day_in(schedule: WordSchedule, period: Period) -> list[date]:
    """Return the day that is meant, or nothing where a period has none: it may be all holidays."""
    if isinstance(schedule.on, int):
        return [period.since + (schedule.on - 1) * DAY]
    ordinal, name = cast("str", schedule.on or "first day").split()
    days = [period.since + number * DAY for number in range(period.days)]
    if name == "workday":
        days = [day for day in days if schedule.is_workday(day)]
    elif name != "day":
        days = [day for day in days if WEEKDAYS[day.weekday()] == name]
    return [days[ORDINALS[ordinal]]] if days else []


def choices(every: Every) -> tuple[str, ...]:
    """Return the words that `on` may have: none for days and workdays; months take a number, too."""
    if every in {"day", "workday"}:
        return ()
    if every == "week":
        return WEEKDAYS
    ends = tuple(f"{ordinal} {name}" for name in ("day", "workday") for ordinal in ("first", "last"))
    return (*ends, *(f"{ordinal} {name}" for name in WEEKDAYS for ordinal in ORDINALS))


def _check_words(every: Every, on: On) -> None:
    if every not in EVERY:
        message = f'every = "{every}" is not one of {", ".join(EVERY)}'
        raise ValueError(message)
    if every == "week" and not on:
        message = 'every = "week" needs a day, such as on = "sunday"'
        raise ValueError(message)
    if on is not None and not choices(every):
        message = f'every = "{every}" takes no "on"'
        raise ValueError(message)
    given = () if on is None else on if isinstance(on, tuple) else (on,)
    if any(not _goes_with(every, one) for one in given) or (isinstance(on, tuple) and every != "week"):
        message = f'{_shown(on)} doesn\'t go with every = "{every}", which takes {_taken(every)}'
        raise ValueError(message)


def _goes_with(every: Every, one: str | int) -> bool:
    if isinstance(one, int):
        return every == "month" and not isinstance(one, bool) and 1 <= one <= LATEST_DAY
    return one in choices(every)


def _shown(on: On) -> str:
    words = ", ".join(
        f'"{one}"' if isinstance(one, str) else str(one) for one in (on if isinstance(on, tuple) else [on])
    )
    return f"on = [{words}]" if isinstance(on, tuple) else f"on = {words}"


def _taken(every: Every) -> str:
    if every == "week":
        return "weekdays"
    number = f", a number from 1 to {LATEST_DAY}" if every == "month" else ""
    return f'"first day", "last day", "first workday", "last workday"{number} or a weekday such as "first sunday"'


def _check_cron(expression: str) -> None:
    fields = expression.split()
    if len(fields) != len(FIELDS) or len(expression) > LONGEST_CRON:
        message = f'"{expression[:LONGEST_CRON]}" is not a cron expression of five fields ({", ".join(FIELDS)})'
        raise ValueError(f'{message}, such as "0 8 * * sun"')
    found = next((number for number, text in enumerate(fields) if not _is_field(number, text)), None)
    if found is not None:
        message = f'field {found + 1} of the five, the {FIELDS[found]}, can\'t be "{fields[found]}"'
        raise ValueError(message)
    if not _comes(expression):
        message = f'"{expression}" never comes: none of its months has such a day'
        raise ValueError(message)


def _is_field(number: int, text: str) -> bool:
    """Return whether a text can stand in one field, whatever the others say."""
    fields = ["*"] * len(FIELDS)
    fields[number] = text
    return _comes(" ".join(fields))


def _comes(expression: str) -> bool:
    """Return whether an expression can be read and has a next time; cronsim gives up after fifty years without one."""
    try:
        next(CronSim(expression, datetime(2000, 1, 1)))  # noqa: DTZ001 - clock times have no zone
    except (CronSimError, StopIteration):
        return False
    return True
