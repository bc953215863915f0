"""The edition as a table for spreadsheets: one figure a row."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from reports.figures import Figure, Measure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from reports.figures import Agent, AgentFigures, EditionId, Number
    from reports.findings import Analysis, Section
    from reports.periods import Period, Plan

    Pair: TypeAlias = tuple[str, str]

COLUMNS = (
    *("edition", "pipeline_id", "pipeline", "agent_id", "agent"),
    *("since", "until", "figure", "unit", "value"),
)
BOM = b"\xef\xbb\xbf"  # without it Excel takes UTF-8 for something else
ALL = "all"
UNASSIGNED = "unassigned"
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four are wide
OF_AGENTS = (Figure.CREATED, Figure.WON, Figure.VALUE_WON)
DIGITS = 10  # behind the point, of what doesn't come out even


def table(analysis: Analysis, *, edition: EditionId, currency: str) -> bytes:
    """Return CSV (RFC 4180, UTF-8 with a byte order mark) of all trailing periods, then of the agents.

    Values are plain numbers: deals, money, and percent; no value means no data. Several pipelines together are `all`.
    The agents' rows are of the current and the previous period, with deals of nobody as `unassigned`.
    """
    units = {Measure.COUNT: "deals", Measure.MONEY: currency, Measure.PERCENT: "percent"}
    text = StringIO(newline="")
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    for pipeline, agent, period, figure, value in _rows(analysis):
        who = (str(edition), *pipeline, *agent)
        lines.writerow((*who, period.since, period.until, figure, units[figure.measure], _number(value)))
    return BOM + text.getvalue().encode(errors="backslashreplace")  # half of a surrogate pair has no UTF-8


def _rows(analysis: Analysis) -> Iterator[tuple[Pair, Pair, Period, Figure, Number | None]]:
    sections = (analysis.overall, *analysis.pipelines) if len(analysis.pipelines) > 1 else analysis.pipelines
    for section in sections:
        for point in section.trend:
            for figure in Figure:
                value = None if point.figures is None else point.figures.value(figure)
                yield _pipeline(section), ("", ""), point.period, figure, value
    for section in sections:
        yield from (_agent_row(section, *one) for one in _of_agents(section, analysis.plan))


def _of_agents(section: Section, plan: Plan) -> Iterator[tuple[Agent | None, Period, AgentFigures | None, Figure]]:
    for change in section.agents:
        for period, figures in ((plan.previous, change.previous), (plan.current, change.current)):
            yield from ((change.agent, period, figures, figure) for figure in OF_AGENTS)


def _agent_row(
    section: Section, agent: Agent | None, period: Period, figures: AgentFigures | None, figure: Figure
) -> tuple[Pair, Pair, Period, Figure, Number | None]:
    who = (UNASSIGNED, "") if agent is None else (str(agent.id), _harmless(agent.name))
    value: Number | None = None if figures is None else getattr(figures, figure.value.removeprefix("total_"))
    return _pipeline(section), who, period, figure, value


def _pipeline(section: Section) -> Pair:
    return (ALL, ALL) if section.id is None else (str(section.id), _harmless(section.name))


def _harmless(name: str) -> str:
    """Return a name that no spreadsheet takes for a formula: others write it, and it would run at the reader's."""
    return f"'{name}" if name.startswith(FORMULAS) else name


def _number(value: Number | None) -> str:
    """Return a plain number without trailing zeros; nothing where there is no data."""
    if value is None or isinstance(value, int):
        return "" if value is None else str(value)
    text = f"{value:.{DIGITS}f}"
    return text.rstrip("0").rstrip(".") if float(text) else "0"
