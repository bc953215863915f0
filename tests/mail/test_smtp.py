"""Messages go to real mail servers on loopback, and what became of each is told as it was."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest

from reports.config.email import SmtpEmail
from reports.errors import ConfigError, DeliveryError
from reports.mail import smtp
from reports.mail.compose import Letter, compose
from reports.mail.enclosure import pdf
from reports.mail.envelope import Envelope
from reports.mail.outcome import Outcome, Status
from reports.mail.post import open_post
from tests.mail.servers import (
    HANG_UP,
    HOST,
    PASSWORD,
    SILENCE,
    USER,
    ClosesForGood,
    DropsAfterData,
    LimitsMessages,
    Mailbox,
    OneForEachConnection,
    Script,
    Silent,
    mail_server,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from email.message import EmailMessage
    from pathlib import Path

    from tests.mail.conftest import Authority

SENDER = "Pipeline reports <reports@example.com>"
ANNA, BASIL, CARLA = "Anna <anna@example.com>", "Basil <basil@example.com>", "Carla <carla@example.com>"
EDITION = "weekly:2026-11-15:2026-11-21:all:r1"
SECRET = "MAIL_PASSWORD_OF_THIS_TEST"


def message(recipient: str) -> EmailMessage:
    letter = Letter(
        edition=EDITION,
        report="weekly",
        sender=SENDER,
        subject="Weekly pipeline report",
        text="More was won.\n.\nA dot alone on its line ends no message.\n",
        html="<html><body><p>More was won.</p></body></html>",
        pictures={},
        attachments=(pdf("weekly.pdf", b"%PDF-1.7 " + bytes(range(256)) * 40),),
        language="en",
        date=datetime(2026, 11, 22, 6, 0, tzinfo=UTC),
    )
    return compose(letter, Envelope((recipient,)), key=b"a key")


def config(port: int, security: str = "none", **other: Any) -> SmtpEmail:
    values = {"kind": "smtp", "from": SENDER, "host": HOST, "port": port, "security": security, "timeout": 20, **other}
    return SmtpEmail.model_validate(values)


def login(password: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv(SECRET, password)
    return {"username": USER, "password": {"env": SECRET}}


def run(action: Coroutine[Any, Any, Any]) -> Any:
    """Run it, and let TLS say its goodbyes before the loop ends: what is left open would be a warning."""

    async def settled() -> Any:
        try:
            return await action
        finally:
            selector = asyncio.get_running_loop()._selector  # type: ignore[attr-defined]
            async with asyncio.timeout(10):
                while len(selector.get_map()) > 1:  # noqa: ASYNC110 - its own one stays, and tells nobody
                    await asyncio.sleep(0.01)

    return asyncio.run(settled())


def send(email: SmtpEmail, *recipients: str, folder: Path) -> list[Outcome]:
    async def all_of_them() -> list[Outcome]:
        async with open_post(email, folder) as post:
            return [(await post.send([one], message(one), about=EDITION))[0] for one in recipients]

    found: list[Outcome] = run(all_of_them())
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


# The ways in.


def test_plain(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        [delivery] = send(config(port), ANNA, folder=tmp_path)
    [received] = mailbox.received
    assert delivery == Outcome(ANNA, Status.SENT, "2.0.0 queued as 4711")
    assert (received.sender, received.recipients) == ("reports@example.com", ("anna@example.com",))


def test_the_message_arrives_as_it_was_made(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        send(config(port), ANNA, folder=tmp_path)
    assert mailbox.received[0].content == message(ANNA).as_bytes()
    text = message_from_bytes(mailbox.received[0].content, policy=default).get_body(("plain",))
    assert text is not None
    assert text.get_content().splitlines() == ["More was won.", ".", "A dot alone on its line ends no message."]


def test_starttls_with_a_login(tmp_path: Path, trusted: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, starttls=trusted.context(HOST), login=True) as port:
        email = config(port, "starttls", **login(PASSWORD, monkeypatch))
        deliveries = send(email, ANNA, BASIL, folder=tmp_path)
    assert [one.status for one in deliveries] == [Status.SENT, Status.SENT]
    assert [(one.connection, *one.recipients) for one in mailbox.received] == [
        (1, "anna@example.com"),
        (1, "basil@example.com"),
    ]


def test_implicit_tls_with_a_login(tmp_path: Path, trusted: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, tls=trusted.context(HOST)) as port:
        deliveries = send(config(port, "tls"), ANNA, folder=tmp_path)
    assert [one.status for one in deliveries] == [Status.SENT]
    assert mailbox.recipients == ["anna@example.com"]
    monkeypatch.delenv("SSL_CERT_FILE")
    with (
        mail_server(mailbox, tls=trusted.context(HOST)) as port,
        pytest.raises(DeliveryError, match="can't be trusted"),
    ):
        send(config(port, "tls"), BASIL, folder=tmp_path)
    assert mailbox.recipients == ["anna@example.com"]


def test_a_password_out_of_a_file(tmp_path: Path, trusted: Authority) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    with mail_server(Mailbox(), starttls=trusted.context(HOST), login=True) as port:
        email = config(port, "starttls", username=USER, password={"file": "password"})
        run(smtp.check(email, tmp_path))
        (tmp_path / "password").write_text("wrong horse", encoding="utf-8")
        with pytest.raises(DeliveryError, match="refused the login"):
            run(smtp.check(email, tmp_path))


# What stops everything, before anything is sent.


def test_a_wrong_password_is_said_without_it(
    tmp_path: Path, trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, starttls=trusted.context(HOST), login=True) as port:
        email = config(port, "starttls", **login("wrong horse", monkeypatch))
        with pytest.raises(DeliveryError, match="refused the login of reports") as caught:
            send(email, ANNA, folder=tmp_path)
    assert caught.value.permanent
    assert "email.password" in caught.value.hint
    assert "wrong horse" not in caught.value.message + caught.value.hint
    assert not mailbox.received


def test_a_missing_password_is_named_by_its_place(tmp_path: Path) -> None:
    email = config(free_port(), "starttls", username=USER, password={"env": "SURELY_NOT_SET_ANYWHERE"})
    with pytest.raises(ConfigError, match="SURELY_NOT_SET_ANYWHERE"):
        send(email, ANNA, folder=tmp_path)


@pytest.mark.parametrize("password", [None, PASSWORD])
def test_a_server_without_starttls_gets_neither_message_nor_password(
    tmp_path: Path, password: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        email = config(port, "starttls", **(login(password, monkeypatch) if password else {}))
        with pytest.raises(DeliveryError, match="can't be used") as caught:
            send(email, ANNA, folder=tmp_path)
    assert "STARTTLS" in caught.value.message
    assert caught.value.permanent
    assert "email.security" in caught.value.hint
    assert not mailbox.received


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_of_nobody_is_not_trusted(tmp_path: Path, authority: Authority, security: str) -> None:
    mailbox = Mailbox()
    context = authority.context(HOST)
    with (
        mail_server(mailbox, **{security: context}) as port,
        pytest.raises(DeliveryError, match="can't be trusted") as caught,
    ):
        send(config(port, security), ANNA, folder=tmp_path)
    assert "certificate" in caught.value.message.lower()
    assert caught.value.permanent
    assert not mailbox.received


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_of_another_server_is_not_trusted(tmp_path: Path, trusted: Authority, security: str) -> None:
    mailbox = Mailbox()
    context = trusted.context("mail.example.org")
    with (
        mail_server(mailbox, **{security: context}) as port,
        pytest.raises(DeliveryError, match="can't be trusted"),
    ):
        send(config(port, security), ANNA, folder=tmp_path)
    assert not mailbox.received


def test_tls_towards_a_server_that_speaks_plainly(tmp_path: Path) -> None:
    with mail_server(Mailbox()) as port, pytest.raises(DeliveryError, match="can't be") as caught:
        send(config(port, "tls"), ANNA, folder=tmp_path)
    assert "email.security" in caught.value.hint


def test_nobody_is_listening(tmp_path: Path) -> None:
    port = free_port()
    with pytest.raises(DeliveryError, match=f"{HOST}:{port} can't be used") as caught:
        send(config(port), ANNA, folder=tmp_path)
    assert not caught.value.permanent
    assert "email.host" in caught.value.hint


@pytest.mark.parametrize("security", ["none", "tls", "starttls"])
def test_a_server_that_never_says_anything(tmp_path: Path, security: str) -> None:
    with serving(Silent) as port, pytest.raises(DeliveryError, match="can't be used") as caught:
        send(config(port, security, timeout=0.3), ANNA, folder=tmp_path)
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("answers", "permanent"),
    [
        ({"": "554 5.7.1 no service for you"}, True),
        ({"": "421 4.3.2 come back later"}, False),
        ({"": "HTTP/1.1 400 Bad Request"}, False),
        ({"": HANG_UP}, False),
        ({"EHLO": HANG_UP}, False),
        ({"EHLO": "421 4.3.2 shutting down"}, False),
        ({"EHLO": "502 what?", "HELO": "550 5.7.1 not you"}, True),
    ],
)
def test_a_server_that_wants_nobody(tmp_path: Path, answers: dict[str, str], *, permanent: bool) -> None:
    with serving(Script(answers).connection) as port, pytest.raises(DeliveryError, match="can't be used") as caught:
        send(config(port), ANNA, folder=tmp_path)
    assert caught.value.permanent == permanent


def test_a_handshake_that_is_cut_off_is_worth_another_try(tmp_path: Path) -> None:
    with serving(lambda: Silent(hang_up=True)) as port, pytest.raises(DeliveryError, match="can't be used") as caught:
        send(config(port, "tls"), ANNA, folder=tmp_path)
    assert not caught.value.permanent


@pytest.mark.parametrize(("answer", "permanent"), [("454 4.7.0 try later", False), ("535 5.7.8 wrong", True)])
def test_a_login_that_fails(
    tmp_path: Path, trusted: Authority, monkeypatch: pytest.MonkeyPatch, answer: str, *, permanent: bool
) -> None:
    server = Script({"EHLO": "250-mail.example.com\r\n250 AUTH PLAIN", "AUTH": answer})
    with (
        serving(server.connection, tls=trusted.context(HOST)) as port,
        pytest.raises(DeliveryError, match="refused the login") as caught,
    ):
        send(config(port, "tls", **login(PASSWORD, monkeypatch)), ANNA, folder=tmp_path)
    assert caught.value.permanent == permanent
    assert not any(line.startswith("MAIL") for line in server.heard)


def test_a_server_without_ehlo_is_greeted_the_old_way(tmp_path: Path) -> None:
    server = Script({"EHLO": "502 what?"})
    with serving(server.connection) as port:
        [delivery] = send(config(port), ANNA, folder=tmp_path)
    assert delivery.status is Status.SENT
    assert "MAIL FROM:<reports@example.com>" in server.heard


# One by one.


def test_one_bad_address_never_stops_the_others(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals={"basil@example.com": "550 5.1.1 no such mailbox"})
    with mail_server(mailbox) as port:
        deliveries = send(config(port), ANNA, BASIL, CARLA, folder=tmp_path)
    assert [one.status for one in deliveries] == [Status.SENT, Status.FAILED, Status.SENT]
    assert deliveries[1] == Outcome(BASIL, Status.FAILED, "the server answered 550: 5.1.1 no such mailbox")
    assert deliveries[1].permanent
    assert mailbox.recipients == ["anna@example.com", "carla@example.com"]
    assert {one.connection for one in mailbox.received} == {1}


def test_greylisting_is_worth_another_try(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals={"anna@example.com": "451 4.7.1 greylisted, try later"})
    with mail_server(mailbox) as port:
        deliveries = send(config(port), ANNA, BASIL, folder=tmp_path)
    assert deliveries[0] == Outcome(
        ANNA, Status.FAILED, "the server answered 451: 4.7.1 greylisted, try later", permanent=False
    )
    assert deliveries[1].status is Status.SENT


def test_a_message_larger_than_the_server_announces_is_not_even_sent(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, size=2000) as port:
        deliveries = send(config(port), ANNA, BASIL, folder=tmp_path)
    assert [(one.status, one.permanent) for one in deliveries] == [(Status.FAILED, True)] * 2
    size = len(message(ANNA).as_bytes())
    assert deliveries[0].detail == f"the message has {size} bytes, the server takes 2000"
    assert not mailbox.received


def test_a_size_refused_with_the_sender(tmp_path: Path) -> None:
    server = Script({"EHLO": "250-mail.example.com\r\n250 SIZE", "MAIL": "552 5.3.4 too large"})
    with serving(server.connection) as port:
        [delivery] = send(config(port), ANNA, folder=tmp_path)
    assert delivery == Outcome(ANNA, Status.FAILED, "the server answered 552: 5.3.4 too large")
    assert f"MAIL FROM:<reports@example.com> size={len(message(ANNA).as_bytes())}" in server.heard
    assert "DATA" not in server.heard


@pytest.mark.parametrize(("answer", "permanent"), [("552 5.3.4 too large", True), ("452 4.3.1 disk full", False)])
def test_a_message_refused_when_it_is_there(tmp_path: Path, answer: str, *, permanent: bool) -> None:
    mailbox = Mailbox(data_answer=answer)
    with mail_server(mailbox) as port:
        deliveries = send(config(port), ANNA, BASIL, folder=tmp_path)
    said = f"the server answered {answer[:3]}: {answer[4:]}"
    assert deliveries == [Outcome(one, Status.FAILED, said, permanent=permanent) for one in (ANNA, BASIL)]


def test_words_of_the_server_cannot_reach_the_terminal_raw(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals={"anna@example.com": "550 \x1b[31mno\x07 such " + "x" * 400})
    with mail_server(mailbox) as port:
        [delivery] = send(config(port), ANNA, folder=tmp_path)
    assert delivery.detail.isprintable()
    assert len(delivery.detail) < 400


# Broken connections.


def test_dropped_after_the_message_is_unknown(tmp_path: Path) -> None:
    mailbox = DropsAfterData()
    with mail_server(mailbox) as port:
        deliveries = send(config(port), ANNA, BASIL, folder=tmp_path)
    assert [one.status for one in deliveries] == [Status.UNKNOWN, Status.UNKNOWN]
    assert all("after the message" in one.detail for one in deliveries)
    assert mailbox.recipients == ["anna@example.com", "basil@example.com"], "each of them once"


def test_a_server_that_hangs_over_the_message_leaves_it_unknown(tmp_path: Path) -> None:
    class Hangs(Mailbox):
        async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
            await asyncio.sleep(60)
            return "250 OK"

    with mail_server(Hangs()) as port:
        [delivery] = send(config(port, timeout=3), ANNA, folder=tmp_path)
    assert delivery.status is Status.UNKNOWN


@pytest.mark.parametrize("kind", [OneForEachConnection, LimitsMessages])
def test_dropped_between_two_messages_goes_on_over_a_new_connection(tmp_path: Path, kind: type[Mailbox]) -> None:
    mailbox = kind()
    with mail_server(mailbox) as port:
        deliveries = send(config(port), ANNA, BASIL, CARLA, folder=tmp_path)
    assert [one.status for one in deliveries] == [Status.SENT] * 3, deliveries
    assert [(one.connection, *one.recipients) for one in mailbox.received] == [
        (1, "anna@example.com"),
        (2, "basil@example.com"),
        (3, "carla@example.com"),
    ]


def test_what_was_sent_is_told_when_the_server_goes_away(tmp_path: Path) -> None:
    mailbox = ClosesForGood()
    with mail_server(mailbox) as port:
        deliveries = send(config(port), ANNA, BASIL, CARLA, folder=tmp_path)
    assert [(one.recipient, one.status) for one in deliveries] == [
        (ANNA, Status.SENT),
        (BASIL, Status.FAILED),
        (CARLA, Status.FAILED),
    ]
    assert not any(one.permanent for one in deliveries[1:])
    assert mailbox.recipients == ["anna@example.com"]


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", ["421 4.7.0 not now", HANG_UP])
def test_a_server_that_ends_before_the_message_is_tried_once_more(tmp_path: Path, verb: str, answer: str) -> None:
    server = Script({verb: answer})
    with serving(server.connection) as port:
        [delivery] = send(config(port), ANNA, folder=tmp_path)
    if verb == "DATA" and answer == HANG_UP:  # too late to be sure
        assert (delivery.status, server.connections) == (Status.UNKNOWN, 1)
    else:
        assert (delivery.status, delivery.permanent) == (Status.FAILED, False)
        assert server.connections == 2


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_a_server_that_hangs_before_the_message_is_not_asked_again_at_once(tmp_path: Path, verb: str) -> None:
    server = Script({verb: SILENCE})
    with serving(server.connection) as port:
        [delivery] = send(config(port, timeout=0.3), ANNA, folder=tmp_path)
    assert (delivery.status, delivery.permanent) == (Status.FAILED, False)
    assert "before the message" in delivery.detail
    assert server.connections == 1


@pytest.mark.parametrize("answer", ["nonsense", "999 what", "250-", HANG_UP, SILENCE])
def test_no_clear_answer_to_the_message_leaves_it_unknown(tmp_path: Path, answer: str) -> None:
    server = Script({".": answer})
    with serving(server.connection) as port:
        deliveries = send(config(port, timeout=0.3), ANNA, BASIL, folder=tmp_path)
    assert [one.status for one in deliveries] == [Status.UNKNOWN] * 2
    assert server.connections == 2, "the next one goes over a new connection"
    assert server.heard.count(".") == 2, "each of them once"


def test_a_login_that_fails_on_the_way_back_is_temporary(
    tmp_path: Path, trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Script({"EHLO": "250-mail.example.com\r\n250 AUTH PLAIN", "AUTH": "235 welcome"})

    async def two(email: SmtpEmail) -> list[Outcome]:
        async with open_post(email, tmp_path) as post:
            monkeypatch.delenv(SECRET)
            [first] = await post.send([ANNA], message(ANNA), about=EDITION)
            server.answers |= {"MAIL": HANG_UP, "AUTH": "535 5.7.8 wrong"}
            return [first, *await post.send([BASIL], message(BASIL), about=EDITION)]

    with serving(server.connection, tls=trusted.context(HOST)) as port:
        sent, failed = run(two(config(port, "tls", **login(PASSWORD, monkeypatch))))
    assert sent.status is Status.SENT
    assert (failed.status, failed.permanent) == (Status.FAILED, False)
    assert "refused the login" in failed.detail


@pytest.mark.parametrize("answer", ["500 what?", "421 bye", HANG_UP, SILENCE])
def test_whatever_the_server_says_at_the_end_the_message_is_sent(tmp_path: Path, answer: str) -> None:
    server = Script({"QUIT": answer})
    with serving(server.connection) as port:
        [delivery] = send(config(port, timeout=0.3), ANNA, folder=tmp_path)
    assert delivery == Outcome(ANNA, Status.SENT, "2.0.0 queued")
    assert server.heard[-1] == "QUIT"


# A wish to stop.


async def stopped_at(server: Script, verb: str, email: SmtpEmail, folder: Path, *, by_timeout: bool) -> list[Outcome]:
    """Send to two people while the server is silent at `verb`, and stop waiting as soon as it has heard that."""

    async def heard() -> None:
        while verb not in {line.split(" ")[0] for line in server.heard}:  # noqa: ASYNC110 - another thread's list
            await asyncio.sleep(0.01)

    async def both() -> list[Outcome]:
        async with open_post(email, folder) as post:
            if not by_timeout:
                return [(await post.send([one], message(one), about=EDITION))[0] for one in (ANNA, BASIL)]
            async with asyncio.timeout(None) as limit:
                limits.append(limit)
                [first] = await post.send([ANNA], message(ANNA), about=EDITION)
            assert limit.expired()
            server.answers.clear()
            return [first, *await post.send([BASIL], message(BASIL), about=EDITION)]

    limits: list[asyncio.Timeout] = []
    task = asyncio.create_task(both())
    async with asyncio.timeout(60):
        await heard()
    if by_timeout:
        limits[0].reschedule(0)
    else:
        task.cancel()
    return await task


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
def test_cancelled_while_the_server_is_silent(tmp_path: Path, verb: str) -> None:
    server = Script({verb: SILENCE})
    with serving(server.connection) as port:
        first, second = run(stopped_at(server, verb, config(port), tmp_path, by_timeout=False))
    if verb in {"MAIL", "RCPT"}:
        assert first == Outcome(ANNA, Status.FAILED, "stopped before it was sent", permanent=False)
    else:
        assert first == Outcome(ANNA, Status.UNKNOWN, "stopped while the message was on its way")
    assert second == Outcome(BASIL, Status.FAILED, "stopped before it was sent", permanent=False)
    assert not any("basil" in line for line in server.heard)
    assert server.connections == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
def test_a_deadline_for_one_message_leaves_the_next_one_its_chance(tmp_path: Path, verb: str) -> None:
    server = Script({verb: SILENCE})
    with serving(server.connection) as port:
        first, second = run(stopped_at(server, verb, config(port), tmp_path, by_timeout=True))
    assert first.status is (Status.FAILED if verb in {"MAIL", "RCPT"} else Status.UNKNOWN)
    assert second == Outcome(BASIL, Status.SENT, "2.0.0 queued")
    assert server.connections == 2


def test_cancelled_after_a_refusal_the_refusal_counts(tmp_path: Path) -> None:
    server = Script({"RCPT": "550 5.1.1 no such mailbox", "RSET": SILENCE})
    with serving(server.connection) as port:
        first, second = run(stopped_at(server, "RSET", config(port), tmp_path, by_timeout=False))
    assert first == Outcome(ANNA, Status.FAILED, "the server answered 550: 5.1.1 no such mailbox")
    assert second.detail == "stopped before it was sent"


def test_cancelled_on_the_way_back_in(tmp_path: Path) -> None:
    server = Script({"MAIL": HANG_UP, "HELO": SILENCE})

    async def action(port: int) -> list[Outcome]:
        return await stopped_at(server, "HELO", config(port), tmp_path, by_timeout=False)

    server.then = {"EHLO": "502 what?"}  # so that only the second connection gets to HELO
    with serving(server.connection) as port:
        found = run(action(port))
    assert [(one.status, one.detail) for one in found] == [(Status.FAILED, "stopped before it was sent")] * 2


def test_cancelled_while_connecting(tmp_path: Path) -> None:
    server = Script({"EHLO": SILENCE})
    with serving(server.connection) as port, pytest.raises(asyncio.CancelledError):
        run(stopped_at(server, "EHLO", config(port), tmp_path, by_timeout=False))
    assert [line.split(" ")[0] for line in server.heard] == ["EHLO"]


def test_cancelled_at_the_goodbye_nothing_is_forgotten(tmp_path: Path) -> None:
    server = Script({"QUIT": SILENCE})
    with serving(server.connection) as port:
        found = run(stopped_at(server, "QUIT", config(port), tmp_path, by_timeout=False))
    assert [one.status for one in found] == [Status.SENT] * 2


# Looking without sending.


def test_check_logs_in_and_sends_nothing(tmp_path: Path, trusted: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, starttls=trusted.context(HOST), login=True) as port:
        email = config(port, "starttls", **login(PASSWORD, monkeypatch))
        run(smtp.check(email, tmp_path))
        monkeypatch.setenv(SECRET, "wrong horse")
        with pytest.raises(DeliveryError, match="refused the login"):
            run(smtp.check(email, tmp_path))
    assert not mailbox.received
