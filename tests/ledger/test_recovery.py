"""What a dead process had in hand is set right at once, and what a living one has is left alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from reports.ledger import deliveries, notices, slots
from reports.ledger.recovery import CUT_OFF, DIED, NEVER, Recovered, recover
from reports.ledger.values import DeliveryState, NoticeState, SlotState
from tests.ledger.conftest import ANNA, BILAL, LATER, MAILBOXES, NOW, claimed, happened, keep, see, until_dead

if TYPE_CHECKING:
    from reports.ledger.ledger import Ledger
    from tests.ledger.conftest import Place

MANY = 4


def nobody(_: str) -> bool:
    return False


def everybody(_: str) -> bool:
    return True


def test_what_a_dead_process_had_in_hand_is_set_right(ledger: Ledger) -> None:
    with ledger.write() as tx:
        slot = claimed(tx, "dead")
        kept = keep(tx)
        sending, alone, shared = deliveries.address(tx, kept, deliveries.addressed(MAILBOXES), NOW, worker="dead")
        assert deliveries.begin(tx, sending.id, "dead", NOW)
        assert deliveries.begin(tx, shared.id, "dead", NOW)
        deliveries.finish(tx, deliveries.get(tx, shared.id), DeliveryState.PENDING, NOW, "451", permanent=False)
        recovered = recover(tx, nobody, LATER)
        now = slots.get(tx, slot.id)
        assert (now.state, now.worker, now.next_at, now.reason) == (SlotState.DUE, None, LATER, DIED)
        assert now.attempts == 1  # it was one
        unknown, failed, pending = deliveries.of_edition(tx, kept.id)
        assert (unknown.state, unknown.detail, unknown.ended_at) == (DeliveryState.UNKNOWN, CUT_OFF, LATER)
        assert (failed.id, failed.state, failed.detail) == (alone.id, DeliveryState.FAILED, NEVER)
        assert pending.state is DeliveryState.PENDING  # whoever works on the slot sends it
        assert recovered == Recovered((now,), (unknown,), (failed,))
        found = {one.name for one in happened(tx)}
        assert {"slot.freed", "delivery.unknown", "delivery.failed"} <= found
        assert recover(tx, nobody, LATER) == Recovered()


def test_what_is_unknown_is_never_pending_again(ledger: Ledger) -> None:
    with ledger.write() as tx:
        [delivery] = deliveries.address(tx, keep(tx), deliveries.addressed({ANNA: ANNA}), NOW, worker="dead")
        begun = deliveries.begin(tx, delivery.id, "dead", NOW)
        assert begun
        recover(tx, nobody, LATER)
    with pytest.raises(LookupError), ledger.write() as tx:
        deliveries.finish(tx, begun, DeliveryState.PENDING, LATER, "")
    with ledger.write() as tx:
        assert deliveries.begin(tx, delivery.id, "me", LATER) is None
        assert deliveries.give_up(tx, delivery.edition, LATER) == 0
        assert recover(tx, nobody, LATER) == Recovered()
        assert deliveries.address(tx, keep(tx, 2), deliveries.addressed({ANNA: ANNA}), LATER, worker="me") == []
        [shown] = deliveries.unresolved(tx)
        assert (shown.id, shown.state) == (delivery.id, DeliveryState.UNKNOWN)


def test_an_owner_whose_notice_was_cut_off_is_told_again(ledger: Ledger) -> None:
    with ledger.write() as tx:
        notices.tell(tx, "slot:1", ["ops@example.com"], "weekly", "{}", NOW)
        told = notices.begin(tx, notices.pending(tx, NOW)[0].id, "dead")
        recover(tx, nobody, LATER)
        [again] = notices.pending(tx, NOW)
        assert (again.state, again.worker) == (NoticeState.PENDING, None)
    assert told
    with pytest.raises(LookupError), ledger.write() as tx:
        notices.finish(tx, told, NoticeState.SENT, LATER, "")


def test_what_has_ended_stays(ledger: Ledger) -> None:
    with ledger.write() as tx:
        slots.end(tx, claimed(tx, "dead"), SlotState.SENT, NOW)
        sent, given_up = deliveries.address(
            tx, keep(tx), deliveries.addressed({ANNA: ANNA, BILAL: BILAL}), NOW, worker="dead"
        )
        begun = deliveries.begin(tx, sent.id, "dead", NOW)
        assert begun
        deliveries.finish(tx, begun, DeliveryState.SENT, NOW, "")
        deliveries.give_up(tx, given_up.edition, NOW, "late", worker="dead")
        assert recover(tx, nobody, LATER) == Recovered()


def test_what_living_processes_have_is_left_alone(ledger: Ledger) -> None:
    with ledger.write() as tx:
        slot = claimed(tx, "alive")
        [delivery] = deliveries.address(tx, keep(tx), deliveries.addressed({ANNA: ANNA}), NOW, worker="alive")
        assert deliveries.begin(tx, delivery.id, "alive", NOW)
        assert recover(tx, everybody, LATER) == Recovered()
        assert slots.get(tx, slot.id) == slot
        assert deliveries.get(tx, delivery.id).state is DeliveryState.SENDING


def test_a_slot_is_freed_when_its_process_is_killed_and_not_before(place: Place, ledger: Ledger) -> None:
    with ledger.write() as tx:
        slot = see(tx)
    with place.worker("claim", str(slot.id)) as (worker, process):
        with ledger.write() as tx:
            assert recover(tx, ledger.alive, LATER) == Recovered()
            assert slots.get(tx, slot.id).worker == worker
        process.kill()
        process.wait()
        until_dead(ledger, worker)
        with ledger.write() as tx:
            assert [one.id for one in recover(tx, ledger.alive, LATER).slots] == [slot.id]
            assert slots.claim(tx, slot.id, ledger.appear(), LATER)
            assert recover(tx, ledger.alive, LATER) == Recovered()


def test_a_message_is_unknown_when_its_process_is_killed(place: Place, ledger: Ledger) -> None:
    with ledger.write() as tx:
        [delivery] = deliveries.address(tx, keep(tx), deliveries.addressed({ANNA: ANNA}), NOW, worker=None)
    with place.worker("begin", str(delivery.id)) as (worker, process):
        process.kill()
        process.wait()
        until_dead(ledger, worker)
        with ledger.write() as tx:
            assert [one.id for one in recover(tx, ledger.alive, LATER).unknown] == [delivery.id]


def test_what_only_the_killed_process_was_to_send_has_failed(place: Place, ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = keep(tx)
    with place.worker("address", kept.id, ANNA) as (worker, process):
        with ledger.write() as tx:
            assert recover(tx, ledger.alive, LATER) == Recovered()
        process.kill()
        process.wait()
        until_dead(ledger, worker)
        with ledger.write() as tx:
            assert [one.recipient for one in recover(tx, ledger.alive, LATER).failed] == [ANNA]


def test_a_notice_is_pending_again_when_its_process_is_killed(place: Place, ledger: Ledger) -> None:
    with ledger.write() as tx:
        notices.tell(tx, "slot:1", ["ops@example.com"], "weekly", "{}", NOW)
        [told] = notices.pending(tx, NOW)
    with place.worker("tell", str(told.id)) as (worker, process):
        with ledger.write() as tx:
            recover(tx, ledger.alive, LATER)
            assert notices.pending(tx, NOW) == []
        process.kill()
        process.wait()
        until_dead(ledger, worker)
        with ledger.write() as tx:
            recover(tx, ledger.alive, LATER)
            assert [one.id for one in notices.pending(tx, NOW)] == [told.id]


def test_of_many_that_recover_at_once_one_does_and_nobody_takes_what_was_claimed_since(
    place: Place, ledger: Ledger
) -> None:
    with ledger.write() as tx:
        slot = claimed(tx, "dead")
        [delivery] = deliveries.address(tx, keep(tx), deliveries.addressed({ANNA: ANNA}), NOW, worker="dead")
    gate = Barrier(MANY)

    def work(number: int) -> tuple[int, int, bool]:
        name = f"worker-{number}"
        with place.open() as mine:
            gate.wait()
            with mine.write() as tx:
                found = recover(tx, lambda one: one != "dead", LATER)
            with mine.write() as tx:
                return len(found.slots), len(found.failed), slots.claim(tx, slot.id, name, LATER) is not None

    with ThreadPoolExecutor(MANY) as pool:
        found = list(pool.map(work, range(MANY)))
    assert [sum(column) for column in zip(*found, strict=True)] == [1, 1, 1]
    with ledger.read() as tx:
        now = slots.get(tx, slot.id)
        assert (now.state, now.attempts) == (SlotState.CLAIMED, 2)
        assert deliveries.get(tx, delivery.id).state is DeliveryState.FAILED
