"""How far the goals of a report were reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.figures import HUNDRED, Figure, Figures, Measure, Number
from reports.findings import Target

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from reports.periods import Kind, Plan


def due(goals: Mapping[Figure, Decimal], kind: Kind, plan: Plan) -> Mapping[Figure, Decimal]:
    """Return the goals that count for a plan: none for a free span or a period to date, which aren't whole periods."""
    return goals if plan.kind == kind and not kind.to_date else {}


def targets(goals: Mapping[Figure, Decimal], current: Figures | None) -> tuple[Target, ...]:
    """Hold the current period against its goals, in the figures' own order."""
    return tuple(
        Target(figure, goals[figure], reached(figure, goals[figure], current.value(figure) if current else None))
        for figure in Figure
        if figure in goals
    )


def reached(figure: Figure, goal: Decimal, value: Number | None) -> Decimal | None:
    """Return a rate's distance from its goal in points, else the value in percent of the goal; both unrounded."""
    if value is None:
        return None
    return value - goal if figure.measure is Measure.PERCENT else value * HUNDRED / goal
