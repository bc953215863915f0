"""The deals that stand open now: by stage, the largest of them, and how they changed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from reports.analysis.deltas import delta
from reports.figures import Figure, Stage
from reports.findings import NoDelta, OpenChange, OpenDeal, OpenDeals, OpenStage, OpenStageChange, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from reports.figures import Card, Number, Pipeline, PipelineWindows, Snapshot
    from reports.findings import Analysis, Delta

MOST_DEALS = 10  # listed as the largest


def with_open_deals(analysis: Analysis, snapshot: Snapshot, currency: str, zone: ZoneInfo) -> Analysis:
    """Add what stood open when the snapshot was fetched to each section of an analysis."""
    found = [open_deals(one, currency, snapshot.fetched_at, zone) for one in snapshot.pipelines]
    sections = zip(analysis.pipelines, found, strict=True)
    return replace(
        analysis,
        overall=replace(analysis.overall, open=open_together(found)),
        pipelines=tuple(replace(section, open=deals) for section, deals in sections),
    )


def open_deals(fetched: PipelineWindows, currency: str, now: datetime, zone: ZoneInfo) -> OpenDeals | None:
    """Return one pipeline's open deals; a value without a currency is taken to be in the report's."""
    if fetched.cards is None:
        return None
    cards = [card for card in fetched.cards if card.status == "open"]
    mixed = any(card.value is not None and card.currency not in {None, currency} for card in cards)
    stages = _stages(fetched.pipeline, cards)
    names = {stage.id: stage.name for stage in stages}
    deals = [
        _deal(card, value, fetched.pipeline, names[card.stage], _age(card, now, zone)) for card, value in _valued(cards)
    ]
    return OpenDeals(
        stages=tuple(_stage(stage, cards, mixed=mixed) for stage in stages),
        count=len(cards),
        value=None if mixed else _value(cards),
        without_value=_without_value(cards),
        snoozed=sum(card.status == "snoozed" for card in fetched.cards),
        largest=() if mixed else _largest(deals),
        mixed=mixed,
    )


def open_together(pipelines: Sequence[OpenDeals | None]) -> OpenDeals | None:
    """Add pipelines up, without their stages; None where any of them isn't known, since a part is no total."""
    known = [one for one in pipelines if one is not None]
    if len(known) < len(pipelines):
        return None
    mixed = any(one.mixed for one in known)
    return OpenDeals(
        stages=(),
        count=sum(one.count for one in known),
        value=None if mixed else sum((one.value or Decimal(0) for one in known), Decimal(0)),
        without_value=sum(one.without_value for one in known),
        snoozed=sum(one.snoozed for one in known),
        largest=() if mixed else _largest(deal for one in known for deal in one.largest),
        mixed=mixed,
    )


def stages_together(name: str, stages: Sequence[OpenStage]) -> OpenStage:
    """Add stages up to one of another name, the first one's id standing for all."""
    values = [stage.value for stage in stages if stage.value is not None]
    return OpenStage(
        stage_id=stages[0].stage_id,
        name=name,
        count=sum(stage.count for stage in stages),
        value=sum(values, Decimal(0)) if len(values) == len(stages) else None,
        without_value=sum(stage.without_value for stage in stages),
    )


def compare_open(now: OpenDeals, before: OpenDeals | None) -> OpenChange | None:
    """Compare with an earlier edition in the same currency, stage by stage; None where there is none.

    A stage that one of them doesn't list held no open deal then. No change is good or bad: a pipeline also grows when
    nothing is closed.
    """
    if before is None:
        return None
    listed = {stage.stage_id: stage for stage in (*before.stages, *now.stages)}  # named as they are now
    order = dict.fromkeys(stage.stage_id for stage in (*now.stages, *before.stages))
    return OpenChange(
        count=_delta(Figure.CREATED, now.count, before.count),
        value=_delta(Figure.VALUE_CREATED, now.value, before.value),
        stages=tuple(_stage_change(listed[number], now, before) for number in order),
    )


def _stage_change(stage: OpenStage, now: OpenDeals, before: OpenDeals) -> OpenStageChange:
    current, previous = _of_stage(now, stage.stage_id), _of_stage(before, stage.stage_id)
    return OpenStageChange(
        stage_id=stage.stage_id,
        name=stage.name,
        count=_delta(Figure.CREATED, current.count, previous.count),
        value=_delta(Figure.VALUE_CREATED, current.value, previous.value),
    )


def _of_stage(deals: OpenDeals, number: int) -> OpenStage:
    empty = OpenStage(number, "", 0, None if deals.mixed else Decimal(0))
    return next((stage for stage in deals.stages if stage.stage_id == number), empty)


def _delta(figure: Figure, current: Number | None, previous: Number | None) -> Delta:
    if current is None or previous is None:
        return NoDelta(Reason.NOT_COMPARABLE)
    return replace(delta(figure, current, previous), good=None)


def _stages(pipeline: Pipeline, cards: Sequence[Card]) -> list[Stage]:
    """Return the stages that hold cards in the pipeline's order; ones it doesn't list come last, by their ids."""
    held = {card.stage for card in cards}
    known = [stage for stage in pipeline.stages if stage.id in held]
    unknown = sorted(held - {stage.id for stage in known})
    return [*known, *(Stage(number, f"Stage {number}") for number in unknown)]


def _stage(stage: Stage, cards: Iterable[Card], *, mixed: bool) -> OpenStage:
    here = [card for card in cards if card.stage == stage.id]
    value = None if mixed else _value(here)
    return OpenStage(stage.id, stage.name, len(here), value, _without_value(here))


def _valued(cards: Iterable[Card]) -> list[tuple[Card, Decimal]]:
    return [(card, card.value) for card in cards if card.value is not None]


def _value(cards: Iterable[Card]) -> Decimal:
    return sum((value for _, value in _valued(cards)), Decimal(0))


def _without_value(cards: Iterable[Card]) -> int:
    return sum(card.value is None for card in cards)


def _deal(card: Card, value: Decimal, pipeline: Pipeline, stage: str, age_days: int) -> OpenDeal:
    return OpenDeal(
        id=card.id,
        name=card.name,
        pipeline_id=pipeline.id,
        pipeline=pipeline.name,
        stage=stage,
        owner=card.owner,
        value=value,
        age_days=age_days,
    )


def _age(card: Card, now: datetime, zone: ZoneInfo) -> int:
    """Return whole days since a card was made; never less than none, for the clocks of two machines may differ."""
    return max(0, (_day(now, zone) - _day(card.created_at, zone)).days)


def _day(moment: datetime, zone: ZoneInfo) -> date:
    try:
        return moment.astimezone(zone).date()
    except OverflowError:  # year 1 or 9999, which some servers write for "not set"
        return moment.date()


def _largest(deals: Iterable[OpenDeal]) -> tuple[OpenDeal, ...]:
    """Return the first deals by value; the older one, then the one made first, where two are worth the same."""
    return tuple(sorted(deals, key=lambda one: (-one.value, -one.age_days, one.id, one.pipeline_id))[:MOST_DEALS])
