"""Opens the ledger, and gives transactions over it whose troubles are said in words."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from reports.errors import ConfigError, LedgerError
from reports.files import why
from reports.ledger import schema
from reports.ledger.presence import DatabasePresence, FilePresence, Presence, new_worker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY = 15  # seconds that a process waits for others to finish writing
WRITES = "ledger_writes"
POSTGRES = "postgresql+psycopg"


class Ledger:
    """The database of slots, editions and deliveries; use it in a `with` block, one for each process."""

    def __init__(self, engine: Engine, presence: Presence, where: str) -> None:
        self._engine = engine
        self._where = where
        self.presence = presence
        self.worker = new_worker()
        self._present = False

    @classmethod
    def in_file(cls, path: Path) -> Self:
        """Open a SQLite file, made where it isn't there yet."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(f"the ledger {path} can't be made: {why(error)}", hint=ELSEWHERE) from error
        engine = create_engine(URL.create("sqlite+pysqlite", database=str(path)), connect_args={"timeout": BUSY})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return cls._opened(engine, FilePresence(path.with_name(f"{path.name}-workers")), str(path))

    @classmethod
    def at_url(cls, url: str) -> Self:
        """Open a PostgreSQL database."""
        try:
            parsed = make_url(url)
            if parsed.get_backend_name() != "postgresql":
                raise ConfigError(
                    f"a ledger can't be kept in {parsed.get_backend_name()}",
                    hint="The address looks like postgresql://user:password@host/database.",
                )
            engine = create_engine(parsed.set(drivername=POSTGRES), pool_pre_ping=True)
        except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
            raise ConfigError(
                "the ledger's address can't be used",  # the address itself holds a password
                hint="It looks like postgresql://user:password@host/database; psycopg has to be installed.",
            ) from error
        where = f"at {parsed.host or 'localhost'}/{parsed.database}"
        return cls._opened(engine, DatabasePresence(engine), where)

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
            if schema.is_current(connection, self._where):
                return
        with self.write() as connection:
            if self._engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20261122)")
            if not schema.is_current(connection, self._where):
                schema.upgrade(connection)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give one transaction that is committed at the end, or undone by an error."""
        writing = self._engine.execution_options(**{WRITES: True})
        with self._explained(), writing.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give one consistent view; nothing is written."""
        with self._explained(), self._engine.begin() as connection:
            yield connection

    def appear(self) -> str:
        """Take this worker's lock, once; returns its name. Claims are made under it."""
        if not self._present:
            self._present = self.presence.hold(self.worker)
        return self.worker

    def alive(self, worker: str) -> bool:
        """Whether the process behind a worker's name still works."""
        return self.presence.held(worker)

    def close(self) -> None:
        """Let go of the locks and the connections."""
        self.presence.release()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise _trouble(self._where, error) from error
        except SQLAlchemyError as error:
            raise LedgerError(
                f"the ledger {self._where} can't be used: {type(error).__name__}", hint=ELSEWHERE
            ) from error


ELSEWHERE = "Make room, or put the ledger where this user may write: file under [ledger]."
TROUBLES = {  # SQLite's words: ours, what to do, and whether trying again could help
    "locked": ("is locked by another process", "Look for a backup or an editor that has it open.", True),
    "readonly": ("can't be written", ELSEWHERE, True),
    "unable to open": ("can't be opened", ELSEWHERE, True),
    "full": ("can't be written: no space left", "Make room on the disk.", True),
    "disk i/o": ("can't be written: the disk gave an error", "Make room on the disk, and look at its health.", True),
    "malformed": ("is damaged", "Restore it from a backup: `reports restore DIR`.", False),
    "not a database": ("is not a ledger, nor any SQLite file", "Name another file under [ledger].", False),
}


def _trouble(where: str, error: DBAPIError) -> LedgerError:
    said = str(error.orig).casefold()
    for words, (text, hint, passing) in TROUBLES.items():
        if words in said:
            return LedgerError(f"the ledger {where} {text}", hint=hint, permanent=not passing)
    if error.connection_invalidated or "connect" in said:
        return LedgerError(
            f"the ledger {where} can't be reached", hint="Is the database server running?", permanent=False
        )
    return LedgerError(
        f"the ledger {where} refused what it was asked: {type(error.orig).__name__}",
        hint="This may be a fault of the program: run it again with REPORTS_TRACEBACK=1 and report what it prints.",
    )


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Set up a connection: transactions are ours to begin, and are on the disk when they are committed."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the right to write at once where we are going to: nobody can come in between reading and writing."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
