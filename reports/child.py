"""What a child process does: one attempt at one slot, or the notices to owners."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reports import log
from reports.attempt import attempt
from reports.children import GRACE
from reports.errors import ReportsError
from reports.ledger.opening import open_ledger
from reports.making import UNFORESEEN
from reports.notices import send_notices
from reports.office import Office

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from reports.config.model import Config
    from reports.log import LogKind

MARGIN = 256 * 1024 * 1024  # bytes that a process may reserve beyond what it may use


def work_on_slot(config: Config, number: int, logs: LogKind) -> None:
    """Make one attempt at a slot."""
    _run(config, logs, lambda office: attempt(office, number))


def tell_owners(config: Config, logs: LogKind) -> None:
    """Send the notices that are due."""
    _run(config, logs, send_notices)


def _prepare(config: Config, logs: LogKind) -> None:
    """Keep to the limits; the parent alone hears the terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log.configure(logs)
    signal.setitimer(signal.ITIMER_REAL, config.runner.deadline.total_seconds() + 2 * GRACE)  # also without a parent
    with suppress(ValueError, OSError):  # a lower limit is in force already
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (config.runner.memory + MARGIN, most))


def _run(config: Config, logs: LogKind, work: Callable[[Office], Coroutine[object, object, object]]) -> None:
    """Run to the end, or until SIGTERM asks to stop; what isn't written down in the ledger is logged."""
    _prepare(config, logs)
    try:
        with open_ledger(config) as ledger:
            asyncio.run(_stoppable(work(Office(config, ledger, _now))))
    except asyncio.CancelledError:
        log.event("child.stopped")
    except ReportsError as error:  # the ledger itself: everything else is written down there
        _failed(error.message, error.hint)
    except Exception as error:  # noqa: BLE001 - nobody gets a traceback
        _failed(f"something unforeseen happened: {type(error).__name__}: {error}", UNFORESEEN)


def _failed(error: str, hint: str) -> None:
    log.event("child.failed", level=logging.ERROR, error=error, hint=hint)
    sys.exit(1)


async def _stoppable(work: Coroutine[object, object, object]) -> None:
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task


def _now() -> datetime:
    return datetime.now(UTC)
