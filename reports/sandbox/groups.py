"""The groups that a window's figures are broken down into."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from reports.sandbox.refusals import refusal
from reports.sandbox.window import WindowFigures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.sandbox.deals import Deals
    from reports.sandbox.window import Window

WEEK_STARTS = {"monday": 0, "saturday": 5, "sunday": 6}
MOST_GROUPS = 3_700  # ten years of days: more is a slip of the pen, and would cost memory without end


class GroupBy(StrEnum):
    """What the figures of a window can be broken down by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    AGENT = "agent"
    STAGE = "stage"


@dataclass(frozen=True, slots=True)
class Group:
    """One part of a window: what identifies it, its name, and its figures."""

    key: str
    label: str
    figures: WindowFigures


def groups(deals: Deals, window: Window, by: GroupBy, first_weekday: int) -> list[Group]:
    """Break a window's figures down; the groups add up to it."""
    if by is GroupBy.STAGE:
        return [Group(str(stage.id), stage.name, figures) for stage, figures in deals.by_stage(window)]
    if by is GroupBy.AGENT:
        owners = deals.by_agent(window)
        return [Group(str(it.id) if it else "", it.name if it else "Unassigned", figures) for it, figures in owners]
    return _series(deals, window, by, first_weekday)


def _series(deals: Deals, window: Window, by: GroupBy, first_weekday: int) -> list[Group]:
    spans = list(islice(buckets(window.since, window.until, by, first_weekday), MOST_GROUPS + 1))
    if len(spans) > MOST_GROUPS:
        raise refusal("group_by", f"would make more than {MOST_GROUPS} groups of this window: ask for a shorter one")
    days = sorted(deals.by_day(window).items(), reverse=True)
    series = []
    for span in spans:
        figures = WindowFigures()
        while days and days[-1][0] <= span[1]:
            figures += days.pop()[1]
        series.append(Group(span[0].isoformat(), label(span, by), figures))
    return series


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
