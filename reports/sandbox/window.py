"""Windows of whole days, with the figures that are counted in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Window:
    """The deals of one pipeline, maybe of one agent only, in the days since..until, both inclusive."""

    pipeline_id: int
    since: date
    until: date
    agent_id: int | None = None


@dataclass(frozen=True, slots=True)
class WindowFigures:
    """What was created, won and lost in a window."""

    created: int = 0
    won: int = 0
    lost: int = 0
    value_created: Decimal = Decimal(0)
    value_won: Decimal = Decimal(0)

    def __add__(self, other: WindowFigures) -> WindowFigures:
        return WindowFigures(
            created=self.created + other.created,
            won=self.won + other.won,
            lost=self.lost + other.lost,
            value_created=self.value_created + other.value_created,
            value_won=self.value_won + other.value_won,
        )

    @property
    def average_deal_size(self) -> Decimal:
        """The value won per deal won."""
        return quotient(self.value_won, self.won, Decimal("0.01"))

    @property
    def conversion_rate(self) -> Decimal:
        """The deals won per 100 created, although they need not be the same deals."""
        return rate(self.won, self.created)


def quotient(part: Decimal, whole: int, step: Decimal) -> Decimal:
    """Divide and round half up to `step`; the API answers 0 where there is nothing to divide by."""
    return (part / whole).quantize(step, ROUND_HALF_UP) if whole else Decimal(0)


def rate(part: int, whole: int) -> Decimal:
    """Tell how many of 100 a part is, to one decimal."""
    return quotient(Decimal(100 * part), whole, Decimal("0.1"))


def iso_day(text: str) -> date:
    """Read `YYYY-MM-DD` alone: date.fromisoformat also takes 20261121 and 2026-W47-6."""
    if not ISO_DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)
