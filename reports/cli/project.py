"""The commands for a project as a whole: list, check, probe and init."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reports.cli.options import config_option, place_for, today
from reports.cli.printing import Progress, print_table, tick, write_file
from reports.config import DEFAULT_FILE, load
from reports.errors import ConfigError
from reports.files import why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.errors import ReportsError
    from reports.figures import Answer
    from reports.probe import Probed


@click.command("list")
@config_option
def list_reports(file: Path) -> None:
    """List the reports of the configuration."""
    from reports.cuts import readers

    config = load(file)
    rows = [(name, config.title(one), one.period, readers(one)) for name, one in config.reports.items()]
    print_table(("NAME", "TITLE", "PERIOD", "TO"), rows)


@click.command()
@config_option
def check(file: Path) -> None:
    """Check configuration, libraries, fonts, source, mail server, and show the next period of each report."""
    from reports.readiness import findings

    config = load(file)
    click.echo(f"{tick(well=True)} configuration: {file}")
    bad = 0
    for finding in findings(config, today(config)):
        bad += not finding.well
        click.echo(f"{tick(well=finding.well)} {finding.about}: {finding.text}")
        if finding.hint:
            click.echo(f"       hint: {finding.hint}")
    if bad:
        raise ConfigError(f"{bad} of the checks failed", hint="The lines above say what to do about each.")


@click.command()
@click.argument("name", required=False)
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="A redacted copy of the answers.")
@config_option
def probe(name: str | None, save: Path | None, file: Path) -> None:
    """Compare the source's figures with its deals: which definitions hold? NAME asks for one report's pipelines."""
    from reports.probe import keep_result, probe

    config = load(file)
    place = None if save is None else place_for(str(save), "")
    with Progress() as progress:
        keep = (lambda _: None) if place is None else partial(_save_answers, place)
        found = asyncio.run(probe(config, name, today(config), progress, keep))
    _print_verdicts(found)
    keep_result(config, found)
    if found.differing:
        raise _differing(found)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make a project FOLDER of one's own: a configuration that runs, and templates to change."""
    from reports.present.templates import start_project

    try:
        start_project(folder)
    except OSError as error:
        raise ConfigError(f"{folder} can't be written: {why(error)}", hint="Choose another folder.") from error
    click.echo(f"{folder / DEFAULT_FILE} and {folder / 'templates'} are yours to change. Try:")
    click.echo(f"  cd {folder} && reports run")


def _save_answers(path: Path, answers: Sequence[Answer]) -> None:
    from reports.archive import snapshot_json
    from reports.figures import Snapshot

    write_file(path, snapshot_json(Snapshot(datetime.now(UTC), (), tuple(answers))))


def _print_verdicts(found: Probed) -> None:
    from reports.present.formats import Formats
    from reports.present.language import Language
    from reports.present.templates import Templates
    from reports.present.verdicts import Quotes

    quotes = Quotes(Formats(Language.load(Templates(()), "en"), ""))
    click.echo(f"Asked {len(found.currencies)} of {found.pipelines} pipelines")
    rows = [
        (one.subject.value.replace("timezone", "time zone"), quotes.line(one)) for one in found.proof.verdicts.values()
    ]
    print_table((), rows)


def _differing(found: Probed) -> ReportsError:
    from reports.analysis.probe import Subject
    from reports.errors import DataError

    hints = {
        Subject.TIMEZONE: "Set account.timezone to the zone whose days the source counts in.",
        Subject.CURRENCY: "Report pipelines of another currency in a report of their own, with its currency.",
    }
    ask = "Ask the vendor what it counts; `reports probe --save FILE` writes a copy of the answers without names."
    names = ", ".join(one.subject.value for one in found.differing)
    advice = dict.fromkeys(hints.get(one.subject, ask) for one in found.differing)
    return DataError(f"the source's figures don't mean what the report says: {names}", hint=" ".join(advice))
