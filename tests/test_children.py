"""Children that misbehave, as real processes: why each ended, and what becomes of the slot it worked on."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from reports import child
from reports.children import GRACE, MEGABYTE, Child, Limits, start, wait_for
from reports.ledger import slots
from reports.ledger.opening import open_ledger
from reports.ledger.values import SlotState
from reports.runner import Crew
from tests.delivery.world import MINUTE, SUNDAY, World, outbox, world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reports.config.model import Config
    from reports.log import LogKind

ROOMY = Limits(60, 2048 * MEGABYTE)


def ends_well() -> None:
    pass


def ends_with(code: int) -> None:
    sys.exit(code)


def dies_of(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(60)


def hangs() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)


def eats() -> None:
    eaten = bytearray(600 * MEGABYTE)
    for place in range(0, len(eaten), 4096):
        eaten[place] = 1
    time.sleep(600)


def stops_when_asked() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    time.sleep(600)


def until_it_ended(*children: Child) -> list[str]:
    while any(one.running for one in children):
        wait_for([one.sentinel for one in children if one.running], 0.1)
        for one in children:
            one.watch()
    return [one.end() for one in children]


class Clock:
    """Seconds that pass as a test wants it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("work", "argument", "why"),
    [
        (ends_with, 3, "the process ended with 3"),
        (dies_of, signal.SIGSEGV, "the process died of SIGSEGV"),
        (dies_of, signal.SIGKILL, "the process died of SIGKILL"),
    ],
)
def test_the_parent_says_why_a_child_ended_and_others_are_untouched(
    work: Callable[[int], None], argument: int, why: str
) -> None:
    assert until_it_ended(
        start(work, (argument,), ROOMY, time.monotonic), start(ends_well, (), ROOMY, time.monotonic)
    ) == [why, ""]


def test_a_child_that_eats_memory_is_ended() -> None:
    [why] = until_it_ended(start(eats, (), Limits(60, 500 * MEGABYTE), time.monotonic))
    assert why.startswith("the process took ")
    assert why.endswith(" MB of memory, where 500 are allowed")


def test_a_child_that_hangs_is_ended_after_its_time() -> None:
    clock = Clock()
    hanging = start(hangs, (), Limits(60, 2048 * MEGABYTE), clock)
    clock.now = 60 + GRACE - 1
    hanging.watch()
    assert hanging.running
    clock.now = 60 + GRACE + 1
    assert until_it_ended(hanging) == ["the process didn't stop in time"]


def test_a_child_that_doesnt_hear_that_it_should_stop_is_ended() -> None:
    clock = Clock()
    hanging = start(hangs, (), ROOMY, clock)
    time.sleep(0.5)  # so that it has begun; if it hasn't, it dies of the signal, which is as well
    hanging.ask_to_stop()
    clock.now = GRACE + 1
    assert until_it_ended(hanging)[0] in {"the process didn't stop in time", "the process died of SIGTERM"}


def test_a_child_that_stops_when_asked_ended_well_or_by_that_signal() -> None:
    stopping = start(stops_when_asked, (), ROOMY, time.monotonic)
    stopping.ask_to_stop()
    assert until_it_ended(stopping)[0] in {"", "the process died of SIGTERM"}


# What becomes of a slot: the crew with its children, whose work is replaced.


def dies_at_once(_config: Config, _number: int, _logs: LogKind) -> None:
    dies_of(signal.SIGSEGV)


def dies_at_work(config: Config, number: int, _logs: LogKind) -> None:
    ledger = open_ledger(config)
    with ledger.write() as tx:
        slots.claim(tx, number, ledger.appear(), slots.get(tx, number).next_at)
    dies_of(signal.SIGSEGV)


def work_off(made: World, crew: Crew) -> None:
    crew.take(made.config, made.note())
    while crew.busy:
        crew.wait(0.2)
        crew.reap(made.config)


@pytest.mark.parametrize("work", [dies_at_once, dies_at_work])
def test_a_slot_whose_child_dies_is_tried_at_once_then_later_and_the_owner_is_told_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Callable[[Config, int, LogKind], None]
) -> None:
    monkeypatch.setattr(child, "work_on_slot", work)  # the work alone: everything around it is real
    with world(tmp_path, report='schedule = "0 8 * * sun"\nretry_for = "3 minutes"') as made:
        monkeypatch.setattr("reports.runner._now", lambda: made.now)
        crew = Crew(made.ledger, "text")
        states = []
        for minutes in (0, 0, 2, 3):
            made.now = SUNDAY + minutes * MINUTE
            work_off(made, crew)
            [slot] = made.slots
            states.append((slot.state, slot.attempts, (slot.next_at - SUNDAY) / MINUTE))
        due = SlotState.DUE
        assert states == [(due, 1, 0), (due, 2, 2), (due, 3, 3), (SlotState.FAILED, 4, 3)]
        assert slot.reason == "the process died of SIGSEGV"
        assert made.notices == [("slot:1:failed", "pending")]


@pytest.mark.slow
def test_memory_that_isnt_enough_for_anything_counts_as_an_attempt_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child is ended before it has done a thing, and mustn't be started for ever."""
    report = 'schedule = "0 8 * * sun"\nretry_for = "1 second"'
    with world(tmp_path, report=report, more='[runner]\nmemory = "64 MB"') as made:
        monkeypatch.setattr("reports.runner._now", lambda: made.now)
        crew = Crew(made.ledger, "text")
        work_off(made, crew)  # whether it came as far as its claim or not
        [slot] = made.slots
        assert slot.attempts == 1
        assert "memory" in slot.reason
        assert outbox(made) == {}
