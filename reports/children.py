"""Child processes, one for each piece of work: started, watched, ended at their deadline or limit, and reaped."""

from __future__ import annotations

import multiprocessing
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from multiprocessing.context import ForkServerProcess

PAGE = os.sysconf("SC_PAGE_SIZE")  # bytes
GRACE = 22.0  # seconds between asking a child to stop and ending it: more than a message in hand is given
PRELOADED = ("reports.attempt", "reports.render.pdf", "reports.charts.gallery", "reports.source", "reports.sandbox.app")
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one child may take: seconds, and bytes of memory."""

    seconds: float
    memory: int


class Child:
    """One process and its limits; `clock` is in seconds and never goes back."""

    def __init__(self, process: ForkServerProcess, limits: Limits, clock: Callable[[], float]) -> None:
        self._process = process
        self._limits = limits
        self._clock = clock
        self._asked: float | None = None
        self._started = clock()
        self._killed = ""

    @property
    def sentinel(self) -> int:
        """What becomes ready when the process ends."""
        return self._process.sentinel

    @property
    def running(self) -> bool:
        """Whether it hasn't ended yet."""
        return self._process.is_alive()

    @property
    def asked(self) -> bool:
        """Whether it was asked to stop."""
        return self._asked is not None

    def ask_to_stop(self) -> None:
        """Let it give back what it has in hand; once is enough."""
        if self._asked is None:
            self._asked = self._clock()
            with suppress(ProcessLookupError):
                self._process.terminate()

    def watch(self) -> None:
        """End it where it takes too long or too much; it keeps its time by itself, so here it has some grace."""
        now, late = self._clock(), self._started + self._limits.seconds + GRACE
        if self._asked is not None:
            late = min(late, self._asked + GRACE)
        if now > late:
            self._kill("didn't stop in time")
        elif (used := _resident(self._process.pid)) > self._limits.memory:
            self._kill(f"took {used // MEGABYTE} MB of memory, where {self._limits.memory // MEGABYTE} are allowed")

    def _kill(self, reason: str) -> None:
        self._killed = reason
        with suppress(ProcessLookupError):
            self._process.kill()

    def end(self) -> str:
        """Reap it, after it ended; returns why it didn't end well, or nothing."""
        self._process.join()
        code = self._process.exitcode or 0
        self._process.close()
        if self._killed:
            return f"the process {self._killed}"
        if code < 0:
            return f"the process died of {_name(-code)}"
        return f"the process ended with {code}" if code else ""


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # one of those that have no name of their own
        return f"signal {number}"


def start(work: Callable[..., None], args: tuple[object, ...], limits: Limits, clock: Callable[[], float]) -> Child:
    """Start a child; the libraries are loaded already where it comes from, so it takes a moment only."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    process = context.Process(target=work, args=args)
    process.start()
    return Child(process, limits, clock)


def wait_for(sentinels: Iterable[int], seconds: float) -> None:
    """Return when one of them is ready, or after so many seconds."""
    wait(list(sentinels), timeout=seconds)


def _resident(pid: int | None) -> int:
    """Return the memory in use, in bytes; 0 where the system doesn't tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        return 0
