"""A ledger of an earlier version keeps all that it knows, and is then as a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from reports.errors import LedgerError
from reports.ledger import deliveries, editions, schema, slots
from reports.ledger.tables import metadata
from reports.ledger.values import Approval, DeliveryState, SlotState
from tests.ledger.conftest import ANNA, Place
from tests.ledger.test_schema import lines

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine


SUBJECT = "weekly:2026-11-15:2026-11-21:all"
ROWS = """
INSERT INTO schedules (report, handled_until) VALUES ('weekly', '2026-11-22T06:30:00.000000Z');

INSERT INTO editions (id, subject, report, since, until, cut, revision, as_of, made_at, approval)
VALUES ('weekly:2026-11-15:2026-11-21:all:r1', 'weekly:2026-11-15:2026-11-21:all', 'weekly', '2026-11-15',
        '2026-11-21', 'all', 1, '2026-11-22', '2026-11-22T06:30:00.000000Z', 'none'),
       ('weekly:2026-11-15:2026-11-21:all:r2', 'weekly:2026-11-15:2026-11-21:all', 'weekly', '2026-11-15',
        '2026-11-21', 'all', 2, '2026-11-22', '2026-11-22T06:30:00.000000Z', 'given');

INSERT INTO slots (report, due_at, as_of, state, reason, hint, attempts, next_at, edition, ended_at)
VALUES ('weekly', '2026-11-22T06:30:00.000000Z', '2026-11-22', 'sent', '', '', 1, '2026-11-22T06:30:00.000000Z',
        'weekly:2026-11-15:2026-11-21:all:r1', '2026-11-22T06:30:00.000000Z'),
       ('board', '2026-11-22T06:30:00.000000Z', '2026-11-22', 'due', 'why', 'how', 0, '2026-11-22T06:30:00.000000Z',
        NULL, NULL);

INSERT INTO deliveries (edition, subject, recipient, mailbox, send, state, detail, permanent, attempts, ended_at)
VALUES ('weekly:2026-11-15:2026-11-21:all:r1', 'weekly:2026-11-15:2026-11-21:all', 'anna@example.com',
        'anna@example.com', 1, 'sent', '250', false, 1, '2026-11-22T06:30:00.000000Z');

INSERT INTO events (at, name, slot, edition, delivery, detail)
VALUES ('2026-11-22T06:30:00.000000Z', 'x', 1, 'weekly:2026-11-15:2026-11-21:all:r1', 1, '')
"""


@pytest.fixture
def early_place(empty_place: Place) -> Place:
    """Where a ledger of version 0001 is, with a slot that has an edition and one that has none."""
    engine = raw_engine(empty_place)
    with engine.begin() as connection:
        schema.upgrade(connection, "0001")
        write_rows(connection)
    engine.dispose()
    return empty_place


def write_rows(connection: Connection) -> None:
    for one in ROWS.split(";"):
        connection.exec_driver_sql(one)


def raw_engine(place: Place) -> Engine:
    if place.engine == "sqlite":
        return create_engine(f"sqlite:///{place.address}")
    return create_engine(place.address.replace("postgresql:", "postgresql+psycopg:"))


def test_what_was_known_is_known(early_place: Place) -> None:
    with early_place.open() as ledger, ledger.read() as tx:
        assert schema.version(tx, "here") == schema.VERSIONS[-1]
        sent, due = slots.get(tx, 1), slots.get(tx, 2)
        assert (sent.report, sent.state, sent.unmet) == ("weekly", SlotState.SENT, False)
        assert (due.report, due.state, due.reason, due.hint, due.unmet) == ("board", SlotState.DUE, "why", "how", False)
        [first] = editions.of_slot(tx, 1)
        assert (first.id, first.slot, first.approval) == (f"{SUBJECT}:r1", 1, Approval.NONE)
        assert editions.of_slot(tx, 2) == []
        assert slots.of_edition(tx, first.id) == sent
        [second] = editions.latest_by_hand(tx, "weekly", 5)
        assert [(one.id, one.approval) for one in second] == [(f"{SUBJECT}:r2", Approval.GIVEN)]
        [one] = deliveries.of_subject(tx, SUBJECT)
        assert (one.state, one.recipient, one.role, one.together) == (DeliveryState.SENT, ANNA, "to", False)
        assert tx.execute(text("SELECT slot, edition, delivery FROM events")).one() == (1, f"{SUBJECT}:r1", 1)


def test_its_tables_are_those_of_a_new_ledger(early_place: Place, request: pytest.FixtureRequest) -> None:
    if early_place.engine == "sqlite":
        new = Place(str(request.getfixturevalue("migrated_file")), "sqlite")
    else:
        new = Place(request.getfixturevalue("server").url(request.getfixturevalue("migrated_database")), "postgresql")
    with early_place.open() as early, early.read() as tx, new.open() as fresh, fresh.read() as other:
        options = {"compare_type": True, "version_table": schema.VERSION_TABLE}
        assert compare_metadata(MigrationContext.configure(tx, opts=options), metadata) == []
        assert constraints(tx) == constraints(other)


def constraints(tx: Connection) -> object:
    """Return all that an engine says of its tables."""
    if tx.dialect.name == "sqlite":
        rows = tx.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        return {row.name: lines(row.sql) for row in rows}
    named = "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2"
    columns = (
        "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns "
        "WHERE table_schema = 'public' ORDER BY 1, 2"
    )
    indexes = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
    return [tx.execute(text(query)).all() for query in (named, columns, indexes)]


def test_foreign_keys_hold_again_when_it_is_done(early_place: Place) -> None:
    with early_place.open() as ledger:
        with pytest.raises(LedgerError, match="refused what it was asked"), ledger.write() as tx:
            tx.execute(text("DELETE FROM slots WHERE id = 1"))
        with pytest.raises(LedgerError, match="refused what it was asked"), ledger.write() as tx:
            tx.execute(text("UPDATE editions SET slot = 4711"))


def test_rows_that_name_what_is_gone_are_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    place = Place(str(tmp_path / "ledger.sqlite"), "sqlite")
    engine = raw_engine(place)  # which doesn't look after foreign keys
    with engine.begin() as connection:
        schema.upgrade(connection, "0001")
        write_rows(connection)
        connection.execute(text("DELETE FROM deliveries"))
    engine.dispose()
    with pytest.raises(LedgerError, match="1 rows of it name others that are gone") as caught:
        place.open()
    assert "Nothing was changed" in caught.value.hint
    with raw_engine(place).connect() as connection:
        assert connection.execute(text(f"SELECT version_num FROM {schema.VERSION_TABLE}")).scalar() == "0001"  # noqa: S608 - our own constant
        assert connection.execute(text("SELECT edition FROM slots WHERE id = 1")).scalar() == f"{SUBJECT}:r1"
