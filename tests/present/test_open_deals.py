"""What is said of open deals: nothing is left out unsaid, and no sum mixes currencies."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reports.findings import OpenDeals, OpenStage
from reports.present.open_deals import across, open_lines, open_value
from tests.making import formats


def deals(count: int, value: int | None, without: int = 0, snoozed: int = 0) -> OpenDeals:
    amount = None if value is None else Decimal(value)
    return OpenDeals((), count, amount, without, snoozed, (), mixed=value is None)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            deals(143, 2_100_000, 12, 4),
            "143 open deals worth SAR 2.1M; 12 without a value; 4 snoozed, not counted",
        ),
        (deals(1, 500), "1 open deal worth SAR 500"),
        (deals(2, 0), "2 open deals worth SAR 0"),
        (deals(3, 0, 3), "3 open deals; 3 without a value"),
        (deals(0, 0, 0, 1), "No open deals; 1 snoozed, not counted"),
        (deals(1, None), "1 open deal, not in SAR: no sum"),
        (deals(1200, None, 7), "1,200 open deals, not all in SAR: no sum; 7 without a value"),
    ],
)
def test_the_total(found: OpenDeals, text: str) -> None:
    assert "; ".join(open_lines(formats(), found)).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("stage", "text"),
    [
        (OpenStage(1, "New", 3, Decimal(5), 2), "5"),
        (OpenStage(1, "New", 3, Decimal(0), 3), "\u2013"),
        (OpenStage(1, "New", 3, None, 3), ""),
    ],
)
def test_a_stage_without_a_value_is_not_worth_nothing(stage: OpenStage, text: str) -> None:
    assert open_value(stage, formats().count) == text


def test_charts_stand_side_by_side() -> None:
    assert [across(number) for number in range(1, 7)] == [1, 2, 3, 2, 3, 3]
