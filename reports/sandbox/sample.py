"""Made-up deals of a business in Riyadh, the same ones on every machine and every day."""

from __future__ import annotations

import calendar
import math
from bisect import bisect
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

from reports.sandbox.business import (
    ARABIC,
    ARABIC_PRODUCTS,
    COMPANIES,
    CURRENCY,
    LATIN_PRODUCTS,
    LINES,
    SEED,
    SELLERS,
    SHARES,
    Line,
    Seller,
)
from reports.sandbox.records import Agent, Deal, Pipeline, Stage, timestamp
from reports.sandbox.season import WEEKDAYS, in_ramadan, mood, quarter_start, season

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from reports.sandbox.deals import Deals

ORIGIN = "made-up sample"
MONTHS = 18
LONGEST = 180  # days from a deal's first to its last, at most
REACH = timedelta(days=LONGEST + 2)  # as above, and what moving a closing off a weekend adds

# Parts of all deals.
UNASSIGNED = 0.05
NO_COMPANY = 0.04
NO_VALUE = 0.025
FOR_FREE = 0.015
WITH_HALALAS = 0.04
STEPS = ((5_000, 50), (30_000, 250), (math.inf, 1_000))  # below how much values are rounded to what

# Of the deals won early in a quarter many are pushed to be booked in the one before; few close on a weekend.
RUSH = timedelta(days=14)
PUSHED = 0.4
WEEKEND = (4, 5)
AFTER_WEEKEND = 0.85
CLOCK = tuple(f"{hour:02}:{minute:02}:00" for hour in range(8, 18) for minute in range(60))  # when people work


@dataclass(frozen=True, slots=True)
class Sample:
    """All that goes into the store."""

    pipelines: tuple[Pipeline, ...]
    stages: tuple[Stage, ...]
    agents: tuple[Agent, ...]
    deals: tuple[Deal, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """What becomes of one deal, whoever looks and whenever."""

    line: Line
    created: date
    index: int
    closed: date
    won: bool
    seller: Seller | None


def sample(today: date, timezone: ZoneInfo) -> Sample:
    """Make up eighteen months of deals up to the day before `today`.

    All of a deal's course follows from its day, pipeline and number, so another `today` changes no figure of a day
    that both know; it only shows more or less of the same course.
    """
    first = first_day(today)
    return Sample(
        pipelines=tuple(_pipeline(line, timestamp(first, "07:00:00", timezone)) for line in LINES),
        stages=tuple(stage for line in LINES for stage in _stages(line)),
        agents=tuple(seller.agent for seller in SELLERS),
        deals=tuple(_deals(first, today, timezone)),
    )


def fill(deals: Deals, made: Sample) -> None:
    """Put a sample into the store in place of any earlier one."""
    with deals.writing():
        deals.claim(ORIGIN)
        deals.clear()
        deals.put_pipelines(made.pipelines)
        deals.put_stages(made.stages)
        deals.put_agents(made.agents)
        deals.put_deals(made.deals)


def first_day(today: date) -> date:
    """Find the first day of the sample: the same day of the month, or the last there is, eighteen months before."""
    months = today.year * 12 + today.month - 1 - MONTHS
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(today.day, calendar.monthrange(year, month)[1]))


def _pipeline(line: Line, created_at: str) -> Pipeline:
    return Pipeline(line.pipeline_id, line.name, line.description, line.color, line.pipeline_id, created_at)


def _stages(line: Line) -> Iterator[Stage]:
    colors = ("#9AA5B1", "#6F8FAF", "#4C7BD9", "#E0A030", "#1E9E6A", "#C0453B")
    states = ("open", "open", "open", "pending", "resolved", "resolved")
    for place, (name, color, state) in enumerate(zip((*line.steps, "Won", "Lost"), colors, states, strict=True), 1):
        yield Stage(line.pipeline_id * 10 + place, line.pipeline_id, name, color, place, state)


def _deals(first: date, today: date, timezone: ZoneInfo) -> Iterator[Deal]:
    rng = Random()  # noqa: S311  # made-up deals, not secrets
    for ordinal in range((first - REACH).toordinal(), today.toordinal()):
        day = date.fromordinal(ordinal)
        for line in LINES:
            for index in range(_arrivals(line, day)):
                rng.seed(f"{SEED}:{ordinal}:{line.pipeline_id}:{index}")
                course = _course(rng, line, day, index)
                # Deals from before the first day are there to close later, or the first months would be short of wins.
                if course.closed >= first:
                    yield _deal(rng, course, today, timezone)


def _arrivals(line: Line, day: date) -> int:
    """Draw how many deals a day brings, by the Poisson law (Knuth's way)."""
    rng = Random(f"{SEED}:{day.toordinal()}:{line.pipeline_id}")  # noqa: S311  # not a secret
    expected = line.weekly * WEEKDAYS[day.weekday()] / sum(WEEKDAYS) * season(day) * mood(line.pipeline_id, day)
    limit, product, count = math.exp(-expected), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def _course(rng: Random, line: Line, created: date, index: int) -> Course:
    seller = None
    if rng.random() >= UNASSIGNED:
        shares = SHARES[line.pipeline_id - 1]
        seller = SELLERS[bisect(shares, rng.random() * shares[-1])]
    chance = line.win_rate * (seller.skill if seller else 0.8)
    if in_ramadan(created):
        chance *= 0.85
    won = rng.random() < chance
    return Course(line, created, index, _closing(rng, line, created, won=won), won, seller)


def _closing(rng: Random, line: Line, created: date, *, won: bool) -> date:
    days = rng.lognormvariate(math.log(line.cycle if won else 1.25 * line.cycle), 0.7)
    closed = created + timedelta(days=min(max(round(days), 1), LONGEST))
    quarter = quarter_start(closed)
    if won and closed - quarter < RUSH and rng.random() < PUSHED:
        closed = max(quarter - timedelta(days=1 + int(10 * rng.random())), created + timedelta(days=1))
    if closed.weekday() in WEEKEND and rng.random() < AFTER_WEEKEND:
        closed += timedelta(days=6 - closed.weekday())
    return closed


def _deal(rng: Random, course: Course, today: date, timezone: ZoneInfo) -> Deal:
    line, closed = course.line, course.closed < today
    company = _one_of(COMPANIES, rng.random() ** 1.6) if rng.random() >= NO_COMPANY else None
    return Deal(
        id=(course.created.toordinal() * 10 + line.pipeline_id) * 100 + course.index,
        deal_id=f"{course.created.isoformat()}-{line.pipeline_id}-{course.index:02}",
        pipeline_id=line.pipeline_id,
        name=_title(rng, company),
        company=company,
        agent_id=course.seller.agent.id if course.seller else None,
        stage_id=line.pipeline_id * 10 + _place(course, today),
        status="open" if not closed else "won" if course.won else "lost",
        value=_value(rng, line),
        currency=CURRENCY,
        created_at=timestamp(course.created, _one_of(CLOCK, rng.random()), timezone),
        closed_at=timestamp(course.closed, _one_of(CLOCK, rng.random()), timezone) if closed else None,
    )


def _place(course: Course, today: date) -> int:
    if course.closed < today:
        return 5 if course.won else 6
    return 1 + min(4 * (today - course.created) // (course.closed - course.created), 3)


def _one_of(names: tuple[str, ...], luck: float) -> str:
    return names[int(len(names) * luck)]


def _title(rng: Random, company: str | None) -> str:
    product = _one_of(ARABIC_PRODUCTS if company in ARABIC else LATIN_PRODUCTS, rng.random())
    return f"{product} - {company}" if company else product


def _value(rng: Random, line: Line) -> Decimal | None:
    luck = rng.random()
    if luck < NO_VALUE:
        return None
    if luck < NO_VALUE + FOR_FREE:
        return Decimal(0)
    amount = rng.lognormvariate(math.log(line.value), 0.6)
    if luck > 1 - WITH_HALALAS:
        return Decimal(round(amount * 100)).scaleb(-2)
    step = next(step for limit, step in STEPS if amount < limit)
    return Decimal(max(round(amount / step), 1) * step)
