"""Structured logs: one event and its fields on each line, for people or for programs."""

from __future__ import annotations

import json
import logging
import os
import re
import select
import sys
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parseaddr
from enum import Enum
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, TextIO, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    Render: TypeAlias = Callable[[logging.LogRecord, int], str]  # an event, and how long its values may be

LOGGER = logging.getLogger("reports")
LOGGER.addHandler(logging.NullHandler())  # who configures nothing gets no lines

ADDRESS = re.compile(r"[\w.!#$%&'*+=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")  # also in what servers and paths say
LONGEST_LINE = 4096  # bytes: what a pipe takes in one piece, so that lines of several processes don't mix
LONGEST_VALUES = (1000, 200, 40)  # letters of each value; the next one where the line would be too long
PATIENCE = 1000  # milliseconds for a reader that has fallen behind, before the line is dropped
ELLIPSIS = "\u2026"
LogKind: TypeAlias = Literal["text", "json"]
Value: TypeAlias = str | int | float | bool | list[Any] | None


def configure(kind: LogKind, stream: TextIO | None = None) -> None:
    """Write events to a stream (standard error without one) from now on, and nowhere else."""
    handler = _Lines(sys.stderr if stream is None else stream, _json_line if kind == "json" else _text_line)
    for earlier in LOGGER.handlers[:]:
        LOGGER.removeHandler(earlier)
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False  # or another library's handlers would print it a second time


def event(name: str, /, *, level: int = logging.INFO, **fields: object) -> None:
    """Log one event, such as `slot.claimed`; secrets and whole addresses have no place in its fields."""
    LOGGER.log(level, "%s", name, extra={"fields": fields})


def masked(address: str) -> str:
    """Return an e-mail address as logs may have it, the name left away: `s…@example.com`."""
    local, _, domain = parseaddr(address)[1].rpartition("@")
    return f"{local[:1]}{ELLIPSIS}@{domain}" if local else ELLIPSIS


class _Lines(logging.Handler):
    """Hands each event to a stream in one piece; a stream that takes nothing is no reason to stop the work."""

    def __init__(self, stream: TextIO | None, render: Render) -> None:
        super().__init__()
        self._stream = stream
        self._render = render
        self._patience = PATIENCE

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, or lose it."""
        with suppress(OSError, ValueError):  # a broken pipe, a full disk, a closed stream
            self._write(_fitting(self._render, record))

    def _write(self, line: bytes) -> None:
        """Write with a single call, so that nothing of another process comes between."""
        if self._stream is None:  # a process without standard error
            return
        try:
            descriptor = self._stream.fileno()
        except OSError:  # a stream in memory
            self._stream.write(line.decode())
            return
        if self._takes(descriptor):
            os.write(descriptor, line)

    def _takes(self, descriptor: int) -> bool:
        """Whether a line can be written now; a reader that has stopped is waited for once, not for every line."""
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        taken = bool(poll.poll(self._patience))
        self._patience = PATIENCE if taken else 0
        return taken


def _fitting(render: Render, record: logging.LogRecord) -> bytes:
    """Return the line of an event, its values cut as far as the line needs it."""
    line = b""
    for most in LONGEST_VALUES:
        line = f"{_escaped(render(record, most))}\n".encode()
        if len(line) <= LONGEST_LINE:
            break
    return line


def _escaped(line: str) -> str:
    """Escape what could break, hide or reorder a line, in the way of JSON."""
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in line)


def _text_line(record: logging.LogRecord, most: int) -> str:
    level: dict[str, object] = {"level": record.levelname.lower()} if record.levelno > logging.INFO else {}
    pairs = (f"{name}={_word(_value(value, most))}" for name, value in (level | _fields(record)).items())
    return " ".join((_moment(record), _word(record.getMessage()), *pairs))


def _json_line(record: logging.LogRecord, most: int) -> str:
    head: dict[str, Value] = {
        "at": _moment(record),
        "event": record.getMessage(),
        "level": record.levelname.lower(),
    }
    rest = {name: _value(value, most) for name, value in _fields(record).items() if name not in head}
    return json.dumps(head | rest, ensure_ascii=False)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    found: dict[str, object] = dict(getattr(record, "fields", {}))
    return found | ({"error": record.exc_info[1]} if record.exc_info else {})


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _value(value: object, most: int) -> Value:  # noqa: PLR0911 - one line for each kind of value
    """Return a value as JSON has it; a text of at most that many letters."""
    if isinstance(value, Enum):
        return _value(value.value, most)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(one, most) for one in value]
    text = value.isoformat() if isinstance(value, date | time) else ADDRESS.sub(lambda one: masked(one[0]), str(value))
    return text if len(text) <= most else f"{text[: most - 1]}{ELLIPSIS}"


def _instant(moment: datetime) -> str:
    """Return a time as precisely as it is, in its own zone: `2026-11-22T08:00+03:00`."""
    exact = "milliseconds" if moment.microsecond else "seconds" if moment.second else "minutes"
    return moment.isoformat(timespec=exact).replace("+00:00", "Z")


def _word(value: Value) -> str:
    """Return a value as one word: in quotes where it would be several, or could be taken for another field."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    text = ",".join(_word(one) for one in value) if isinstance(value, list) else str(value)
    plain = re.fullmatch(r'[^\s"=\\]+', text) and text.isprintable() and text != "-"
    return text if plain else json.dumps(text, ensure_ascii=False)
