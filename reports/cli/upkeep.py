"""The commands that copy ledger and archive, and put a copy back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reports.cli.options import config_option, now
from reports.cli.printing import Progress
from reports.config import load
from reports.errors import LedgerError

if TYPE_CHECKING:
    from reports.backup import Copied
    from reports.restoring import Doubts

folder_argument = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
KILO = 1000


@click.command()
@folder_argument
@click.option("--archive-only", is_flag=True, help="Leave the ledger out: for one that is kept in PostgreSQL.")
@config_option
def backup(folder: Path, file: Path, *, archive_only: bool) -> None:
    """Copy ledger and archive into the new folder DIR, also while a runner is at work."""
    from reports.backup import backup

    config = load(file)
    with Progress() as progress:
        progress("Copying")
        copied = backup(config, folder, now(), archive_only=archive_only)
    click.echo(f"Copied {_said(copied)} into {folder}.")
    if copied.ledger is None:
        click.echo("The ledger isn't in it.")
    if copied.damaged:
        raise LedgerError(
            f"{len(copied.damaged)} revisions aren't what was kept, and were copied as they are: "
            f"{', '.join(copied.damaged)}",
            hint="`reports show` names the files; an earlier backup may have them whole.",
        )


@click.command()
@folder_argument
@click.option("--force", is_flag=True, help="Also with revisions that are damaged, as they are.")
@click.option(
    "--database-too", is_flag=True, help="The ledger's PostgreSQL database was restored as well: settle it, too."
)
@config_option
def restore(folder: Path, file: Path, *, force: bool, database_too: bool) -> None:
    """Put the backup DIR in place, where no ledger and no archive is. Every schedule is paused then."""
    from reports.restoring import restore

    config = load(file)
    with Progress() as progress:
        restored = restore(config, folder, now(), progress, force=force, settle_only=database_too)
    click.echo(f"Restored {_said(restored.copied)}.")
    if restored.copied.damaged:
        click.echo(f"Damaged, and not to be sent: {', '.join(restored.copied.damaged)}.")
    if restored.doubts is None:
        click.echo("The ledger wasn't touched. If its database was restored as well: --database-too.")
    else:
        _print_doubts(restored.doubts)


def _print_doubts(doubts: Doubts) -> None:
    """Say what a person has to look at."""
    click.echo(f"{doubts.deliveries} deliveries are unknown: they were still to be sent when the backup was made.")
    click.echo(f"{doubts.slots} slots that hadn't ended then have failed.")
    click.echo(f"{doubts.since} slots were due since, and are skipped: nobody knows whether they went out.")
    click.echo("`reports status` and `reports history` show them; look at both first.")
    if doubts.paused:
        click.echo("Every schedule is paused, since what it would send may be sent already. Let each go on with:")
    for name in doubts.paused:
        click.echo(f"  reports resume {name}")


def _said(copied: Copied) -> str:
    parts = [] if copied.ledger is None else [f"the ledger ({_bytes(copied.ledger)})"]
    return " and ".join([*parts, f"{copied.revisions} revisions of the archive ({_bytes(copied.size)})"])


def _bytes(count: int) -> str:
    """Return a number of bytes as people say it."""
    size, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < KILO:
            break
        size, unit = size / KILO, larger
    return f"{count} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
