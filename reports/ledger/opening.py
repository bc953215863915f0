"""Opens the ledger that the configuration names."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from reports.ledger.deliveries import last_sent
from reports.ledger.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from reports.config.model import Config


def open_ledger(config: Config) -> Ledger:
    """Return the ledger, made where it isn't there yet."""
    if config.ledger.url is not None:
        return Ledger.at_url(config.ledger.url.read(config.folder))
    return Ledger.in_file(ledger_file(config))


def ledger_file(config: Config) -> Path:
    """Return the SQLite file that the configuration names."""
    return config.path(config.ledger.file)


@contextmanager
def ledger_if_any(config: Config) -> Iterator[Ledger | None]:
    """Give the ledger to those who only read; None where there is none yet, and none is made."""
    if config.ledger.url is None and not ledger_file(config).exists():
        yield None
        return
    with open_ledger(config) as ledger:
        yield ledger


def last_delivered(config: Config, report: str, cut: str) -> tuple[str, datetime] | None:
    """Return the edition of a report and cut that somebody was sent last, and when."""
    with ledger_if_any(config) as ledger:
        if ledger is None:
            return None
        with ledger.read() as tx:
            return last_sent(tx, report, cut)
