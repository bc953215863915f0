"""The command `reports`: its groups of commands, and how it starts and ends."""

from __future__ import annotations

import logging
import signal
import sys

import click

from reports import __version__
from reports.cli import (
    append,
    export,
    foresight,
    kept,
    optout,
    produce,
    project,
    records,
    sandbox,
    service,
    theme,
    upkeep,
)
from reports.cli.failures import guarded

COMMANDS = (
    produce.run,
    export.export,
    append.append,
    kept.show,
    kept.render,
    kept.forget,
    project.list_reports,
    project.check,
    project.probe,
    project.init,
    theme.theme,
    service.next_slots,
    service.start,
    service.run_due,
    foresight.test_condition,
    service.pause,
    service.resume,
    records.status,
    records.history,
    records.resend,
    records.approve,
    records.resolve,
    optout.optout,
    optout.optin,
    optout.optouts,
    upkeep.backup,
    upkeep.restore,
    sandbox.sandbox,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="reports")
def commands() -> None:
    """Scheduled PDF and e-mail reports for sales pipelines on Voxys Connect."""


for command in COMMANDS:
    commands.add_command(command)


def main() -> None:
    """Run a command; every error is said in words, and the exit code tells: 1 it failed, 2 it was used wrongly."""
    logging.getLogger().addHandler(logging.NullHandler())  # libraries log; people get our own words
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # both mean: stop, and leave it tidy
    sys.exit(guarded(lambda: commands.main(standalone_mode=False)))
