"""What has to hold in a snapshot before anything is made of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from reports.errors import DataError
from reports.figures import Figure, Figures, Measure
from reports.findings import HARD, Check, CheckName, Failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.figures import AgentFigures, Number, PipelineWindows, Snapshot, Window
    from reports.periods import Period, Plan

CENT = Decimal("0.01")  # of money, for each window added up
ROUNDED_RATE = Decimal("0.05")  # a percentage that is given to one decimal
SLACK = Decimal("0.000001")  # what doubles add to a number that is rounded already
SUMS = tuple(figure for figure in Figure if figure.is_sum)


def check(plan: Plan, snapshot: Snapshot) -> tuple[Check, ...]:
    """Look at every window; that an answer fits the schema and its period, the client has made sure of.

    Of a snapshot restricted to some agents, only what it has of them is looked at.
    """
    if snapshot.cut.agents is not None:
        return _of_agents(snapshot)
    windows = [(fetched, window) for fetched in snapshot.pipelines for window in _windows(fetched)]
    looks = {
        CheckName.AGENTS: _agents,
        CheckName.RATE: _rate,
        CheckName.SIZE: _size,
        CheckName.NEGATIVE: _negative,
        CheckName.STAGES: _stages,
    }
    return (
        Check(CheckName.ANSWER, len(windows)),
        _covering(plan, snapshot),
        *(
            Check(name, len(windows), tuple(one for fetched, window in windows for one in look(fetched, window)))
            for name, look in looks.items()
        ),
    )


def _of_agents(snapshot: Snapshot) -> tuple[Check, ...]:
    """Look at the agents' own answers, and at their rows in all windows; no number of anybody else is in it."""
    own = [(fetched, window) for fetched in snapshot.pipelines for window in fetched.of_agents.values()]
    rows = [(fetched, window) for fetched in snapshot.pipelines for window in fetched.windows.values()]
    looks = {CheckName.RATE: (_rate, own), CheckName.SIZE: (_size, own), CheckName.STAGES: (_stages, own)}
    looks[CheckName.NEGATIVE] = (_negative, [*own, *rows])
    return (
        Check(CheckName.ANSWER, len(own) + len(rows)),
        Check(CheckName.OWN, len(own), tuple(one for fetched in snapshot.pipelines for one in _own(fetched))),
        *(
            Check(name, len(windows), tuple(one for fetched, window in windows for one in look(fetched, window)))
            for name, (look, windows) in looks.items()
        ),
    )


def disowned(snapshot: Snapshot) -> tuple[tuple[int, int, Period], ...]:
    """Return the pipelines, agents and periods where an agent's own answer doesn't say what the whole one does."""
    return tuple(
        (fetched.pipeline.id, agent, period)
        for fetched in snapshot.pipelines
        for (agent, period) in fetched.of_agents
        if any(_contradictions(fetched, agent, period))
    )


def unsettled(plan: Plan, snapshot: Snapshot) -> tuple[int, ...]:
    """Return the pipelines whose periods don't add up: deals may have been edited between two answers."""
    return tuple(dict.fromkeys(failure.pipeline for failure in _covering(plan, snapshot).failures))


def refusal(checks: Sequence[Check], *, strict: bool) -> DataError | None:
    """Return why nothing may go out: the first failure that counts, with its two values and its window."""
    counting = [one for one in checks if not one.passed and (strict or one.is_hard)]
    if not counting:
        return None
    failures = [failure for one in counting for failure in one.failures]
    first = failures[0]
    more = f" ({len(failures) - 1} more like it)" if len(failures) > 1 else ""
    return DataError(
        f'check "{counting[0].name}" failed in pipeline {first.pipeline}, '
        f"{first.period.since} to {first.period.until}: {first.field} {REASONS[counting[0].name]}: "
        f"{_plain(first.found)} against {_plain(first.expected)}{more}",
        hint=HINTS[counting[0].name in HARD],
    )


REASONS = {
    CheckName.ANSWER: "isn't what was asked for",
    CheckName.COVERING: "of the single periods doesn't add up to that of all of them in one, not even when asked twice",
    CheckName.AGENTS: "of the agents exceeds the total",
    CheckName.RATE: "doesn't follow from the counts",
    CheckName.SIZE: "doesn't follow from the counts",
    CheckName.NEGATIVE: "is negative",
    CheckName.STAGES: "of the stages doesn't add up to the total",
    CheckName.OWN: "in the agent's own answer isn't what the whole answer has for them, not even when asked twice",
}
HINTS = {
    True: "Nothing is reported from figures that contradict each other. Try again later, or ask the vendor.",
    False: "It would be a footnote, but [checks] strict = true refuses it.",
}


def _windows(fetched: PipelineWindows) -> Iterator[Window]:
    yield from fetched.windows.values()
    if fetched.covering is not None:
        yield fetched.covering


def _covering(plan: Plan, snapshot: Snapshot) -> Check:
    """Compare the sums of the trailing windows with the window that covers them all."""
    known = [(one, one.covering) for one in snapshot.pipelines if one.covering is not None]
    failures: list[Failure] = []
    for fetched, covering in known:
        total = Figures.total(fetched.windows[period].figures for period in plan.trailing)
        failures += _differences(fetched, covering.period, total, covering.figures, len(plan.trailing))
    return Check(CheckName.COVERING, len(known), tuple(failures))


def _differences(
    fetched: PipelineWindows, period: Period, found: Figures, expected: Figures, added: int
) -> Iterator[Failure]:
    for figure in SUMS:
        one, other = Decimal(found.value(figure) or 0), Decimal(expected.value(figure) or 0)
        allowed = CENT * added if figure.measure is Measure.MONEY else Decimal(0)
        if abs(one - other) > allowed:
            yield _failure(fetched, period, figure.value, one, other)


def _agents(fetched: PipelineWindows, window: Window) -> Iterator[Failure]:
    created, won = sum(one.created for one in window.agents), sum(one.won for one in window.agents)
    if created > window.figures.created:
        yield _failure(fetched, window.period, Figure.CREATED.value, created, window.figures.created)
    if won > window.figures.won:
        yield _failure(fetched, window.period, Figure.WON.value, won, window.figures.won)


def _own(fetched: PipelineWindows) -> Iterator[Failure]:
    for agent, period in fetched.of_agents:
        yield from _contradictions(fetched, agent, period)


def _contradictions(fetched: PipelineWindows, agent: int, period: Period) -> Iterator[Failure]:
    """Compare an agent's own answer with their row: a source that ignores agent_id says everybody's figures there."""
    own, row = fetched.of_agents[agent, period], row_of(fetched.windows[period], agent)
    for figure in (Figure.CREATED, Figure.WON, Figure.VALUE_WON):
        found = Decimal(own.figures.value(figure) or 0)
        expected = Decimal(0 if row is None else getattr(row, figure.removeprefix("total_")))
        allowed = CENT if figure.measure is Measure.MONEY else Decimal(0)
        if abs(found - expected) > allowed:
            yield _failure(fetched, period, f"agent {agent} {figure.value}", found, expected)
    standing = sum(one.count for one in own.stages)
    if standing > own.figures.created:
        yield _failure(fetched, period, f"agent {agent} by_stage count", standing, own.figures.created)


def row_of(window: Window, agent: int) -> AgentFigures | None:
    """Return what a window says of one agent; None where they aren't listed."""
    return next((one for one in window.agents if one.agent is not None and one.agent.id == agent), None)


def _rate(fetched: PipelineWindows, window: Window) -> Iterator[Failure]:
    yield from _stated(
        fetched, window, Figure.CONVERSION_RATE, window.stated_rate, window.figures.conversion_rate, ROUNDED_RATE
    )


def _size(fetched: PipelineWindows, window: Window) -> Iterator[Failure]:
    yield from _stated(fetched, window, Figure.DEAL_SIZE, window.stated_size, window.figures.average_deal_size, CENT)


def _stated(  # noqa: PLR0913, PLR0917 - two numbers, and where they stand
    fetched: PipelineWindows,
    window: Window,
    figure: Figure,
    stated: Decimal | None,
    computed: Decimal | None,
    allowed: Decimal,
) -> Iterator[Failure]:
    """Compare a number that the source computed; without anything to divide by it says 0 or nothing."""
    expected = computed or Decimal(0)
    if stated is not None and abs(stated - expected) > allowed + SLACK:
        yield _failure(fetched, window.period, figure.value, stated, expected)


def _negative(fetched: PipelineWindows, window: Window) -> Iterator[Failure]:
    amounts: list[tuple[str, Decimal | None]] = [
        (Figure.VALUE_CREATED.value, window.figures.value_created),
        (Figure.VALUE_WON.value, window.figures.value_won),
        *((f"by_agent {one.agent.id if one.agent else 'none'} value_won", one.value_won) for one in window.agents),
        *((f"by_stage {one.stage_id} value", one.value) for one in window.stages),
    ]
    known = [(name, one) for name, one in amounts if one is not None]
    yield from (_failure(fetched, window.period, name, one, 0) for name, one in known if one < 0)


def _stages(fetched: PipelineWindows, window: Window) -> Iterator[Failure]:
    count = sum(one.count for one in window.stages)
    if count != window.figures.created:
        yield _failure(fetched, window.period, "by_stage count", count, window.figures.created)
    value, total = sum((one.value for one in window.stages), Decimal(0)), window.figures.value_created
    if total is not None and abs(value - total) > CENT * max(1, len(window.stages)):
        yield _failure(fetched, window.period, "by_stage value", value, total)


def _failure(fetched: PipelineWindows, period: Period, field: str, found: Number, expected: Number) -> Failure:
    return Failure(fetched.pipeline.id, fetched.pipeline.name, period, field, found, expected)


def _plain(number: Number) -> str:
    """Write a number for an error message: exactly, without zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
