"""The values that pass between the stages of an edition."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from reports.periods import Period, Plan

HUNDRED = Decimal(100)
Number: TypeAlias = int | Decimal


class Measure(StrEnum):
    """What a figure is measured in: a number of deals, an amount of money, or percent."""

    COUNT = "count"
    MONEY = "money"
    PERCENT = "percent"


class Figure(StrEnum):
    """A figure of one period, by its name in the API (`win_rate` is ours)."""

    CREATED = "total_created"
    WON = "total_won"
    LOST = "total_lost"
    VALUE_CREATED = "total_value_created"
    VALUE_WON = "total_value_won"
    DEAL_SIZE = "average_deal_size"
    CONVERSION_RATE = "conversion_rate"
    WIN_RATE = "win_rate"

    @property
    def measure(self) -> Measure:
        """What the figure is measured in."""
        return MEASURES[self]

    @property
    def is_sum(self) -> bool:
        """Whether the figures of several pipelines or days add up; the others are computed from the sums."""
        return self not in {Figure.DEAL_SIZE, Figure.CONVERSION_RATE, Figure.WIN_RATE}

    @property
    def up_is_good(self) -> bool:
        """Whether more of it is good news."""
        return self is not Figure.LOST


MEASURES = {
    Figure.CREATED: Measure.COUNT,
    Figure.WON: Measure.COUNT,
    Figure.LOST: Measure.COUNT,
    Figure.VALUE_CREATED: Measure.MONEY,
    Figure.VALUE_WON: Measure.MONEY,
    Figure.DEAL_SIZE: Measure.MONEY,
    Figure.CONVERSION_RATE: Measure.PERCENT,
    Figure.WIN_RATE: Measure.PERCENT,
}


@dataclass(frozen=True)
class Figures:
    """The counts (deals) and values (money) of one window; rates follow from them, unrounded, in percent."""

    created: int = 0
    won: int = 0
    lost: int = 0
    value_created: Decimal = Decimal(0)
    value_won: Decimal = Decimal(0)

    @property
    def win_rate(self) -> Decimal | None:
        """Won / (won + lost), in percent; None when nothing was closed."""
        return ratio(HUNDRED * self.won, self.won + self.lost)

    @property
    def conversion_rate(self) -> Decimal | None:
        """Won / created in the same days, in percent; can exceed 100; None when nothing was created."""
        return ratio(HUNDRED * self.won, self.created)

    @property
    def average_deal_size(self) -> Decimal | None:
        """Value won / won, in money; None when nothing was won."""
        return ratio(self.value_won, self.won)

    def value(self, figure: Figure) -> Number | None:
        """Return one figure by its name; None where its denominator is zero."""
        name = figure.value
        found: Number | None = getattr(self, name.removeprefix("total_"))
        return found

    @staticmethod
    def total(parts: Iterable[Figures]) -> Figures:
        """Add windows up: those of several pipelines, or of the days of a period."""
        listed = tuple(parts)
        return Figures(
            created=sum(part.created for part in listed),
            won=sum(part.won for part in listed),
            lost=sum(part.lost for part in listed),
            value_created=sum((part.value_created for part in listed), Decimal(0)),
            value_won=sum((part.value_won for part in listed), Decimal(0)),
        )


def ratio(part: Decimal, whole: int) -> Decimal | None:
    """Divide, or say None where there is nothing to divide by."""
    return part / whole if whole else None


@dataclass(frozen=True)
class Agent:
    """A user who owns deals. The avatar's address is left behind on purpose: nothing ever fetches it."""

    id: int
    name: str
    email: str | None = None


@dataclass(frozen=True)
class AgentFigures:
    """What one agent created and won in a window (deals, deals, money); no agent means unassigned deals."""

    agent: Agent | None
    created: int = 0
    won: int = 0
    value_won: Decimal = Decimal(0)


@dataclass(frozen=True)
class StageFigures:
    """The deals created in a window that stand in one stage now, and their value (money).

    `stage_id` is None where stages of the same name in several pipelines are counted together.
    """

    stage_id: int | None
    name: str
    count: int = 0
    value: Decimal = Decimal(0)


@dataclass(frozen=True)
class Card:
    """A deal as it stands on its board now; when it was closed isn't known, only when it was last changed."""

    id: int
    created_at: datetime
    changed_at: datetime
    stage: int
    status: str
    value: Decimal | None
    currency: str | None
    name: str = ""
    owner: str | None = None


@dataclass(frozen=True)
class Window:
    """What the source says of one period of one pipeline; its own rate (percent) and size (money) are only checked."""

    period: Period
    figures: Figures
    agents: tuple[AgentFigures, ...] = ()
    stages: tuple[StageFigures, ...] = ()
    stated_rate: Decimal | None = None
    stated_size: Decimal | None = None


@dataclass(frozen=True)
class Stage:
    """A step of a pipeline."""

    id: int
    name: str


@dataclass(frozen=True)
class Pipeline:
    """A sales pipeline; `created_on` is its first day in the account's zone, before which there is no data."""

    id: int
    name: str
    created_on: date | None
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True)
class PipelineWindows:
    """One pipeline with the windows that were fetched for it, and its open and snoozed cards.

    `cards` is None where the source doesn't let them be read, which is not the same as having none.
    """

    pipeline: Pipeline
    windows: Mapping[Period, Window]
    covering: Window | None = None  # all trailing periods in one, where they are contiguous
    cards: tuple[Card, ...] | None = None

    def window(self, period: Period) -> Window | None:
        """Return the window of a period; None where the pipeline didn't exist yet, which is not 0."""
        created_on = self.pipeline.created_on
        if created_on is not None and period.until < created_on:
            return None
        return self.windows[period]


@dataclass(frozen=True)
class Answer:
    """One raw answer of the source: the path and query asked for, and the JSON that came back."""

    path: str
    query: Mapping[str, str]
    body: object


@dataclass(frozen=True)
class Snapshot:
    """What the source answered for one edition, with the time it was asked."""

    fetched_at: datetime
    pipelines: tuple[PipelineWindows, ...]
    answers: tuple[Answer, ...] = field(default=(), repr=False)


class Reason(StrEnum):
    """Why a comparison has no value."""

    BOTH_ZERO = "both_zero"
    NO_DATA = "no_data"
    NOT_COMPARABLE = "not_comparable"
    NOT_ARCHIVED = "not_archived"


@dataclass(frozen=True)
class Percent:
    """A relative change: `relative` is a fraction of what it was. Small counts are shown by their absolute change."""

    absolute: Number
    relative: Decimal
    good: bool | None
    small: bool = False


@dataclass(frozen=True)
class Points:
    """A rate's change by subtraction, in percentage points."""

    absolute: Decimal
    good: bool | None


@dataclass(frozen=True)
class NewFromZero:
    """A count or sum that was 0 before."""

    absolute: Number
    good: bool | None


@dataclass(frozen=True)
class NoDelta:
    """No comparison, with the reason; the absolute change where there is one all the same."""

    reason: Reason
    absolute: Number | None = None
    good: bool | None = None


Delta: TypeAlias = Percent | Points | NewFromZero | NoDelta


@dataclass(frozen=True)
class TrendPoint:
    """One trailing period; no figures where there is no data."""

    period: Period
    figures: Figures | None


@dataclass(frozen=True)
class AgentChange:
    """One agent now, before and (where compared) a year ago, and the change of the value won against before."""

    agent: Agent | None
    current: AgentFigures | None
    previous: AgentFigures | None
    value_won: Delta
    year_ago: AgentFigures | None = None

    @property
    def has_value(self) -> bool:
        """Whether any value was won, now or before."""
        return any(one is not None and one.value_won != 0 for one in (self.current, self.previous))


@dataclass(frozen=True)
class StageChange:
    """One stage's new deals; before only where the edition of that time was kept."""

    current: StageFigures
    previous: StageFigures | None
    reason: Reason | None


@dataclass(frozen=True)
class Drivers:
    """What moved the value won, in money: three factors and what can't be split; together they are the `total`."""

    closed: Decimal
    win_rate: Decimal
    deal_size: Decimal
    not_split: Decimal
    total: Decimal


@dataclass(frozen=True)
class Limits:
    """Natural process limits of a figure, in its own unit, from so many earlier periods with data."""

    mean: Decimal
    lower: Decimal
    upper: Decimal
    periods: int


class Course(StrEnum):
    """How a value departs from what is ordinary."""

    ABOVE = "above"
    BELOW = "below"
    RUN_ABOVE = "run_above"
    RUN_BELOW = "run_below"


@dataclass(frozen=True)
class Signal:
    """A current value that isn't ordinary variation."""

    figure: Figure
    course: Course
    value: Number
    limits: Limits


@dataclass(frozen=True)
class OpenStage:
    """The deals that stand open in one stage now, and their value (money, None where currencies are mixed).

    `without_value` is how many of them name no value, so that the sum is of the others alone.
    """

    stage_id: int
    name: str
    count: int
    value: Decimal | None
    without_value: int = 0


@dataclass(frozen=True)
class OpenDeal:
    """One open deal with its value (money) and its age in whole days of the account's zone."""

    id: int
    name: str
    pipeline_id: int
    pipeline: str
    stage: str
    owner: str | None
    value: Decimal
    age_days: int


@dataclass(frozen=True)
class OpenDeals:
    """The deals that stand open now: by stage, their value (money) and the largest of them.

    Snoozed deals are counted apart and nowhere else. All pipelines together have no stages. Where a deal names another
    currency than the report's (`mixed`), there is no value and no largest: amounts are neither added nor compared.
    """

    stages: tuple[OpenStage, ...]
    count: int
    value: Decimal | None
    without_value: int
    snoozed: int
    largest: tuple[OpenDeal, ...]
    mixed: bool = False


@dataclass(frozen=True)
class OpenStageChange:
    """How one stage's open deals and their value changed since an earlier edition."""

    stage_id: int
    name: str
    count: Delta
    value: Delta


@dataclass(frozen=True)
class OpenChange:
    """How the open deals and their value changed since an earlier edition, in all and by stage."""

    count: Delta
    value: Delta
    stages: tuple[OpenStageChange, ...]
    since: date | None = None


@dataclass(frozen=True)
class Section:
    """All that is said of one pipeline, or of all together (`id` None).

    What was a year ago is empty where the report doesn't compare with it.
    """

    id: int | None
    name: str
    current: Figures | None
    previous: Figures | None
    deltas: Mapping[Figure, Delta]
    trend: tuple[TrendPoint, ...]
    agents: tuple[AgentChange, ...]
    stages: tuple[StageChange, ...]
    limits: Mapping[Figure, Limits] = field(default_factory=dict)  # none for a figure with too few periods
    signals: tuple[Signal, ...] = ()
    drivers: Drivers | None = None
    targets: tuple[Target, ...] = ()
    open: OpenDeals | None = None  # where the cards may be read
    open_change: OpenChange | None = None  # where an earlier edition was delivered
    year_ago: Figures | None = None
    year_ago_deltas: Mapping[Figure, Delta] = field(default_factory=dict)
    trend_year_ago: tuple[TrendPoint, ...] = ()  # beside the trend, point by point

    def is_ordinary(self, figure: Figure) -> bool:
        """Whether limits are known and the current value is no signal."""
        return figure in self.limits and not any(one.figure is figure for one in self.signals)

    def target(self, figure: Figure) -> Target | None:
        """Return the target of a figure, where it has one."""
        return next((one for one in self.targets if one.figure is figure), None)


@dataclass(frozen=True)
class Target:
    """A goal for one period and how far it was reached; None without data.

    Counts and money are reached in percent of the goal, rates by the points above it (below: negative).
    """

    figure: Figure
    goal: Decimal
    reached: Decimal | None

    @property
    def in_points(self) -> bool:
        """Whether `reached` is a distance in percentage points; otherwise it is in percent of the goal."""
        return self.figure.measure is Measure.PERCENT


class Verb(StrEnum):
    """What the headline says that a figure did."""

    ROSE = "rose"
    FELL = "fell"
    HELD = "held"
    STARTED = "started"
    STOPPED = "stopped"
    STOOD = "stood"
    NOTHING = "nothing"
    NO_DATA = "no_data"


class Driver(StrEnum):
    """A factor of the value won, by its name among the `Drivers`."""

    CLOSED = "closed"
    WIN_RATE = "win_rate"
    DEAL_SIZE = "deal_size"


class Clause(StrEnum):
    """What the headline adds about the change, if anything."""

    NONE = "none"
    ORDINARY = "ordinary"
    DRIVER = "driver"
    NO_SINGLE_FACTOR = "no_single_factor"


@dataclass(frozen=True)
class Headline:
    """What the page says first: a verb for the value won with the figures of both periods, and what is in the change.

    The driver is named with its part only in the clause of that name, the limits only where they are known.
    """

    verb: Verb
    current: Figures | None
    previous: Figures | None
    delta: Delta
    clause: Clause = Clause.NONE
    driver: Driver | None = None
    drivers: Drivers | None = None
    limits: Limits | None = None
    course: Course | None = None


@dataclass(frozen=True)
class Restatement:
    """A sum that was reported otherwise: of one pipeline, or of all together (None), and the day it was delivered."""

    pipeline: int | None
    figure: Figure
    period: Period
    reported: Number
    now: Number
    reported_on: date


@dataclass(frozen=True)
class Reported:
    """What an earlier edition said of each pipeline, and of all together (None): periods, new deals, open deals."""

    on: date
    currency: str
    periods: Mapping[int | None, Mapping[Period, Figures | None]]
    stages: Mapping[int | None, tuple[StageFigures, ...]]
    open: Mapping[int | None, OpenDeals | None] = field(default_factory=dict)

    def is_about(self, pipelines: Iterable[int | None]) -> bool:
        """Whether it is about these very pipelines."""
        return set(self.periods) == set(pipelines)


@dataclass(frozen=True)
class Earlier:
    """What was said before: by the last edition that was delivered, and by the one of the period before in its time."""

    delivered: Reported | None = None
    before: Reported | None = None


class CheckName(StrEnum):
    """What is checked."""

    ANSWER = "answer"
    COVERING = "covering"
    AGENTS = "agents"
    RATE = "rate"
    SIZE = "size"
    NEGATIVE = "negative"
    STAGES = "stages"


HARD = frozenset({CheckName.ANSWER, CheckName.COVERING, CheckName.AGENTS})


@dataclass(frozen=True)
class Failure:
    """Two values that should agree and don't: of which field, in which window of which pipeline."""

    pipeline: int
    name: str
    period: Period
    field: str
    found: Number
    expected: Number


@dataclass(frozen=True)
class Check:
    """One check with its result over all windows; `windows` is 0 where there was nothing to compare."""

    name: CheckName
    windows: int
    failures: tuple[Failure, ...] = ()

    @property
    def is_hard(self) -> bool:
        """Whether a failure stops the edition."""
        return self.name in HARD

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.failures


class Comparison(StrEnum):
    """What the current period is compared with."""

    PREVIOUS = "previous"
    YEAR_AGO = "year_ago"


@dataclass(frozen=True)
class CalendarNote:
    """How many days of Ramadan and of Eid the current period has, and the one that it is compared with."""

    versus: Comparison
    ramadan_days: int
    ramadan_days_before: int
    eid_days: int
    eid_days_before: int


@dataclass(frozen=True)
class Analysis:
    """All that an edition says, before it has words."""

    plan: Plan
    headline: Headline
    overall: Section
    pipelines: tuple[Section, ...]
    checks: tuple[Check, ...] = ()
    restatements: tuple[Restatement, ...] = ()
    calendar: tuple[CalendarNote, ...] = ()  # only of periods that differ


@dataclass(frozen=True)
class EditionId:
    """The name of an edition; no revision where it isn't kept (an export)."""

    report: str
    period: Period
    cut: str = "all"
    revision: int | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders it lives in, the revision last where there is one."""
        revision = () if self.revision is None else (f"r{self.revision}",)
        return (self.report, f"{self.period.since}:{self.period.until}", self.cut, *revision)

    def revised(self, revision: int) -> EditionId:
        """Return the same edition as a kept revision."""
        return EditionId(self.report, self.period, self.cut, revision)

    @property
    def filename(self) -> str:
        """A file name without its ending: report and period."""
        return f"{self.report}-{self.period.since}_{self.period.until}"

    def __str__(self) -> str:
        """Return for instance `weekly:2026-11-15:2026-11-21:all:r1`."""
        return ":".join(self.parts)
