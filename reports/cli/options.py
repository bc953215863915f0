"""The options that several commands share, and what they mean."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reports.config import DEFAULT_FILE
from reports.errors import ConfigError
from reports.files import can_be_written

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from reports.config.model import Config
    from reports.periods import Period

ELSEWHERE = "Choose another place with -o FILE."


class Day(click.ParamType[date]):
    """A date as people write it in commands: 2026-11-22."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a date, strictly."""
        text = str(value)
        try:
            found = date.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is not a date such as 2026-11-22", param, ctx)
        if found.isoformat() != text:
            self.fail(f"{text!r} is not a date such as 2026-11-22", param, ctx)
        return found


config_option = click.option(
    "--config", "file", type=click.Path(path_type=Path), default=Path(DEFAULT_FILE), help="The configuration."
)
as_of_option = click.option("--as-of", type=Day(), help="As if today were this day.")
note_option = click.option(
    "--note", type=click.Path(path_type=Path), help="A commentary in Markdown, in the place of notes.md."
)


def now() -> datetime:
    """Return this instant; the one clock that commands have."""
    return datetime.now(UTC)


def today(config: Config) -> date:
    """Return the account's own date of this moment."""
    from reports.job import today_of

    return today_of(config, now())


def only_report(config: Config) -> str:
    """Return the name of the one report there is; a usage error where there are several."""
    names = list(config.reports)
    if len(names) > 1:
        raise click.UsageError(f"which report? The configuration has {', '.join(names)}.")
    return names[0]


def free_span(as_of: date | None, since: date | None, until: date | None) -> Period | None:
    """Return the period of --since and --until, None without them; a usage error where the options clash."""
    from reports.periods import Period

    if (since is None) != (until is None):
        raise click.UsageError("--since and --until go together.")
    if since is None or until is None:
        return None
    if as_of is not None:
        raise click.UsageError("--as-of chooses a period by itself; leave it away with --since and --until.")
    if until < since:
        raise click.UsageError(f"--until {until} is before --since {since}.")
    return Period(since, until)


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its name; a usage error where there is none."""
    from reports.config.values import timezone

    try:
        return timezone(name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--timezone") from error


def place_for(output: str | None, name: str) -> Path:
    """Return the file to write, and say before any work is done if that can't be."""
    path = Path(output) if output else Path()
    if path.is_dir():
        path /= name
    if not can_be_written(path):
        raise ConfigError(f"{path} can't be written", hint=ELSEWHERE)
    return path


def folder_for(output: str | None, name: str) -> Path:
    """Return the folder to write several files into, and say before any work is done if that can't be."""
    path = Path(output) if output else Path(name)
    if path.is_file() or not can_be_written(path / "file"):
        raise ConfigError(f"{path} can't be written as a folder", hint="Choose another place with -o FOLDER.")
    return path
