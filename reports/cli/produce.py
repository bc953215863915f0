"""The command that produces a report and delivers it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reports.cli.options import as_of_option, config_option, note_option, now, only_report, today
from reports.cli.printing import Progress, moment, print_table, short_path
from reports.cli.records import undelivered
from reports.config import load

if TYPE_CHECKING:
    from datetime import date

    from reports.job import Job
    from reports.ledger.values import Delivery
    from reports.mail.outcome import Outcome
    from reports.on_demand import Ran
    from reports.present.kpis import Kpi

HAD = {"sent": "has this period already", "unknown": "may have this period already: ask, then `reports resend`"}
ON_ITS_WAY = "another process sends this period right now"
KEY_FIGURES = 4  # of the eight are printed after a run


@click.command()
@click.argument("name", required=False)
@as_of_option
@note_option
@click.option("--again", is_flag=True, help="Also to those who have this period already.")
@click.option("--test", "tester", metavar="ADDRESS", help="Send it all to ADDRESS alone, marked as a test.")
@config_option
def run(  # noqa: PLR0913 - click passes one for each option
    name: str | None, as_of: date | None, note: Path | None, tester: str | None, file: Path, *, again: bool
) -> None:
    """Produce a report and deliver it to whoever doesn't have it. NAME can be left out where there is only one."""
    from reports.conclusion import together
    from reports.job import plan_job
    from reports.ledger.opening import open_ledger
    from reports.office import Office
    from reports.on_demand import run

    config = load(file)
    job = plan_job(config, name or only_report(config), today(config), as_of=as_of, note=note)
    if tester is not None:
        if again:
            raise click.UsageError("--again and --test don't go together: a test counts for nobody.")
        _try_out(job, tester)
        return
    with open_ledger(config) as ledger, Progress() as progress:
        ran = asyncio.run(run(Office(config, ledger, now), job, progress, again=again))
    if len(ran.made) == 1 and not ran.left:
        _print_result(job, ran)
    else:
        _print_cuts(job, ran)
    for one in dict.fromkeys(warning for made in ran.made for warning in made.warnings):
        click.echo(f"warning: {one}", err=True)
    if ran.failed:
        raise together([(one.order.cut.name, one.order.who, one.error) for one in ran.failed])
    if bad := [one for one in ran.deliveries if one.state not in {"sent", "skipped"}]:
        raise undelivered(bad, len(ran.deliveries))


def _try_out(job: Job, tester: str) -> None:
    """Send all of a report's messages to one address, and say whom they would be for."""
    from reports.conclusion import together
    from reports.config.values import parse_address
    from reports.errors import ConfigError, DeliveryError
    from reports.ledger.opening import open_ledger
    from reports.office import Office
    from reports.trial import try_out

    try:
        parse_address(tester)
    except ValueError as error:
        raise ConfigError(str(error), hint="Name one mailbox behind --test.") from error
    with open_ledger(job.config) as ledger, Progress() as progress:
        tried = asyncio.run(try_out(Office(job.config, ledger, now), job, tester, progress))
    click.echo(f"A test of {job.config.title(job.report)}: {len(tried.sent)} to {tester}, none to anybody else\n")
    rows = [(one.cut, f"for {one.intended}", f"{one.outcome.status}: {_where(one.outcome)}") for one in tried.sent]
    rows += [(one.cut, f"for {one.who}", f"left out: {one.reason}") for one in tried.left]
    print_table((), rows)
    if tried.condition:
        click.echo(f"\n{tried.condition}")
    if tried.failed:
        raise together(tried.failed)
    if bad := [one for one in tried.sent if one.outcome.status != "sent"]:
        raise DeliveryError(f"{len(bad)} of {len(tried.sent)} test mails not delivered", hint=bad[0].outcome.detail)


def _where(outcome: Outcome) -> str:
    return short_path(outcome.path) if outcome.path else outcome.detail


def _print_result(job: Job, ran: Ran) -> None:
    from reports.desk import english
    from reports.edition import pdf_files
    from reports.present.kpis import kpis

    (made,) = ran.made
    sentences, analysis = english(made.rendering.desk), made.rendering.analysis
    click.echo(f"{_heading(job)}, {sentences.current}, {sentences.compared}")
    click.echo(f"{made.revision.edition}\n")
    print_table((), [_kpi_row(one) for one in kpis(sentences, analysis.overall)[:KEY_FIGURES]])
    click.echo("")
    files = [("PDF", short_path(made.revision.folder / one)) for one in pdf_files(made.printed)]
    files += [(f"E-mail {one.state}", f"{one.mailbox}: {_detail(one)}") for one in ran.deliveries]
    files += [("E-mail not sent", f"{one.mailbox}: {HAD.get(one.state, ON_ITS_WAY)}") for one in ran.had_it]
    print_table((), files)
    if ran.approve_by is not None:
        by = moment(ran.approve_by, job.config.account.zone)
        click.echo(f"\nNobody got it yet. Until {by}: reports approve {made.revision.edition}")


def _print_cuts(job: Job, ran: Ran) -> None:
    """Print a line for each message of each cut, and for each cut that nobody got."""
    from reports.conclusion import summary
    from reports.desk import english

    sentences = english(ran.made[0].rendering.desk)
    click.echo(f"{_heading(job)}, {sentences.current}, {sentences.compared}\n")
    rows = [(one.edition.split(":")[3], one.mailbox, f"{one.state}: {_detail(one)}") for one in ran.deliveries]
    rows += [(one.edition.split(":")[3], one.mailbox, HAD.get(one.state, ON_ITS_WAY)) for one in ran.had_it]
    rows += [(one.cut, one.who, f"left out: {one.reason}") for one in ran.left]
    rows += [(one.order.cut.name, one.order.who, f"failed: {one.error.message}") for one in ran.failed]
    print_table((), rows)
    if ran.deliveries:
        click.echo(f"\n{len(ran.made)} editions: {summary(ran.deliveries)}")


def _heading(job: Job) -> str:
    """Return the report's title, in English where there is one."""
    return job.config.title(job.report, "en")


def _detail(delivery: Delivery) -> str:
    """Return where a message lies, as seen from here, or what the server said."""
    return short_path(Path(delivery.detail)) if delivery.detail.startswith("/") else delivery.detail


def _kpi_row(kpi: Kpi) -> tuple[str, ...]:
    was = "" if kpi.change.missing else f"was {kpi.was}"
    return kpi.label, kpi.value, f"{kpi.change.arrow} {kpi.change.text}".strip(), was
