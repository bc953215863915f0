"""A slot is seen once, claimed by one, and ends once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from reports.errors import LedgerError
from reports.ledger import editions, schedules, slots
from reports.ledger.values import SlotState
from tests.ledger.conftest import LATER, NOW, TODAY, claimed, happened, keep, see

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reports.ledger.ledger import Ledger
    from tests.ledger.conftest import Place

MANY = 4
ROUNDS = 4


def test_a_slot_is_seen_once(ledger: Ledger) -> None:
    with ledger.write() as tx:
        assert slots.see(tx, "weekly", NOW, TODAY, NOW)
        assert not slots.see(tx, "weekly", NOW, TODAY, LATER)
        assert not slots.see(tx, "weekly", NOW, TODAY, LATER, skipped="too late")
        assert slots.see(tx, "board", NOW, TODAY, NOW)
        assert [(one.report, one.state) for one in slots.open_slots(tx)] == [
            ("weekly", SlotState.DUE),
            ("board", SlotState.DUE),
        ]


def test_a_slot_that_is_skipped_when_it_is_seen_has_ended(ledger: Ledger) -> None:
    with ledger.write() as tx:
        assert slots.see(tx, "weekly", NOW, TODAY, LATER, skipped="too late")
        [slot] = slots.latest(tx, "weekly", 5)
        assert (slot.state, slot.reason, slot.ended_at) == (SlotState.SKIPPED, "too late", LATER)
        assert slots.open_slots(tx) == slots.workable(tx, LATER) == []


def test_of_many_that_see_a_slot_at_once_one_does(place: Place) -> None:
    for number in range(ROUNDS):
        due = NOW + timedelta(hours=number)
        gate = Barrier(MANY)

        def look(_: int, due: datetime = due, gate: Barrier = gate) -> bool:
            with place.open() as ledger:
                gate.wait()
                with ledger.write() as tx:
                    return slots.see(tx, "weekly", due, TODAY, NOW)

        with ThreadPoolExecutor(MANY) as pool:
            assert sorted(pool.map(look, range(MANY))) == [False] * (MANY - 1) + [True]


def test_of_many_that_claim_a_slot_at_once_one_gets_it(place: Place, ledger: Ledger) -> None:
    for number in range(ROUNDS):
        with ledger.write() as tx:
            slot = see(tx, NOW + timedelta(hours=number))
        gate = Barrier(MANY)

        def take(worker: int, slot: int = slot.id, gate: Barrier = gate) -> int | None:
            with place.open() as mine:
                gate.wait()
                with mine.write() as tx:
                    got = slots.claim(tx, slot, f"worker-{worker}", NOW + timedelta(days=1))
                    return None if got is None else worker

        with ThreadPoolExecutor(MANY) as pool:
            [winner] = [one for one in pool.map(take, range(MANY)) if one is not None]
        with ledger.read() as tx:
            now = slots.get(tx, slot.id)
            assert (now.worker, now.attempts, now.state) == (f"worker-{winner}", 1, SlotState.CLAIMED)


def test_a_slot_can_be_claimed_from_its_instant_on(ledger: Ledger) -> None:
    with ledger.write() as tx:
        slot = see(tx, LATER)
        assert slots.claim(tx, slot.id, "me", LATER - timedelta(microseconds=1)) is None
        got = slots.claim(tx, slot.id, "me", LATER)
        assert got is not None
        assert (got.first_at, got.attempts, got.worker) == (LATER, 1, "me")
        assert slots.claim(tx, slot.id, "me", LATER) is None
        assert slots.claim(tx, 4711, "me", LATER) is None


def test_a_slot_that_was_put_off_waits_and_remembers_its_first_attempt(ledger: Ledger) -> None:
    with ledger.write() as tx:
        slot = claimed(tx)
        slots.put_off(tx, slot, LATER, NOW, "the source is down", "wait")
        again = slots.get(tx, slot.id)
        assert (again.state, again.worker, again.next_at) == (SlotState.DUE, None, LATER)
        assert (again.reason, again.hint) == ("the source is down", "wait")
        assert slots.next_try(tx) == LATER
        assert slots.workable(tx, NOW) == []
        assert slots.workable(tx, LATER) == [again]
        second = slots.claim(tx, slot.id, "other", LATER)
        assert second is not None
        assert (second.attempts, second.first_at) == (2, NOW)


def test_an_attempt_that_was_given_back_does_not_count(ledger: Ledger) -> None:
    with ledger.write() as tx:
        slots.give_back(tx, claimed(tx), LATER, "stopped")
        [slot] = slots.workable(tx, LATER)
        assert (slot.attempts, slot.worker, slot.reason) == (0, None, "stopped")


def test_a_slot_that_waits_is_not_worked_on_until_it_is_woken(ledger: Ledger) -> None:
    with ledger.write() as tx:
        slot = claimed(tx)
        edition = keep(tx, slot=slot.id).id
        slots.wait(tx, slot, NOW)
        waiting = slots.of_edition(tx, edition)
        assert waiting is not None
        assert (waiting.state, waiting.worker) == (SlotState.WAITING, None)
        assert slots.workable(tx, LATER) == []
        assert slots.claim(tx, slot.id, "me", LATER) is None
        slots.wake(tx, waiting, LATER)
        [awake] = slots.workable(tx, LATER)
        assert (awake.first_at, awake.reason) == (None, "")
        assert [one.id for one in editions.of_slot(tx, awake.id)] == [edition]
        assert slots.of_edition(tx, "weekly:none") is None


@pytest.mark.parametrize("end", slots.ENDS)
def test_an_end_is_final(ledger: Ledger, end: SlotState) -> None:
    with ledger.write() as tx:
        slot = claimed(tx)
        slots.end(tx, slot, end, LATER, "because", "do this")
        ended = slots.get(tx, slot.id)
    assert (ended.state, ended.ended_at, ended.worker) == (end, LATER, None)
    changes = (
        lambda tx, one: slots.end(tx, one, SlotState.SENT, LATER),
        lambda tx, one: slots.end(tx, one, SlotState.FAILED, LATER),
        lambda tx, one: slots.put_off(tx, one, LATER, LATER, "again"),
        lambda tx, one: slots.give_back(tx, one, LATER, "again"),
        lambda tx, one: slots.wait(tx, one, LATER),
        lambda tx, one: slots.wake(tx, one, LATER),
    )
    for change in changes:
        for known in (slot, ended):
            with pytest.raises(LookupError, match="taken by somebody else"), ledger.write() as tx:
                change(tx, known)
    with ledger.write() as tx:
        assert slots.claim(tx, slot.id, "me", LATER) is None
        assert slots.get(tx, slot.id) == ended


def test_a_slot_that_somebody_else_has_now_cannot_be_changed(ledger: Ledger) -> None:
    with ledger.write() as tx:
        mine = claimed(tx)
        slots.put_off(tx, mine, NOW, NOW, "later")
        theirs = slots.claim(tx, mine.id, "other", NOW)
    with pytest.raises(LookupError), ledger.write() as tx:
        slots.end(tx, mine, SlotState.FAILED, LATER)
    with ledger.read() as tx:
        assert slots.get(tx, mine.id) == theirs


def test_what_was_read_before_others_worked_on_it_cannot_be_used(ledger: Ledger) -> None:
    with ledger.write() as tx:
        before = see(tx)
        slot = slots.claim(tx, before.id, "other", NOW)
        assert slot is not None
        slots.put_off(tx, slot, LATER, NOW, "later")  # due again, without a worker: as it was
    with pytest.raises(LookupError), ledger.write() as tx:
        slots.end(tx, before, SlotState.SKIPPED, LATER)


def test_slots_of_paused_reports_wait(ledger: Ledger) -> None:
    with ledger.write() as tx:
        see(tx)
        see(tx, report="board")
        assert schedules.pause(tx, "weekly", NOW)
        assert [one.report for one in slots.workable(tx, NOW)] == ["board"]
        assert schedules.resume(tx, "weekly", NOW)
        assert [one.report for one in slots.workable(tx, NOW)] == ["weekly", "board"]


def test_failed_slots_are_shown_until_somebody_looked_after_them(ledger: Ledger) -> None:
    with ledger.write() as tx:
        for number in range(2):
            slots.end(tx, claimed(tx, due_at=NOW + timedelta(days=number)), SlotState.FAILED, LATER)
        assert len(slots.unresolved(tx)) == 2
        assert slots.resolve(tx, "board", LATER) == 0
        assert slots.resolve(tx, "weekly", LATER, TODAY + timedelta(days=1)) == 0
        assert slots.resolve(tx, "weekly", LATER, TODAY) == 2
        assert slots.resolve(tx, "weekly", LATER) == 0
        assert slots.unresolved(tx) == []


def test_the_last_slots_come_first(ledger: Ledger) -> None:
    with ledger.write() as tx:
        for number in (1, 3, 2):
            see(tx, NOW + timedelta(days=number))
        see(tx, NOW, "board")
        assert [one.due_at.day for one in slots.latest(tx, "weekly", 2)] == [25, 24]
        assert [one.report for one in slots.latest(tx, None, 9)] == ["weekly"] * 3 + ["board"]
        assert slots.next_try(tx) == NOW


def test_instants_keep_their_microseconds_and_come_back_in_utc(ledger: Ledger) -> None:
    riyadh = timezone(timedelta(hours=3))
    with ledger.write() as tx:
        slot = see(tx, NOW.astimezone(riyadh))
        assert slot.due_at == NOW
        assert slot.due_at.tzinfo is UTC
        assert slot.due_at.microsecond == NOW.microsecond
        assert not slots.see(tx, "weekly", NOW, TODAY, NOW)  # the same instant, said otherwise
        got = slots.claim(tx, slot.id, "me", NOW.astimezone(riyadh))
        assert got is not None
        assert got.first_at == NOW


def test_a_time_without_a_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="has no time zone"), ledger.write() as tx:
        slots.see(tx, "weekly", NOW.replace(tzinfo=None), TODAY, NOW)
    with ledger.read() as tx:
        assert slots.open_slots(tx) == []


def test_the_life_of_a_slot_stands_in_the_events(ledger: Ledger) -> None:
    with ledger.write() as tx:
        slots.end(tx, claimed(tx), SlotState.SENT, LATER, "2 of 2")
        found = happened(tx, "weekly")
        assert [(one.name, one.at, one.detail) for one in reversed(found)] == [
            ("slot.due", NOW, ""),
            ("slot.claimed", NOW, "attempt 1"),
            ("slot.sent", LATER, "2 of 2"),
        ]
        assert [one.name for one in happened(tx)[:1]] == ["slot.sent"]
        assert happened(tx, "board") == []


@pytest.mark.parametrize(
    "nonsense",
    [
        "UPDATE slots SET state = 'claimed'",
        "UPDATE slots SET worker = 'me'",
        "UPDATE slots SET state = 'sent'",
        "UPDATE slots SET ended_at = next_at",
        "UPDATE slots SET state = 'lost'",
        "UPDATE slots SET next_at = NULL",
        (
            "INSERT INTO slots (id, report, due_at, as_of, state, reason, hint, attempts, next_at) "
            "SELECT id + 1, report, due_at, as_of, state, reason, hint, attempts, next_at FROM slots"
        ),
        "INSERT INTO events (at, name, slot, detail) SELECT due_at, 'x', 4711, '' FROM slots",
    ],
)
def test_constraints_refuse_nonsense(ledger: Ledger, nonsense: str) -> None:
    with ledger.write() as tx:
        see(tx)
    with pytest.raises(LedgerError, match="refused what it was asked"), ledger.write() as tx:
        tx.execute(text(nonsense))


def test_a_slot_that_a_clock_skipped_before_its_time_is_seen_anew(ledger: Ledger) -> None:
    with ledger.write() as tx:
        for due_at in (NOW, LATER):
            assert slots.see(tx, "weekly", due_at, TODAY, LATER, "missed")
        slots.take_back(tx, "weekly", NOW)
        assert not slots.see(tx, "weekly", NOW, TODAY, NOW), "its time was over"
        assert slots.see(tx, "weekly", LATER, TODAY, LATER)
        assert not slots.see(tx, "weekly", LATER, TODAY, LATER)
        [slot] = slots.workable(tx, LATER)
        assert (slot.due_at, slot.reason, slot.ended_at) == (LATER, "", None)


def ended(tx: Connection, day: int, state: SlotState, *, unmet: bool = False) -> None:
    slots.end(tx, claimed(tx, due_at=NOW + timedelta(days=day)), state, LATER, "because", unmet=unmet)


def test_unmet_conditions_in_a_row_are_counted_since_the_last_that_went_out(ledger: Ledger) -> None:
    with ledger.write() as tx:
        assert slots.unmet_in_a_row(tx, "weekly") == 0
        ended(tx, 0, SlotState.SKIPPED, unmet=True)
        assert slots.unmet_in_a_row(tx, "weekly") == 1
        assert slots.latest(tx, "weekly", 1)[0].unmet
        ended(tx, 1, SlotState.SENT)
        assert slots.unmet_in_a_row(tx, "weekly") == 0
        ended(tx, 2, SlotState.SKIPPED, unmet=True)
        ended(tx, 3, SlotState.SKIPPED)  # missed, or paused
        assert slots.see(tx, "weekly", NOW + timedelta(days=4), TODAY, NOW, skipped="missed")
        ended(tx, 5, SlotState.SKIPPED, unmet=True)
        claimed(tx, due_at=NOW + timedelta(days=6))
        assert slots.unmet_in_a_row(tx, "weekly") == 2
        assert slots.unmet_in_a_row(tx, "board") == 0
        ended(tx, 7, SlotState.FAILED)  # nobody got anything, so silence goes on
        assert slots.unmet_in_a_row(tx, "weekly") == 2


def test_a_slot_that_a_condition_skipped_before_its_time_is_judged_anew(ledger: Ledger) -> None:
    with ledger.write() as tx:
        slots.end(tx, claimed(tx, due_at=LATER), SlotState.SKIPPED, LATER, "too little", unmet=True)
        slots.take_back(tx, "weekly", NOW)
        assert slots.see(tx, "weekly", LATER, TODAY, LATER)
        assert not slots.latest(tx, "weekly", 1)[0].unmet


def test_a_slot_of_which_something_was_made_is_not_taken_back(ledger: Ledger) -> None:
    with ledger.write() as tx:
        slot = claimed(tx, due_at=LATER)
        keep(tx, slot=slot.id)
        slots.end(tx, slot, SlotState.SKIPPED, LATER, "everybody has it")
        slots.take_back(tx, "weekly", NOW)
        assert not slots.see(tx, "weekly", LATER, TODAY, LATER)


def test_a_slot_has_many_editions(ledger: Ledger) -> None:
    with ledger.write() as tx:
        slot = claimed(tx)
        made = [keep(tx, cut=cut, slot=slot.id) for cut in ("agent-1", "agent-2", "all")]
        keep(tx, 2, cut="agent-1")
        assert editions.of_slot(tx, slot.id) == made
        assert {slots.of_edition(tx, one.id) for one in made} == {slot}
        assert {one.slot for one in made} == {slot.id}
        assert editions.get(tx, made[0].id) == made[0]
