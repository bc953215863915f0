"""A target is said in few words, and a goal is called reached only where it was."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reports.figures import Figure
from reports.findings import Target
from reports.present.targets import progress
from tests.making import formats


@pytest.mark.parametrize(
    ("figure", "goal", "reached", "text"),
    [
        (Figure.VALUE_WON, "80000", "82.4", "82% of 80K target"),
        (Figure.VALUE_WON, "80000", "99.99", "99% of 80K target"),
        (Figure.VALUE_WON, "80000", "100", "100% of 80K target"),
        (Figure.VALUE_WON, "1250000", "0", "0% of 1.25M target"),
        (Figure.VALUE_WON, "8000", "-12.7", "\u221212% of 8,000 target"),
        (Figure.VALUE_CREATED, "80000", "1234.5", "1,234% of 80K target"),
        (Figure.WON, "12", "150", "150% of 12 target"),
        (Figure.DEAL_SIZE, "6500.5", None, "target 6,501"),
        (Figure.WIN_RATE, "45", "-2.14", "2.1 pts under 45.0% target"),
        (Figure.WIN_RATE, "45", "0.06", "0.1 pts over 45.0% target"),
        (Figure.WIN_RATE, "45", "-0.04", "at 45.0% target"),
        (Figure.CONVERSION_RATE, "120.5", None, "target 120.5%"),
    ],
)
def test_how_far_a_goal_was_reached(figure: Figure, goal: str, reached: str | None, text: str) -> None:
    target = Target(figure, Decimal(goal), None if reached is None else Decimal(reached))
    assert progress(formats(), target) == text
