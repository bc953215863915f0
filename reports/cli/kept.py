"""The commands for editions in the archive: show, render and forget."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from reports.cli.options import config_option, now, place_for
from reports.cli.printing import deliver_file, print_deliveries, print_table
from reports.config import load
from reports.errors import LedgerError, RenderError

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from reports.archive import Revision
    from reports.ledger.values import Delivery


@click.command()
@click.argument("edition")
@config_option
def show(edition: str, file: Path) -> None:
    """Show a kept edition, weekly:2026-11-15:2026-11-21:all:r1 for instance: its files, its checks, who got it."""
    from reports.archive import Archive
    from reports.ledger import deliveries
    from reports.ledger.opening import ledger_if_any

    config = load(file)
    revision = Archive(config.path(config.archive.folder)).find(edition)
    sent: list[Delivery] = []
    with ledger_if_any(config) as ledger:
        if ledger is not None:
            with ledger.read() as tx:
                sent = deliveries.of_edition(tx, str(revision.edition))
    _print_revision(revision, sent, config.account.zone)


@click.command()
@click.argument("edition")
@click.option("-o", "--output", help="File or folder to write to; - is standard output.")
@click.option("--locale", help="Which of its PDFs is written, where it has several languages.")
@config_option
def render(edition: str, output: str | None, locale: str | None, file: Path) -> None:
    """Make a kept edition's PDF again from the archive alone, and say whether it has the same bytes."""
    from reports.archive import Archive
    from reports.reproduction import reproduce

    config = load(file)
    revision = Archive(config.path(config.archive.folder)).find(edition)
    name = revision.pdf_in(locale)
    path = None if output == "-" else place_for(output, name)
    made = reproduce(revision)
    deliver_file(path, made.pdfs[name])
    for line in made.differences:
        click.echo(f"differs: {line}", err=True)
    if made.others:
        raise RenderError(
            f"the PDF made now isn't the archived one of {revision.edition}: {', '.join(made.others)}",
            hint="The lines above say what it is made with now; the archived PDF is the record.",
        )
    if path is not None:
        click.echo(f"the same bytes as {revision.folder / name}")


@click.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Don't ask.")
@config_option
def forget(address: str, file: Path, *, yes: bool) -> None:
    """Erase whoever has an e-mail ADDRESS from archive and ledger: their name, their address, their deliveries."""
    from reports.forgetting import forget, named_in

    config = load(file)
    folder = config.path(config.archive.folder)
    if not yes:
        click.confirm(f"Make every edition in {folder} that knows {address} anew, without them?", abort=True)
    erased, found = forget(config, address, now())
    count = 0
    for one in found:
        count += 1
        click.echo(f"{one.edition}: {'made anew' if one.made_anew else 'deliveries erased'}")
        for name in one.left_in:
            click.echo(f"       still named in {name}, in a text that somebody wrote")
    editions = "1 edition" if count == 1 else f"{count} editions"
    click.echo(f"{editions} knew {address}." if count else f"No edition knows {address}.")
    if erased.texts:
        click.echo(f"It was also erased from {erased.texts} notices and notes of the ledger.")
    for place in named_in(config, address):
        click.echo(f"{file} still names it under {place}: it gets what is sent from now on.")


def _print_revision(revision: Revision, sent: list[Delivery], zone: ZoneInfo) -> None:
    """Print what a revision consists of."""
    document = json.loads(revision.read("edition.json"))
    damaged = revision.damaged()
    click.echo(f"{revision.edition}  {document['title']}")
    click.echo(f"fetched {document['fetched_at']}, kept in {revision.folder}")
    print_table(
        ("FILE", "SHA-256", "STATE"),
        [
            (name, known[:16], "CHANGED" if name in damaged else "as kept")
            for name, known in revision.manifest.files.items()
            if not name.startswith("inputs/templates/") or name in damaged
        ],
    )
    click.echo("")
    print_table(
        ("CHECK", "RESULT"),
        [
            (one["name"], "passed" if one["passed"] else f"{len(one['failures'])} footnotes")
            for one in document["checks"]
        ],
    )
    click.echo("")
    if sent:
        click.echo("DELIVERIES")
        print_deliveries(sent, zone)
    else:
        click.echo("There is no record of a delivery.")
    if damaged:
        raise LedgerError(f"{len(damaged)} files aren't what was kept", hint="Restore the archive from a backup.")
