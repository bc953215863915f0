"""What is said of targets."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from reports.figures import Measure

if TYPE_CHECKING:
    from reports.findings import Target
    from reports.present.formats import Formats

PRINTED = Decimal("0.05")  # points: what is nearer to the goal than this prints as 0.0


def progress(formats: Formats, target: Target) -> str:
    """Return how far a goal was reached: `82% of 80K target`, `2.1 pts under 45.0% target`."""
    say, goal = formats.language.text, formats.isolate(goal_text(formats, target))
    if target.reached is None:
        return target_name(formats, target)
    if not target.in_points:
        percent = target.reached.quantize(Decimal(1), ROUND_DOWN)  # 100% is said only of a goal that was reached
        return say("{percent} of {goal} target", percent=formats.isolate(formats.percent(percent, 0)), goal=goal)
    if abs(target.reached) < PRINTED:
        return say("at {goal} target", goal=goal)
    points = formats.isolate(formats.points(target.reached))
    if target.reached > 0:
        return say("{points} over {goal} target", points=points, goal=goal)
    return say("{points} under {goal} target", points=points, goal=goal)


def target_name(formats: Formats, target: Target) -> str:
    """Return what a target's line is called."""
    return formats.language.text("target {goal}", goal=formats.isolate(goal_text(formats, target)))


def target_alt(formats: Formats, target: Target) -> str:
    """Say what the line of a target shows."""
    return formats.language.text("The line is the target, {goal}.", goal=formats.isolate(goal_text(formats, target)))


def goal_text(formats: Formats, target: Target) -> str:
    """Return a goal as short as it was set: 80K, 1.25M, 12, 45.0%."""
    if target.figure.measure is Measure.MONEY:
        return formats.alike([target.goal], axis=True)(target.goal)
    return formats.value(target.figure, target.goal)
