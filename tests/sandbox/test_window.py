"""Only a day is a day, and rates are rounded half up."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reports.sandbox.window import WindowFigures, iso_day


@pytest.mark.parametrize(
    "text", ["", "20261122", "2026-W47-7", "2026-02-30", "0000-01-01", "2026-1-1", "2026-11-22 ", "\u0662026-11-22"]
)
def test_only_a_day_of_the_calendar_is_a_day(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # callers catch it and say what is wrong in their own words
        iso_day(text)


@pytest.mark.parametrize(
    ("won", "value", "size"),
    [(3, "100", "33.33"), (8, "0.04", "0.01"), (8, "-0.04", "-0.01"), (0, "5", "0"), (1, "0.005", "0.01")],
)
def test_average_deal_size_is_rounded_half_up_to_two_decimals(won: int, value: str, size: str) -> None:
    assert WindowFigures(won=won, value_won=Decimal(value)).average_deal_size == Decimal(size)


@pytest.mark.parametrize(("won", "created", "rate"), [(10, 30, "33.3"), (1, 2000, "0.1"), (5, 4, "125"), (3, 0, "0")])
def test_conversion_rate_is_rounded_half_up_to_one_decimal(won: int, created: int, rate: str) -> None:
    assert WindowFigures(won=won, created=created).conversion_rate == Decimal(rate)
