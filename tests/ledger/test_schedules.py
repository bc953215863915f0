"""What is known of a schedule moves on by one process at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from reports.errors import LedgerError
from reports.ledger import schedules
from tests.ledger.conftest import LATER, NOW, happened

if TYPE_CHECKING:
    from reports.ledger.ledger import Ledger
    from tests.ledger.conftest import Place

MANY = 4


def test_a_schedule_starts_when_it_is_first_seen(ledger: Ledger) -> None:
    with ledger.write() as tx:
        first = schedules.watch(tx, "weekly", NOW)
        assert (first.handled_until, first.paused_at) == (NOW, None)
        assert schedules.watch(tx, "weekly", LATER) == first
        assert schedules.known(tx) == {"weekly": first}
        assert [one.name for one in happened(tx)] == ["schedule.seen"]


def test_slots_are_handled_from_what_was_read(ledger: Ledger) -> None:
    with ledger.write() as tx:
        first = schedules.watch(tx, "weekly", NOW)
        assert schedules.handle(tx, first, LATER)
        assert not schedules.handle(tx, first, LATER)
        assert schedules.watch(tx, "weekly", NOW).handled_until == LATER


def test_of_many_that_handle_a_schedule_at_once_one_does(place: Place, ledger: Ledger) -> None:
    with ledger.write() as tx:
        first = schedules.watch(tx, "weekly", NOW)
    gate = Barrier(MANY)

    def work(_: int) -> bool:
        with place.open() as mine:
            gate.wait()
            with mine.write() as tx:
                return schedules.handle(tx, first, LATER)

    with ThreadPoolExecutor(MANY) as pool:
        assert sum(pool.map(work, range(MANY))) == 1


def test_a_report_is_paused_once_and_resumed_once(ledger: Ledger) -> None:
    with ledger.write() as tx:
        schedules.watch(tx, "weekly", NOW)
        assert schedules.pause(tx, "weekly", LATER)
        assert not schedules.pause(tx, "weekly", NOW)
        assert schedules.known(tx)["weekly"].paused_at == LATER
        assert schedules.resume(tx, "weekly", LATER)
        assert not schedules.resume(tx, "weekly", LATER)
        assert schedules.known(tx)["weekly"].paused_at is None
        assert [one.name for one in happened(tx, "weekly")[:2]] == ["report.resumed", "report.paused"]


def test_a_report_can_be_paused_before_it_was_seen(ledger: Ledger) -> None:
    with ledger.write() as tx:
        assert not schedules.resume(tx, "weekly", NOW)
        assert schedules.pause(tx, "weekly", NOW)
        assert schedules.watch(tx, "weekly", LATER).paused_at == NOW


def test_reading_is_one_view_whatever_others_write(place: Place, ledger: Ledger) -> None:
    with ledger.write() as tx:
        schedules.watch(tx, "weekly", NOW)
    with place.open() as other, ledger.read() as view:
        before = schedules.known(view)
        with other.write() as tx:
            assert schedules.pause(tx, "weekly", LATER)
            schedules.watch(tx, "board", LATER)
        assert schedules.known(view) == before
        assert len(happened(view)) == 1
    with ledger.read() as view:
        assert len(schedules.known(view)) == 2


def test_nothing_is_written_while_reading(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="can't be written"), ledger.read() as view:
        schedules.watch(view, "weekly", NOW)
    with ledger.write() as tx:
        assert schedules.known(tx) == {}
        schedules.watch(tx, "weekly", NOW)
