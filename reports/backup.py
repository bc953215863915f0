"""Copies of ledger and archive: made while others work on them, and checked before they are used."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reports.archive import KEY, MANIFEST, PARTIAL, Archive, Revision, raw_json
from reports.errors import ConfigError, LedgerError
from reports.files import digest, why
from reports.ledger.opening import ledger_if_any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from reports.config.model import Config

ABOUT, LEDGER, ARCHIVE = "backup.json", "ledger.sqlite", "archive"
FORMAT = 1
TRIES = 2  # a revision may be made anew, or pruned, while it is copied


@dataclass(frozen=True)
class Copied:
    """What was copied: the ledger's bytes (None where it was left out), the revisions and all their bytes."""

    ledger: int | None
    revisions: int
    size: int
    damaged: tuple[str, ...]  # revisions that aren't what was kept, copied as they are


@dataclass(frozen=True)
class Backup:
    """A backup on the disk, as it says of itself."""

    folder: Path
    made_at: datetime
    ledger: str | None  # SHA-256 of the file; None where only the archive was copied
    revisions: Mapping[str, str]  # SHA-256 of each one's manifest, by its edition

    @property
    def archive(self) -> Archive:
        """The revisions that it holds."""
        return Archive(self.folder / ARCHIVE)


def backup(config: Config, folder: Path, now: datetime, *, archive_only: bool = False) -> Copied:
    """Copy ledger and archive into a new folder; until it is whole it has another name."""
    source = config.path(config.archive.folder)
    place = _new_place(folder, source)
    with new_folder(place) as partial:
        # The ledger first: whatever its copy knows is in the archive by then. What the archive has beyond does no harm.
        size = None if archive_only else _copy_ledger(config, partial / LEDGER)
        copied = copy_archive(source, Archive(source).all(), partial / ARCHIVE, ledger=size)
        about = {
            "format": FORMAT,
            "made_at": now.isoformat(),
            "ledger": None if archive_only else digest((partial / LEDGER).read_bytes()),
            "revisions": {
                str(one.edition): digest((one.folder / MANIFEST).read_bytes())
                for one in Archive(partial / ARCHIVE).all()
                if (one.folder / MANIFEST).is_file()
            },
        }
        (partial / ABOUT).write_bytes(raw_json(about, indent=1))
    return copied


def _new_place(folder: Path, archive: Path) -> Path:
    """Return where a backup goes; refuse a place where something is, or that would be copied into itself."""
    with written(folder):
        place = folder.resolve()
        if place.exists() and not (place.is_dir() and not any(place.iterdir())):
            raise ConfigError(f"{folder} is there already", hint="Name a new folder, or an empty one.")
        if place.is_relative_to(archive.resolve()):
            raise ConfigError(f"{folder} lies in the archive itself", hint="Name a folder elsewhere.")
    return place


@contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """Give a folder beside a place, and move it there when all that belongs into it is on the disk."""
    with written(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".copy-", suffix=PARTIAL, dir=place.parent))  # our user's alone
        try:
            yield partial
            os.sync()  # a name that survives a power cut has to have its content
            partial.rename(place)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise


@contextmanager
def written(place: Path) -> Iterator[None]:
    """Say in words why something can't be written."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        reason = why(error) if isinstance(error, OSError) else str(error)
        raise LedgerError(
            f"{place} can't be written: {reason}",
            hint="Make room, or name a folder that this user may write beside; where a disk is mounted, one below it.",
        ) from error


def _copy_ledger(config: Config, place: Path) -> int:
    if config.ledger.url is not None:
        raise LedgerError(
            "a ledger in PostgreSQL is not copied by this program",
            hint="Save its database with pg_dump first, then the archive: `reports backup DIR --archive-only`.",
        )
    with ledger_if_any(config) as ledger:
        if ledger is None:
            raise LedgerError(
                "there is no ledger yet: nothing was sent",
                hint="Is this the right configuration? --archive-only leaves the ledger out.",
            )
        ledger.copy_to(place)
    check_database(place)
    return place.stat().st_size


def check_database(path: Path) -> None:
    """Refuse a ledger that SQLite finds damaged; it isn't touched."""
    problems = _problems(path)
    if problems != [("ok",)]:
        said = "; ".join(str(one[0]) for one in problems[:3])
        raise LedgerError(f"the ledger {path} is damaged: {said}", hint="Restore it from an earlier backup.")


def _problems(path: Path) -> list[tuple[object, ...]]:
    address = f"{path.as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            whole = connection.execute("PRAGMA integrity_check(3)").fetchall()
            return [*whole, *connection.execute("PRAGMA foreign_key_check").fetchall()]
    except sqlite3.Error as error:
        return [(error,)]


def copy_archive(source: Path, revisions: Iterable[Revision], target: Path, *, ledger: int | None) -> Copied:
    """Copy revisions and the key of the message ids from one archive into another, new one."""
    target.mkdir(parents=True, exist_ok=True)
    copied = [(one, _copy(one, target / one.folder.relative_to(source))) for one in revisions]
    there = [(one, size) for one, size in copied if size is not None]
    damaged = [str(one.edition) for one, _ in there if is_damaged(_in(target, source, one))]
    _copy_key(source / KEY, target / KEY)
    return Copied(ledger, len(there), sum(size for _, size in there), tuple(damaged))


def _in(target: Path, source: Path, revision: Revision) -> Revision:
    return Revision(revision.edition, target / revision.folder.relative_to(source))


def _copy_key(source: Path, target: Path) -> None:
    """Copy the secret, readable by its owner only; without it every retry would have another Message-ID."""
    if source.is_file():
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(source.read_bytes())


def _copy(revision: Revision, target: Path) -> int | None:
    """Copy a revision and return its bytes; None where it was pruned meanwhile."""
    for left in reversed(range(TRIES)):
        size = _copy_files(revision.folder, target)
        if not revision.folder.is_dir():
            shutil.rmtree(target, ignore_errors=True)
        elif not left or not is_damaged(Revision(revision.edition, target)):
            return size
    return None


def _copy_files(source: Path, target: Path) -> int:
    """Copy what can be read of a folder; links, which an archive has none of, are left out."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    size = 0
    for path in sorted(source.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        try:
            content = path.read_bytes()
        except OSError:
            continue  # its absence is damage, and is named
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        size += len(content)
    return size


def is_damaged(revision: Revision) -> bool:
    """Whether the files of a revision aren't what was kept."""
    try:
        return bool(revision.damaged())
    except (LedgerError, OSError):
        return True


def read_backup(folder: Path) -> Backup:
    """Return what a backup says of itself."""
    try:
        found = json.loads((folder / ABOUT).read_bytes())
        made_at = datetime.fromisoformat(found["made_at"])
        known = found["format"] == FORMAT and made_at.tzinfo is not None
        if not known:
            raise ConfigError(f"the backup {folder} is of another version", hint="Update the program.")
        return Backup(folder.resolve(), made_at, found["ledger"], dict(found["revisions"]))
    except OSError as error:
        raise ConfigError(
            f"{folder} is no backup: {ABOUT} can't be read: {why(error)}", hint="Name the folder of a `reports backup`."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{folder / ABOUT} can't be understood", hint="Take another backup.") from error


def check_backup(found: Backup, progress: Callable[[str], None]) -> list[str]:
    """Return the revisions that aren't as they were copied; a damaged ledger is refused."""
    if found.ledger is not None:
        path = found.folder / LEDGER
        if not path.is_file() or digest(path.read_bytes()) != found.ledger:
            raise LedgerError(f"{path} isn't what was copied", hint="Restore from an earlier backup.")
        check_database(path)
    progress("Checking the archive")
    return [edition for edition, known in found.revisions.items() if not _as_copied(found, edition, known)]


def _as_copied(found: Backup, edition: str, known: str) -> bool:
    revision = found.archive.at(edition)
    if revision is None or str(revision.edition) != edition or is_damaged(revision):
        return False
    return digest(revision.read(MANIFEST)) == known
