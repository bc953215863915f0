"""Brings a database to the tables of this version, and refuses one that a newer version made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from reports.errors import LedgerError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Inspector

VERSIONS = ("0001", "0002")  # in their order; each is a file in migrations/versions
VERSION_TABLE = "ledger_version"  # not Alembic's own name: another program's database may have that


def is_current(connection: Connection, where: str) -> bool:
    """Whether the database has the tables of this version; one of a newer version, or of somebody else, is refused."""
    found = version(connection, where)
    if found is not None and found not in VERSIONS:
        raise LedgerError(
            f"the ledger {where} was written by a newer version of this program (its tables are version {found})",
            hint="Update the program, or name another ledger under [ledger].",
        )
    return found == VERSIONS[-1]


def version(connection: Connection, where: str) -> str | None:
    """Return the version of a database's tables; None for an empty one."""
    inspector = inspect(connection)
    if inspector.has_table(VERSION_TABLE):
        found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - our own constant
        return None if found is None else str(found)
    _refuse_strangers(inspector, where)
    return None


def _refuse_strangers(inspector: Inspector, where: str) -> None:
    names = inspector.get_table_names()
    if names:
        raise LedgerError(
            f"the database {where} is not a ledger: it holds the tables {', '.join(sorted(names)[:5])}",
            hint="Name another file or database under [ledger].",
        )


def check_keys(connection: Connection, where: str) -> None:
    """Refuse, before anything is committed, tables that SQLite made anew and that don't fit each other."""
    if connection.dialect.name != "sqlite":
        return  # PostgreSQL holds its foreign keys all the time
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise LedgerError(
            f"the ledger {where} can't be brought to this version: {len(broken)} rows of it name others that are gone",
            hint="Nothing was changed. Restore the ledger from a backup: this one was damaged before.",
        )


def upgrade(connection: Connection, to: str = "head") -> None:
    """Run the migrations that are missing, all of them or those up to a version."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, to)
