"""What an edition shows before it is drawn: fetched now, or read from the archive."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.archive import snapshot_json
from reports.desk import open_desks
from reports.earlier import find_earlier
from reports.edition import examine, fetch, from_archive, own
from reports.inputs import EARLIER, FOLDER, read_job

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from reports.archive import Revision
    from reports.figures import EditionId, Snapshot
    from reports.findings import Analysis
    from reports.job import Job


@dataclass(frozen=True)
class Material:
    """One edition in figures, ready to be drawn in any of its job's languages."""

    job: Job
    id: EditionId
    snapshot: Snapshot
    analysis: Analysis


async def fetched(job: Job, delivered: tuple[str, datetime] | None, progress: Callable[[str], None]) -> Material:
    """Ask the source for one cut of a report; `delivered` is what was sent last of it."""
    open_desks(job)  # a language or a look that isn't there stops it before anything is fetched
    snapshot = await from_archive(job, snapshot_json(own(job, await fetch(job, progress))))
    return Material(job, job.edition, snapshot, examine(job, snapshot, find_earlier(job, delivered)))


def kept(revision: Revision) -> Material:
    """Read a revision from its own snapshot and inputs; whatever was changed in the archive is refused."""
    job = read_job(revision.intact().folder)
    snapshot = asyncio.run(from_archive(job, revision.read("snapshot.json")))
    analysis = examine(job, snapshot, revision.read(f"{FOLDER}/{EARLIER}"))
    return Material(job, revision.edition, snapshot, analysis)
