"""What mail servers do to a slot: who gets the report, what is tried again, and what the owner hears."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from reports.attempt import attempt
from reports.errors import DeliveryError
from reports.ledger.values import SlotState
from reports.on_demand import resend
from reports.watch import look
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
    counts,
    ids,
    kept,
    nowhere,
    reported,
    smtp,
    to,
    told,
)
from tests.mail.servers import (
    HANG_UP,
    HOST,
    PASSWORD,
    SILENCE,
    USER,
    DropsAfterData,
    Mailbox,
    Script,
    mail_server,
    serving,
)

if TYPE_CHECKING:
    from pathlib import Path

    from reports.ledger.values import Slot

DUE, SENT, FAILED = SlotState.DUE, SlotState.SENT, SlotState.FAILED
QUICK = "timeout = 1"


def well(made: World) -> bool:
    return look(made.ledger, made.config, made.now).well


def until_it_ends(made: World, most: int = 60) -> tuple[Slot, list[float]]:
    """Go from try to try; returns the slot as it ended, and the minutes between the tries."""
    pauses = []
    for _ in range(most):
        [slot] = made.work()
        if slot.state is not DUE:
            return slot, pauses
        pauses.append((slot.next_at - made.now) / MINUTE)
        made.now = slot.next_at
    raise AssertionError(pauses)


def test_one_that_is_refused_stops_nobody_and_the_owner_hears_who_and_why(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals={BILAL: "550 5.1.1 no such mailbox"})
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port)) as made:
        [slot] = made.work()
        assert (slot.state, slot.reason) == (FAILED, "2 of 3 sent, 1 failed")
        assert reported(mailbox) == [ANNA, CHEN]
        assert made.states() == {ANNA: "sent", BILAL: "failed", CHEN: "sent"}
        [(subject, text)] = told(mailbox)
        assert subject.startswith("Not delivered to everybody: Weekly pipeline report")
        assert BILAL in text
        assert "550: 5.1.1 no such mailbox" in text
        assert f"reports resend {EDITION} --only {BILAL}" in text
        assert made.at(SUNDAY + DAY) == []
        assert reported(mailbox) == [ANNA, CHEN], "a final refusal isn't asked again"

        assert not well(made)
        mailbox.refusals.clear()
        asyncio.run(resend(made.office, EDITION, [BILAL]))
        assert reported(mailbox) == [ANNA, CHEN, BILAL]
        assert well(made)


def test_resending_to_one_of_two_leaves_the_other_to_be_looked_after(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals={BILAL: "550 no", CHEN: "550 no"})
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port)) as made:
        made.work()
        mailbox.refusals.clear()
        asyncio.run(resend(made.office, EDITION, [BILAL]))
        health = look(made.ledger, made.config, made.now)
        assert [one.recipient for one in health.undelivered] == [CHEN]
        assert len(health.failed) == 1, "its slot isn't done with either"
        asyncio.run(resend(made.office, EDITION, [CHEN]))
        assert well(made)


def test_who_is_refused_twice_shows_once(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals={BILAL: "550 no"})
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port)) as made:
        made.work()
        asyncio.run(resend(made.office, EDITION, [BILAL]))
        assert [one.send for one in look(made.ledger, made.config, made.now).undelivered] == [2]


def test_greylisting_for_a_while_ends_well_without_a_word(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals={BILAL: "451 4.7.1 come back later"})
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port)) as made:
        [slot] = made.work()
        assert (slot.state, slot.reason) == (DUE, "2 of 3 sent, 1 still to be sent")
        made.now = slot.next_at
        made.work()
        mailbox.refusals.clear()
        ended, _ = until_it_ends_after(made)
        assert ended.state is SENT
        assert counts(mailbox.received) == {ANNA: 1, BILAL: 1, CHEN: 1}
        assert made.deliveries()[BILAL].attempts == 3
        assert made.deliveries()[BILAL].send == 1
        assert len({*ids(to(mailbox, ANNA)), *ids(to(mailbox, BILAL)), *ids(to(mailbox, CHEN))}) == 3
        assert well(made)
        assert told(mailbox) == []


def until_it_ends_after(made: World) -> tuple[Slot, list[float]]:
    made.now = made.slots[-1].next_at
    return until_it_ends(made)


def test_greylisting_for_ever_is_tried_with_growing_pauses_and_told_in_the_end(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals={BILAL: "451 4.7.1 come back later"})
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port)) as made:
        slot, pauses = until_it_ends(made)
        assert pauses == sorted(pauses[:-1]) + pauses[-1:]
        assert sum(pauses) + 1 == 6 * 60, "retry_for, of which the first minute is over"
        assert made.now == SUNDAY + 6 * HOUR
        assert (slot.state, slot.reason) == (FAILED, "2 of 3 sent, 1 failed")
        assert made.states() == {ANNA: "sent", BILAL: "failed", CHEN: "sent"}
        assert counts(mailbox.received) == {ANNA: 1, CHEN: 1, OWNER: 1}
        [(_, text)] = told(mailbox)
        assert "451: 4.7.1 come back later" in text


def test_a_retry_has_the_same_message_id_as_its_first_try(tmp_path: Path) -> None:
    """A server that took a message and said no may have let it through."""
    heard: list[Any] = []

    class Remembers(Mailbox):
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
            heard.append(bytes(envelope.content))
            return await super().handle_DATA(server, session, envelope)

    mailbox = Remembers(data_answer="451 4.3.0 try again")
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port)) as made:
        made.work()
        mailbox.data_answer = "250 OK"
        until_it_ends_after(made)
        assert len(heard) == 6
        assert heard[:3] == heard[3:]


def test_a_message_that_may_have_arrived_is_not_sent_again_and_the_owner_hears_of_it(tmp_path: Path) -> None:
    mailbox = DropsAfterData()
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port), to=f'["{ANNA}"]') as made:
        [slot] = made.work()
        assert (slot.state, slot.reason) == (FAILED, "0 of 3 sent, 3 unknown")
        assert counts(mailbox.received) == {ANNA: 1, BILAL: 1, CHEN: 1, OWNER: 1}
        assert set(made.states().values()) == {"unknown"}
        assert len(look(made.ledger, made.config, made.now).unknown) == 3
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        made.write(email=smtp(port))
        made.restart()
        assert made.at(SUNDAY + DAY) == []
        assert reported(mailbox) == []
        [(subject, text)] = told(mailbox)  # the first server may have let it through: twice is better than never
        assert subject.startswith("Delivery unclear: ")
        assert "the connection broke after the message" in text
        made.ledger.close()


TROUBLE = {
    "hangs before the message": ({"RCPT": SILENCE}, DUE, "pending"),
    "hangs up before the message": ({"RCPT": HANG_UP}, DUE, "pending"),
    "hangs after the message": ({".": SILENCE}, FAILED, "unknown"),
    "is full": ({"MAIL": "452 4.3.1 out of room"}, DUE, "pending"),
    "refuses the size": ({".": "552 5.3.4 message too big"}, FAILED, "failed"),
    "doesn't want us": ({"": "554 5.7.1 go away"}, FAILED, "failed"),
    "is busy": ({"": "421 4.3.2 too many connections"}, DUE, "pending"),
    "hangs at once": ({"": SILENCE}, DUE, "pending"),
}


@pytest.mark.parametrize(("answers", "state", "delivery"), TROUBLE.values(), ids=TROUBLE.keys())
def test_what_a_server_does_and_what_becomes_of_the_slot(
    tmp_path: Path, answers: dict[str, str], state: SlotState, delivery: str
) -> None:
    script = Script(answers)
    with serving(script.connection) as port, kept(tmp_path / "p", smtp(port, QUICK)) as made:
        [one] = made.note()
        slot = asyncio.run(attempt(made.office, one.id))
        assert slot is not None
        assert slot.state is state
        assert slot.reason
        assert set(made.states().values()) == {delivery}
        assert (slot.next_at > made.now) == (state is DUE)
        assert ("slot:1:failed", "pending") in made.notices or state is DUE


def test_a_message_bigger_than_the_server_takes_fails_before_it_is_sent(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, size=20_000) as port, kept(tmp_path / "p", smtp(port)) as made:
        [slot] = made.work()
        assert (slot.state, slot.reason) == (FAILED, "0 of 3 sent, 3 failed")
        assert reported(mailbox) == []
        [(_, text)] = told(mailbox)
        assert "the server takes 20000" in text


def test_a_certificate_that_nobody_vouches_for_fails_at_once(tmp_path: Path) -> None:
    import ssl

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert(HOST).configure_cert(context)
    mailbox = Mailbox()
    with mail_server(mailbox, tls=context) as port:
        email = f'kind = "smtp"\nhost = "{HOST}"\nport = {port}\nsecurity = "tls"\n{QUICK}'
        with kept(tmp_path / "p", email) as made:
            [slot] = made.work()
            assert slot.state is FAILED
            assert "can't be trusted" in slot.reason
            assert "email.security" in slot.hint
            assert set(made.states().values()) == {"failed"}
            assert mailbox.received == []
            [untold] = look(made.ledger, made.config, made.now).untold
            assert "can't be trusted" in untold.detail


def test_a_refused_login_fails_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ssl

    ca = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert(HOST).configure_cert(context)
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("TEST_PASSWORD", "wrong")
    mailbox = Mailbox()
    with mail_server(mailbox, starttls=context, login=True) as port:
        login = f'username = "{USER}"\npassword = {{ env = "TEST_PASSWORD" }}'
        email = f'kind = "smtp"\nhost = "{HOST}"\nport = {port}\n{login}'
        with kept(tmp_path / "p", email) as made:
            [slot] = made.work()
            assert slot.state is FAILED
            assert f"refused the login of {USER}" in slot.reason
            assert mailbox.received == []
            assert not well(made)

            monkeypatch.setenv("TEST_PASSWORD", PASSWORD)
            asyncio.run(resend(made.office, EDITION, []))
            assert reported(mailbox) == [ANNA, BILAL, CHEN]


def test_a_server_that_isnt_there_is_waited_for_and_nothing_was_touched(tmp_path: Path) -> None:
    with kept(tmp_path / "p", smtp(nowhere())) as made:
        [slot] = made.work()
        assert (slot.state, slot.attempts) == (DUE, 2)
        assert {(one.state, one.attempts) for one in made.deliveries().values()} == {("pending", 0)}
        mailbox = Mailbox()
        with mail_server(mailbox) as port:
            made.write(email=smtp(port))
            ended, _ = until_it_ends_after(made)
        assert ended.state is SENT
        assert reported(mailbox) == [ANNA, BILAL, CHEN]
        assert len(made.editions) == 1, "what was made once isn't made anew"


def test_a_token_server_that_isnt_there_is_waited_for_and_nothing_was_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_CLIENT_SECRET", "hunter2")
    secret = '{ env = "TEST_CLIENT_SECRET" }'
    app = f'token_url = "http://{HOST}:{nowhere()}/token", client_id = "x", client_secret = {secret}'
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        email = f'kind = "smtp"\nhost = "{HOST}"\nport = {port}\nusername = "{USER}"\noauth = {{ {app} }}'
        with kept(tmp_path / "p", email) as made:
            [slot] = made.work()
            assert (slot.state, slot.attempts) == (DUE, 2)
            assert "the token server" in slot.reason
            assert {(one.state, one.attempts) for one in made.deliveries().values()} == {("pending", 0)}
            made.write(email=smtp(port))
            ended, _ = until_it_ends_after(made)
    assert ended.state is SENT
    assert reported(mailbox) == [ANNA, BILAL, CHEN]


def test_a_notice_that_cant_be_sent_shows_until_it_is_or_somebody_looked(tmp_path: Path) -> None:
    with kept(tmp_path / "p", smtp(nowhere())) as made:
        slot, _ = until_it_ends(made)
        assert slot.state is FAILED
        assert made.notices == [("slot:1:failed", "pending")]
        [untold] = look(made.ledger, made.config, made.now).untold
        assert untold.recipient == OWNER, "it shows at once, although it is tried again"

        tries = 0
        while made.notices == [("slot:1:failed", "pending")]:
            made.now += HOUR
            assert not made.tell() or tries == 0
            tries += 1
            assert tries < 30
        assert made.notices == [("slot:1:failed", "failed")]
        assert 20 < tries <= 26, "a day"
        assert len(look(made.ledger, made.config, made.now).untold) == 1

        from reports.resolving import resolve

        assert resolve(made.ledger, "weekly", made.now) == 5
        assert well(made)


def test_a_notice_whose_trouble_was_looked_after_isnt_sent_any_more(tmp_path: Path) -> None:
    with kept(tmp_path / "p", smtp(nowhere())) as made:
        until_it_ends(made)
        from reports.resolving import resolve

        resolve(made.ledger, "weekly", made.now)
        assert well(made)
        mailbox = Mailbox()
        with mail_server(mailbox) as port:
            made.write(email=smtp(port))
            made.at(made.now + HOUR)
        assert mailbox.received == []


def test_whoever_sends_by_hand_what_is_still_to_be_sent_does_it_instead_of_the_slot(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals={BILAL: "451 later"})
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port)) as made:
        [slot] = made.work()
        mailbox.refusals.clear()
        asyncio.run(resend(made.office, EDITION, [BILAL]))
        [slot] = made.at(slot.next_at)
        assert slot.state is SENT
        assert counts(mailbox.received) == {ANNA: 1, BILAL: 1, CHEN: 1}
        assert well(made)


def test_a_stranger_is_not_resent_to(tmp_path: Path) -> None:
    with kept(tmp_path / "p", smtp(nowhere())) as made, pytest.raises(DeliveryError, match="not among the recipients"):
        asyncio.run(resend(made.office, EDITION, ["stranger@example.com"]))


class Slow(Mailbox):
    """Takes the message of one recipient, and answers only when it is told to."""

    def __init__(self, who: str) -> None:
        super().__init__()
        self.who = who
        self.reached = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.who in envelope.rcpt_tos:
            self.reached = True
            await asyncio.Event().wait()
        return await super().handle_DATA(server, session, envelope)


def test_a_stop_while_a_message_is_on_its_way_leaves_it_unknown_and_the_rest_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.dispatch.PATIENCE", 0.1)  # the server would take ever so long
    mailbox = Slow(BILAL)

    async def stopped(made: World, number: int) -> None:
        task = asyncio.ensure_future(attempt(made.office, number))
        while not mailbox.reached:  # noqa: ASYNC110 - an asyncio.Event is of one loop only
            await asyncio.sleep(0.01)  # the server is in another thread
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port), report=SCHEDULE) as made:
        [slot] = made.note()
        asyncio.run(stopped(made, slot.id))
        assert made.states() == {ANNA: "sent", BILAL: "unknown", CHEN: "pending"}
        [given_back] = made.slots
        assert (given_back.state, given_back.attempts) == (DUE, slot.attempts), "the attempt doesn't count"
        made.restart()
        [ended] = made.work()
        assert (ended.state, ended.reason) == (FAILED, "2 of 3 sent, 1 unknown")
        assert reported(mailbox) == [ANNA, CHEN]
        [(subject, text)] = told(mailbox)
        assert subject.startswith("Delivery unclear: ")
        assert "stopped while the message was on its way" in text
