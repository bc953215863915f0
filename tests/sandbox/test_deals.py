"""The store keeps everything or nothing, and sums exactly."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from reports.errors import ConfigError, SourceUnavailable
from reports.sandbox import sql
from reports.sandbox.deals import Deals
from reports.sandbox.window import Window
from tests.sandbox.conftest import deal, put

if TYPE_CHECKING:
    from pathlib import Path

NOVEMBER = Window(1, date(2026, 11, 1), date(2026, 11, 30))


def test_a_file_is_made_and_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "deals.sqlite"
    with Deals.open(path) as deals:
        put(deals, [deal(1, "2026-11-03")])
    with Deals.open(path) as deals:
        assert deals.figures(NOVEMBER).created == 1
        [card] = deals.cards(1)
        assert card.deal == deal(1, "2026-11-03")


def test_a_failed_transaction_leaves_nothing(store: Deals) -> None:
    with pytest.raises(SourceUnavailable), store.writing():
        store.put_deals([deal(1, "2026-11-03"), deal(2, "2026-11-03", stage_id=99)])
    assert store.cards(1) == ()
    with store.writing():
        store.put_deals([deal(2, "2026-11-03")])
    assert len(store.cards(1)) == 1


def test_a_deal_of_an_unknown_stage_is_refused(store: Deals) -> None:
    with pytest.raises(SourceUnavailable, match="FOREIGN KEY"), store.writing():
        store.put_deals([deal(1, "2026-11-03", stage_id=99)])
    assert store.cards(1) == ()


def test_a_reader_sees_one_state_while_another_process_writes(tmp_path: Path) -> None:
    path = tmp_path / "deals.sqlite"
    with Deals.open(path) as deals, Deals.open(path) as other:
        put(deals, [deal(1, "2026-11-03")])
        writer = threading.Thread(target=put, args=(other, [deal(1, "2026-11-03"), deal(2, "2026-11-04")]))
        with deals.reading():
            assert deals.figures(NOVEMBER).created == 1
            writer.start()
            writer.join(0.2)
            assert deals.figures(NOVEMBER).created == 1
        writer.join()
        assert deals.figures(NOVEMBER).created == 2


def test_many_threads_share_one_store(store: Deals) -> None:
    put(store, [deal(number, "2026-11-03") for number in range(1, 101)])
    seen = []

    def look() -> None:
        for _ in range(20):
            with store.reading():
                seen.append((store.figures(NOVEMBER).created, len(store.by_agent(NOVEMBER))))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [(100, 1)] * 160


def test_sums_are_exact_to_the_thousandth(store: Deals) -> None:
    put(store, [deal(number, "2026-11-03", "won", "2026-11-04", value=Decimal("0.1")) for number in range(1, 11)])
    assert store.figures(NOVEMBER).value_won == Decimal(1)
    put(store, [deal(1, "2026-11-03", value=Decimal("-0.001")), deal(2, "2026-11-03", value=Decimal("1234567.892"))])
    assert store.figures(NOVEMBER).value_created == Decimal("1234567.891")


def test_sums_beyond_64_bits_are_exact(store: Deals) -> None:
    put(store, [deal(number, "2026-11-03", value=Decimal(10**12)) for number in range(1, 10_001)])
    assert store.figures(NOVEMBER).value_created == Decimal(10**16)
    assert store.totals(1).value == Decimal(10**16)


def test_an_index_answers_a_window(store: Deals) -> None:
    values = {"by": None, "split": 1, "pipeline": 1, "agent": None, "since": "2026-11-01", "until": "2026-11-30"}
    plan = " ".join(row[3] for row in store._database.rows(f"EXPLAIN QUERY PLAN {sql.FIGURES}", values))
    assert "deals_created" in plan
    assert "deals_closed" in plan


def test_a_made_up_deal_never_stands_beside_a_real_one() -> None:
    with Deals.open(None) as deals:
        deals.claim("CSV file")
        deals.claim("CSV file")
        with pytest.raises(ConfigError, match="holds deals from the CSV file") as caught:
            deals.claim("made-up sample")
    assert caught.value.hint


def test_a_deal_that_is_put_again_is_replaced(store: Deals) -> None:
    put(store, [deal(1, "2026-11-03")])
    won = replace(deal(1, "2026-11-03", "won", "2026-11-09"), value=None)
    with store.writing():
        store.put_deals([won])
    assert [card.deal for card in store.cards(1)] == [won]
