"""The sample looks like a business, is the same everywhere, and no day changes an earlier one."""

from __future__ import annotations

import hashlib
import os
import statistics
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.errors import ConfigError
from reports.sandbox.deals import Deals
from reports.sandbox.sample import Sample, fill, first_day, sample
from reports.sandbox.window import Window, WindowFigures
from tests.sandbox.conftest import RIYADH, TODAY

if TYPE_CHECKING:
    from reports.sandbox.records import Deal

Figures = Counter[tuple[str, str, int, int | None]]


@lru_cache
def made(today: date) -> Sample:
    return sample(today, RIYADH)


def day_figures(deals: tuple[Deal, ...], first: date, last: date) -> Figures:
    """Count every figure by day, pipeline and agent: each figure of each window is a sum of these."""
    figures: Figures = Counter()
    since, until = first.isoformat(), last.isoformat()
    for it in deals:
        value = -1 if it.value is None else int(it.value * 1000)
        for state, time in (("created", it.created_at), (it.status, it.closed_at or "")):
            if since <= time[:10] <= until:
                figures[time[:10], state, it.pipeline_id, it.agent_id] += 1
                figures[time[:10], f"value {state}", it.pipeline_id, it.agent_id] += value
    return figures


# Three of these are leap days, ends of months and of the year; the rest is anywhere.
todays = st.sampled_from([date(2028, 2, 29), date(2026, 8, 31), date(2027, 1, 1)]) | st.dates(
    date(2015, 1, 1), date(2060, 1, 1)
)


@settings(max_examples=2, deadline=None)  # each makes up two whole samples
@given(today=todays, later=st.integers(1, 500))
def test_a_later_day_alters_no_figure_of_the_days_both_hold(today: date, later: int) -> None:
    after = today + timedelta(days=later)
    first, last = first_day(after), today - timedelta(days=1)
    expected = day_figures(sample(today, RIYADH).deals, first, last)
    assert day_figures(sample(after, RIYADH).deals, first, last) == expected
    assert len(expected) > 0


def test_a_later_day_alters_no_answer() -> None:
    def answers(today: date) -> tuple[WindowFigures, ...]:
        with Deals.open(None) as deals:
            fill(deals, made(today))
            windows = [
                Window(1, date(2025, 6, 22), date(2025, 7, 5)),
                Window(2, date(2026, 3, 1), date(2026, 11, 21), 5),
            ]
            return tuple(deals.figures(window) for window in windows)

    assert answers(TODAY) == answers(TODAY + timedelta(days=30))


def test_a_deal_keeps_its_identity_and_its_past() -> None:
    early = {it.id: it for it in made(TODAY).deals}
    late = {it.id: it for it in made(TODAY + timedelta(days=30)).deals}
    both = early.keys() & late.keys()
    assert len(both) > 6000
    for number in both:
        before, after = early[number], late[number]
        assert (before.deal_id, before.name, before.company, before.value) == (
            *(after.deal_id, after.name, after.company),
            after.value,
        )
        assert before.status in ("open", after.status)
        assert before.stage_id <= after.stage_id
    assert len({it.deal_id for it in late.values()}) == len(late)


def test_the_sample_is_the_same_under_every_hash_seed() -> None:
    code = (
        "import hashlib; from datetime import date; from zoneinfo import ZoneInfo;"
        "from reports.sandbox.sample import sample;"
        "print(hashlib.sha256(repr(sample(date(2026, 11, 22), ZoneInfo('Asia/Riyadh'))).encode()).hexdigest())"
    )
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(root)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == hashlib.sha256(repr(made(TODAY)).encode()).hexdigest()


def test_it_spans_eighteen_months_up_to_yesterday() -> None:
    assert first_day(TODAY) == date(2025, 5, 22)
    assert first_day(date(2026, 8, 31)) == date(2025, 2, 28)
    created = [it.created_at[:10] for it in made(TODAY).deals]
    assert max(created) == "2026-11-21"
    assert max(it.closed_at or "" for it in made(TODAY).deals)[:10] == "2026-11-21"
    assert "2025-05-22" in created
    assert {it.created_at[:10] for it in made(TODAY).pipelines} == {"2025-05-22"}


def test_deals_from_before_are_there_to_close_later() -> None:
    carried = [it for it in made(TODAY).deals if it.created_at < "2025-05-22"]
    assert len(carried) > 200
    assert all(it.closed_at and it.closed_at >= "2025-05-22" for it in carried)


def weeks(status: str, pipeline_id: int | None = None) -> list[int]:
    counts: Counter[int] = Counter()
    for it in made(TODAY).deals:
        time = it.created_at if status == "created" else it.closed_at if it.status == status else None
        if time and pipeline_id in (None, it.pipeline_id):
            counts[(date.fromisoformat(time[:10]) - date(2025, 5, 25)).days // 7] += 1
    return [counts[week] for week in range(77)]


def test_weeks_differ_as_real_ones_do() -> None:
    created, won = weeks("created"), weeks("won")
    assert 80 < statistics.mean(created) < 100
    assert 20 < statistics.mean(won) < 32
    assert statistics.stdev(created) > 8
    assert statistics.stdev(won) > 4
    assert min(created) > 40
    assert max(created) < 140


@pytest.mark.parametrize("pipeline_id", [1, 2, 3])
def test_no_pipeline_has_an_empty_week(pipeline_id: int) -> None:
    assert min(weeks("created", pipeline_id)) > 0
    assert min(weeks("won", pipeline_id)) > 0


def test_weekends_are_slow_and_quarters_end_with_a_push() -> None:
    created = Counter(date.fromisoformat(it.created_at[:10]).weekday() for it in made(TODAY).deals)
    assert created[4] + created[5] < created[6] / 2
    won = Counter(it.closed_at[:10] for it in made(TODAY).deals if it.status == "won" and it.closed_at)
    ends, starts = (
        sum(won[(day + timedelta(days=shift)).isoformat()] for day in quarters for shift in range(10))
        for quarters in (
            [date(2025, 9, 21), date(2025, 12, 22), date(2026, 3, 22), date(2026, 6, 21), date(2026, 9, 21)],
            [date(2025, 10, 1), date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1)],
        )
    )
    assert ends > 1.5 * starts


def test_pipelines_and_agents_differ() -> None:
    rates = {}
    for pipeline_id in (1, 2, 3):
        closed = [it for it in made(TODAY).deals if it.pipeline_id == pipeline_id and it.status != "open"]
        rates[pipeline_id] = sum(it.status == "won" for it in closed) / len(closed)
    assert rates[1] < 0.3
    assert rates[2] > 0.45
    assert len({it.agent_id for it in made(TODAY).deals}) == 9
    assert any(it.name == "نورة القحطاني" for it in made(TODAY).agents)
    unassigned = sum(it.agent_id is None for it in made(TODAY).deals) / len(made(TODAY).deals)
    assert 0.035 < unassigned < 0.065


def test_values_look_like_quotes() -> None:
    values = sorted(it.value for it in made(TODAY).deals if it.value)
    assert Decimal(4000) < values[len(values) // 20] < values[-len(values) // 20] < Decimal(60_000)
    assert {it.value for it in made(TODAY).deals} >= {Decimal(0), None}
    assert {it.currency for it in made(TODAY).deals} == {"SAR"}


def test_stages_fit_their_deals() -> None:
    stages = {it.id: it for it in made(TODAY).stages}
    assert len(stages) == 18
    for it in made(TODAY).deals:
        stage = stages[it.stage_id]
        assert stage.pipeline_id == it.pipeline_id
        assert (stage.name in ("Won", "Lost")) == (it.status != "open")
    open_stages = Counter(it.stage_id for it in made(TODAY).deals if it.status == "open")
    assert len(open_stages) == 12


def test_times_are_of_the_account_s_zone() -> None:
    zone = ZoneInfo("America/New_York")
    offsets = {it.created_at[19:] for it in sample(date(2026, 3, 20), zone).deals}
    assert offsets == {"-05:00", "-04:00"}


def test_filling_again_replaces_the_sample() -> None:
    with Deals.open(None) as deals:
        fill(deals, made(TODAY))
        later = made(TODAY + timedelta(days=30))
        fill(deals, later)
        assert sum(deals.totals(it.id).cards for it in deals.pipelines()) == len(later.deals)


def test_the_sample_never_replaces_real_deals() -> None:
    with Deals.open(None) as deals:
        with deals.writing():
            deals.claim("CSV file")
        with pytest.raises(ConfigError, match="CSV file"):
            fill(deals, made(TODAY))
