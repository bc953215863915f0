"""Which current values are more than ordinary variation."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from reports.figures import HUNDRED, Figure
from reports.findings import Course, Limits, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.figures import Number
    from reports.findings import TrendPoint

FEWEST = 8  # periods with data, below which no limits are drawn
RUN = 8  # values in a row on one side of the mean
GRAIN = Decimal("1e-9")  # by which the mean of equal rates may miss them, since decimals end
REACH = Decimal("2.66")  # 3 / d2 with d2 = 1.128: from a mean range of two values to three standard deviations


def limits_of(trend: Sequence[TrendPoint]) -> dict[Figure, Limits]:
    """Return the limits of every figure that has them, from the trailing periods before the current one."""
    found = {figure: limits(values(trend, figure)[:-1], figure) for figure in Figure}
    return {figure: one for figure, one in found.items() if one is not None}


def limits(earlier: Sequence[Number | None], figure: Figure) -> Limits | None:
    """Return the natural process limits of an XmR chart: the mean +- 2.66 x the mean moving range (Wheeler).

    A period without data breaks the moving range. Nothing of ours is ordinarily below 0, no win rate above 100 %.
    """
    known = [Decimal(one) for one in earlier if one is not None]
    ranges = [abs(Decimal(now) - before) for before, now in pairwise(earlier) if now is not None and before is not None]
    if len(known) < FEWEST or not ranges:
        return None
    mean = sum(known, Decimal(0)) / len(known)
    reach = REACH * sum(ranges, Decimal(0)) / len(ranges)
    upper = min(mean + reach, HUNDRED) if figure is Figure.WIN_RATE else mean + reach
    return Limits(mean, max(mean - reach, Decimal(0)), upper, len(known))


def signals(trend: Sequence[TrendPoint], known: Mapping[Figure, Limits]) -> tuple[Signal, ...]:
    """Judge the current value of every figure that has limits."""
    found = []
    for figure, one in known.items():
        course = _course(values(trend, figure), one)
        current = values(trend, figure)[-1]
        if course is not None and current is not None:
            found.append(Signal(figure, course, current, one))
    return tuple(found)


def values(trend: Sequence[TrendPoint], figure: Figure) -> list[Number | None]:
    """Return one figure of every trailing period, oldest first; None where there is no data."""
    return [point.figures.value(figure) if point.figures else None for point in trend]


def _course(series: Sequence[Number | None], known: Limits) -> Course | None:
    """Return how the last value departs: outside the limits first, else in a run on one side of the mean."""
    current = series[-1]
    if current is None:
        return None
    if current > known.upper + GRAIN:
        return Course.ABOVE
    if current < known.lower - GRAIN:
        return Course.BELOW
    last = [one for one in series[-RUN:] if one is not None]
    if len(last) == RUN and all(one > known.mean + GRAIN for one in last):
        return Course.RUN_ABOVE
    if len(last) == RUN and all(one < known.mean - GRAIN for one in last):
        return Course.RUN_BELOW
    return None
