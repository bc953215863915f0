"""Open deals: counts that add up, the largest first, and no two currencies in one sum."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.analyse import analyse
from reports.analysis.open_deals import MOST_DEALS, compare_open, open_deals, open_together, with_open_deals
from reports.figures import Card, Pipeline, PipelineWindows, Stage, Window
from reports.findings import NewFromZero, NoDelta, OpenDeals, OpenStage, Percent, Reason
from tests.making import FETCHED, figures_of, pipeline_of, plan_of, snapshot_of

RIYADH = ZoneInfo("Asia/Riyadh")
STAGES = (Stage(12, "Offer"), Stage(11, "New"), Stage(13, "Signed"))
STATUSES = ("open", "won", "lost", "snoozed")

numbers = st.none() | st.decimals(-1000, 10**9, places=2)
moments = st.datetimes(datetime(2020, 1, 1), FETCHED.replace(tzinfo=None), timezones=st.just(UTC))  # noqa: DTZ001 - added


@st.composite
def boards(draw: st.DrawFn, currencies: tuple[str | None, ...] = ("SAR", None)) -> tuple[Card, ...]:
    keys = draw(st.lists(st.integers(1, 10**6), unique=True, max_size=40))
    return tuple(
        card(
            key,
            draw(numbers),
            stage=draw(st.sampled_from([11, 12, 13, 98, 99])),
            status=draw(st.sampled_from(STATUSES)),
            currency=draw(st.sampled_from(currencies)),
            made=draw(moments),
        )
        for key in keys
    )


def card(
    key: int,
    value: Decimal | int | None = 100,
    *,
    stage: int = 11,
    status: str = "open",
    currency: str | None = "SAR",
    made: datetime = FETCHED,
) -> Card:
    amount = None if value is None else Decimal(value)
    return Card(key, made, made, stage, status, amount, currency, f"Deal {key}", "Noura")


def board(*cards: Card, number: int = 1) -> PipelineWindows:
    return PipelineWindows(Pipeline(number, f"Pipeline {number}", None, STAGES), {}, cards=cards)


def opened(*cards: Card, now: datetime = FETCHED, number: int = 1) -> OpenDeals:
    found = open_deals(board(*cards, number=number), "SAR", now, RIYADH)
    assert found is not None
    return found


@given(boards(("SAR", None, "USD")))
def test_every_open_deal_stands_in_one_stage(cards: tuple[Card, ...]) -> None:
    found = opened(*cards)
    listed = [one for one in cards if one.status == "open"]
    assert found.count == len(listed) == sum(stage.count for stage in found.stages)
    assert found.without_value == sum(one.value is None for one in listed)
    assert found.without_value == sum(stage.without_value for stage in found.stages)
    assert found.snoozed == sum(one.status == "snoozed" for one in cards)
    assert all(stage.count > 0 for stage in found.stages)


@given(boards())
def test_values_add_up_and_the_largest_come_first(cards: tuple[Card, ...]) -> None:
    found = opened(*cards)
    values = sorted((one.value for one in cards if one.status == "open" and one.value is not None), reverse=True)
    assert found.value == sum(values, Decimal(0)) == sum((one.value or 0 for one in found.stages), Decimal(0))
    assert [one.value for one in found.largest] == values[:MOST_DEALS]
    assert all(one.age_days >= 0 for one in found.largest)


@given(boards(("SAR", None, "USD")))
def test_amounts_of_two_currencies_are_neither_added_nor_compared(cards: tuple[Card, ...]) -> None:
    found = opened(*cards)
    foreign = [one for one in cards if (one.status, one.currency) == ("open", "USD") and one.value is not None]
    assert found.mixed == bool(foreign)
    values = [found.value, *(stage.value for stage in found.stages)]
    assert [one is None for one in values] == [found.mixed] * len(values)
    assert not (found.mixed and found.largest)


@given(boards(), boards())
def test_pipelines_add_up(one: tuple[Card, ...], other: tuple[Card, ...]) -> None:
    parts = [opened(*one, number=1), opened(*other, number=2)]
    whole = open_together(parts)
    assert whole is not None
    assert whole.stages == ()
    assert (whole.count, whole.snoozed) == (sum(part.count for part in parts), sum(part.snoozed for part in parts))
    assert whole.value == sum((part.value or 0 for part in parts), Decimal(0))
    values = sorted((deal.value for part in parts for deal in part.largest), reverse=True)
    assert [deal.value for deal in whole.largest] == values[:MOST_DEALS]


@given(boards(), boards())
def test_changes_by_stage_add_up_to_the_whole(now: tuple[Card, ...], before: tuple[Card, ...]) -> None:
    found = compare_open(opened(*now), opened(*before))
    assert found is not None
    assert sum(one.count.absolute or 0 for one in found.stages) == found.count.absolute
    assert sum((one.value.absolute or 0 for one in found.stages), Decimal(0)) == found.value.absolute
    assert all(one.count.good is None is one.value.good for one in (found, *found.stages)), "neither good nor bad"


def test_stages_stand_in_the_pipelines_order_and_unknown_ones_last() -> None:
    found = opened(card(1, stage=99), card(2, stage=11), card(3, None, stage=12), card(4, stage=7), card(5, stage=12))
    assert found.stages == (
        OpenStage(12, "Offer", 2, Decimal(100), 1),
        OpenStage(11, "New", 1, Decimal(100)),
        OpenStage(7, "Stage 7", 1, Decimal(100)),
        OpenStage(99, "Stage 99", 1, Decimal(100)),
    )


def test_of_two_deals_worth_the_same_the_older_comes_first() -> None:
    old = FETCHED - timedelta(days=30)
    found = opened(card(3), card(2), card(9, made=old), card(1, None), card(4, 101))
    assert [one.id for one in found.largest] == [4, 9, 2, 3]


@pytest.mark.parametrize(
    ("made", "days"),
    [
        ("2026-11-21T20:59:59+00:00", 1),  # 23:59 in Riyadh, the day before
        ("2026-11-21T21:00:00+00:00", 0),
        ("2026-10-23T12:00:00+00:00", 30),
        ("2026-11-23T06:30:00+00:00", 0),  # by the clock of a server that is ahead
    ],
)
def test_a_deals_age_is_in_days_of_the_accounts_zone(made: str, days: int) -> None:
    (found,) = opened(card(1, made=datetime.fromisoformat(made))).largest
    assert found.age_days == days


def test_the_first_moment_there_is_has_an_age_too() -> None:
    with_year_one = card(1, made=datetime(1, 1, 1, tzinfo=UTC))
    found = open_deals(board(with_year_one), "SAR", FETCHED, ZoneInfo("America/New_York"))
    assert found is not None
    assert found.largest[0].age_days > 700_000


def test_a_value_without_a_currency_is_in_the_reports() -> None:
    found = opened(card(1, currency=None), card(2))
    assert (found.value, found.mixed) == (Decimal(200), False)


def test_only_open_deals_with_a_value_can_mix_currencies() -> None:
    found = opened(card(1), card(2, None, currency="USD"), card(3, currency="USD", status="snoozed"))
    assert (found.value, found.mixed) == (Decimal(100), False)


def test_a_stage_that_came_or_went_held_nothing_on_the_other_side() -> None:
    now = opened(card(1, stage=11), *(card(key, stage=12) for key in range(2, 30)))
    before = opened(*(card(key, stage=12) for key in range(2, 26)), card(50, stage=13))
    found = compare_open(now, before)
    assert found is not None
    assert [(one.stage_id, one.name) for one in found.stages] == [(12, "Offer"), (11, "New"), (13, "Signed")]
    assert found.stages[0].count == Percent(4, Decimal(4) / 24, None)
    assert found.stages[1].count == NewFromZero(1, None)
    assert found.stages[2].value == Percent(Decimal(-100), Decimal(-1), None)


def test_without_an_edition_before_nothing_is_compared() -> None:
    assert compare_open(opened(card(1)), None) is None


@pytest.mark.parametrize("mixed_now", [True, False])
def test_mixed_currencies_are_not_compared(mixed_now: bool) -> None:
    mixed, plain = opened(card(1, currency="USD")), opened(card(1), card(2, stage=12))
    found = compare_open(*((mixed, plain) if mixed_now else (plain, mixed)))
    assert found is not None
    assert {one.value for one in (found, *found.stages)} == {NoDelta(Reason.NOT_COMPARABLE)}
    assert found.count.absolute == (-1 if mixed_now else 1)


def test_who_may_not_read_one_pipelines_cards_has_no_total() -> None:
    periods = plan_of()
    one = pipeline_of(periods, lambda period: Window(period, figures_of()), number=1)
    two = replace(pipeline_of(periods, lambda period: Window(period, figures_of()), number=2), cards=(card(1),))
    found = with_open_deals(analyse(periods, snapshot_of(one, two)), snapshot_of(one, two), "SAR", RIYADH)
    assert found.overall.open is None
    assert [section.open is None for section in found.pipelines] == [True, False]
