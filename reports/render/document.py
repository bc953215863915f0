"""The edition as JSON, the contract for other programs (edition.schema.json, schema 1)."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING

from reports.figures import WHOLE, Figure, Figures
from reports.findings import NewFromZero, NoDelta, Percent, Points

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from reports.figures import Agent, AgentFigures, Cut, EditionId, Number, StageFigures
    from reports.findings import (
        AgentChange,
        Analysis,
        CalendarNote,
        Check,
        Delta,
        Drivers,
        Failure,
        Limits,
        OpenChange,
        OpenDeal,
        OpenDeals,
        OpenStage,
        Place,
        Restatement,
        Section,
        Signal,
        StageChange,
        Standing,
        Target,
        TrendPoint,
    )
    from reports.periods import Period, Plan

SCHEMA = 1


def document(  # noqa: PLR0913 - one argument for each thing the document says beside the analysis
    analysis: Analysis,
    *,
    edition: EditionId,
    title: str,
    as_of: date,
    fetched_at: datetime,
    currency: str,
    locale: str,
    note: str | None = None,
    cut: Cut = WHOLE,
) -> bytes:
    """Return the whole edition as JSON text; counts are integers, money and rates plain numbers, unrounded."""
    content = {
        "schema": SCHEMA,
        "edition": str(edition),
        "report": edition.report,
        "title": title,
        "as_of": as_of.isoformat(),
        "fetched_at": fetched_at.isoformat(timespec="seconds"),
        "currency": currency,
        "locale": locale,
        "note": note,
        "cut": _cut(cut),
        "standing": _standing(analysis.standing) if analysis.standing else None,
        "periods": _periods(analysis.plan),
        "calendar": [_calendar(one) for one in analysis.calendar],
        "overall": {**_section(analysis.overall), "targets": [_target(one) for one in analysis.overall.targets]},
        "pipelines": [{"id": one.id, "name": one.name, **_section(one)} for one in analysis.pipelines],
        "checks": [_check(one) for one in analysis.checks],
        "restatements": [_restatement(one) for one in analysis.restatements],
    }
    text = json.dumps(content, ensure_ascii=False, indent=2)
    return text.encode(errors="backslashreplace")  # half of a surrogate pair as JSON escapes it; UTF-8 has none


def _cut(cut: Cut) -> dict[str, object]:
    """Return the name of a cut, and the ids of what it shows alone; null where it shows all."""
    pipelines, agents = (None if ids is None else sorted(ids) for ids in (cut.pipelines, cut.agents))
    return {"name": cut.name, "pipelines": pipelines, "agents": agents}


def _standing(one: Standing) -> dict[str, object]:
    return {
        "agent": _agent(one.agent),
        "of": one.of,
        "current": _place(one.now),
        "previous": _place(one.before),
        "team": [{"agent": _agent(row.agent), **(_agent_figures(row) or {})} for row in one.team] or None,
    }


def _place(place: Place | None) -> dict[str, object] | None:
    if place is None:
        return None
    return {
        "value_won": _number(place.value_won),
        "rank": place.rank,
        "level_with": place.level,
        "share": _number(place.share),
    }


def _section(section: Section) -> dict[str, object]:
    return {
        "current": _figures(section.current),
        "previous": _figures(section.previous),
        "year_ago": _figures(section.year_ago),
        "deltas": {"previous": _deltas(section.deltas), "year_ago": _deltas(section.year_ago_deltas) or None},
        "trend": [_point(point) for point in section.trend],
        "trend_year_ago": [_point(point) for point in section.trend_year_ago],
        "by_agent": [_agent_change(change) for change in section.agents],
        "by_stage": [_stage_change(change) for change in section.stages],
        "drivers": _drivers(section.drivers),
        "signals": [_signal(signal) for signal in section.signals],
        "open": _open(section.open, section.open_change),
        "limits": {figure.value: _limits(one) for figure, one in section.limits.items()},
    }


def _periods(plan: Plan) -> dict[str, object]:
    return {
        "current": _period(plan.current),
        "previous": _period(plan.previous),
        "year_ago": _period(plan.year_ago) if plan.year_ago else None,
    }


def _calendar(note: CalendarNote) -> dict[str, object]:
    return {
        "with": note.versus.value,
        "ramadan_days": note.ramadan_days,
        "ramadan_days_before": note.ramadan_days_before,
        "eid_days": note.eid_days,
        "eid_days_before": note.eid_days_before,
    }


def _target(target: Target) -> dict[str, object]:
    return {
        "figure": target.figure.value,
        "goal": _number(target.goal),
        "reached": _number(target.reached),
        "unit": "points" if target.in_points else "percent",
    }


def _period(period: Period) -> dict[str, str]:
    return {"since": period.since.isoformat(), "until": period.until.isoformat()}


def _figures(figures: Figures | None) -> dict[str, int | float | None] | None:
    return None if figures is None else {figure.value: _number(figures.value(figure)) for figure in Figure}


def _point(point: TrendPoint) -> dict[str, object]:
    """Return one trailing period; every figure null where there is no data."""
    figures = _figures(point.figures) or dict.fromkeys(figure.value for figure in Figure)
    return {**_period(point.period), **figures}


def _deltas(deltas: Mapping[Figure, Delta]) -> dict[str, object]:
    return {figure.value: _delta(delta) for figure, delta in deltas.items()}


def _delta(delta: Delta) -> dict[str, object]:
    kind = {Percent: "percent", Points: "points", NewFromZero: "new", NoDelta: "none"}[type(delta)]
    return {
        "kind": kind,
        "absolute": _number(delta.absolute),
        "relative": _number(delta.relative) if isinstance(delta, Percent) else None,
        "reason": delta.reason.value if isinstance(delta, NoDelta) else None,
        "good": delta.good,
    }


def _agent_change(change: AgentChange) -> dict[str, object]:
    return {
        "agent": _agent(change.agent),
        "current": _agent_figures(change.current),
        "previous": _agent_figures(change.previous),
        "year_ago": _agent_figures(change.year_ago),
        "delta_value_won": _delta(change.value_won),
    }


def _agent(agent: Agent | None) -> dict[str, object] | None:
    return None if agent is None else {"id": agent.id, "name": agent.name, "email": agent.email}


def _agent_figures(figures: AgentFigures | None) -> dict[str, object] | None:
    if figures is None:
        return None
    return {"created": figures.created, "won": figures.won, "value_won": _number(figures.value_won)}


def _stage_change(change: StageChange) -> dict[str, object]:
    return {
        "stage_id": change.current.stage_id,
        "stage_name": change.current.name,
        "current": _stage_figures(change.current),
        "previous": _stage_figures(change.previous),
        "reason": change.reason.value if change.reason else None,
    }


def _stage_figures(figures: StageFigures | None) -> dict[str, object] | None:
    return None if figures is None else {"count": figures.count, "value": _number(figures.value)}


def _drivers(drivers: Drivers | None) -> dict[str, object] | None:
    return None if drivers is None else {one.name: _number(getattr(drivers, one.name)) for one in fields(drivers)}


def _limits(limits: Limits) -> dict[str, object]:
    return {
        "mean": _number(limits.mean),
        "lower": _number(limits.lower),
        "upper": _number(limits.upper),
        "periods": limits.periods,
    }


def _signal(signal: Signal) -> dict[str, object]:
    return {"figure": signal.figure.value, "course": signal.course.value, "value": _number(signal.value)}


def _check(check: Check) -> dict[str, object]:
    return {
        "name": check.name.value,
        "hard": check.is_hard,
        "windows": check.windows,
        "passed": check.passed,
        "failures": [_failure(one) for one in check.failures],
    }


def _restatement(one: Restatement) -> dict[str, object]:
    return {
        "pipeline_id": one.pipeline,
        "figure": one.figure.value,
        "period": _period(one.period),
        "reported": _number(one.reported),
        "now": _number(one.now),
        "reported_on": one.reported_on.isoformat(),
    }


def _failure(failure: Failure) -> dict[str, object]:
    return {
        "pipeline_id": failure.pipeline,
        **_period(failure.period),
        "field": failure.field,
        "found": _number(failure.found),
        "expected": _number(failure.expected),
    }


def _open(deals: OpenDeals | None, change: OpenChange | None) -> dict[str, object] | None:
    if deals is None:
        return None
    return {
        "count": deals.count,
        "value": _number(deals.value),
        "without_value": deals.without_value,
        "snoozed": deals.snoozed,
        "mixed_currencies": deals.mixed,
        "stages": [_open_stage(stage) for stage in deals.stages],
        "largest": [_open_deal(deal) for deal in deals.largest],
        "change": _open_change(change),
    }


def _open_change(change: OpenChange | None) -> dict[str, object] | None:
    if change is None or change.since is None:
        return None
    return {
        "since": change.since.isoformat(),
        "count": _number(change.count.absolute),
        "value": _number(change.value.absolute),
    }


def _open_stage(stage: OpenStage) -> dict[str, object]:
    return {
        "stage_id": stage.stage_id,
        "stage_name": stage.name,
        "count": stage.count,
        "value": _number(stage.value),
        "without_value": stage.without_value,
    }


def _open_deal(deal: OpenDeal) -> dict[str, object]:
    return {
        "id": deal.id,
        "name": deal.name,
        "pipeline_id": deal.pipeline_id,
        "stage_name": deal.stage,
        "owner": deal.owner,
        "value": _number(deal.value),
        "age_days": deal.age_days,
    }


def _number(number: Number | None) -> int | float | None:
    """Return an exact integer where there is one, else the nearest double."""
    if number is None or isinstance(number, int):
        return number
    return int(number) if number == number.to_integral_value() else float(number)
