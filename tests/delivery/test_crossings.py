"""What happens where a slot, a person and a clock come across each other."""

from __future__ import annotations

import asyncio
import io
import threading
from typing import TYPE_CHECKING

import pytest

from reports import log
from reports.attempt import attempt
from reports.due import note_due, recover
from reports.job import plan_job
from reports.ledger import deliveries, editions, notices, slots
from reports.ledger.opening import open_ledger
from reports.ledger.values import DeliveryState, SlotState
from reports.notices import tell_missed
from reports.office import Office
from reports.on_demand import approve, run
from reports.runner import ConfigFile
from tests.delivery.world import (
    ANNA,
    BILAL,
    CHEN,
    DAY,
    EDITION,
    HOUR,
    MINUTE,
    OWNER,
    SCHEDULE,
    SUNDAY,
    World,
    kept,
    mail_server,
    mailed,
    reported,
    smtp,
    told,
    world,
)
from tests.mail.servers import Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from reports.ledger.values import Kept, Slot

EVERYBODY = [ANNA, BILAL, CHEN]


def tried_meanwhile(made: World) -> list[Slot]:
    """Let a runner's child work on what is due, while this process does something else."""
    found: list[Slot] = []

    async def child() -> None:
        with open_ledger(made.config) as ledger:
            for one in note_due(ledger, made.config, made.now):
                slot = await attempt(Office(made.config, ledger, lambda: made.now), one.id)
                assert slot is not None
                found.append(slot)

    thread = threading.Thread(target=lambda: asyncio.run(child()))
    thread.start()
    thread.join()
    return found


def test_a_slot_waits_for_what_a_person_sends_and_sends_what_that_person_couldnt(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals=dict.fromkeys(EVERYBODY, "451 later"))
    with mailed(tmp_path / "p", mailbox) as made:
        meanwhile: list[Slot] = []

        def progress(said: str) -> None:
            if said == "Delivering":
                meanwhile.extend(tried_meanwhile(made))

        job = plan_job(made.config, "weekly", SUNDAY.date())
        asyncio.run(run(made.office, job, progress, again=False))
        assert [(one.state, one.reason) for one in meanwhile] == [(SlotState.DUE, "0 of 3 sent, 3 still to be sent")]
        mailbox.refusals.clear()
        [slot] = made.at(SUNDAY + HOUR)
        assert slot.state is SlotState.SENT
        assert sorted(reported(mailbox)) == EVERYBODY


def test_a_slot_waits_for_a_message_that_a_person_is_sending(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port)) as made, open_ledger(made.config) as person:
        with person.write() as tx:
            deliveries.supersede(tx, EDITION.removesuffix(":r1"), [ANNA], made.now)
            [again] = deliveries.address(
                tx, kept_edition(tx), deliveries.addressed({ANNA: ANNA}), made.now, worker=person.appear(), again=True
            )
            begun = deliveries.begin(tx, again.id, person.worker, made.now)
            assert begun
        [slot] = made.work()
        assert slot.state is SlotState.DUE
        assert told(mailbox) == []
        with person.write() as tx:
            deliveries.finish(tx, begun, DeliveryState.SENT, made.now, "250")
        [slot] = made.at(made.now + HOUR)
        assert slot.state is SlotState.SENT


def kept_edition(tx: Connection) -> Kept:
    found = editions.find(tx, EDITION)
    assert found
    return found


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[tuple[World, Mailbox]]:
    """An edition of a daily slot that waits for approval, and may be caught up for an hour."""
    mailbox = Mailbox()
    report = f'{SCHEDULE.replace("sun", "*")}\napprove = true\ncatch_up = "1 hour"'
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port), report=report) as made:
        made.work()
        yield made, mailbox


def test_an_edition_approved_after_the_next_slot_is_tried_again_like_any_other(asked: tuple[World, Mailbox]) -> None:
    made, mailbox = asked
    made.now = SUNDAY + DAY + HOUR
    mailbox.refusals[ANNA] = "451 greylisted"
    _, slot = asyncio.run(approve(made.office, EDITION))
    assert slot is not None
    assert slot.state is SlotState.DUE
    mailbox.refusals.clear()
    made.at(made.now + HOUR)
    assert sorted(reported(mailbox)) == EVERYBODY


def test_an_approved_edition_isnt_missed(asked: tuple[World, Mailbox]) -> None:
    made, mailbox = asked
    given = iter([SUNDAY + 3 * HOUR])  # the clock is put back then: the runner sends, not the command
    made.now = SUNDAY + 2 * HOUR
    asyncio.run(approve(Office(made.config, made.ledger, lambda: next(given, made.now)), EDITION))
    assert reported(mailbox) == []
    made.at(SUNDAY + 5 * HOUR)
    assert sorted(reported(mailbox)) == EVERYBODY


def test_a_notice_that_cant_be_written_doesnt_hold_up_the_others(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mailed(tmp_path / "p", mailbox) as made:
        with made.ledger.write() as tx:
            notices.tell(tx, "slot:1:failed", [OWNER], "weekly", '{"kind": "failed"}', made.now)
            tell_missed(tx, made.config, "weekly", [SUNDAY], made.now)
        assert not made.tell()
        assert [state for _, state in made.notices] == ["failed", "sent"]


def test_a_notice_whose_every_try_dies_fails_after_a_day(tmp_path: Path) -> None:
    with world(tmp_path / "p") as made:
        with made.ledger.write() as tx:
            tell_missed(tx, made.config, "weekly", [SUNDAY], made.now)
            [row] = notices.pending(tx, made.now)
            notices.begin(tx, row.id, made.ledger.appear())
        made.restart()
        recover(made.ledger, made.config, made.now)
        made.now += DAY + MINUTE
        assert not made.tell()
        assert [state for _, state in made.notices] == ["failed"]


def test_no_log_holds_a_whole_address(tmp_path: Path) -> None:
    said = io.StringIO()
    log.configure("text", said)
    mailbox = Mailbox(refusals={ANNA: f"550 <{ANNA}>: no such user"})
    try:
        with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port)) as made:
            made.work()
        with kept(tmp_path / "q", 'kind = "outbox"') as made:
            made.work()
    finally:
        log.LOGGER.handlers[:] = []
        log.LOGGER.propagate = True
    assert "no such user" in said.getvalue()
    assert "/outbox/" in said.getvalue()
    assert not [one for one in (*EVERYBODY, OWNER) if one in said.getvalue()]


def test_another_ledger_isnt_taken_up_by_a_runner(tmp_path: Path) -> None:
    with world(tmp_path / "p") as made:
        watched = ConfigFile(made.file)
        made.write(to=f'["{ANNA}"]')
        assert watched.config().reports["weekly"].to == [ANNA]
        made.write(more='[ledger]\nfile = "moved.sqlite"')
        assert watched.config().ledger.file == "ledger.sqlite"


def test_what_somebody_takes_right_now_is_no_trouble_to_who_looks(tmp_path: Path) -> None:
    with world(tmp_path / "p") as made:
        made.note()
        with made.ledger.write() as tx:
            [slot] = slots.waiting(tx, "weekly")
            assert slots.claim(tx, slot.id, made.ledger.appear(), made.now)
            assert slots.waiting(tx, "weekly") == []


def test_who_isnt_a_recipient_any_more_is_no_trouble_of_a_slot(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals={ANNA: "550 gone"})
    with mailed(tmp_path / "p", mailbox, to=f'["{ANNA}"]') as made:
        asyncio.run(run(made.office, plan_job(made.config, "weekly", SUNDAY.date()), lambda _: None, again=False))
        made.write(to=f'["{BILAL}"]')
        [slot] = made.work()
        assert slot.state is SlotState.SENT
        assert reported(mailbox) == [BILAL]
