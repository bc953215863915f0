"""One report for one plan of periods: what is to be made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports.analysis.targets import due
from reports.config.note import read_note
from reports.cuts import own_languages
from reports.errors import ConfigError
from reports.figures import WHOLE, Cut, EditionId
from reports.periods import Period, Plan, plan, plan_span

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from decimal import Decimal
    from pathlib import Path

    from reports.config.model import Config
    from reports.config.report import Report
    from reports.cuts import Order
    from reports.figures import Figure


@dataclass(frozen=True)
class Job:
    """One report for one plan of periods, as of a day."""

    config: Config
    name: str
    report: Report
    as_of: date
    plan: Plan
    note: str | None = None  # Markdown
    cut: Cut = WHOLE
    trial: bool = False  # marked as a test on each page, and kept apart
    also: tuple[str, ...] = ()  # languages that single recipients get it in, instead of the report's

    @property
    def edition(self) -> EditionId:
        """What will be made, before it is kept as a revision."""
        return EditionId(self.name, self.plan.current, self.cut.name)

    @property
    def letters(self) -> dict[str | None, tuple[str, ...]]:
        """The languages of each letter, first that of the mail: of the report's, and of those for single recipients."""
        return {None: self.config.locales(self.report), **{one: (one,) for one in self.also}}

    @property
    def locales(self) -> tuple[str, ...]:
        """Every language that pages are made in, each once."""
        return tuple(dict.fromkeys(one for each in self.letters.values() for one in each))

    @property
    def pipelines(self) -> list[int] | None:
        """The pipelines that were chosen; None for all there are."""
        return None if self.report.pipelines == "all" else self.report.pipelines

    @property
    def goals(self) -> Mapping[Figure, Decimal]:
        """The report's targets, where they count for this period; they are for all that it shows, not for a part."""
        if self.cut != WHOLE:
            return {}
        return due(self.report.targets.goals, self.report.kind, self.plan)


def plan_job(  # noqa: PLR0913 - one argument for each choice there is
    config: Config,
    name: str,
    today: date,
    *,
    as_of: date | None = None,
    span: Period | None = None,
    note: Path | None = None,
) -> Job:
    """Return what is to be made; days to come can't be reported on, and a note named here comes before notes.md."""
    report = config.report(name)
    day = as_of or today
    if day > today:
        raise ConfigError(f"{day} is in the future", hint=f"Today is {today} in {config.account.timezone}.")
    if span is not None and span.until > today:
        raise ConfigError(f"the period ends on {span.until}, in the future", hint=f"Choose days up to {today}.")
    periods = _periods(config, report, day, span)
    return Job(config, name, report, day, periods, read_note(config.folder, note))


def part_of(job: Job, order: Order) -> Job:
    """Return the job of one cut: of the report, only what its own readers see."""
    nobody_else: dict[str, object] = {"to": list(order.to), "cc": [], "bcc": [], "pipeline_to": {}, "views": ()}
    if order.written_in:
        nobody_else |= {"locale": None, "locales": order.written_in}
    report = job.report.model_copy(update=nobody_else)
    return replace(job, report=report, cut=order.cut, also=own_languages(job.config, report, order))


def in_language(job: Job, locale: str) -> Job:
    """Return the same job in one language alone."""
    return replace(job, report=job.report.model_copy(update={"locale": locale, "locales": None}), also=())


def _periods(config: Config, report: Report, day: date, span: Period | None) -> Plan:
    calendar, year_ago = config.account.calendar, report.with_year_ago
    if span is not None:
        return plan_span(span, calendar, report.trailing, with_year_ago=year_ago)
    return plan(report.kind, day, calendar, report.trailing, with_year_ago=year_ago)


def today_of(config: Config, now: datetime) -> date:
    """Return the account's date at an instant."""
    return now.astimezone(config.account.zone).date()
