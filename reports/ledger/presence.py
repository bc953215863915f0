"""Who is at work on a ledger: a lock for each worker, which the system takes away when the process ends."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from reports.errors import LedgerError
from reports.files import why
from reports.ledger.rows import lock_number
from reports.ledger.trouble import ELSEWHERE, explained

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

RUNNER = "runner"  # the name that only one process at a time holds
NAME = re.compile(r"[a-z0-9._-]{1,40}")
TRIES, PAUSE = 5, 0.05  # somebody who only looks whether a name is held has its lock for a moment


class Presence(Protocol):
    """The locks of one process, and a look at those of others."""

    def hold(self, name: str) -> bool:
        """Take a name until this process ends or lets go; False if somebody else has it."""

    def held(self, name: str) -> bool:
        """Whether a living process holds a name."""

    def release(self) -> None:
        """Let go of every name."""


def hold_firmly(presence: Presence, name: str) -> bool:
    """Take a name, also if somebody looks at it right now."""
    for _ in range(TRIES):
        if presence.hold(name):
            return True
        time.sleep(PAUSE)
    return False


def new_worker() -> str:
    """Return a name for a process that works, which no other process ever had."""
    host = re.sub(r"[^a-z0-9-]", "-", socket.gethostname().lower())[:12]
    return f"{host}-{os.getpid()}-{secrets.token_hex(4)}"


class FilePresence:
    """Locks on files beside a SQLite ledger: the kernel lets go of them however a process ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, int] = {}

    def hold(self, name: str) -> bool:
        """Take a name until this process ends or lets go; False if somebody else has it."""
        if name in self._held:
            return True
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            return self._lock(name)
        except OSError as error:
            raise self._trouble("written", error) from error

    def _lock(self, name: str) -> bool:
        while True:
            handle = os.open(self._path(name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                taken = _locked(handle, fcntl.LOCK_EX)
            except OSError:
                os.close(handle)
                raise
            if not taken:
                os.close(handle)
                return False
            if self._is_there(name, handle):  # else whoever had it took the file away meanwhile
                self._held[name] = handle
                return True
            os.close(handle)

    def _is_there(self, name: str, handle: int) -> bool:
        try:
            return os.fstat(handle).st_ino == self._path(name).stat().st_ino
        except FileNotFoundError:
            return False

    def held(self, name: str) -> bool:
        """Whether a living process holds a name; the file that a dead one left is taken away."""
        if name in self._held:
            return True
        try:
            return self._looks_held(name)
        except FileNotFoundError:
            return False
        except OSError as error:  # whoever can't look doesn't know: to take a living process for dead does harm
            raise self._trouble("read", error) from error

    def living(self) -> list[str]:
        """Return the names that living processes hold."""
        names = sorted(path.stem for path in self._folder.glob("*.lock"))
        return [one for one in names if NAME.fullmatch(one) and self.held(one)]

    def _looks_held(self, name: str) -> bool:
        handle = os.open(self._path(name), os.O_RDONLY | os.O_CLOEXEC)
        try:
            if not _locked(handle, fcntl.LOCK_SH):  # shared: those who look don't take each other for the holder
                return True
            if name != RUNNER and self._is_there(name, handle):
                with suppress(OSError):
                    self._path(name).unlink()
            return False
        finally:
            os.close(handle)

    def _trouble(self, verb: str, error: OSError) -> LedgerError:
        message = f"the locks of the ledger can't be {verb} at {self._folder}: {why(error)}"
        return LedgerError(message, hint=ELSEWHERE, permanent=False)

    def release(self) -> None:
        """Let go of every name."""
        for name, handle in self._held.items():
            with suppress(OSError):
                self._path(name).unlink()  # while it is still locked, so that nobody takes it in between
            os.close(handle)
        self._held.clear()

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            message = f"{name!r} is no name of a worker"
            raise ValueError(message)
        return self._folder / f"{name}.lock"


def _locked(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class DatabasePresence:
    """Advisory locks of a PostgreSQL session: the server lets go of them when the connection ends."""

    def __init__(self, engine: Engine, where: str) -> None:
        self._engine = engine
        self._where = where
        self._connection: Connection | None = None
        self._held: set[str] = set()

    def hold(self, name: str) -> bool:
        """Take a name until this process ends or lets go; False if somebody else has it.

        A connection that broke took its locks along: the name is taken anew over another one.
        """
        with explained(self._where):
            if name in self._held and self._connected():
                return True
            taken = _advisory(self._own(), "pg_try_advisory_lock", name)
        if taken:
            self._held.add(name)
        return taken

    def _connected(self) -> bool:
        try:
            self._own().execute(text("SELECT 1"))
        except DBAPIError:
            self._drop()
            return False
        return True

    def _own(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._connection

    def held(self, name: str) -> bool:
        """Whether a living process holds a name."""
        if name in self._held:
            return True
        with explained(self._where), self._engine.connect() as connection:  # a shared lock, until its end
            return not _advisory(connection, "pg_try_advisory_xact_lock_shared", name)

    def release(self) -> None:
        """Let go of every name."""
        if self._connection is not None:
            with suppress(SQLAlchemyError):  # the server that is gone has let go of them
                self._connection.execute(text("SELECT pg_advisory_unlock_all()"))
        self._drop()

    def _drop(self) -> None:
        self._held.clear()
        if self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.close()
        self._connection = None


def _advisory(connection: Connection, function: str, name: str) -> bool:
    return bool(connection.execute(text(f"SELECT {function}(:number)"), {"number": lock_number(name)}).scalar())
