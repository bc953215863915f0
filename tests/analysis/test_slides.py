"""What slides say first follows from the figures, and says nothing where these say nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.sections import pipeline_section
from reports.analysis.slides import Leader, Stand, TrendMessage, largest_message, leader, trend_message
from reports.figures import Figure, Figures, Window
from reports.findings import Course, Limits, OpenDeal, OpenDeals, Section, Signal, Target, TrendPoint
from tests.making import pipeline_of, plan_of

QUARTERS = plan_of("quarter", trailing=6)
LIMITS = Limits(Decimal(50), Decimal(10), Decimal(90), 8)
EMPTY = pipeline_section(QUARTERS, pipeline_of(QUARTERS, lambda period: Window(period, Figures())))
amounts = st.lists(st.none() | st.integers(-50, 500), max_size=5)


def won(value: int | None) -> Figures | None:
    return None if value is None else Figures(created=9, won=1, value_won=Decimal(value))


def section(now: int | None, *earlier: int | None) -> Section:
    points = tuple(TrendPoint(QUARTERS.current, won(one)) for one in (*earlier, now))
    return replace(EMPTY, current=won(now), trend=points)


@given(now=st.integers(-50, 500), earlier=amounts)
def test_a_rank_counts_the_earlier_periods_that_were_higher(now: int, earlier: list[int | None]) -> None:
    found = trend_message(section(now, *earlier))
    known = [one for one in earlier if one is not None]
    above = [one for one in known if one > now]
    if not known:
        assert found == TrendMessage(Stand.ALONE, Decimal(now), periods=1)
        return
    assert (found.now, found.periods, found.higher) == (Decimal(now), len(known) + 1, len(above))
    assert (found.stand is Stand.HIGHEST) == (now > max(known))
    assert (found.stand is Stand.LOWEST) == (now < min(known))
    assert found.stand in {Stand.HIGHEST, Stand.LOWEST, Stand.BETWEEN}


def test_without_data_nothing_is_said_of_it() -> None:
    assert trend_message(section(None, 5, 6)) == TrendMessage(Stand.NO_DATA)


@pytest.mark.parametrize(("now", "stand"), [(99, Stand.MISSED), (100, Stand.REACHED), (101, Stand.REACHED)])
def test_a_target_comes_first(now: int, stand: Stand) -> None:
    target = Target(Figure.VALUE_WON, Decimal(100), Decimal(now))
    limited = replace(section(now, 5), limits={Figure.VALUE_WON: LIMITS}, targets=(target,))
    assert trend_message(limited) == TrendMessage(stand, Decimal(now), goal=Decimal(100))


@pytest.mark.parametrize("course", [None, *Course])
def test_a_range_comes_before_a_rank(course: Course | None) -> None:
    signals = () if course is None else (Signal(Figure.VALUE_WON, course, Decimal(1), LIMITS),)
    found = trend_message(replace(section(5, 1, 2), limits={Figure.VALUE_WON: LIMITS}, signals=signals))
    assert found.limits == LIMITS
    assert found.stand is (Stand.ORDINARY if course is None else Stand(course.value))


@given(found=st.lists(st.tuples(st.text("abc", min_size=1), st.integers(-20, 20)), max_size=6))
def test_a_leader_is_ahead_of_all_others(found: list[tuple[str, int]]) -> None:
    total = sum(amount for _, amount in found)
    first = leader(found, total)
    ranked = sorted((amount for _, amount in found), reverse=True)
    ahead = bool(ranked) and ranked[0] > 0 and ranked[:2].count(ranked[0]) == 1
    assert (first is not None) == ahead
    if first is not None:
        assert (first.name, first.amount) in found
        assert first.amount == ranked[0]
        assert (first.share is None) == (first.amount > total), "no part is more than the whole"
        if first.share is not None:
            assert first.share == pytest.approx(Decimal(first.amount * 100) / total)


def test_two_that_are_level_lead_nobody() -> None:
    assert leader([("a", 5), ("b", 5), ("c", 1)], 11) is None
    assert leader([("a", 5)], 5) == Leader("a", 5, Decimal(100))


def deals(count: int, value: Decimal | None, largest: list[int], without: int = 0) -> OpenDeals:
    listed = tuple(OpenDeal(n, "x", 1, "p", "s", None, Decimal(one), 1) for n, one in enumerate(largest))
    return OpenDeals((), count, value, without, 0, listed)


def test_the_share_of_the_largest_deals_is_of_all_that_stands_open() -> None:
    found = largest_message(deals(20, Decimal(400), [60, 40]))
    assert (found.shown, found.all_of_them, found.share) == (2, False, Decimal(25))
    assert largest_message(deals(2, Decimal(100), [60, 40])).share is None, "these are all"
    assert largest_message(deals(3, Decimal(100), [60, 40], without=1)).all_of_them
    assert largest_message(deals(20, None, [60, 40])).share is None, "no sum can be said"
    assert largest_message(deals(20, Decimal(-5), [60, 40])).share is None
