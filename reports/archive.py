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
    from collections.abc import Collection, Iterator, Mapping
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
CUT = re.compile(r"[a-z0-9-]+")
KEY = ".message-key"
MANIFEST = "manifest.json"


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
        """The name of its PDF, the first where there are several."""
        return pdf_name(self.edition, None)

    @property
    def first_locale(self) -> str:
        """The language that its report is written in, the first where there are several."""
        locale: str = json.loads(self.read("edition.json"))["locale"]
        return locale

    def pdf_in(self, locale: str | None) -> str:
        """Return the name of its PDF in a language; a language that it doesn't have is a LedgerError."""
        name = pdf_name(self.edition, locale)
        if name in (files := self.manifest.files):
            return name
        first = self.first_locale
        if locale in {None, first}:
            return self.pdf
        start = f"{self.edition.filename}."
        others = [one.removeprefix(start).removesuffix(".pdf") for one in files if one.startswith(start)]
        known = [first, *(one for one in others if one != "pdf")]
        raise LedgerError(f"{self.edition} isn't there in {locale}", hint=f"It is written in: {', '.join(known)}.")

    def letter(self, locale: str | None) -> str:
        """Return the name of the mail that somebody with a language of their own gets; the one for all without it."""
        own = letter_name(locale)
        return own if locale is not None and own in self.manifest.files else letter_name(None)

    def intact(self) -> Revision:
        """Return this revision if it is what was kept; one that was changed is used for nothing."""
        if damaged := self.damaged():
            raise LedgerError(
                f"the revision {self.edition} isn't what was kept: {', '.join(damaged)} changed or gone",
                hint=f"Restore {self.folder} from a backup.",
            )
        return self

    def damaged(self) -> list[str]:
        """Return the files that aren't what was kept: changed, or gone."""
        return [
            name
            for name, expected in self.manifest.files.items()
            if not (self.folder / name).is_file() or digest((self.folder / name).read_bytes()) != expected
        ]

    @property
    def fetched_at(self) -> datetime:
        """When the source was asked."""
        try:
            return datetime.fromisoformat(json.loads(self.read("edition.json"))["fetched_at"])
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(
                f"{self.folder / 'edition.json'} can't be understood", hint="Restore the archive from a backup."
            ) from error


def pdf_name(edition: EditionId, locale: str | None) -> str:
    """Return what the PDF in a language is called in a revision; None is the first language of the report."""
    return f"{edition.filename}.pdf" if locale is None else f"{edition.filename}.{locale}.pdf"


def letter_name(locale: str | None) -> str:
    """Return what the mail for recipients with a language of their own is called; None is the one for all others."""
    return "mail.eml" if locale is None else f"mail.{locale}.eml"


@dataclass(frozen=True)
class Manifest:
    """The files of a revision with their SHA-256, and the versions of all that made them."""

    files: Mapping[str, str]
    made_with: Mapping[str, str]


class Archive:
    """All kept revisions, below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def draft(self, edition: EditionId, above: int = 0) -> Draft:
        """Reserve the next revision of an edition, `above` a number; two at once get different ones."""
        home = self._folder.joinpath(edition.report, _span(edition), edition.cut)
        with _explained(home):
            home.mkdir(parents=True, exist_ok=True)
            while True:
                taken = [int(match[1]) for path in home.iterdir() if (match := REVISION.fullmatch(path.name))]
                number = max([above, *taken]) + 1
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
        period = _period(home.parent.name)
        if period is None or not folder.is_dir():
            raise LedgerError(f"there is no edition {text} in the archive", hint=f"Looked for {folder}.")
        return Revision(EditionId(match["report"], period, match["cut"], number), folder)

    def at(self, text: str) -> Revision | None:
        """Return a kept revision by its whole id; None if it isn't there any more."""
        try:
            return self.find(text)
        except LedgerError:
            return None

    def of(self, report: str, cut: str = "all") -> list[Revision]:
        """Return every kept revision of a report, the earliest period first; those of every cut with `*`."""
        found = []
        for home in sorted((self._folder / report).glob(f"*_*/{cut}")):
            period = _period(home.parent.name)
            if period is None or not CUT.fullmatch(home.name):
                continue
            found += [
                Revision(EditionId(report, period, home.name, one), home / f"r{one}")
                for one in sorted(_revisions(home))
            ]
        return found

    def all(self) -> list[Revision]:
        """Return every kept revision of every report and cut."""
        folders = [path.name for path in self._folder.iterdir() if path.is_dir()] if self._folder.is_dir() else []
        names = sorted(one for one in folders if not one.startswith("."))
        return [one for name in names for one in self.of(name, "*")]

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
        """Put a revision that was made anew in the place of the old one.

        The old one leaves its place only when the new one is whole; `recover` puts it back after a crash between.
        """
        old = draft.folder.with_name(draft.folder.name + REPLACED)
        draft.write(files, made_with)
        with _explained(draft.folder):
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

    def prune(self, report: str, before: datetime, needed: Collection[str]) -> list[Revision]:
        """Take away the revisions of a report that asked before a moment, but for those still needed; returns them.

        One that is too damaged to say when it asked stays: `reports show` names what is wrong with it.
        """
        old = [one for one in self.of(report, "*") if str(one.edition) not in needed and _asked_before(one, before)]
        with _explained(self._folder / report):
            for one in old:
                gone = one.folder.rename(one.folder.with_name(f"{one.folder.name}{PARTIAL}"))  # never half of it
                shutil.rmtree(gone)
        return old

    def sweep(self, report: str, before: datetime) -> None:
        """Take away what crashes left half-made before a moment; what was to be replaced is `recover`'s."""
        with _explained(self._folder / report):
            for path in (self._folder / report).glob(f"*/*/r*{PARTIAL}"):
                left = datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
                if left and not path.name.endswith(REPLACED):
                    shutil.rmtree(path)

    def clear(self, report: str | None = None) -> None:
        """Take away every revision of a report, or all there are: for tests, which nobody needs any more."""
        folder = self._folder if report is None else self._folder / report
        with _explained(folder):
            if folder.is_dir():
                shutil.rmtree(folder)

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


def _asked_before(revision: Revision, before: datetime) -> bool:
    try:
        return revision.fetched_at < before
    except (LedgerError, TypeError):  # nothing that can be understood, or a time without its zone
        return False


def _revisions(home: Path) -> list[int]:
    """Return the numbers of the finished revisions in a folder."""
    names = [path.name for path in home.iterdir()] if home.is_dir() else []
    return [int(match[1]) for name in names if (match := FINISHED.fullmatch(name))]


def snapshot_json(snapshot: Snapshot) -> bytes:
    """Return the raw answers of a snapshot as JSON, with the time they were asked for."""
    answers = ({"path": one.path, "query": dict(one.query), "body": one.body} for one in snapshot.answers)
    lines = b",\n".join(map(raw_json, answers))  # a line for each: indenting all would take ten times as long
    return b'{"fetched_at": %s, "answers": [\n%s\n]}' % (raw_json(snapshot.fetched_at.isoformat()), lines)


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


def _period(name: str) -> Period | None:
    """Return the period that a folder is named after; None where somebody else's folder lies between ours."""
    if not SPAN.fullmatch(name):
        return None
    since, _, until = name.partition("_")
    try:
        return Period(date.fromisoformat(since), date.fromisoformat(until))
    except ValueError:
        return None


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LedgerError(
            f"the archive can't be written at {path}: {why(error)}",
            hint="Make room or set [archive] folder to a place that this user may write to.",
            permanent=False,
        ) from error
