"""What an edition was made from is kept, and nothing that changes no page."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

from reports.config import load
from reports.inputs import input_files, read_job
from reports.job import plan_job
from tests.making import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

SCHEDULED = """
[account]
name = "Najd Trading"
timezone = "Asia/Riyadh"
week_start = "sunday"
currency = "SAR"
holidays = [2026-09-23]
owner = ["ops@example.com"]
[ledger]
url = { env = "REPORTS_LEDGER" }
[runner]
deadline = "5 minutes"
memory = "512 MB"
ping = { env = "REPORTS_PING" }
[archive]
keep = "400 days"
[source]
kind = "sandbox"
[email]
kind = "outbox"
from = "reports@example.com"
[reports.weekly]
title = "Weekly"
to = ["sales@example.com"]
targets = { total_value_won = 80000.10 }
schedule = { every = "week", on = "sunday", at = "08:00" }
owner = ["boss@example.com"]
catch_up = "2 days"
retry_for = "2 hours"
approve = true
approve_within = "1 day"
"""


def test_the_job_of_a_scheduled_report_is_read_again_without_its_schedule_and_owners(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(SCHEDULED, encoding="utf-8")
    (tmp_path / "templates").symlink_to(CHECKOUT / "templates")
    job = plan_job(load(tmp_path / "config.toml"), "weekly", date(2026, 11, 22))
    kept = input_files(job, b"{}", {})["inputs/config.json"]
    content = json.loads(kept)["config"]
    assert set(content) == {"account", "source", "email", "reports"}
    assert set(content["account"]) == {"name", "timezone", "week_start", "currency"}
    assert set(content["reports"]["weekly"]) == {"title", "to", "targets"}
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "config.json").write_bytes(kept)
    again = read_job(tmp_path)
    assert (again.edition, again.as_of, again.plan, again.goals) == (job.edition, job.as_of, job.plan, job.goals)
    assert again.config.schedule(again.report) is None
