"""The records that the sandbox keeps: pipelines, their stages, agents, deals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING

from reports.sandbox.window import rate

if TYPE_CHECKING:
    from decimal import Decimal
    from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A sales pipeline; its stages are counted when it is read."""

    id: int
    name: str
    description: str
    color: str
    position: int
    created_at: str
    stages_count: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a pipeline; its deals are counted when it is read."""

    id: int
    pipeline_id: int
    name: str
    color: str
    position: int
    chatwoot_status: str | None
    cards_count: int = 0


@dataclass(frozen=True, slots=True)
class Agent:
    """The owner of deals."""

    id: int
    name: str
    email: str | None
    avatar_url: str | None


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal as it stands now; its times are local ones of the account, with their offset."""

    id: int
    deal_id: str
    pipeline_id: int
    name: str
    company: str | None
    agent_id: int | None
    stage_id: int
    status: str
    value: Decimal | None
    currency: str | None
    created_at: str
    closed_at: str | None

    @property
    def changed_at(self) -> str:
        """When it was closed; until then, when it was created."""
        return self.closed_at or self.created_at


@dataclass(frozen=True, slots=True)
class Card:
    """A deal where it lies on its pipeline's board, with what it refers to."""

    deal: Deal
    position: int
    company_id: int | None
    agent: Agent | None


@dataclass(frozen=True, slots=True)
class Totals:
    """A pipeline's deals of all times."""

    cards: int
    value: Decimal
    won: int
    won_value: Decimal
    lost: int

    @property
    def conversion_rate(self) -> Decimal:
        """The deals won per 100 deals."""
        return rate(self.won, self.cards)


def timestamp(day: date, clock: str, timezone: ZoneInfo) -> str:
    """Write a local time of working hours, `HH:MM:SS`, with the account's offset."""
    return f"{day.isoformat()}T{clock}{_offset(day, timezone)}"


@lru_cache(4096)
def _offset(day: date, timezone: ZoneInfo) -> str:
    # Clocks change at night, so noon's offset holds for the day's work. RFC 3339 knows no seconds of an offset,
    # which zones had before they had hours: they are cut.
    return datetime.combine(day, time(12), timezone).isoformat()[19:25]
