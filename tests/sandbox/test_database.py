"""A database is opened as ours or refused, and never waited for without end."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from reports.errors import ConfigError, SourceUnavailable
from reports.sandbox import database
from reports.sandbox.deals import Deals

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deals.sqlite"
    Deals.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ConfigError, match=r"version 99; this program knows version 1$") as caught:
        Deals.open(path)
    assert caught.value.hint


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (id)")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=r"another program$") as caught:
        Deals.open(path)
    assert caught.value.hint
    assert path.read_bytes() == before


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are notes, and long enough to be looked at as if they were a database. " * 20)
    with pytest.raises(ConfigError, match="not a database"):
        Deals.open(path)


@pytest.mark.parametrize("name", ["missing/deals.sqlite", "."])
def test_what_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="can't be used"):
        Deals.open(tmp_path / name)


def test_a_database_that_another_process_holds_is_a_temporary_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    path = tmp_path / "deals.sqlite"
    with Deals.open(path) as deals, Deals.open(path) as other, other.writing():
        with pytest.raises(SourceUnavailable, match="locked") as caught, deals.writing():
            pass
        assert not caught.value.permanent
        assert deals.pipelines() == ()
