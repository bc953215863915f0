"""An edition that waits for somebody's word: who gets what, and when it is too late."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from reports.errors import DeliveryError, LedgerError
from reports.job import plan_job
from reports.ledger import editions
from reports.ledger.values import Approval, SlotState
from reports.mail.envelope import Envelope
from reports.mail.readdress import readdress
from reports.office import Office
from reports.on_demand import approve, resend, run
from reports.watch import look
from tests.delivery.world import (
    ANNA,
    BILAL,
    CHEN,
    DAY,
    EDITION,
    HOUR,
    OWNER,
    SCHEDULE,
    SUNDAY,
    WEEK,
    World,
    kept,
    mail_server,
    outbox,
    reported,
    smtp,
    spoken,
    to,
    world,
)
from tests.mail.servers import Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAITING, SENT, SKIPPED = SlotState.WAITING, SlotState.SENT, SlotState.SKIPPED
ASKING = f"{SCHEDULE}\napprove = true"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def asked(tmp_path: Path, mailbox: Mailbox) -> Iterator[World]:
    """An edition of a slot that waits for approval."""
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port), report=ASKING) as made:
        yield made


def run_now(made: World, *, again: bool = False) -> str:
    job = plan_job(made.config, "weekly", made.now.date())
    ran = asyncio.run(run(made.office, job, lambda _: None, again=again))
    assert not ran.deliveries
    [made_now] = ran.made
    return str(made_now.revision.edition)


def test_the_owner_alone_gets_an_edition_that_waits(asked: World, mailbox: Mailbox) -> None:
    [slot] = asked.slots
    assert (slot.state, asked.made_for(slot)) == (WAITING, EDITION)
    assert asked.work() == []
    assert mailbox.recipients == [OWNER]
    [mail] = to(mailbox, OWNER)
    assert mail["Subject"].startswith("Please approve: Weekly pipeline report")
    assert f"reports approve {EDITION}" in spoken(mail)
    [pdf] = mail.iter_attachments()
    assert pdf.get_content() == next(asked.editions[0].glob("*.pdf")).read_bytes()
    health = look(asked.ledger, asked.config, asked.now)
    assert [one.id for one in health.approvals] == [EDITION]
    assert health.well, "waiting is no trouble"


def test_approval_sends_exactly_what_was_kept_once(asked: World, mailbox: Mailbox) -> None:
    asked.work()
    asked.now += HOUR
    sent, slot = asyncio.run(approve(asked.office, EDITION))
    assert slot is not None
    assert slot.state is SENT
    assert [str(one.state) for one in sent] == ["sent"] * 3
    assert reported(mailbox) == [ANNA, BILAL, CHEN]
    master, key = (asked.editions[0] / "mail.eml").read_bytes(), asked.office.archive.key()
    for one in mailbox.received[1:]:
        expected = readdress(master, Envelope((one.recipients[0],)), edition=EDITION, key=key, send=1).as_bytes()
        assert one.content.strip() == expected.strip()

    with pytest.raises(DeliveryError, match="was approved before") as error:
        asyncio.run(approve(asked.office, EDITION))
    assert f"reports resend {EDITION}" in error.value.hint
    assert len(reported(mailbox)) == 3


def test_an_unapproved_edition_isnt_resent(asked: World, mailbox: Mailbox) -> None:
    with pytest.raises(DeliveryError, match="isn't approved") as error:
        asyncio.run(resend(asked.office, EDITION, []))
    assert f"reports approve {EDITION}" in error.value.hint
    assert mailbox.received == []


def test_an_approval_that_lapses_is_told_and_can_still_be_given(asked: World, mailbox: Mailbox) -> None:
    asked.work()
    asked.at(SUNDAY + 2 * DAY)
    [slot] = asked.slots
    assert (slot.state, slot.reason) == (SKIPPED, "not approved in time")
    assert [one["Subject"].split(":")[0] for one in to(mailbox, OWNER)] == [
        "Please approve",
        "Not approved in time, not sent",
    ]
    with pytest.raises(DeliveryError, match="isn't approved"):
        asyncio.run(resend(asked.office, EDITION, []))
    assert reported(mailbox) == []

    sent, _ = asyncio.run(approve(asked.office, EDITION))
    assert [str(one.state) for one in sent] == ["sent"] * 3
    assert reported(mailbox) == [ANNA, BILAL, CHEN]
    asked.at(SUNDAY + 4 * DAY)
    assert len(to(mailbox, OWNER)) == 2


def test_a_file_that_changed_in_the_archive_is_not_sent(asked: World, mailbox: Mailbox) -> None:
    pdf = next(asked.editions[0].glob("*.pdf"))
    pdf.chmod(0o644)
    pdf.write_bytes(pdf.read_bytes() + b" ")
    with pytest.raises(LedgerError, match="isn't what was kept"):
        asyncio.run(approve(asked.office, EDITION))
    assert reported(mailbox) == []
    [slot] = asked.slots
    assert slot.state is WAITING, "it can still be approved once the file is restored"
    with asked.ledger.read() as tx:
        found = editions.find(tx, EDITION)
    assert found is not None
    assert found.approval is Approval.ASKED


def test_an_approved_edition_whose_server_greylists_is_tried_again(asked: World, mailbox: Mailbox) -> None:
    mailbox.refusals[BILAL] = "451 later"
    sent, slot = asyncio.run(approve(asked.office, EDITION))
    assert slot is not None
    assert slot.state is SlotState.DUE
    assert [str(one.state) for one in sent] == ["sent", "pending", "sent"]
    mailbox.refusals.clear()
    [ended] = asked.at(slot.next_at)
    assert ended.state is SENT
    assert sorted(reported(mailbox)) == [ANNA, BILAL, CHEN]


def test_the_next_slot_leaves_one_that_waits_alone(asked: World) -> None:
    asked.now = SUNDAY + DAY
    asked.write(report='schedule = "0 8 * * *"\napprove = true')
    asked.note()
    assert [one.state for one in asked.slots] == [WAITING, SlotState.DUE]


@pytest.mark.slow
def test_a_run_by_hand_waits_for_approval_too(tmp_path: Path) -> None:
    with world(tmp_path, report="approve = true") as made:
        edition = run_now(made)
        assert outbox(made).keys() == {OWNER}
        sent, slot = asyncio.run(approve(made.office, edition))
        assert slot is None
        assert [str(one.state) for one in sent] == ["sent"] * 3
        assert len(outbox(made)[ANNA]) == 1

        second = run_now(made, again=True)
        with pytest.raises(DeliveryError, match="everybody has this period already") as error:
            asyncio.run(approve(made.office, second))
        assert f"reports resend {second}" in error.value.hint
        assert len(outbox(made)[ANNA]) == 1
        asyncio.run(resend(made.office, second, []))
        assert len(outbox(made)[ANNA]) == 2


def test_an_edition_that_needs_no_approval_isnt_approved(tmp_path: Path) -> None:
    with kept(tmp_path / "p", 'kind = "outbox"') as made:
        with pytest.raises(DeliveryError, match="needs no approval"):
            asyncio.run(approve(made.office, EDITION))
        with pytest.raises(LedgerError):
            asyncio.run(approve(made.office, EDITION.replace("r1", "r9")))
        made.now = SUNDAY + WEEK


def test_what_is_approved_goes_out_with_the_next_pass_where_it_cant_at_once(asked: World, mailbox: Mailbox) -> None:
    asked.work()
    instants = iter([asked.now + HOUR])  # the clock is put back after the word was given
    office = Office(asked.config, asked.ledger, lambda: next(instants, asked.now))
    sent, slot = asyncio.run(approve(office, EDITION))
    assert slot is not None
    assert slot.state is SlotState.DUE
    assert [one.state for one in sent] == ["pending"] * 3
    assert reported(mailbox) == []
    [done] = asked.at(asked.now + HOUR)
    assert done.state is SENT
    assert sorted(reported(mailbox)) == [ANNA, BILAL, CHEN]
