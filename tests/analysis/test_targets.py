"""A goal is reached in percent, or by points, and only where the period is a whole one of the report."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.analyse import analyse
from reports.analysis.targets import due, reached, targets
from reports.figures import Figure, Figures, Measure, Number, Window
from reports.findings import Target
from reports.periods import Kind, Period, plan_span
from tests.making import AS_OF, KINDS, SUNDAYS, figures, figures_of, pipeline_of, plan_of, snapshot_of

GOALS = {Figure.WIN_RATE: Decimal(45), Figure.VALUE_WON: Decimal(80_000)}
WEEKS = plan_of()
goals = st.decimals("0.1", 10**15, places=2)
in_percent = st.sampled_from([one for one in Figure if one.measure is not Measure.PERCENT])
in_points = st.sampled_from([one for one in Figure if one.measure is Measure.PERCENT])


@given(in_percent, goals)
def test_at_its_goal_a_sum_is_reached_by_exactly_a_hundred(figure: Figure, goal: Decimal) -> None:
    assert reached(figure, goal, goal) == 100


@given(in_percent, goals, st.integers(-(10**9), 10**9))
def test_a_hundred_parts_those_above_the_goal_from_those_below(figure: Figure, goal: Decimal, value: Number) -> None:
    found = reached(figure, goal, value)
    assert found is not None
    assert (found > 100, found < 100) == (value > goal, value < goal)


@given(in_points, goals, st.decimals(0, 100, places=3))
def test_a_rate_is_held_against_its_goal_by_subtraction(figure: Figure, goal: Decimal, value: Decimal) -> None:
    assert reached(figure, goal, value) == value - goal


@given(st.none() | figures)
def test_each_goal_has_its_target_in_the_figures_order(current: Figures | None) -> None:
    found = targets(GOALS, current)
    assert [one.figure for one in found] == [Figure.VALUE_WON, Figure.WIN_RATE]
    for one in found:
        value = current.value(one.figure) if current else None
        assert (one.reached is None) == (value is None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_goal_is_for_whole_periods(kind: str) -> None:
    found = due(GOALS, Kind.parse(kind), plan_of(kind))
    assert found == ({} if kind.endswith("_to_date") else GOALS)


def test_a_free_span_has_no_goal() -> None:
    assert due(GOALS, Kind.parse("week"), plan_span(Period(AS_OF, AS_OF), SUNDAYS)) == {}


def test_the_targets_are_those_of_all_pipelines_together() -> None:
    pipelines = (
        pipeline_of(WEEKS, lambda period: Window(period, figures_of(value_won=30_000)), number=number)
        for number in (1, 2)
    )
    found = analyse(WEEKS, snapshot_of(*pipelines), GOALS)
    assert found.overall.target(Figure.VALUE_WON) == Target(Figure.VALUE_WON, Decimal(80_000), Decimal(75))
    assert found.overall.target(Figure.WON) is None
    assert [one.targets for one in found.pipelines] == [(), ()]
