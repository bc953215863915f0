"""Mail servers on loopback, in a thread of their own: real ones that can be told to refuse, drop or hang."""

from __future__ import annotations

import asyncio
import threading
from base64 import b64decode
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

USER, PASSWORD = "reports", "correct horse"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Received:
    """One message as it came in; `connection` is the number of the connection it came over."""

    connection: int
    sender: str
    recipients: tuple[str, ...]
    content: bytes


@dataclass
class Mailbox:
    """Takes messages, but answers some recipients otherwise; after `drop_after` it hangs up as it is told."""

    refusals: dict[str, str] = field(default_factory=dict)
    data_answer: str = "250 2.0.0 queued as 4711"
    received: list[Received] = field(default_factory=list)
    connections: list[object] = field(default_factory=list)

    async def handle_RCPT(self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        if session not in self.connections:
            self.connections.append(session)
        if self.data_answer.startswith("250"):
            number = self.connections.index(session) + 1
            content = bytes(envelope.content)
            self.received.append(Received(number, envelope.mail_from, tuple(envelope.rcpt_tos), content))
        return self.data_answer

    @property
    def recipients(self) -> list[str]:
        return [one for message in self.received for one in message.recipients]


class DropsAfterData(Mailbox):
    """Takes the message and hangs up instead of saying so."""

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        answer = await super().handle_DATA(server, session, envelope)
        server.transport.abort()
        return answer


class OneForEachConnection(Mailbox):
    """Says that it has the message, then hangs up at once."""

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        answer = await super().handle_DATA(server, session, envelope)
        server.loop.call_soon(server.transport.close)  # after the answer, which is written before the loop turns
        return answer


class LimitsMessages(Mailbox):
    """Takes one message on a connection; a second one is answered with 421, as servers with such a limit do."""

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - as above
        if session in self.connections:
            server.loop.call_soon(server.transport.close)
            return "421 4.7.0 too many messages on this connection"
        envelope.mail_from = address
        return "250 OK"


class ClosesForGood(OneForEachConnection):
    """Takes one message, then no connection any more."""

    def __init__(self) -> None:
        super().__init__()
        self.close: Callable[[], None] = lambda: None

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        answer = await super().handle_DATA(server, session, envelope)
        self.close()
        return answer


class Silent(asyncio.Protocol):
    """Takes connections and says nothing, or a greeting alone; `hang_up` after that."""

    def __init__(self, greeting: bytes = b"", *, hang_up: bool = False) -> None:
        self._greeting = greeting
        self._hang_up = hang_up

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        assert isinstance(transport, asyncio.Transport)
        if self._greeting:
            transport.write(self._greeting)
        if self._hang_up:
            transport.close()


class TakesTokens(Mailbox):
    """Takes one token as its login; any other gets what large providers say: a challenge, and 535 after an answer."""

    def __init__(self, valid: str, refusal: str = "535 5.7.3 Authentication unsuccessful") -> None:
        super().__init__()
        self.valid = valid
        self.refusal = refusal
        self.shown: list[str] = []
        self.answers: list[object] = []

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        user, bearer = b64decode(args[1]).decode().removesuffix("\x01\x01").split("\x01")
        token = bearer.removeprefix("auth=Bearer ")
        self.shown.append(token)
        if (user, token) == (f"user={USER}", self.valid):
            return AuthResult(success=True)
        self.answers.append(await server.challenge_auth('{"status":"400","schemes":"Bearer"}'))
        return AuthResult(success=False, handled=False, message=self.refusal.format(token=token, login=args[1]))


SILENCE, HANG_UP = "(silence)", "(hang up)"
ANSWERS = {"": "220 mail.example.com", "DATA": "354 go on", ".": "250 2.0.0 queued", "QUIT": "221 2.0.0 bye"}


class Script:
    """A server that answers as it is told by the first word of a line; "" is its greeting, "." the message's end.

    `then` is added to its answers from the second connection on.
    """

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers
        self.then: dict[str, str] = {}
        self.heard: list[str] = []
        self.connections = 0

    def connection(self) -> asyncio.Protocol:
        if self.connections:
            self.answers |= self.then
        self.connections += 1
        return _Scripted(self)


class _Scripted(asyncio.Protocol):
    def __init__(self, script: Script) -> None:
        self._script = script
        self._rest = b""
        self._in_message = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._answer("")

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for line in lines:
            if not self._in_message or line == b".":
                self._in_message = line == b"DATA"
                self._script.heard.append(line.decode("ascii"))
                self._answer(line.decode("ascii").split(" ")[0])

    def _answer(self, verb: str) -> None:
        answer = self._script.answers.get(verb) or ANSWERS.get(verb, "250 OK")
        if answer == HANG_UP:
            self.transport.close()
        elif answer != SILENCE:
            self.transport.write(answer.encode() + b"\r\n")
            if answer.startswith("421"):
                self.transport.close()


def _login(_server: SMTP, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()), handled=False)


@contextmanager
def mail_server(
    mailbox: Mailbox,
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    login: bool = False,
    size: int = 33_554_432,
) -> Iterator[int]:
    """Serve a mailbox: implicit TLS with `tls`, STARTTLS (asked for before anything else) with `starttls`."""
    options: dict[str, Any] = {"data_size_limit": size, "hostname": "mail.example.com"}
    if starttls:
        options |= {"tls_context": starttls, "require_starttls": True}
    if login:
        inside = tls is not None  # aiosmtpd knows nothing of it, and warns of what it takes for a login without TLS
        options |= {"authenticator": _login, "auth_required": not inside, "auth_require_tls": not inside}

    def connection() -> SMTP:
        return SMTP(mailbox, loop=asyncio.get_running_loop(), **options)

    with serving(connection, tls=tls, mailbox=mailbox) as port:
        yield port


@contextmanager
def serving(
    factory: Callable[[], asyncio.Protocol], *, tls: ssl.SSLContext | None = None, mailbox: Mailbox | None = None
) -> Iterator[int]:
    """Serve a protocol on a free port of loopback until the block ends; yields the port."""
    ready = threading.Event()
    state: dict[str, Any] = {}

    async def main() -> None:
        opened: list[Any] = []

        def connection() -> asyncio.Protocol:
            opened.append(factory())
            return opened[-1]

        server = await asyncio.get_running_loop().create_server(connection, HOST, 0, ssl=tls)
        stop = asyncio.Event()
        state["port"] = server.sockets[0].getsockname()[1]
        state["stop"] = lambda: loop.call_soon_threadsafe(stop.set)
        loop = asyncio.get_running_loop()
        if isinstance(mailbox, ClosesForGood):
            mailbox.close = server.close
        ready.set()
        await stop.wait()
        server.close()
        for one in opened:
            if one.transport is not None:
                one.transport.abort()
        await asyncio.sleep(0.01)  # so that the connections are gone before the loop is

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    assert ready.wait(60), "the server didn't start"
    try:
        yield state["port"]
    finally:
        state["stop"]()
        thread.join(60)
    assert not thread.is_alive(), "the server didn't stop"
