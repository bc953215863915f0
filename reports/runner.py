"""One machine: a clock loop that works off what is due, one child process for each edition."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reports import child
from reports.children import Child, Limits, start, wait_for
from reports.config import load
from reports.due import count_deaths, next_moment, note_due, recover
from reports.errors import ConfigError, LedgerError, ReportsError
from reports.ledger import notices, slots
from reports.ledger.opening import open_ledger
from reports.ledger.presence import RUNNER, hold_firmly
from reports.ledger.values import SlotState
from reports.log import event
from reports.making import UNFORESEEN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.config.model import Config
    from reports.ledger.ledger import Ledger
    from reports.ledger.values import Slot
    from reports.log import LogKind

PASS = 30.0  # seconds between two looks at the ledger, at most: others change it, too
SHORTEST = 0.2  # seconds between two looks at the ledger, at least
WATCH = 1.0  # seconds between two looks at the children
NOTICES = 0  # stands for the notices where the others are numbers of slots


class Crew:
    """The children at work, by the slot that each works on."""

    def __init__(self, ledger: Ledger, logs: LogKind) -> None:
        self._ledger = ledger
        self._logs = logs
        self._children: dict[int, Child] = {}
        self._attempts: dict[int, int] = {}  # of each slot, before it was taken
        self._quiet_until = -PASS  # notices that can't even be begun aren't tried all the time

    @property
    def busy(self) -> bool:
        """Whether somebody is at work."""
        return bool(self._children)

    def take(self, config: Config, work: list[Slot]) -> list[int]:
        """Start a child for each slot, as many at a time as may be; returns the slots that were taken."""
        free = config.runner.workers - len(self._children.keys() - {NOTICES})
        taken = [one.id for one in work if one.id not in self._children][: max(free, 0)]
        self._attempts |= {one.id: one.attempts for one in work if one.id in taken}
        for number in taken:
            self._start(config, number)
        return taken

    def tell(self, config: Config, now: datetime) -> None:
        """Start a child for the notices, where there are any."""
        with self._ledger.read() as tx:
            waiting = notices.pending(tx, now)
        if waiting and NOTICES not in self._children and time.monotonic() >= self._quiet_until:
            self._start(config, NOTICES)

    def _start(self, config: Config, number: int) -> None:
        limits = Limits(config.runner.deadline.total_seconds(), config.runner.memory)
        if number == NOTICES:
            self._children[number] = start(child.tell_owners, (config, self._logs), limits, time.monotonic)
        else:
            self._children[number] = start(child.work_on_slot, (config, number, self._logs), limits, time.monotonic)

    def reap(self, config: Config) -> int:
        """Take leave of the children that have ended; what those left that died is set right. Returns how many."""
        for one in self._children.values():
            one.watch()
        ended = [number for number, one in self._children.items() if not one.running]
        causes = {number: why for number in ended if (why := self._why(number, self._children.pop(number)))}
        for number, why in causes.items():
            event("child.died", level=logging.WARNING, slot=number or None, reason=why)
        if causes:
            self._bury(config, causes)
        return len(ended)

    def _why(self, number: int, ended: Child) -> str:
        """Return why a child didn't end well; one that leaves its slot as it was would be started for ever."""
        why = ended.end()
        if why or number == NOTICES or ended.asked:
            return why
        with self._ledger.read() as tx:
            return "the process did nothing" if self._is_as_it_was(slots.get(tx, number)) else ""

    def _bury(self, config: Config, causes: dict[int, str]) -> None:
        """Set right what children left that died; one that died before it claimed its slot made an attempt, too."""
        now = _now()
        if causes.pop(NOTICES, None):
            self._quiet_until = time.monotonic() + PASS
        with self._ledger.read() as tx:
            unclaimed = {one: why for one, why in causes.items() if self._is_as_it_was(slots.get(tx, one))}
        recover(self._ledger, config, now, causes)
        count_deaths(self._ledger, config, unclaimed, now)

    def _is_as_it_was(self, slot: Slot) -> bool:
        return slot.state is SlotState.DUE and slot.attempts == self._attempts[slot.id]

    def wait(self, seconds: float, bell: Bell | None = None) -> None:
        """Return when a child has ended, the bell has rung, or after so many seconds."""
        wait_for([one.sentinel for one in self._children.values()] + ([bell.sentinel] if bell else []), seconds)

    def finish(self, config: Config) -> None:
        """Ask everybody to finish the message in hand and to give back the rest; who doesn't is ended."""
        for one in self._children.values():
            one.ask_to_stop()
        while self._children:
            self.wait(WATCH)
            try:
                self.reap(config)
            except Exception as error:  # noqa: BLE001 - what was left is set right by whoever comes next
                _log_trouble(error)


class Bell:
    """Rings when the process is asked to stop; whoever waits for children hears it."""

    def __init__(self) -> None:
        self.sentinel, self._ring = os.pipe()
        self.rung = False

    def ring(self, *_: object) -> None:
        """Ring, from a signal."""
        self.rung = True
        os.write(self._ring, b".")

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT ring it."""
        before = {one: signal.signal(one, self.ring) for one in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
            os.close(self.sentinel)
            os.close(self._ring)


@dataclass(frozen=True)
class Passed:
    """What one pass did: the slots it worked on as they stand now, and the notices that couldn't be sent."""

    slots: tuple[Slot, ...]
    untold: int


def run_due(file: Path, logs: LogKind) -> Passed:
    """Work off what is due now, and return when that is done."""
    config = load(file)
    bell = Bell()
    with bell.hung(), open_ledger(config) as ledger:
        crew, tried = Crew(ledger, logs), set[int]()
        try:
            while not bell.rung:
                work = [one for one in note_due(ledger, config, _now()) if one.id not in tried]
                tried.update(crew.take(config, work))
                if not crew.busy:
                    break
                crew.wait(WATCH, bell)
                crew.reap(config)
        finally:
            crew.finish(config)
        if not bell.rung:
            _tell(crew, config, bell)
        with ledger.read() as tx:
            passed = Passed(tuple(slots.get(tx, one) for one in sorted(tried)), len(notices.untold(tx)))
    if not passed.untold:
        _ping(config)
    return passed


def _tell(crew: Crew, config: Config, bell: Bell) -> None:
    """Send the notices, however slow the mail server is, unless it is asked to stop meanwhile."""
    try:
        crew.tell(config, _now())
        while crew.busy and not bell.rung:
            crew.wait(WATCH, bell)
            crew.reap(config)
    finally:
        crew.finish(config)


def run_for_ever(file: Path, logs: LogKind) -> None:
    """Work off what is due, whenever it is, until SIGTERM or SIGINT; a second runner over one ledger is refused."""
    watched = ConfigFile(file)
    config = watched.config()
    bell = Bell()
    with bell.hung(), open_ledger(config) as ledger:
        if not hold_firmly(ledger.presence, RUNNER):
            raise LedgerError(
                "another runner works on this ledger already",
                hint="One is enough: `reports status` shows what it does. Stop it before you start another.",
            )
        event("runner.started", reports=len(config.reports))
        crew, heart = Crew(ledger, logs), Heart()
        try:
            while not bell.rung:
                seconds = _pass(ledger, crew, heart, watched.config())
                crew.wait(seconds, bell)
        finally:
            event("runner.stopping")
            crew.finish(watched.config())
    event("runner.stopped")


def _pass(ledger: Ledger, crew: Crew, heart: Heart, config: Config) -> float:
    """Do what is due; returns for how many seconds there is nothing else to do. Trouble is for the next pass."""
    try:
        now = _now()
        crew.reap(config)
        crew.take(config, note_due(ledger, config, now))
        crew.tell(config, now)
        with ledger.read() as tx:
            untold = len(notices.untold(tx))
        if untold:
            event("notices.untold", level=logging.ERROR, count=untold)
        else:
            heart.beat(config)
        moment = next_moment(ledger, config, now)
    except Exception as error:  # noqa: BLE001 - a runner goes on: whatever it is may be over at the next pass
        _log_trouble(error)
        return PASS
    if crew.busy:
        return WATCH
    return PASS if moment is None else min(max((moment - _now()).total_seconds(), SHORTEST), PASS)


def _log_trouble(error: Exception) -> None:
    if isinstance(error, ReportsError):
        event("pass.failed", level=logging.ERROR, error=error.message, hint=error.hint)
    else:
        said = f"something unforeseen happened: {type(error).__name__}: {error}"
        event("pass.failed", level=logging.ERROR, error=said, hint=UNFORESEEN)


class Heart:
    """Tells a monitor, now and then, that passes go well: out of the way, since the monitor may be slow."""

    def __init__(self) -> None:
        self._last = -PASS

    def beat(self, config: Config) -> None:
        """Tell it, unless that was just done."""
        now = time.monotonic()
        if now - self._last >= PASS:
            self._last = now
            threading.Thread(target=_ping, args=(config,), daemon=True).start()


class ConfigFile:
    """The configuration as it stands in its file; a broken one doesn't replace the last that was whole."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen = self._stamp()  # before it is read: what is changed while it is read is seen later
        self._config = load(file)

    def config(self) -> Config:
        """Return the configuration, read anew where the file has changed."""
        if (stamp := self._stamp()) != self._seen:
            self._seen = stamp
            try:
                self._config = self._same_ledger(load(self._file))
                event("config.read", reports=len(self._config.reports))
            except ReportsError as error:
                event("config.broken", level=logging.ERROR, error=error.message)
        return self._config

    def _same_ledger(self, config: Config) -> Config:
        """Refuse another ledger: what is claimed in this one would be looked for in that one."""
        if config.ledger != self._config.ledger:
            raise ConfigError("[ledger] was changed", hint="Start the runner again to use the other ledger.")
        return config

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


def _ping(config: Config) -> None:
    """Tell a monitor that all is well; that it can't be reached is no trouble of ours."""
    from reports.ping import ping

    try:
        url = config.runner.ping_url(config.folder)
    except ReportsError as error:
        event("ping.failed", level=logging.WARNING, reason=error.message, hint=error.hint)
        return
    if url:
        asyncio.run(ping(url))


def _now() -> datetime:
    return datetime.now(UTC)
