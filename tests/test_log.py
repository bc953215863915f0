"""An event is one line whatever its fields hold, and a log that can't be written stops nobody."""

from __future__ import annotations

import io
import json
import logging
import multiprocessing
import os
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.errors import SourceUnavailable
from reports.figures import Figure
from reports.log import LOGGER, LONGEST_LINE, configure, event, masked
from tests.making import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = "x\n2026-11-22T05:00:00.000Z slot.sent \x1b[2J\u2028\u202e\x85\ud800"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Give the logger back as it was."""
    handlers, level, propagate = LOGGER.handlers[:], LOGGER.level, LOGGER.propagate
    yield
    LOGGER.handlers[:], LOGGER.propagate = handlers, propagate
    LOGGER.setLevel(level)


def text_of(name: str, **fields: object) -> str:
    """Return the line of an event as text, without its time."""
    stream = io.StringIO()
    configure("text", stream)
    event(name, **fields)  # type: ignore[arg-type] # fields alone
    line = stream.getvalue()
    assert line.endswith("\n")
    assert line.count("\n") == 1
    return line[:-1].split(" ", 1)[1]


def json_of(name: str, **fields: object) -> dict[str, Any]:
    stream = io.StringIO()
    configure("json", stream)
    event(name, **fields)  # type: ignore[arg-type] # fields alone
    [line] = stream.getvalue().splitlines()
    found = json.loads(line)
    assert isinstance(found, dict)
    return found


def test_a_line_is_the_time_the_event_and_its_fields() -> None:
    stream = io.StringIO()
    configure("text", stream)
    event("slot.claimed", report="weekly", slot="weekly@2026-11-22T08:00+03:00", attempt=1)
    moment, rest = stream.getvalue().split(" ", 1)
    assert rest == "slot.claimed report=weekly slot=weekly@2026-11-22T08:00+03:00 attempt=1\n"
    assert moment.endswith("Z")
    assert len(moment) == len("2026-11-22T05:00:01.123Z")
    assert datetime.fromisoformat(moment).tzinfo is not None


def test_what_is_more_than_news_carries_its_level() -> None:
    assert text_of("slot.failed", level=logging.ERROR, report="weekly") == "slot.failed level=error report=weekly"
    assert text_of("ping.failed", level=logging.WARNING) == "ping.failed level=warning"
    assert json_of("slot.sent")["level"] == "info"
    assert json_of("slot.failed", level=logging.ERROR)["level"] == "error"


@pytest.mark.parametrize(
    ("value", "text", "as_json"),
    [
        ("two words", '"two words"', "two words"),
        ('a "quoted" one', '"a \\"quoted\\" one"', 'a "quoted" one'),
        ("", '""', ""),
        ("a=b", '"a=b"', "a=b"),
        ("-", '"-"', "-"),
        ("مبيعات", "مبيعات", "مبيعات"),
        (None, "-", None),
        (True, "true", True),
        (3, "3", 3),
        (0.5, "0.5", 0.5),
        (float("nan"), "nan", "nan"),
        (Decimal("1.20"), "1.20", "1.20"),
        (timedelta(minutes=1, milliseconds=500), "60.5s", "60.5s"),
        (datetime(2026, 11, 22, 5, 0, tzinfo=UTC), "2026-11-22T05:00Z", "2026-11-22T05:00Z"),
        (
            datetime(2026, 11, 22, 8, 0, 1, 500_000, tzinfo=ZoneInfo("Asia/Riyadh")),
            "2026-11-22T08:00:01.500+03:00",
            "2026-11-22T08:00:01.500+03:00",
        ),
        (date(2026, 11, 22), "2026-11-22", "2026-11-22"),
        (Figure.WON, "total_won", "total_won"),
        (Path("/tmp/a b"), '"/tmp/a b"', "/tmp/a b"),  # noqa: S108 - only its name is looked at
        (SourceUnavailable("it is down", hint="Wait."), '"it is down"', "it is down"),
        (("a", 2), "a,2", ["a", 2]),
    ],
)
def test_a_value_is_written_as_people_and_as_programs_read_it(value: object, text: str, as_json: object) -> None:
    assert text_of("x", value=value) == f"x value={text}"
    assert json_of("x", value=value)["value"] == as_json


def test_a_programs_line_has_the_time_the_event_and_the_level_whatever_the_fields_are_called() -> None:
    found = json_of("slot.claimed", at="x", event="y", report="weekly")
    assert list(found) == ["at", "event", "level", "report"]
    assert found["event"] == "slot.claimed"
    assert found["report"] == "weekly"


@given(st.text(st.characters()) | st.just(HOSTILE))
def test_no_value_makes_a_second_line_or_another_field(value: str) -> None:
    line = text_of("x", value=value, last=1)
    assert line.isprintable()
    assert line.endswith(" last=1")
    found = json_of("x", value=value)
    assert (found["event"], found["value"], set(found)) == ("x", value, {"at", "event", "level", "value"})


def test_a_plain_value_is_told_from_a_quoted_one() -> None:
    word = text_of("x", value=HOSTILE).removeprefix("x value=")
    assert json.loads(word) == HOSTILE


@pytest.mark.parametrize("letter", ["x", "\n", "\u0628", "\U0001f600"])
def test_a_line_is_never_longer_than_what_a_pipe_takes_in_one_piece(letter: str) -> None:
    for kind in ("text", "json"):
        stream = io.StringIO()
        configure(kind, stream)  # type: ignore[arg-type] # one of the two
        event("x", one=letter * 5000, two=letter * 5000, three="kept")
        assert len(stream.getvalue().encode()) <= LONGEST_LINE
        assert "kept" in stream.getvalue()


def test_configuring_again_replaces_what_was_there(capfd: pytest.CaptureFixture[str]) -> None:
    configure("json")
    configure("text")
    event("slot.sent")
    err = capfd.readouterr().err
    assert err.count("slot.sent") == 1
    assert not err.startswith("{")


def test_without_a_configuration_nothing_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    LOGGER.handlers[:] = [logging.NullHandler()]
    LOGGER.propagate = False
    event("slot.failed", level=logging.ERROR)
    assert capfd.readouterr() == ("", "")


def test_other_errors_that_are_logged_stay_on_one_line() -> None:
    stream = io.StringIO()
    configure("text", stream)
    logging.getLogger("reports.somewhere").error("went wrong", exc_info=ValueError(HOSTILE))
    assert stream.getvalue().count("\n") == 1
    assert '"went wrong" level=error error=' in stream.getvalue()


def closed_pipe() -> io.TextIOWrapper:
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w")


def closed_stream() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


def test_a_log_that_takes_nothing_stops_nobody() -> None:
    pipe = closed_pipe()
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        for stream in (pipe, full, closed_stream()):
            configure("text", stream)
            event("slot.sent", report="weekly")
    pipe.close()


def test_a_reader_that_stopped_reading_stops_nobody() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while os.write(writer, b"x" * LONGEST_LINE):
            pass
    os.set_blocking(writer, True)
    with os.fdopen(reader), os.fdopen(writer, "w") as stream:
        configure("text", stream)
        event("slot.sent", report="weekly")


def test_a_process_without_standard_error_works_on() -> None:
    code = "import sys; sys.stderr = None; from reports import log; log.configure('text'); log.event('x'); print('on')"
    found = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=True, capture_output=True, text=True)
    assert (found.stdout, found.stderr) == ("on\n", "")


def log_much(number: int, descriptor: int) -> None:
    with os.fdopen(descriptor, "w") as stream:
        configure("json", stream)
        for turn in range(200):
            event("turn", number=number, turn=turn, filling="y" * 900)


def test_lines_of_several_processes_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "log"
    context = multiprocessing.get_context("forkserver")
    children = [context.Process(target=append_much, args=(number, path)) for number in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert sorted((one["number"], one["turn"]) for one in lines) == [(n, t) for n in range(3) for t in range(200)]


def append_much(number: int, path: Path) -> None:
    log_much(number, os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("sales@example.com", "s…@example.com"),
        ("Sales leads <sales@example.com>", "s…@example.com"),
        ("s@example.com", "s…@example.com"),
        ("not an address", "…"),
        ("", "…"),
    ],
)
def test_an_address_is_never_logged_whole(address: str, shown: str) -> None:
    assert masked(address) == shown
