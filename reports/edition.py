"""The whole flow of one edition: plan, fetch, analyse, draw, render, keep."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from reports.analysis.analyse import analyse
from reports.analysis.checks import refusal
from reports.analysis.cuts import restrict, standing
from reports.analysis.open_deals import with_open_deals
from reports.analysis.restatements import with_earlier
from reports.archive import Archive, letter_name, pdf_name, read_snapshot, snapshot_json
from reports.cuts import require, wanted_agents
from reports.desk import open_desks
from reports.documents import to_json
from reports.earlier import find_earlier, read_earlier
from reports.errors import DataError
from reports.inputs import input_files
from reports.letters import archived, refuse_large, to_letter
from reports.log import event
from reports.present.fonts import noting, replacement_note
from reports.rendering import Printed, Rendering, prepare, to_pdf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from reports.archive import Draft, Revision
    from reports.config.model import Config
    from reports.desk import Desk
    from reports.figures import EditionId, Snapshot
    from reports.findings import Analysis, Standing
    from reports.job import Job
    from reports.mail.compose import Letter

TRIALS = ".trials"  # below the archive's folder


@dataclass(frozen=True)
class Made:
    """An edition that is in the archive, in all its languages."""

    printed: tuple[Printed, ...]
    revision: Revision

    @property
    def rendering(self) -> Rendering:
        """The edition in its first language."""
        return self.printed[0].rendering

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know of how it came out, each thing once."""
        return tuple(dict.fromkeys(one for each in self.printed for one in each.warnings))

    def of(self, locale: str | None) -> list[Printed]:
        """Return what goes with the letter of somebody with a language of their own; None is the one for all others."""
        return printed_in(self.rendering.job, self.printed, locale)


async def produce(job: Job, fetched: Snapshot, delivered: tuple[str, datetime] | None, *, above: int) -> Made:
    """Produce an edition and keep it as a new revision, numbered `above` every one that there ever was.

    `fetched` is what was fetched for all cuts of the report, `delivered` what was sent last of this one.
    """
    desks = open_desks(job)
    kept = snapshot_json(own(job, fetched))
    snapshot = await from_archive(job, kept)  # what is kept is what is shown
    earlier = find_earlier(job, delivered)
    analysis = examine(job, snapshot, earlier)
    draft = _archive(job).draft(job.edition, above)
    try:
        printed = print_all(job, desks, draft.edition, snapshot, analysis)
        letters = letters_of(job, printed)  # before anything is kept: its templates may be broken too
        for letter in letters.values():
            refuse_large(letter, job.config.email.max_attachment)
        size = sum(len(one.pdf) for one in printed)
        event("edition.rendered", report=job.name, edition=draft.edition, bytes=size)
        await asyncio.sleep(0)  # whoever asked to stop meanwhile is heard here, before anything is kept
        keep(draft, kept, printed, letters, earlier)
    except BaseException:
        draft.abandon()
        raise
    event("edition.archived", report=job.name, edition=draft.edition)
    made = Made(tuple(printed), draft.revision)
    for one in made.warnings:
        event("edition.warning", level=logging.WARNING, report=job.name, edition=draft.edition, detail=one)
    return made


async def from_archive(job: Job, content: bytes) -> Snapshot:
    """Return the snapshot that was kept as these bytes, without any network."""
    from reports.source import replay

    async with replay(job.config, read_snapshot(content)) as source:
        return await source.snapshot(job.pipelines, job.plan, job.cut.agents or (), job.cut.pipelines)


def _archive(job: Job) -> Archive:
    """Return where an edition is kept: tests lie apart, where nobody looks for editions."""
    return trials(job.config) if job.trial else Archive(job.config.path(job.config.archive.folder))


def trials(config: Config) -> Archive:
    """Return where the editions of the last tests are."""
    return Archive(config.path(config.archive.folder) / TRIALS)


def own(job: Job, fetched: Snapshot) -> Snapshot:
    """Return what was fetched without the answers that only other cuts show."""
    from reports.source import answers_of

    require(job.cut, fetched, job.plan)
    return replace(fetched, answers=answers_of(fetched.answers, job.cut))


async def fetch(job: Job, progress: Callable[[str], None]) -> Snapshot:
    """Ask the source for every period of every pipeline of the report, and for its agents where it has cuts of them."""
    from reports.source import open_source

    count = 0

    def on_answer() -> None:
        nonlocal count
        count += 1
        progress(f"Fetching: {count} answers")

    progress("Fetching")
    async with open_source(job.config, on_answer) as source:
        snapshot = await source.snapshot(job.pipelines, job.plan, _agents(job))
    event("edition.fetched", report=job.name, answers=len(snapshot.answers))
    return snapshot


def _agents(job: Job) -> Literal["each"] | frozenset[int]:
    """Return whose own figures are asked for: those of every cut, or of the one that is to be made."""
    return wanted_agents(job.report) if job.cut.agents is None else job.cut.agents


def survey(job: Job, snapshot: Snapshot) -> Analysis:
    """Compare the periods; figures that contradict each other go no further."""
    analysis = analyse(job.plan, snapshot, job.goals)
    if (error := refusal(analysis.checks, strict=job.config.checks.strict)) is not None:
        raise error
    return analysis


def examine(job: Job, snapshot: Snapshot, earlier: bytes) -> Analysis:
    """Compare the periods of what a cut shows, and with what was said before."""
    shown = restrict(snapshot, job.cut, job.plan)
    currency = job.config.currency(job.report)
    analysis = with_open_deals(survey(job, shown), shown, currency, job.config.account.zone)
    analysis = replace(analysis, standing=_standing(job, snapshot))
    return with_earlier(analysis, read_earlier(earlier), currency)


def _standing(job: Job, whole: Snapshot) -> Standing | None:
    """Return where the one agent of a scorecard stands; only the report can let others be named."""
    if job.report.cuts != "agent" or job.cut.agents is None:
        return None
    [agent] = job.cut.agents
    found = standing(whole, agent, job.plan, show_team=job.report.show_team)
    if found is None:
        raise DataError(
            f"agent {agent} has no deals in the periods of this report", hint="Check the number; it is the account's."
        )
    return found


def print_all(
    job: Job, desks: Sequence[Desk], edition: EditionId, snapshot: Snapshot, analysis: Analysis
) -> list[Printed]:
    """Return the edition in every language, with its PDF."""
    return [_print(job, desk, edition, snapshot, analysis) for desk in desks]


def _print(job: Job, desk: Desk, edition: EditionId, snapshot: Snapshot, analysis: Analysis) -> Printed:
    with noting() as replaced:
        rendering = prepare(job, desk, edition, snapshot, analysis)
        pdf = to_pdf(rendering)
    notes = (replacement_note(replaced), *desk.theme.notes)
    return Printed(rendering, pdf, tuple(one for one in notes if one))


def printed_in(job: Job, printed: Sequence[Printed], locale: str | None) -> list[Printed]:
    """Return what goes with the letter of a language, in its order."""
    by_locale = {one.rendering.desk.locale: one for one in printed}
    return [by_locale[one] for one in job.letters[locale if locale in job.letters else None]]


def letters_of(job: Job, printed: Sequence[Printed]) -> dict[str, Letter]:
    """Return every letter by the name that it is kept under."""
    return {letter_name(locale): to_letter(printed_in(job, printed, locale)) for locale in job.letters}


def keep(
    draft: Draft, snapshot: bytes, printed: Sequence[Printed], letters: Mapping[str, Letter], earlier: bytes
) -> None:
    """Put what was fetched and made into the archive, with everything that went into it."""
    from reports.versions import versions

    first = printed[0].rendering
    files = {"snapshot.json": snapshot, **record_files(printed, letters)}
    draft.finish({**files, **input_files(first.job, earlier, first.desk.theme.files)}, versions(first.desk.templates))


def record_files(printed: Sequence[Printed], letters: Mapping[str, Letter]) -> dict[str, bytes]:
    """Return what was made, as it is kept."""
    first = printed[0].rendering
    return {
        "edition.json": to_json(first.job, first.id, first.snapshot, first.analysis),
        **pdf_files(printed),
        **{name: archived(letter) for name, letter in letters.items()},
    }


def pdf_files(printed: Sequence[Printed]) -> dict[str, bytes]:
    """Return the PDFs by the names that they are kept under."""
    names = [None, *(one.rendering.desk.locale for one in printed[1:])]
    return {pdf_name(one.rendering.id, name): one.pdf for one, name in zip(printed, names, strict=True)}
