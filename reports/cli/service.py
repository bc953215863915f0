"""The commands around schedules: next, start, run-due, pause and resume."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from reports.cli.options import config_option, now
from reports.cli.printing import moment, print_table, span
from reports.config import load
from reports.errors import ConfigError, DeliveryError, ReportsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reports.config.model import Config
    from reports.log import LogKind
    from reports.runner import Passed

logs_option = click.option(
    "--log-format", "logs", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Of each line."
)


@click.command("next")
@click.argument("name", required=False)
@click.option("-n", "count", type=click.IntRange(1, 1000), default=5, show_default=True, help="How many.")
@config_option
def next_slots(name: str | None, count: int, file: Path) -> None:
    """Show when reports go out next, and the days that each will show."""
    from reports.agenda import upcoming

    config = load(file)
    if name is not None:
        config.report(name)
    rows = [
        (one.report, moment(one.due), span(one.current), span(one.previous))
        for one in upcoming(config, name, now(), count)
    ]
    if not rows:
        raise ConfigError(
            "nothing is scheduled", hint='Add a line such as schedule = "0 8 * * sun" to a report in the configuration.'
        )
    print_table(("REPORT", "DUE", "SHOWS", "COMPARED WITH"), rows)


@click.command()
@logs_option
@config_option
def start(logs: LogKind, file: Path) -> None:
    """Send every report when it is due, until this is stopped. One such runner for each ledger."""
    from reports.runner import run_for_ever

    with _logged(logs):
        run_for_ever(file, logs)


@click.command("run-due")
@logs_option
@config_option
def run_due(logs: LogKind, file: Path) -> None:
    """Send what is due now and end: for cron, systemd timers and Kubernetes."""
    from reports.runner import run_due

    with _logged(logs):
        passed = run_due(file, logs)
        if trouble := _trouble(passed):
            raise trouble


@contextmanager
def _logged(logs: LogKind) -> Iterator[None]:
    """Log what happens; whoever reads it as JSON gets an error as one more line of it."""
    from reports import log

    log.configure(logs)
    try:
        yield
    except ReportsError as error:
        if logs == "text":
            raise
        log.event("command.failed", level=logging.ERROR, error=error.message, hint=error.hint)
        sys.exit(1)


def _trouble(passed: Passed) -> DeliveryError | None:
    """Return what a pass has to say through its exit code."""
    from reports.ledger.values import SlotState

    failed = [one for one in passed.slots if one.state is SlotState.FAILED]
    if passed.untold:
        return DeliveryError(
            f"{passed.untold} notices to owners couldn't be sent", hint="`reports status` shows what they would say."
        )
    if failed:
        said = "; ".join(f"{one.report}: {one.reason}" for one in failed)
        return DeliveryError(f"{len(failed)} of {len(passed.slots)} slots failed: {said}", hint="See `reports status`.")
    return None


@click.command()
@click.argument("name")
@config_option
def pause(name: str, file: Path) -> None:
    """Let no scheduled edition of report NAME go out until it is resumed."""
    from reports.due import pause

    config = load(file)
    if _with_ledger(config, lambda ledger: pause(ledger, config, name, now())):
        click.echo(f"{name} is paused; `reports resume {name}` ends that. `reports run {name}` still works.")
    else:
        click.echo(f"{name} is paused already.")


@click.command()
@click.argument("name")
@config_option
def resume(name: str, file: Path) -> None:
    """Let the scheduled editions of report NAME go out again, from the next one on."""
    from reports.agenda import upcoming
    from reports.due import resume

    config = load(file)
    if not _with_ledger(config, lambda ledger: resume(ledger, config, name, now())):
        click.echo(f"{name} isn't paused.")
        return
    for one in upcoming(config, name, now(), 1):
        click.echo(f"{name} goes out next on {moment(one.due)}.")


def _with_ledger(config: Config, work: Callable[..., bool]) -> bool:
    from reports.ledger.opening import open_ledger

    with open_ledger(config) as ledger:
        return work(ledger)
