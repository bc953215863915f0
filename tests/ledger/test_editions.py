"""An edition is kept once, and approved or lapsed, whoever is quicker."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from reports.errors import LedgerError
from reports.figures import EditionId
from reports.ledger import deliveries, editions, slots
from reports.ledger.values import Addressed, Approval, DeliveryState, SlotState
from tests.ledger.conftest import ANNA, LATER, NOW, TODAY, WEEK, claimed, happened, keep

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from reports.ledger.ledger import Ledger
    from reports.ledger.values import Kept
    from tests.ledger.conftest import Place


def test_an_edition_is_found_as_it_was_kept(ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = editions.keep(tx, EditionId("weekly", WEEK, "agent-7", 3), TODAY, NOW)
        assert (kept.id, kept.subject) == (
            "weekly:2026-11-15:2026-11-21:agent-7:r3",
            "weekly:2026-11-15:2026-11-21:agent-7",
        )
        assert (kept.since, kept.until, kept.cut, kept.revision) == (WEEK.since, WEEK.until, "agent-7", 3)
        assert (kept.approval, kept.approve_by, kept.as_of, kept.made_at) == (Approval.NONE, None, TODAY, NOW)
    with ledger.read() as tx:
        assert editions.find(tx, kept.id) == kept
        assert editions.find(tx, kept.subject) is None


def test_a_subject_is_the_id_without_the_revision() -> None:
    edition = EditionId("weekly", WEEK)
    assert editions.subject_of(edition) == editions.subject_of(edition.revised(7)) == str(edition)


def test_a_revision_is_kept_once(ledger: Ledger) -> None:
    with ledger.write() as tx:
        keep(tx)
    with pytest.raises(LedgerError, match="refused what it was asked: "), ledger.write() as tx:
        keep(tx)
    with ledger.read() as tx:
        assert len(editions.latest(tx, None, 9)) == 1


def test_the_longest_id_fits(ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = editions.keep(tx, EditionId("r" * 40, WEEK, "c" * 40, 9999), TODAY, NOW)
        assert editions.find(tx, kept.id) == kept


def test_an_approval_is_given_once(ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = keep(tx, approve_by=LATER)
        assert (kept.approval, kept.approve_by) == (Approval.ASKED, LATER)
        assert editions.waiting(tx) == [kept]
        assert editions.approve(tx, kept.id, NOW)
        assert not editions.approve(tx, kept.id, NOW)
        assert editions.waiting(tx) == editions.lapse(tx, LATER) == []
        found = editions.find(tx, kept.id)
        assert found
        assert found.approval is Approval.GIVEN
        assert [one.name for one in happened(tx)] == ["edition.approved", "edition.kept"]


def test_what_needs_no_approval_cannot_be_approved(ledger: Ledger) -> None:
    with ledger.write() as tx:
        assert not editions.approve(tx, keep(tx).id, NOW)
        assert not editions.approve(tx, "weekly:none", NOW)


def test_an_approval_lapses_at_its_instant_and_can_be_given_still(ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = keep(tx, approve_by=LATER)
        later = keep(tx, 2, approve_by=LATER + timedelta(days=1))
        assert editions.waiting(tx) == [kept, later]
        assert editions.lapse(tx, LATER - timedelta(microseconds=1)) == []
        assert [(one.id, one.approval) for one in editions.lapse(tx, LATER)] == [(kept.id, Approval.LAPSED)]
        assert editions.lapse(tx, LATER) == []
        assert editions.waiting(tx) == [later]
        assert editions.approve(tx, kept.id, LATER)
        assert happened(tx)[0].name == "edition.approved"


def test_an_approval_given_meanwhile_does_not_lapse(place: Place, ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = keep(tx, approve_by=LATER)
    lapsed = []

    def lapse() -> None:
        with place.open() as other, other.write() as tx:
            lapsed.extend(editions.lapse(tx, LATER))

    with ledger.write() as tx:
        assert editions.approve(tx, kept.id, LATER)
        thread = Thread(target=lapse)  # waits for us: it looked, or will look, at what we are changing
        thread.start()
        thread.join(0.3)
    thread.join()
    with ledger.read() as tx:
        found = editions.find(tx, kept.id)
    assert found
    assert (lapsed, found.approval) == ([], Approval.GIVEN)


def test_the_last_editions_come_first(ledger: Ledger) -> None:
    with ledger.write() as tx:
        keep(tx)
        keep(tx, 2)
        keep(tx, report="board")
        assert [one.revision for one in editions.latest(tx, "weekly", 5)] == [2, 1]
        assert [one.report for one in editions.latest(tx, None, 2)] == ["weekly", "weekly"]


@pytest.mark.parametrize(
    "nonsense",
    [
        "UPDATE editions SET approval = 'asked'",
        "UPDATE editions SET approval = 'perhaps'",
        "UPDATE editions SET id = NULL",
        "UPDATE editions SET revision = 1",
        "UPDATE editions SET slot = 4711",
    ],
)
def test_constraints_refuse_nonsense(ledger: Ledger, nonsense: str) -> None:
    with ledger.write() as tx:
        keep(tx)
        keep(tx, 2)
    with pytest.raises(LedgerError, match="refused what it was asked"), ledger.write() as tx:
        tx.execute(text(nonsense))


def sent(tx: Connection, kept: Kept, at: datetime) -> None:
    [one] = deliveries.address(tx, kept, [Addressed(ANNA, ANNA)], NOW, worker="me", again=True)
    begun = deliveries.begin(tx, one.id, "me", NOW)
    assert begun
    deliveries.finish(tx, begun, DeliveryState.SENT, at, "250")


def test_the_last_sent_edition_of_every_cut_is_needed(ledger: Ledger) -> None:
    with ledger.write() as tx:
        for number, cut in enumerate(("all", "agent-7", "agent-7", "agent-8"), 1):
            sent(tx, keep(tx, number, cut=cut), NOW + timedelta(minutes=number))
        keep(tx, 9, cut="agent-9")
        sent(tx, keep(tx, report="board"), LATER)
        found = deliveries.last_sent_of_each(tx, "weekly")
        assert {cut: at.minute - NOW.minute for cut, (_, at) in found.items()} == {"all": 1, "agent-7": 3, "agent-8": 4}
        assert all(found[cut] == deliveries.last_sent(tx, "weekly", cut) for cut in found)
        assert editions.needed(tx, "weekly") == {edition for edition, _ in found.values()}


def test_what_is_still_to_be_done_for_a_slot_is_needed_and_what_is_skipped_is_not(ledger: Ledger) -> None:
    with ledger.write() as tx:
        slot = claimed(tx)
        made = {keep(tx, cut=cut, slot=slot.id).id for cut in ("agent-7", "agent-8")}
        skipped = keep(tx, cut="agent-9")
        deliveries.address(tx, skipped, [Addressed(ANNA, ANNA)], NOW, worker=None, refused={ANNA: "opted out"})
        assert editions.needed(tx, "weekly") == made
        slots.end(tx, slot, SlotState.SENT, LATER)
        assert editions.needed(tx, "weekly") == set()


def test_what_a_person_asked_for_at_once_stands_together(ledger: Ledger) -> None:
    with ledger.write() as tx:
        keep(tx, cut="agent-1", slot=claimed(tx).id)
        run = [keep(tx, 2, cut=cut) for cut in ("agent-1", "agent-2")]
        later = editions.keep(tx, EditionId("weekly", WEEK).revised(3), TODAY, LATER)
        board = keep(tx, report="board")
        assert editions.latest_by_hand(tx, None, 9) == [[later], run, [board]]
        assert editions.latest_by_hand(tx, "weekly", 1) == [[later]]
        assert editions.latest_by_hand(tx, "board", 9) == [[board]]
