"""Made-up deals of a business in Riyadh, the same ones on every machine and every day."""

from __future__ import annotations

import calendar
import math
from bisect import bisect
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING

from reports.sandbox.deals import Agent, Deal, Pipeline, Stage, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from reports.sandbox.deals import Deals

SEED = "voxys"
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

HIJRI_EPOCH = 227015  # the ordinal of 16 July 622
HIJRI_YEAR = 354.36667
RAMADAN = (235, 265)  # days into a Hijri year: within a day of the real dates, near enough for made-up deals
EID = (265, 270)
WEEKDAYS = (1.2, 1.2, 1.1, 0.95, 0.18, 0.22, 1.15)  # Monday first; the weekend is Friday and Saturday


@dataclass(frozen=True, slots=True)
class Line:
    """How the deals of one pipeline behave; its stages are four steps while a deal is open, then Won and Lost.

    It gets `weekly` deals a week, wins `win_rate` of them, and half of those won take more than `cycle` days and are
    worth more than `value`.
    """

    pipeline_id: int
    name: str
    description: str
    color: str
    weekly: float
    win_rate: float
    cycle: float
    value: float
    steps: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Seller:
    """An agent: how much of each pipeline is theirs, and how well they sell."""

    agent: Agent
    shares: tuple[float, float, float]
    skill: float


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


LINES = (
    Line(
        pipeline_id=1,
        name="New business",
        description="Companies that buy for the first time",
        color="#2F6FED",
        weekly=44,
        win_rate=0.21,
        cycle=26,
        value=17_000,
        steps=("New", "Qualified", "Proposal", "Negotiation"),
    ),
    Line(
        pipeline_id=2,
        name="Renewals",
        description="Contracts that come up again",
        color="#1E9E6A",
        weekly=19,
        win_rate=0.54,
        cycle=15,
        value=22_000,
        steps=("Upcoming", "Contacted", "Quoted", "Legal review"),
    ),
    Line(
        pipeline_id=3,
        name="Partners",
        description="What resellers and integrators bring",
        color="#C7782B",
        weekly=25,
        win_rate=0.27,
        cycle=36,
        value=11_500,
        steps=("Referred", "Accepted", "Joint demo", "Terms"),
    ),
)

SELLERS = (
    Seller(Agent(1, "نورة القحطاني", "noura@example.com", "https://example.com/avatars/1.png"), (5, 2, 1), 1.25),
    Seller(Agent(2, "Omar Haddad", "omar@example.com", None), (6, 0, 2), 1.0),
    Seller(Agent(3, "فهد العتيبي", "fahad@example.com", "https://example.com/avatars/3.png"), (4, 1, 3), 0.85),
    Seller(Agent(4, "Lina Mansour", "lina@example.com", None), (3, 5, 0), 1.15),
    Seller(Agent(5, "سارة الزهراني", "sarah@example.com", None), (1, 6, 1), 1.05),
    Seller(Agent(6, "Daniel Reyes", "daniel@example.com", None), (2, 0, 6), 1.1),
    Seller(Agent(7, "Yousef Al-Amin", "yousef@example.com", None), (4, 1, 2), 0.75),
    Seller(Agent(8, "ريم الدوسري", "reem@example.com", None), (2, 1, 4), 0.95),
)
SHARES = tuple(tuple(accumulate(seller.shares[place] for seller in SELLERS)) for place in range(len(LINES)))

LATIN = (
    *("Alwadi Foods", "Bayan Clinics", "Corniche Hotels", "Dune Logistics", "Eastgate Pharma", "Falaj Water"),
    *("Garnet Retail", "Hamra Contracting", "Ibex Outdoor", "Jasmine Schools", "Kestrel Freight", "Lateen Marine"),
    *("Marjan Media", "Nakhla Farms", "Oryx Dental", "Palmline Homes", "Qamar Lighting", "Redsand Energy"),
    *("Sidra Textiles", "Tamarind Kitchens", "Umber Design", "Vantage Motors", "Wasl Telecom", "Zenith Gyms"),
)
ARABIC = (
    *("شركة رمال التجارية", "مؤسسة الغيمة البيضاء", "مجموعة سنابل الخير", "مصنع البرج الأخضر", "عيادات نبض الحياة"),
    *(
        "شركة درب السفر",
        "مطاعم ليالي الديرة",
        "مكتبة الحبر والورق",
        "شركة موج للشحن",
        "أكاديمية خطوة",
        "متاجر الواحة الذكية",
    ),
    *("شركة أفق البناء", "مركز واحة الأسنان", "شركة نسيم للتكييف"),
)
COMPANIES = tuple(Random(SEED).sample(LATIN + ARABIC, len(LATIN) + len(ARABIC)))  # noqa: S311  # not a secret
LATIN_PRODUCTS = ("Starter plan", "Growth plan", "Annual licence", "Onboarding", "Support contract", "Extra seats")
ARABIC_PRODUCTS = ("الباقة الأساسية", "باقة النمو", "رخصة سنوية", "خدمات التهيئة", "عقد دعم", "مقاعد إضافية")
CURRENCY = "SAR"
CLOCK = tuple(f"{hour:02}:{minute:02}:00" for hour in range(8, 18) for minute in range(60))


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
    expected = line.weekly * WEEKDAYS[day.weekday()] / sum(WEEKDAYS) * _season(day) * _mood(line.pipeline_id, day)
    limit, product, count = math.exp(-expected), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


@lru_cache(4096)
def _mood_of_week(pipeline_id: int, week: int) -> float:
    rng = Random(f"{SEED}:week:{week}:{pipeline_id}")  # noqa: S311  # not a secret
    return rng.lognormvariate(0, 0.07)


def _mood(pipeline_id: int, day: date) -> float:
    """Draw what makes a whole week busier or quieter than the next."""
    return _mood_of_week(pipeline_id, (day.toordinal() - 1) // 7)


@lru_cache(4096)
def _season(day: date) -> float:
    factor = 0.82 if _in_ramadan(day) else 0.5 if EID[0] <= _hijri(day) < EID[1] else 1.0
    if (7, 10) <= (day.month, day.day) <= (8, 25):
        factor *= 0.86
    if _quarter_start(day + timedelta(days=14)) > day:
        factor *= 1.08
    # Growth ends somewhere, so that the sample has a sensible size in any year.
    return factor * min(max(1 + 0.06 * (day.year + day.month / 12 - 2026), 0.85), 1.2)


def _hijri(day: date) -> float:
    return (day.toordinal() - HIJRI_EPOCH) % HIJRI_YEAR


@lru_cache(4096)
def _in_ramadan(day: date) -> bool:
    return RAMADAN[0] <= _hijri(day) < RAMADAN[1]


@lru_cache(4096)
def _quarter_start(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _course(rng: Random, line: Line, created: date, index: int) -> Course:
    seller = None
    if rng.random() >= UNASSIGNED:
        shares = SHARES[line.pipeline_id - 1]
        seller = SELLERS[bisect(shares, rng.random() * shares[-1])]
    chance = line.win_rate * (seller.skill if seller else 0.8)
    if _in_ramadan(created):
        chance *= 0.85
    won = rng.random() < chance
    return Course(line, created, index, _closing(rng, line, created, won=won), won, seller)


def _closing(rng: Random, line: Line, created: date, *, won: bool) -> date:
    days = rng.lognormvariate(math.log(line.cycle if won else 1.25 * line.cycle), 0.7)
    closed = created + timedelta(days=min(max(round(days), 1), LONGEST))
    quarter = _quarter_start(closed)
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
