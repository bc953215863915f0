"""The split of a change of value won: it adds up, and it says what a hand would compute."""

from __future__ import annotations

from decimal import Decimal
from math import log
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.drivers import drivers, drivers_together
from reports.analysis.sections import overall_section, pipeline_section
from reports.figures import Figures
from tests.making import fetched, figures, plan_of

if TYPE_CHECKING:
    from reports.findings import Drivers

CENT = Decimal("0.000001")
some = st.none() | figures
NAMES = ("closed", "win_rate", "deal_size", "not_split")


def parts(found: Drivers) -> Decimal:
    return sum((getattr(found, name) for name in NAMES), Decimal(0))


def won(won_deals: int, lost: int, value: str) -> Figures:
    return Figures(won=won_deals, lost=lost, value_won=Decimal(value))


@given(some, some)
def test_the_parts_add_up_to_the_change(now: Figures | None, before: Figures | None) -> None:
    found = drivers(now, before)
    change = (now.value_won if now else 0) - (before.value_won if before else 0)
    assert found.total == change
    assert abs(parts(found) - change) < CENT


@given(figures, figures)
def test_the_way_back_is_the_opposite(now: Figures, before: Figures) -> None:
    there, back = drivers(now, before), drivers(before, now)
    for name in NAMES:
        assert abs(getattr(there, name) + getattr(back, name)) < CENT


@given(figures)
def test_nothing_moved_nothing(now: Figures) -> None:
    assert {abs(getattr(drivers(now, now), name)) < CENT for name in NAMES} == {True}


def test_one_factor_alone_takes_all() -> None:
    before = won(10, 10, "50000")
    assert drivers(won(20, 20, "100000"), before).closed == pytest.approx(Decimal(50000))
    assert drivers(won(15, 5, "75000"), before).win_rate == pytest.approx(Decimal(25000))
    assert drivers(won(10, 10, "60000"), before).deal_size == pytest.approx(Decimal(10000))


def test_by_hand() -> None:
    """36 of 110 won for 658K, after 27 of 86 for 505K: the formula in doubles, factor by factor."""
    found = drivers(won(36, 74, "657537"), won(27, 59, "505153"))
    weight = (657537 - 505153) / log(657537 / 505153)
    assert float(found.closed) == pytest.approx(weight * log(110 / 86))
    assert float(found.win_rate) == pytest.approx(weight * log((36 / 110) / (27 / 86)))
    assert float(found.deal_size) == pytest.approx(weight * log((657537 / 36) / (505153 / 27)))


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (won(0, 5, "0"), won(3, 5, "900")),
        (won(3, 5, "900"), won(0, 0, "0")),
        (won(3, 0, "0"), won(3, 0, "900")),  # deals without a value
        (won(3, 0, "-50"), won(3, 0, "900")),  # a credit note
        (won(3, 0, "900"), None),
        (None, won(3, 0, "900")),
    ],
)
def test_a_zero_factor_is_not_split(now: Figures | None, before: Figures | None) -> None:
    found = drivers(now, before)
    assert found.not_split == found.total
    assert (found.closed, found.win_rate, found.deal_size) == (0, 0, 0)


@given(st.data())
def test_overall_is_the_sum_of_the_pipelines(data: st.DataObject) -> None:
    plan = plan_of()
    pipelines = data.draw(fetched(plan))
    overall = overall_section(plan, pipelines)
    if overall.current is None or overall.previous is None:
        assert overall.drivers is None
        return
    assert overall.drivers is not None
    change = overall.current.value_won - overall.previous.value_won
    assert overall.drivers.total == change
    assert abs(parts(overall.drivers) - change) < CENT
    sections = [pipeline_section(plan, one) for one in pipelines]
    split = drivers_together(one.drivers for one in sections if one.drivers)
    alone = [one for one in sections if one.drivers is None]
    rest = sum(((one.current or Figures()).value_won - (one.previous or Figures()).value_won for one in alone), 0)
    assert abs(overall.drivers.closed - split.closed) < CENT
    assert abs(overall.drivers.not_split - split.not_split - rest) < CENT
