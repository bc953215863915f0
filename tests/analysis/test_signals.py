"""Limits of ordinary variation, against worked examples and against their own laws."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.signals import FEWEST, limits, limits_of, signals
from reports.figures import Figure, Figures
from reports.findings import Course, Limits, TrendPoint
from tests.making import plan_of

# Douglas Montgomery, Introduction to Statistical Quality Control, the table of 15 viscosities of aircraft primer paint:
# mean 33.52, mean moving range 0.48, limits 34.80 and 32.24 (with 2.66 for 3 / 1.128).
VISCOSITY = (
    *("33.75", "33.05", "34.00", "33.81", "33.46", "34.02", "33.68", "33.27"),
    *("33.49", "33.20", "33.62", "33.00", "33.54", "33.12", "33.84"),
)
amounts = st.decimals(0, 1_000_000, places=2)
series = st.lists(st.none() | amounts, max_size=20)


def trend(values: list[Decimal | None]) -> list[TrendPoint]:
    """Make a trend of values won, one deal each."""
    periods = plan_of(trailing=max(2, len(values))).trailing
    return [
        TrendPoint(period, None if value is None else Figures(created=1, won=1, value_won=value))
        for period, value in zip(periods, values, strict=True)
    ]


def judged(values: list[int | None]) -> Course | None:
    points = trend([None if one is None else Decimal(one) for one in values])
    found = [one for one in signals(points, limits_of(points)) if one.figure is Figure.VALUE_WON]
    return found[0].course if found else None


def test_the_example_of_the_literature() -> None:
    found = limits([Decimal(one) for one in VISCOSITY], Figure.VALUE_WON)
    assert found is not None
    assert round(found.mean, 2) == Decimal("33.52")
    assert round(found.upper, 2) == Decimal("34.80")
    assert round(found.lower, 2) == Decimal("32.24")
    assert found.periods == 15


def test_a_gap_breaks_the_moving_range() -> None:
    """10 and 1010 don't stand side by side: the ranges are 0 but for none across the gap."""
    found = limits([*[Decimal(10)] * 4, None, *[Decimal(1010)] * 4], Figure.VALUE_WON)
    assert found == Limits(Decimal(510), Decimal(510), Decimal(510), 8)


@given(series)
def test_eight_periods_at_least(values: list[Decimal | None]) -> None:
    found = limits(values, Figure.VALUE_WON)
    known = [one for one in values if one is not None]
    side_by_side = any(a is not None and b is not None for a, b in pairwise(values))
    assert (found is not None) == (len(known) >= FEWEST and side_by_side)
    if found is not None:
        assert 0 <= found.lower <= found.mean <= found.upper


@given(st.lists(st.decimals(0, 100, places=1), min_size=8, max_size=12))
def test_rates_stay_within_their_bounds(values: list[Decimal]) -> None:
    rate = limits(values, Figure.WIN_RATE)
    assert rate is not None
    assert 0 <= rate.lower <= rate.upper <= 100
    free = limits(values, Figure.CONVERSION_RATE)
    assert free is not None
    assert free.upper >= rate.upper


STEADY: list[int | None] = [100, 110, 90, 105, 95, 100, 110, 90, 105, 95, 100]


@pytest.mark.parametrize(
    ("current", "course"),
    [(100, None), (130, None), (160, Course.ABOVE), (40, Course.BELOW), (None, None)],
)
def test_a_value_is_judged_by_what_came_before(current: int | None, course: Course | None) -> None:
    assert judged([*STEADY, current]) is course


def test_a_run_of_eight() -> None:
    falling: list[int | None] = [150, 60, 150, 150, 95, 96, 97, 95, 96, 97, 95]
    assert judged([*falling, 96]) is Course.RUN_BELOW
    assert judged([*falling[:-1], 150, 96]) is None, "one on the other side ends it"
    assert judged([*falling[:-1], None, 96]) is None, "so does a period without data"
    rising: list[int | None] = [60, 150, 60, 60, 120, 121, 122, 120, 121, 122, 120]
    assert judged([*rising, 121]) is Course.RUN_ABOVE


def test_too_few_periods_give_no_limits() -> None:
    points = trend([Decimal(100)] * 8)  # seven before the current one
    assert Figure.VALUE_WON not in limits_of(points)
    assert signals(points, limits_of(points)) == ()


@given(st.lists(amounts, min_size=9, max_size=13))
def test_the_current_value_doesnt_move_its_own_limits(values: list[Decimal]) -> None:
    other = [*values[:-1], values[-1] + 1000]
    assert limits_of(trend(list(values)))[Figure.VALUE_WON] == limits_of(trend(list(other)))[Figure.VALUE_WON]


def test_a_rate_that_never_changes_is_no_signal_however_many_decimals_it_has() -> None:
    points = [TrendPoint(period, Figures(created=14, won=10, lost=4)) for period in plan_of(trailing=12).trailing]
    assert signals(points, limits_of(points)) == ()
