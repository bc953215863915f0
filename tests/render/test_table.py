"""The table has every figure of the edition once, and opens harmlessly in a spreadsheet."""

from __future__ import annotations

import csv
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.analyse import analyse
from reports.figures import Agent, AgentFigures, EditionId, Figure, Snapshot, Window
from reports.render.table import ALL, BOM, COLUMNS, table
from tests.making import figures_of, pipeline_of, plan_of, share, snapshot_of

if TYPE_CHECKING:
    from reports.findings import Analysis
    from reports.periods import Period

PLAN = plan_of()
EDITION = EditionId("weekly", PLAN.current, revision=1)


def window(period: Period) -> Window:
    won = 60_000 + period.since.toordinal() % 7
    agents = (share(7, 12, 6, 40_000), share(8, 10, 3, "19999.50"), share(None, 8, 1, "0.5"))
    return Window(period, figures_of(value_won=won), agents)


def analysed(snapshot: Snapshot) -> Analysis:
    return analyse(PLAN, snapshot)


def rows(analysis: Analysis) -> list[dict[str, str]]:
    content = table(analysis, edition=EDITION, currency="SAR")
    assert content.startswith(BOM), "so that Excel takes it for UTF-8"
    text = content[len(BOM) :].decode()
    assert text.endswith("\r\n")
    found = list(csv.DictReader(StringIO(text, newline=""), strict=True))
    assert all(None not in row and None not in row.values() for row in found)
    return found


def one(*, name: str = "", number: int = 1) -> Analysis:
    return analysed(snapshot_of(pipeline_of(PLAN, window, name=name, number=number)))


def test_one_row_for_each_period_and_figure_then_those_of_the_agents() -> None:
    found = rows(one(name="North"))
    totals, agents = found[: 4 * len(Figure)], found[4 * len(Figure) :]
    assert {(row["since"], row["figure"]) for row in totals} == {
        (period.since.isoformat(), figure.value) for period in PLAN.trailing for figure in Figure
    }
    assert tuple(found[0]) == COLUMNS
    assert {row["agent_id"] for row in totals} == {""}
    assert [row["agent_id"] for row in agents[::6]] == ["7", "8", "unassigned"]
    assert {row["edition"] for row in found} == {str(EDITION)}
    assert {(row["pipeline_id"], row["pipeline"]) for row in found} == {("1", "North")}


def test_values_are_plain_numbers_in_the_unit_beside_them() -> None:
    found = {
        (row["agent_id"], row["figure"]): (row["value"], row["unit"])
        for row in rows(one())
        if row["since"] == PLAN.current.since.isoformat()
    }
    won = 60_000 + PLAN.current.since.toordinal() % 7
    assert found["", "total_won"] == ("10", "deals")
    assert found["", "total_value_won"] == (str(won), "SAR")
    assert found["", "conversion_rate"] == ("33.3333333333", "percent")
    assert found["8", "total_value_won"] == ("19999.5", "SAR")
    assert found["unassigned", "total_value_won"] == ("0.5", "SAR")


def test_no_data_is_no_value_and_zero_is_zero() -> None:
    late = pipeline_of(PLAN, lambda period: Window(period, figures_of(0, 0, 0, 0)), created_on=PLAN.trailing[2].since)
    found = rows(analysed(snapshot_of(late)))
    won = [row["value"] for row in found if row["figure"] == "total_value_won"]
    assert won == ["", "", "0", "0"]
    assert {row["value"] for row in found if row["figure"] == "win_rate"} == {""}


def test_several_pipelines_come_after_all_of_them_together() -> None:
    both = snapshot_of(pipeline_of(PLAN, window), pipeline_of(PLAN, window, number=2))
    found = rows(analysed(both))
    ids = list(dict.fromkeys(row["pipeline_id"] for row in found))
    assert ids == [ALL, "1", "2"]
    won = {row["pipeline_id"]: row["value"] for row in found if row["figure"] == "total_won" and not row["agent_id"]}
    assert won == {ALL: "20", "1": "10", "2": "10"}
    agents = {
        row["pipeline_id"]: row["value"] for row in found if row["agent_id"] == "7" and row["figure"] == "total_won"
    }
    assert agents == {ALL: "12", "1": "6", "2": "6"}


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://x")', "\uff1d1+1"]
)
def test_no_name_runs_as_a_formula(name: str) -> None:
    def named(period: Period) -> Window:
        return replace(window(period), agents=(AgentFigures(Agent(7, name), 1, 1, Decimal(5)),))

    found = rows(analysed(snapshot_of(pipeline_of(PLAN, named, name=name))))
    assert {row["pipeline"] for row in found} == {f"'{name}"}
    assert {row["agent"] for row in found if row["agent_id"] == "7"} == {f"'{name}"}


def test_a_negative_value_stays_a_number() -> None:
    credit = pipeline_of(PLAN, lambda period: Window(period, figures_of(value_won="-12.50")))
    found = rows(analysed(snapshot_of(credit)))
    assert {row["value"] for row in found if row["figure"] == "total_value_won"} == {"-12.5"}


@given(st.text(max_size=40))
def test_any_name_stays_in_its_cell(name: str) -> None:
    found = rows(one(name=name or "x"))
    kept = (name or "x").encode(errors="backslashreplace").decode()
    assert {row["pipeline"].removeprefix("'") for row in found} == {kept.removeprefix("'")}
    assert table(one(name=name), edition=EDITION, currency="SAR") == table(
        one(name=name), edition=EDITION, currency="SAR"
    )
