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
from decimal import Decimal
from typing import TYPE_CHECKING

from reports.errors import LedgerError
from reports.files import why, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from reports.figures import EditionId, Snapshot

PARTIAL = ".partial"
REVISION = re.compile(r"r(\d+)(?:\.partial)?")
KEY = ".message-key"


@dataclass(frozen=True)
class Draft:
    """A revision that is being made; it becomes visible when it is finished."""

    edition: EditionId
    folder: Path  # where it will be

    @property
    def partial(self) -> Path:
        """Where it is until then."""
        return self.folder.with_name(self.folder.name + PARTIAL)

    def finish(self, files: Mapping[str, bytes]) -> dict[str, Path]:
        """Write all files and give the folder its name, in this order; returns where each lies."""
        with _explained(self.folder):
            for name, content in files.items():
                write_whole(self.partial / name, content)
            self.partial.rename(self.folder)
        return {name: self.folder / name for name in files}

    def abandon(self) -> None:
        """Take the unfinished folder away."""
        shutil.rmtree(self.partial, ignore_errors=True)


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


def snapshot_json(snapshot: Snapshot) -> bytes:
    """Return the raw answers of a snapshot as JSON, with the time they were asked for."""
    content = {
        "fetched_at": snapshot.fetched_at.isoformat(),
        "answers": [{"path": one.path, "query": dict(one.query), "body": one.body} for one in snapshot.answers],
    }
    text = json.dumps(content, ensure_ascii=False, indent=1, default=_decimal)
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
