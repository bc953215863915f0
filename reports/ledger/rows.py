"""Inserts rows that may be there already, and reads rows as values."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite

from reports.ledger.values import Approval, Delivery, DeliveryState, Kept, NoticeState, Slot, SlotState, Told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection, Row, Table

Value = TypeVar("Value")
STATES: dict[type, tuple[str, type]] = {  # the one column of each that isn't read as it is
    Slot: ("state", SlotState),
    Delivery: ("state", DeliveryState),
    Told: ("state", NoticeState),
    Kept: ("approval", Approval),
}


def insert_once(connection: Connection, table: Table, **values: object) -> int | None:
    """Insert a row unless a constraint says that it is there; returns its key, None if it was there."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    key = next(iter(table.primary_key.columns))
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(key)
    found: int | None = connection.execute(statement).scalar()
    return found


def insert_or_change(
    connection: Connection, table: Table, about: Mapping[str, object], values: Mapping[str, object]
) -> None:
    """Insert a row, or change the one that is about the same thing; `about` names the columns of a constraint."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(**about, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=list(about), set_=dict(values)))


def take_turns(connection: Connection, about: str) -> None:
    """Let one transaction at a time, until its end, write rows about a thing; in SQLite whoever writes is alone anyway.

    Two that write the same rows in different orders would block each other.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": lock_number(f"rows of {about}")})


def lock_number(name: str) -> int:
    """Return the number that stands for a name among PostgreSQL's advisory locks."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)


def read_row(kind: type[Value], row: Row[Any]) -> Value:
    """Return a row as the dataclass whose fields are called as its columns."""
    found = {one.name: row._mapping[one.name] for one in fields(kind)}  # type: ignore[arg-type] # noqa: SLF001 - a dataclass; SQLAlchemy's public name
    if kind in STATES:
        name, state = STATES[kind]
        found[name] = state(found[name])
    return kind(**found)


def read_rows(kind: type[Value], rows: Iterable[Row[Any]]) -> list[Value]:
    """Return rows as values."""
    return [read_row(kind, row) for row in rows]
