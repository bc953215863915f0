"""What commands print, and the files they write where a person asked for them."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

from reports.cli.options import ELSEWHERE
from reports.errors import ConfigError
from reports.files import why, write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from reports.ledger.values import Delivery
    from reports.periods import Period


class Progress:
    """One line on a terminal that says what is being done; nothing in a pipe."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __call__(self, text: str) -> None:
        """Show what is being done now."""
        if self._shown:
            click.echo(f"\r\x1b[2K{text} ...", nl=False, err=True)

    def __exit__(self, *_: object) -> None:
        if self._shown:
            click.echo("\r\x1b[2K", nl=False, err=True)


def print_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows in columns as wide as their widest text, below a head unless that is empty."""
    shown = [head, *rows] if head else rows
    widths = [max(len(row[column]) for row in shown) for column in range(len(shown[0]))] if shown else []
    for row in shown:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def tick(*, well: bool) -> str:
    """Return what stands before a finding: well or not."""
    return click.style("  ok  ", fg="green") if well else click.style(" FAIL ", fg="red")


def short_path(path: Path) -> str:
    """Return a path as seen from here, where it lies below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def deliver_file(path: Path | None, content: bytes) -> None:
    """Write a file and say where it is, or write it to standard output."""
    if path is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    write_file(path, content)
    click.echo(str(path))


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole, or say why it could not be written."""
    try:
        write_whole(path, content)
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {why(error)}", hint=ELSEWHERE) from error


def moment(instant: datetime, zone: ZoneInfo | None = None) -> str:
    """Return an instant as people in a zone write it, and by which clock."""
    local = instant if zone is None else instant.astimezone(zone)
    return local.strftime(f"%a %Y-%m-%d %H:%M {local.tzname()}")


def short_moment(instant: datetime, zone: ZoneInfo) -> str:
    """Return the time of an instant, with its date unless that is today's."""
    local = instant.astimezone(zone)
    today = local.date() == datetime.now(zone).date()
    return local.strftime("at %H:%M") if today else local.strftime("on %Y-%m-%d at %H:%M")


def span(period: Period) -> str:
    """Return a period as commands print it."""
    return str(period.since) if period.days == 1 else f"{period.since} to {period.until}"


def _addressee(one: Delivery) -> str:
    """Return to whom a message goes: `Anna <anna@example.com> (cc, no. 2)`."""
    notes: list[str] = [one.role] if one.role != "to" else []
    notes += [f"no. {one.send}"] if one.send > 1 else []
    return f"{one.mailbox} ({', '.join(notes)})" if notes else one.mailbox


def print_deliveries(deliveries: Sequence[Delivery], zone: ZoneInfo) -> None:
    """Print what became of each message."""
    rows = [
        (
            f"  {one.state}",
            _addressee(one),
            moment(one.ended_at, zone) if one.ended_at else "",
            one.detail,
        )
        for one in deliveries
    ]
    print_table((), rows)
