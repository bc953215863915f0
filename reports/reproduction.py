"""Makes a kept edition again from the archive alone, and says whether it is the same."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.desk import open_desks
from reports.edition import examine, from_archive, pdf_files, print_all
from reports.errors import LedgerError
from reports.files import digest
from reports.inputs import EARLIER, FOLDER, read_job
from reports.versions import differences, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.archive import Revision


@dataclass(frozen=True)
class Reproduction:
    """The PDFs made again, by name: which haven't the archived bytes, and what they were made with that differs."""

    pdfs: Mapping[str, bytes]
    others: tuple[str, ...]
    differences: tuple[str, ...]


def reproduce(revision: Revision) -> Reproduction:
    """Render a revision from its own snapshot and inputs; whatever was changed in the archive is refused."""
    if damaged := revision.damaged():
        raise LedgerError(
            f"the revision {revision.edition} isn't what was kept: {', '.join(damaged)} changed or gone",
            hint=f"Restore {revision.folder} from a backup; the archived PDF is the record.",
        )
    job = read_job(revision.folder)
    desks = open_desks(job)
    earlier = revision.read(f"{FOLDER}/{EARLIER}")
    snapshot = asyncio.run(from_archive(job, revision.read("snapshot.json")))
    pdfs = pdf_files(print_all(job, desks, revision.edition, snapshot, examine(job, snapshot, earlier)))
    manifest = revision.manifest
    return Reproduction(
        pdfs,
        tuple(name for name, pdf in pdfs.items() if digest(pdf) != manifest.files.get(name)),
        tuple(differences(manifest.made_with, versions(desks[0].templates))),
    )
