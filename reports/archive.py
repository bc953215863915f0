"""The folder of each kept revision: what it was made from, and what was made."""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from reports.errors import LedgerError
from reports.figures import Answer, EditionId, Snapshot
from reports.files import digest, why, write_whole
from reports.periods import Period

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

PARTIAL = ".partial"
REPLACED = f"-old{PARTIAL}"  # behind the name of a revision whose place a new one takes
REVISION = re.compile(r"r(\d+)(?:\.partial)?")
FINISHED = re.compile(r"r(\d+)")
EDITION = re.compile(
    r"(?P<report>[a-z0-9][a-z0-9_-]*):(?P<since>\d{4}-\d\d-\d\d):(?P<until>\d{4}-\d\d-\d\d):(?P<cut>[a-z0-9-]+)"
    r"(:r(?P<revision>[1-9]\d{0,8}))?"
)
SPAN = re.compile(r"\d{4}-\d\d-\d\d_\d{4}-\d\d-\d\d")
KEY = ".message-key"
MANIFEST = "manifest.json"
DELIVERIES = "deliveries.json"
DELIVERY = ("recipient", "status", "detail")


@dataclass(frozen=True)
class Draft:
    """A revision that is being made; it becomes visible when it is finished."""

    edition: EditionId
    folder: Path  # where it will be

    @property
    def revision(self) -> Revision:
        """What it is once it is finished."""
        return Revision(self.edition, self.folder)

    @property
    def partial(self) -> Path:
        """Where it is until then."""
        return self.folder.with_name(self.folder.name + PARTIAL)

    def finish(self, files: Mapping[str, bytes], made_with: Mapping[str, str] | None = None) -> dict[str, Path]:
        """Write all files and what they are, then give the folder its name; returns where each lies."""
        self.write(files, made_with)
        with _explained(self.folder):
            self.partial.rename(self.folder)
        return {name: self.folder / name for name in files}

    def write(self, files: Mapping[str, bytes], made_with: Mapping[str, str] | None = None) -> None:
        """Write all files and what they are, out of sight."""
        manifest = {
            "edition": str(self.edition),
            "files": {name: digest(content) for name, content in files.items()},
            "made_with": dict(made_with or {}),
        }
        with _explained(self.folder):
            for name, content in {**files, MANIFEST: raw_json(manifest, indent=1)}.items():
                write_whole(self.partial / name, content)

    def abandon(self) -> None:
        """Take the unfinished folder away."""
        shutil.rmtree(self.partial, ignore_errors=True)


@dataclass(frozen=True)
class Revision:
    """One kept revision and its folder."""

    edition: EditionId
    folder: Path

    def read(self, name: str) -> bytes:
        """Return one of its files."""
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise LedgerError(
                f"{self.folder / name} can't be read: {why(error)}", hint="Restore the archive from a backup."
            ) from error

    @property
    def manifest(self) -> Manifest:
        """What the revision consists of."""
        try:
            found = json.loads(self.read(MANIFEST))
            return Manifest(dict(found["files"]), dict(found["made_with"]))
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(
                f"{self.folder / MANIFEST} can't be understood", hint="The revision was kept by another version."
            ) from error

    @property
    def pdf(self) -> str:
        """The name of its PDF."""
        return f"{self.edition.filename}.pdf"

    def damaged(self) -> list[str]:
        """Return the files that aren't what was kept: changed, or gone."""
        return [
            name
            for name, expected in self.manifest.files.items()
            if not (self.folder / name).is_file() or digest((self.folder / name).read_bytes()) != expected
        ]

    def record(self, deliveries: Sequence[Mapping[str, str]], at: str) -> None:
        """Write down what became of its messages; the only thing that is added to a finished revision."""
        with _explained(self.folder):
            content = raw_json({"at": at, "deliveries": list(deliveries)}, indent=1)
            write_whole(self.folder / DELIVERIES, content)

    @property
    def _recorded(self) -> tuple[str, list[dict[str, str]]]:
        """When its messages were handed over, as text, and what became of each; empty where nothing is known."""
        if not (self.folder / DELIVERIES).is_file():
            return "", []
        try:
            found = json.loads(self.read(DELIVERIES))
            return found["at"], [{name: str(one[name]) for name in DELIVERY} for one in found["deliveries"]]
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(
                f"{self.folder / DELIVERIES} can't be understood", hint="Restore the archive from a backup."
            ) from error

    @property
    def recorded_at(self) -> str:
        """When its messages were handed over, as text; empty where nothing is known."""
        return self._recorded[0]

    @property
    def fetched_at(self) -> datetime:
        """When the source was asked."""
        try:
            return datetime.fromisoformat(json.loads(self.read("edition.json"))["fetched_at"])
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(
                f"{self.folder / 'edition.json'} can't be understood", hint="Restore the archive from a backup."
            ) from error

    @property
    def sent_at(self) -> datetime | None:
        """When its messages were handed over; None if nobody was sent one."""
        sent = any(one["status"] == "sent" for one in self.deliveries)
        return datetime.fromisoformat(self.recorded_at) if sent else None

    @property
    def deliveries(self) -> list[dict[str, str]]:
        """What became of its messages, as far as it is known."""
        return self._recorded[1]


@dataclass(frozen=True)
class Manifest:
    """The files of a revision with their SHA-256, and the versions of all that made them."""

    files: Mapping[str, str]
    made_with: Mapping[str, str]


class Archive:
    """All kept revisions, below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def draft(self, edition: EditionId) -> Draft:
        """Reserve the next revision of an edition; two at once get different ones."""
        home = self._folder.joinpath(edition.report, _span(edition), edition.cut)
        with _explained(home):
            home.mkdir(parents=True, exist_ok=True)
            while True:
                taken = [int(match[1]) for path in home.iterdir() if (match := REVISION.fullmatch(path.name))]
                number = max(taken, default=0) + 1
                draft = Draft(edition.revised(number), home / f"r{number}")
                try:
                    draft.partial.mkdir()
                except FileExistsError:
                    continue
                return draft

    def find(self, text: str) -> Revision:
        """Return a kept revision by its id; without a revision, the last one."""
        match = EDITION.fullmatch(text.strip())
        if match is None:
            raise LedgerError(
                f"{text!r} is not the id of an edition",
                hint="It looks like weekly:2026-11-15:2026-11-21:all:r1; the last part may be left out.",
            )
        home = self._folder / match["report"] / f"{match['since']}_{match['until']}" / match["cut"]
        number = int(match["revision"]) if match["revision"] else max(_revisions(home), default=0)
        folder = home / f"r{number}"
        if not folder.is_dir():
            raise LedgerError(f"there is no edition {text} in the archive", hint=f"Looked for {folder}.")
        period = Period(date.fromisoformat(match["since"]), date.fromisoformat(match["until"]))
        return Revision(EditionId(match["report"], period, match["cut"], number), folder)

    def of(self, report: str, cut: str = "all") -> list[Revision]:
        """Return every kept revision of a report, the earliest period first."""
        found = []
        for home in sorted((self._folder / report).glob(f"*_*/{cut}")):
            if not SPAN.fullmatch(home.parent.name):
                continue
            since, _, until = home.parent.name.partition("_")
            period = Period(date.fromisoformat(since), date.fromisoformat(until))
            found += [
                Revision(EditionId(report, period, cut, one), home / f"r{one}") for one in sorted(_revisions(home))
            ]
        return found

    def last_delivered(self, report: str, cut: str = "all") -> tuple[Revision, datetime] | None:
        """Return the revision that somebody was sent last, and when; exports and failures don't count."""
        sent = [(one.sent_at, one) for one in self.of(report, cut)]
        known = [(moment, one) for moment, one in sent if moment is not None]
        if not known:
            return None
        moment, revision = max(known, key=lambda one: (one[0], one[1].edition.revision or 0))
        return revision, moment

    def all(self) -> list[Revision]:
        """Return every kept revision of every report."""
        names = sorted(path.name for path in self._folder.iterdir() if path.is_dir()) if self._folder.is_dir() else []
        return [one for name in names for one in self.of(name)]

    @staticmethod
    def replacement(revision: Revision, files: Mapping[str, bytes]) -> Draft:
        """Start to make a kept revision anew, from these files."""
        draft = Draft(revision.edition, revision.folder)
        draft.abandon()  # what a crash left of an earlier try
        with _explained(revision.folder):
            for name, content in files.items():
                write_whole(draft.partial / name, content)
        return draft

    @staticmethod
    def replace(draft: Draft, files: Mapping[str, bytes], made_with: Mapping[str, str]) -> None:
        """Put a revision that was made anew in the place of the old one, with the record of its deliveries.

        The old one leaves its place only when the new one is whole; `recover` puts it back after a crash between.
        """
        old = draft.folder.with_name(draft.folder.name + REPLACED)
        draft.write(files, made_with)
        with _explained(draft.folder):
            if (record := draft.folder / DELIVERIES).is_file():
                write_whole(draft.partial / DELIVERIES, record.read_bytes())
            draft.folder.rename(old)
            draft.partial.rename(draft.folder)
            shutil.rmtree(old)

    def recover(self) -> None:
        """Put back what a crash left beside its place while it was replaced; take away what was replaced."""
        for old in sorted(self._folder.glob(f"*/*/*/r*{REPLACED}")):
            place = old.with_name(old.name.removesuffix(REPLACED))
            with _explained(place):
                if place.exists():
                    shutil.rmtree(old)
                else:
                    old.rename(place)

    def prune(self, report: str, before: datetime) -> list[Revision]:
        """Take away the revisions of a report that asked before a moment, but for the last one that was delivered.

        Half-made ones as old as that go too. Returns what was taken away.
        """
        last = self.last_delivered(report)
        kept = last[0].folder if last else None
        old = [one for one in self.of(report) if one.folder != kept and one.fetched_at < before]
        with _explained(self._folder / report):
            for one in old:
                gone = one.folder.rename(one.folder.with_name(f"{one.folder.name}{PARTIAL}"))  # never half of it
                shutil.rmtree(gone)
            for path in (self._folder / report).glob(f"*/*/r*{PARTIAL}"):
                if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                    shutil.rmtree(path)
        return old

    def key(self) -> bytes:
        """Return the secret that hides recipients in message ids; made once, readable by its owner only."""
        path = self._folder / KEY
        with _explained(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                self._make_key(path)
            return path.read_bytes()

    @staticmethod
    def _make_key(path: Path) -> None:
        """Put a new key there at once and whole; one that somebody made meanwhile stays."""
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f"{KEY}-") as file:  # readable by its owner only
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(file.name, path)


def _revisions(home: Path) -> list[int]:
    """Return the numbers of the finished revisions in a folder."""
    names = [path.name for path in home.iterdir()] if home.is_dir() else []
    return [int(match[1]) for name in names if (match := FINISHED.fullmatch(name))]


def snapshot_json(snapshot: Snapshot) -> bytes:
    """Return the raw answers of a snapshot as JSON, with the time they were asked for."""
    content = {
        "fetched_at": snapshot.fetched_at.isoformat(),
        "answers": [{"path": one.path, "query": dict(one.query), "body": one.body} for one in snapshot.answers],
    }
    return raw_json(content, indent=1)


def read_snapshot(content: bytes) -> Snapshot:
    """Return the raw answers that were kept, decimals exactly as they are written there."""
    found = json.loads(content, parse_float=Decimal)
    answers = tuple(Answer(one["path"], one["query"], one["body"]) for one in found["answers"])
    return Snapshot(datetime.fromisoformat(found["fetched_at"]), (), answers)


def raw_json(content: object, indent: int | None = None) -> bytes:
    """Return an answer as JSON text."""
    text = json.dumps(content, ensure_ascii=False, indent=indent, default=_decimal)
    return text.encode(errors="backslashreplace")  # half of a surrogate pair as JSON escapes it; UTF-8 has none


def _decimal(value: object) -> float | str:
    """Write a number as JSON has it; one beyond every double, in a field nobody reads, as its text."""
    if isinstance(value, Decimal):
        return number if math.isfinite(number := float(value)) else str(value)
    raise TypeError(type(value).__name__)


def _span(edition: EditionId) -> str:
    return f"{edition.period.since}_{edition.period.until}"


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LedgerError(
            f"the archive can't be written at {path}: {why(error)}",
            hint="Make room or set [archive] folder to a place that this user may write to.",
        ) from error
