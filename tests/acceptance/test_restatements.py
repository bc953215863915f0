"""What was delivered and has changed since is said, exactly, and only that."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import CHECKOUT, DEALS, load, reports, worked, write_config

REAL = Path(os.environ.get("REAL_DEALS", CHECKOUT.parent / "shared" / "data" / "crm_sales_opportunities.csv"))
SUMS = """
SELECT sum(status = 'won'), sum(status = 'lost'), sum(CASE status WHEN 'won' THEN value ELSE 0 END)
FROM deals WHERE closed_on BETWEEN ? AND ?
"""
OPEN = "SELECT id, value FROM deals WHERE status = 'open' AND value > 0 AND pipeline_id = 1 ORDER BY id LIMIT 2"
FIGURES = ("total_won", "total_lost", "total_value_won")
THOUSANDTHS = 1000


def sums(database: Path, since: str, until: str) -> dict[str, Decimal]:
    with closing(sqlite3.connect(database)) as connection:
        won, lost, value = connection.execute(SUMS, (since, until)).fetchone()
    return dict(zip(FIGURES, (Decimal(won), Decimal(lost), Decimal(value) / THOUSANDTHS), strict=True))


def change_three(database: Path, since: str, until: str) -> None:
    """Correct the values of two deals won in a week, and lose a third one."""
    won = "SELECT id FROM deals WHERE closed_on BETWEEN ? AND ? AND status = 'won' AND value > 2000000 ORDER BY id"
    with closing(sqlite3.connect(database)) as connection, connection:
        first, second, third = (row[0] for row in connection.execute(won, (since, until)).fetchmany(3))
        connection.execute("UPDATE deals SET value = value - 1500250 WHERE id IN (?, ?)", (first, second))
        connection.execute("UPDATE deals SET status = 'lost' WHERE id = ?", (third,))


def document(folder: Path, span: str, revision: int = 1) -> dict[str, Any]:
    path = folder / "archive" / "weekly" / span / "all" / f"r{revision}" / "edition.json"
    found: dict[str, Any] = json.loads(path.read_bytes(), parse_float=Decimal)
    return found


@pytest.mark.parametrize(
    ("deals", "first", "second", "week", "next_week"),
    [
        pytest.param(
            DEALS, "2025-10-05", "2025-10-12", ("2025-09-28", "2025-10-04"), "2025-10-05_2025-10-11", id="our own deals"
        ),
        pytest.param(
            REAL,
            "2017-10-08",
            "2017-10-15",
            ("2017-10-01", "2017-10-07"),
            "2017-10-08_2017-10-14",
            id="the real deals",
            marks=pytest.mark.skipif(not REAL.is_file(), reason=f"the real deals are not at {REAL}: set REAL_DEALS"),
        ),
    ],
)
def test_three_deals_change_after_the_report(  # noqa: PLR0917 - the deals, two days and two weeks
    deals: Path, first: str, second: str, week: tuple[str, str], next_week: str, tmp_path: Path
) -> None:
    database = tmp_path / "deals.sqlite"
    load(deals, database)
    write_config(tmp_path, 'kind = "sandbox"\ndatabase = "deals.sqlite"')
    worked(reports("run", "weekly", "--as-of", first, cwd=tmp_path))
    assert document(tmp_path, "_".join(week))["restatements"] == []
    was = sums(database, *week)
    change_three(database, *week)
    now = sums(database, *week)

    worked(reports("run", "weekly", "--as-of", second, cwd=tmp_path))

    found = document(tmp_path, next_week)["restatements"]
    together = {one["figure"]: one for one in found if one["pipeline_id"] is None and one["figure"] in FIGURES}
    assert set(together) == set(FIGURES)
    assert {one["figure"] for one in found} <= {*FIGURES, "total_value_created"}, "and in the weeks they were made in"
    assert (was["total_won"] - 1, was["total_lost"] + 1) == (now["total_won"], now["total_lost"])
    for name, one in together.items():
        assert (one["reported"], one["now"]) == (was[name], now[name])
        assert one["period"] == {"since": week[0], "until": week[1]}
    for name in together:
        parts = [
            one["now"] - one["reported"] for one in found if one["figure"] == name and one["pipeline_id"] is not None
        ]
        assert sum(parts) == now[name] - was[name], "the pipelines add up"
    pdf = reports("export", "weekly", "--as-of", second, "--format", "html", "-o", "-", cwd=tmp_path)
    assert "Restated since the last report" not in worked(pdf).text, "the second report has said it"


def test_exports_and_failures_are_no_reports(tmp_path: Path) -> None:
    """Only what somebody was sent can be restated."""
    database = tmp_path / "deals.sqlite"
    load(DEALS, database)
    write_config(tmp_path, 'kind = "sandbox"\ndatabase = "deals.sqlite"')
    worked(reports("export", "weekly", "--as-of", "2025-10-05", "--format", "json", "-o", "-", cwd=tmp_path))
    (tmp_path / "outbox").write_text("a file in the way", encoding="utf-8")
    assert reports("run", "weekly", "--as-of", "2025-10-05", cwd=tmp_path).code == 1
    (tmp_path / "outbox").unlink()
    change_three(database, "2025-09-28", "2025-10-04")
    worked(reports("run", "weekly", "--as-of", "2025-10-12", cwd=tmp_path))
    assert document(tmp_path, "2025-10-05_2025-10-11")["restatements"] == []


def test_the_stages_of_the_week_before_come_from_its_own_edition(tmp_path: Path) -> None:
    load(DEALS, tmp_path / "deals.sqlite")
    write_config(tmp_path, 'kind = "sandbox"\ndatabase = "deals.sqlite"')
    worked(reports("export", "weekly", "--as-of", "2025-10-12", "--format", "json", "-o", "none.json", cwd=tmp_path))
    stages = json.loads((tmp_path / "none.json").read_bytes())["overall"]["by_stage"]
    assert {one["reason"] for one in stages} == {"not_archived"}
    worked(reports("run", "weekly", "--as-of", "2025-10-05", cwd=tmp_path))
    path = tmp_path / "archive/weekly/2025-09-28_2025-10-04/all/r1/edition.json"
    text = path.read_text(encoding="utf-8")
    fetched = json.loads(text)["fetched_at"]
    options = ("--as-of", "2025-10-12", "--format", "json", "-o")
    worked(reports("export", "weekly", *options, "late.json", cwd=tmp_path))
    stages = json.loads((tmp_path / "late.json").read_bytes())["overall"]["by_stage"]
    assert {one["reason"] for one in stages} == {"not_archived"}, "asked a year later, it is as old as the new one"
    path.write_text(text.replace(fetched, "2025-10-05T06:00:00+03:00"), encoding="utf-8")
    worked(reports("export", "weekly", *options, "then.json", cwd=tmp_path))
    stages = json.loads((tmp_path / "then.json").read_bytes())["overall"]["by_stage"]
    then = {one["stage_name"]: one["current"] for one in json.loads(text)["overall"]["by_stage"]}
    assert {one["stage_name"]: one["previous"] for one in stages}.items() <= then.items()


@pytest.mark.parametrize("content", [b"{", b"{}", b"[]"])
def test_an_earlier_edition_that_was_damaged(content: bytes, tmp_path: Path) -> None:
    load(DEALS, tmp_path / "deals.sqlite")
    write_config(tmp_path, 'kind = "sandbox"\ndatabase = "deals.sqlite"')
    worked(reports("run", "weekly", "--as-of", "2025-10-05", cwd=tmp_path))
    path = tmp_path / "archive/weekly/2025-09-28_2025-10-04/all/r1/edition.json"
    path.write_bytes(content)
    outcome = reports("run", "weekly", "--as-of", "2025-10-12", cwd=tmp_path)
    assert outcome.code == 1
    assert "what an earlier edition said can't be understood" in outcome.err
    assert not (tmp_path / "archive/weekly/2025-10-05_2025-10-11/all/r1").exists()


def test_open_deals_are_compared_with_the_last_delivered_edition(tmp_path: Path) -> None:
    """One open deal is won and another one loses its value between two reports."""
    database = tmp_path / "deals.sqlite"
    load(DEALS, database)
    write_config(tmp_path, 'kind = "sandbox"\ndatabase = "deals.sqlite"')
    worked(reports("run", "weekly", "--as-of", "2025-10-05", cwd=tmp_path))
    assert document(tmp_path, "2025-09-28_2025-10-04")["overall"]["open"]["change"] is None
    with closing(sqlite3.connect(database)) as connection, connection:
        (won, value), (emptied, other) = connection.execute(OPEN).fetchall()
        connection.execute(
            "UPDATE deals SET status = 'won', closed_at = '2025-10-08T12:00:00+03:00' WHERE id = ?", (won,)
        )
        connection.execute("UPDATE deals SET value = NULL WHERE id = ?", (emptied,))
    worked(reports("run", "weekly", "--as-of", "2025-10-12", cwd=tmp_path))
    found = document(tmp_path, "2025-10-05_2025-10-11")
    change = found["overall"]["open"]["change"]
    assert change["count"] == -1
    assert change["value"] is None, "our own deals are in several currencies"
    [change] = [one["open"]["change"] for one in found["pipelines"] if one["id"] == 1]
    assert change["value"] == -Decimal(value + other) / THOUSANDTHS
    assert sum(one["open"]["change"]["count"] for one in found["pipelines"]) == -1
    page = worked(reports("export", "weekly", "--as-of", "2025-10-12", "--format", "html", "-o", "-", cwd=tmp_path))
    assert "0 deals since the report of" in page.text, "the second report has said it"
