"""Makes a kept edition again from the archive alone, and says whether it is the same."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.edition import examine, from_archive, open_desk, prepare, to_pdf
from reports.errors import LedgerError
from reports.files import digest
from reports.inputs import EARLIER, FOLDER, read_job
from reports.versions import differences, versions

if TYPE_CHECKING:
    from reports.archive import Revision


@dataclass(frozen=True)
class Reproduction:
    """The PDF made again: whether it has the archived bytes, and what it was made with that differs."""

    pdf: bytes
    same: bool
    differences: tuple[str, ...]


def reproduce(revision: Revision) -> Reproduction:
    """Render a revision from its own snapshot and inputs; whatever was changed in the archive is refused."""
    if damaged := revision.damaged():
        raise LedgerError(
            f"the revision {revision.edition} isn't what was kept: {', '.join(damaged)} changed or gone",
            hint=f"Restore {revision.folder} from a backup; the archived PDF is the record.",
        )
    job = read_job(revision.folder)
    desk = open_desk(job)
    earlier = revision.read(f"{FOLDER}/{EARLIER}")
    snapshot = asyncio.run(from_archive(job, revision.read("snapshot.json")))
    pdf = to_pdf(prepare(job, desk, revision.edition, snapshot, examine(job, snapshot, earlier)))
    manifest = revision.manifest
    return Reproduction(
        pdf,
        digest(pdf) == manifest.files[revision.pdf],
        tuple(differences(manifest.made_with, versions(desk.templates))),
    )
