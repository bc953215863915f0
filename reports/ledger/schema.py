"""Brings a database to the tables of this version, and refuses one that a newer version made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from reports.errors import LedgerError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Inspector

VERSIONS = ("0001",)  # in their order; each is a file in migrations/versions
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


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
