"""One message to several recipients: a refusal is the affair of whoever was refused."""

from __future__ import annotations

import asyncio
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest

from reports.config.email import OutboxEmail
from reports.mail.compose import compose
from reports.mail.envelope import NOBODY_NAMED, Envelope
from reports.mail.outcome import Outcome, Status
from reports.mail.post import open_post
from tests.mail.servers import HANG_UP, SILENCE, DropsAfterData, LimitsMessages, Mailbox, Script, mail_server, serving
from tests.mail.test_compose import KEY, letter
from tests.mail.test_smtp import ANNA, BASIL, CARLA, EDITION, SENDER, config, run

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from reports.config.email import SmtpEmail

ALL = Envelope((ANNA,), (BASIL,), (CARLA,))
NAMES = ["anna@example.com", "basil@example.com", "carla@example.com"]
STOPPED = "stopped before it was sent"


def send(email: SmtpEmail | OutboxEmail, folder: Path, envelope: Envelope = ALL, times: int = 1) -> list[Outcome]:
    """Send one message to all of an envelope, as often as told over one connection; returns all outcomes."""

    async def sent() -> list[Outcome]:
        message = compose(letter(), envelope, key=KEY)
        async with open_post(email, folder) as post:
            return [one for _ in range(times) for one in await post.send(envelope.everybody, message, about=EDITION)]

    found: list[Outcome] = run(sent())
    return found


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert not message.defects
    return message


# One message.


def test_all_get_the_same_message_and_nobody_sees_the_bcc(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        found = send(config(port), tmp_path)
    assert [(one.recipient, one.status) for one in found] == [(to, Status.SENT) for to in ALL.everybody]
    [received] = mailbox.received
    assert received.recipients == tuple(NAMES)
    message = read(received.content)
    assert (message["To"], message["Cc"]) == (ANNA, BASIL)
    assert "Bcc" not in message
    assert b"carla" not in received.content.lower()


def test_a_single_recipient_gets_the_ways_to_unsubscribe_as_they_were_written(tmp_path: Path) -> None:
    mailbox, url = Mailbox(), f"https://reports.example.com/optout/{'Az09-_' * 70}"
    with mail_server(mailbox) as port:
        send(config(port), tmp_path, Envelope((ANNA,), unsubscribe=url))
    head = mailbox.received[0].content.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
    mailto = "<mailto:reports@example.com?subject=Unsubscribe%20from%20weekly>"
    assert f"List-Unsubscribe: <{url}>, {mailto}" in head
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head


def test_without_a_link_there_is_no_one_click() -> None:
    message = compose(letter(), ALL, key=KEY)
    assert "List-Unsubscribe-Post" not in message
    assert message["List-Unsubscribe"] == "<mailto:reports@example.com?subject=Unsubscribe%20from%20weekly>"


def test_answers_go_where_the_letter_says() -> None:
    asked = compose(letter(reply_to="Sales <leads@example.com>"), ALL, key=KEY)
    assert asked["Reply-To"] == "Sales <leads@example.com>"
    assert "Reply-To" not in compose(letter(), ALL, key=KEY)


def test_where_all_are_hidden_the_message_is_to_nobody_named() -> None:
    message = read(compose(letter(), Envelope((), bcc=(ANNA, BASIL)), key=KEY).as_bytes())
    assert message["To"] == NOBODY_NAMED
    assert "example.com" not in str(message["To"])


def test_the_id_is_the_same_whoever_the_message_goes_to_and_hides_all() -> None:
    ids = {compose(letter(), one, key=KEY)["Message-ID"] for one in (ALL, Envelope((BASIL, CARLA)))}
    assert len(ids) == 1
    alone = {compose(letter(), Envelope((one,)), key=KEY)["Message-ID"] for one in (ANNA, BASIL)}
    again = compose(letter(), ALL, key=KEY, send=2)["Message-ID"]
    assert len(ids | alone | {again}) == 4
    assert len(ids | {compose(letter(), ALL, key=b"another")["Message-ID"]}) == 2


@pytest.mark.parametrize("url", ["ftp://x.example/a", "https://x.example/a b", "https://x.example/>,", "x", "https://"])
def test_a_link_that_would_break_the_header_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="has to be a web address"):
        Envelope((ANNA,), unsubscribe=url)


@pytest.mark.parametrize("others", [{"to": (ANNA, BASIL)}, {"cc": (BASIL,)}, {"bcc": (BASIL,)}])
def test_a_link_for_one_is_not_shown_to_others(others: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="belongs to one recipient"):
        Envelope(**{"to": (ANNA,), "unsubscribe": "https://x.example/a", **others})


def test_a_message_to_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="to nobody"):
        Envelope(())


# Refusals.


def test_who_is_refused_doesnt_stop_the_others(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals={NAMES[0]: "550 5.1.1 no such mailbox", NAMES[1]: "451 4.7.1 greylisted, try later"})
    with mail_server(mailbox) as port:
        found = send(config(port), tmp_path, times=2)
    assert found[:3] == [
        Outcome(ANNA, Status.FAILED, "the server answered 550: 5.1.1 no such mailbox"),
        Outcome(BASIL, Status.FAILED, "the server answered 451: 4.7.1 greylisted, try later", permanent=False),
        Outcome(CARLA, Status.SENT, "2.0.0 queued as 4711"),
    ]
    assert found[3:] == found[:3]
    assert [(one.connection, one.recipients) for one in mailbox.received] == [(1, (NAMES[2],))] * 2


def test_refused_by_all_the_message_is_not_handed_over(tmp_path: Path) -> None:
    server = Script({"RCPT": "550 5.1.1 no such mailbox"})
    with serving(server.connection) as port:
        found = send(config(port), tmp_path, times=2)
    assert [(one.status, one.permanent) for one in found] == [(Status.FAILED, True)] * 6
    verbs = [line.split(" ")[0] for line in server.heard]
    assert verbs == ["EHLO", *["MAIL", "RCPT", "RCPT", "RCPT", "RSET"] * 2, "QUIT"]


@pytest.mark.parametrize(("answer", "permanent"), [("552 5.3.4 too large", True), ("452 4.3.1 disk full", False)])
def test_a_message_that_is_refused_failed_for_all_who_would_have_got_it(
    tmp_path: Path, answer: str, *, permanent: bool
) -> None:
    mailbox = Mailbox(refusals={NAMES[1]: "550 5.1.1 no such mailbox"}, data_answer=answer)
    with mail_server(mailbox) as port:
        found = send(config(port), tmp_path)
    said = f"the server answered {answer[:3]}: {answer[4:]}"
    assert found[0] == Outcome(ANNA, Status.FAILED, said, permanent=permanent)
    assert found[1].detail == "the server answered 550: 5.1.1 no such mailbox"
    assert found[2] == Outcome(CARLA, Status.FAILED, said, permanent=permanent)


def test_a_message_that_is_too_large_fails_for_all(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, size=2000) as port:
        found = send(config(port), tmp_path)
    assert [(one.status, one.permanent) for one in found] == [(Status.FAILED, True)] * 3
    assert not mailbox.received


# Broken connections.


def test_dropped_after_the_message_it_is_unknown_for_those_who_were_accepted(tmp_path: Path) -> None:
    mailbox = DropsAfterData(refusals={NAMES[0]: "550 5.1.1 no such mailbox"})
    with mail_server(mailbox) as port:
        found = send(config(port), tmp_path)
    assert [one.status for one in found] == [Status.FAILED, Status.UNKNOWN, Status.UNKNOWN]
    assert found[0].permanent
    assert mailbox.recipients == NAMES[1:], "each of them once"


def test_dropped_between_two_messages_the_second_goes_over_a_new_connection(tmp_path: Path) -> None:
    mailbox = LimitsMessages(refusals={NAMES[0]: "550 5.1.1 no such mailbox"})
    with mail_server(mailbox) as port:
        found = send(config(port), tmp_path, times=2)
    assert [one.status for one in found] == [Status.FAILED, Status.SENT, Status.SENT] * 2
    assert [(one.connection, one.recipients) for one in mailbox.received] == [
        (1, tuple(NAMES[1:])),
        (2, tuple(NAMES[1:])),
    ]


class Tires(Mailbox):
    """Refuses the first recipient for good, and ends the connection over the second."""

    answer = "421 4.7.0 too many recipients"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if address == NAMES[1]:
            self.connections.append(session)
            server.loop.call_soon(server.transport.close)
            return self.answer
        return await super().handle_RCPT(server, session, envelope, address, options)


def test_ended_in_the_middle_of_the_recipients_it_is_tried_once_more_and_a_final_refusal_counts(tmp_path: Path) -> None:
    mailbox = Tires(refusals={NAMES[0]: "550 5.1.1 no such mailbox"})
    with mail_server(mailbox) as port:
        found = send(config(port), tmp_path)
    assert found[0] == Outcome(ANNA, Status.FAILED, "the server answered 550: 5.1.1 no such mailbox")
    assert [(one.status, one.permanent) for one in found[1:]] == [(Status.FAILED, False)] * 2
    assert all("421" in one.detail for one in found[1:])
    assert len(mailbox.connections) == 2
    assert not mailbox.received


@pytest.mark.parametrize("answer", ["421 4.7.0 not now", HANG_UP])
def test_ended_at_every_recipient(tmp_path: Path, answer: str) -> None:
    server = Script({"RCPT": answer})
    with serving(server.connection) as port:
        found = send(config(port), tmp_path)
    assert [(one.recipient, one.status, one.permanent) for one in found] == [
        (to, Status.FAILED, False) for to in ALL.everybody
    ]
    assert server.connections == 2
    assert "DATA" not in server.heard


# A wish to stop.


@pytest.mark.parametrize(
    ("verb", "expected"),
    [("MAIL", [STOPPED] * 3), ("RCPT", [STOPPED] * 3), (".", ["stopped while the message was on its way"] * 3)],
)
def test_a_wish_to_stop_leaves_an_outcome_for_each(tmp_path: Path, verb: str, expected: list[str]) -> None:
    server = Script({verb: SILENCE})

    async def stopped(email: SmtpEmail) -> list[Outcome]:
        async def sending() -> list[Outcome]:
            async with open_post(email, tmp_path) as post:
                return await post.send(ALL.everybody, compose(letter(), ALL, key=KEY), about=EDITION)

        task = asyncio.create_task(sending())
        async with asyncio.timeout(60):
            while verb not in {line.split(" ")[0] for line in server.heard}:  # noqa: ASYNC110 - another thread's list
                await asyncio.sleep(0.01)
        task.cancel()
        return await task

    with serving(server.connection) as port:
        found = run(stopped(config(port)))
    assert [(one.recipient, one.detail) for one in found] == list(zip(ALL.everybody, expected, strict=True))


# The outbox.


def test_the_outbox_has_one_file_for_all_that_names_nobody(tmp_path: Path) -> None:
    outbox = OutboxEmail.model_validate({"kind": "outbox", "from": SENDER})
    found = send(outbox, tmp_path)
    [file] = (tmp_path / "outbox").iterdir()
    assert file.name == "weekly_2026-11-15_2026-11-21_all_r1_to-3.eml"
    assert found == [Outcome(one, Status.SENT, path=file) for one in ALL.everybody]
    assert b"carla" not in file.read_bytes().lower()
    send(outbox, tmp_path, Envelope((ANNA,)))
    assert len(list((tmp_path / "outbox").iterdir())) == 2, "a message of their own is another one"
