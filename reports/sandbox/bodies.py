"""The bodies of answers, made from what the store holds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, Field, PlainSerializer, WithJsonSchema

from reports.sandbox.parameters import LeadStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.sandbox.groups import Group
    from reports.sandbox.records import Agent, Card, Pipeline, Stage, Totals
    from reports.sandbox.window import Window, WindowFigures


def _plain(value: Decimal) -> int | float:
    """Write a number as JSON: an integer where it is whole."""
    return int(value) if value == value.to_integral_value() else float(value)


Number = Annotated[Decimal, PlainSerializer(_plain), WithJsonSchema({"type": "number"})]
Timestamp = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]


class AgentBody(BaseModel):
    """An owner of deals."""

    id: int
    name: str
    email: str | None
    avatar_url: str | None

    @classmethod
    def of(cls, agent: Agent) -> Self:
        """Write an agent."""
        return cls(id=agent.id, name=agent.name, email=agent.email, avatar_url=agent.avatar_url)


class PeriodBody(BaseModel):
    """The window that the figures are of."""

    since: date = Field(description="Its first day.")
    until: date = Field(description="Its last day, which is part of it.")


class FiguresBody(BaseModel):
    """The figures of some deals in a window."""

    total_created: int = Field(description="Deals created in the window.")
    total_won: int = Field(description="Deals closed as won in the window.")
    total_lost: int = Field(description="Deals closed as lost in the window.")
    total_value_created: Number = Field(description="The value of the deals created.")
    total_value_won: Number = Field(description="The value of the deals won.")
    average_deal_size: Number = Field(description="Value won per deal won, to two decimals; 0 if none was won.")
    conversion_rate: Number = Field(description="100 x won / created, to one decimal; 0 if none was created.")


class AgentFiguresBody(BaseModel):
    """What one agent did in the window."""

    agent: AgentBody
    created: int = Field(description="The agent's deals created in the window.")
    won: int = Field(description="The agent's deals won in the window.")
    value_won: Number = Field(description="The value of the agent's deals won.")

    @classmethod
    def of(cls, agent: Agent, figures: WindowFigures) -> Self:
        """Write an agent's figures."""
        return cls(agent=AgentBody.of(agent), created=figures.created, won=figures.won, value_won=figures.value_won)


class StageFiguresBody(BaseModel):
    """The deals created in the window that stand in one stage now."""

    stage_id: int
    stage_name: str
    count: int
    value: Number

    @classmethod
    def of(cls, stage: Stage, figures: WindowFigures) -> Self:
        """Write a stage's figures."""
        return cls(stage_id=stage.id, stage_name=stage.name, count=figures.created, value=figures.value_created)


class GroupBody(FiguresBody):
    """One group of the breakdown that was asked for."""

    key: str = Field(description="The group's first day in the window, or the id of the agent or stage.")
    label: str = Field(description="The group's name.")

    @classmethod
    def of(cls, group: Group) -> Self:
        """Write a group."""
        return cls(key=group.key, label=group.label, **_figures(group.figures))


class AnalyticsBody(FiguresBody):
    """The figures of a window."""

    period: PeriodBody
    by_agent: list[AgentFiguresBody] = Field(description="Agents with anything created, won or lost in the window.")
    by_stage: list[StageFiguresBody] = Field(description="Every stage of the pipeline, in their order.")
    groups: list[GroupBody] = Field(default=[], description="Present only with group_by; adds up to the totals.")

    @classmethod
    def of(
        cls,
        window: Window,
        figures: WindowFigures,
        by_agent: Iterable[tuple[Agent | None, WindowFigures]],
        by_stage: Iterable[tuple[Stage, WindowFigures]],
    ) -> Self:
        """Write a window's figures; deals without an agent count in the totals only."""
        return cls(
            period=PeriodBody(since=window.since, until=window.until),
            by_agent=[AgentFiguresBody.of(agent, each) for agent, each in by_agent if agent],
            by_stage=[StageFiguresBody.of(stage, each) for stage, each in by_stage],
            **_figures(figures),
        )


class FunnelBody(BaseModel):
    """A sales pipeline."""

    id: int
    name: str
    description: str
    color: str
    position: int
    is_public: bool
    is_active: bool
    stages_count: int
    created_at: Timestamp
    updated_at: Timestamp

    @classmethod
    def of(cls, pipeline: Pipeline) -> Self:
        """Write a pipeline; the sandbox has none that is private or switched off, or was ever changed."""
        return cls(
            id=pipeline.id,
            name=pipeline.name,
            description=pipeline.description,
            color=pipeline.color,
            position=pipeline.position,
            is_public=True,
            is_active=True,
            stages_count=pipeline.stages_count,
            created_at=pipeline.created_at,
            updated_at=pipeline.created_at,
        )


class StageBody(BaseModel):
    """A step of a pipeline."""

    id: int
    funnel_id: int
    name: str
    color: str
    position: int
    chatwoot_status: str | None = Field(description="open, resolved, pending or nothing.")
    cards_count: int
    created_at: Timestamp
    updated_at: Timestamp

    @classmethod
    def of(cls, stage: Stage, pipeline: Pipeline) -> Self:
        """Write a stage, which is as old as its pipeline."""
        return cls(
            id=stage.id,
            funnel_id=pipeline.id,
            name=stage.name,
            color=stage.color,
            position=stage.position,
            chatwoot_status=stage.chatwoot_status,
            cards_count=stage.cards_count,
            created_at=pipeline.created_at,
            updated_at=pipeline.created_at,
        )


class StatsBody(BaseModel):
    """The figures of a pipeline's deals of all times."""

    total_cards: int
    total_value: Number
    won_cards: int
    won_value: Number
    lost_cards: int
    conversion_rate: Number = Field(description="100 x won cards / all cards, to one decimal; 0 if there is none.")

    @classmethod
    def of(cls, totals: Totals) -> Self:
        """Write a pipeline's totals."""
        return cls(
            total_cards=totals.cards,
            total_value=totals.value,
            won_cards=totals.won,
            won_value=totals.won_value,
            lost_cards=totals.lost,
            conversion_rate=totals.conversion_rate,
        )


class CompanyBody(BaseModel):
    """The company that a deal is with."""

    id: int
    name: str
    domain: str = Field(description="Empty where it isn't known.")

    @classmethod
    def of(cls, card: Card) -> Self | None:
        """Write a deal's company, of which the sandbox knows the name alone; None where it has none."""
        if card.company_id is None or card.deal.company is None:
            return None
        return cls(id=card.company_id, name=card.deal.company, domain="")


class LeadBody(BaseModel):
    """What a deal is about."""

    id: int
    custom_name: str
    status: LeadStatus
    lead_value: Number | None
    lead_currency: str | None
    assigned_agent: AgentBody | None
    company: CompanyBody | None
    custom_attributes: dict[str, str] = Field(description="deal_id is the identifier that the deal came with.")
    created_at: Timestamp
    updated_at: Timestamp = Field(description="When the deal was closed; until then, when it was created.")

    @classmethod
    def of(cls, card: Card) -> Self:
        """Write what a deal is about."""
        deal = card.deal
        return cls(
            id=deal.id,
            custom_name=deal.name,
            status=LeadStatus(deal.status),
            lead_value=deal.value,
            lead_currency=deal.currency,
            assigned_agent=AgentBody.of(card.agent) if card.agent else None,
            company=CompanyBody.of(card),
            custom_attributes={"deal_id": deal.deal_id},
            created_at=deal.created_at,
            updated_at=deal.changed_at,
        )


class CardBody(BaseModel):
    """A deal on its pipeline's board."""

    id: int
    funnel_id: int
    funnel_stage_id: int
    position: int
    created_at: Timestamp
    updated_at: Timestamp
    lead: LeadBody

    @classmethod
    def of(cls, card: Card) -> Self:
        """Write a deal on its board."""
        deal = card.deal
        return cls(
            id=deal.id,
            funnel_id=deal.pipeline_id,
            funnel_stage_id=deal.stage_id,
            position=card.position,
            created_at=deal.created_at,
            updated_at=deal.changed_at,
            lead=LeadBody.of(card),
        )


def _figures(figures: WindowFigures) -> dict[str, Any]:
    return {
        "total_created": figures.created,
        "total_won": figures.won,
        "total_lost": figures.lost,
        "total_value_created": figures.value_created,
        "total_value_won": figures.value_won,
        "average_deal_size": figures.average_deal_size,
        "conversion_rate": figures.conversion_rate,
    }
