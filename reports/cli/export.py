"""The command that writes a report as files."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from reports.cli.options import Day, as_of_option, config_option, folder_for, free_span, note_option, place_for, today
from reports.cli.printing import Progress, deliver_file
from reports.config import load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from reports.archive import Revision
    from reports.config.model import Config
    from reports.exports import Format
    from reports.job import Job
    from reports.periods import Period

# As exports has them, which is imported only where there is something to do: `reports --help` is to be quick.
FORMATS = ("pdf", "html", "json", "csv", "png", "svg", "eml", "zip")
PICTURES = ("png", "svg")


@click.command()
@click.argument("name")
@click.option("--format", "kind", type=click.Choice(FORMATS), default="pdf", show_default=True)
@as_of_option
@click.option("--since", type=Day(), help="First day of a free period; with --until.")
@click.option("--until", type=Day(), help="Last day of a free period; with --since.")
@click.option("-o", "--output", help="File or folder to write to; - is standard output.")
@click.option("--cut", help="Which part of it: the name of a view, pipeline-3, or agent-7.")
@click.option("--locale", help="Another language than the report's: en or ar.")
@click.option("--transparent", is_flag=True, help="Charts without paper behind them: for png, svg and zip.")
@note_option
@config_option
def export(  # noqa: PLR0913, PLR0917 - click passes one for each option
    name: str,
    kind: Format,
    as_of: date | None,
    since: date | None,
    until: date | None,
    output: str | None,
    cut: str | None,
    locale: str | None,
    note: Path | None,
    file: Path,
    *,
    transparent: bool,
) -> None:
    """Write a report as a file, or its charts as a file each (png, svg); nothing is kept or sent.

    NAME is a report, or an edition in the archive such as weekly:2026-11-15:2026-11-21:all:r1.
    """
    if kind in PICTURES and output == "-":
        raise click.UsageError(f"--format {kind} makes a file for each chart: choose -o FOLDER, or --format zip.")
    config = load(file)
    wanted: Job | Revision
    if ":" in name:
        if any(one is not None for one in (as_of, since, until, cut, note)):
            raise click.UsageError("A kept edition has its days, its part and its note: leave those options away.")
        wanted = _kept(config, name)
    else:
        wanted = _planned(config, name, as_of, free_span(as_of, since, until), cut, locale, note)
    place = _place(output, wanted.edition.filename, kind)
    with Progress() as progress:
        files = _made(wanted, kind, locale, progress, transparent=transparent)
    _deliver(place, files, kind)


def _kept(config: Config, edition: str) -> Revision:
    from reports.archive import Archive

    return Archive(config.path(config.archive.folder)).find(edition)


def _planned(  # noqa: PLR0913, PLR0917 - one for each choice there is
    config: Config,
    name: str,
    as_of: date | None,
    span: Period | None,
    cut: str | None,
    locale: str | None,
    note: Path | None,
) -> Job:
    from reports.cuts import order_named
    from reports.job import in_language, part_of, plan_job

    job = plan_job(config, name, today(config), as_of=as_of, span=span, note=note)
    job = part_of(job, order_named(job.report, cut))
    return job if locale is None else in_language(job, locale)


def _made(
    wanted: Job | Revision, kind: Format, locale: str | None, progress: Progress, *, transparent: bool
) -> dict[str, bytes]:
    from reports.archive import Revision
    from reports.exports import Export, of_revision
    from reports.ledger.opening import last_delivered
    from reports.material import fetched

    if isinstance(wanted, Revision):
        progress("Rendering")
        return of_revision(wanted, kind, locale, transparent=transparent)
    last = last_delivered(wanted.config, wanted.name, wanted.cut.name)
    material = asyncio.run(fetched(wanted, last, progress))
    progress("Rendering")
    return Export(material, transparent=transparent).files(kind)


def _place(output: str | None, name: str, kind: Format) -> Path | None:
    """Return the file to write, or the folder where it will be several; None for standard output."""
    if kind in PICTURES:
        return folder_for(output, name)
    return None if output == "-" else place_for(output, f"{name}.{kind}")


def _deliver(place: Path | None, files: Mapping[str, bytes], kind: Format) -> None:
    for name, content in files.items():
        deliver_file(place / name if place is not None and kind in PICTURES else place, content)
