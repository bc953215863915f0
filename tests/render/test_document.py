"""The edition as JSON fits its schema, and says exactly what the analysis says."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.analysis.analyse import analyse
from reports.analysis.open_deals import with_open_deals
from reports.analysis.targets import targets
from reports.figures import Card, EditionId, Figure, Figures, PipelineWindows, Window
from reports.render.document import document
from tests.making import AS_OF, CHECKOUT, fetched, figures_of, pipeline_of, plan_of, share, snapshot_of, stage

if TYPE_CHECKING:
    from reports.findings import Analysis
    from reports.periods import Plan

SCHEMA = json.loads((CHECKOUT / "reports" / "render" / "edition.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
WEEKS = plan_of()
COMPARED = plan_of(with_year_ago=True)
FETCHED = datetime(2026, 11, 22, 6, 30, tzinfo=ZoneInfo("Asia/Riyadh"))


def no_constant(name: str) -> None:
    pytest.fail(f"{name} is not JSON")


def written(analysis: Analysis, revision: int | None = 1) -> Any:
    text = document(
        analysis,
        edition=EditionId("weekly", analysis.plan.current, revision=revision),
        title='Weekly "pipeline" report',
        as_of=AS_OF,
        fetched_at=FETCHED,
        currency="SAR",
        locale="en",
    )
    return json.loads(text, parse_constant=no_constant)


def analysis_of(plan: Plan = WEEKS, **about: Any) -> Analysis:
    def window(period: object) -> Window:
        now = period == plan.current
        return Window(
            plan.current if now else plan.previous,
            figures_of() if now else Figures(5, 0, 0, Decimal("0.5"), Decimal(0)),
            (share(7, 3, 1, "500.25"), share(None, 1, 0, 0)) if now else (),
            (stage(11, "New", 20, 100),),
        )

    return analyse(plan, snapshot_of(pipeline_of(plan, window, **about)))


@settings(max_examples=40)
@given(fetched(WEEKS), st.none() | st.integers(1, 40))
def test_whatever_was_fetched_the_document_fits_its_schema(
    pipelines: tuple[PipelineWindows, ...], revision: int | None
) -> None:
    VALIDATOR.validate(written(analyse(WEEKS, snapshot_of(*pipelines)), revision))


@settings(max_examples=20)
@given(fetched(COMPARED))
def test_it_fits_its_schema_with_a_year_ago(pipelines: tuple[PipelineWindows, ...]) -> None:
    found = written(analyse(COMPARED, snapshot_of(*pipelines)))
    VALIDATOR.validate(found)
    assert found["periods"]["year_ago"] == {"since": "2025-11-16", "until": "2025-11-22"}
    assert set(found["overall"]["deltas"]["year_ago"]) == {figure.value for figure in Figure}
    assert [one["since"] for one in found["overall"]["trend_year_ago"]][-1] == "2025-11-16"


def test_without_the_comparison_every_year_ago_is_null() -> None:
    found = written(analysis_of())
    for section in (found["overall"], *found["pipelines"]):
        assert (section["year_ago"], section["deltas"]["year_ago"], section["trend_year_ago"]) == (None, None, [])
        assert {one["year_ago"] for one in section["by_agent"]} == {None}
    assert found["calendar"] == []


def test_the_calendar_says_where_ramadan_or_an_eid_makes_the_difference() -> None:
    found = written(analysis_of(plan_of(as_of=date(2025, 4, 6), with_year_ago=True)))
    VALIDATOR.validate(found)  # 30 Mar to 5 Apr 2025, 23 to 29 Mar 2025, 31 Mar to 6 Apr 2024
    assert found["calendar"] == [
        {"with": "previous", "ramadan_days": 0, "ramadan_days_before": 7, "eid_days": 3, "eid_days_before": 0},
        {"with": "year_ago", "ramadan_days": 0, "ramadan_days_before": 7, "eid_days": 3, "eid_days_before": 0},
    ]


@pytest.mark.parametrize("kind", ["day", "last_30_days", "quarter_to_date", "year"])
def test_every_kind_of_period_fits(kind: str) -> None:
    found = written(analysis_of(plan_of(kind)))
    VALIDATOR.validate(found)
    assert found["edition"].split(":")[1:3] == [
        found["periods"]["current"]["since"],
        found["periods"]["current"]["until"],
    ]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one: one.pop("as_of"),
        lambda one: one.update(extra=1),
        lambda one: one.update(schema=2),
        lambda one: one["overall"].pop("trend"),
        lambda one: one["overall"]["current"].update(total_won=-1),
        lambda one: one["overall"]["current"].update(total_won=1.5),
        lambda one: one["overall"]["deltas"]["previous"]["total_won"].update(kind="none"),
        lambda one: one["overall"]["deltas"]["previous"]["win_rate"].update(relative=0.5),
        lambda one: one["overall"]["by_stage"][0].update(reason="other"),
        lambda one: one.update(fetched_at="yesterday", as_of="22.11.2026"),
    ],
    ids=range(10),
)
def test_the_schema_refuses_what_is_wrong(spoil: Any) -> None:
    right = written(analysis_of())
    VALIDATOR.validate(right)
    wrong = copy.deepcopy(right)
    spoil(wrong)
    assert not VALIDATOR.is_valid(wrong)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_what_the_document_says_about_itself() -> None:
    found = written(analysis_of(), None)
    assert {key: found[key] for key in ("schema", "edition", "report", "title", "currency", "locale", "as_of")} == {
        "schema": 1,
        "edition": "weekly:2026-11-15:2026-11-21:all",
        "report": "weekly",
        "title": 'Weekly "pipeline" report',
        "currency": "SAR",
        "locale": "en",
        "as_of": "2026-11-22",
    }
    assert found["fetched_at"] == "2026-11-22T06:30:00+03:00"
    assert found["periods"] == {
        "current": {"since": "2026-11-15", "until": "2026-11-21"},
        "previous": {"since": "2026-11-08", "until": "2026-11-14"},
        "year_ago": None,
    }


def test_figures_are_numbers_unrounded() -> None:
    found = written(analysis_of())["overall"]
    assert found["current"] == {
        "total_created": 30,
        "total_won": 10,
        "total_lost": 4,
        "total_value_created": 150_000,
        "total_value_won": 60_000,
        "average_deal_size": 6000,
        "conversion_rate": pytest.approx(100 / 3, rel=1e-15),
        "win_rate": pytest.approx(1000 / 14, rel=1e-15),
    }
    assert found["previous"]["total_value_created"] == 0.5
    assert found["previous"]["win_rate"] is None
    assert [type(found["current"][one]) for one in ("total_won", "total_value_won")] == [int, int]


def test_each_sort_of_change_says_what_it_is() -> None:
    changes = written(analysis_of())["overall"]["deltas"]["previous"]
    assert changes["total_created"] == {"kind": "percent", "absolute": 25, "relative": 5, "reason": None, "good": True}
    assert changes["total_won"] == {"kind": "new", "absolute": 10, "relative": None, "reason": None, "good": True}
    assert changes["total_lost"] == {"kind": "new", "absolute": 4, "relative": None, "reason": None, "good": False}
    assert changes["win_rate"]["reason"] == "no_data"
    assert changes["conversion_rate"]["kind"] == "points"
    assert changes["conversion_rate"]["absolute"] == pytest.approx(100 / 3)
    assert set(changes) == {figure.value for figure in Figure}


def test_before_a_pipeline_existed_everything_is_null() -> None:
    found = written(analysis_of(created_on=date(2026, 11, 16)))["pipelines"][0]
    assert found["previous"] is None
    assert found["current"]["total_won"] == 10
    first, *_, last = found["trend"]
    assert {first[figure.value] for figure in Figure} == {None}
    assert (first["since"], last["until"]) == ("2026-10-25", "2026-11-21")
    assert last["total_won"] == 10
    assert {one["previous"] for one in found["by_agent"]} == {None}
    assert {one["reason"] for one in found["deltas"]["previous"].values()} == {"no_data"}


def test_targets_stand_with_all_pipelines_together_and_say_their_unit() -> None:
    goals = {Figure.VALUE_WON: Decimal(80_000), Figure.WIN_RATE: Decimal("60.5")}
    plain = analysis_of()
    overall = replace(plain.overall, targets=targets(goals, plain.overall.current))
    found = written(replace(plain, overall=overall))
    VALIDATOR.validate(found)
    assert found["overall"]["targets"] == [
        {"figure": "total_value_won", "goal": 80_000, "reached": 75, "unit": "percent"},
        {"figure": "win_rate", "goal": 60.5, "reached": pytest.approx(1000 / 14 - 60.5), "unit": "points"},
    ]
    assert written(analysis_of())["overall"]["targets"] == []
    assert "targets" not in found["pipelines"][0]


def test_agents_and_stages_are_listed_with_both_periods() -> None:
    found = written(analysis_of())["overall"]
    first, nobody = found["by_agent"]
    assert first["agent"] == {"id": 7, "name": "Agent 7", "email": "agent7@example.com"}
    assert first["current"] == {"created": 3, "won": 1, "value_won": 500.25}
    assert first["previous"] == {"created": 0, "won": 0, "value_won": 0}
    assert first["delta_value_won"]["kind"] == "new"
    assert nobody["agent"] is None
    (only,) = found["by_stage"]
    assert only == {
        "stage_id": 11,
        "stage_name": "New",
        "current": {"count": 20, "value": 100},
        "previous": None,
        "reason": "not_archived",
    }


def test_names_stay_as_they_are() -> None:
    found = written(analysis_of(name='نورة "x" \u202e</script>'))
    assert found["pipelines"][0]["name"] == 'نورة "x" \u202e</script>'


def test_the_same_analysis_gives_the_same_bytes() -> None:
    parts: dict[str, Any] = {"edition": EditionId("weekly", WEEKS.current), "title": "x", "as_of": AS_OF}
    parts |= {"fetched_at": datetime(2026, 11, 22, tzinfo=UTC), "currency": "SAR", "locale": "en"}
    assert document(analysis_of(), **parts) == document(analysis_of(), **parts)


@pytest.mark.parametrize("mixed", [False, True])
def test_the_deals_that_stand_open(mixed: bool) -> None:
    (fetched_windows,) = snapshot_of(pipeline_of(WEEKS, lambda one: Window(one, figures_of()), stages=(11,))).pipelines
    made = datetime(2026, 11, 1, tzinfo=UTC)
    cards = (
        Card(5, made, made, 11, "open", Decimal("1200.5"), "USD" if mixed else "SAR", "Licence", "Noura"),
        Card(6, made, made, 12, "open", None, None),
        Card(7, made, made, 11, "snoozed", Decimal(1), "SAR"),
    )
    snapshot = snapshot_of(replace(fetched_windows, cards=cards))
    found = written(with_open_deals(analyse(WEEKS, snapshot), snapshot, "SAR", ZoneInfo("Asia/Riyadh")))
    VALIDATOR.validate(found)
    largest = {"id": 5, "name": "Licence", "pipeline_id": 1, "stage_name": "Stage 11", "owner": "Noura"}
    largest |= {"value": 1200.5, "age_days": 21}
    value, nothing = (None, None) if mixed else (1200.5, 0)
    whole = {"count": 2, "value": value, "without_value": 1, "snoozed": 1, "mixed_currencies": mixed}
    whole |= {"stages": [], "largest": [] if mixed else [largest], "change": None}
    assert found["overall"]["open"] == whole
    assert found["pipelines"][0]["open"] == whole | {
        "stages": [
            {"stage_id": 11, "stage_name": "Stage 11", "count": 1, "value": value, "without_value": 0},
            {"stage_id": 12, "stage_name": "Stage 12", "count": 1, "value": nothing, "without_value": 1},
        ]
    }


def test_cards_that_may_not_be_read_are_not_an_empty_board() -> None:
    found = written(analysis_of())
    assert (found["overall"]["open"], found["pipelines"][0]["open"]) == (None, None)
