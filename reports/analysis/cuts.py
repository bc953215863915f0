"""What one cut shows of a snapshot, and where an agent stands in the whole of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from reports.analysis.checks import row_of
from reports.figures import HUNDRED, AgentFigures, Figures, StageFigures, Window
from reports.findings import Place, Standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.figures import Agent, Cut, PipelineWindows, Snapshot
    from reports.periods import Period, Plan


def restrict(snapshot: Snapshot, cut: Cut, plan: Plan) -> Snapshot:
    """Return what a cut shows: its pipelines, and where it has agents, nothing of anybody else.

    Of agents, lost deals, the value created and stages are known in the current period and the one before, where the
    source was asked about them; in all others only what each window says of everybody. Raw answers stay as they are.
    """
    pipelines = [one for one in snapshot.pipelines if cut.pipelines is None or one.pipeline.id in cut.pipelines]
    if cut.agents is not None:
        asked = {plan.current, plan.previous}
        pipelines = [_of_agents(one, cut.agents, asked) for one in pipelines]
    else:
        pipelines = [replace(one, of_agents={}) for one in pipelines]
    return replace(snapshot, pipelines=tuple(pipelines), cut=cut)


def agents_of(snapshot: Snapshot, plan: Plan) -> tuple[Agent, ...]:
    """Return everybody in any trailing window, by id, as they were named last."""
    named = {
        row.agent.id: row.agent
        for period in plan.trailing
        for fetched in snapshot.pipelines
        if (window := fetched.window(period)) is not None
        for row in window.agents
        if row.agent is not None
    }
    return tuple(named[number] for number in sorted(named))


def standing(snapshot: Snapshot, agent: int, plan: Plan, *, show_team: bool = False) -> Standing | None:
    """Return where an agent stands by the value won, in a snapshot of everybody; None for nobody of the team.

    Others are in it only with `show_team`.
    """
    agents = agents_of(snapshot, plan)
    found = next((one for one in agents if one.id == agent), None)
    if found is None:
        return None
    now, before = (_rows(snapshot, agents, period) for period in (plan.current, plan.previous))
    team = sorted(now, key=lambda one: (-one.value_won, -one.won, _name(one)))
    return Standing(found, len(agents), _place(now, agent), _place(before, agent), tuple(team) if show_team else ())


def _of_agents(fetched: PipelineWindows, agents: frozenset[int], asked: set[Period]) -> PipelineWindows:
    own = {
        (agent, period): replace(window, agents=())  # whatever it may say of others
        for (agent, period), window in fetched.of_agents.items()
        if agent in agents and period in asked
    }
    windows = {period: _window(one, agents, own) for period, one in fetched.windows.items()}
    cards = fetched.cards
    kept = None if cards is None else tuple(card for card in cards if card.owner_id in agents)
    return replace(fetched, windows=windows, covering=None, cards=kept, of_agents=own)


def _window(whole: Window, agents: frozenset[int], own: dict[tuple[int, Period], Window]) -> Window:
    """Return one period of some agents: the sums of their own answers where all have one, else of their rows."""
    rows = tuple(row for row in whole.agents if row.agent is not None and row.agent.id in agents)
    answers = [one for agent in sorted(agents) if (one := own.get((agent, whole.period))) is not None]
    if len(answers) == len(agents):
        return Window(whole.period, Figures.total(one.figures for one in answers), rows, _stages(answers))
    return Window(whole.period, _sum(rows), rows)


def _sum(rows: Sequence[AgentFigures]) -> Figures:
    value = sum((row.value_won for row in rows), Decimal(0))
    return Figures(sum(row.created for row in rows), sum(row.won for row in rows), None, None, value)


def _stages(windows: Sequence[Window]) -> tuple[StageFigures, ...]:
    """Add the stages of several answers up, each stage once."""
    found: dict[int | None, StageFigures] = {}
    for stage in (stage for window in windows for stage in window.stages):
        had = found.get(stage.stage_id)
        total = stage if had is None else replace(had, count=had.count + stage.count, value=had.value + stage.value)
        found[stage.stage_id] = total
    return tuple(found.values())


def _rows(snapshot: Snapshot, agents: Sequence[Agent], period: Period) -> list[AgentFigures]:
    """Return what everybody did in a period, all pipelines together; nobody where there was no pipeline yet."""
    windows = [one for fetched in snapshot.pipelines if (one := fetched.window(period)) is not None]
    return [_row(agent, windows) for agent in agents] if windows else []


def _row(agent: Agent, windows: Sequence[Window]) -> AgentFigures:
    figures = _sum([row for window in windows if (row := row_of(window, agent.id)) is not None])
    return AgentFigures(agent, figures.created, figures.won, figures.value_won)


def _place(team: Sequence[AgentFigures], agent: int) -> Place | None:
    own = next((row for row in team if row.agent is not None and row.agent.id == agent), None)
    if own is None:
        return None
    total = sum((row.value_won for row in team), Decimal(0))
    more = sum(row.value_won > own.value_won for row in team)
    level = sum(row.value_won == own.value_won for row in team) - 1
    has_won = own.value_won > 0
    return Place(
        value_won=own.value_won,
        rank=more + 1 if has_won else None,
        level=level if has_won else 0,
        share=HUNDRED * own.value_won / total if total > 0 else None,
    )


def _name(row: AgentFigures) -> tuple[str, int]:
    return ("", 0) if row.agent is None else (row.agent.name, row.agent.id)
