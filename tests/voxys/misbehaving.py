"""A server on a real socket of this machine that misbehaves on demand."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

DRIP = 0.02  # seconds between two bytes of an answer that never ends


@dataclass(frozen=True)
class Reply:
    """What the server does with one request: answers, cuts the answer short, drips it, or says nothing at all."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    drip: bool = False
    silent: bool = False


def answer(body: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(body).encode(), named)


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


class Server:
    """Gives its replies one after the other, the last one again and again, or to so many requests `together`."""

    def __init__(self, *replies: Reply, together: int = 1) -> None:
        self._replies = list(replies)
        self._barrier = asyncio.Barrier(together)
        self.arrived = asyncio.Event()
        self.seen: list[Seen] = []
        self.waiting = 0
        self.most_waiting = 0
        self.port = 0
        self._handlers: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Server]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._handlers:
                task.cancel()
            await asyncio.gather(*self._handlers, return_exceptions=True)
            await server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._handle(reader, writer))
        self._handlers.add(task)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            try:
                self.seen.append(_read(await reader.readuntil(b"\r\n\r\n")))
                self.arrived.set()
                await self._reply(writer, self._replies[min(len(self.seen), len(self._replies)) - 1])
            finally:
                writer.close()
                await writer.wait_closed()

    async def _reply(self, writer: asyncio.StreamWriter, reply: Reply) -> None:
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        try:
            await self._barrier.wait()
            await asyncio.sleep(DRIP if self._barrier.parties > 1 else 0)  # time for one too many to arrive
            if reply.silent:
                await asyncio.Event().wait()
            writer.write(_head(reply))
            writer.write(reply.body[: len(reply.body) // 2] if reply.cut or reply.drip else reply.body)
            await writer.drain()
            while reply.drip:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(DRIP)
        finally:
            self.waiting -= 1


def _head(reply: Reply) -> bytes:
    length = 10_000_000 if reply.drip else len(reply.body)
    headers = {"Content-Type": "application/json", "Content-Length": str(length), "Connection": "close"}
    lines = [f"{name}: {value}\r\n" for name, value in (headers | dict(reply.headers)).items()]
    return f"HTTP/1.1 {reply.status} Whatever\r\n{''.join(lines)}\r\n".encode()


def _read(head: bytes) -> Seen:
    first, *lines = head.decode("ascii").split("\r\n")
    target = urlsplit(first.split(" ")[1])
    pairs = [line.split(": ", 1) for line in lines if line]
    return Seen(target.path, dict(parse_qsl(target.query)), {name.lower(): value for name, value in pairs})
