"""Messages go to real mail servers on loopback, and what became of each is told as it was."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest

from reports.config.model import SmtpEmail
from reports.errors import ConfigError, DeliveryError
from reports.mail import smtp
from reports.mail.compose import Letter, compose
from reports.mail.delivery import Delivery, Status
from tests.mail.servers import (
    HOST,
    PASSWORD,
    USER,
    ClosesForGood,
    DropsAfterData,
    LimitsMessages,
    Mailbox,
    OneForEachConnection,
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
SECRET = "MAIL_PASSWORD_OF_THIS_TEST"


def message(recipient: str) -> EmailMessage:
    letter = Letter(
        edition="weekly:2026-11-15:2026-11-21:all:r1",
        report="weekly",
        sender=SENDER,
        subject="Weekly pipeline report",
        text="More was won.\n.\nA dot alone on its line ends no message.\n",
        html="<html><body><p>More was won.</p></body></html>",
        pictures={},
        attachment=b"%PDF-1.7 " + bytes(range(256)) * 40,
        filename="weekly.pdf",
        language="en",
        date=datetime(2026, 11, 22, 6, 0, tzinfo=UTC),
    )
    return compose(letter, recipient, key=b"a key")


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


def send(email: SmtpEmail, *recipients: str, folder: Path) -> list[Delivery]:
    messages = [(one, message(one)) for one in recipients]
    found: list[Delivery] = run(smtp.send(email, folder, messages))
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
    assert delivery == Delivery(ANNA, Status.SENT, "2.0.0 queued as 4711")
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
    "greeting", [b"554 go away\r\n", b"220 mail.example.com ESMTP\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b""]
)
def test_a_server_that_hangs_up_after_its_greeting(tmp_path: Path, greeting: bytes) -> None:
    with serving(lambda: Silent(greeting, hang_up=True)) as port:
        try:
            [delivery] = send(config(port), ANNA, folder=tmp_path)
        except DeliveryError as error:
            assert "can't be used" in error.message  # noqa: PT017 - either way of telling is right
        else:
            assert (delivery.status, delivery.permanent) == (Status.FAILED, False)


# One by one.


def test_one_bad_address_never_stops_the_others(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals={"basil@example.com": "550 5.1.1 no such mailbox"})
    with mail_server(mailbox) as port:
        deliveries = send(config(port), ANNA, BASIL, CARLA, folder=tmp_path)
    assert [one.status for one in deliveries] == [Status.SENT, Status.FAILED, Status.SENT]
    assert deliveries[1] == Delivery(BASIL, Status.FAILED, "the server answered 550: 5.1.1 no such mailbox")
    assert deliveries[1].permanent
    assert mailbox.recipients == ["anna@example.com", "carla@example.com"]
    assert {one.connection for one in mailbox.received} == {1}


def test_greylisting_is_worth_another_try(tmp_path: Path) -> None:
    mailbox = Mailbox(refusals={"anna@example.com": "451 4.7.1 greylisted, try later"})
    with mail_server(mailbox) as port:
        deliveries = send(config(port), ANNA, BASIL, folder=tmp_path)
    assert deliveries[0] == Delivery(
        ANNA, Status.FAILED, "the server answered 451: 4.7.1 greylisted, try later", permanent=False
    )
    assert deliveries[1].status is Status.SENT


def test_a_message_larger_than_the_server_announces_is_not_even_sent(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, size=2000) as port:
        deliveries = send(config(port), ANNA, BASIL, folder=tmp_path)
    assert [(one.status, one.permanent) for one in deliveries] == [(Status.FAILED, True)] * 2
    assert all("552" in one.detail for one in deliveries)
    assert not mailbox.received


@pytest.mark.parametrize(("answer", "permanent"), [("552 5.3.4 too large", True), ("452 4.3.1 disk full", False)])
def test_a_message_refused_when_it_is_there(tmp_path: Path, answer: str, *, permanent: bool) -> None:
    mailbox = Mailbox(data_answer=answer)
    with mail_server(mailbox) as port:
        deliveries = send(config(port), ANNA, BASIL, folder=tmp_path)
    said = f"the server answered {answer[:3]}: {answer[4:]}"
    assert deliveries == [Delivery(one, Status.FAILED, said, permanent=permanent) for one in (ANNA, BASIL)]


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
