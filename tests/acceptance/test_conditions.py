"""`reports test-condition` over our own deals, against a straight count of them."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.acceptance.conftest import DEALS, load, reports, worked, write_config
from tests.acceptance.test_straight_count import real_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONDITION = 'only_if = {{ figure = "total_value_won", change_below = {bound} }}'
ROW = re.compile(r"(\S+) to (\S+)  (yes|no) +(sent anyway|sent|skipped(?: \(\d of \d\))?) +value won (\S+) [A-Z]{3}, ")


def conditional(folder: Path, *lines: str) -> Path:
    path = folder / "config.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[reports.monthly]", "\n".join((*lines, "[reports.monthly]"))), encoding="utf-8")
    return folder


def value_won(deals: Path, since: date, until: date) -> Decimal:
    """Count what was won in some days, over the file alone."""
    with deals.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["status"] == "won" and row["value"]]
    found = (row for row in rows if since.isoformat() <= row["closed_on"] <= until.isoformat())
    return sum((Decimal(row["value"]) for row in found), Decimal(0))


def expect_as_counted(text: str, deals: Path, as_of: date, bound: Decimal, at_least_every: int) -> None:
    """Count twelve weeks and the one before, and follow the rule by hand."""
    rows = [match.groups() for line in text.splitlines() if (match := ROW.match(line))]
    starts = [as_of - timedelta(weeks=number) for number in range(13, 0, -1)]
    won = [value_won(deals, one, one + timedelta(days=6)) for one in starts]
    skipped, expected = 0, []
    for start, (before, now) in zip(starts[1:], pairwise(won), strict=True):
        met = before > 0 and (now - before) / before < bound
        anyway = not met and skipped >= at_least_every
        skipped = 0 if met or anyway else skipped + 1
        became = "sent" if met else "sent anyway" if anyway else f"skipped ({skipped} of {at_least_every})"
        days = (start.isoformat(), (start + timedelta(days=6)).isoformat())
        expected.append((*days, "yes" if met else "no", became, now))
    assert [(*row[:4], Decimal(row[4].replace(",", ""))) for row in rows] == expected
    assert {"yes", "no"} <= {row[2] for row in rows}, "both happen"


def test_the_last_twelve_weeks_as_they_were(project: Callable[..., Path]) -> None:
    folder = conditional(project(), CONDITION.format(bound="-0.2"), "at_least_every = 2")
    found = worked(reports("test-condition", "weekly", "--as-of", "2025-10-05", cwd=folder))
    assert found.text.startswith("Sent if: change of value won below -20 %\nSent anyway after 2 skipped in a row")
    expect_as_counted(found.text, DEALS, date(2025, 10, 5), Decimal("-0.2"), 2)
    assert sorted(path.name for path in folder.iterdir()) == ["config.toml"], "nothing is left behind"


def test_twelve_weeks_of_real_deals(tmp_path: Path) -> None:
    real = real_file()
    database = tmp_path / "real.sqlite"
    load(real, database)
    folder = write_config(tmp_path / "project", f'kind = "sandbox"\ndatabase = "{database.as_posix()}"').parent
    conditional(folder, CONDITION.format(bound="-0.1"), "at_least_every = 3")
    found = worked(reports("test-condition", "weekly", "--as-of", "2017-10-01", cwd=folder))
    expect_as_counted(found.text, real, date(2017, 10, 1), Decimal("-0.1"), 3)


def test_made_up_deals_by_several_conditions(tmp_path: Path) -> None:
    conditions = 'only_if = [{ signal = true }, { figure = "win_rate", value_below = 30 }]'
    folder = conditional(write_config(tmp_path, 'kind = "sandbox"').parent, conditions)
    found = worked(reports("test-condition", "weekly", cwd=folder))
    lines = found.text.splitlines()
    assert lines[0] == "Sent if: a signal of any figure, or win rate below 30 %"
    rows = [line for line in lines if re.match(r"\d{4}-", line)]
    assert len(rows) == 12
    for row in rows:
        rate = re.search(r"win rate (\S+) %$", row)
        assert rate is not None
        departs = "none of 8 figures" not in row
        assert ("  yes  sent" in row) is (departs or Decimal(rate[1]) < 30)


def test_a_report_without_a_condition_says_what_to_add(project: Callable[..., Path]) -> None:
    found = reports("test-condition", "weekly", cwd=project())
    assert (found.code, found.text) == (1, "")
    assert 'error: the report "weekly" has no condition: it is sent every time\nhint: ' in found.err
    assert "only_if = " in found.err


def test_a_report_that_there_is_not(project: Callable[..., Path]) -> None:
    found = reports("test-condition", "weakly", cwd=project())
    assert found.code == 1
    assert 'did you mean "weekly"' in found.err
