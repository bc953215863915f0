"""A token server on loopback, in a thread of its own: it answers, refuses, hangs or talks nonsense as it is told."""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from tests.mail.servers import HANG_UP, HOST, SILENCE, serving

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator


@dataclass(frozen=True)
class Reply:
    """One answer; its body is JSON unless it is bytes already, or says to hang or to hang up."""

    body: Any
    status: int = 200
    headers: tuple[str, ...] = ()

    def encoded(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        lines = [f"HTTP/1.1 {self.status} Whatever", f"Content-Length: {len(body)}", "Connection: close", *self.headers]
        return "\r\n".join([*lines, "", ""]).encode() + body


def given(token: str, lasts: object = 3600, **more: object) -> Reply:
    return Reply({"token_type": "Bearer", "access_token": token, "expires_in": lasts, **more})


def refused(code: str, description: str = "", status: int = 400) -> Reply:
    return Reply({"error": code, "error_description": description}, status)


@dataclass
class TokenServer:
    """Gives its replies one after the other, the last one again and again; `asked` has the forms it got."""

    replies: list[Reply]
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def reply(self, path: str, form: dict[str, str]) -> Reply:
        self.paths.append(path)
        self.asked.append(form)
        return self.replies[min(len(self.asked), len(self.replies)) - 1]


class _Web(asyncio.Protocol):
    def __init__(self, server: TokenServer) -> None:
        self._server = server
        self._heard = b""
        self.transport: asyncio.Transport | None = None  # none stays where TLS comes to nothing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, gap, body = self._heard.partition(b"\r\n\r\n")
        if not gap:
            return
        fields = dict(line.lower().split(": ", 1) for line in head.decode("ascii").split("\r\n")[1:])
        if len(body) < int(fields.get("content-length", "0")):
            return
        method, path, _ = head.decode("ascii").split("\r\n")[0].split(" ")
        assert (method, fields["content-type"]) == ("POST", "application/x-www-form-urlencoded")
        reply = self._server.reply(path, dict(parse_qsl(body.decode("ascii"), strict_parsing=True)))
        assert self.transport is not None
        if reply.body != SILENCE:
            if reply.body != HANG_UP:
                self.transport.write(reply.encoded())
            self.transport.close()


@contextmanager
def token_server(server: TokenServer, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve tokens until the block ends; yields the address to ask at."""
    with serving(lambda: _Web(server), tls=tls) as port:
        yield f"{'https' if tls else 'http'}://{HOST}:{port}/oauth2/token"
