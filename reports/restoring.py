"""Puts a backup in the place of a ledger and an archive that are gone, so that nothing goes out twice by itself."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reports.archive import PARTIAL
from reports.backup import ARCHIVE, LEDGER, check_backup, copy_archive, new_folder, read_backup, written
from reports.errors import LedgerError
from reports.files import UMASK
from reports.job import today_of
from reports.ledger import editions, events, restoration, schedules, slots
from reports.ledger.ledger import Ledger, presence_beside
from reports.ledger.opening import ledger_file, open_ledger
from reports.ledger.presence import RUNNER, hold_firmly
from reports.notices import by_run, tell_restored, tell_unknown
from reports.schedule import due

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from reports.backup import Backup, Copied
    from reports.config.model import Config
    from reports.ledger.presence import Presence
    from reports.ledger.values import Watched

UNKNOWN = "not known after a restore"
HINT = "Ask somebody who gets it; where it didn't arrive, `reports run` with --as-of sends it."
BESIDE = ("", "-wal", "-shm", "-journal")  # the files of a SQLite database


@dataclass(frozen=True)
class Doubts:
    """What isn't known: deliveries and slots that were open in the backup, and the slots that were due since.

    `paused` names the reports whose schedules wait for a person now.
    """

    deliveries: int
    slots: int
    since: int
    paused: tuple[str, ...]


@dataclass(frozen=True)
class Restored:
    """What was put back, and what a person has to look at; None where the ledger wasn't touched."""

    copied: Copied
    doubts: Doubts | None


def restore(  # noqa: PLR0913 - what, where, when, and how careful
    config: Config, folder: Path, now: datetime, progress: Callable[[str], None], *, force: bool, settle_only: bool
) -> Restored:
    """Put a backup in place; the ledger comes last, and only when nothing in it goes out by itself any more."""
    found = read_backup(folder)
    _fitting(config, found, settle_only=settle_only)
    archive = config.path(config.archive.folder).resolve()
    with _alone(config):
        _refuse_what_is_there(config, found, archive)
        _refuse_damage(check_backup(found, progress), force=force)
        progress("Copying")
        with _ledger_put(config, found, now, settle_only=settle_only) as doubts:
            copied = _put_archive(found, archive)
    return Restored(copied, doubts)


def _fitting(config: Config, found: Backup, *, settle_only: bool) -> None:
    if found.ledger is not None and config.ledger.url is not None:
        raise LedgerError(
            f"{found.folder} holds a ledger of SQLite, and the configuration names PostgreSQL",
            hint="Write file = ... instead of url under [ledger], or restore the database with pg_restore.",
        )
    if settle_only and found.ledger is not None:
        raise LedgerError(
            f"{found.folder} holds its own ledger", hint="--database-too is for ledgers in PostgreSQL; leave it away."
        )


@contextmanager
def _alone(config: Config) -> Iterator[None]:
    """Keep runners away as long as this takes; one that works is a reason not to begin."""
    if config.ledger.url is not None:
        with open_ledger(config) as ledger:
            _take(ledger.presence)
            yield
        return
    presence = presence_beside(ledger_file(config))
    try:
        if presence.living():
            raise _at_work()
        _take(presence)
        yield
    finally:
        presence.release()


def _take(presence: Presence) -> None:
    if not hold_firmly(presence, RUNNER):
        raise _at_work()


def _at_work() -> LedgerError:
    return LedgerError("a runner is at work", hint="Stop it first: nothing is restored below somebody's feet.")


def _refuse_what_is_there(config: Config, found: Backup, archive: Path) -> None:
    if found.ledger is not None:
        file = ledger_file(config)
        there = [path for one in BESIDE if os.path.lexists(path := file.with_name(f"{file.name}{one}"))]
        if there:  # an old write-ahead log would be played into the restored file
            raise _in_the_way("a ledger", there)
    with written(archive):
        if os.path.lexists(archive) and not (archive.is_dir() and not any(archive.iterdir())):
            raise _in_the_way("an archive", [archive])
        if found.folder == archive or archive.is_relative_to(found.folder):
            raise _in_the_way("a backup", [found.folder])


def _in_the_way(what: str, there: list[Path]) -> LedgerError:
    return LedgerError(
        f"there is {what} already: {', '.join(map(str, there))}",
        hint="Move that away first; a restore overwrites nothing.",
    )


def _refuse_damage(damaged: list[str], *, force: bool) -> None:
    if damaged and not force:
        raise LedgerError(
            f"{len(damaged)} revisions of the backup are damaged: {', '.join(damaged)}",
            hint="Take another backup, or --force restores them as they are: they can't be sent, the others can.",
        )


def _put_archive(found: Backup, archive: Path) -> Copied:
    """Copy the revisions that the backup is known to hold, whatever else lies in its folder."""
    listed = [one for edition in found.revisions if (one := found.archive.at(edition)) is not None]
    size = (found.folder / LEDGER).stat().st_size if found.ledger is not None else None
    with new_folder(archive) as partial:
        copied = copy_archive(found.folder / ARCHIVE, listed, partial, ledger=size)
        partial.chmod(0o777 & ~UMASK)
    return copied


@contextmanager
def _ledger_put(config: Config, found: Backup, now: datetime, *, settle_only: bool) -> Iterator[Doubts | None]:
    """Settle a copy of the ledger beside its place, and put it there at once when all else is done."""
    if found.ledger is not None:
        place = ledger_file(config).resolve()
        with written(place), _beside(place) as copy:
            shutil.copyfile(found.folder / LEDGER, copy)
            with Ledger.in_file(copy) as ledger, ledger.write() as tx:
                doubts = settle(tx, config, found.made_at, now)
            yield doubts
            os.sync()
            os.link(copy, place)  # which never takes the place of a file that somebody made meanwhile
    elif settle_only:
        with open_ledger(config) as ledger, ledger.write() as tx:
            yield settle(tx, config, found.made_at, now)
    else:
        yield None


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """Give a place for a file of the same name on the same disk; it is gone afterwards."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", suffix=PARTIAL, dir=place.parent) as folder:
        yield Path(folder) / place.name


def settle(tx: Connection, config: Config, made_at: datetime, now: datetime) -> Doubts:
    """Let nothing go out by itself that may have gone out since the backup was made; the owners are told.

    Somebody may also have sent by hand what the next slot is for: so every schedule waits until a person has looked.
    """
    detail = f"the ledger was restored from a backup of {made_at:%Y-%m-%d %H:%M} {made_at.tzname()}"
    unknown = restoration.doubt(tx, now, f"{detail}: it may have been sent since")
    ended = restoration.end_open(tx, now, f"{UNKNOWN}: {detail}", HINT)
    doubtful: dict[str, list[datetime]] = defaultdict(list)
    asked = {one.edition for one in unknown}
    for slot in ended:
        if not any(one.id in asked for one in editions.of_slot(tx, slot.id)):
            doubtful[slot.report].append(slot.due_at)
    since = 0
    for watched in schedules.known(tx).values():
        came = _skip(tx, config, watched, now)
        since += len(came)
        doubtful[watched.report] += came
    for some in by_run(tx, unknown):
        tell_unknown(tx, config, some, now, reason=detail)
    for report, instants in doubtful.items():
        if instants:
            tell_restored(tx, config, report, sorted(instants), now, reason=detail)
    events.note(tx, now, "ledger.restored", detail=detail)
    return Doubts(len(unknown), len(ended), since, _pause(tx, config, now))


def _pause(tx: Connection, config: Config, now: datetime) -> tuple[str, ...]:
    """Let no schedule run until a person resumes it; returns the reports that have one."""
    scheduled = tuple(name for name in config.reports if config.schedule_of(name) is not None)
    for name in scheduled:
        schedules.pause(tx, name, now)
    return scheduled


def _skip(tx: Connection, config: Config, watched: Watched, now: datetime) -> list[datetime]:
    """Write down the slots since the backup as skipped; returns them. From now on they are handled."""
    if now <= watched.handled_until:
        return []
    schedule = config.schedule_of(watched.report)
    came: list[datetime] = []
    if schedule is not None:
        found = due(schedule, watched.handled_until, now, None)
        came = [*found.missed, *([found.slot] if found.slot else [])]
        if found.more:
            detail = f"{found.more} earlier ones: {UNKNOWN}"
            events.note(tx, now, "slots.skipped", report=watched.report, detail=detail)
    schedules.handle(tx, watched, now)
    return [one for one in came if slots.see(tx, watched.report, one, today_of(config, one), now, UNKNOWN)]
