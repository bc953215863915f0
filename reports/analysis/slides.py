"""What each slide of a deck says first: arithmetic, never causes; keys and values, no words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from reports.figures import Figure
from reports.findings import Course

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.figures import Number
    from reports.findings import Analysis, Limits, OpenDeals, Section

FULL = Decimal(100)


class Stand(StrEnum):
    """How the value won of the current period stands to its target, its ordinary range, or the earlier periods."""

    NO_DATA = "no_data"
    REACHED = "reached"
    MISSED = "missed"
    ABOVE = "above"
    BELOW = "below"
    RUN_ABOVE = "run_above"
    RUN_BELOW = "run_below"
    ORDINARY = "ordinary"
    HIGHEST = "highest"
    LOWEST = "lowest"
    BETWEEN = "between"
    ALONE = "alone"


@dataclass(frozen=True)
class TrendMessage:
    """Where the value won (`now`, money) stands; of `periods` with data, `higher` of the earlier ones were more."""

    stand: Stand
    now: Decimal = Decimal(0)
    goal: Decimal | None = None
    limits: Limits | None = None
    periods: int = 0
    higher: int = 0


@dataclass(frozen=True)
class Leader:
    """The one with the most of something, and their share of the whole in percent (None where that says nothing)."""

    name: str
    amount: Number
    share: Decimal | None


@dataclass(frozen=True)
class LargestMessage:
    """How many deals are listed as the largest, and their share of all that stands open in percent.

    No share where no sum can be said, or where these are all that have a value (`all_of_them`).
    """

    shown: int
    all_of_them: bool
    share: Decimal | None


COURSES = {
    Course.ABOVE: Stand.ABOVE,
    Course.BELOW: Stand.BELOW,
    Course.RUN_ABOVE: Stand.RUN_ABOVE,
    Course.RUN_BELOW: Stand.RUN_BELOW,
}


def trend_message(section: Section) -> TrendMessage:
    """Return the most that can be said of the value won: of its target, else of its range, else of its rank."""
    if section.current is None:
        return TrendMessage(Stand.NO_DATA)
    now = section.current.value_won
    target = section.target(Figure.VALUE_WON)
    if target is not None and target.reached is not None:
        stand = Stand.REACHED if now >= target.goal else Stand.MISSED
        return TrendMessage(stand, now, goal=target.goal)
    limits = section.limits.get(Figure.VALUE_WON)
    if limits is not None:
        signal = next((one for one in section.signals if one.figure is Figure.VALUE_WON), None)
        return TrendMessage(Stand.ORDINARY if signal is None else COURSES[signal.course], now, limits=limits)
    return _rank(now, [one.figures.value_won for one in section.trend[:-1] if one.figures is not None])


def _rank(now: Decimal, earlier: list[Decimal]) -> TrendMessage:
    """Return where a value stands among earlier ones; level with one of them, it is neither highest nor lowest."""
    higher = sum(one > now for one in earlier)
    if not earlier:
        stand = Stand.ALONE
    elif all(one < now for one in earlier):
        stand = Stand.HIGHEST
    else:
        stand = Stand.LOWEST if higher == len(earlier) else Stand.BETWEEN
    return TrendMessage(stand, now, periods=len(earlier) + 1, higher=higher)


def leader(amounts: Iterable[tuple[str, Number]], total: Number) -> Leader | None:
    """Return the one with the most of what adds up to a total; None where several are level, or nobody has any."""
    ranked = sorted(amounts, key=lambda one: one[1], reverse=True)
    if not ranked or ranked[0][1] <= 0 or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    name, amount = ranked[0]
    share = Decimal(amount) / Decimal(total) * FULL if 0 < amount <= total else None
    return Leader(name, amount, share)


def first_pipeline(analysis: Analysis) -> Leader | None:
    """Return the pipeline that won the most value."""
    total = analysis.overall.current
    if total is None:
        return None
    found = ((one.name, one.current.value_won) for one in analysis.pipelines if one.current is not None)
    return leader(found, total.value_won)


def first_agent(section: Section) -> Leader | None:
    """Return the agent who won the most value."""
    if section.current is None:
        return None
    known = ((one.agent, one.current) for one in section.agents)
    found = ((agent.name, figures.value_won) for agent, figures in known if agent is not None and figures is not None)
    return leader(found, section.current.value_won)


def fullest_stage(section: Section) -> Leader | None:
    """Return the stage in which most of the new deals stand now."""
    counts = [(one.current.name, one.current.count) for one in section.stages]
    return leader(counts, sum(count for _, count in counts))


def largest_message(deals: OpenDeals) -> LargestMessage:
    """Return what part of all that stands open the largest deals are."""
    all_of_them = deals.count - deals.without_value <= len(deals.largest)
    share = None
    if not all_of_them and deals.value is not None and deals.value > 0:
        share = sum((one.value for one in deals.largest), Decimal(0)) / deals.value * FULL
    return LargestMessage(len(deals.largest), all_of_them, share)
