"""One section for each pipeline, then one for all of them together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from reports.analysis.deltas import delta, deltas
from reports.analysis.drivers import drivers, drivers_together
from reports.analysis.signals import limits_of, signals
from reports.figures import Agent, AgentFigures, Figure, Figures, PipelineWindows, Stage, StageFigures, Window
from reports.findings import AgentChange, Reason, Section, StageChange, TrendPoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from decimal import Decimal

    from reports.periods import Period, Plan


def pipeline_section(plan: Plan, fetched: PipelineWindows) -> Section:
    """Return what is said of one pipeline."""
    stages = _in_order(fetched.pipeline.stages, fetched.window(plan.current))
    section = _section(plan, fetched.pipeline.id, fetched.pipeline.name, fetched.window, stages)
    return replace(section, drivers=drivers(section.current, section.previous) if _has_change(section) else None)


def overall_section(plan: Plan, fetched: Sequence[PipelineWindows]) -> Section:
    """Return what is said of all pipelines together, computed from the sums."""

    def window(period: Period) -> Window | None:
        found = [one for pipeline in fetched if (one := pipeline.window(period)) is not None]
        return _together(period, found) if found else None

    current = (_in_order(one.pipeline.stages, one.window(plan.current)) for one in fetched)
    section = _section(plan, None, "", window, _stages_by_name(current))
    windows = [(one.window(plan.current), one.window(plan.previous)) for one in fetched]
    parts = [drivers(_figures(now), _figures(before)) for now, before in windows]
    return replace(section, drivers=drivers_together(parts) if _has_change(section) else None)


def _has_change(section: Section) -> bool:
    """Whether there are two values to explain the difference of."""
    return section.current is not None and section.previous is not None


def first_stages(section: Section, most: int) -> tuple[tuple[StageFigures, ...], StageFigures | None]:
    """Return at most that many stages; where there are more, one fewer, and the sum of the others."""
    stages = tuple(change.current for change in section.stages)
    if len(stages) <= most:
        return stages, None
    return stages[: most - 1], _stage_total("", stages[most - 1 :])


def _section(
    plan: Plan, number: int | None, name: str, window: Callable[[Period], Window | None], stages: Sequence[StageFigures]
) -> Section:
    now, before = window(plan.current), window(plan.previous)
    ago = window(plan.year_ago) if plan.year_ago else None
    current, previous, year_ago = _figures(now), _figures(before), _figures(ago)
    trend, trend_year_ago = (
        tuple(TrendPoint(one, _figures(window(one))) for one in periods)
        for periods in (plan.trailing, plan.trailing_year_ago)
    )
    known = limits_of(trend)
    return Section(
        id=number,
        name=name,
        current=current,
        previous=previous,
        deltas=deltas(current, previous),
        trend=trend,
        agents=_agents(now, before, ago),
        stages=tuple(StageChange(stage, None, Reason.NOT_ARCHIVED) for stage in stages),
        limits=known,
        signals=signals(trend, known),
        year_ago=year_ago,
        year_ago_deltas=deltas(current, year_ago) if plan.year_ago else {},
        trend_year_ago=trend_year_ago,
    )


def _figures(window: Window | None) -> Figures | None:
    return None if window is None else window.figures


def _together(period: Period, windows: Sequence[Window]) -> Window:
    """Add the windows of several pipelines up, agent by agent."""
    agents: dict[int | None, AgentFigures] = {}
    for share in (share for window in windows for share in window.agents):
        key = _agent_key(share)
        agents[key] = _plus(agents[key], share) if key in agents else share
    return Window(period, Figures.total(window.figures for window in windows), tuple(agents.values()))


def _plus(one: AgentFigures, other: AgentFigures) -> AgentFigures:
    return AgentFigures(one.agent, one.created + other.created, one.won + other.won, one.value_won + other.value_won)


def _agents(*windows: Window | None) -> tuple[AgentChange, ...]:
    """Pair the agents of all periods, most value won first; who isn't listed had nothing in that window."""
    found = [_by_agent(window) for window in windows]
    listed: dict[int | None, Agent | None] = {}
    for shares in found:
        for key, share in shares.items():
            listed.setdefault(key, share.agent)
    changes = (
        _agent_change(
            agent, *(_share(shares, key, window, agent) for shares, window in zip(found, windows, strict=True))
        )
        for key, agent in listed.items()
    )
    return tuple(sorted(changes, key=_rank))


def _agent_change(
    agent: Agent | None, current: AgentFigures | None, previous: AgentFigures | None, year_ago: AgentFigures | None
) -> AgentChange:
    values = (None if share is None else share.value_won for share in (current, previous))
    return AgentChange(agent, current, previous, delta(Figure.VALUE_WON, *values), year_ago)


def _by_agent(window: Window | None) -> dict[int | None, AgentFigures]:
    return {_agent_key(share): share for share in window.agents} if window else {}


def _agent_key(share: AgentFigures) -> int | None:
    return None if share.agent is None else share.agent.id


def _share(
    shares: dict[int | None, AgentFigures], key: int | None, window: Window | None, agent: Agent | None
) -> AgentFigures | None:
    return None if window is None else shares.get(key, AgentFigures(agent))


def _rank(change: AgentChange) -> tuple[bool, Decimal, int, Decimal, str, int]:
    """Sort key: unassigned last, then by value won, deals won, value won before, name."""
    now = change.current or AgentFigures(None)
    before = change.previous or AgentFigures(None)
    name, number = (change.agent.name, change.agent.id) if change.agent else ("", 0)
    return change.agent is None, -now.value_won, -now.won, -before.value_won, name, number


def _in_order(order: Sequence[Stage], window: Window | None) -> tuple[StageFigures, ...]:
    """Sort the stages as the pipeline has them; ones it doesn't list come last, as the answer has them."""
    place = {stage.id: position for position, stage in enumerate(order)}
    stages = window.stages if window else ()
    return tuple(sorted(stages, key=lambda stage: place.get(stage.stage_id or 0, len(place))))


def _stages_by_name(pipelines: Iterable[Sequence[StageFigures]]) -> tuple[StageFigures, ...]:
    """Count stages of the same name together, each at its average place."""
    counts: defaultdict[str, list[StageFigures]] = defaultdict(list)
    places: defaultdict[str, list[float]] = defaultdict(list)
    for stages in pipelines:
        for position, stage in enumerate(stages):
            counts[stage.name].append(stage)
            places[stage.name].append(position / len(stages))
    order = sorted(counts, key=lambda name: sum(places[name]) / len(places[name]))
    return tuple(_stage_total(name, counts[name]) for name in order)


def _stage_total(name: str, stages: Sequence[StageFigures]) -> StageFigures:
    number = stages[0].stage_id if len(stages) == 1 else None
    total = sum((stage.value for stage in stages[1:]), stages[0].value)
    return StageFigures(number, name, sum(stage.count for stage in stages), total)
