"""Every check, tripped by itself and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from reports.analysis.checks import check, refusal, unsettled
from reports.figures import Figures, PipelineWindows, Window
from reports.findings import HARD, CheckName
from tests.making import figures_of, pipeline_of, plan_of, share, snapshot_of, stage

if TYPE_CHECKING:
    from reports.periods import Period

PLAN = plan_of()


def window(period: Period, **changes: Any) -> Window:
    """Make a window in which everything holds."""
    good = Window(
        period,
        figures_of(created=30, won=10, lost=4, value_won=60_000),
        (share(1, 20, 6, 40_000), share(None, 10, 4, 20_000)),
        (stage(1, "New", 20, 100_000), stage(2, "Later", 10, 50_000)),
        Decimal("33.3"),
        Decimal(6000),
    )
    return replace(good, **changes)


def fetched(**changes: Any) -> PipelineWindows:
    """Make a pipeline whose current window is changed, and whose covering window is the sum of its parts."""
    made = pipeline_of(PLAN, lambda period: window(period, **(changes if period == PLAN.current else {})))
    total = Figures.total(made.windows[period].figures for period in PLAN.trailing)
    assert PLAN.covering is not None
    covering = Window(
        PLAN.covering,
        total,
        stages=(stage(1, "New", total.created, int(total.value_created)),),
        stated_rate=total.conversion_rate,
        stated_size=total.average_deal_size,
    )
    return replace(made, covering=covering)


def failing(pipeline: PipelineWindows) -> set[CheckName]:
    return {one.name for one in check(PLAN, snapshot_of(pipeline)) if not one.passed}


def test_what_holds_passes_every_check() -> None:
    checks = check(PLAN, snapshot_of(fetched()))
    assert all(one.passed and one.windows for one in checks)
    assert [one.name for one in checks] == [one for one in CheckName if one is not CheckName.OWN]
    assert refusal(checks, strict=True) is None


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        (CheckName.AGENTS, {"agents": (share(1, 31, 6, 40_000),)}),
        (CheckName.AGENTS, {"agents": (share(1, 15, 6, 40_000), share(2, 15, 5, 0))}),
        (CheckName.RATE, {"stated_rate": Decimal("33.4")}),
        (CheckName.SIZE, {"stated_size": Decimal("6000.02")}),
        (CheckName.NEGATIVE, {"agents": (share(1, 20, 6, -1),)}),
        (CheckName.STAGES, {"stages": (stage(1, "New", 29, 150_000),)}),
        (CheckName.STAGES, {"stages": (stage(1, "New", 30, 149_999),)}),
    ],
)
def test_each_check_by_itself(name: CheckName, changes: dict[str, Any]) -> None:
    pipeline = fetched(**changes)
    assert failing(pipeline) == {name}
    checks = check(PLAN, snapshot_of(pipeline))
    assert (refusal(checks, strict=False) is not None) == (name in HARD)
    error = refusal(checks, strict=True)
    assert error is not None
    assert f'"{name}"' in error.message
    assert f"{PLAN.current.since} to {PLAN.current.until}" in error.message


@pytest.mark.parametrize("stated", [Decimal("33.3"), Decimal("33.33"), Decimal("33.34"), None])
def test_a_rate_may_be_rounded_or_left_out(stated: Decimal | None) -> None:
    assert failing(fetched(stated_rate=stated)) == set()


def test_without_a_denominator_a_rate_is_nothing_or_0() -> None:
    empty = {"figures": Figures(), "agents": (), "stages": ()}
    for stated in (None, Decimal(0)):
        assert failing(fetched(**empty, stated_rate=stated, stated_size=stated)) == set()
    assert failing(fetched(**empty, stated_rate=Decimal(5), stated_size=None)) == {CheckName.RATE}


@pytest.mark.parametrize(
    ("more", "fails"),
    [
        (Figures(created=1), True),
        (Figures(won=1), True),
        (Figures(lost=1), True),
        (Figures(value_created=Decimal("0.04")), False),  # a cent for each of four windows
        (Figures(value_won=Decimal("0.05")), True),
    ],
)
def test_the_periods_add_up_to_what_covers_them(more: Figures, *, fails: bool) -> None:
    good = fetched()
    assert good.covering is not None
    total = Figures.total([good.covering.figures, more])
    covering = replace(
        good.covering, figures=total, stages=(), stated_rate=total.conversion_rate, stated_size=total.average_deal_size
    )
    snapshot = snapshot_of(replace(good, covering=covering))
    [found] = [one for one in check(PLAN, snapshot) if one.name is CheckName.COVERING]
    assert found.passed is not fails
    assert unsettled(PLAN, snapshot) == ((1,) if fails else ())


def test_periods_that_don_t_touch_are_covered_by_nothing() -> None:
    """The first days of months, for instance: there are days between them."""
    assert plan_of("month_to_date").covering is None
    [covering] = [one for one in check(PLAN, snapshot_of(replace(fetched(), covering=None))) if not one.windows]
    assert covering.name is CheckName.COVERING
    assert covering.passed
