"""Rates follow from the counts, sums are sums, and no data is not zero."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.figures import EditionId, Figure, Figures, Measure, Pipeline, PipelineWindows, Window
from reports.periods import Period
from tests.making import figures

if TYPE_CHECKING:
    from collections.abc import Sequence

WEEK = Period(date(2026, 11, 15), date(2026, 11, 21))


@given(figures)
def test_rates_times_their_denominators_give_the_numerators(one: Figures) -> None:
    pairs = [
        (one.win_rate, one.won + one.lost, 100 * one.won),
        (one.conversion_rate, one.created, 100 * one.won),
        (one.average_deal_size, one.won, one.value_won),
    ]
    for rate, whole, part in pairs:
        if whole == 0:
            assert rate is None
        else:
            assert rate is not None
            assert abs(rate * whole - part) < Decimal("1e-15")


@pytest.mark.parametrize(
    ("figure", "number"),
    [
        (Figure.CREATED, 30),
        (Figure.WON, 10),
        (Figure.LOST, 4),
        (Figure.VALUE_CREATED, Decimal(150_000)),
        (Figure.VALUE_WON, Decimal(60_000)),
        (Figure.DEAL_SIZE, Decimal(6000)),
        (Figure.CONVERSION_RATE, Decimal(1000) / 30),
        (Figure.WIN_RATE, Decimal(1000) / 14),
    ],
)
def test_every_figure_has_its_value(figure: Figure, number: Decimal) -> None:
    assert Figures(30, 10, 4, Decimal(150_000), Decimal(60_000)).value(figure) == number


def test_nothing_closed_is_no_data_and_not_zero() -> None:
    empty = Figures()
    assert [empty.value(one) for one in Figure if not one.is_sum] == [None, None, None]
    assert [empty.value(one) for one in Figure if one.is_sum] == [0, 0, 0, 0, 0]


def test_losing_everything_is_a_rate_of_zero_and_not_no_data() -> None:
    assert Figures(created=3, lost=2).win_rate == 0
    assert Figures(created=3, lost=2).conversion_rate == 0


def test_more_won_than_created_exceeds_a_hundred_percent() -> None:
    assert Figures(created=4, won=6).conversion_rate == 150


@given(st.lists(figures, max_size=5))
def test_a_total_is_the_sum_of_its_parts(parts: Sequence[Figures]) -> None:
    total = Figures.total(parts)
    for field in fields(Figures):
        assert getattr(total, field.name) == sum(getattr(one, field.name) for one in parts)


@given(st.lists(figures, min_size=2, max_size=4))
def test_rates_of_a_total_come_from_the_sums(parts: Sequence[Figures]) -> None:
    closed, won = sum(one.won + one.lost for one in parts), sum(one.won for one in parts)
    expected = Decimal(100 * won) / closed if closed else None
    assert Figures.total(iter(parts)).win_rate == expected


def test_only_lost_deals_are_bad_news_when_there_are_more() -> None:
    assert [one for one in Figure if not one.up_is_good] == [Figure.LOST]


def test_rates_are_percent_and_sums_are_counts_or_money() -> None:
    assert {one for one in Figure if one.measure is Measure.PERCENT} == {Figure.CONVERSION_RATE, Figure.WIN_RATE}
    assert {one for one in Figure if one.measure is Measure.MONEY} == {
        *(Figure.VALUE_CREATED, Figure.VALUE_WON, Figure.DEAL_SIZE)
    }


@pytest.mark.parametrize(
    ("created_on", "there"),
    [(None, True), (date(2026, 11, 14), True), (WEEK.since, True), (WEEK.until, True), (date(2026, 11, 22), False)],
)
def test_before_a_pipeline_existed_there_is_no_data(created_on: date | None, there: bool) -> None:
    window = Window(WEEK, Figures())
    fetched = PipelineWindows(Pipeline(1, "New", created_on), {WEEK: window})
    assert fetched.window(WEEK) == (window if there else None)


def test_an_edition_has_one_name_and_its_folders_the_same_parts() -> None:
    edition = EditionId("weekly", WEEK)
    assert str(edition) == "weekly:2026-11-15:2026-11-21:all"
    kept = EditionId("weekly", WEEK, "pipeline-3").revised(2)
    assert str(kept) == "weekly:2026-11-15:2026-11-21:pipeline-3:r2"
    assert kept.parts == ("weekly", "2026-11-15:2026-11-21", "pipeline-3", "r2")
    assert (edition.filename, kept.filename) == (
        "weekly-2026-11-15_2026-11-21",
        "weekly-pipeline-3-2026-11-15_2026-11-21",
    )
