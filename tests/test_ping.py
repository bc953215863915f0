"""A watching service is told over a real socket, and whatever it answers is no trouble of ours."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import socket
from typing import TYPE_CHECKING

import pytest

from reports.log import LOGGER, configure
from reports.ping import ping
from tests.voxys.misbehaving import Reply, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "hunter2-5f0c1b"
WITHIN = 0.2  # seconds: shorter than any server here takes that is meant to be slow


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    handlers, level, propagate = LOGGER.handlers[:], LOGGER.level, LOGGER.propagate
    stream = io.StringIO()
    configure("json", stream)
    yield stream
    LOGGER.handlers[:], LOGGER.propagate = handlers, propagate
    LOGGER.setLevel(level)


@pytest.fixture(autouse=True)
def no_address_is_logged(caplog: pytest.LogCaptureFixture, log: io.StringIO) -> Iterator[None]:
    """Whatever happens, the address stands in no line of any library, not even of those for finding faults."""
    caplog.set_level(logging.DEBUG)
    yield
    said = f"{caplog.text}{log.getvalue()}"
    assert TOKEN not in said
    assert "127.0.0.1" not in said


def pinged(server: Server, *, within: float = 10.0) -> bool:
    async def ask() -> bool:
        async with server.listening():
            return await ping(f"{server.url}/{TOKEN}?x={TOKEN}", within=within)

    return asyncio.run(ask())


def reason(log: io.StringIO) -> str:
    [line] = log.getvalue().splitlines()
    found = json.loads(line)
    assert (found["event"], found["level"]) == ("ping.failed", "warning")
    return str(found["reason"])


@pytest.mark.parametrize("status", [200, 204])
def test_an_answer_is_all_that_counts(status: int, log: io.StringIO) -> None:
    server = Server(Reply(status))
    assert pinged(server)
    assert [one.path for one in server.seen] == [f"/{TOKEN}"]
    assert log.getvalue() == ""


@pytest.mark.parametrize("status", [301, 404, 500])
def test_an_answer_that_refuses_is_named(status: int, log: io.StringIO) -> None:
    assert not pinged(Server(Reply(status, headers={"Location": f"http://127.0.0.1:1/{TOKEN}"})))
    assert reason(log) == f"answered {status}"


def test_the_first_words_of_an_answer_are_enough() -> None:
    assert pinged(Server(Reply(drip=True, body=b"abcd")))


def test_a_server_that_says_nothing_is_not_waited_for(log: io.StringIO) -> None:
    assert not pinged(Server(Reply(silent=True)), within=WITHIN)
    assert reason(log) == "no answer within 0.2 s"


def test_a_connection_that_is_refused_is_named(log: io.StringIO) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        assert not asyncio.run(ping(f"http://127.0.0.1:{taken.getsockname()[1]}/{TOKEN}"))
    assert reason(log) == "can't be reached"


def test_a_server_that_speaks_something_else_is_named(log: io.StringIO) -> None:
    async def ask() -> bool:
        async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(f"220 {TOKEN} ESMTP\r\n".encode())
            writer.close()
            await writer.wait_closed()

        async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            plain = await ping(f"http://127.0.0.1:{port}/{TOKEN}")
            return plain or await ping(f"https://127.0.0.1:{port}/{TOKEN}")

    assert not asyncio.run(ask())
    first, second = (json.loads(line)["reason"] for line in log.getvalue().splitlines())
    assert first
    assert second == "no trusted encrypted connection"


@pytest.mark.parametrize("url", [f"ftp://example.com/{TOKEN}", TOKEN, f"http://{TOKEN}:port/", f"http://a:{TOKEN}/"])
def test_what_is_no_web_address_is_named(url: str, log: io.StringIO) -> None:
    assert not asyncio.run(ping(url))
    assert reason(log) == "not a web address"


def test_a_name_that_is_not_there_is_named(log: io.StringIO) -> None:
    assert not asyncio.run(ping(f"https://{TOKEN}.invalid/"))
    assert reason(log) in {"its name can't be found", "no answer within 10 s"}  # as the resolver of this machine does


def test_being_stopped_is_no_trouble_of_the_network() -> None:
    async def stop() -> None:
        async with Server(Reply(silent=True)).listening() as server:
            task = asyncio.create_task(ping(f"{server.url}/{TOKEN}"))
            await server.arrived.wait()
            task.cancel()
            await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(stop())
