"""Deals out of a CSV file, loaded whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from reports.sandbox.entries import complain_of_currencies, complain_of_repeated, read_entry
from reports.sandbox.records import Agent, Deal, Pipeline, Stage, timestamp
from reports.sandbox.rows import read_rows, refuse_bad

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from reports.sandbox.deals import Deals
    from reports.sandbox.entries import Entry

T = TypeVar("T")

ORIGIN = "CSV file"
NOON = "12:00:00"  # a file knows days alone, and noon is on the right one in every zone
COLORS = ("#2F6FED", "#1E9E6A", "#C7782B", "#7A5AC8", "#C0453B", "#3A8FA3")


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a file brought: new and updated deals, how many pipelines and agents they name, and the days they span."""

    new: int
    updated: int
    pipelines: int
    agents: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Ids:
    """The numbers of all that the store and the file name."""

    deals: dict[str, int]
    pipelines: dict[str, int]
    stages: dict[tuple[int, str], int]
    agents: dict[str, int]


def load_csv(deals: Deals, path: Path, mapping: Mapping[str, str], timezone: ZoneInfo) -> LoadResult:
    """Load a file of deals; `mapping` says what the file calls our columns, where it calls them otherwise.

    A deal that the store holds already is updated: the file is taken for a newer export of the same CRM.
    """
    rows = read_rows(path, mapping)
    entries = [entry for row in rows if (entry := read_entry(row)) is not None]
    complain_of_repeated(entries)
    with deals.writing():
        deals.claim(ORIGIN)
        complain_of_currencies(entries, _held(deals, entries))
        refuse_bad(rows, path)
        return _store(deals, entries, timezone)


def _held(deals: Deals, entries: Sequence[Entry]) -> dict[str, str]:
    """Tell the currency of each pipeline's deals in the store, without those that the file is about to update."""
    coming = {entry.deal_id for entry in entries}
    names = {pipeline.id: pipeline.name for pipeline in deals.pipelines()}
    return {
        names[pipeline_id]: currency
        for deal_id, (_, pipeline_id, currency) in deals.known().items()
        if currency and deal_id not in coming
    }


def _store(deals: Deals, entries: Sequence[Entry], timezone: ZoneInfo) -> LoadResult:
    ids = _known(deals)
    new = _number(ids.deals, (entry.deal_id for entry in entries))
    _store_pipelines(deals, entries, ids, timezone)
    _store_stages(deals, entries, ids)
    _store_agents(deals, entries, ids)
    deals.put_deals(_deal(entry, ids, timezone) for entry in entries)
    deals.arrange()
    return LoadResult(
        new=len(new),
        updated=len(entries) - len(new),
        pipelines=len({entry.pipeline for entry in entries}),
        agents=len({entry.agent for entry in entries if entry.agent}),
        first=min(entry.created_on for entry in entries),
        last=max(entry.closed_on or entry.created_on for entry in entries),
    )


def _known(deals: Deals) -> Ids:
    pipelines = deals.pipelines()
    stages = (stage for pipeline in pipelines for stage in deals.stages(pipeline.id))
    return Ids(
        deals={deal_id: number for deal_id, (number, _, _) in deals.known().items()},
        pipelines={pipeline.name: pipeline.id for pipeline in pipelines},
        stages={(stage.pipeline_id, stage.name): stage.id for stage in stages},
        agents={(agent.email or agent.name): agent.id for agent in deals.agents()},
    )


def _number(known: dict[T, int], wanted: Iterable[T]) -> list[T]:
    """Give numbers to those that have none yet, in the order of their first appearance; return them."""
    new = [each for each in dict.fromkeys(wanted) if each not in known]
    known.update((each, number) for number, each in enumerate(new, max(known.values(), default=0) + 1))
    return new


def _store_pipelines(deals: Deals, entries: Sequence[Entry], ids: Ids, timezone: ZoneInfo) -> None:
    start = timestamp(entries[0].created_on, NOON, timezone)  # until they are arranged
    new = [(ids.pipelines[name], name) for name in _number(ids.pipelines, (entry.pipeline for entry in entries))]
    deals.put_pipelines(Pipeline(number, name, "", _color(number), number, start) for number, name in new)


def _store_stages(deals: Deals, entries: Sequence[Entry], ids: Ids) -> None:
    new = _number(ids.stages, ((ids.pipelines[entry.pipeline], entry.stage) for entry in entries))
    numbered = [(ids.stages[key], *key) for key in new]
    deals.put_stages(
        Stage(number, pipeline_id, name, _color(number), number, "open") for number, pipeline_id, name in numbered
    )


def _store_agents(deals: Deals, entries: Sequence[Entry], ids: Ids) -> None:
    latest = {entry.agent: entry for entry in entries if entry.agent}
    _number(ids.agents, latest)
    deals.put_agents(
        Agent(ids.agents[key], entry.agent_name or entry.agent_email, entry.agent_email.lower() or None, None)
        for key, entry in latest.items()
    )


def _color(number: int) -> str:
    return COLORS[(number - 1) % len(COLORS)]


def _deal(entry: Entry, ids: Ids, timezone: ZoneInfo) -> Deal:
    pipeline_id = ids.pipelines[entry.pipeline]
    return Deal(
        id=ids.deals[entry.deal_id],
        deal_id=entry.deal_id,
        pipeline_id=pipeline_id,
        name=entry.name,
        company=entry.company,
        agent_id=ids.agents.get(entry.agent),
        stage_id=ids.stages[pipeline_id, entry.stage],
        status=entry.status,
        value=entry.value,
        currency=entry.currency,
        created_at=timestamp(entry.created_on, NOON, timezone),
        closed_at=timestamp(entry.closed_on, NOON, timezone) if entry.closed_on else None,
    )
