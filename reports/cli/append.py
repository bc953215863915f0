"""The command that puts a report behind another PDF."""

from __future__ import annotations

from pathlib import Path

import click

from reports.cli.options import config_option, place_for
from reports.cli.printing import Progress, deliver_file
from reports.config import load
from reports.errors import ConfigError
from reports.files import why


@click.command()
@click.argument("edition")
@click.argument("deck", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, help="File or folder to write to; - is standard output.")
@click.option("--locale", help="Another language than the report's: en or ar.")
@config_option
def append(edition: str, deck: Path, output: str, locale: str | None, file: Path) -> None:
    """Put the pages of a kept EDITION behind those of DECK, a PDF; the deck's bookmarks stay."""
    from reports.archive import Archive
    from reports.exports import of_revision
    from reports.render.append import append

    config, before = load(file), _read(deck)
    revision = Archive(config.path(config.archive.folder)).find(edition)
    path = None if output == "-" else place_for(output, deck.name)
    with Progress() as progress:
        progress("Rendering")
        [pages] = of_revision(revision, "pdf", locale).values()
    found = append(before, pages, str(deck))
    deliver_file(path, found.pdf)
    if found.was_signed:
        click.echo(f"warning: {deck} was signed; that signature doesn't hold for the longer file", err=True)


def _read(deck: Path) -> bytes:
    try:
        return deck.read_bytes()
    except OSError as error:
        raise ConfigError(f"{deck} can't be read: {why(error)}", hint="Name the PDF that comes first.") from error
