"""What an analysis finds in the figures, as it passes to the stages that show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from reports.figures import (
    Agent,
    AgentFigures,
    Figure,
    Figures,
    Measure,
    Number,
    StageFigures,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from decimal import Decimal

    from reports.periods import Period, Plan


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

    def has_trend(self, figure: Figure) -> bool:
        """Whether the source says it of every trailing period that has data; of agents it says less of earlier ones."""
        known = [point.figures for point in self.trend if point.figures is not None]
        if figure in {Figure.LOST, Figure.WIN_RATE}:
            return all(one.lost is not None for one in known)
        return figure is not Figure.VALUE_CREATED or all(one.value_created is not None for one in known)

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
class Place:
    """Where an agent stands in the team by the value won in one period, and their share of it in percent.

    No rank where they won nothing of value; `level` is how many others won just as much. No share where the team's sum
    isn't above zero.
    """

    value_won: Decimal
    rank: int | None
    level: int
    share: Decimal | None


@dataclass(frozen=True)
class Standing:
    """One agent among `of` of a team, now and before (None without data).

    `team` is everybody by the value won now, the most first; empty where nobody else may be named.
    """

    agent: Agent
    of: int
    now: Place | None
    before: Place | None
    team: tuple[AgentFigures, ...] = ()


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
    OWN = "own"


HARD = frozenset({CheckName.ANSWER, CheckName.COVERING, CheckName.AGENTS, CheckName.OWN})


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
    standing: Standing | None = None  # of the one agent that it is about
