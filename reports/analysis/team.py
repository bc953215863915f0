"""The lines of the team table: agents by rank, the others, the unassigned deals, and the total they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reports.analysis.deltas import delta
from reports.figures import Agent, AgentFigures, Figure, Figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.findings import AgentChange, Delta, Section


WHEN = ("current", "previous", "year_ago")


class Role(StrEnum):
    """What a line stands for."""

    AGENT = "agent"
    OTHERS = "others"
    UNASSIGNED = "unassigned"
    TOTAL = "total"


@dataclass(frozen=True)
class TeamLine:
    """One line; `people` is how many agents it stands for."""

    role: Role
    agent: Agent | None
    people: int
    current: AgentFigures | None
    previous: AgentFigures | None
    change: Delta
    year_ago: AgentFigures | None = None


def team(section: Section, most: int) -> tuple[TeamLine, ...]:
    """Return the `most` first agents and the lines that make the sums right; nothing where there are no agents."""
    named = [change for change in section.agents if change.agent is not None]
    if not named:
        return ()
    lines = [_line(Role.AGENT, (one.current, one.previous, one.year_ago), one.agent) for one in named[:most]]
    if others := named[most:]:
        lines.append(_line(Role.OTHERS, [_sum(others, when) for when in WHEN], people=len(others)))
    totals = [section.current, section.previous, section.year_ago]
    unassigned = [_rest(total, _sum(named, when)) for total, when in zip(totals, WHEN, strict=True)]
    if any(one is not None and _has_any(one) for one in unassigned):
        lines.append(_line(Role.UNASSIGNED, unassigned, people=0))
    lines.append(_line(Role.TOTAL, [_as_row(one) for one in totals], people=len(named)))
    return tuple(lines)


def _line(role: Role, times: Sequence[AgentFigures | None], agent: Agent | None = None, people: int = 1) -> TeamLine:
    current, previous, year_ago = times
    values = (None if one is None else one.value_won for one in (current, previous))
    return TeamLine(role, agent, people, current, previous, delta(Figure.VALUE_WON, *values), year_ago)


def _sum(changes: Sequence[AgentChange], when: str) -> AgentFigures | None:
    found: list[AgentFigures] = [one for change in changes if (one := getattr(change, when)) is not None]
    if not found:
        return None
    created, won = sum(one.created for one in found), sum(one.won for one in found)
    return AgentFigures(None, created, won, sum((one.value_won for one in found[1:]), found[0].value_won))


def _rest(total: Figures | None, agents: AgentFigures | None) -> AgentFigures | None:
    """Return what no agent owns: the total less the agents."""
    whole = _as_row(total)
    if whole is None or agents is None:
        return whole
    value = whole.value_won - agents.value_won
    return AgentFigures(None, whole.created - agents.created, whole.won - agents.won, value)


def _as_row(total: Figures | None) -> AgentFigures | None:
    return None if total is None else AgentFigures(None, total.created, total.won, total.value_won)


def _has_any(row: AgentFigures) -> bool:
    return bool(row.created or row.won or row.value_won)
