"""The command that shows what a theme looks like."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from reports.cli.options import config_option, place_for, today
from reports.cli.printing import Progress, deliver_file
from reports.config import load
from reports.config.values import colour, theme_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@click.group()
def theme() -> None:
    """Look at themes: colours, logo, fonts."""


@theme.command("preview")
@click.option("--theme", "name", help="A theme, such as themes/acme; else the account's.")
@click.option("--accent", help="An accent, such as #0A7, alone or instead of the theme's.")
@click.option("--locale", help="Another language than the account's: en or ar.")
@click.option("-o", "--output", help="File or folder to write to; - is standard output.")
@config_option
def preview_theme(name: str | None, accent: str | None, locale: str | None, output: str | None, file: Path) -> None:
    """Draw every part of a page on one sheet, over made-up deals."""
    from reports.preview import plan_preview, preview

    config = load(file)
    job = plan_preview(config, today(config), _checked(theme_name, name), _checked(colour, accent), locale)
    path = None if output == "-" else place_for(output, "theme.pdf")
    with Progress() as progress:
        content, notes = asyncio.run(preview(job, progress))
    deliver_file(path, content)
    for one in notes:
        click.echo(f"warning: {one}", err=True)


def _checked(read: Callable[[object], str], text: str | None) -> str | None:
    """Return what was written behind an option; a usage error where it isn't what it should be."""
    try:
        return None if text is None else read(text)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error
