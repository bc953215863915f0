"""The figures of periods, and the snapshot they come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from reports.periods import Period

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
    """The counts (deals) and values (money) of one window; rates follow from them, unrounded, in percent.

    Lost deals and the value created are None where the source doesn't say: for an agent, in all but two periods.
    """

    created: int = 0
    won: int = 0
    lost: int | None = 0
    value_created: Decimal | None = Decimal(0)
    value_won: Decimal = Decimal(0)

    @property
    def closed(self) -> int | None:
        """The deals that were won or lost; None where the lost ones aren't known."""
        return None if self.lost is None else self.won + self.lost

    @property
    def win_rate(self) -> Decimal | None:
        """Won / (won + lost), in percent; None when nothing was closed, or that isn't known."""
        return None if self.closed is None else ratio(HUNDRED * self.won, self.closed)

    @property
    def conversion_rate(self) -> Decimal | None:
        """Won / created in the same days, in percent; can exceed 100; None when nothing was created."""
        return ratio(HUNDRED * self.won, self.created)

    @property
    def average_deal_size(self) -> Decimal | None:
        """Value won / won, in money; None when nothing was won."""
        return ratio(self.value_won, self.won)

    def value(self, figure: Figure) -> Number | None:
        """Return one figure by its name; None where its denominator is zero, or the source doesn't say."""
        name = figure.value
        found: Number | None = getattr(self, name.removeprefix("total_"))
        return found

    @staticmethod
    def total(parts: Iterable[Figures]) -> Figures:
        """Add windows up: those of several pipelines, or of the days of a period; the unknown makes sums unknown."""
        listed = tuple(parts)
        lost = [part.lost for part in listed if part.lost is not None]
        created = [part.value_created for part in listed if part.value_created is not None]
        return Figures(
            created=sum(part.created for part in listed),
            won=sum(part.won for part in listed),
            lost=sum(lost) if len(lost) == len(listed) else None,
            value_created=sum(created, Decimal(0)) if len(created) == len(listed) else None,
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
    owner_id: int | None = None


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

    `cards` is None where the source doesn't let them be read, which is not the same as having none. `of_agents` has
    what was asked about single agents (by their ids).
    """

    pipeline: Pipeline
    windows: Mapping[Period, Window]
    covering: Window | None = None  # all trailing periods in one, where they are contiguous
    cards: tuple[Card, ...] | None = None
    of_agents: Mapping[tuple[int, Period], Window] = field(default_factory=dict)

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
class Cut:
    """Which part of the data an edition shows: some pipelines of the report, some agents in them, or all (None)."""

    name: str = "all"
    pipelines: frozenset[int] | None = None
    agents: frozenset[int] | None = None


WHOLE = Cut()


@dataclass(frozen=True)
class Snapshot:
    """What the source answered, with the time it was asked; `cut` says which part of it this is."""

    fetched_at: datetime
    pipelines: tuple[PipelineWindows, ...]
    answers: tuple[Answer, ...] = field(default=(), repr=False)
    cut: Cut = WHOLE


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
        """A file name without its ending: report, cut (unless it is all) and period."""
        cut = "" if self.cut == WHOLE.name else f"-{self.cut}"
        return f"{self.report}{cut}-{self.period.since}_{self.period.until}"

    def __str__(self) -> str:
        """Return for instance `weekly:2026-11-15:2026-11-21:all:r1`."""
        return ":".join(self.parts)
