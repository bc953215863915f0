"""Whether what happened is worth a report: conditions over a section's figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from reports.findings import NewFromZero, Percent, Points

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.figures import Figure, Number
    from reports.findings import Delta, Limits, Section, Signal

ENDLESS = Decimal("Infinity")  # what was 0 before grew by more than any bound


class Test(StrEnum):
    """What is asked of a figure, by its name in the configuration."""

    CHANGE_BELOW = "change_below"
    CHANGE_ABOVE = "change_above"
    VALUE_BELOW = "value_below"
    VALUE_ABOVE = "value_above"
    SIGNAL = "signal"


@dataclass(frozen=True)
class Condition:
    """One test of one figure.

    The bound of a change is a fraction for counts and money (-0.2 is 20 % less) and percentage points for rates; that
    of a value is in the figure's own unit. A signal has no bound, and without a figure may be of any.
    """

    test: Test
    figure: Figure | None = None
    bound: Decimal | None = None


@dataclass(frozen=True)
class Finding:
    """What became of one condition: the figures that were compared with its bound, and whether it holds.

    `value` is the current one in the figure's own unit, None without data or where no figure is named. A test of a
    change has it in `change`. A test for signals has those that count, and the `ranges` of the figures that have any.
    """

    condition: Condition
    holds: bool
    value: Number | None = None
    change: Delta | None = None
    signals: tuple[Signal, ...] = ()
    ranges: Mapping[Figure, Limits] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """Whether any condition holds, with a finding for each, in their order; without conditions it is met."""

    met: bool
    findings: tuple[Finding, ...]


def judge(conditions: Sequence[Condition], section: Section) -> Verdict:
    """Compare each condition with the section of all pipelines together; "below" and "above" leave the bound out."""
    findings = tuple(_finding(one, section) for one in conditions)
    return Verdict(not findings or any(one.holds for one in findings), findings)


def sent_anyway(skipped_in_a_row: int, at_least_every: int | None) -> bool:
    """Return whether a slot that meets no condition goes out all the same, after so many that were skipped for that."""
    return at_least_every is not None and skipped_in_a_row >= at_least_every


def extent(change: Delta) -> Decimal | None:
    """Return how much a change is: a fraction for counts and money, points for rates; None where there is none.

    Small counts have their fraction, too. What was 0 before grew without end.
    """
    match change:
        case Percent():
            return change.relative
        case Points():
            return change.absolute
        case NewFromZero():
            return ENDLESS
    return None


def _finding(condition: Condition, section: Section) -> Finding:
    figure = condition.figure
    if condition.test is Test.SIGNAL or figure is None:
        return _signal(condition, section)
    value = None if section.current is None else section.current.value(figure)
    if condition.test in {Test.VALUE_BELOW, Test.VALUE_ABOVE}:
        return Finding(condition, _holds(condition, value), value)
    change = section.deltas[figure]
    return Finding(condition, _holds(condition, extent(change)), value, change)


def _holds(condition: Condition, number: Number | None) -> bool:
    """Return whether a number is on the side of the bound that is asked for; none is on neither."""
    if number is None or condition.bound is None:
        return False
    below = condition.test in {Test.CHANGE_BELOW, Test.VALUE_BELOW}
    return number < condition.bound if below else number > condition.bound


def _signal(condition: Condition, section: Section) -> Finding:
    figure = condition.figure
    found = tuple(one for one in section.signals if figure in {None, one.figure})
    ranges = {name: one for name, one in section.limits.items() if figure in {None, name}}
    value = None if figure is None or section.current is None else section.current.value(figure)
    return Finding(condition, bool(found), value, None, found, ranges)
