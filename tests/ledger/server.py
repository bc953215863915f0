"""A PostgreSQL server of our own, in a folder of its own, for as long as the tests run."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

DEBIAN = Path("/usr/lib/postgresql")
OTHERS = ("postgres", "nobody")  # who runs the server where we are root: it refuses to be root
STARTS = 300  # times that we knock
HBA = "local all locked scram-sha-256\nlocal all all trust\n"
QUICK = ("fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=60", "autovacuum=off")


def find_programs() -> Path | None:
    """Return the folder with initdb and postgres."""
    folders = [Path(one) for one in os.get_exec_path()]
    if shutil.which("pg_config"):
        said = subprocess.run(["pg_config", "--bindir"], check=True, capture_output=True, text=True)  # noqa: S607 - whichever is installed
        folders.append(Path(said.stdout.strip()))
    folders += sorted(DEBIAN.glob("*/bin"), reverse=True)
    return next((one.resolve() for one in folders if (one / "initdb").exists() and (one / "postgres").exists()), None)


class Server:
    """A running server; whoever connects over its socket is let in, except for the role `locked`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count(1)

    def url(self, database: str, user: str = "reports") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.url(database), autocommit=True)

    def make_database(self, template: str = "template1") -> str:
        name = f"ledger_{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return name

    def empty(self, name: str) -> None:
        """Take away what a test wrote: a fifth of the time of a new database."""
        with self.connect(name) as connection:
            connection.execute("SET lock_timeout = '10s'")
            connection.execute(
                "TRUNCATE schedules, editions, slots, deliveries, notices, events, skips, optouts RESTART IDENTITY"
            )

    def drop_database(self, name: str) -> None:
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def running(programs: Path) -> Iterator[Server]:
    """Start a server and stop it."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        other = _other_user()
        if other is not None:
            os.chown(folder, other["user"], other["group"])
        data = folder / "data"
        made = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "reports",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **(other or {}))
        (data / "pg_hba.conf").write_text(HBA)
        with _process(programs / "postgres", data, other):
            server = Server(folder)
            _wait_for(server)
            yield server


def _other_user() -> dict[str, int] | None:
    if os.geteuid() != 0:
        return None
    known = {one.pw_name: one for one in pwd.getpwall()}
    found = next(known[one] for one in OTHERS if one in known)
    return {"user": found.pw_uid, "group": found.pw_gid}


@contextmanager
def _process(program: Path, data: Path, other: dict[str, int] | None) -> Iterator[None]:
    settings = [f"-c{one}" for one in (*QUICK, "listen_addresses=", f"unix_socket_directories={data.parent}")]
    with (
        (data.parent / "log").open("wb") as log,
        subprocess.Popen(
            [program, "-D", data, *settings], stdout=log, stderr=log, cwd=data.parent, **(other or {})
        ) as process,
    ):
        try:
            yield
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nobody needs what is in it any more
            process.wait()


def _wait_for(server: Server) -> None:
    for attempt in range(STARTS):
        try:
            with server.connect() as connection:
                connection.execute("CREATE ROLE locked LOGIN PASSWORD 'open sesame'")
                return
        except psycopg.OperationalError:
            if attempt + 1 == STARTS:
                raise AssertionError((server.folder / "log").read_text()) from None
            time.sleep(0.1)
