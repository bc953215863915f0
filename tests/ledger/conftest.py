"""A ledger over either engine, and what its tests start from."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from reports.figures import EditionId
from reports.ledger import editions, slots
from reports.ledger.ledger import Ledger
from reports.ledger.tables import events
from reports.periods import Period
from tests.ledger.server import Server, find_programs, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Row

    from reports.ledger.values import Kept, Slot

CHECKOUT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 11, 22, 6, 30, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
TODAY = date(2026, 11, 22)
WEEK = Period(date(2026, 11, 15), date(2026, 11, 21))
ANNA, BILAL, CHEN = "anna@example.com", "bilal@example.com", "chen@example.com"
MAILBOXES = {ANNA: f"Anna <{ANNA}>", BILAL: BILAL, CHEN: f"Chen <{CHEN}>"}


@dataclass(frozen=True)
class Place:
    """Where a ledger is: a file or a PostgreSQL database."""

    address: str
    engine: str

    def open(self, busy: float = 15) -> Ledger:
        if self.engine == "sqlite":
            return Ledger.in_file(Path(self.address), busy=busy)
        return Ledger.at_url(self.address, busy=busy)

    @contextmanager
    def worker(self, *action: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
        """Start a process that does something with the ledger, says its worker's name and then waits to be killed."""
        command = [sys.executable, "-m", "tests.ledger.worker", self.engine, self.address, *action]
        process = subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with process:
            try:
                assert process.stdout is not None
                yield process.stdout.readline().strip(), process
            finally:
                process.kill()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    programs = find_programs()
    if programs is None:
        pytest.skip("initdb and postgres aren't installed")
    with running(programs) as found:
        yield found


@pytest.fixture(scope="session")
def migrated_database(server: Server) -> str:
    name = server.make_database()
    Ledger.at_url(server.url(name)).close()
    return name


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "ledger.sqlite"
    Ledger.in_file(path).close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Somewhere to put a ledger."""
    if request.param == "sqlite":
        yield Place(str(tmp_path / "ledger.sqlite"), "sqlite")
        return
    server = request.getfixturevalue("server")
    name = server.make_database()
    yield Place(server.url(name), "postgresql")
    server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where a ledger with nothing in it is."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "ledger.sqlite")
        yield Place(str(tmp_path / "ledger.sqlite"), "sqlite")
        return
    server = request.getfixturevalue("server")
    name = request.getfixturevalue("migrated_database")
    yield Place(server.url(name), "postgresql")
    server.empty(name)


@pytest.fixture
def ledger(place: Place) -> Iterator[Ledger]:
    with place.open() as opened:
        yield opened


def keep(
    tx: Connection,
    revision: int = 1,
    *,
    report: str = "weekly",
    cut: str = "all",
    approve_by: datetime | None = None,
    slot: int | None = None,
) -> Kept:
    return editions.keep(tx, EditionId(report, WEEK, cut).revised(revision), TODAY, NOW, approve_by, slot)


def see(tx: Connection, due_at: datetime = NOW, report: str = "weekly") -> Slot:
    assert slots.see(tx, report, due_at, TODAY, NOW)
    return slots.latest(tx, report, 1)[0]


def claimed(tx: Connection, worker: str = "me", due_at: datetime = NOW) -> Slot:
    slot = slots.claim(tx, see(tx, due_at).id, worker, due_at)
    assert slot is not None
    return slot


def happened(tx: Connection, report: str | None = None) -> list[Row[Any]]:
    """Return what was noted, of one report or of all, the latest first."""
    query = select(events).order_by(events.c.id.desc())
    return list(tx.execute(query if report is None else query.where(events.c.report == report)))


def until_dead(ledger: Ledger, worker: str) -> None:
    """Wait until a server has noticed that a connection is gone; the kernel knows of a file at once."""
    while ledger.alive(worker):
        time.sleep(0.01)


def open_files() -> list[str]:
    return sorted(one.name for one in Path("/proc/self/fd").iterdir())
