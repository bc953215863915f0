"""What the source of the figures does to a slot: what is tried again, and what the owner hears."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from reports.attempt import attempt
from reports.job import plan_job
from reports.ledger.values import SlotState
from reports.notices import send_notices
from reports.on_demand import run
from reports.watch import look
from tests.delivery.world import (
    ANNA,
    DAY,
    EDITION,
    MINUTE,
    OWNER,
    SCHEDULE,
    SUNDAY,
    World,
    outbox,
    sandbox,
    spoken,
    world,
)
from tests.voxys.misbehaving import Reply, Server, answer

if TYPE_CHECKING:
    from pathlib import Path

    from reports.ledger.values import Slot

DUE, SENT, FAILED = SlotState.DUE, SlotState.SENT, SlotState.FAILED
SHORT = f'{SCHEDULE}\nretry_for = "5 minutes"'
PIPELINE = {"id": 1, "name": "New business", "stages": []}


def voxys(port: int) -> str:
    return (
        f'kind = "voxys"\naccount_id = 1\nbase_url = "http://127.0.0.1:{port}"\ntoken = {{ env = "TEST_TOKEN" }}\n'
        "attempts = 1\ntimeout = 2"
    )


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_TOKEN", "token-of-this-test")


def pass_with(made: World, *replies: Reply) -> Slot:
    """Make one pass while the source answers like this."""

    async def work() -> Slot:
        async with Server(*replies).listening() as server:
            made.write(source=voxys(server.port))
            [one] = made.note()
            slot = await asyncio.create_task(attempt(made.office, one.id))
            await asyncio.create_task(send_notices(made.office))  # each in a task of its own, as in the runner
        assert slot is not None
        return slot

    return asyncio.run(work())


def test_a_source_that_is_overloaded_for_a_while_delays_the_report(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        slot = pass_with(made, answer({"error": "overloaded"}, 503))
        assert (slot.state, slot.next_at) == (DUE, SUNDAY + MINUTE)
        assert "503" in slot.reason
        assert made.work() == [], "not before its time"
        made.now = slot.next_at
        assert pass_with(made, Reply(silent=True)).next_at == SUNDAY + 3 * MINUTE
        made.write(source=sandbox())
        [slot] = made.at(SUNDAY + 3 * MINUTE)
        assert (slot.state, slot.attempts, made.made_for(slot)) == (SENT, 3, EDITION)
        assert len(outbox(made)[ANNA]) == 1
        assert OWNER not in outbox(made)


def test_a_token_that_is_refused_fails_at_once_and_a_run_on_the_next_day_mends_it(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        slot = pass_with(made, answer({"error": "unauthorized"}, 401))
        assert (slot.state, slot.attempts, made.made_for(slot)) == (FAILED, 1, None)
        [notice] = outbox(made)[OWNER]
        assert notice["Subject"].startswith("Not sent: Weekly pipeline report")
        text = spoken(notice)
        assert "token" in text
        assert "reports run weekly --as-of 2025-10-05" in text
        assert not look(made.ledger, made.config, made.now).well

        made.write(source=sandbox())
        made.now = SUNDAY + DAY
        job = plan_job(made.config, "weekly", made.now.date())
        asyncio.run(run(made.office, job, lambda _: None, again=False))
        assert len(outbox(made)[ANNA]) == 1
        assert look(made.ledger, made.config, made.now).well, "the same week went out"


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param((Reply(200, b"<html>maintenance</html>"),), id="a page instead of figures"),
        pytest.param((answer({"data": []}),), id="no pipelines, or another shape"),
    ],
)
def test_answers_that_cant_be_trusted_are_asked_for_again_then_told(tmp_path: Path, replies: tuple[Reply, ...]) -> None:
    with world(tmp_path, report=SHORT) as made:
        tries = []
        while (slot := pass_with(made, *replies)).state is DUE:
            tries.append((slot.next_at - SUNDAY) / MINUTE)
            made.now = slot.next_at
        assert tries == [1, 3, 5]
        assert slot.state is FAILED
        assert made.editions == [], "nothing is kept of it"
        [notice] = outbox(made)[OWNER]
        assert "4 times" in spoken(notice) or "4 attempts" in spoken(notice)
        assert outbox(made).keys() == {OWNER}


def test_a_deadline_that_is_too_short_is_a_failure_with_a_hint(tmp_path: Path) -> None:
    with world(tmp_path, more='[runner]\ndeadline = "1 second"') as made:
        slot = pass_with(made, Reply(drip=True))
        assert slot.state is DUE
        assert slot.reason == "it took longer than 1 s"


def test_nothing_that_a_source_says_puts_an_address_or_a_token_into_the_ledger(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        slot = pass_with(made, answer({"error": "token-of-this-test is wrong"}, 401))
        assert "token-of-this-test" not in slot.reason + slot.hint
