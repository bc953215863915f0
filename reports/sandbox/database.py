"""A SQLite database of the sandbox's that many threads share."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any, Self

from reports.errors import ConfigError, SourceUnavailable
from reports.sandbox.sql import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

VERSION = 1
APPLICATION = int.from_bytes(b"VXSB")  # tells our files from any other program's
PATIENCE = 10.0  # seconds to wait for another process that writes


class Database:
    """One connection that serves all threads, one at a time: the lock keeps their statements apart."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = RLock()

    @classmethod
    def open(cls, path: Path | None) -> Self:
        """Open a file, made if it isn't there, or memory."""
        try:
            return cls(_connect(path))
        except sqlite3.Error as error:
            raise ConfigError(
                f"{path} can't be used as the sandbox's database: {error}",
                hint="Name a file that the sandbox made, or one that isn't there yet in a folder that is.",
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self, begin: str) -> Iterator[None]:
        """Hold all that happens inside together; an error takes it back."""
        with self._lock:
            self.rows(begin)
            try:
                yield
                with _explained():
                    self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise

    def rows(self, sql: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Run one statement, and return the rows that it answers."""
        with self._lock, _explained():
            return self._connection.execute(sql, values or {}).fetchall()

    def put(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Run one statement for each row."""
        with self._lock, _explained():
            self._connection.executemany(sql, rows)


def _connect(path: Path | None) -> sqlite3.Connection:
    # Whoever opens the database is often not the thread that serves it; the lock above does what the check would.
    connection = sqlite3.connect(path or ":memory:", timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path | None) -> None:
    marks = tuple(connection.execute(f"PRAGMA {mark}").fetchone()[0] for mark in ("application_id", "user_version"))
    if marks == (APPLICATION, VERSION):
        return
    if marks != (0, 0) or connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone() != (0,):
        ours = marks[0] == APPLICATION
        raise ConfigError(
            f"{path} is a sandbox database of version {marks[1]}; this program knows version {VERSION}"
            if ours
            else f"{path} is a database of another program",
            hint="Name another file; deals from a CSV file can be loaded into it again.",
        )
    connection.executescript(
        f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT"
    )


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise SourceUnavailable(
            f"the sandbox's database can't be read or written: {error}",
            hint="Another process may be loading deals into it, or the disk may be full: try again.",
        ) from error
