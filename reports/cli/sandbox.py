"""The commands of the embedded analytics server: sandbox serve and sandbox load."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reports.cli.options import zone_of
from reports.errors import ReportsError

if TYPE_CHECKING:
    from collections.abc import Mapping

SANDBOX_FILE = "deals.sqlite"

database_option = click.option(
    "--database", type=click.Path(path_type=Path), help=f"SQLite file of deals; {SANDBOX_FILE} where that is there."
)
timezone_option = click.option("--timezone", default="UTC", show_default=True, help="The account's time zone.")


@click.group()
def sandbox() -> None:
    """Run the embedded analytics server: for trying out, tests, and deals that come as a CSV file."""


@sandbox.command()
@database_option
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True)
@click.option("--token", default="sandbox", show_default=True)
@timezone_option
@click.option("--week-start", type=click.Choice(["monday", "saturday", "sunday"]), default="monday", show_default=True)
def serve(database: Path | None, port: int, token: str, timezone: str, week_start: str) -> None:
    """Serve the API for account 1 on this machine; made-up deals where there is no file."""
    from reports.sandbox.serve import serve_deals

    found = database or (Path(SANDBOX_FILE) if Path(SANDBOX_FILE).is_file() else None)
    serve_deals(found, port=port, token=token, timezone=zone_of(timezone), week_start=week_start, say=click.echo)


@sandbox.command("load")
@click.argument("csv_file", type=click.Path(path_type=Path))
@database_option
@click.option("--map", "pairs", multiple=True, metavar="OURS=THEIRS", help="A column that has another name there.")
@timezone_option
def load_deals(csv_file: Path, database: Path | None, pairs: tuple[str, ...], timezone: str) -> None:
    """Fill a database with the deals of a CSV file; a row that is wrong stops it all."""
    from reports.sandbox.deals import Deals
    from reports.sandbox.load import load_csv

    path = database or Path(SANDBOX_FILE)
    mapping, zone, existed = _mapping(pairs), zone_of(timezone), path.exists()
    try:
        with Deals.open(path) as deals:
            result = load_csv(deals, csv_file, mapping, zone)
    except ReportsError:
        if not existed:
            path.unlink(missing_ok=True)  # nothing was loaded, so there is nothing to report on
        raise
    click.echo(f"{path}: {result.new:,} deals loaded, {result.updated:,} updated,")
    click.echo(f"{result.pipelines} pipelines, {result.agents} agents, {result.first} to {result.last}.")
    click.echo(f'Report on them with kind = "sandbox" and database = "{path}" under [source].')


def _mapping(pairs: tuple[str, ...]) -> Mapping[str, str]:
    for pair in pairs:
        if not all(pair.partition("=")):
            raise click.BadParameter(f"{pair!r} is not of the form deal_id=opportunity_id", param_hint="--map")
    return dict(pair.split("=", 1) for pair in pairs)
