"""Makes a kept edition again from the archive alone, and says whether it is the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.desk import open_desks
from reports.edition import pdf_files, print_all
from reports.files import digest
from reports.material import kept
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
    found = kept(revision)
    desks = open_desks(found.job)
    pdfs = pdf_files(print_all(found.job, desks, found.id, found.snapshot, found.analysis))
    manifest = revision.manifest
    return Reproduction(
        pdfs,
        tuple(name for name, pdf in pdfs.items() if digest(pdf) != manifest.files.get(name)),
        tuple(differences(manifest.made_with, versions(desks[0].templates))),
    )
