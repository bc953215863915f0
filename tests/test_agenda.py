"""What comes next is said with the days that each edition will show."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from reports.agenda import upcoming
from reports.config import load
from reports.errors import ConfigError
from reports.periods import Period

if TYPE_CHECKING:
    from pathlib import Path

    from reports.config.model import Config

NOW = datetime(2026, 11, 19, 12, tzinfo=UTC)
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
[reports.daily]
title = "Daily"
period = "day"
to = ["sales@example.com"]
schedule = { cron = "0 22 * * *", timezone = "Europe/London" }
[reports.weekly]
title = "Weekly"
to = ["sales@example.com"]
schedule = "0 8 * * sun"
[reports.by_hand]
title = "By hand"
to = ["sales@example.com"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return load(path)


def test_the_next_slots_of_a_report_have_their_days(config: Config) -> None:
    first, second = upcoming(config, "weekly", NOW, 2)
    assert (first.report, first.due.isoformat()) == ("weekly", "2026-11-22T08:00:00+03:00")
    assert first.as_of == date(2026, 11, 22)
    assert first.current == Period(date(2026, 11, 15), date(2026, 11, 21))
    assert first.previous == Period(date(2026, 11, 8), date(2026, 11, 14))
    assert second.current == Period(date(2026, 11, 22), date(2026, 11, 28))


def test_the_days_are_the_accounts_whatever_the_clocks_of_the_schedule_show(config: Config) -> None:
    """At 22:00 in London it is tomorrow in Riyadh."""
    (found,) = upcoming(config, "daily", NOW, 1)
    assert found.due.isoformat() == "2026-11-19T22:00:00+00:00"
    assert found.as_of == date(2026, 11, 20)
    assert found.current == Period(date(2026, 11, 19), date(2026, 11, 19))


def test_all_reports_together_come_in_order(config: Config) -> None:
    found = upcoming(config, None, NOW, 5)
    assert [one.report for one in found] == ["daily", "daily", "daily", "weekly", "daily"]
    assert [one.due for one in found] == sorted(one.due for one in found)


def test_a_report_without_a_schedule_has_nothing_to_come(config: Config) -> None:
    assert upcoming(config, "by_hand", NOW, 5) == []


def test_a_report_that_there_is_not_is_said(config: Config) -> None:
    with pytest.raises(ConfigError, match='no report "weakly"; did you mean "weekly"'):
        upcoming(config, "weakly", NOW, 5)
