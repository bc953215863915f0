"""A delta is a finite number of the right sort, or none with a reason."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from reports.analysis.deltas import SMALL_COUNT, delta, deltas
from reports.figures import Figure, Figures, Measure, Number
from reports.findings import Delta, NewFromZero, NoDelta, Percent, Points, Reason
from tests.making import figures, figures_of

RATES = [one for one in Figure if one.measure is Measure.PERCENT]
SUMS = [one for one in Figure if one.measure is not Measure.PERCENT]
any_figure = st.sampled_from(list(Figure))
a_sum = st.sampled_from(SUMS)
a_rate = st.sampled_from(RATES)
numbers = st.integers(-(10**12), 10**12) | st.decimals(-(10**15), 10**15, places=9)
maybe = st.none() | numbers | st.just(0)


def finite(found: Delta) -> bool:
    parts = [found.absolute, found.relative if isinstance(found, Percent) else None]
    return all(Decimal(one).is_finite() for one in parts if one is not None)


@given(any_figure, maybe, maybe)
@example(Figure.VALUE_WON, Decimal(10) ** 15, Decimal("1e-9"))
def test_nothing_is_ever_infinite_or_not_a_number(figure: Figure, now: Number | None, before: Number | None) -> None:
    found = delta(figure, now, before)
    assert finite(found)
    if now is None or before is None:
        assert found == NoDelta(Reason.NO_DATA)
    else:
        assert found.absolute == now - before


@given(figures | st.none(), figures | st.none())
def test_every_figure_of_two_periods_is_compared(now: Figures | None, before: Figures | None) -> None:
    found = deltas(now, before)
    assert list(found) == list(Figure)
    for figure, one in found.items():
        assert finite(one)
        values = [None if side is None else side.value(figure) for side in (now, before)]
        assert (one == NoDelta(Reason.NO_DATA)) == (None in values)


@given(a_rate, numbers, numbers)
def test_rates_are_compared_by_subtraction(figure: Figure, now: Number, before: Number) -> None:
    found = delta(figure, now, before)
    assert isinstance(found, Points)
    assert found.absolute == now - before


@given(a_sum, numbers, numbers)
def test_sums_are_compared_with_what_they_were(figure: Figure, now: Number, before: Number) -> None:
    assume(before > 0)
    found = delta(figure, now, before)
    assert isinstance(found, Percent)
    assert abs(found.relative * before - (now - before)) <= abs(Decimal(now - before)) * Decimal("1e-20")


@given(a_sum, numbers)
def test_from_nothing_is_new_and_never_a_percentage(figure: Figure, now: Number) -> None:
    assume(now > 0)
    assert delta(figure, now, 0) == NewFromZero(now, figure.up_is_good)


def test_from_nothing_to_less_than_nothing_is_not_new() -> None:
    found = delta(Figure.VALUE_WON, Decimal(-500), Decimal(0))
    assert found == NoDelta(Reason.NOT_COMPARABLE, Decimal(-500), good=False)


@given(a_sum, numbers)
def test_to_nothing_is_minus_a_hundred_percent(figure: Figure, before: Number) -> None:
    assume(before > 0)
    found = delta(figure, 0, before)
    assert isinstance(found, Percent)
    assert (found.relative, found.absolute) == (-1, -before)


@pytest.mark.parametrize("figure", SUMS)
def test_nothing_and_nothing_is_no_change(figure: Figure) -> None:
    assert delta(figure, 0, Decimal(0)) == NoDelta(Reason.BOTH_ZERO, 0)


@pytest.mark.parametrize("figure", RATES)
def test_a_rate_that_stays_at_zero_has_not_changed(figure: Figure) -> None:
    assert delta(figure, Decimal(0), Decimal(0)) == Points(Decimal(0), None)


@given(a_sum, numbers, numbers)
def test_nothing_is_relative_to_a_negative_sum(figure: Figure, now: Number, before: Number) -> None:
    assume(before < 0)
    found = delta(figure, now, before)
    assert isinstance(found, NoDelta)
    assert (found.reason, found.absolute) == (Reason.NOT_COMPARABLE, now - before)


@given(any_figure, numbers, numbers)
def test_up_is_good_except_for_deals_lost(figure: Figure, now: Number, before: Number) -> None:
    found = delta(figure, now, before)
    if now == before:
        assert found.good is None
    else:
        assert found.good is ((now > before) != (figure is Figure.LOST))


@pytest.mark.parametrize(
    ("now", "before", "small"),
    [
        (SMALL_COUNT, SMALL_COUNT, False),
        (SMALL_COUNT, SMALL_COUNT - 1, True),
        (SMALL_COUNT - 1, SMALL_COUNT, True),
        (1000, 3, True),
    ],
)
def test_small_counts_are_marked(now: int, before: int, small: bool) -> None:
    found = delta(Figure.WON, now, before)
    assert isinstance(found, Percent)
    assert found.small is small


def test_small_sums_of_money_are_not_marked() -> None:
    found = delta(Figure.VALUE_WON, Decimal(3), Decimal(2))
    assert found == Percent(Decimal(1), Decimal("0.5"), good=True, small=False)


def test_a_rate_without_a_denominator_has_no_comparison() -> None:
    found = deltas(Figures(created=5), figures_of())
    assert found[Figure.WIN_RATE] == NoDelta(Reason.NO_DATA)
    assert found[Figure.CONVERSION_RATE] == Points(Decimal(0) - Decimal(1000) / 30, good=False)
    assert found[Figure.WON] == Percent(-10, Decimal(-1), good=False, small=True)
