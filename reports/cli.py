"""The commands; the only place that prints errors and picks exit codes."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import traceback
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

from reports import __version__
from reports.config import DEFAULT_FILE, load
from reports.errors import ConfigError, LedgerError, RenderError, ReportsError
from reports.files import can_be_written, why, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from reports.archive import Revision
    from reports.config.model import Config
    from reports.edition import Format, Result
    from reports.figures import Answer
    from reports.job import Job
    from reports.mail.delivery import Delivery
    from reports.periods import Period
    from reports.present.kpis import Kpi
    from reports.probe import Probed

FORMATS = ("pdf", "html", "json", "eml")
KEY_FIGURES = 4  # of the eight are printed after a run
SANDBOX_FILE = "deals.sqlite"
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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="reports")
def commands() -> None:
    """Scheduled PDF and e-mail reports for sales pipelines on Voxys Connect."""


@commands.command()
@click.argument("name", required=False)
@as_of_option
@note_option
@config_option
def run(name: str | None, as_of: date | None, note: Path | None, file: Path) -> None:
    """Produce a report and deliver it. NAME can be left out where there is only one."""
    from reports.edition import run
    from reports.job import plan_job
    from reports.mail.delivery import Status

    config = load(file)
    job = plan_job(config, name or _only(config), _today(config), as_of=as_of, note=note)
    with Progress() as progress:
        result = asyncio.run(run(job, progress))
    _print_result(job, result)
    if any(one.status is not Status.SENT for one in result.deliveries):
        raise _undelivered(result)


@commands.command()
@click.argument("name")
@click.option("--format", "kind", type=click.Choice(FORMATS), default="pdf", show_default=True)
@as_of_option
@click.option("--since", type=Day(), help="First day of a free period; with --until.")
@click.option("--until", type=Day(), help="Last day of a free period; with --since.")
@click.option("-o", "--output", help="File or folder to write to; - is standard output.")
@note_option
@config_option
def export(  # noqa: PLR0913, PLR0917 - click passes one for each option
    name: str,
    kind: Format,
    as_of: date | None,
    since: date | None,
    until: date | None,
    output: str | None,
    note: Path | None,
    file: Path,
) -> None:
    """Produce a report as a file; nothing is kept or sent."""
    from reports.edition import export
    from reports.job import plan_job

    config = load(file)
    job = plan_job(config, name, _today(config), as_of=as_of, span=_span(as_of, since, until), note=note)
    path = None if output == "-" else _place(output, f"{job.edition.filename}.{kind}")
    with Progress() as progress:
        content = asyncio.run(export(job, kind, progress))
    _deliver_file(path, content)


@commands.command()
@click.argument("edition")
@config_option
def show(edition: str, file: Path) -> None:
    """Show a kept edition, weekly:2026-11-15:2026-11-21:all:r1 for instance: its files, its checks, who got it."""
    from reports.archive import Archive

    config = load(file)
    _print_revision(Archive(config.path(config.archive.folder)).find(edition))


@commands.command()
@click.argument("edition")
@click.option("-o", "--output", help="File or folder to write to; - is standard output.")
@config_option
def render(edition: str, output: str | None, file: Path) -> None:
    """Make a kept edition's PDF again from the archive alone, and say whether it has the same bytes."""
    from reports.archive import Archive
    from reports.reproduction import reproduce

    config = load(file)
    revision = Archive(config.path(config.archive.folder)).find(edition)
    path = None if output == "-" else _place(output, revision.pdf)
    made = reproduce(revision)
    _deliver_file(path, made.pdf)
    for line in made.differences:
        click.echo(f"differs: {line}", err=True)
    if not made.same:
        raise RenderError(
            f"the PDF made now isn't the archived one of {revision.edition}",
            hint="The lines above say what it is made with now; the archived PDF is the record.",
        )
    if path is not None:
        click.echo(f"the same bytes as {revision.folder / revision.pdf}")


@commands.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Don't ask.")
@config_option
def forget(address: str, file: Path, *, yes: bool) -> None:
    """Erase whoever has an e-mail ADDRESS from every kept edition: their name, their address, and their deliveries."""
    from reports.forgetting import forget

    config = load(file)
    folder = config.path(config.archive.folder)
    if not yes:
        click.confirm(f"Make every edition in {folder} that knows {address} anew, without them?", abort=True)
    count = 0
    for one in forget(config, address):
        count += 1
        click.echo(f"{one.edition}: {'made anew' if one.made_anew else 'deliveries erased'}")
        for name in one.left_in:
            click.echo(f"       still named in {name}, in a text that somebody wrote")
    click.echo(f"{count} editions knew {address}." if count else f"No edition knows {address}.")


@commands.command("list")
@config_option
def list_reports(file: Path) -> None:
    """List the reports of the configuration."""
    config = load(file)
    rows = [(name, one.title, one.period, ", ".join(one.to)) for name, one in config.reports.items()]
    _print_table(("NAME", "TITLE", "PERIOD", "TO"), rows)


@commands.command()
@config_option
def check(file: Path) -> None:
    """Check configuration, libraries, fonts, source, mail server, and show the next period of each report."""
    from reports.readiness import findings

    config = load(file)
    click.echo(f"{_mark(well=True)} configuration: {file}")
    bad = 0
    for finding in findings(config, _today(config)):
        bad += not finding.well
        click.echo(f"{_mark(well=finding.well)} {finding.about}: {finding.text}")
        if finding.hint:
            click.echo(f"       hint: {finding.hint}")
    if bad:
        raise ConfigError(f"{bad} of the checks failed", hint="The lines above say what to do about each.")


@commands.command()
@click.argument("name", required=False)
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="A redacted copy of the answers.")
@config_option
def probe(name: str | None, save: Path | None, file: Path) -> None:
    """Compare the source's figures with its deals: which definitions hold? NAME asks for one report's pipelines."""
    from reports.probe import keep_result, probe

    config = load(file)
    place = None if save is None else _place(str(save), "")
    with Progress() as progress:
        keep = (lambda _: None) if place is None else partial(_save_answers, place)
        found = asyncio.run(probe(config, name, _today(config), progress, keep))
    _print_verdicts(found)
    keep_result(config, found)
    if found.differing:
        raise _differing(found)


@commands.command()
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


@commands.group()
def sandbox() -> None:
    """Run the embedded analytics server: for trying out, tests, and deals that come as a CSV file."""


database_option = click.option(
    "--database", type=click.Path(path_type=Path), help=f"SQLite file of deals; {SANDBOX_FILE} where that is there."
)
timezone_option = click.option("--timezone", default="UTC", show_default=True, help="The account's time zone.")


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
    serve_deals(found, port=port, token=token, timezone=_zone(timezone), week_start=week_start, say=click.echo)


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
    mapping, zone, existed = _mapping(pairs), _zone(timezone), path.exists()
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


def _today(config: Config) -> date:
    from reports.job import today_of

    return today_of(config, datetime.now(UTC))


def _only(config: Config) -> str:
    names = list(config.reports)
    if len(names) > 1:
        raise click.UsageError(f"which report? The configuration has {', '.join(names)}.")
    return names[0]


def _span(as_of: date | None, since: date | None, until: date | None) -> Period | None:
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


def _zone(name: str) -> ZoneInfo:
    from reports.config.values import timezone

    try:
        return timezone(name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--timezone") from error


def _mapping(pairs: tuple[str, ...]) -> Mapping[str, str]:
    for pair in pairs:
        if not all(pair.partition("=")):
            raise click.BadParameter(f"{pair!r} is not of the form deal_id=opportunity_id", param_hint="--map")
    return dict(pair.split("=", 1) for pair in pairs)


def _place(output: str | None, name: str) -> Path:
    """Return the file to write, and say before any work is done if that can't be."""
    path = Path(output) if output else Path()
    if path.is_dir():
        path /= name
    if not can_be_written(path):
        raise ConfigError(f"{path} can't be written", hint=ELSEWHERE)
    return path


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {why(error)}", hint=ELSEWHERE) from error


def _print_result(job: Job, result: Result) -> None:
    page = result.edition.page
    click.echo(f"{job.report.title}, {page.span}, {page.compared}")
    click.echo(f"{result.edition.id}\n")
    rows = [_kpi_row(cell.kpi) for cell in page.overview.cells[:KEY_FIGURES]]
    files = [(path.suffix[1:].upper(), _short(path)) for path in result.files.values() if path.suffix == ".pdf"]
    files += [(f"E-mail {one.status.value}", f"{one.recipient}: {_detail(one)}") for one in result.deliveries]
    _print_table((), rows)
    click.echo("")
    _print_table((), files)


def _save_answers(path: Path, answers: Sequence[Answer]) -> None:
    from reports.archive import snapshot_json
    from reports.figures import Snapshot

    _write(path, snapshot_json(Snapshot(datetime.now(UTC), (), tuple(answers))))


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
    _print_table((), rows)


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


def _detail(delivery: Delivery) -> str:
    """Return where a message lies, or what the server said."""
    return _short(delivery.path) if delivery.path else delivery.detail


def _kpi_row(kpi: Kpi) -> tuple[str, ...]:
    was = "" if kpi.change.missing else f"was {kpi.was}"
    return kpi.label, kpi.value, f"{kpi.change.arrow} {kpi.change.text}".strip(), was


def _short(path: Path) -> str:
    """Return a path as seen from here, where it lies below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _undelivered(result: Result) -> ReportsError:
    from reports.errors import DeliveryError
    from reports.mail.delivery import Status

    bad = [one for one in result.deliveries if one.status is not Status.SENT]
    names = ", ".join(one.recipient for one in bad)
    unknown = any(one.status is Status.UNKNOWN for one in bad)
    hint = "Running again would send to everybody again; correct the addresses first."
    if unknown:
        hint = "Where it is unknown, the server may have the message: ask the recipient before sending again."
    return DeliveryError(f"{len(bad)} of {len(result.deliveries)} messages not delivered: {names}", hint=hint)


def _deliver_file(path: Path | None, content: bytes) -> None:
    """Write a file and say where it is, or write it to standard output."""
    if path is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    _write(path, content)
    click.echo(str(path))


def _print_revision(revision: Revision) -> None:
    """Print what a revision consists of."""
    document = json.loads(revision.read("edition.json"))
    damaged = revision.damaged()
    click.echo(f"{revision.edition}  {document['title']}")
    click.echo(f"fetched {document['fetched_at']}, kept in {revision.folder}")
    _print_table(
        ("FILE", "SHA-256", "STATE"),
        [
            (name, known[:16], "CHANGED" if name in damaged else "as kept")
            for name, known in revision.manifest.files.items()
            if not name.startswith("inputs/templates/") or name in damaged
        ],
    )
    click.echo("")
    _print_table(
        ("CHECK", "RESULT"),
        [
            (one["name"], "passed" if one["passed"] else f"{len(one['failures'])} footnotes")
            for one in document["checks"]
        ],
    )
    click.echo("")
    rows = [(one["recipient"], one["status"], one["detail"]) for one in revision.deliveries]
    if rows:
        _print_table(("RECIPIENT", "DELIVERY", ""), rows)
    else:
        click.echo("There is no record of a delivery.")
    if damaged:
        raise LedgerError(f"{len(damaged)} files aren't what was kept", hint="Restore the archive from a backup.")


def _print_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    shown = [head, *rows] if head else rows
    widths = [max(len(row[column]) for row in shown) for column in range(len(shown[0]))] if shown else []
    for row in shown:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _mark(*, well: bool) -> str:
    return click.style("  ok  ", fg="green") if well else click.style(" FAIL ", fg="red")


def main() -> None:
    """Run a command; every error is said in words, and the exit code tells: 1 it failed, 2 it was used wrongly."""
    logging.getLogger().addHandler(logging.NullHandler())  # libraries log; people get our own words
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # both mean: stop, and leave it tidy
    sys.exit(_guarded(lambda: commands.main(standalone_mode=False)))


def _guarded(command: Callable[[], object]) -> int:
    try:
        command()
    except ReportsError as error:
        return _say(error.message, error.hint)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _say("stopped", "", code=130)
    except OSError as error:
        return _system_trouble(error)
    except Exception as error:  # noqa: BLE001 - nobody gets a traceback
        return _say_unforeseen(error)
    return 0


def _say_unforeseen(error: Exception) -> int:
    """Say what nobody thought of."""
    if os.environ.get("REPORTS_TRACEBACK"):
        traceback.print_exc()
    return _say(
        f"something unforeseen happened: {type(error).__name__}: {error}",
        "This is a fault of the program. Run it again with REPORTS_TRACEBACK=1 and report what it prints.",
    )


def _system_trouble(error: OSError) -> int:
    """Tell a library that can't be loaded (no number) from a file (it is named) and from our own output."""
    if error.errno is None:
        from reports.readiness import PANGO_HINT

        return _say(f"a system library is missing: {error}", PANGO_HINT)
    return _output_trouble(error) if error.filename is None else _say_unforeseen(error)


def _give_up_output() -> None:
    """Write nowhere from here on."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - so that closing it can't fail again


def _output_trouble(error: OSError) -> int:
    """Say that the output went nowhere; who reads through `head` knows that already."""
    _give_up_output()
    if isinstance(error, BrokenPipeError):
        return 1
    return _say(f"the output can't be written: {why(error)}", "Make room, or send the output elsewhere.")


def _say(message: str, hint: str, code: int = 1) -> int:
    click.echo(f"{click.style('error:', fg='red', bold=True)} {message}", err=True)
    if hint:
        click.echo(f"{click.style('hint:', bold=True)} {hint}", err=True)
    return code


if __name__ == "__main__":
    main()
