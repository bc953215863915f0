"""`reports run` and `reports resend` beside the slots: nobody gets a period twice without being asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from reports.errors import DeliveryError
from reports.job import plan_job
from reports.ledger.forgetting import erase
from reports.on_demand import resend, run
from reports.watch import look
from tests.delivery.world import (
    ANNA,
    BILAL,
    CHEN,
    EDITION,
    SUNDAY,
    World,
    counts,
    ids,
    kept,
    mail_server,
    outbox,
    smtp,
    to,
)
from tests.mail.servers import DropsAfterData, Mailbox

if TYPE_CHECKING:
    from pathlib import Path

    from reports.on_demand import Ran


def by_hand(made: World, *, again: bool = False) -> Ran:
    job = plan_job(made.config, "weekly", SUNDAY.date())
    return asyncio.run(run(made.office, job, lambda _: None, again=again))


def test_whoever_has_a_period_gets_it_again_only_when_asked_and_then_as_a_new_message(tmp_path: Path) -> None:
    with kept(tmp_path / "p", 'kind = "outbox"') as made:
        made.work()
        with pytest.raises(DeliveryError, match="everybody has weekly:2025-09-28:2025-10-04 already") as error:
            by_hand(made)
        assert "--again" in error.value.hint

        made.write(to=f'["{ANNA}", "{BILAL}", "{CHEN}", "new@example.com"]')
        ran = by_hand(made)
        assert [(one.recipient, one.send) for one in ran.deliveries] == [("new@example.com", 1)]
        assert [one.recipient for one in ran.had_it] == [ANNA, BILAL, CHEN]

        made.write(to=f'["{ANNA}"]')
        ran = by_hand(made, again=True)
        assert [(one.recipient, one.send) for one in ran.deliveries] == [(ANNA, 2)]
        mails = outbox(made)
        assert {address: len(found) for address, found in mails.items()} == {
            ANNA: 2,
            BILAL: 1,
            CHEN: 1,
            "new@example.com": 1,
        }
        assert len(set(ids(mails[ANNA]))) == 2, "mail systems drop what they think they know"


def test_a_run_beside_a_slot_that_still_tries_leaves_its_recipients_to_it(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals={BILAL: "451 later"})
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port)) as made:
        [slot] = made.work()
        with pytest.raises(DeliveryError, match="will be sent it"):
            by_hand(made)

        mailbox.refusals.clear()
        by_hand(made, again=True)
        assert counts(mailbox.received) == {ANNA: 2, BILAL: 1, CHEN: 2}
        [slot] = made.at(slot.next_at)
        assert slot.state == "sent"
        assert counts(mailbox.received) == {ANNA: 2, BILAL: 1, CHEN: 2}, "the slot has nothing left to send"


def test_who_may_have_it_gets_it_again_by_name_only(tmp_path: Path) -> None:
    mailbox = DropsAfterData()
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port)) as made:
        made.work()
        with pytest.raises(DeliveryError, match="may have it") as error:
            by_hand(made)
        assert ANNA in error.value.message
    with mail_server(Mailbox()) as port:
        made.write(email=smtp(port))
        made.restart()
        asyncio.run(resend(made.office, EDITION, [ANNA]))
        assert made.states() == {ANNA: "sent", BILAL: "unknown", CHEN: "unknown"}
        assert {one.recipient for one in look(made.ledger, made.config, made.now).undelivered} == {BILAL, CHEN}
        made.ledger.close()


def test_a_resend_of_the_same_bytes_has_a_new_message_id(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port)) as made:
        made.work()
        sent = asyncio.run(resend(made.office, EDITION, [ANNA]))
        assert [(one.recipient, one.send) for one in sent] == [(ANNA, 2)]
        first, second = to(mailbox, ANNA)
        assert first["Message-ID"] != second["Message-ID"]
        assert [part.get_content_type() for part in first.walk()] == [one.get_content_type() for one in second.walk()]


@pytest.mark.slow
def test_what_fails_by_hand_is_sent_by_the_next_run_to_those_who_miss_it(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals={BILAL: "550 no"})
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port)) as made:
        made.work()
        mailbox.refusals.clear()
        ran = by_hand(made)
        assert [(one.recipient, one.send) for one in ran.deliveries] == [(BILAL, 2)]
        assert look(made.ledger, made.config, made.now).well


def test_whoever_was_erased_is_sent_nothing_more(tmp_path: Path) -> None:
    with kept(tmp_path / "p", 'kind = "outbox"') as made:
        made.work()
        with made.ledger.write() as tx:
            erase(tx, BILAL, made.now)
        made.write(to=f'["{ANNA}", "{CHEN}"]')
        sent = asyncio.run(resend(made.office, EDITION, ()))
        assert [(one.recipient, one.send, one.state) for one in sent] == [(ANNA, 2, "sent"), (CHEN, 2, "sent")]
