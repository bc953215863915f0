"""What conditions would have meant is told for the right days, in the right order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from reports.config import load
from reports.figures import Window
from reports.foresight import Foreseen, Outcome, days_of_periods, days_of_slots, foretell
from reports.job import Job, plan_job
from reports.periods import Calendar, Kind, plan
from tests.making import figures_of, pipeline_of, plan_of, share, snapshot_of

if TYPE_CHECKING:
    from pathlib import Path

    from reports.figures import Snapshot
    from reports.periods import Period, Plan

NOW = datetime(2026, 11, 19, 12, tzinfo=UTC)
TODAY = date(2026, 11, 19)
CONFIG = """
[account]
name = "Najd Trading"
timezone = "Asia/Riyadh"
week_start = "sunday"
currency = "SAR"
owner = ["ops@example.com"]
[source]
kind = "sandbox"
[email]
kind = "outbox"
from = "reports@example.com"
[reports.weekly]
title = "Report"
to = ["sales@example.com"]
only_if = {{ figure = "total_value_won", change_below = -0.2 }}
{lines}
"""


def job_of(folder: Path, *lines: str, as_of: date | None = None) -> Job:
    path = folder / "config.toml"
    path.write_text(CONFIG.format(lines="\n".join(lines)), encoding="utf-8")
    return plan_job(load(path), "weekly", TODAY, as_of=as_of)


# Which days.


def test_complete_periods_are_judged_on_the_day_after_them(tmp_path: Path) -> None:
    found = days_of_periods(job_of(tmp_path))
    assert found[-1] == date(2026, 11, 15)
    assert found[0] == date(2026, 8, 30)
    assert len(found) == 12


@pytest.mark.parametrize("kind", ["day", "week", "month", "quarter", "year", "last_30_days", "month_to_date"])
def test_as_of_those_days_the_periods_are_the_last_complete_ones(kind: str, tmp_path: Path) -> None:
    """Each ends the day before it was judged, and the next one starts on that day."""
    days = days_of_periods(job_of(tmp_path, f'period = "{kind}"'))
    found = [plan(Kind.parse(kind), day, Calendar(week_start=6)).current for day in days]
    assert len(set(found)) == 12
    assert all(one.until < day <= TODAY for one, day in zip(found, days, strict=True))
    assert all(later.since == day for later, day in zip(found[1:], days, strict=False))


def test_periods_to_date_end_where_their_slots_were(tmp_path: Path) -> None:
    job = job_of(tmp_path, 'period = "month_to_date"', 'schedule = "0 8 * * sun"')
    found = days_of_slots(job, NOW)
    assert found == days_of_periods(job_of(tmp_path)), "the last twelve Sundays"


@pytest.mark.parametrize(
    ("expression", "first", "last"),
    [
        ("*/10 * * * *", date(2026, 11, 8), date(2026, 11, 19)),  # many slots a day are one day
        ("0 16 * * *", date(2026, 11, 7), date(2026, 11, 18)),  # it is 15:00 in Riyadh: today's is still to come
        ("0 8 1 * *", date(2025, 12, 1), date(2026, 11, 1)),
        ("0 8 1 1 *", date(2015, 1, 1), date(2026, 1, 1)),
    ],
)
def test_the_slots_of_any_rhythm_are_found(expression: str, first: date, last: date, tmp_path: Path) -> None:
    found = days_of_slots(job_of(tmp_path, 'period = "last_30_days"', f'schedule = "{expression}"'), NOW)
    assert (found[0], found[-1], len(found)) == (first, last, 12)


def test_slots_after_a_chosen_day_are_left_out(tmp_path: Path) -> None:
    lines = ('period = "last_7_days"', 'schedule = "59 23 * * *"')
    found = days_of_slots(job_of(tmp_path, *lines, as_of=date(2026, 3, 31)), NOW)
    assert (found[0], found[-1]) == (date(2026, 3, 20), date(2026, 3, 31))


@pytest.mark.parametrize("lines", [['schedule = "0 8 * * sun"'], ['period = "last_7_days"']])
def test_whole_periods_and_reports_by_hand_need_no_slots(lines: list[str], tmp_path: Path) -> None:
    assert days_of_slots(job_of(tmp_path, *lines), NOW) == []


# What would have become of them.


def week(number: int, value_won: int, **changes: object) -> tuple[Plan, Snapshot]:
    """Return one week whose value won was 100 before."""
    planned = plan_of(as_of=date.fromordinal(date(2026, 8, 30).toordinal() + 7 * number))

    def window(period: Period) -> Window:
        won = value_won if period == planned.current else 100
        made = Window(period, replace(figures_of(value_won=won), value_created=Decimal(0)))
        return replace(made, **changes) if period == planned.current else made  # type: ignore[arg-type]  # by name

    return planned, snapshot_of(pipeline_of(planned, window))


def told(folder: Path, past: list[tuple[Plan, Snapshot]], *lines: str, strict: bool = False) -> list[Foreseen]:
    return list(foretell(job_of(folder, *lines).report, past, strict=strict))


def test_after_so_many_skips_it_goes_out_anyway_and_the_count_starts_anew(tmp_path: Path) -> None:
    past = [week(number, 50 if number == 1 else 100) for number in range(8)]
    found = told(tmp_path, past, "at_least_every = 2")
    assert [(str(one.outcome), one.skipped) for one in found] == [
        ("skipped", 1),
        ("sent", 0),
        ("skipped", 1),
        ("skipped", 2),
        ("sent anyway", 0),
        ("skipped", 1),
        ("skipped", 2),
        ("sent anyway", 0),
    ]
    assert [one.period for one in found] == [planned.current for planned, _ in past]


def test_without_at_least_every_nothing_goes_out_anyway(tmp_path: Path) -> None:
    found = told(tmp_path, [week(number, 100) for number in range(12)])
    assert {one.outcome for one in found} == {Outcome.SKIPPED}
    assert found[-1].skipped == 12


def test_figures_that_contradict_each_other_have_no_verdict_and_leave_the_count_alone(tmp_path: Path) -> None:
    agents = (share(1, 31, 1, 0),)  # the total is 30
    past = [week(0, 100), week(1, 10, agents=agents), week(2, 100), week(3, 100)]
    found = told(tmp_path, past, "at_least_every = 2")
    assert [one.outcome for one in found] == [Outcome.SKIPPED, Outcome.FAILED, Outcome.SKIPPED, Outcome.ANYWAY]
    assert found[1].verdict is None
    assert "total_created of the agents exceeds the total: 31 against 30" in str(found[1].refused)


def test_strict_checks_count_here_as_anywhere(tmp_path: Path) -> None:
    past = [week(0, 100, stated_rate=Decimal(99))]
    assert [one.outcome for one in told(tmp_path, past)] == [Outcome.SKIPPED]
    agreeing = {one.outcome for one in told(tmp_path, past, strict=True)}
    assert agreeing == {Outcome.FAILED}
