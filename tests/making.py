"""Figures, windows and plans that tests start from, made by hand or by hypothesis."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from reports.figures import (
    Agent,
    AgentFigures,
    Figures,
    Pipeline,
    PipelineWindows,
    Snapshot,
    Stage,
    StageFigures,
    Window,
)
from reports.periods import Calendar, Kind, Period, Plan, plan
from reports.present.formats import Formats
from reports.present.language import Language
from reports.present.sentences import Sentences
from reports.present.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.present.language import Digits

CHECKOUT = Path(__file__).parent.parent
AS_OF = date(2026, 11, 22)
FETCHED = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
SUNDAYS = Calendar(week_start=6)
KINDS = (
    *("day", "week", "month", "quarter", "year", "last_1_days", "last_30_days"),
    *("month_to_date", "quarter_to_date", "year_to_date"),
)

counts = st.integers(0, 500)
money = st.decimals(-1_000_000, 100_000_000, places=2)
figures = st.builds(Figures, counts, counts, counts, money, money)
calendars = st.builds(Calendar, st.sampled_from([0, 5, 6]), st.integers(1, 12))
kinds = st.sampled_from(KINDS).map(Kind.parse)
days = st.dates(date(1990, 1, 1), date(2120, 12, 31))


@cache
def templates() -> Templates:
    return Templates.of_project(CHECKOUT / "tests")


@cache
def english() -> Language:
    return Language.load(templates(), "en")


def arabic(digits: Digits = "latn") -> Language:
    return Language.load(templates(), "ar", digits)


def formats(currency: str = "SAR") -> Formats:
    return Formats(english(), currency)


def arabic_formats(currency: str = "SAR", digits: Digits = "latn") -> Formats:
    return Formats(arabic(digits), currency)


def plan_of(kind: str = "week", as_of: date = AS_OF, trailing: int = 4, *, with_year_ago: bool = False) -> Plan:
    return plan(Kind.parse(kind), as_of, SUNDAYS, trailing, with_year_ago=with_year_ago)


def sentences(periods: Plan | None = None) -> Sentences:
    return Sentences(english(), formats(), periods or plan_of())


def figures_of(created: int = 30, won: int = 10, lost: int = 4, value_won: int | str = 60_000) -> Figures:
    return Figures(created, won, lost, Decimal(150_000), Decimal(value_won))


def agent(number: int, name: str | None = None) -> Agent:
    return Agent(number, name or f"Agent {number}", f"agent{number}@example.com")


def share(number: int | None, created: int, won: int, value_won: int | str) -> AgentFigures:
    return AgentFigures(None if number is None else agent(number), created, won, Decimal(value_won))


def stage(number: int, name: str, count: int = 1, value: int = 1000) -> StageFigures:
    return StageFigures(number, name, count, Decimal(value))


def pipeline_of(
    periods: Plan,
    window: Callable[[Period], Window],
    *,
    number: int = 1,
    created_on: date | None = None,
    stages: tuple[int, ...] = (),
    name: str = "",
) -> PipelineWindows:
    listed = tuple(Stage(one, f"Stage {one}") for one in stages)
    about = Pipeline(number, name or f"Pipeline {number}", created_on, listed)
    return PipelineWindows(about, {one: window(one) for one in periods.windows})


def snapshot_of(*pipelines: PipelineWindows) -> Snapshot:
    return Snapshot(FETCHED, pipelines)


@st.composite
def windows(draw: st.DrawFn, period: Period) -> Window:
    """Draw a window whose totals hold at least what its agents have."""
    numbers = draw(st.lists(st.integers(1, 6), unique=True, max_size=4))
    shares = [AgentFigures(agent(one), draw(counts), draw(counts), draw(money)) for one in numbers]
    rest = AgentFigures(None, draw(counts), draw(counts), draw(money))
    if draw(st.booleans()):
        shares.append(rest)
        rest = AgentFigures(None)
    owned = [*shares, rest]
    total = Figures(
        created=sum(one.created for one in owned),
        won=sum(one.won for one in owned),
        lost=draw(counts),
        value_created=draw(money),
        value_won=sum((one.value_won for one in owned), Decimal(0)),
    )
    return Window(period, total, tuple(shares))


@st.composite
def fetched(draw: st.DrawFn, periods: Plan) -> tuple[PipelineWindows, ...]:
    """Draw pipelines, some of which began in the middle of the plan or only after it."""
    first, last = periods.windows[0].since, periods.windows[-1].until
    numbers = draw(st.lists(st.integers(1, 9), unique=True, min_size=1, max_size=3))
    return tuple(
        PipelineWindows(
            Pipeline(one, f"Pipeline {one}", draw(st.none() | st.dates(first, last.replace(year=last.year + 1)))),
            {period: draw(windows(period)) for period in periods.windows},
        )
        for one in numbers
    )
