"""A name is held by one process, for as long as it lives."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from reports.errors import LedgerError
from reports.ledger.ledger import Ledger
from reports.ledger.presence import RUNNER, FilePresence, hold_firmly, new_worker
from tests.ledger.conftest import open_files, until_dead

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ledger.conftest import Place
    from tests.ledger.server import Server

MANY = 4
ROUNDS = 4


def test_a_name_is_held_until_it_is_let_go(place: Place, ledger: Ledger) -> None:
    with place.open() as other:
        assert not other.presence.held(RUNNER)
        assert ledger.presence.hold(RUNNER)
        assert ledger.presence.hold(RUNNER)  # we have it
        assert ledger.presence.held(RUNNER)
        assert other.presence.held(RUNNER)
        assert not other.presence.hold(RUNNER)
        ledger.presence.release()
        assert not ledger.presence.held(RUNNER)
        assert not other.presence.held(RUNNER)
        assert other.presence.hold(RUNNER)


def test_a_closed_ledger_lets_go(place: Place, ledger: Ledger) -> None:
    with place.open() as other:
        name = other.appear()
        assert other.appear() == name
        assert ledger.alive(name)
    assert not ledger.alive(name)


def test_names_have_nothing_to_do_with_each_other(place: Place, ledger: Ledger) -> None:
    with place.open() as other:
        assert ledger.appear() != other.appear()
        assert other.presence.hold(RUNNER)
        assert ledger.alive(other.worker)
        assert other.alive(ledger.worker)
        assert not ledger.alive(new_worker())


def test_of_many_that_want_a_name_at_once_one_gets_it(place: Place) -> None:
    for _ in range(ROUNDS):
        gate, done = Barrier(MANY), Barrier(MANY)

        def work(_: int, gate: Barrier = gate, done: Barrier = done) -> bool:
            with place.open() as ledger:
                gate.wait()
                taken = ledger.presence.hold(RUNNER)
                done.wait()
                return taken

        with ThreadPoolExecutor(MANY) as pool:
            assert sum(pool.map(work, range(MANY))) == 1


def test_those_who_look_neither_take_a_name_nor_each_other_for_its_holder(place: Place, ledger: Ledger) -> None:
    gate = Barrier(MANY)

    def look(_: int) -> bool:
        with place.open() as mine:
            gate.wait()
            return any(mine.presence.held(RUNNER) for _ in range(50))

    with ThreadPoolExecutor(MANY) as pool:
        assert not any(pool.map(look, range(MANY)))
    assert hold_firmly(ledger.presence, RUNNER)


def test_a_killed_process_holds_nothing(place: Place, ledger: Ledger) -> None:
    with place.worker("hold", RUNNER) as (worker, process):
        assert ledger.alive(worker)
        assert not ledger.presence.hold(RUNNER)
        process.kill()
        process.wait()
        until_dead(ledger, worker)
        until_dead(ledger, RUNNER)
        assert ledger.presence.hold(RUNNER)


def test_a_program_that_we_started_does_not_hold_our_name_for_us(place: Place, ledger: Ledger) -> None:
    with place.open() as other:
        name = other.appear()
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    with child:
        assert not ledger.alive(name)
        child.communicate(b"\n")


def test_a_worker_is_called_as_no_other() -> None:
    names = {new_worker() for _ in range(50)}
    assert len(names) == 50
    assert max(map(len, names)) <= 40


def test_the_files_of_the_dead_are_taken_away(tmp_path: Path) -> None:
    (tmp_path / "ghost-1.lock").touch()
    (tmp_path / "runner.lock").touch()
    presence = FilePresence(tmp_path)
    assert not presence.held("ghost-1")
    assert not presence.held(RUNNER)
    assert [one.name for one in tmp_path.iterdir()] == ["runner.lock"]
    assert presence.hold(RUNNER)
    presence.release()
    assert list(tmp_path.iterdir()) == []


def test_who_looks_at_the_same_moment_is_not_taken_for_the_holder(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    path.touch()
    with path.open() as looker:
        fcntl.flock(looker, fcntl.LOCK_SH)
        assert not FilePresence(tmp_path).held("one")
        fcntl.flock(looker, fcntl.LOCK_UN)


def test_no_file_stays_open(tmp_path: Path) -> None:
    before = open_files()
    first, second = FilePresence(tmp_path), FilePresence(tmp_path)
    for _ in range(10):
        assert first.hold("one")
        assert second.held("one")
        assert not second.hold("one")
        assert not second.held("two")
        first.release()
    assert open_files() == before


def test_who_cannot_look_does_not_take_the_living_for_dead(tmp_path: Path) -> None:
    (tmp_path / "one.lock").symlink_to("one.lock")
    with pytest.raises(LedgerError, match="locks of the ledger can't be read") as caught:
        FilePresence(tmp_path).held("one")
    assert not caught.value.permanent


def test_a_folder_of_locks_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="locks of the ledger can't be written") as caught:
        FilePresence(tmp_path / "file").hold("one")
    assert caught.value.hint


@pytest.mark.parametrize("name", ["../one", "", "a b", "ONE", "x" * 41])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name of a worker"):
        FilePresence(tmp_path).hold(name)
    with pytest.raises(ValueError, match="no name of a worker"):
        FilePresence(tmp_path).held(name)


def test_whoever_comes_by_a_link_sees_the_same_locks(tmp_path: Path) -> None:
    (tmp_path / "link.sqlite").symlink_to(tmp_path / "ledger.sqlite")
    with Ledger.in_file(tmp_path / "ledger.sqlite") as one, Ledger.in_file(tmp_path / "link.sqlite") as other:
        assert other.alive(one.appear())


def test_a_worker_whose_connection_broke_takes_its_name_again(server: Server, migrated_database: str) -> None:
    name = server.make_database(migrated_database)
    with Ledger.at_url(server.url(name)) as ledger, Ledger.at_url(server.url(name)) as other:
        worker = ledger.appear()
        with other.write() as tx:
            tx.execute(
                text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
            )
        assert not other.alive(worker)
        assert ledger.appear() == worker
        assert other.alive(worker)
    server.drop_database(name)


def test_a_ledger_whose_server_broke_the_connection_is_closed_quietly(server: Server, migrated_database: str) -> None:
    name = server.make_database(migrated_database)
    with Ledger.at_url(server.url(name)) as ledger:
        ledger.appear()
        server.drop_database(name)
        with pytest.raises(LedgerError) as caught:
            ledger.appear()
        assert str(caught.value).startswith("the ledger at localhost/ledger_")
