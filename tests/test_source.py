"""Snapshots with what is asked about single agents, from the embedded server over its API."""

from __future__ import annotations

import asyncio
import csv
import random
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import httpx
import pytest

from reports.analysis.checks import check, disowned, refusal
from reports.analysis.cuts import agents_of, restrict, standing
from reports.config.model import Config
from reports.figures import Cut
from reports.periods import Calendar, Kind, plan
from reports.sandbox.app import create_app
from reports.sandbox.deals import Deals
from reports.sandbox.load import load_csv
from reports.sandbox.sample import fill, sample
from reports.source import Source, answers_of, replay
from reports.voxys.client import VoxysClient
from tests.sandbox.conftest import real_deals

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.figures import Snapshot, Window
    from reports.periods import Period, Plan

__all__ = ["real_deals"]  # a fixture
RIYADH = ZoneInfo("Asia/Riyadh")
TODAY = date(2026, 11, 22)
TOKEN = "x"
JULY = plan(Kind.parse("month"), date(2017, 8, 1), Calendar(), 6)
WEEKS = plan(Kind.parse("week"), TODAY, Calendar(6), 5)


class Stubborn(httpx.ASGITransport):
    """Leaves agent_id out of requests, as a server that doesn't know it: always, or only the first time for each."""

    def __init__(self, deals: Deals, *, ignores: int) -> None:
        super().__init__(create_app(deals, token=TOKEN, timezone=RIYADH), raise_app_exceptions=False)
        self.ignores = ignores
        self.asked: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked[str(request.url)] += 1
        if self.asked[str(request.url)] <= self.ignores:
            request.url = request.url.copy_remove_param("agent_id")
        return await super().handle_async_request(request)


@contextmanager
def made_up() -> Iterator[Deals]:
    with Deals.open(None) as deals:
        fill(deals, sample(TODAY, RIYADH))
        yield deals


def fetch(
    deals: Deals, periods: Plan, *, ignores: int = 0, chosen: list[int] | None = None
) -> tuple[Snapshot, Stubborn]:
    """Fetch everything about each agent."""
    transport = Stubborn(deals, ignores=ignores)

    async def ask() -> Snapshot:
        headers = {"api_access_token": TOKEN}
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers) as http:
            return await Source(VoxysClient(http, 1, RIYADH)).snapshot(chosen, periods, "each")

    return asyncio.run(ask()), transport


def replayed(snapshot: Snapshot, cut: Cut, periods: Plan, chosen: list[int] | None) -> Snapshot:
    """Fetch again out of the answers of a cut alone."""
    config = Config.model_validate(
        {
            "account": {"name": "x", "timezone": "Asia/Riyadh", "currency": "SAR"},
            "source": {"kind": "sandbox"},
            "email": {"kind": "outbox", "from": "x@example.com"},
            "reports": {"monthly": {"title": "x", "to": ["x@example.com"], "period": "month"}},
        }
    )

    async def ask() -> Snapshot:
        kept = replace(snapshot, answers=answers_of(snapshot.answers, cut))
        async with replay(config, kept) as source:
            return await source.snapshot(chosen, periods, cut.agents or (), cut.pipelines)

    return asyncio.run(ask())


def test_each_agent_is_asked_about_twice_in_each_pipeline() -> None:
    with made_up() as deals:
        snapshot, server = fetch(deals, WEEKS)
    agents = agents_of(snapshot, WEEKS)
    about_agents = {url: times for url, times in server.asked.items() if "agent_id" in url}
    assert len(about_agents) == len(agents) * len(snapshot.pipelines) * 2 > 0
    assert set(about_agents.values()) == {1}
    assert not disowned(snapshot)


@pytest.mark.parametrize("chosen", [None, [2, 1]])
def test_a_cut_s_own_answers_give_the_same_part(chosen: list[int] | None) -> None:
    with made_up() as deals:
        snapshot, _ = fetch(deals, WEEKS, chosen=chosen)
    first, *_ = agents_of(snapshot, WEEKS)
    number = snapshot.pipelines[0].pipeline.id
    cuts = [
        Cut("agent-1", agents=frozenset({first.id})),
        Cut("pipeline-1", pipelines=frozenset({number})),
        Cut("mine", frozenset({number}), frozenset({first.id})),
        Cut(),
    ]
    for cut in cuts:
        again = replayed(snapshot, cut, WEEKS, chosen)
        kept = restrict(replace(snapshot, answers=answers_of(snapshot.answers, cut)), cut, WEEKS)
        assert restrict(again, cut, WEEKS) == kept
        assert all(one.query.get("agent_id") in {None, str(first.id)} for one in again.answers)
    assert standing(replayed(snapshot, cuts[0], WEEKS, chosen), first.id, WEEKS) == standing(snapshot, first.id, WEEKS)


def test_a_server_that_ignores_agent_id_gives_nobody_a_scorecard() -> None:
    with made_up() as deals:
        snapshot, server = fetch(deals, WEEKS, ignores=10**6)
    assert max(server.asked.values()) == 2  # asked once more
    assert refusal(check(WEEKS, snapshot), strict=False) is None  # what it says of everybody holds
    for one in agents_of(snapshot, WEEKS):
        error = refusal(check(WEEKS, restrict(snapshot, Cut("x", agents=frozenset({one.id})), WEEKS)), strict=False)
        assert error is not None
        assert '"own"' in error.message


def test_what_is_right_the_second_time_holds_and_is_all_that_is_kept() -> None:
    with made_up() as deals:
        snapshot, _ = fetch(deals, WEEKS, ignores=1)
        plain, _ = fetch(deals, WEEKS)
    assert snapshot.pipelines == plain.pipelines
    assert snapshot.answers == plain.answers


def test_real_parts_agree_with_a_straight_count_and_make_up_the_whole(real_deals: Path) -> None:
    with Deals.open(None) as deals:
        load_csv(deals, real_deals, {}, RIYADH)
        snapshot, _ = fetch(deals, JULY)
    with real_deals.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    agents = agents_of(snapshot, JULY)
    assert len(agents) == 30
    parts = {one: restrict(snapshot, Cut(f"agent-{one.id}", agents=frozenset({one.id})), JULY) for one in agents}
    for index, fetched in enumerate(snapshot.pipelines):
        for period, window in fetched.windows.items():
            found = [part.pipelines[index].windows[period] for part in parts.values()]
            assert_whole(window, found, asked=period in {JULY.current, JULY.previous})
    for one in random.Random(6).sample(agents, 10):  # noqa: S311 - the same ten every time
        for index, fetched in enumerate(snapshot.pipelines):
            mine = (one.email, fetched.pipeline.name)
            deals_of = [row for row in rows if (row["agent_email"], row["pipeline"]) == mine]
            for period, window in parts[one].pipelines[index].windows.items():
                assert_counted(window, deals_of, period, asked=period in {JULY.current, JULY.previous})
        assert refusal(check(JULY, parts[one]), strict=True) is None


def assert_whole(whole: Window, parts: list[Window], *, asked: bool) -> None:
    """In these deals everybody's is somebody's."""
    for name in ("created", "won", "value_won", *(("lost", "value_created") if asked else ())):
        assert sum(getattr(one.figures, name) for one in parts) == getattr(whole.figures, name)
    if asked:
        assert sum(stage.count for one in parts for stage in one.stages) == whole.figures.created


def assert_counted(window: Window, rows: list[dict[str, str]], period: Period, *, asked: bool) -> None:
    since, until = period.since.isoformat(), period.until.isoformat()
    created = [row for row in rows if since <= row["created_on"] <= until]
    won, lost = (
        [row for row in rows if row["status"] == status and since <= row["closed_on"] <= until]
        for status in ("won", "lost")
    )
    figures = window.figures
    assert (figures.created, figures.won) == (len(created), len(won))
    assert figures.value_won == sum(Decimal(row["value"] or 0) for row in won)
    assert figures.lost == (len(lost) if asked else None)
    assert figures.value_created == (sum(Decimal(row["value"] or 0) for row in created) if asked else None)
