"""Why a slot was sent or skipped, in plain English for the ledger and for commands."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING

from reports.analysis.conditions import Test, extent
from reports.analysis.signals import FEWEST, RUN
from reports.figures import Figure, Measure
from reports.findings import Course, NewFromZero, NoDelta, Reason

if TYPE_CHECKING:
    from reports.analysis.conditions import Condition, Finding, Verdict
    from reports.figures import Number
    from reports.findings import Delta, Limits, Signal

NAMES = {
    Figure.CREATED: "deals created",
    Figure.WON: "deals won",
    Figure.LOST: "deals lost",
    Figure.VALUE_CREATED: "value created",
    Figure.VALUE_WON: "value won",
    Figure.DEAL_SIZE: "average deal size",
    Figure.CONVERSION_RATE: "conversion rate",
    Figure.WIN_RATE: "win rate",
}
DIGITS = {Measure.COUNT: 0, Measure.MONEY: 2, Measure.PERCENT: 1}  # after the point, at least
CENTS = 2
CHANGES = {Test.CHANGE_BELOW, Test.CHANGE_ABOVE}


def reason(verdict: Verdict, currency: str) -> str:
    """Return why: the conditions that hold with the values compared, or all of them where none does."""
    if not verdict.findings:
        return "it has no condition"
    if not verdict.met:
        return f"no condition is met: {_joined(verdict.findings, currency)}"
    return f"a condition is met: {_joined([one for one in verdict.findings if one.holds], currency)}"


def _joined(findings: tuple[Finding, ...] | list[Finding], currency: str) -> str:
    return "; ".join(f"{compared(one, currency)}, asked for {_asked(one.condition, currency)}" for one in findings)


def compared(finding: Finding, currency: str) -> str:
    """Return the values that a condition was compared with, with digits enough to stand on their side of the bound."""
    condition = finding.condition
    if condition.test is Test.SIGNAL or condition.figure is None:
        return _signals(finding, currency)
    if finding.change is None:
        return f"{NAMES[condition.figure]} {_value(finding, currency, condition.bound)}"
    return f"{NAMES[condition.figure]} {_value(finding, currency)}, change {_change(finding, finding.change)}"


def described(condition: Condition, currency: str) -> str:
    """Return what a condition asks for, such as "change of value won below -20 %"."""
    name = "any figure" if condition.figure is None else NAMES[condition.figure]
    if condition.test is Test.SIGNAL:
        return f"{_asked(condition, currency)} of {name}"
    of = "change of " if condition.test in CHANGES else ""
    return f"{of}{name} {_asked(condition, currency)}"


def _asked(condition: Condition, currency: str) -> str:
    if condition.bound is None or condition.figure is None:
        return "a signal"
    measure = condition.figure.measure
    side = condition.test.value.removeprefix("change_").removeprefix("value_")
    if condition.test not in CHANGES:
        return f"{side} {_amount(condition.bound, measure, currency)}"
    return f"{side} {_of_change(_shown(condition.bound, measure), measure)}"


def _value(finding: Finding, currency: str, *bounds: Decimal | None) -> str:
    if finding.value is None or finding.condition.figure is None:
        return "without data"
    measure = finding.condition.figure.measure
    return _amount(_rounded(finding.value, DIGITS[measure], *bounds), measure, currency)


def _change(finding: Finding, change: Delta) -> str:
    if isinstance(change, NoDelta):
        return f"none ({_why_none(finding, change)})"
    if isinstance(change, NewFromZero):
        return "from zero"
    figure, bound, found = finding.condition.figure, finding.condition.bound, extent(change)
    if figure is None or bound is None or found is None:
        return "none"
    measure = figure.measure
    return _of_change(_rounded(_shown(found, measure), 1, _shown(bound, measure)), measure)


def _why_none(finding: Finding, change: NoDelta) -> str:
    if change.reason is Reason.BOTH_ZERO:
        return "zero in both periods"
    if change.reason is Reason.NO_DATA:
        return "no data" if finding.value is None else "no data for the period before"
    return "a negative sum can't be compared"


def _signals(finding: Finding, currency: str) -> str:
    if finding.signals:
        return ", ".join(_signal(one, currency) for one in finding.signals)
    figure = finding.condition.figure
    if figure is None:
        return _no_signal_at_all(len(finding.ranges))
    if figure not in finding.ranges:
        return f"{NAMES[figure]} has no ordinary range: fewer than {FEWEST} earlier periods with data"
    if finding.value is None:
        return f"{NAMES[figure]} without data"
    return _against(figure, finding.value, finding.ranges[figure], currency, "in")


def _no_signal_at_all(ranges: int) -> str:
    if not ranges:
        return f"no figure has an ordinary range: fewer than {FEWEST} earlier periods with data"
    return f"none of {ranges} figures departs from its ordinary range"


def _signal(signal: Signal, currency: str) -> str:
    figure, limits = signal.figure, signal.limits
    if signal.course in {Course.ABOVE, Course.BELOW}:
        return _against(figure, signal.value, limits, currency, signal.course.value)
    mean = _rounded(limits.mean, _fewest(figure), Decimal(signal.value))
    value = _rounded(signal.value, DIGITS[figure.measure], mean)
    side = "above" if signal.course is Course.RUN_ABOVE else "below"
    shown = (_amount(one, figure.measure, currency) for one in (value, mean))
    return f"{NAMES[figure]} {next(shown)}, number {RUN} in a row {side} the mean of {next(shown)}"


def _against(figure: Figure, value: Number, limits: Limits, currency: str, where: str) -> str:
    """Write a value and its ordinary range so that each limit is seen on its side."""
    ends = [_rounded(one, _fewest(figure), Decimal(value)) for one in (limits.lower, limits.upper)]
    shown = _amount(_rounded(value, DIGITS[figure.measure], *ends), figure.measure, currency)
    lower, upper = (_amount(one, figure.measure, currency) for one in ends)
    return f"{NAMES[figure]} {shown}, {where} its ordinary range of {lower} to {upper}"


def _fewest(figure: Figure) -> int:
    return max(1, DIGITS[figure.measure])


def _rounded(number: Number, fewest: int, *bounds: Decimal | None) -> Decimal:
    """Round to so many digits, or as many as leave the number on its side of every bound."""
    exact = Decimal(number)
    known = [one for one in bounds if one is not None]
    tries = (Decimal(f"{exact:.{digits}f}") for digits in count(fewest))
    return next(one for one in tries if all(_side(one, bound) == _side(exact, bound) for bound in known))


def _side(number: Decimal, bound: Decimal) -> int:
    return (number > bound) - (number < bound)


def _shown(change: Decimal, measure: Measure) -> Decimal:
    """Return a change as it is written: a fraction in percent, points as they are."""
    return change if measure is Measure.PERCENT else change.scaleb(2)


def _of_change(number: Decimal, measure: Measure) -> str:
    text = _plain(number)
    if measure is not Measure.PERCENT:
        return f"{text} %"
    return f"{text} {'point' if abs(number) == 1 else 'points'}"


def _amount(number: Decimal, measure: Measure, currency: str) -> str:
    text = _plain(number)
    if measure is Measure.PERCENT:
        return f"{text} %"
    if measure is Measure.COUNT:
        return text
    whole, point, cents = text.partition(".")
    return f"{whole}{point}{cents.ljust(CENTS, '0') if point else ''} {currency}"


def _plain(number: Decimal) -> str:
    """Write a number exactly, with commas between thousands and without zeros at its end."""
    text = f"{abs(number) if number == 0 else number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
