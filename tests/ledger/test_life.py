"""Whatever workers do, die of and ask for, nobody gets the same period twice and nothing is lost unseen."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from reports.ledger import deliveries, editions, slots
from reports.ledger.deliveries import LIVE
from reports.ledger.ledger import Ledger
from reports.ledger.recovery import recover
from reports.ledger.values import Delivery, DeliveryState, Kept, Slot, SlotState
from tests.ledger.conftest import ANNA, BILAL, CHEN, NOW, TODAY, keep

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

DELIVERY_ENDS = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.SKIPPED)
MAYBE = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN)  # a message left, or may have
recipients = st.lists(st.sampled_from([ANNA, BILAL, CHEN]), min_size=1, unique=True)
outcomes = st.sampled_from([one for one in DeliveryState if one is not DeliveryState.SENDING])


class Life(RuleBasedStateMachine):
    """Workers by their names; those in `alive` live."""

    template: ClassVar[Path]
    workers = Bundle("workers")
    claims = Bundle("claims")
    kept = Bundle("kept")
    begun = Bundle("begun")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        path = Path(self.folder.name) / "ledger.sqlite"
        shutil.copy(self.template, path)
        self.ledger = Ledger.in_file(path)
        self.now = NOW
        self.count = 0
        self.alive: set[str] = set()
        self.asked: Counter[tuple[str, str]] = Counter()  # how often somebody was to get a subject again
        self.ended: dict[tuple[str, int], Slot | Delivery] = {}

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    def number(self) -> int:
        self.count += 1
        return self.count

    @rule(target=workers)
    def be_born(self) -> str:
        name = f"worker-{self.number()}"
        self.alive.add(name)
        return name

    @rule(worker=consumes(workers))
    def die(self, worker: str) -> None:
        self.alive.discard(worker)

    @rule(minutes=st.integers(0, 90))
    def time_goes_by(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(late=st.integers(0, 3), skipped=st.sampled_from(["", "", "too late"]))
    def see(self, late: int, skipped: str) -> None:
        due = NOW + timedelta(hours=late)
        with self.ledger.write() as tx:
            known = [one for one in slots.latest(tx, "weekly", 99) if one.due_at == due]
            assert slots.see(tx, "weekly", due, TODAY, self.now, skipped) is not bool(known)

    @rule(target=claims, worker=workers)
    def claim(self, worker: str) -> object:
        with self.ledger.write() as tx:
            found = [slots.claim(tx, one.id, worker, self.now) for one in slots.workable(tx, self.now)[:1]]
        assert all(found)
        return multiple(*found)

    @rule(
        slot=consumes(claims),
        how=st.sampled_from(["put_off", "give_back", "wait", SlotState.SENT, SlotState.SKIPPED, SlotState.FAILED]),
    )
    def conclude(self, slot: Slot, how: str | SlotState) -> None:
        changes: dict[str, Callable[[Connection], None]] = {
            "put_off": lambda tx: slots.put_off(tx, slot, self.now + timedelta(hours=1), self.now, "later"),
            "give_back": lambda tx: slots.give_back(tx, slot, self.now, "stopped"),
            "wait": lambda tx: slots.wait(tx, slot, self.now),
        }
        change = changes.get(how, lambda tx: slots.end(tx, slot, SlotState(how), self.now))
        with self.ledger.read() as tx:
            has_it = slots.get(tx, slot.id).worker == slot.worker
        if has_it:
            with self.ledger.write() as tx:
                change(tx)
        else:
            with pytest.raises(LookupError), self.ledger.write() as tx:
                change(tx)

    @rule()
    def wake(self) -> None:
        with self.ledger.write() as tx:
            for slot in slots.open_slots(tx):
                if slot.state is SlotState.WAITING:
                    slots.wake(tx, slot, self.now)

    @rule(target=kept, report=st.sampled_from(["weekly", "board"]))
    def keep(self, report: str) -> Kept:
        with self.ledger.write() as tx:
            return keep(tx, self.number(), report=report)

    @rule(kept=kept, worker=workers | st.none(), who=recipients, again=st.sampled_from([False, False, True]))
    def address(self, kept: Kept, worker: str | None, who: list[str], again: bool) -> None:
        with self.ledger.write() as tx:
            before = deliveries.having(tx, kept.subject)
            made = deliveries.address(
                tx, kept, deliveries.addressed({one: one for one in who}), self.now, worker=worker, again=again
            )
        assert [one.recipient for one in made] == [one for one in who if again or one not in before]
        if again:
            self.asked.update((kept.subject, one) for one in who)

    @precondition(lambda self: self.alive)
    @rule(target=begun, kept=kept, worker=workers, which=st.integers(0, 5))
    def begin(self, kept: Kept, worker: str, which: int) -> object:
        with self.ledger.write() as tx:
            found = deliveries.of_edition(tx, kept.id)[which : which + 1]
            taken = [deliveries.begin(tx, one.id, worker, self.now) for one in found]
        assert [one is not None for one in taken] == [one.state is DeliveryState.PENDING for one in found]
        return multiple(*[one for one in taken if one is not None])

    @rule(delivery=consumes(begun), outcome=outcomes)
    def finish(self, delivery: Delivery, outcome: DeliveryState) -> None:
        with self.ledger.read() as tx:
            has_it = deliveries.get(tx, delivery.id) == delivery
        if has_it:
            with self.ledger.write() as tx:
                deliveries.finish(tx, delivery, outcome, self.now, "said", permanent=False)
        else:
            with pytest.raises(LookupError), self.ledger.write() as tx:
                deliveries.finish(tx, delivery, outcome, self.now, "said")

    @rule(kept=kept)
    def give_up(self, kept: Kept) -> None:
        with self.ledger.write() as tx:
            deliveries.give_up(tx, kept.id, self.now, "late")

    @rule(kept=kept)
    def skip(self, kept: Kept) -> None:
        with self.ledger.write() as tx:
            for one in deliveries.of_edition(tx, kept.id):
                assert deliveries.skip(tx, one.id, self.now, "opted out") == (one.state is DeliveryState.PENDING)

    @rule(kept=kept, who=recipients, again=st.booleans())
    def refuse(self, kept: Kept, who: list[str], again: bool) -> None:
        whom, refused = deliveries.addressed({one: one for one in who}), dict.fromkeys(who, "opted out")
        with self.ledger.write() as tx:
            before = deliveries.having(tx, kept.subject)
            assert deliveries.address(tx, kept, whom, self.now, worker=None, again=again, refused=refused) == []
            assert deliveries.having(tx, kept.subject) == before

    @rule()
    def recover(self) -> None:
        with self.ledger.write() as tx:
            before = self.deliveries(tx)
            found = recover(tx, self.alive.__contains__, self.now)
            assert all(one.worker in self.alive for one in slots.open_slots(tx) if one.worker)
            for one in self.deliveries(tx):
                assert one.state not in {DeliveryState.SENDING, DeliveryState.PENDING} or one.worker in {
                    None,
                    *self.alive,
                }
            after = {one.id: one.state for one in self.deliveries(tx)}
        dead = [one for one in before if one.worker not in {None, *self.alive}]
        assert {after[one.id] for one in dead if one.state is DeliveryState.SENDING} <= {DeliveryState.UNKNOWN}
        assert {after[one.id] for one in dead if one.state is DeliveryState.PENDING} <= {DeliveryState.FAILED}
        assert {one.id for one in (*found.unknown, *found.failed)} <= {one.id for one in dead}

    def deliveries(self, tx: Connection) -> list[Delivery]:
        subjects = {one.subject for one in editions.latest(tx, None, 999)}
        return [one for subject in sorted(subjects) for one in deliveries.of_subject(tx, subject)]

    @invariant()
    def nobody_gets_it_twice_unasked(self) -> None:
        with self.ledger.read() as tx:
            found = self.deliveries(tx)
        for states in (LIVE, MAYBE):
            for about, count in Counter((one.subject, one.recipient) for one in found if one.state in states).items():
                assert count <= 1 + self.asked[about]
        sends: dict[tuple[str, str], list[int]] = {}
        for one in found:
            sends.setdefault((one.subject, one.recipient), []).append(one.send)
        assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in sends.values())

    @invariant()
    def ends_are_final(self) -> None:
        with self.ledger.read() as tx:
            found: dict[tuple[str, int], Slot | Delivery] = {
                ("slot", one.id): one for one in slots.latest(tx, None, 999) if one.state in slots.ENDS
            }
            found |= {("delivery", one.id): one for one in self.deliveries(tx) if one.state in DELIVERY_ENDS}
        assert found.items() >= self.ended.items()
        self.ended = found

    @invariant()
    def trouble_is_shown(self) -> None:
        with self.ledger.read() as tx:
            failed = {one.id for one in slots.latest(tx, None, 999) if one.state is SlotState.FAILED}
            assert {one.id for one in slots.unresolved(tx)} == failed
            found = self.deliveries(tx)
            shown = {one.id for one in deliveries.unresolved(tx)}
        for one in found:
            since = {
                other.state
                for other in found
                if (other.subject, other.recipient) == (one.subject, one.recipient) and other.send > one.send
            }
            mending = DELIVERY_ENDS if one.state is DeliveryState.FAILED else {DeliveryState.SENT}
            wanted = one.state in {DeliveryState.FAILED, DeliveryState.UNKNOWN} and since.isdisjoint(mending)
            assert (one.id in shown) is wanted


PHASES = [Phase.explicit, Phase.reuse, Phase.generate]  # making a long life shorter takes minutes


def test_whatever_happens_the_promises_hold(migrated_file: Path) -> None:
    Life.template = migrated_file
    run_state_machine_as_test(Life, settings=settings(max_examples=8, stateful_step_count=30, phases=PHASES))
