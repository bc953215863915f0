"""What moved the value won between two periods: deals closed, win rate, deal size."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from reports.figures import Figures
from reports.findings import Drivers

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTHING = Drivers(*[Decimal(0)] * 5)


def drivers(current: Figures | None, previous: Figures | None) -> Drivers:
    """Split the change of one pipeline's value won, in money; one that had no data in a period had no value there.

    Value won = deals closed x win rate x deal size. Each factor's part is L(now, before) x ln(factor now / before)
    with the logarithmic mean L(a, b) = (a - b) / ln(a / b): the additive LMDI-I of Ang (2005, Energy Policy 33).
    Where a factor is zero in either period, or the value negative, there is no logarithm: all is `not_split`.
    """
    now, before = current or Figures(), previous or Figures()
    total = now.value_won - before.value_won
    if not (_can_be_split(now) and _can_be_split(before)):
        return Drivers(Decimal(0), Decimal(0), Decimal(0), total, total)
    weight = _logarithmic_mean(now.value_won, before.value_won)
    closed, win_rate, deal_size = (
        weight * (one / other).ln() for one, other in zip(_factors(now), _factors(before), strict=True)
    )
    return Drivers(closed, win_rate, deal_size, Decimal(0), total)


def drivers_together(parts: Iterable[Drivers]) -> Drivers:
    """Add the pipelines' parts up."""
    listed = (NOTHING, *parts)
    names = ("closed", "win_rate", "deal_size", "not_split", "total")
    return Drivers(**{name: sum((getattr(one, name) for one in listed), Decimal(0)) for name in names})


def _can_be_split(figures: Figures) -> bool:
    return figures.won > 0 and figures.value_won > 0 and figures.closed is not None


def _factors(figures: Figures) -> tuple[Decimal, Decimal, Decimal]:
    closed = Decimal(figures.closed or 0)
    return closed, figures.won / closed, figures.value_won / figures.won


def _logarithmic_mean(one: Decimal, other: Decimal) -> Decimal:
    return one if one == other else (one - other) / (one / other).ln()
