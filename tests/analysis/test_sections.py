"""All pipelines together are their sums, and what isn't there is not taken for nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from reports.analysis.analyse import analyse
from reports.analysis.deltas import deltas
from reports.analysis.sections import overall_section, pipeline_section
from reports.figures import Agent, AgentFigures, Figure, Figures, PipelineWindows, StageFigures, Window
from reports.findings import NewFromZero, NoDelta, Percent, Reason
from tests.making import agent, fetched, figures_of, pipeline_of, plan_of, share, snapshot_of, stage

if TYPE_CHECKING:
    from reports.findings import AgentChange
    from reports.periods import Period, Plan

WEEKS = plan_of()
COMPARED = plan_of(with_year_ago=True)
Fetched = tuple[PipelineWindows, ...]


def total(pipelines: Fetched, period: Period) -> Figures | None:
    """Add the figures up once more, as plainly as can be."""
    known = [one.windows[period].figures for one in pipelines if existed(one, period)]
    if not known:
        return None
    return Figures(
        sum(one.created for one in known),
        sum(one.won for one in known),
        sum(one.lost for one in known),
        sum((one.value_created for one in known), Decimal(0)),
        sum((one.value_won for one in known), Decimal(0)),
    )


def existed(pipeline: PipelineWindows, period: Period) -> bool:
    return pipeline.pipeline.created_on is None or pipeline.pipeline.created_on <= period.until


def owned(pipelines: Fetched, period: Period, number: int | None) -> Decimal:
    shares = [one for each in pipelines if existed(each, period) for one in each.windows[period].agents]
    return sum((one.value_won for one in shares if (one.agent.id if one.agent else None) == number), Decimal(0))


def keys(changes: tuple[AgentChange, ...]) -> list[int | None]:
    return [one.agent.id if one.agent else None for one in changes]


@given(fetched(WEEKS))
def test_all_together_is_the_sum_of_the_pipelines(pipelines: Fetched) -> None:
    overall = overall_section(WEEKS, pipelines)
    assert (overall.id, overall.name) == (None, "")
    assert overall.current == total(pipelines, WEEKS.current)
    assert overall.previous == total(pipelines, WEEKS.previous)
    assert [(one.period, one.figures) for one in overall.trend] == [
        (period, total(pipelines, period)) for period in WEEKS.trailing
    ]
    assert overall.deltas == deltas(overall.current, overall.previous)


@given(fetched(COMPARED))
def test_a_year_ago_is_the_sum_of_the_pipelines_that_were_there(pipelines: Fetched) -> None:
    overall = overall_section(COMPARED, pipelines)
    assert COMPARED.year_ago is not None
    assert overall.year_ago == total(pipelines, COMPARED.year_ago)
    assert overall.year_ago_deltas == deltas(overall.current, overall.year_ago)
    assert [(one.period, one.figures) for one in overall.trend_year_ago] == [
        (period, total(pipelines, period)) for period in COMPARED.trailing_year_ago
    ]
    for change in overall.agents:
        number = change.agent.id if change.agent else None
        known = None if overall.year_ago is None else owned(pipelines, COMPARED.year_ago, number)
        assert known == (change.year_ago.value_won if change.year_ago else None)


@given(fetched(WEEKS))
def test_without_the_comparison_nothing_is_said_of_a_year_ago(pipelines: Fetched) -> None:
    overall = overall_section(WEEKS, pipelines)
    assert (overall.year_ago, overall.year_ago_deltas, overall.trend_year_ago) == (None, {}, ())
    assert {one.year_ago for one in overall.agents} <= {None}


def test_a_pipeline_that_is_younger_than_a_year_has_no_data_then_which_is_not_0() -> None:
    def window(period: Period) -> Window:
        return Window(period, figures_of())

    section = pipeline_section(COMPARED, pipeline_of(COMPARED, window, created_on=date(2026, 1, 1)))
    assert section.year_ago is None
    assert set(section.year_ago_deltas.values()) == {NoDelta(Reason.NO_DATA)}
    assert {one.figures for one in section.trend_year_ago} == {None}
    assert section.previous == figures_of()


@given(fetched(WEEKS))
def test_each_agent_has_what_the_pipelines_say_together(pipelines: Fetched) -> None:
    overall = overall_section(WEEKS, pipelines)
    found = keys(overall.agents)
    assert len(set(found)) == len(found)
    for key, change in zip(found, overall.agents, strict=True):
        for period, one in ((WEEKS.current, change.current), (WEEKS.previous, change.previous)):
            if total(pipelines, period) is None:
                assert one is None
            else:
                assert one is not None
                assert one.value_won == owned(pipelines, period, key)


@given(fetched(WEEKS))
def test_agents_stand_by_value_won_and_the_unassigned_last(pipelines: Fetched) -> None:
    changes = overall_section(WEEKS, pipelines).agents
    named = [one for one in changes if one.agent is not None]
    assert list(changes[: len(named)]) == named
    values = [one.current.value_won if one.current else Decimal(0) for one in named]
    assert values == sorted(values, reverse=True)


@given(fetched(WEEKS))
def test_one_pipeline_alone_is_all_together(pipelines: Fetched) -> None:
    alone, overall = pipeline_section(WEEKS, pipelines[0]), overall_section(WEEKS, pipelines[:1])
    assert (alone.current, alone.previous) == (overall.current, overall.previous)
    assert (alone.deltas, alone.trend, alone.agents) == (overall.deltas, overall.trend, overall.agents)


@given(fetched(WEEKS))
def test_an_analysis_has_a_section_for_each_pipeline_in_order(pipelines: Fetched) -> None:
    analysis = analyse(WEEKS, snapshot_of(*pipelines))
    assert [one.id for one in analysis.pipelines] == [one.pipeline.id for one in pipelines]
    assert analysis.overall == overall_section(WEEKS, pipelines)
    assert analysis.headline.current == analysis.overall.current
    assert analysis.plan is WEEKS


def everywhere(figures: Figures, *agents: AgentFigures, plan: Plan = WEEKS, **about: object) -> PipelineWindows:
    return pipeline_of(plan, lambda period: Window(period, figures, agents), **about)  # type: ignore[arg-type]


def test_a_pipeline_that_began_this_week_has_no_week_before() -> None:
    section = pipeline_section(WEEKS, everywhere(figures_of(), share(1, 3, 1, 500), created_on=date(2026, 11, 18)))
    assert section.current == figures_of()
    assert section.previous is None
    assert [one.figures for one in section.trend] == [None, None, None, figures_of()]
    assert set(section.deltas.values()) == {NoDelta(Reason.NO_DATA)}
    assert section.agents[0].previous is None
    assert section.agents[0].value_won == NoDelta(Reason.NO_DATA)


def test_a_new_pipeline_adds_to_the_sum_only_from_its_first_day() -> None:
    old, new = everywhere(figures_of(value_won=1000)), everywhere(figures_of(value_won=700), number=2)
    began = PipelineWindows(type(new.pipeline)(2, "New", date(2026, 11, 18)), new.windows)
    overall = overall_section(WEEKS, (old, began))
    assert overall.current is not None
    assert overall.previous is not None
    assert (overall.current.value_won, overall.previous.value_won) == (1700, 1000)


def test_a_pipeline_of_the_future_has_no_data_at_all() -> None:
    overall = overall_section(WEEKS, (everywhere(figures_of(), created_on=date(2027, 1, 1)),))
    assert (overall.current, overall.previous, overall.agents, overall.stages) == (None, None, (), ())
    assert {one.figures for one in overall.trend} == {None}


def test_an_agent_who_is_not_listed_had_nothing_in_that_window() -> None:
    def window(period: Period) -> Window:
        return Window(period, figures_of(), (share(1, 3, 1, 500),) if period == WEEKS.current else ())

    changed = pipeline_section(WEEKS, pipeline_of(WEEKS, window)).agents[0]
    assert changed.previous == AgentFigures(agent(1))
    assert changed.value_won == NewFromZero(Decimal(500), good=True)


def test_an_agent_who_left_is_listed_with_the_week_before() -> None:
    def window(period: Period) -> Window:
        return Window(period, figures_of(), (share(1, 3, 1, 500),) if period == WEEKS.previous else ())

    changed = pipeline_section(WEEKS, pipeline_of(WEEKS, window)).agents[0]
    assert (changed.agent, changed.current) == (agent(1), AgentFigures(agent(1)))
    assert changed.value_won == Percent(Decimal(-500), Decimal(-1), good=False)


def test_an_agent_is_known_by_the_id_and_not_by_the_name() -> None:
    same = [AgentFigures(Agent(number, "Noura"), 1, 1, Decimal(100)) for number in (2, 1)]
    found = pipeline_section(WEEKS, everywhere(figures_of(), *same)).agents
    assert keys(found) == [1, 2]
    renamed = AgentFigures(Agent(1, "Noura Q."), 1, 1, Decimal(100))
    both = overall_section(WEEKS, (everywhere(figures_of(), same[1]), everywhere(figures_of(), renamed, number=2)))
    assert [one.current.value_won for one in both.agents if one.current] == [200]


def test_ties_are_settled_by_deals_won_then_by_what_was_then_by_name() -> None:
    rows = (share(4, 1, 1, 100), share(3, 1, 1, 100), share(2, 1, 2, 100), share(None, 1, 9, 999))

    def window(period: Period) -> Window:
        return Window(period, figures_of(), rows if period == WEEKS.current else (share(4, 1, 1, 50),))

    assert keys(pipeline_section(WEEKS, pipeline_of(WEEKS, window)).agents) == [2, 4, 3, None]


def staged(*stages: StageFigures, order: tuple[int, ...], number: int = 1) -> PipelineWindows:
    return pipeline_of(WEEKS, lambda one: Window(one, figures_of(), (), stages), number=number, stages=order)


def test_stages_stand_as_the_pipeline_has_them_and_are_not_compared() -> None:
    rows = (stage(13, "Late"), stage(99, "Removed"), stage(11, "Early"), stage(12, "Middle"))
    found = pipeline_section(WEEKS, staged(*rows, order=(11, 12, 13))).stages
    assert [one.current.name for one in found] == ["Early", "Middle", "Late", "Removed"]
    assert {(one.previous, one.reason) for one in found} == {(None, Reason.NOT_ARCHIVED)}


def test_stages_of_one_name_are_counted_together() -> None:
    one = staged(stage(11, "New", 2, 100), stage(12, "Won", 1, 50), order=(11, 12))
    two = staged(stage(21, "New", 3, 200), stage(22, "Offer", 4, 300), stage(23, "Won", 5, 1), order=(21, 22, 23))
    found = [change.current for change in overall_section(WEEKS, (one, two)).stages]
    assert found == [
        StageFigures(None, "New", 5, Decimal(300)),
        StageFigures(22, "Offer", 4, Decimal(300)),
        StageFigures(None, "Won", 6, Decimal(51)),
    ]


@given(fetched(WEEKS))
def test_no_pipeline_loses_a_stage(pipelines: Fetched) -> None:
    rows = [stage(number, f"Stage {number % 3}", number) for number in range(1, 6)]
    whole = [
        PipelineWindows(
            one.pipeline, {key: Window(key, it.figures, (), tuple(rows)) for key, it in one.windows.items()}
        )
        for one in pipelines
    ]
    found = overall_section(WEEKS, whole).stages
    known = sum(existed(one, WEEKS.current) for one in pipelines)
    assert sum(one.current.count for one in found) == known * sum(one.count for one in rows)
    assert sum(one.current.value for one in found) == known * sum(one.value for one in rows)


@pytest.mark.parametrize("figure", [Figure.WIN_RATE, Figure.CONVERSION_RATE, Figure.DEAL_SIZE])
def test_rates_of_all_come_from_the_sums_and_are_never_averaged(figure: Figure) -> None:
    one, two = Figures(1, 1, 0, Decimal(9), Decimal(9)), Figures(9, 1, 8, Decimal(9), Decimal(1))
    overall = overall_section(WEEKS, (everywhere(one), everywhere(two, number=2))).current
    assert overall is not None
    expected = {Figure.WIN_RATE: 20, Figure.CONVERSION_RATE: 20, Figure.DEAL_SIZE: 5}
    assert overall.value(figure) == expected[figure]
