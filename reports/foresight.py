"""Says what the conditions of a report would have meant for its last periods."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from reports.analysis.checks import check, refusal
from reports.analysis.conditions import judge, sent_anyway
from reports.analysis.sections import overall_section
from reports.errors import ConfigError
from reports.job import plan_job, today_of
from reports.periods import DAY, Unit, plan
from reports.schedule import slots_between
from reports.source import open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from reports.analysis.conditions import Verdict
    from reports.config.model import Config
    from reports.config.report import Report
    from reports.errors import DataError
    from reports.figures import Snapshot
    from reports.job import Job
    from reports.periods import Period, Plan
    from reports.schedule import Schedule

PERIODS = 12
REACHES = (13, 104, 832, 6656)  # days to look back for slots: enough for daily, weekly, monthly and yearly ones
EARLIEST = datetime(2, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


class Outcome(StrEnum):
    """What would have become of a slot."""

    SENT = "sent"
    SKIPPED = "skipped"
    ANYWAY = "sent anyway"
    FAILED = "failed"


@dataclass(frozen=True)
class Foreseen:
    """One period: the verdict with its outcome, or why there is none; `skipped` counts those in a row, with this one.

    A period that failed neither counts as skipped nor ends the count.
    """

    period: Period
    outcome: Outcome
    verdict: Verdict | None = None
    refused: DataError | None = None
    skipped: int = 0


async def foresee(
    config: Config, name: str, now: datetime, as_of: date | None, progress: Callable[[str], None]
) -> list[Foreseen]:
    """Fetch the last periods of a report before a day, and judge them, oldest first.

    A report without conditions is a ConfigError.
    """
    report = config.report(name)
    if not report.conditions:
        raise ConfigError(
            f'the report "{name}" has no condition: it is sent every time',
            hint='Add one to it, such as only_if = { figure = "total_value_won", change_below = -0.2 }.',
        )
    job = plan_job(config, name, today_of(config, now), as_of=as_of)
    plans = _plans(job, now)
    count = 0

    def on_answer() -> None:
        nonlocal count
        count += 1
        progress(f"Fetching: {count} answers")

    progress("Fetching")
    async with open_source(config, on_answer) as source:
        snapshots = await source.history(job.pipelines, plans)
    return list(foretell(report, list(zip(plans, snapshots, strict=True)), strict=config.checks.strict))


def foretell(report: Report, past: Sequence[tuple[Plan, Snapshot]], *, strict: bool) -> Iterator[Foreseen]:
    """Yield what would have become of each period, as if nothing had been skipped before the first."""
    skipped = 0
    for planned, snapshot in past:
        if (refused := refusal(check(planned, snapshot), strict=strict)) is not None:
            yield Foreseen(planned.current, Outcome.FAILED, refused=refused, skipped=skipped)
            continue
        verdict = judge(report.conditions, overall_section(planned, snapshot.pipelines))
        outcome = _outcome(verdict, skipped, report.at_least_every)
        skipped = skipped + 1 if outcome is Outcome.SKIPPED else 0
        yield Foreseen(planned.current, outcome, verdict, skipped=skipped)


def _outcome(verdict: Verdict, skipped: int, at_least_every: int | None) -> Outcome:
    if verdict.met:
        return Outcome.SENT
    return Outcome.ANYWAY if sent_anyway(skipped, at_least_every) else Outcome.SKIPPED


def _plans(job: Job, now: datetime) -> list[Plan]:
    report, calendar = job.report, job.config.account.calendar
    days = days_of_slots(job, now) or days_of_periods(job)
    return [plan(report.kind, day, calendar, report.trailing, with_year_ago=report.with_year_ago) for day in days]


def days_of_slots(job: Job, now: datetime) -> list[date]:
    """Return the days of the last slots, oldest first, for periods that end whenever they are asked for.

    Periods of the calendar need none: whichever day they are judged on, they are the same. Nor is there any without a
    schedule.
    """
    kind, schedule = job.report.kind, job.config.schedule(job.report)
    if schedule is None or not (kind.to_date or kind.unit is Unit.DAYS):
        return []
    midnight = datetime.combine(job.as_of + DAY, time(), job.config.account.zone)
    until = min(now, midnight.astimezone(UTC) - TICK)
    found: list[date] = []
    for reach in REACHES:
        found = _days_between(job.config, schedule, max(until - reach * DAY, EARLIEST), until)
        if len(found) >= PERIODS:
            break
    return found[-PERIODS:]


def _days_between(config: Config, schedule: Schedule, after: datetime, until: datetime) -> list[date]:
    return list(dict.fromkeys(today_of(config, slot) for slot in slots_between(schedule, after, until)))


def days_of_periods(job: Job) -> list[date]:
    """Return the days just after the last complete periods, oldest first."""
    whole = replace(job.report.kind, to_date=False)
    return [one.until + DAY for one in plan(whole, job.as_of, job.config.account.calendar, PERIODS).trailing]
