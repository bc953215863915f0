"""The client over a real socket, to a server that misbehaves."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import stamina
from stamina.instrumentation import RetryDetails, get_on_retry_hooks, set_on_retry_hooks

from reports.errors import DataError, ReportsError, SourceDenied, SourceError, SourceRejected, SourceUnavailable
from reports.figures import Stage
from reports.periods import DAY
from reports.voxys import client as client_module
from reports.voxys import wire
from reports.voxys.client import VoxysClient
from tests.voxys.answers import ANALYTICS, PIPELINE, STAGES, WEEK, analytics, changed
from tests.voxys.misbehaving import Reply, Server, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from reports.figures import Answer, Window

TOKEN = "hunter2-5f0c1b"
RIYADH = ZoneInfo("Asia/Riyadh")
FINE = answer(ANALYTICS)
BUSY = answer({"error": "busy"}, 503)
WITHIN = 0.2  # seconds: shorter than any server here takes that is meant to be slow
PATIENT = 20.0  # seconds: what takes longer hangs


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Try again at once; as often as the client was told to."""
    with stamina.set_testing(True, attempts=1000, cap=True):
        yield


@pytest.fixture
def waits() -> Iterator[list[float]]:
    """Wait as in earnest, and say how long before each further try."""
    found: list[float] = []
    before = get_on_retry_hooks()

    def note(details: RetryDetails) -> None:
        found.append(details.wait_for)

    set_on_retry_hooks([note])
    with stamina.set_testing(False):
        yield found
    set_on_retry_hooks(before)


def over_http(url: str, **options: Any) -> tuple[httpx.AsyncClient, VoxysClient]:
    http = httpx.AsyncClient(base_url=url, headers={wire.TOKEN_HEADER: TOKEN}, timeout=PATIENT, trust_env=False)
    return http, VoxysClient(http, 1, RIYADH, **({"timeout": PATIENT, "attempts": 1} | options))


def asked(server: Server, call: Callable[[VoxysClient], Coroutine[Any, Any, Any]], **options: Any) -> Any:
    """Ask a listening server through a client."""

    async def ask() -> Any:
        async with asyncio.timeout(PATIENT), server.listening():
            http, client = over_http(server.url, **options)
            async with http:
                return await call(client)

    return asyncio.run(ask())


def window(server: Server, **options: Any) -> Window:
    found: Window = asked(server, lambda client: client.window(3, WEEK), **options)
    return found


def failure(server: Server, kind: type[ReportsError] = SourceError, **options: Any) -> ReportsError:
    with pytest.raises(kind) as raised:
        window(server, **options)
    assert TOKEN not in f"{raised.value} {raised.value.hint}"
    return raised.value


def test_a_window_is_asked_for_as_the_reference_says() -> None:
    server = Server(FINE)
    assert window(server).figures.won == 10
    (seen,) = server.seen
    assert seen.path == "/api/v1/accounts/1/funnels/3/analytics"
    assert seen.query == {"since": "2026-11-15", "until": "2026-11-21"}
    assert seen.headers["api_access_token"] == TOKEN


def test_pipelines_and_stages_are_asked_for_once_each() -> None:
    server = Server(answer([PIPELINE]), answer(PIPELINE), answer(STAGES))

    async def all_three(client: VoxysClient) -> tuple[Any, ...]:
        return await client.pipelines(), await client.pipeline(3), await client.stages(3)

    pipelines, pipeline, stages = asked(server, all_three)
    assert pipelines == (pipeline,)
    assert pipeline.created_on == datetime(2026, 1, 2, tzinfo=RIYADH).date()
    assert stages == (Stage(11, "New"), Stage(12, "Won"))
    base = "/api/v1/accounts/1/funnels"
    assert [one.path for one in server.seen] == [base, f"{base}/3", f"{base}/3/stages"]


def test_every_answer_is_kept_as_it_came_and_announced() -> None:
    count = 0

    def announce() -> None:
        nonlocal count
        count += 1

    async def twice(client: VoxysClient) -> list[Answer]:
        await client.window(3, WEEK)
        await client.stages(3)
        return client.answers

    answers = asked(Server(BUSY, FINE, answer(STAGES)), twice, on_answer=announce, attempts=2)
    assert count == 2
    assert [one.path.rsplit("/", 1)[1] for one in answers] == ["analytics", "stages"]
    assert answers[0].query == {"since": "2026-11-15", "until": "2026-11-21"}
    assert json.dumps(answers[0].body, default=float) == json.dumps(ANALYTICS)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((one, SourceRejected) for one in (401, 403, 404, 301, 302, 307, 308)),
        *((one, SourceError) for one in (400, 422, 500, 501, 204)),
    ],
)
def test_what_another_try_would_not_change_is_not_tried_again(status: int, kind: type[SourceError]) -> None:
    server = Server(Reply(status), FINE)
    error = failure(server, kind, attempts=3)
    assert len(server.seen) == 1
    assert error.permanent
    assert str(status) in error.message


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_is_temporary_is_tried_again(status: int) -> None:
    server = Server(Reply(status), Reply(status), FINE)
    assert window(server, attempts=3).figures.won == 10
    assert len(server.seen) == 3


@pytest.mark.parametrize("attempts", [1, 3])
def test_what_stays_temporary_is_given_up_after_the_attempts(attempts: int) -> None:
    server = Server(BUSY)
    error = failure(server, SourceUnavailable, attempts=attempts)
    assert len(server.seen) == attempts
    assert not error.permanent
    assert "503" in error.message


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("0", 0, 0),
        ("1", 1, 1),
        (lambda: in_seconds(2), 0.0, 2.0),
        (lambda: in_seconds(-3600), 0, 0),
    ],
)
def test_the_server_says_when_to_try_again(
    waits: list[float], header: str | Callable[[], str], least: float, most: float
) -> None:
    retry_after = header if isinstance(header, str) else header()
    server = Server(answer({}, 429, Retry_After=retry_after), FINE)
    assert window(server, attempts=2).figures.won == 10
    (wait,) = waits
    assert least <= wait <= most


def test_without_a_word_from_the_server_the_wait_is_ours_and_grows(
    waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "FIRST_WAIT", 0.01)
    server = Server(answer({}, 503, Retry_After="soon"), FINE)
    assert window(server, attempts=2).figures.won == 10
    (wait,) = waits
    assert 0.01 <= wait <= 1.01  # stamina adds up to a second, so that clients don't come back all at once


@pytest.mark.parametrize("header", ["4000", lambda: in_seconds(4000)])
@pytest.mark.parametrize("status", [429, 503])
def test_who_is_asked_to_wait_too_long_gives_up_at_once(status: int, header: str | Callable[[], str]) -> None:
    retry_after = header if isinstance(header, str) else header()
    server = Server(answer({}, status, Retry_After=retry_after), FINE)
    error = failure(server, SourceUnavailable, attempts=3)
    assert len(server.seen) == 1
    assert error.permanent
    assert "asks to wait 67 minutes" in error.message


def test_retry_after_does_not_make_a_refusal_temporary() -> None:
    server = Server(answer({}, 401, Retry_After="0"), FINE)
    failure(server, SourceRejected, attempts=3)
    assert len(server.seen) == 1


def test_a_connection_cut_in_the_middle_is_tried_again() -> None:
    cut = Reply(body=FINE.body, cut=True)
    server = Server(cut, FINE)
    assert window(server, attempts=2).figures.won == 10
    error = failure(Server(cut), SourceUnavailable, attempts=2)
    assert "can't be reached" in error.message


def test_nobody_listening_is_tried_again_and_named() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # reserved, and nobody listens
        url = f"http://127.0.0.1:{held.getsockname()[1]}"

        async def ask() -> None:
            http, client = over_http(url, attempts=2)
            async with http:
                await client.window(3, WEEK)

        with pytest.raises(SourceUnavailable) as raised:
            asyncio.run(ask())
    assert f"the source at {url} can't be reached" in raised.value.message
    assert not raised.value.permanent


@pytest.mark.parametrize("slow", [Reply(silent=True), Reply(body=FINE.body, drip=True)], ids=["silent", "drip"])
def test_an_answer_that_takes_too_long_is_given_up_and_tried_again(slow: Reply) -> None:
    server = Server(slow, FINE)
    assert window(server, timeout=WITHIN * 5, attempts=2).figures.won == 10
    error = failure(Server(slow), SourceUnavailable, timeout=WITHIN, attempts=2)
    assert "took longer than 0.2 s to answer pipeline 3, 2026-11-15 to 2026-11-21" in error.message


def test_waiting_for_a_free_place_does_not_count_as_a_slow_answer() -> None:
    server = Server(FINE)

    async def many(client: VoxysClient) -> int:
        held = [client._slots.acquire() for _ in range(2)]
        await asyncio.gather(*held)
        waiting = asyncio.create_task(client.window(3, WEEK))
        await asyncio.sleep(WITHIN * 4)
        assert not server.seen
        client._slots.release()
        return (await waiting).figures.won

    assert asked(server, many, connections=2, timeout=WITHIN * 3) == 10


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (Reply(body=b"<!DOCTYPE html><title>Log in</title>", headers={"Content-Type": "text/html"}), "a web page"),
        (Reply(body=b""), "something that isn't JSON"),
        (Reply(body=FINE.body.replace(b"60000", b"NaN")), "something that isn't JSON"),
        (Reply(body=FINE.body.replace(b"60000", b"Infinity")), "something that isn't JSON"),
        (Reply(body=b"not gzip", headers={"Content-Encoding": "gzip"}), "can't be unpacked"),
        (answer(changed("period.since", "2026-11-08")), "for another period: 2026-11-08 to 2026-11-21"),
        (answer(changed("total_won", None)), "total_won is null"),
        (answer(changed("total_won", ...)), "total_won is missing"),
        (answer(analytics(by_agent=ANALYTICS["by_agent"] * 2)), "the same entry of by_agent twice"),
    ],
    ids=range(9),
)
def test_an_answer_that_cannot_be_trusted_is_refused_and_not_asked_for_again(reply: Reply, text: str) -> None:
    server = Server(reply, FINE)
    error = failure(server, DataError, attempts=3)
    assert len(server.seen) == 1
    assert error.permanent
    assert text in error.message


def test_a_compressed_answer_is_understood() -> None:
    assert window(Server(Reply(body=gzip.compress(FINE.body), headers={"Content-Encoding": "gzip"}))).figures.won == 10


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_the_token_not_sent_on(status: int) -> None:
    elsewhere = Server(FINE)

    async def ask() -> Server:
        async with elsewhere.listening():
            server = Server(Reply(status, headers={"Location": f"{elsewhere.url}/stolen"}))
            async with server.listening():
                http, client = over_http(server.url, attempts=3)
                async with http:
                    with pytest.raises(SourceRejected, match="redirects elsewhere"):
                        await client.window(3, WEEK)
            return server

    assert len(asyncio.run(ask()).seen) == 1
    assert elsewhere.seen == []


ECHO = {"error": f"the token {TOKEN} is not known", "errors": {TOKEN: [TOKEN]}}


@pytest.mark.parametrize(
    "reply",
    [
        *(answer(ECHO, status) for status in (400, 401, 403, 404, 422, 429, 500, 503)),
        Reply(302, headers={"Location": f"https://elsewhere.example/?token={TOKEN}"}),
        answer(changed("total_won", TOKEN)),
        answer(changed("period.since", TOKEN)),
        Reply(body=f"<html>{TOKEN}</html>".encode()),
        Reply(body=TOKEN.encode(), cut=True),
        Reply(body=TOKEN.encode(), silent=True),
        Reply(body=TOKEN.encode(), headers={"Content-Encoding": "gzip"}),
        answer({"errors": {"token": [TOKEN]}}, 422),
        answer(ECHO, 429, Retry_After="4000"),
    ],
    ids=range(17),
)
def test_the_token_is_in_no_error_and_no_log(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        failure(Server(reply), ReportsError, attempts=2, timeout=WITHIN)
    logged = [record for record in caplog.records if not record.name.startswith(("httpcore", "asyncio"))]
    assert TOKEN not in "\n".join(record.getMessage() + str(record.__dict__) for record in logged)


@pytest.mark.parametrize("connections", [1, 3])
def test_no_more_than_the_allowed_requests_run_at_once(connections: int) -> None:
    weeks = [WEEK.shifted(-7 * number * DAY) for number in range(connections * 3)]
    server = Server(Reply(404), together=connections)

    async def all_at_once(client: VoxysClient) -> list[Any]:
        return await asyncio.gather(*(client.window(3, week) for week in weeks), return_exceptions=True)

    found = asked(server, all_at_once, connections=connections)
    assert {type(one) for one in found} == {SourceDenied}
    assert len(server.seen) == len(weeks)
    assert server.most_waiting == connections


def test_who_waits_for_another_try_leaves_the_place_to_others() -> None:
    server = Server(BUSY, answer(STAGES), FINE)

    async def both(client: VoxysClient) -> tuple[Any, Any]:
        with stamina.set_testing(False):
            first = asyncio.create_task(client.window(3, WEEK))
            await server.arrived.wait()
            return await client.stages(3), await first

    stages, found = asked(server, both, connections=1, attempts=2)
    assert [one.id for one in stages] == [11, 12]
    assert found.figures.won == 10
    assert [one.path.rsplit("/", 1)[1] for one in server.seen] == ["analytics", "stages", "analytics"]
