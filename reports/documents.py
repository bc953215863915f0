"""An edition as data for other programs: the JSON document, and the table of its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.figures import EditionId, Snapshot
    from reports.findings import Analysis
    from reports.job import Job


def to_json(job: Job, edition: EditionId, snapshot: Snapshot, analysis: Analysis) -> bytes:
    """Return the edition as the JSON document that other programs read."""
    from reports.render.document import document

    config, report = job.config, job.report
    return document(
        analysis,
        edition=edition,
        title=config.title(report),
        as_of=job.as_of,
        fetched_at=snapshot.fetched_at.astimezone(config.account.zone),
        currency=config.currency(report),
        locale=config.locale(report),
        note=None if analysis.standing else job.note,
        cut=job.cut,
    )


def to_csv(job: Job, edition: EditionId, analysis: Analysis) -> bytes:
    """Return the edition's figures as the table that spreadsheets open."""
    from reports.render.table import table

    return table(analysis, edition=edition, currency=job.config.currency(job.report))
