"""What goes wrong with a ledger is said in words, with what to do, and without its password."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from reports.errors import ConfigError, LedgerError, ReportsError
from reports.ledger import schedules
from reports.ledger.ledger import Ledger
from tests.ledger.conftest import CHECKOUT, NOW, Place, open_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ledger.server import Server

SECRET = "open%20sesame"
FILL = """
import signal, sys
from datetime import UTC, datetime
from pathlib import Path
from reports.errors import LedgerError
from reports.ledger import events
from reports.ledger.ledger import Ledger
with Ledger.in_file(Path(sys.argv[1])) as ledger:
    try:
        for _ in range(1000):
            with ledger.write() as tx:
                events.note(tx, datetime(2026, 11, 22, tzinfo=UTC), "x", detail="x" * 5000)
    except LedgerError as error:
        print(error, "|", error.hint, "|", error.permanent)
    with ledger.read() as tx:
        print(tx.exec_driver_sql("SELECT count(*) FROM events").scalar())
"""


def said(caught: pytest.ExceptionInfo[ReportsError]) -> str:
    assert caught.value.hint
    return f"{caught.value.message} {caught.value.hint}"


def test_a_file_that_another_program_locks(tmp_path: Path, migrated_file: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(migrated_file.read_bytes())
    with Ledger.in_file(path, busy=0.1) as ledger, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerError, match="is locked by another process") as caught, ledger.write():
            pass
        assert not caught.value.permanent
        with ledger.read() as tx:  # readers aren't held up
            assert schedules.known(tx) == {}
        other.execute("ROLLBACK")
        with ledger.write() as tx:
            schedules.watch(tx, "weekly", NOW)


def test_a_row_that_another_connection_locks(server: Server, migrated_database: str) -> None:
    url = server.url(migrated_database)
    with Ledger.at_url(url, busy=0.1) as ledger, Ledger.at_url(url) as other:
        with other.write() as tx:
            schedules.watch(tx, "weekly", NOW)
            with pytest.raises(LedgerError, match="is locked by another process") as caught, ledger.write() as mine:
                schedules.watch(mine, "weekly", NOW)
            assert not caught.value.permanent
        with ledger.write() as mine:
            schedules.watch(mine, "weekly", NOW)
    server.empty(migrated_database)


@contextmanager
def unchangeable(path: Path) -> Iterator[None]:
    """Let nobody change a file or a folder, not even root."""
    if os.geteuid() != 0:
        mode = path.stat().st_mode
        path.chmod(mode & ~0o222)
        yield
        path.chmod(mode)
        return
    program = shutil.which("chattr")
    if program is None or subprocess.run([program, "+i", path], check=False, capture_output=True).returncode != 0:
        pytest.skip("root may write everywhere, and chattr doesn't work here")
    try:
        yield
    finally:
        subprocess.run([program, "-i", path], check=True)


def test_a_folder_that_may_not_be_written_to(tmp_path: Path) -> None:
    with unchangeable(tmp_path):
        with pytest.raises(LedgerError, match="can't be opened") as caught:
            Ledger.in_file(tmp_path / "ledger.sqlite")
        with pytest.raises(LedgerError, match="can't be made"):
            Ledger.in_file(tmp_path / "deeper" / "ledger.sqlite")
    assert "where this user may write" in said(caught)


def test_a_file_that_may_not_be_written_to(tmp_path: Path, migrated_file: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(migrated_file.read_bytes())

    def use() -> None:
        with Ledger.in_file(path) as ledger, ledger.write() as tx:
            schedules.watch(tx, "weekly", NOW)

    with unchangeable(path), pytest.raises(LedgerError, match=r"can't be (written|opened)") as caught:
        use()
    assert "where this user may write" in said(caught)


def test_a_disk_without_room(tmp_path: Path, migrated_file: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(migrated_file.read_bytes())

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FILL, path],
        check=True,
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=limit,
    )
    words, kept = done.stdout.splitlines()
    assert words.startswith(f"the ledger {path} can't be written: ")
    assert "Make room on the disk" in words
    assert words.endswith("| False")
    assert 0 < int(kept) < 1000
    assert done.stderr == ""
    with Ledger.in_file(path) as ledger, ledger.write() as tx:  # with room again, it goes on
        assert tx.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        schedules.watch(tx, "weekly", NOW)


def test_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_text("This is not a database, but it is long enough to be one.\n" * 50)
    with pytest.raises(LedgerError, match="is not a ledger, nor any SQLite file") as caught:
        Ledger.in_file(path)
    assert caught.value.permanent
    assert path.read_text().startswith("This is not")


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="can't be opened") as caught:
        Ledger.in_file(tmp_path)
    assert said(caught)


def test_a_file_in_the_place_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="can't be made") as caught:
        Ledger.in_file(tmp_path / "file" / "ledger.sqlite")
    assert said(caught)


def test_a_damaged_file(tmp_path: Path, migrated_file: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    content = bytearray(migrated_file.read_bytes())
    content[100:4000] = b"\xff" * 3900
    path.write_bytes(content)
    with pytest.raises(LedgerError, match="is damaged") as caught:
        Ledger.in_file(path)
    assert caught.value.permanent
    assert "reports restore" in said(caught)


def test_no_file_stays_open_however_it_went(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("This is not a database, but it is long enough.\n" * 50)
    before = open_files()
    for _ in range(5):
        with Ledger.in_file(tmp_path / "ledger.sqlite") as ledger:
            ledger.appear()
        for bad in (tmp_path / "text", tmp_path):
            with pytest.raises(LedgerError):
                Ledger.in_file(bad)
    assert open_files() == before


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_server_that_is_not_there() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(LedgerError, match=r"the ledger at 127\.0\.0\.1/ledger can't be reached") as caught:
        Ledger.at_url(f"postgresql://reports:{SECRET}@127.0.0.1:{free_port()}/ledger")
    assert not caught.value.permanent
    assert "sesame" not in said(caught)


def test_a_server_that_goes_away_while_we_write(server: Server, migrated_database: str) -> None:
    with Ledger.at_url(server.url(migrated_database)) as ledger:
        with pytest.raises(LedgerError, match="can't be reached") as caught, ledger.write() as tx:  # noqa: PT012 - the second fails
            schedules.watch(tx, "weekly", NOW)
            with server.connect() as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname <> 'postgres'"
                )
            schedules.watch(tx, "board", NOW)
        assert not caught.value.permanent
        with ledger.write() as tx:  # it is back
            assert schedules.known(tx) == {}


def test_a_wrong_password_is_not_shown(server: Server) -> None:
    url = f"postgresql://locked:wrong{SECRET}@/postgres?host={server.folder}"
    with pytest.raises(LedgerError, match="doesn't let this user in") as caught:
        Ledger.at_url(url)
    assert caught.value.permanent
    assert "sesame" not in said(caught)


def test_a_database_that_is_not_there(server: Server) -> None:
    with pytest.raises(LedgerError, match="the ledger at localhost/nowhere doesn't let this user in"):
        Ledger.at_url(server.url("nowhere"))


def test_a_user_who_may_not_write(server: Server) -> None:
    name = server.make_database()
    url = f"postgresql://locked:{SECRET}@/{name}?host={server.folder}"
    with pytest.raises(LedgerError, match="can't be written") as caught:
        Ledger.at_url(url)
    assert caught.value.permanent
    server.drop_database(name)


@pytest.mark.parametrize(
    "url",
    [
        "sesame",
        "postgresql://user:sesame@host:port/ledger",
        "postgresql://user:open@sesame@host/ledger",
        "mysql://user:sesame@host/ledger",
        "sqlite:///sesame",
        "",
    ],
)
def test_an_address_that_cannot_be_used_is_not_shown(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Ledger.at_url(url)
    assert "sesame" not in said(caught)
    assert "postgresql://user:password@host/database" in caught.value.hint


def test_a_fault_of_the_program_says_so(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="refused what it was asked") as caught, ledger.write() as tx:
        tx.execute(text("SELECT * FROM nowhere"))
    assert "REPORTS_TRACEBACK" in caught.value.hint
    assert caught.value.permanent


def test_a_ledger_can_be_opened_by_a_name_with_odd_letters(tmp_path: Path) -> None:
    path = tmp_path / "ä %41 ?mode=ro #.sqlite"
    with Place(str(path), "sqlite").open() as ledger, ledger.write() as tx:
        schedules.watch(tx, "weekly", NOW)
    assert path.exists()
