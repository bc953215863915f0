"""The schedule of a report, as config.toml writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, model_validator

from reports.config.secret import Section
from reports.config.values import ClockTime, CronText, DaysNamed, TimezoneName
from reports.config.words import near
from reports.schedule import EVERY, WEEKDAYS, CronSchedule, Every, WordSchedule, choices

if TYPE_CHECKING:
    from reports.config.model import Account
    from reports.schedule import Schedule


class ScheduleTable(Section):
    """Either a cron expression or words: every which span, on which of its days, at what time."""

    cron: CronText | None = None
    every: Every | None = None
    on: DaysNamed | None = None
    at: ClockTime | None = None
    timezone: TimezoneName | None = None

    @model_validator(mode="after")
    def _one_way(self) -> ScheduleTable:
        words = [name for name in ("every", "on", "at") if getattr(self, name) is not None]
        if self.cron is not None:
            _refuse(words, f"cron says it all; leave away {', '.join(words)}")
        else:
            _refuse(self.every is None, 'write cron = "0 8 * * sun", or every = "week", on = "sunday", at = "08:00"')
            _refuse(self.at is None, 'at is missing: the time of day, such as at = "08:00"')
            self._together()
        return self

    def _together(self) -> None:
        try:
            self._words(ZoneInfo("UTC"))
        except ValueError as error:
            known = choices(self.every) if self.every else ()
            given = self.on if isinstance(self.on, tuple) else (self.on,)
            unknown = [one for one in given if isinstance(one, str) and one not in known]
            message = f"{error}{near(unknown[0], known) if unknown else ''}"
            raise ValueError(message) from error

    def _words(self, zone: ZoneInfo, account: Account | None = None) -> WordSchedule:
        if self.every is None or self.at is None:
            message = "a schedule in words says every and at"
            raise ValueError(message)
        if account is None:
            return WordSchedule(self.every, self.at, zone, self.on)
        weekend = frozenset(WEEKDAYS.index(day) for day in account.weekend)
        holidays = frozenset(account.holidays)
        return WordSchedule(self.every, self.at, zone, self.on, account.calendar, weekend, holidays)

    def of(self, account: Account) -> Schedule:
        """Return the schedule by the account's calendar, in its own zone or the account's."""
        zone = ZoneInfo(self.timezone) if self.timezone else account.zone
        return CronSchedule(self.cron, zone) if self.cron is not None else self._words(zone, account)


def _refuse(wrong: object, message: str) -> None:
    if wrong:
        raise ValueError(message)


def _table(value: object) -> object:
    """Take a text alone for a cron expression."""
    if not isinstance(value, str | dict | ScheduleTable):
        message = 'write a cron expression such as "0 8 * * sun", or { every = "week", on = "sunday", at = "08:00" }'
        raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueErrors only
    if isinstance(value, str) and value in EVERY:
        message = f'write {{ every = "{value}", at = "08:00" }} or a cron expression such as "0 8 * * sun"'
        raise ValueError(message)
    return {"cron": value} if isinstance(value, str) else value


ScheduleField: TypeAlias = Annotated[ScheduleTable, BeforeValidator(_table)]
