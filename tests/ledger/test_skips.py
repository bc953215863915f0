"""A cut of which nothing was made is written down once, with the latest reason."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

from reports.ledger import skips
from reports.ledger.forgetting import NOBODY, erase
from tests.ledger.conftest import ANNA, BILAL, LATER, NOW, WEEK, claimed, happened, see
from tests.ledger.test_forgetting import everything

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reports.ledger.ledger import Ledger
    from reports.ledger.values import Skip
    from tests.ledger.conftest import Place

MANY = 4
NO_ADDRESS = "the source gives no address"


def note(  # the parts of one row
    tx: Connection, cut: str = "agent-7", reason: str = NO_ADDRESS, *, now: datetime = NOW, slot: int | None = None
) -> Skip:
    return skips.note(tx, "weekly", WEEK, cut, now, who="Sara", reason=reason, slot=slot)


def test_a_skipped_cut_is_found_by_its_slot(ledger: Ledger) -> None:
    with ledger.write() as tx:
        slot = claimed(tx)
        second = note(tx, "agent-8", slot=slot.id)
        first = note(tx, slot=slot.id)
        assert skips.of_slot(tx, slot.id) == [first, second]
        assert (first.slot, first.report, first.since, first.until) == (slot.id, "weekly", WEEK.since, WEEK.until)
        assert (first.cut, first.who, first.recipient, first.reason, first.at) == (
            "agent-7",
            "Sara",
            None,
            NO_ADDRESS,
            NOW,
        )
        assert skips.by_hand(tx, "weekly", WEEK, NOW) == []
        found = [(one.slot, one.detail) for one in happened(tx) if one.name == "cut.skipped"]
        assert found == [(slot.id, f"agent-7: {NO_ADDRESS}"), (slot.id, f"agent-8: {NO_ADDRESS}")]


def test_a_slot_that_is_tried_again_says_it_once(ledger: Ledger) -> None:
    with ledger.write() as tx:
        slot = claimed(tx)
        first = note(tx, slot=slot.id)
        assert note(tx, slot=slot.id, now=LATER) == first
        changed = note(tx, slot=slot.id, reason="opted out", now=LATER)
        assert (changed.id, changed.reason, changed.at) == (first.id, "opted out", LATER)
        assert skips.of_slot(tx, slot.id) == [changed]
        assert len([one for one in happened(tx) if one.name == "cut.skipped"]) == 2


def test_a_person_who_asks_for_the_period_leaves_it_with_its_slot(ledger: Ledger) -> None:
    with ledger.write() as tx:
        slot = see(tx)
        note(tx, slot=slot.id)
        assert note(tx, reason="opted out").slot == slot.id
        alone = note(tx, "agent-9")
        assert skips.by_hand(tx, "weekly", WEEK, NOW) == [alone]
        assert note(tx, "agent-9", slot=slot.id).slot == slot.id
        assert skips.by_hand(tx, "weekly", WEEK, NOW) == []


def test_a_person_who_asks_again_has_it_said_of_the_last_time(ledger: Ledger) -> None:
    with ledger.write() as tx:
        note(tx)
        again = note(tx, now=LATER)
        assert again.at == LATER
        assert skips.by_hand(tx, "weekly", WEEK, NOW) == []
        assert skips.by_hand(tx, "weekly", WEEK, LATER) == [again]


def test_of_many_that_say_it_at_once_one_row_is_left(place: Place) -> None:
    gate = Barrier(MANY)

    def work(number: int) -> None:
        with place.open() as ledger:
            gate.wait()
            with ledger.write() as tx:
                note(tx, reason=f"reason {number}")

    with ThreadPoolExecutor(MANY) as pool:
        list(pool.map(work, range(MANY)))
    with place.open() as ledger, ledger.read() as tx:
        assert len(skips.by_hand(tx, "weekly", WEEK, NOW)) == 1


def test_whoever_is_erased_stands_in_no_skip(ledger: Ledger) -> None:
    with ledger.write() as tx:
        skips.note(tx, "weekly", WEEK, "agent-1", NOW, who="Anna Ali", recipient=ANNA, reason="opted out")
        skips.note(tx, "weekly", WEEK, "agent-2", NOW, who=f"Anna <{ANNA}>", reason=f"{ANNA} is outside")
        bilal = skips.note(tx, "weekly", WEEK, "agent-3", NOW, who="Bilal", recipient=BILAL, reason="opted out")
        erase(tx, ANNA, LATER)
        assert "anna" not in everything(tx)
        first, second, third = skips.by_hand(tx, "weekly", WEEK, NOW)
        assert (first.who, first.recipient, first.reason) == (NOBODY, None, "opted out")
        assert (second.reason, third) == (f"{NOBODY} is outside", bilal)
