"""A ledger has the tables of this version, and what isn't a ledger stays as it is."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect, text
from sqlalchemy.schema import CreateTable

import reports.ledger
from reports.errors import LedgerError
from reports.ledger import schedules, schema
from reports.ledger.ledger import Ledger
from reports.ledger.tables import metadata
from tests.ledger.conftest import NOW, Place

if TYPE_CHECKING:
    from tests.ledger.server import Server

SCRIPTS = Path(reports.ledger.__file__).parent / "migrations" / "versions"


def test_the_migrations_give_the_tables_that_are_declared(ledger: Ledger) -> None:
    with ledger.read() as tx:
        options = {"compare_type": True, "version_table": schema.VERSION_TABLE}
        assert compare_metadata(MigrationContext.configure(tx, opts=options), metadata) == []


def test_the_migrations_give_the_constraints_that_are_declared(ledger: Ledger) -> None:
    with ledger.read() as tx:
        inspector = inspect(tx)
        for table in metadata.sorted_tables:
            declared = {str(one.name) for one in table.constraints if isinstance(one, CheckConstraint)}
            assert {one["name"] for one in inspector.get_check_constraints(table.name)} == declared


def test_the_migrations_write_the_constraints_word_for_word(tmp_path: Path) -> None:
    with Ledger.in_file(tmp_path / "ledger.sqlite") as ledger, ledger.read() as tx:
        rows = tx.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
        made = {row.name: row.sql for row in rows}
        for table in metadata.sorted_tables:
            declared = str(CreateTable(table).compile(dialect=tx.dialect))
            assert lines(made[table.name]) == lines(declared)


def lines(statement: str) -> list[str]:
    first, *rest = statement.strip().splitlines()
    return sorted([first.replace('"', ""), *(one.strip().rstrip(",") for one in rest)])  # renamed tables are quoted


def test_every_script_has_its_version() -> None:
    assert tuple(sorted(one.name.partition("_")[0] for one in SCRIPTS.glob("*.py"))) == schema.VERSIONS


def test_a_new_ledger_is_made_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "ledger.sqlite"
    with Ledger.in_file(path) as ledger, ledger.read() as tx:
        assert schema.version(tx, "here") == schema.VERSIONS[-1]
        assert tx.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert tx.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert tx.execute(text("PRAGMA synchronous")).scalar() == 2
    assert path.is_file()


def test_an_empty_file_becomes_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.touch()
    Ledger.in_file(path).close()
    assert path.stat().st_size > 0


def test_what_was_written_is_there_when_it_is_opened_again(empty_place: Place) -> None:
    with empty_place.open() as ledger, ledger.write() as tx:
        schedules.watch(tx, "weekly", NOW)
    with empty_place.open() as ledger, ledger.read() as tx:
        assert list(schedules.known(tx)) == ["weekly"]


def test_a_copy_that_lost_its_way_of_writing_gets_it_back(tmp_path: Path, migrated_file: Path) -> None:
    path = tmp_path / "copy.sqlite"
    with closing(sqlite3.connect(migrated_file)) as connection:
        connection.execute("VACUUM INTO ?", (str(path),))
    with Ledger.in_file(path) as ledger, ledger.read() as tx:
        assert tx.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_processes_that_open_a_new_ledger_at_once_make_it_once(empty_place: Place) -> None:
    names = [empty_place.worker("hold", name) for name in ("one", "two", "three")]
    with names[0] as first, names[1] as second, names[2] as third:
        assert all(worker for worker, _ in (first, second, third))
        with empty_place.open() as ledger, ledger.write() as tx:
            assert tx.execute(text(f"SELECT count(*) FROM {schema.VERSION_TABLE}")).scalar() == 1  # noqa: S608 - our own constant
            schedules.watch(tx, "weekly", NOW)


def test_a_newer_ledger_is_refused_and_stays_as_it_is(empty_place: Place) -> None:
    with empty_place.open() as ledger, ledger.write() as tx:
        schedules.watch(tx, "weekly", NOW)
        tx.execute(text(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'"))  # noqa: S608 - our own constant
    before = Path(empty_place.address).read_bytes() if empty_place.engine == "sqlite" else b""
    with pytest.raises(LedgerError, match=r"written by a newer version .*9999") as caught:
        empty_place.open()
    assert "Update the program" in caught.value.hint
    assert caught.value.permanent
    if empty_place.engine == "sqlite":
        assert Path(empty_place.address).read_bytes() == before
        assert not list(Path(empty_place.address).parent.glob("*-w*"))


def test_a_sqlite_file_of_another_program_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "deals.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE deals (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=r"is not a ledger: it holds the tables deals") as caught:
        Ledger.in_file(path)
    assert caught.value.hint
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_postgresql_database_of_another_program_is_refused(server: Server) -> None:
    name = server.make_database()
    with server.connect(name) as connection:  # one that keeps its versions as Alembic does, and is at the same
        connection.execute("CREATE TABLE alembic_version (version_num text)")
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")
    with pytest.raises(LedgerError, match="is not a ledger: it holds the tables alembic_version"):
        Ledger.at_url(server.url(name))
    server.drop_database(name)


def test_a_migration_that_fails_leaves_nothing(empty_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = schema.upgrade

    def fail(connection: object) -> None:
        upgrade(connection)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the first puts the fault in
        patch.setattr(schema, "upgrade", fail)
        empty_place.open()
    with empty_place.open() as ledger, ledger.read() as tx:
        assert schedules.known(tx) == {}


def test_many_threads_open_the_same_new_ledger(tmp_path: Path) -> None:
    place = Place(str(tmp_path / "ledger.sqlite"), "sqlite")

    def work(number: int) -> None:
        with place.open() as ledger, ledger.write() as tx:
            schedules.watch(tx, f"report{number}", NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with place.open() as ledger, ledger.read() as tx:
        assert len(schedules.known(tx)) == 4
