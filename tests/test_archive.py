"""Revisions are numbered once, appear whole, and are never overwritten."""

from __future__ import annotations

import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from reports.archive import KEY, Archive, Revision, snapshot_json
from reports.errors import LedgerError
from reports.figures import Answer, EditionId, Snapshot
from reports.periods import Period

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EDITION = EditionId("weekly", Period(date(2026, 11, 15), date(2026, 11, 21)))
HOME = ("weekly", "2026-11-15_2026-11-21", "all")
MANY = 8
ROUNDS = 20


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path.joinpath(*HOME)


def test_a_finished_revision_lies_where_its_name_says(tmp_path: Path, home: Path) -> None:
    draft = Archive(tmp_path).draft(EDITION)
    assert str(draft.edition) == "weekly:2026-11-15:2026-11-21:all:r1"
    files = draft.finish({"edition.json": b"{}", "weekly.pdf": b"%PDF"})
    assert files == {"edition.json": home / "r1" / "edition.json", "weekly.pdf": home / "r1" / "weekly.pdf"}
    assert {name: path.read_bytes() for name, path in files.items()} == {"edition.json": b"{}", "weekly.pdf": b"%PDF"}
    assert [one.name for one in home.iterdir()] == ["r1"]


def test_nothing_is_visible_until_it_is_finished(tmp_path: Path, home: Path) -> None:
    draft = Archive(tmp_path).draft(EDITION)
    assert not draft.folder.exists()
    assert [one.name for one in home.iterdir()] == ["r1.partial"]


def test_revisions_count_on_and_the_first_one_stays(tmp_path: Path, home: Path) -> None:
    archive = Archive(tmp_path)
    archive.draft(EDITION).finish({"a": b"first"})
    second = archive.draft(EDITION)
    assert second.edition.revision == 2
    second.finish({"a": b"second"})
    assert (home / "r1" / "a").read_bytes() == b"first"
    for _ in range(9):
        archive.draft(EDITION).finish({})
    assert archive.draft(EDITION).edition.revision == 12  # after 11, not after 9 as a text would sort


def test_drafts_that_are_still_being_made_have_their_numbers(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    assert [archive.draft(EDITION).edition.revision for _ in range(3)] == [1, 2, 3]


def test_other_cuts_and_periods_count_for_themselves(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.draft(EDITION)
    assert archive.draft(EditionId("weekly", EDITION.period, "agent-7")).edition.revision == 1
    later = Period(date(2026, 11, 22), date(2026, 11, 28))
    assert archive.draft(EditionId("weekly", later)).edition.revision == 1


def test_an_abandoned_draft_leaves_nothing(tmp_path: Path, home: Path) -> None:
    draft = Archive(tmp_path).draft(EDITION)
    (draft.partial / "half").write_bytes(b"x")
    draft.abandon()
    draft.abandon()
    assert list(home.iterdir()) == []


@pytest.fixture
def hasty() -> Iterator[None]:
    """Let threads take turns after nearly every step."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty")
def test_revisions_reserved_at_once_differ(tmp_path: Path) -> None:
    start = Barrier(MANY)

    def reserve(_: int) -> list[int | None]:
        start.wait()
        return [Archive(tmp_path).draft(EDITION).edition.revision for _ in range(ROUNDS)]

    with ThreadPoolExecutor(MANY) as pool:
        found = [one for each in pool.map(reserve, range(MANY)) for one in each]
    assert sorted(one for one in found if one) == list(range(1, MANY * ROUNDS + 1))


def test_a_finished_revision_is_never_overwritten(tmp_path: Path, home: Path) -> None:
    draft = Archive(tmp_path).draft(EDITION)
    (home / "r1").mkdir()
    (home / "r1" / "kept").write_bytes(b"kept")
    with pytest.raises(LedgerError, match="archive can't be written"):
        draft.finish({"edition.json": b"{}"})
    assert [one.name for one in (home / "r1").iterdir()] == ["kept"]


@pytest.mark.parametrize("call", [lambda one: one.draft(EDITION), lambda one: one.key()])
def test_a_place_that_cannot_be_written_is_named_with_the_reason(tmp_path: Path, call: object) -> None:
    place = tmp_path / "file"
    place.touch()
    with pytest.raises(LedgerError) as raised:
        call(Archive(place))  # type: ignore[operator]
    assert str(place) in raised.value.message
    assert "[archive] folder" in raised.value.hint


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    first = Archive(tmp_path / "new").key()
    assert len(first) == 32
    assert Archive(tmp_path / "new").key() == first
    assert Archive(tmp_path / "other").key() != first
    assert (tmp_path / "new" / KEY).stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path / "new") == [KEY]  # noqa: PTH208 - names only


@pytest.mark.parametrize("attempt", range(5))
def test_who_asks_for_the_key_at_once_gets_the_same_one(tmp_path: Path, attempt: int) -> None:
    folder = tmp_path / str(attempt)
    start = Barrier(MANY)

    def ask(_: int) -> bytes:
        start.wait()
        return Archive(folder).key()

    with ThreadPoolExecutor(MANY) as pool:
        keys = set(pool.map(ask, range(MANY)))
    assert {len(one) for one in keys} == {32}
    assert len(keys) == 1


def test_a_snapshot_keeps_every_answer_and_when_it_was_asked() -> None:
    body = {"name": "نورة", "rate": Decimal("33.3"), "list": [None, True, 3]}
    snapshot = Snapshot(datetime(2026, 11, 22, 6, tzinfo=UTC), (), (Answer("/a", {"since": "2026-11-15"}, body),))
    content = snapshot_json(snapshot)
    assert json.loads(content, parse_float=Decimal) == {
        "fetched_at": "2026-11-22T06:00:00+00:00",
        "answers": [{"path": "/a", "query": {"since": "2026-11-15"}, "body": body}],
    }
    assert "نورة".encode() in content


def test_a_number_beyond_all_doubles_is_still_json() -> None:
    answer = Answer("/a", {}, {"unknown": Decimal("1e400")})
    content = snapshot_json(Snapshot(datetime(2026, 11, 22, tzinfo=UTC), (), (answer,)))

    def refuse(name: str) -> None:
        pytest.fail(f"{name} is not JSON")

    body = json.loads(content, parse_constant=refuse)["answers"][0]["body"]
    assert Decimal(body["unknown"]) == Decimal("1e400")


def test_what_is_no_json_is_a_mistake_of_ours() -> None:
    answer = Answer("/a", {}, {"when": date(2026, 11, 15)})
    with pytest.raises(TypeError, match="date"):
        snapshot_json(Snapshot(datetime(2026, 11, 22, tzinfo=UTC), (), (answer,)))


def kept(archive: Archive, period: Period, fetched_at: str, *, sent: bool = False) -> Revision:
    """Keep a revision that asked at a moment."""
    draft = archive.draft(EditionId("weekly", period))
    draft.finish({"edition.json": json.dumps({"fetched_at": fetched_at}).encode()})
    status = "sent" if sent else "failed"
    draft.revision.record([{"recipient": "a@b.c", "status": status, "detail": ""}], fetched_at)
    return draft.revision


def test_pruning_takes_what_is_old_but_for_the_last_one_delivered(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    week = EDITION.period
    first = kept(archive, week, "2025-01-05T06:00:00+03:00", sent=True)
    last = kept(archive, week, "2025-01-12T06:00:00+03:00", sent=True)
    failed = kept(archive, week, "2025-01-19T06:00:00+03:00")
    fresh = kept(archive, week, "2026-11-15T06:00:00+03:00")
    half = archive.draft(EDITION)
    os.utime(half.partial, (0, 0))
    gone = archive.prune("weekly", datetime(2026, 1, 1, tzinfo=UTC))
    assert gone == [first, failed]
    assert archive.of("weekly") == [last, fresh]
    assert {path.name for path in last.folder.parent.iterdir()} == {"r2", "r4"}
    assert archive.prune("weekly", datetime(2026, 1, 1, tzinfo=UTC)) == []


def test_the_last_delivered_is_found_by_when_it_was_sent(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    assert archive.last_delivered("weekly") is None
    late = Period(date(2026, 11, 8), date(2026, 11, 14))
    kept(archive, EDITION.period, "2026-11-22T06:00:00+03:00", sent=True)
    again = kept(archive, late, "2026-11-23T06:00:00+03:00", sent=True)
    kept(archive, EDITION.period, "2026-11-24T06:00:00+03:00")
    found = archive.last_delivered("weekly")
    assert found is not None
    assert found[0] == again


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_revision_that_is_made_anew_keeps_its_record(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    revision = kept(archive, EDITION.period, "2026-11-22T06:00:00+03:00", sent=True)
    archive.replace(archive.replacement(revision, {"a": b"new"}), {"a": b"new"}, {})
    assert (revision.read("a"), revision.damaged()) == (b"new", [])
    assert revision.sent_at is not None
    assert [path.name for path in revision.folder.parent.iterdir()] == ["r1"]


def test_a_revision_stays_where_the_new_one_cant_be_written(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    revision = kept(archive, EDITION.period, "2026-11-22T06:00:00+03:00", sent=True)
    before = files_below(revision.folder)
    draft = archive.replacement(revision, {})
    (draft.partial / "a").mkdir(parents=True)  # in the way of a file
    with pytest.raises(LedgerError, match="can't be written"):
        archive.replace(draft, {"a": b"new"}, {})
    assert files_below(revision.folder) == before


@pytest.mark.parametrize("replaced", [False, True], ids=["between the two names", "before the old one went"])
def test_a_crash_while_one_is_replaced_loses_nothing(tmp_path: Path, *, replaced: bool) -> None:
    archive = Archive(tmp_path)
    revision = kept(archive, EDITION.period, "2026-11-22T06:00:00+03:00", sent=True)
    before = files_below(revision.folder)
    old = revision.folder.with_name("r1-old.partial")
    if replaced:
        shutil.copytree(revision.folder, old)
    else:
        revision.folder.rename(old)
    archive.recover()
    assert archive.of("weekly") == [revision]
    assert files_below(revision.folder) == before
    assert not old.exists()


@pytest.mark.parametrize("content", [b"{", b"{}", b'{"at": "", "deliveries": [1]}'])
def test_a_record_that_was_damaged_is_named(tmp_path: Path, content: bytes) -> None:
    archive = Archive(tmp_path)
    revision = kept(archive, EDITION.period, "2026-11-22T06:00:00+03:00", sent=True)
    (revision.folder / "deliveries.json").write_bytes(content)
    with pytest.raises(LedgerError, match=r"deliveries\.json can't be understood"):
        archive.last_delivered("weekly")
