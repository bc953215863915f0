"""Opens the ledger, and gives transactions over it whose troubles are said in words."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from reports.errors import ConfigError, LedgerError
from reports.files import why
from reports.ledger import schema
from reports.ledger.presence import DatabasePresence, FilePresence, Presence, hold_firmly, new_worker
from reports.ledger.trouble import ELSEWHERE, explained

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY = 15  # seconds that a process waits for others to finish writing
BEGIN = "ledger_begin"  # how a transaction begins in SQLite: an option of the connection
READING, WRITING, ALONE = "BEGIN", "BEGIN IMMEDIATE", ""
KEYS = (
    "ledger_keys"  # whether SQLite holds the foreign keys while it works: only as long as tables are made anew it can't
)
POSTGRES = "postgresql+psycopg"
ADDRESS = "It looks like postgresql://user:password@host/database"


class Ledger:
    """The database of slots, editions and deliveries; use it in a `with` block, one for each process."""

    def __init__(self, engine: Engine, presence: Presence, where: str) -> None:
        self._engine = engine
        self.where = where
        self.presence = presence
        self.worker = new_worker()

    @classmethod
    def in_file(cls, path: Path, *, busy: float = BUSY) -> Self:
        """Open a SQLite file, made where it isn't there yet; `busy` seconds are waited for others."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(f"the ledger {path} can't be made: {why(error)}", hint=ELSEWHERE) from error
        _made_private(path)
        engine = create_engine(URL.create("sqlite+pysqlite", database=str(path)), connect_args={"timeout": busy})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return cls._opened(engine, presence_beside(path), str(path))

    @classmethod
    def at_url(cls, url: str, *, busy: float = BUSY) -> Self:
        """Open a PostgreSQL database; `busy` seconds are waited for the server, and for others."""
        parsed = _parsed(url)
        timeout = {} if "connect_timeout" in parsed.query else {"connect_timeout": max(2, round(busy))}
        try:
            engine = create_engine(parsed, pool_pre_ping=True, connect_args=timeout)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise ConfigError(
                "the ledger's address can't be used", hint=f"{ADDRESS}; psycopg has to be installed."
            ) from error
        event.listen(engine, "connect", partial(_prepare_postgres, busy))
        where = f"at {parsed.host or 'localhost'}/{parsed.database}"
        return cls._opened(engine, DatabasePresence(engine, where), where)

    @classmethod
    def _opened(cls, engine: Engine, presence: Presence, where: str) -> Self:
        ledger = cls(engine, presence, where)
        try:
            ledger._migrate()
        except BaseException:
            ledger.close()
            raise
        return ledger

    def _migrate(self) -> None:
        """Bring the tables to this version; of two processes at once the second finds them done."""
        with self.read() as connection:
            current = schema.is_current(connection, self.where)
        if self._engine.dialect.name == "sqlite":
            self._log_ahead()  # only now: a file that isn't ours stays as it is
        if current:
            return
        with self._transaction({BEGIN: WRITING, KEYS: False}) as connection:
            if self._engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20261122)")
            if not schema.is_current(connection, self.where):
                schema.upgrade(connection)
                schema.check_keys(connection, self.where)

    def _log_ahead(self) -> None:
        """Let readers of a SQLite file work while somebody writes; the file keeps this in mind."""
        with self._transaction({BEGIN: ALONE}) as connection:
            if connection.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal":
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give one transaction that is committed at the end, or undone by an error."""
        with self._transaction({BEGIN: WRITING}) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give one consistent view; nothing is written."""
        options: dict[str, object] = {BEGIN: READING}
        if self._engine.dialect.name == "postgresql":  # where each statement would have its own view
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._transaction(options) as connection:
            yield connection

    @contextmanager
    def _transaction(self, options: Mapping[str, Any]) -> Iterator[Connection]:
        with explained(self.where), self._engine.execution_options(**options).begin() as connection:
            yield connection

    def copy_to(self, path: Path) -> None:
        """Copy a SQLite file as it stands at one moment into a new file, while others go on working."""
        with self._transaction({BEGIN: ALONE}) as connection:
            ours = connection.connection.driver_connection
            if not isinstance(ours, sqlite3.Connection):
                raise TypeError(self.where)
            try:
                with closing(sqlite3.connect(path)) as copy:
                    ours.backup(copy)
                    copy.execute("PRAGMA journal_mode = DELETE")  # one file that stands alone
            except sqlite3.Error as error:
                raise LedgerError(
                    f"the ledger {self.where} can't be copied to {path}: {error}",
                    hint="Make room, and look at the ledger: `reports status`.",
                ) from error

    def appear(self) -> str:
        """Take this worker's lock unless we have it; returns its name. Claims are made under it."""
        if not hold_firmly(self.presence, self.worker):
            raise LedgerError(
                f"the lock of {self.worker} in the ledger {self.where} is taken",
                hint="Start the program again: it takes another name.",
                permanent=False,
            )
        return self.worker

    def alive(self, worker: str) -> bool:
        """Whether the process behind a worker's name still works."""
        return self.presence.held(worker)

    def close(self) -> None:
        """Let go of the locks and the connections."""
        try:
            self.presence.release()
        finally:
            self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()


def presence_beside(path: Path) -> FilePresence:
    """Return the locks of a SQLite file; whoever comes by a link has to see the same ones."""
    file = path.resolve()
    return FilePresence(file.with_name(f"{file.name}-workers"))


def _parsed(url: str) -> URL:
    """Return the parts of an address; what is said of a wrong one never shows it, since it holds a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigError("the ledger's address can't be used", hint=f"{ADDRESS}.") from None
    if parsed.get_backend_name() != "postgresql":
        raise ConfigError(f"a ledger can't be kept in {parsed.get_backend_name()}", hint=f"{ADDRESS}.")
    if "@" in (parsed.host or ""):
        hint = f"{ADDRESS}; an @ in the password is written %40, a / %2F, a : %3A."
        raise ConfigError("the ledger's address holds more than one @", hint=hint)
    return parsed.set(drivername=POSTGRES)


def _made_private(path: Path) -> None:
    """Make an empty file that only its owner can read, unless there is one: addresses will stand in it."""
    with suppress(OSError):  # SQLite says what is wrong with the place
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Set up a connection: transactions are ours to begin, are on the disk when committed, and leave no old content."""
    connection.isolation_level = None
    _run(connection, "PRAGMA synchronous = FULL", "PRAGMA secure_delete = ON")


def _prepare_postgres(busy: float, connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Set up a connection: nobody waits for ever for a process that hangs."""
    _run(connection, f"SET lock_timeout = {round(busy * 1000)}", "SET TIME ZONE 'UTC'")
    connection.commit()


def _run(connection: DBAPIConnection, *statements: str) -> None:
    try:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()
    except BaseException:
        connection.close()  # it isn't in the pool yet: nobody else would
        raise


def _begin_sqlite(connection: Connection) -> None:
    """Take the right to write at once where we are going to: nobody can come in between reading and writing."""
    options = connection.get_execution_options()
    begin = options.get(BEGIN, READING)
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if begin == READING else 'OFF'}")
    connection.exec_driver_sql(f"PRAGMA foreign_keys = {'ON' if options.get(KEYS, True) else 'OFF'}")  # not within it
    if begin:
        connection.exec_driver_sql(begin)
