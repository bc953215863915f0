"""A backup is whole or not there, and what is restored from it sends nothing twice by itself."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reports.archive import KEY, PARTIAL, Archive
from reports.backup import ABOUT, ARCHIVE, LEDGER, backup, check_backup, read_backup
from reports.config import load
from reports.due import note_due, resume
from reports.errors import ConfigError, LedgerError
from reports.files import digest
from reports.ledger import deliveries, editions, notices, schedules, slots
from reports.ledger.opening import open_ledger
from reports.ledger.values import Approval, DeliveryState, SlotState
from reports.restoring import UNKNOWN, Restored, restore
from tests.acceptance.conftest import environment, reports, worked, write_config
from tests.test_archive import EDITION

if TYPE_CHECKING:
    from reports.config.model import Config
    from reports.ledger.values import Kept

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
SALES = {"sales@example.com": "Sales <sales@example.com>"}
SCHEDULE = 'title = "Weekly pipeline report"\nschedule = "0 8 * * *"\nowner = ["Ops <ops@example.com>"]'
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from reports.ledger import events
from reports.ledger.ledger import Ledger
with Ledger.in_file(Path(sys.argv[1])) as ledger:
    while True:
        with ledger.write() as tx:
            for name in ("one", "two"):
                events.note(tx, datetime.now(UTC), name)
        print(flush=True)
"""


def make_config(folder: Path, *, ledger: str = "") -> Config:
    path = write_config(folder, 'kind = "sandbox"')
    text = path.read_text(encoding="utf-8").replace('title = "Weekly pipeline report"', SCHEDULE)
    path.write_text(f"{text}\n{ledger}", encoding="utf-8")
    return load(path)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return make_config(tmp_path / "here")


def archive_of(config: Config) -> Archive:
    return Archive(config.path("archive"))


def keep(
    config: Config, *, approve_by: datetime | None = None, content: bytes = b"%PDF", slot: int | None = None
) -> Kept:
    """Keep a revision in archive and ledger."""
    draft = archive_of(config).draft(EDITION)
    draft.finish({"edition.json": b"{}", "inputs/notes.md": b"note", "weekly.pdf": content})
    with open_ledger(config) as ledger, ledger.write() as tx:
        return editions.keep(tx, draft.edition, NOW.date(), NOW, approve_by, slot)


def move_away(config: Config) -> None:
    shutil.rmtree(config.path("archive"))
    for path in config.folder.glob("ledger.sqlite*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def restored(config: Config, folder: Path, *, force: bool = False) -> Restored:
    return restore(config, folder, LATER, lambda _: None, force=force, settle_only=False)


@pytest.fixture
def saved(config: Config, tmp_path: Path) -> Path:
    """Return a backup of one revision; what it was made from is gone."""
    keep(config)
    archive_of(config).key()
    folder = tmp_path / "saved"
    backup(config, folder, NOW)
    move_away(config)
    return folder


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_finished_is_copied_with_the_ledger_and_the_key(config: Config, tmp_path: Path) -> None:
    kept = keep(config)
    key = archive_of(config).key()
    before = files_below(config.path("archive"))
    archive_of(config).draft(EDITION)
    copied = backup(config, tmp_path / "saved", NOW)
    assert files_below(tmp_path / "saved" / ARCHIVE) == before
    assert (copied.revisions, copied.damaged) == (1, ())
    assert copied.size == sum(len(content) for name, content in before.items() if name != KEY)
    assert copied.ledger == (tmp_path / "saved" / LEDGER).stat().st_size
    found = read_backup(tmp_path / "saved")
    assert list(found.revisions) == [kept.id]
    assert check_backup(found, lambda _: None) == []
    assert found.archive.key() == key
    assert (tmp_path / "saved" / ARCHIVE / KEY).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "saved").stat().st_mode & 0o077 == 0, "it holds what is nobody else's business"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "saved"]


def test_a_ledger_that_is_written_to_is_copied_at_one_moment(config: Config, tmp_path: Path) -> None:
    keep(config)
    command = [sys.executable, "-c", WRITER, str(config.path("ledger.sqlite"))]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as writer:
        try:
            assert writer.stdout is not None
            for number in range(5):
                writer.stdout.readline()
                folder = tmp_path / f"saved-{number}"
                backup(config, folder, NOW)
                assert check_backup(read_backup(folder), lambda _: None) == []
                with closing(sqlite3.connect(folder / LEDGER)) as copy:
                    counts = dict(copy.execute("SELECT name, count(*) FROM events GROUP BY name").fetchall())
                assert counts["one"] == counts["two"] > 0
        finally:
            writer.kill()


def test_a_backup_that_is_killed_leaves_none(config: Config, tmp_path: Path) -> None:
    keep(config)
    for _ in range(300):
        archive_of(config).draft(EDITION).finish({"weekly.pdf": b"x" * 10_000})
    folder = tmp_path / "saved"
    command = [sys.executable, "-m", "reports", "backup", str(folder)]
    with subprocess.Popen(command, cwd=config.folder, env=environment(), stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not list(tmp_path.glob(f".copy-*{PARTIAL}/{ARCHIVE}/*")):
            pass
        process.kill()
    if process.returncode == -signal.SIGKILL:
        assert not folder.exists()
        with pytest.raises(ConfigError, match="is no backup"):
            read_backup(next(tmp_path.glob(f".copy-*{PARTIAL}")))
    worked(reports("backup", folder if not folder.exists() else tmp_path / "other", cwd=config.folder))


@pytest.mark.parametrize("name", ["with space", "-", "новая\nзапись", "a'b\"c;$(x)", "deep/er/folder", "empty", "link"])
def test_any_new_or_empty_folder_will_do(config: Config, tmp_path: Path, name: str) -> None:
    keep(config)
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    backup(config, tmp_path / name, NOW)
    assert check_backup(read_backup(tmp_path / name), lambda _: None) == []


def test_a_place_where_something_is_stays_as_it_is(config: Config, tmp_path: Path) -> None:
    keep(config)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for place in (tmp_path / "full", tmp_path / "full" / "file", config.folder, Path("/")):
        with pytest.raises(ConfigError, match="is there already"):
            backup(config, place, NOW)
    with pytest.raises(ConfigError, match="in the archive itself"):
        backup(config, config.path("archive") / "saved", NOW)
    for place in (tmp_path / "full" / "file" / "below", tmp_path / "circle", tmp_path / ("x" * 300)):
        with pytest.raises(LedgerError, match="can't be written"):
            backup(config, place, NOW)
    assert files_below(tmp_path / "full") == {"file": b"mine"}
    assert not list(tmp_path.rglob(f"*{PARTIAL}"))


def test_what_is_damaged_already_is_named_and_copied_as_it_is(config: Config, tmp_path: Path) -> None:
    kept = keep(config)
    keep(config)
    secret = tmp_path / "secret"
    secret.write_text("not to be copied", encoding="utf-8")
    path = archive_of(config).find(kept.id).folder / "weekly.pdf"
    path.unlink()
    path.symlink_to(secret)
    copied = backup(config, tmp_path / "saved", NOW)
    assert copied.damaged == (kept.id,)
    assert copied.revisions == 2
    assert b"not to be copied" not in files_below(tmp_path / "saved").values()


def test_nothing_to_back_up(config: Config, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no ledger yet"):
        backup(config, tmp_path / "saved", NOW)
    assert not config.path("ledger.sqlite").exists()
    assert backup(config, tmp_path / "saved", NOW, archive_only=True).revisions == 0


def test_a_damaged_ledger_makes_no_backup(config: Config, tmp_path: Path) -> None:
    for _ in range(20):
        keep(config)
    path = config.path("ledger.sqlite")
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 20_000)
    with pytest.raises(LedgerError, match="damaged"):
        backup(config, tmp_path / "saved", NOW)
    assert not (tmp_path / "saved").exists()


def test_a_ledger_in_postgresql_is_for_its_own_tools(tmp_path: Path) -> None:
    config = make_config(tmp_path / "here", ledger='[ledger]\nurl = { env = "NOWHERE" }')
    with pytest.raises(LedgerError, match="PostgreSQL") as raised:
        backup(config, tmp_path / "saved", NOW)
    assert "pg_dump" in raised.value.hint
    assert "--archive-only" in raised.value.hint
    keep_only = archive_of(config).draft(EDITION)
    keep_only.finish({"weekly.pdf": b"%PDF"})
    assert backup(config, tmp_path / "saved", NOW, archive_only=True).ledger is None


def test_a_restored_archive_is_the_one_that_was_saved(config: Config, saved: Path) -> None:
    before = files_below(saved / ARCHIVE)
    found = restored(config, saved)
    assert files_below(config.path("archive")) == before
    assert (config.path("archive") / KEY).stat().st_mode & 0o777 == 0o600
    assert (found.copied.revisions, found.copied.damaged) == (1, ())
    assert {path.name for path in config.folder.iterdir()} - {"ledger.sqlite-workers"} == {
        "archive",
        "config.toml",
        "ledger.sqlite",
    }
    assert archive_of(config).find(str(EDITION)).damaged() == []


def test_what_was_open_in_the_backup_is_in_doubt(config: Config, tmp_path: Path) -> None:
    """What was on its way, what waited and what was due since may all have gone out."""
    numbers = []
    with open_ledger(config) as ledger, ledger.write() as tx:
        for days in (0, -1, -2):
            slots.see(tx, "weekly", NOW + timedelta(days=days), NOW.date(), NOW)
            numbers.append(slots.latest(tx, "weekly", 9)[-1].id)
    kept = keep(config, slot=numbers[0])
    asked = keep(config, slot=numbers[1], approve_by=LATER + timedelta(days=1))
    with open_ledger(config) as ledger, ledger.write() as tx:
        worker = ledger.appear()
        one, two = deliveries.address(tx, kept, deliveries.addressed({**SALES, "a@b.c": "a@b.c"}), NOW, worker=None)
        deliveries.begin(tx, one.id, worker, NOW)
        schedules.watch(tx, "weekly", NOW)
        for number in numbers:
            assert slots.claim(tx, number, worker, NOW)
    backup(config, tmp_path / "after", NOW)
    move_away(config)
    found = restored(config, tmp_path / "after")
    assert found.doubts is not None
    assert (found.doubts.deliveries, found.doubts.slots, found.doubts.since) == (2, 3, 3)
    with open_ledger(config) as ledger, ledger.read() as tx:
        for delivery in (one, two):
            assert deliveries.get(tx, delivery.id).state is DeliveryState.UNKNOWN
        assert slots.open_slots(tx) == []
        assert len(slots.unresolved(tx)) == 3
        skipped = [one for one in slots.latest(tx, "weekly", 9) if one.state is SlotState.SKIPPED]
        assert [one.reason for one in skipped] == [UNKNOWN] * 3
        assert schedules.known(tx)["weekly"].handled_until == LATER
        assert schedules.known(tx)["weekly"].paused_at == LATER
        assert {one.id: one.approval for one in editions.latest(tx, None, 9)}[asked.id] is Approval.LAPSED
        told = notices.pending(tx, LATER)
        assert {one.key.partition(":")[0] for one in told} == {"edition", "restored"}
        assert {one.recipient for one in told} == {"Ops <ops@example.com>"}


def test_a_backup_from_the_future_turns_no_clock_back(config: Config, tmp_path: Path) -> None:
    keep(config)
    ahead = LATER + timedelta(days=400)
    with open_ledger(config) as ledger, ledger.write() as tx:
        schedules.watch(tx, "weekly", ahead)
    backup(config, tmp_path / "saved", ahead)
    move_away(config)
    restored(config, tmp_path / "saved")
    with open_ledger(config) as ledger, ledger.read() as tx:
        assert schedules.known(tx)["weekly"].handled_until == ahead


def test_no_schedule_runs_after_a_restore_until_a_person_says_so(config: Config, saved: Path) -> None:
    """What the next slot is for may have been sent by hand since, also of a report that the backup knows nothing of."""
    doubts = restored(config, saved).doubts
    assert doubts is not None
    assert (doubts.since, doubts.paused) == (0, ("weekly",))
    with open_ledger(config) as ledger:
        assert note_due(ledger, config, LATER + timedelta(days=1)) == []
        assert resume(ledger, config, "weekly", LATER + timedelta(days=1))
        assert len(note_due(ledger, config, LATER + timedelta(days=2))) == 1


@pytest.mark.parametrize("name", ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "archive/weekly"])
def test_nothing_is_restored_over_something(config: Config, saved: Path, name: str) -> None:
    place = config.folder / name
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"mine")
    before = files_below(config.folder)
    with pytest.raises(LedgerError, match="already"):
        restored(config, saved)
    assert files_below(config.folder) == before


def test_damaged_revisions_are_named_and_need_force(config: Config, saved: Path) -> None:
    [path] = (saved / ARCHIVE).rglob("weekly.pdf")
    path.write_bytes(b"changed")
    with pytest.raises(LedgerError, match="damaged: weekly:2026-11-15:2026-11-21:all:r1"):
        restored(config, saved)
    assert not config.path("ledger.sqlite").exists()
    assert restored(config, saved, force=True).copied.damaged == ("weekly:2026-11-15:2026-11-21:all:r1",)


def test_a_revision_that_is_gone_from_the_backup_is_damage(config: Config, saved: Path) -> None:
    shutil.rmtree(saved / ARCHIVE / "weekly")
    with pytest.raises(LedgerError, match="1 revisions of the backup are damaged"):
        restored(config, saved)
    assert restored(config, saved, force=True).copied.revisions == 0


def test_a_manifest_that_fits_other_files_is_damage(config: Config, saved: Path) -> None:
    [path] = (saved / ARCHIVE).rglob("weekly.pdf")
    path.write_bytes(b"changed")
    manifest = json.loads((path.parent / "manifest.json").read_bytes())
    manifest["files"]["weekly.pdf"] = digest(b"changed")
    (path.parent / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(LedgerError, match="1 revisions of the backup are damaged"):
        restored(config, saved)


def test_a_damaged_ledger_is_never_restored(config: Config, saved: Path) -> None:
    path = saved / LEDGER
    path.write_bytes(path.read_bytes()[:-4096] + b"\0" * 4096)
    with pytest.raises(LedgerError, match="isn't what was copied"):
        restored(config, saved, force=True)
    about = json.loads((saved / ABOUT).read_bytes())
    (saved / ABOUT).write_text(json.dumps(about | {"ledger": digest(path.read_bytes())}), encoding="utf-8")
    with pytest.raises(LedgerError, match="is damaged"):
        restored(config, saved, force=True)
    assert not config.path("ledger.sqlite").exists()
    assert not config.path("archive").exists()


def test_a_ledger_of_a_newer_version_leaves_nothing_behind(config: Config, saved: Path) -> None:
    with closing(sqlite3.connect(saved / LEDGER)) as connection, connection:
        connection.execute("UPDATE ledger_version SET version_num = '9999'")
    about = json.loads((saved / ABOUT).read_bytes())
    about["ledger"] = digest((saved / LEDGER).read_bytes())
    (saved / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    with pytest.raises(LedgerError, match="newer version"):
        restored(config, saved)
    assert {path.name for path in config.folder.iterdir()} - {"ledger.sqlite-workers"} == {"config.toml"}


@pytest.mark.parametrize(
    "about",
    [
        "{",
        "[]",
        "{}",
        '{"format": 2, "made_at": "2026-11-22T06:00:00+00:00", "ledger": null, "revisions": {}}',
        '{"format": 1, "made_at": "yesterday", "ledger": null, "revisions": {}}',
        '{"format": 1, "made_at": "2026-11-22T06:00:00", "ledger": null, "revisions": {}}',
        '{"format": 1, "made_at": "2026-11-22T06:00:00+00:00", "ledger": null, "revisions": 3}',
    ],
)
def test_what_is_no_backup(config: Config, saved: Path, about: str) -> None:
    (saved / ABOUT).write_text(about, encoding="utf-8")
    with pytest.raises(ConfigError):
        restored(config, saved, force=True)
    with pytest.raises(ConfigError, match="is no backup"):
        restored(config, saved / ARCHIVE)


@pytest.mark.parametrize(
    "edition", ["../../etc:2026-11-15:2026-11-21:all:r1", "weekly:2026-13-15:2026-11-21:all:r1", "", "weekly:../..:x"]
)
def test_editions_with_hostile_names_reach_nothing(config: Config, saved: Path, edition: str) -> None:
    (saved / ARCHIVE / "weekly" / "2026-13-15_2026-11-21" / "all" / "r1").mkdir(parents=True)
    about = json.loads((saved / ABOUT).read_bytes())
    about["revisions"] = {edition: "0" * 64}
    (saved / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    with pytest.raises(LedgerError, match="1 revisions of the backup are damaged"):
        restored(config, saved)
    assert restored(config, saved, force=True).copied.revisions == 0


def test_a_backup_that_lies_where_the_archive_goes(config: Config, saved: Path) -> None:
    shutil.copytree(saved, config.path("archive"))
    with pytest.raises(LedgerError, match="there is an archive already"):
        restored(config, config.path("archive"))


def test_nothing_is_restored_while_a_runner_is_at_work(config: Config, saved: Path) -> None:
    command = [sys.executable, "-m", "reports", "start"]
    runner = subprocess.Popen(command, cwd=config.folder, env=environment(), stderr=subprocess.PIPE, text=True)
    with runner:
        try:
            assert runner.stderr is not None
            assert "runner.started" in runner.stderr.readline()
            said = worked(reports("backup", "while-it-works", cwd=config.folder)).text
            assert "Copied the ledger" in said
            outcome = reports("restore", saved, cwd=config.folder)
            assert (outcome.code, "a runner is at work" in outcome.err) == (1, True)
        finally:
            runner.kill()
    assert check_backup(read_backup(config.folder / "while-it-works"), lambda _: None) == []


def mails_to(config: Config, address: str) -> list[str]:
    files = config.path("outbox").rglob("*.eml")
    return sorted(path.name for path in files if address in path.read_text(encoding="utf-8", errors="replace"))


def test_after_a_restore_nothing_goes_out_twice(config: Config, tmp_path: Path) -> None:
    """A backup before the slot, the slot sent, all lost and restored: the owner is told, nobody gets it again."""
    assert reports("run-due", cwd=config.folder).code == 0
    with closing(sqlite3.connect(config.path("ledger.sqlite"))) as connection, connection:
        back = datetime.now(UTC) - timedelta(hours=30)
        connection.execute("UPDATE schedules SET handled_until = ?", (back.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),))
    worked(reports("backup", tmp_path / "saved", cwd=config.folder))
    assert reports("run-due", cwd=config.folder).code == 0
    sent = mails_to(config, "sales@example.com")
    assert len(sent) == 1
    move_away(config)
    said = worked(reports("restore", tmp_path / "saved", cwd=config.folder)).text
    assert "are skipped" in said
    assert "reports resume weekly" in said
    assert reports("run-due", cwd=config.folder).code == 0
    assert mails_to(config, "sales@example.com") == sent
    [notice] = mails_to(config, "ops@example.com")
    assert "reports resume weekly" in (config.path("outbox") / notice).read_text(encoding="utf-8")
    assert UNKNOWN in worked(reports("history", cwd=config.folder)).text
