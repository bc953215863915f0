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


def kept(archive: Archive, period: Period, fetched_at: str) -> Revision:
    """Keep a revision that asked at a moment."""
    draft = archive.draft(EditionId("weekly", period))
    draft.finish({"edition.json": json.dumps({"fetched_at": fetched_at}).encode()})
    return draft.revision


def test_pruning_takes_what_is_old_but_for_what_is_needed(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    week = EDITION.period
    first = kept(archive, week, "2025-01-05T06:00:00+03:00")
    last = kept(archive, week, "2025-01-12T06:00:00+03:00")
    failed = kept(archive, week, "2025-01-19T06:00:00+03:00")
    fresh = kept(archive, week, "2026-11-15T06:00:00+03:00")
    gone = archive.prune("weekly", datetime(2026, 1, 1, tzinfo=UTC), {str(last.edition)})
    assert gone == [first, failed]
    assert archive.of("weekly") == [last, fresh]
    assert {path.name for path in last.folder.parent.iterdir()} == {"r2", "r4"}
    assert archive.prune("weekly", datetime(2026, 1, 1, tzinfo=UTC), {str(last.edition)}) == []


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[]", b"{}", b'{"fetched_at": 3}', b'{"fetched_at": "2025-01-05"}', None]
)
def test_pruning_leaves_what_is_too_damaged_to_say_how_old_it_is(tmp_path: Path, content: bytes | None) -> None:
    archive = Archive(tmp_path)
    damaged = kept(archive, EDITION.period, "2025-01-05T06:00:00+03:00")
    old = kept(archive, EDITION.period, "2025-01-12T06:00:00+03:00")
    if content is None:
        (damaged.folder / "edition.json").unlink()
    else:
        (damaged.folder / "edition.json").write_bytes(content)
    assert archive.prune("weekly", datetime(2026, 1, 1, tzinfo=UTC), ()) == [old]
    assert archive.of("weekly") == [damaged]


def test_what_a_crash_left_half_made_is_swept_away_and_nothing_else(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    kept = archive.draft(EDITION)
    kept.finish({"snapshot.json": b"{}"})
    left, at_work = archive.draft(EDITION), archive.draft(EDITION)
    replaced = kept.folder.with_name("r9-old.partial")
    replaced.mkdir()
    for one in (left.partial, replaced):
        os.utime(one, (0, 0))
    archive.sweep("weekly", datetime(2026, 1, 1, tzinfo=UTC))
    assert not left.partial.exists()
    assert all(one.exists() for one in (kept.folder, at_work.partial, replaced))


def test_what_was_pruned_meanwhile_is_not_there(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    last = kept(archive, EDITION.period, "2025-01-05T06:00:00+03:00")
    assert archive.at(str(last.edition)) == last
    archive.prune("weekly", datetime(2026, 1, 1, tzinfo=UTC), ())
    assert archive.at(str(last.edition)) is None


def test_every_cut_is_listed_and_what_isn_t_ours_is_not(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    whole = kept(archive, EDITION.period, "2025-01-05T06:00:00+03:00").edition
    part = archive.draft(EditionId("weekly", EDITION.period, "agent-7"))
    part.finish({})
    for name in ("2026-13-15_2026-11-21/all/r1", "2026-11-21_2026-11-15/all/r1", "notes/all/r1", f"{HOME[1]}/A b/r1"):
        (tmp_path / "weekly" / name).mkdir(parents=True)
    assert {one.edition for one in archive.all()} == {whole, part.edition}
    assert [one.edition for one in archive.of("weekly")] == [whole]
    assert archive.at("weekly:2026-13-15:2026-11-21:all:r1") is None


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_revision_that_is_made_anew_keeps_its_name(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    revision = kept(archive, EDITION.period, "2026-11-22T06:00:00+03:00")
    archive.replace(archive.replacement(revision, {"a": b"new"}), {"a": b"new"}, {})
    assert (revision.read("a"), revision.damaged()) == (b"new", [])
    assert [path.name for path in revision.folder.parent.iterdir()] == ["r1"]


def test_a_revision_stays_where_the_new_one_cant_be_written(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    revision = kept(archive, EDITION.period, "2026-11-22T06:00:00+03:00")
    before = files_below(revision.folder)
    draft = archive.replacement(revision, {})
    (draft.partial / "a").mkdir(parents=True)  # in the way of a file
    with pytest.raises(LedgerError, match="can't be written"):
        archive.replace(draft, {"a": b"new"}, {})
    assert files_below(revision.folder) == before


@pytest.mark.parametrize("replaced", [False, True], ids=["between the two names", "before the old one went"])
def test_a_crash_while_one_is_replaced_loses_nothing(tmp_path: Path, *, replaced: bool) -> None:
    archive = Archive(tmp_path)
    revision = kept(archive, EDITION.period, "2026-11-22T06:00:00+03:00")
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
