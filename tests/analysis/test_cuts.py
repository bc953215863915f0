"""What a cut shows of a snapshot: everybody's parts are the whole, and nobody's has anything of another's."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.analyse import analyse
from reports.analysis.checks import check, disowned, refusal
from reports.analysis.cuts import agents_of, restrict, standing
from reports.figures import Card, Cut, Figure, Figures, PipelineWindows, Window
from reports.findings import CheckName, NoDelta, Place, Reason
from tests.making import FETCHED, agent, fetched, figures_of, pipeline_of, plan_of, share, snapshot_of, stage

if TYPE_CHECKING:
    from reports.figures import Snapshot
    from reports.periods import Period

PLAN = plan_of()
SEVEN = Cut("agent-7", agents=frozenset({7}))


def whole(period: Period) -> Window:
    """Make a window of two agents, a deal of nobody's, and nobody's and everybody's stages."""
    return Window(
        period,
        figures_of(created=30, won=10, lost=4, value_won=60_000),
        (share(7, 20, 6, 40_000), share(8, 9, 3, 15_000)),
        (stage(1, "New", 20, 100_000), stage(2, "Later", 10, 50_000)),
        Decimal("33.3"),
        Decimal(6000),
    )


def own(period: Period, number: int = 7) -> Window:
    """Make what the source says of one of them alone, in which it doesn't leave the others out of by_agent."""
    created, won, value = {7: (20, 6, 40_000), 8: (9, 3, 15_000)}[number]
    figures = Figures(created, won, 1, Decimal(1000 * created), Decimal(value))
    return Window(period, figures, whole(period).agents, (stage(1, "New", created, 1000 * created),))


def snapshot(**changes: Window) -> Snapshot:
    """Make a snapshot of one pipeline in which both agents' own answers are known."""
    made = pipeline_of(PLAN, whole, stages=(1, 2))
    asked = {
        (number, period): changes.get(f"agent_{number}", own(period, number))
        for number in (7, 8)
        for period in (PLAN.current, PLAN.previous)
    }
    cards = tuple(Card(one, FETCHED, FETCHED, 1, "open", Decimal(5), None, owner_id=one) for one in (7, 8))
    return snapshot_of(replace(made, of_agents=asked, cards=cards))


def test_an_agent_s_part_has_nothing_of_anybody_else() -> None:
    part = restrict(snapshot(), SEVEN, PLAN)
    [found] = part.pipelines
    assert part.cut == SEVEN
    assert {row.agent for window in found.windows.values() for row in window.agents} == {agent(7)}
    assert all(not window.agents for window in found.of_agents.values())
    assert set(found.of_agents) == {(7, PLAN.current), (7, PLAN.previous)}
    assert [card.owner_id for card in found.cards or ()] == [7]
    assert found.covering is None
    assert found.windows[PLAN.current].figures == own(PLAN.current).figures
    assert found.windows[PLAN.current].stages == own(PLAN.current).stages
    assert found.windows[PLAN.trailing[0]].figures == Figures(20, 6, None, None, Decimal(40_000))


def test_a_part_is_analysed_like_a_whole_one_without_what_is_unknown() -> None:
    found = analyse(PLAN, restrict(snapshot(), SEVEN, PLAN))
    assert found.overall.current == own(PLAN.current).figures
    first, *_ = found.overall.trend
    assert first.figures is not None
    assert first.figures.win_rate is None
    assert found.overall.deltas[Figure.WIN_RATE] != NoDelta(Reason.NO_DATA)
    assert [change.agent for change in found.overall.agents] == [agent(7)]
    assert {one.name for one in found.checks} == set(CheckName) - {CheckName.COVERING, CheckName.AGENTS}
    assert refusal(found.checks, strict=True) is None


def test_an_own_answer_that_says_everybody_s_figures_stops_that_part_alone() -> None:
    ignoring = snapshot(agent_7=replace(own(PLAN.current), figures=whole(PLAN.current).figures))
    assert {number for _, number, _ in disowned(ignoring)} == {7}
    assert refusal(check(PLAN, restrict(ignoring, SEVEN, PLAN)), strict=False) is not None
    other = check(PLAN, restrict(ignoring, Cut("agent-8", agents=frozenset({8})), PLAN))
    assert refusal(other, strict=True) is None
    assert CheckName.OWN not in {one.name for one in check(PLAN, ignoring)}


@pytest.mark.parametrize(
    "changes",
    [
        {"figures": Figures(21, 6, 1, Decimal(20_000), Decimal(40_000))},
        {"figures": Figures(20, 7, 1, Decimal(20_000), Decimal(40_000))},
        {"figures": Figures(20, 6, 1, Decimal(20_000), Decimal("40000.02"))},
        {"stages": (stage(1, "New", 21, 20_000),)},
    ],
)
def test_an_own_answer_agrees_with_the_row_in_each_figure_that_a_row_has(changes: dict[str, Figures]) -> None:
    odd = snapshot(agent_7=replace(own(PLAN.current), **changes))
    failed = [one.name for one in check(PLAN, restrict(odd, SEVEN, PLAN)) if not one.passed]
    assert CheckName.OWN in failed


def test_an_agent_who_isn_t_listed_had_nothing() -> None:
    nobody = pipeline_of(PLAN, lambda period: Window(period, Figures(), ()))
    quiet = replace(nobody, of_agents={(7, PLAN.current): Window(PLAN.current, Figures(lost=2))})
    assert not disowned(snapshot_of(quiet))
    loud = replace(nobody, of_agents={(7, PLAN.current): Window(PLAN.current, Figures(created=1))})
    assert disowned(snapshot_of(loud)) == ((1, 7, PLAN.current),)


def test_a_cut_of_pipelines_shows_those_as_they_are() -> None:
    both = snapshot_of(pipeline_of(PLAN, whole, number=1), pipeline_of(PLAN, whole, number=2))
    part = restrict(both, Cut("pipeline-2", pipelines=frozenset({2})), PLAN)
    assert part.pipelines == both.pipelines[1:]
    assert check(PLAN, part) == check(PLAN, snapshot_of(both.pipelines[1]))


@given(st.data())
def test_everybody_s_parts_and_what_is_nobody_s_are_the_whole(data: st.DataObject) -> None:
    pipelines = data.draw(fetched(PLAN))
    made = snapshot_of(*pipelines)
    numbers = {
        row.agent.id for one in pipelines for window in one.windows.values() for row in window.agents if row.agent
    }
    parts = [restrict(made, Cut(f"agent-{one}", agents=frozenset({one})), PLAN) for one in sorted(numbers)]
    everybody = restrict(made, Cut("team", agents=frozenset(numbers)), PLAN)
    for index, one in enumerate(pipelines):
        for period, window in one.windows.items():
            rest = [row for row in window.agents if row.agent is None]
            free = _unlisted(window)
            for figure in ("created", "won", "value_won"):
                listed = sum(getattr(part.pipelines[index].windows[period].figures, figure) for part in parts)
                nobody = sum(getattr(row, figure) for row in rest) + getattr(free, figure)
                assert listed + nobody == getattr(window.figures, figure)
                assert getattr(everybody.pipelines[index].windows[period].figures, figure) == listed


def _unlisted(window: Window) -> Figures:
    """Return what no row of a window has."""
    return Figures(
        window.figures.created - sum(row.created for row in window.agents),
        window.figures.won - sum(row.won for row in window.agents),
        value_won=window.figures.value_won - sum((row.value_won for row in window.agents), Decimal(0)),
    )


def team(*rows: tuple[int, int | str], period: Period = PLAN.current) -> PipelineWindows:
    """Make a pipeline in whose current period (or another) these agents won so much."""
    shares = tuple(share(number, 1, 1, value) for number, value in rows)
    return pipeline_of(PLAN, lambda one: Window(one, figures_of(), shares if one == period else ()))


def test_the_rank_is_one_more_than_those_with_more() -> None:
    made = snapshot_of(team((1, 50), (2, 30), (3, 30), (4, 0), (5, "-10")))
    places = [found.now for number in range(1, 6) if (found := standing(made, number, PLAN))]
    assert [place and place.rank for place in places] == [1, 2, 2, None, None]
    assert [place and place.level for place in places] == [0, 1, 1, 0, 0]
    assert places[0] == Place(Decimal(50), 1, 0, Decimal(50))
    first = standing(made, 1, PLAN)
    assert first is not None
    assert (first.of, first.team, first.before) == (5, (), Place(Decimal(0), None, 0, None))


def test_the_team_is_everybody_of_any_trailing_window_as_named_last() -> None:
    made = snapshot_of(team((1, 5), (2, 4), period=PLAN.trailing[0]), team((3, 9)))
    assert [one.id for one in agents_of(made, PLAN)] == [1, 2, 3]
    found = standing(made, 1, PLAN, show_team=True)
    assert found is not None
    assert [(row.agent and row.agent.id, row.value_won) for row in found.team] == [(3, 9), (1, 0), (2, 0)]
    assert standing(made, 4, PLAN) is None
