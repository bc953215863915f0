"""When reports are made, who is told and with what means: read strictly, as everything in the configuration."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from reports.config import load
from reports.config.model import Ledger, Runner
from reports.config.secret import Secret
from reports.errors import ConfigError
from reports.periods import Calendar
from reports.schedule import CronSchedule, WordSchedule, next_slot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reports.config.model import Config

ACCOUNT = 'owner = ["Ops <ops@example.com>"]'
TABLES = """
[account]
name = "Najd Trading"
timezone = "Asia/Riyadh"
weekend = ["friday", "saturday"]
currency = "SAR"
fiscal_year_start = 4
{account}
[source]
kind = "sandbox"
[email]
kind = "outbox"
from = "reports@example.com"
{tables}
[reports.weekly]
title = "Weekly"
to = ["sales@example.com"]
{report}
"""


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Config]:
    def write_and_read(report: str = "", account: str = ACCOUNT, tables: str = "") -> Config:
        path = tmp_path / "config.toml"
        path.write_text(TABLES.format(account=account, tables=tables, report=report), encoding="utf-8")
        return load(path)

    return write_and_read


@pytest.fixture
def problems(read: Callable[..., Config]) -> Callable[..., list[str]]:
    def found(report: str = "", account: str = ACCOUNT, tables: str = "") -> list[str]:
        with pytest.raises(ConfigError) as raised:
            read(report, account, tables)
        return raised.value.message.split("\n  ")[1:]

    return found


def test_without_a_word_there_is_no_schedule_and_everything_has_its_default(read: Callable[..., Config]) -> None:
    config = read(account="")
    weekly = config.report("weekly")
    assert config.schedule(weekly) is None
    assert config.owner(weekly) == ()
    assert (weekly.catch_up, weekly.retry_for) == (None, timedelta(hours=6))
    assert (weekly.approve, weekly.approve_within) == (False, timedelta(days=2))
    assert config.ledger == Ledger(file="ledger.sqlite")
    assert (config.runner.workers, config.runner.deadline) == (2, timedelta(minutes=10))
    assert (config.runner.memory, config.runner.ping) == (1024**3, None)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('schedule = "0 8 * * sun"', CronSchedule("0 8 * * sun", ZoneInfo("Asia/Riyadh"))),
        (
            'schedule = { cron = "0 8 * * sun", timezone = "Europe/Berlin" }',
            CronSchedule("0 8 * * sun", ZoneInfo("Europe/Berlin")),
        ),
    ],
)
def test_an_expression_is_by_the_clocks_of_the_account_unless_it_says_more(
    read: Callable[..., Config], lines: str, expected: CronSchedule
) -> None:
    config = read(lines)
    assert config.schedule(config.report("weekly")) == expected


def test_words_are_by_the_calendar_of_the_account(read: Callable[..., Config]) -> None:
    account = f"{ACCOUNT}\nholidays = [2026-09-23]"
    config = read('schedule = { every = "quarter", on = "last workday", at = "08:00" }', account)
    assert config.schedule(config.report("weekly")) == WordSchedule(
        "quarter",
        time(8),
        ZoneInfo("Asia/Riyadh"),
        "last workday",
        Calendar(0, 4),
        frozenset({4, 5}),
        frozenset({date(2026, 9, 23)}),
    )


def test_a_holiday_moves_a_workday(read: Callable[..., Config]) -> None:
    """Friday and Saturday are the weekend, Sunday is a holiday."""
    config = read(
        'schedule = { every = "month", on = "first workday", at = "08:00", timezone = "UTC" }',
        f"{ACCOUNT}\nholidays = [2027-01-03]",
    )
    schedule = config.schedule(config.report("weekly"))
    assert schedule is not None
    assert next_slot(schedule, datetime(2026, 12, 9, tzinfo=UTC)) == datetime(2027, 1, 4, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "on"),
    [
        ('{ every = "week", on = ["sunday", "tuesday"], at = "23:59" }', ("sunday", "tuesday")),
        ('{ every = "month", on = 28, at = "00:00" }', 28),
        ('{ every = "year", at = "08:00" }', None),
    ],
)
def test_the_days_are_words_or_a_number(read: Callable[..., Config], schedule: str, on: object) -> None:
    config = read(f"schedule = {schedule}")
    found = config.schedule(config.report("weekly"))
    assert isinstance(found, WordSchedule)
    assert found.on == on


def test_durations_and_owners_of_a_report(read: Callable[..., Config]) -> None:
    config = read(
        'schedule = "0 8 * * *"\nowner = ["me@example.com"]\ncatch_up = "2 days"\nretry_for = "90 seconds"\n'
        'approve = true\napprove_within = "1 hour"'
    )
    weekly = config.report("weekly")
    assert config.owner(weekly) == ("me@example.com",)
    assert (weekly.catch_up, weekly.retry_for) == (timedelta(days=2), timedelta(seconds=90))
    assert (weekly.approve, weekly.approve_within) == (True, timedelta(hours=1))


def test_the_owner_of_the_account_is_told_where_a_report_has_none(read: Callable[..., Config]) -> None:
    config = read('schedule = "0 8 * * *"')
    assert config.owner(config.report("weekly")) == ("Ops <ops@example.com>",)


def test_a_schedule_and_an_approval_need_somebody_to_tell(problems: Callable[..., list[str]]) -> None:
    rest = "needs someone to tell when it goes wrong; set owner here or in [account]"
    assert problems('schedule = "0 8 * * *"\napprove = true', account="") == [
        f"reports.weekly.schedule: {rest}",
        f"reports.weekly.approve: {rest}",
    ]


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ('"0 25 * * *"', 'schedule: field 2 of the five, the hour, can\'t be "25"'),
        ('"0 8 30 feb *"', 'schedule: "0 8 30 feb *" never comes: none of its months has such a day'),
        ('"0 0 8 * * *"', 'schedule: "0 0 8 * * *" is not a cron expression of five fields'),
        ('"week"', 'schedule: write { every = "week", at = "08:00" } or a cron expression'),
        ("3", 'schedule: write a cron expression such as "0 8 * * sun", or {'),
        ("{ }", 'schedule: write cron = "0 8 * * sun", or every ='),
        ('{ cron = "x" }', 'schedule.cron: "x" is not a cron expression'),
        ('{ cron = "0 8 * * *", on = "sunday" }', "schedule: cron says it all; leave away on"),
        (
            '{ cron = "0 8 * * *", timezone = "Europe/Berln" }',
            'schedule.timezone: "Europe/Berln" is not a time zone; did',
        ),
        ('{ evry = "week" }', 'schedule.evry: unknown key; did you mean "every"?'),
        ('{ every = "weak", at = "08:00" }', 'schedule.every: "weak" is not one of'),
        ('{ every = "day" }', "schedule: at is missing"),
        ('{ every = "day", at = "8:00" }', 'schedule.at: "8:00" is not a time of day such as "08:00"'),
        ('{ every = "day", at = "24:00" }', 'schedule.at: "24:00" is not'),
        ('{ every = "day", at = 08:00:00 }', "schedule.at: 08:00:00 is not a time of day"),
        ('{ every = "week", at = "08:00" }', 'schedule: every = "week" needs a day, such as on = "sunday"'),
        (
            '{ every = "week", on = "sundy", at = "08:00" }',
            'schedule: on = "sundy" doesn\'t go with every = "week", which',
        ),
        (
            '{ every = "month", on = "sunday", at = "08:00" }',
            'schedule: on = "sunday" doesn\'t go with every = "month"',
        ),
        ('{ every = "month", on = 31, at = "08:00" }', "schedule: on = 31 doesn't go"),
        ('{ every = "month", on = true, at = "08:00" }', "schedule.on: write a day such as"),
        ('{ every = "day", on = "sunday", at = "08:00" }', 'schedule: every = "day" takes no "on"'),
    ],
)
def test_a_wrong_schedule_is_said_where_it_stands(
    problems: Callable[..., list[str]], report: str, expected: str
) -> None:
    found = problems(f"schedule = {report}")
    assert any(one.startswith(f"reports.weekly.{expected}") for one in found), found


def test_a_mistyped_day_is_suggested(problems: Callable[..., list[str]]) -> None:
    for every, wrong, right in (("week", "sundy", "sunday"), ("month", "frist workday", "first workday")):
        (found,) = problems(f'schedule = {{ every = "{every}", on = "{wrong}", at = "08:00" }}')
        assert found.endswith(f'; did you mean "{right}"?')


@pytest.mark.parametrize(
    "text", ["2", "2 fortnights", "0 days", "-1 days", "1.5 hours", " 2 days", "2  days", "2 DAYS"]
)
def test_a_duration_is_a_number_and_a_unit(problems: Callable[..., list[str]], text: str) -> None:
    (found,) = problems(f'catch_up = "{text}"')
    assert found.startswith("reports.weekly.catch_up: should be a span of time such as")


def test_an_archive_is_kept_for_days(problems: Callable[..., list[str]], read: Callable[..., Config]) -> None:
    assert read(tables='[archive]\nkeep = "400 days"').archive.keep == timedelta(days=400)
    (found,) = problems(tables='[archive]\nkeep = "2 hours"')
    assert found == 'archive.keep: should be a number of days such as "400 days"'


@pytest.mark.parametrize("holiday", ['"2026-09-23"', "2026-09-23T00:00:00", "3"])
def test_a_holiday_is_a_date(problems: Callable[..., list[str]], holiday: str) -> None:
    (found,) = problems(account=f"holidays = [2026-09-22, {holiday}]")
    assert found.startswith("account.holidays.1: ")
    assert found.endswith(" is not a date such as 2026-09-23, without quotes")


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        ("[]", "owner: is empty"),
        ('["ops@"]', 'owner.0: "ops@" is not one e-mail address'),
        ('["ops@example.com", "Ops <OPS@example.com>"]', "owner: listed twice: ops@example.com"),
    ],
)
def test_an_owner_is_an_address(problems: Callable[..., list[str]], owner: str, expected: str) -> None:
    (of_account,) = problems(account=f"owner = {owner}")
    assert of_account.startswith(f"account.{expected}")
    (of_report,) = problems(f"owner = {owner}")
    assert of_report.startswith(f"reports.weekly.{expected}")


def test_the_ledger_is_a_file_or_a_database(read: Callable[..., Config], problems: Callable[..., list[str]]) -> None:
    assert read(tables='[ledger]\nfile = "sent.sqlite"').ledger.file == "sent.sqlite"
    assert read(tables='[ledger]\nurl = { env = "REPORTS_LEDGER" }').ledger.url == Secret(env="REPORTS_LEDGER")
    both = '[ledger]\nfile = "sent.sqlite"\nurl = { env = "REPORTS_LEDGER" }'
    assert problems(tables=both) == ["ledger: give either file or url"]
    (found,) = problems(tables='[ledger]\nurl = "postgresql://me:hunter2@db/reports"')
    assert found.startswith("ledger.url: a secret doesn't stand in this file")


def test_what_the_runner_may_use(read: Callable[..., Config]) -> None:
    runner = read(tables='[runner]\nworkers = 4\ndeadline = "90 seconds"\nmemory = "512 MB"').runner
    assert (runner.workers, runner.deadline, runner.memory) == (4, timedelta(seconds=90), 512 * 1024**2)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("workers = 0", "workers: Input should be greater"),
        ("workers = 17", "workers: Input should be less"),
        ("worker = 2", 'worker: unknown key; did you mean "workers"?'),
        ("deadline = 10", "deadline: should be a span of time"),
        ('memory = "63 MB"', "memory: is too little for a page; 64 MB is the least"),
        ('memory = "1 gb"', 'memory: should be an amount of memory such as "512 MB" or "1 GB"'),
        ("memory = 1024", "memory: should be an amount of memory"),
        ('ping = { enf = "X" }', 'ping.enf: unknown key; did you mean "env"?'),
        ("ping = { }", "ping: give either { env"),
        ("ping = 3", "ping: Input should be a valid string"),
        ('ping = "http://ping.example/7f3a"', "ping: would be requested unencrypted; use https"),
        ('ping = "ping.example/7f3a"', "ping: this is not a plain web address"),
        ('ping = "https://me:7f3a@ping.example"', "ping: holds a user name or password; leave it away"),
        ('ping = "https://[::1"', "ping: this is not a plain web address"),
    ],
)
def test_what_is_wrong_with_the_runner(problems: Callable[..., list[str]], lines: str, expected: str) -> None:
    found = problems(tables=f"[runner]\n{lines}")
    assert any(one.startswith(f"runner.{expected}") for one in found), found
    assert "7f3a" not in "".join(found)


@pytest.mark.parametrize("url", ["https://ping.example/7f3a?x=1", "http://127.0.0.1:8000/7f3a", "http://localhost/a"])
def test_a_ping_goes_by_https_or_to_this_machine(read: Callable[..., Config], tmp_path: Path, url: str) -> None:
    assert read(tables=f'[runner]\nping = "{url}"').runner.ping_url(tmp_path) == url
    (tmp_path / "ping").write_text(url, encoding="utf-8")
    assert read(tables='[runner]\nping = { file = "ping" }').runner.ping_url(tmp_path) == url


def test_a_secret_ping_that_is_no_address_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "ping").write_text("ping.example/7f3a", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"runner\.ping") as raised:
        Runner(ping=Secret(file="ping")).ping_url(tmp_path)
    assert "7f3a" not in raised.value.message + raised.value.hint
    assert Runner().ping_url(tmp_path) is None
