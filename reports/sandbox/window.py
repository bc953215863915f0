"""Windows of whole days, cut into buckets, with the figures that are counted in them."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WEEK_STARTS = {"monday": 0, "saturday": 5, "sunday": 6}
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class GroupBy(StrEnum):
    """What the figures of a window can be broken down by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    AGENT = "agent"
    STAGE = "stage"


@dataclass(frozen=True, slots=True)
class Window:
    """The deals of one pipeline, maybe of one agent only, in the days since..until, both inclusive."""

    pipeline_id: int
    since: date
    until: date
    agent_id: int | None = None


@dataclass(frozen=True, slots=True)
class WindowFigures:
    """What was created, won and lost in a window."""

    created: int = 0
    won: int = 0
    lost: int = 0
    value_created: Decimal = Decimal(0)
    value_won: Decimal = Decimal(0)

    def __add__(self, other: WindowFigures) -> WindowFigures:
        return WindowFigures(
            created=self.created + other.created,
            won=self.won + other.won,
            lost=self.lost + other.lost,
            value_created=self.value_created + other.value_created,
            value_won=self.value_won + other.value_won,
        )

    @property
    def average_deal_size(self) -> Decimal:
        """The value won per deal won."""
        return quotient(self.value_won, self.won, Decimal("0.01"))

    @property
    def conversion_rate(self) -> Decimal:
        """The deals won per 100 created, although they need not be the same deals."""
        return quotient(Decimal(100 * self.won), self.created, Decimal("0.1"))


def quotient(part: Decimal, whole: int, step: Decimal) -> Decimal:
    """Divide and round half up to `step`; the API answers 0 where there is nothing to divide by."""
    return (part / whole).quantize(step, ROUND_HALF_UP) if whole else Decimal(0)


def iso_day(text: str) -> date:
    """Read `YYYY-MM-DD` alone: date.fromisoformat also takes 20261121 and 2026-W47-6."""
    if not ISO_DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def buckets(since: date, until: date, unit: GroupBy, first_weekday: int) -> Iterator[tuple[date, date]]:
    """Cut since..until into days, weeks or months; the first and the last are clipped to the window."""
    first, end = since.toordinal(), until.toordinal()
    while first <= end:
        # Days as numbers, because the day after 9999-12-31 is none.
        last = min(_last_of(first, unit, first_weekday), end)
        yield date.fromordinal(first), date.fromordinal(last)
        first = last + 1


def _last_of(ordinal: int, unit: GroupBy, first_weekday: int) -> int:
    if unit is GroupBy.DAY:
        return ordinal
    day = date.fromordinal(ordinal)
    if unit is GroupBy.WEEK:
        return ordinal + 6 - (day.weekday() - first_weekday) % 7
    return day.replace(day=calendar.monthrange(day.year, day.month)[1]).toordinal()


def label(span: tuple[date, date], unit: GroupBy) -> str:
    """Name a bucket without month names, which would be in one language."""
    first, last = (day.isoformat() for day in span)
    if unit is GroupBy.MONTH:
        return first[:7]
    return first if unit is GroupBy.DAY else f"{first} to {last}"
