"""The change of one figure between two periods."""

from __future__ import annotations

from decimal import Decimal

from reports.figures import Figure, Figures, Measure, Number
from reports.findings import Delta, NewFromZero, NoDelta, Percent, Points, Reason

SMALL_COUNT = 20  # below it a percentage says less than the number of deals (DESIGN section 5)


def deltas(current: Figures | None, previous: Figures | None) -> dict[Figure, Delta]:
    """Compare every figure of two periods; a period without data is None."""
    return {figure: delta(figure, _value(current, figure), _value(previous, figure)) for figure in Figure}


def delta(figure: Figure, current: Number | None, previous: Number | None) -> Delta:
    """Compare one figure: by subtraction for rates, else relative to what it was, where that was above zero."""
    if current is None or previous is None:
        return NoDelta(Reason.NO_DATA)
    absolute = current - previous
    good = None if absolute == 0 else (absolute > 0) == figure.up_is_good
    if figure.measure is Measure.PERCENT:
        return Points(Decimal(absolute), good)
    if previous > 0:
        small = figure.measure is Measure.COUNT and min(current, previous) < SMALL_COUNT
        return Percent(absolute, Decimal(absolute) / previous, good, small)
    if previous == 0 == current:
        return NoDelta(Reason.BOTH_ZERO, absolute)
    if previous < 0 or current < 0:
        return NoDelta(Reason.NOT_COMPARABLE, absolute, good)
    return NewFromZero(absolute, good)


def _value(figures: Figures | None, figure: Figure) -> Number | None:
    return None if figures is None else figures.value(figure)
