"""The lines of the team table add up to the total."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.sections import overall_section, pipeline_section
from reports.analysis.team import Role, TeamLine, team
from reports.figures import AgentFigures, Figures, PipelineWindows, Window
from reports.findings import NewFromZero, NoDelta, Percent, Reason
from tests.making import agent, fetched, pipeline_of, plan_of, share

if TYPE_CHECKING:
    from reports.findings import Section
    from reports.periods import Period

WEEKS = plan_of()
Rows = tuple[AgentFigures, ...]


def roles(lines: tuple[TeamLine, ...]) -> list[str]:
    return [one.role.value for one in lines]


def numbers(row: AgentFigures | None) -> tuple[int, int, Decimal]:
    return (row.created, row.won, row.value_won) if row else (0, 0, Decimal(0))


def added(rows: list[AgentFigures | None]) -> tuple[int, int, Decimal]:
    listed = [numbers(one) for one in rows]
    return sum(one[0] for one in listed), sum(one[1] for one in listed), sum((one[2] for one in listed), Decimal(0))


@given(fetched(WEEKS), st.integers(1, 7))
def test_the_lines_add_up_to_the_total(pipelines: tuple[PipelineWindows, ...], most: int) -> None:
    section = overall_section(WEEKS, pipelines)
    lines = team(section, most)
    if not any(one.agent for one in section.agents):
        assert lines == ()
        return
    *parts, total = lines
    assert total.role is Role.TOTAL
    for when, figures in (("current", section.current), ("previous", section.previous)):
        whole = getattr(total, when)
        assert (whole is None) == (figures is None)
        assert added([getattr(one, when) for one in parts]) == numbers(whole)
        if figures is not None:
            assert numbers(whole) == (figures.created, figures.won, figures.value_won)


@given(fetched(WEEKS), st.integers(1, 7))
def test_every_agent_is_shown_or_counted(pipelines: tuple[PipelineWindows, ...], most: int) -> None:
    section = overall_section(WEEKS, pipelines)
    named = sum(one.agent is not None for one in section.agents)
    lines = team(section, most)
    assert sum(one.people for one in lines if one.role in {Role.AGENT, Role.OTHERS}) == named
    assert sum(one.role is Role.AGENT for one in lines) == min(named, most)
    assert all((one.agent is not None) == (one.role is Role.AGENT) for one in lines)


def section_of(now: Figures, agents: Rows, before: Figures | None = None, was: Rows = ()) -> Section:
    def window(period: Period) -> Window:
        current = period == WEEKS.current
        return Window(period, now, agents) if current else Window(period, before or Figures(), was)

    return overall_section(WEEKS, (pipeline_of(WEEKS, window),))


def whole(*rows: AgentFigures) -> Figures:
    created, won, value = added(list(rows))
    return Figures(created, won, 0, Decimal(0), value)


def test_no_agents_no_table() -> None:
    assert team(section_of(Figures(5, 1), ()), 3) == ()
    assert team(section_of(Figures(5, 1), (share(None, 5, 1, 10),)), 3) == ()


def test_agents_that_own_everything_leave_no_unassigned_line() -> None:
    rows = (share(1, 3, 1, 500), share(2, 2, 0, 0))
    assert roles(team(section_of(whole(*rows), rows), 3)) == ["agent", "agent", "total"]


@pytest.mark.parametrize("rest", [share(None, 1, 0, 0), share(None, 0, 1, 0), share(None, 0, 0, "0.01")])
def test_the_least_that_nobody_owns_has_a_line(rest: AgentFigures) -> None:
    rows = (share(1, 3, 1, 500),)
    lines = team(section_of(whole(*rows, rest), rows), 3)
    assert roles(lines) == ["agent", "unassigned", "total"]
    assert lines[1].current == rest
    assert lines[1].change == (NewFromZero(rest.value_won, good=True) if rest.value_won else lines[1].change)


def test_what_was_unassigned_before_has_a_line_too() -> None:
    rows = (share(1, 3, 1, 500),)
    lines = team(section_of(whole(*rows), rows, whole(share(None, 4, 2, 80))), 3)
    assert roles(lines) == ["agent", "unassigned", "total"]
    assert lines[1].previous == share(None, 4, 2, 80)
    assert lines[1].change == Percent(Decimal(-80), Decimal(-1), good=False)


def test_a_listed_row_without_an_agent_is_not_counted_twice() -> None:
    rows = (share(1, 3, 1, 500), share(None, 2, 1, 40))
    lines = team(section_of(whole(*rows), rows), 3)
    assert [(one.role.value, numbers(one.current)) for one in lines] == [
        ("agent", (3, 1, Decimal(500))),
        ("unassigned", (2, 1, Decimal(40))),
        ("total", (5, 2, Decimal(540))),
    ]


def test_who_does_not_fit_stands_together() -> None:
    rows = tuple(share(number, 1, 1, 100 - number) for number in range(1, 6))
    lines = team(section_of(whole(*rows), rows, whole(rows[4]), (rows[4],)), 2)
    assert roles(lines) == ["agent", "agent", "others", "total"]
    others = lines[2]
    assert others.people == 3
    assert numbers(others.current) == (3, 3, Decimal(97 + 96 + 95))
    assert others.previous is not None
    assert others.previous.value_won == 95
    assert [one.agent for one in lines[:2]] == [agent(1), agent(2)]


def test_without_a_period_before_there_is_no_comparison_in_any_line() -> None:
    rows = (share(1, 3, 1, 500), share(None, 2, 1, 40))
    section = section_of(whole(*rows), rows)
    alone = replace(section, previous=None, agents=tuple(replace(one, previous=None) for one in section.agents))
    lines = team(alone, 3)
    assert {one.previous for one in lines} == {None}
    assert {one.change for one in lines} == {NoDelta(Reason.NO_DATA)}
    assert roles(lines) == ["agent", "unassigned", "total"]


def test_the_lines_of_a_year_ago_add_up_even_where_somebody_has_left_since() -> None:
    plan = plan_of(with_year_ago=True)

    def window(period: Period) -> Window:
        rows = (share(1, 3, 1, 500), share(2, 2, 2, 700)) if period == plan.year_ago else (share(1, 3, 1, 400),)
        return Window(period, Figures(10, 5, 0, Decimal(0), Decimal(1500)), rows)

    lines = team(pipeline_section(plan, pipeline_of(plan, window)), 15)
    found = [one.year_ago.value_won if one.year_ago else None for one in lines]
    assert found == [500, 700, 300, 1500]
    assert [line.role for line in lines] == [Role.AGENT, Role.AGENT, Role.UNASSIGNED, Role.TOTAL]
