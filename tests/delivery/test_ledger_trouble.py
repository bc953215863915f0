"""A ledger that can't be read or written: a message in words, and nothing is sent that isn't written down."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from reports.attempt import attempt
from reports.errors import LedgerError
from reports.ledger import recovery
from reports.ledger.ledger import Ledger
from tests.acceptance.conftest import TIMEOUT, environment
from tests.delivery.world import ANNA, BILAL, CHEN, DAY, EDITION, SUNDAY, World, counts, kept, mail_server, smtp, told
from tests.mail.servers import Mailbox

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = [
    ("run-due",),
    ("status",),
    ("run", "weekly"),
    ("resend", EDITION),
    ("resolve", "weekly"),
    ("pause", "weekly"),
]


def command(made: World, *arguments: str, most: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command; no file may grow beyond so many bytes."""

    def limit() -> None:
        if most is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    done = subprocess.run(
        [sys.executable, "-m", "reports", *arguments],
        cwd=made.folder,
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
        preexec_fn=limit,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert "unforeseen" not in done.stderr, done.stderr
    return done


@pytest.fixture
def made(tmp_path: Path, mailbox: Mailbox) -> Any:
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port)) as made:
        made.ledger.close()
        yield made


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Expect one error in words and what to do, on standard error, and the exit code of a failure."""
    assert done.returncode == 1, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith(("error: ", "hint: "))]
    assert [line.split(":")[0] for line in lines] == ["error", "hint"], done.stderr
    for word in words:
        assert word in lines[0], done.stderr


@pytest.mark.parametrize("arguments", [COMMANDS[0], pytest.param(COMMANDS[2], marks=pytest.mark.slow)])
def test_a_newer_ledger_is_left_alone(made: World, mailbox: Mailbox, arguments: tuple[str, ...]) -> None:
    with sqlite3.connect(made.folder / "ledger.sqlite") as connection:
        connection.execute("UPDATE ledger_version SET version_num = '9999'")
    connection.close()
    refused(command(made, *arguments), "ledger", "newer")
    assert mailbox.received == []


@pytest.mark.parametrize("arguments", [COMMANDS[0], pytest.param(COMMANDS[2], marks=pytest.mark.slow)])
def test_a_full_disk_sends_nothing(made: World, mailbox: Mailbox, arguments: tuple[str, ...]) -> None:
    refused(command(made, *arguments, most=4096), "ledger", "can't be written")
    assert mailbox.received == []


def test_a_ledger_that_is_something_else_is_left_alone(made: World) -> None:
    file = made.folder / "ledger.sqlite"
    file.write_bytes(b"Dear diary, " * 1000)
    refused(command(made, "status"), "is not a ledger")
    assert file.read_bytes() == b"Dear diary, " * 1000


@pytest.mark.slow
@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_ledger_that_stays_locked_sends_nothing(made: World, mailbox: Mailbox, arguments: tuple[str, ...]) -> None:
    other = sqlite3.connect(made.folder / "ledger.sqlite", isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    try:
        refused(command(made, *arguments), "is locked by another process")
    finally:
        other.close()
    assert mailbox.received == []


class Locks(Mailbox):
    """Takes one message, and has the ledger locked before it says so."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self.other: sqlite3.Connection | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.other is None:
            self.other = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False)
            self.other.execute("BEGIN IMMEDIATE")
        return await super().handle_DATA(server, session, envelope)


def test_what_was_sent_but_couldnt_be_written_down_is_unknown_and_never_sent_again(tmp_path: Path) -> None:
    locks = Locks(tmp_path / "p" / "ledger.sqlite")
    with mail_server(locks) as port, kept(tmp_path / "p", smtp(port)) as made:
        [slot] = made.note()
        made.ledger.close()
        with Ledger.in_file(locks.file, busy=0.5) as made.ledger, pytest.raises(LedgerError, match="is locked"):
            asyncio.run(attempt(made.office, slot.id))
        assert locks.other is not None
        locks.other.close()
        assert counts(locks.received) == {ANNA: 1}, "nobody else is sent anything that can't be written down"

        made.restart()
        assert made.states() == {ANNA: "sending", BILAL: "pending", CHEN: "pending"}
        made.note()  # finds that the other process died
        [ended] = made.at(made.slots[0].next_at)
        assert (str(ended.state), ended.reason) == ("failed", "2 of 3 sent, 1 unknown")
        made.at(SUNDAY + DAY)
        assert {one: counts(locks.received)[one] for one in (ANNA, BILAL, CHEN)} == {ANNA: 1, BILAL: 1, CHEN: 1}
        [(subject, text)] = told(locks)
        assert subject.startswith("Delivery unclear: ")
        assert ANNA in text


class TakesForDead(Mailbox):
    """Has everybody taken for dead while the first message is on its way, as where a database lost a connection."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if not self.received:
            with Ledger.in_file(self.file) as other, other.write() as tx:
                recovery.recover(tx, lambda _: False, SUNDAY)
        return await super().handle_DATA(server, session, envelope)


def test_a_slot_that_was_taken_away_meanwhile_is_left_to_others(tmp_path: Path) -> None:
    mailbox = TakesForDead(tmp_path / "p" / "ledger.sqlite")
    with mail_server(mailbox) as port, kept(tmp_path / "p", smtp(port)) as made:
        [slot] = made.note()
        left = asyncio.run(attempt(made.office, slot.id))
        assert left is not None
        assert (str(left.state), left.worker) == ("due", None), "not failed by whoever has lost it"
        assert made.notices == []
        [ended] = made.work()
        assert (str(ended.state), ended.reason) == ("failed", "2 of 3 sent, 1 unknown")
        assert {one: counts(mailbox.received)[one] for one in (ANNA, BILAL, CHEN)} == {ANNA: 1, BILAL: 1, CHEN: 1}
