"""Whether everything a report needs is there: one finding for each thing looked at."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reports.config.email import SmtpEmail
from reports.cuts import known_orders, readers
from reports.desk import english, open_desk
from reports.errors import ReportsError
from reports.files import can_be_written
from reports.job import part_of, plan_job
from reports.present.fonts import font_files
from reports.present.formats import clean
from reports.present.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from pathlib import Path

    from reports.config.model import Config
    from reports.config.report import Report
    from reports.job import Job

SUBSET_HINT = "Debian: apt-get install libharfbuzz-subset0; without it every PDF takes twice as long."
PANGO_HINT = "Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz0b libharfbuzz-subset0"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: well or not, and what to do about it."""

    about: str
    text: str
    well: bool = True
    hint: str = ""


def findings(config: Config, today: date) -> Iterator[Finding]:
    """Look at libraries, fonts, the source, the mail server and each report, in this order."""
    yield _attempt("libraries", _libraries)
    templates = Templates.of_project(config.folder)
    yield _attempt("fonts", lambda: Finding("fonts", f"{len(font_files(templates))} files"))
    yield _attempt("source", lambda: _source(config))
    yield _attempt("mail", lambda: _mail(config))
    yield _folder("archive", "archive", config.path(config.archive.folder))
    yield _attempt("ledger", lambda: _ledger(config))
    yield _attempt("monitor", lambda: _monitor(config))
    for name in config.reports:
        yield _attempt(name, lambda name=name: _report(config, name, today))  # type: ignore[misc] # bound at once


def _attempt(about: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except ReportsError as error:
        return Finding(about, error.message, well=False, hint=error.hint)


def _libraries() -> Finding:
    try:
        from reports.render.pdf import libraries
    except OSError as error:
        return Finding("libraries", f"a system library is missing: {error}", well=False, hint=PANGO_HINT)
    missing = [name for name, there in libraries().items() if not there]
    if missing:
        return Finding("libraries", f"missing: {', '.join(missing)}", well=False, hint=SUBSET_HINT)
    return Finding("libraries", ", ".join(libraries()))


def _source(config: Config) -> Finding:
    from reports.source import open_source

    async def names() -> list[str]:
        async with open_source(config) as source:
            return [f"{one.id} {clean(one.name)}" for one in await source.pipelines()]

    found = asyncio.run(names())
    known = {int(one.split(" ", 1)[0]) for one in found}
    wanted = {number for report in config.reports.values() for number in _pipelines(report)}
    if unknown := sorted(wanted - known):
        text = f"there is no pipeline {', '.join(map(str, unknown))}"
        return Finding("source", text, well=False, hint=f"There are: {', '.join(found)}.")
    return Finding("source", f"{config.source.kind}, {len(found)} pipelines: {', '.join(found)}")


def _pipelines(report: Report) -> Iterator[int]:
    """Yield every pipeline that a report names."""
    yield from report.pipelines if report.pipelines != "all" else ()
    yield from report.pipeline_to
    yield from (number for view in report.views for number in view.pipelines or ())


def _mail(config: Config) -> Finding:
    if not isinstance(config.email, SmtpEmail):
        return _folder("mail", "outbox", config.path(config.email.folder))
    from reports.mail import smtp

    asyncio.run(smtp.check(config.email, config.folder))
    login = f"logged in as {config.email.username}" if config.email.username else "without a login"
    login += " with a token" if config.email.oauth else ""
    return Finding("mail", f"{config.email.host}:{config.email.port}, {login}")


def _ledger(config: Config) -> Finding:
    from reports.ledger.opening import ledger_file, ledger_if_any
    from reports.ledger.presence import RUNNER

    with ledger_if_any(config) as ledger:
        if ledger is None:
            return _folder("ledger", "ledger's", ledger_file(config).parent)
        works = "a runner is at work" if ledger.presence.held(RUNNER) else "no runner is at work"
        return Finding("ledger", f"{ledger.where}, {works}")


def _monitor(config: Config) -> Finding:
    """Look whether there is an address to tell that the runner lives; it isn't requested for a try."""
    there = config.runner.ping_url(config.folder) is not None
    return Finding(
        "monitor", "told after each good pass" if there else "none: set [runner] ping to hear of a dead runner"
    )


def _folder(about: str, name: str, path: Path) -> Finding:
    """Look whether a folder can be written, or made where it isn't there yet."""
    if can_be_written(path / "file"):
        return Finding(about, f"{name} folder {path}")
    return Finding(about, f"the {name} folder {path} can't be written", well=False, hint="Choose another folder.")


def _report(config: Config, name: str, today: date) -> Finding:
    from reports.render.html import check_template

    job = plan_job(config, name, today)
    desk = open_desk(job)
    for locale in _languages(job):
        open_desk(job, locale)
    check_template(desk.templates, job.report.template)
    sentences = english(desk)
    said = f"{sentences.current}, {sentences.compared}; to {readers(job.report)}"
    return Finding(name, f"{said}{_next(config, name)}", hint="; ".join(desk.theme.notes))


def _languages(job: Job) -> set[str]:
    """Return every language that somebody gets something of a report in; whom only the account knows is left out."""
    orders = known_orders(job.report)
    own = {one.locale for one in job.config.recipients.values()}
    if orders is None:
        return own.union(job.locales)
    return {locale for order in orders for locale in part_of(job, order).locales}


def _next(config: Config, name: str) -> str:
    """Return when it goes out by itself, and who is told of trouble."""
    from reports.agenda import upcoming

    owners = ", ".join(config.owner(config.report(name)))
    found = upcoming(config, name, datetime.now(UTC), 1)
    return "".join(f"; next on {one.due:%a %Y-%m-%d %H:%M %Z}, trouble is told to {owners}" for one in found)
