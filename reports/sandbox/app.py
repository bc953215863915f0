"""The Voxys API as far as reports need it, answered from the sandbox's deals."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable  # noqa: TC003  # FastAPI reads the annotations when it runs
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Query, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException as AnyHTTPException

from reports.errors import ConfigError, SourceError
from reports.sandbox.deals import Agent, Card, Deals, Pipeline, Stage
from reports.sandbox.window import WEEK_STARTS, GroupBy, Window, WindowFigures, buckets, iso_day, label

if TYPE_CHECKING:
    from decimal import Decimal
    from zoneinfo import ZoneInfo

VERSION = "1.0.0"
ACCOUNT = 1
SPAN = timedelta(days=29)  # what `since` is before `until` unless it is given
MOST_GROUPS = 3_700  # ten years of days: more is a slip of the pen, and would cost memory without end
INTEGER = re.compile(r"-?[0-9]{1,19}")
LOWEST, HIGHEST = -(2**63), 2**63 - 1


# What comes in.


class LeadStatus(StrEnum):
    """The states in which a lead can be; the sandbox has none that is snoozed."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    SNOOZED = "snoozed"


def _day(text: object) -> date:
    """Read a day strictly: pydantic alone would also take timestamps."""
    try:
        return iso_day(str(text))
    except ValueError:
        raise PydanticCustomError("day", "must be a day of the calendar written YYYY-MM-DD") from None


def _integer(text: object) -> int:
    """Read an integer strictly: pydantic alone would also take 1.0 and 1_0."""
    # SQLite would raise beyond 64 bits.
    if INTEGER.fullmatch(str(text)) and LOWEST <= (number := int(str(text))) <= HIGHEST:
        return number
    raise PydanticCustomError("integer", "must be an integer of 64 bits")


# Said by hand, since a parameter that may be left out is not one that may be null.
DAY: dict[str, Any] = {"type": "string", "format": "date"}
INT64: dict[str, Any] = {"type": "integer", "format": "int64", "minimum": LOWEST, "maximum": HIGHEST}
STATUS: dict[str, Any] = {"type": "string", "enum": list(LeadStatus)}
GROUP: dict[str, Any] = {"type": "string", "enum": list(GroupBy)}

Id = Annotated[int, BeforeValidator(_integer), WithJsonSchema(INT64)]
OptionalId = Annotated[int | None, BeforeValidator(_integer), WithJsonSchema(INT64)]
OptionalDay = Annotated[date | None, BeforeValidator(_day), WithJsonSchema(DAY)]
OptionalStatus = Annotated[LeadStatus | None, WithJsonSchema(STATUS)]
OptionalGroup = Annotated[GroupBy | None, WithJsonSchema(GROUP)]


# What goes out.

Number = Annotated[int | float, WithJsonSchema({"type": "number"})]
Timestamp = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]


class ErrorBody(BaseModel):
    """Why the request was refused."""

    error: str = Field(description="What is wrong, in words.")


class ErrorsBody(BaseModel):
    """Which parameters were refused."""

    errors: dict[str, list[str]] = Field(description="What is wrong, by the name of the parameter.")


class AgentBody(BaseModel):
    """An owner of deals."""

    id: int
    name: str
    email: str | None
    avatar_url: str | None


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


class StageFiguresBody(BaseModel):
    """The deals created in the window that stand in one stage now."""

    stage_id: int
    stage_name: str
    count: int
    value: Number


class GroupBody(FiguresBody):
    """One group of the breakdown that was asked for."""

    key: str = Field(description="The group's first day in the window, or the id of the agent or stage.")
    label: str = Field(description="The group's name.")


class AnalyticsBody(FiguresBody):
    """The figures of a window."""

    period: PeriodBody
    by_agent: list[AgentFiguresBody] = Field(description="Agents with anything created, won or lost in the window.")
    by_stage: list[StageFiguresBody] = Field(description="Every stage of the pipeline, in their order.")
    groups: list[GroupBody] = Field(default=[], description="Present only with group_by; adds up to the totals.")


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


class StatsBody(BaseModel):
    """The figures of a pipeline's deals of all times."""

    total_cards: int
    total_value: Number
    won_cards: int
    won_value: Number
    lost_cards: int
    conversion_rate: Number = Field(description="100 x won cards / all cards, to one decimal; 0 if there is none.")


class CompanyBody(BaseModel):
    """The company that a deal is with."""

    id: int
    name: str
    domain: str = Field(description="Empty where it isn't known.")


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


class CardBody(BaseModel):
    """A deal on its pipeline's board."""

    id: int
    funnel_id: int
    funnel_stage_id: int
    position: int
    created_at: Timestamp
    updated_at: Timestamp
    lead: LeadBody


# What every request meets first.


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What the app answers from."""

    deals: Deals
    token: bytes
    first_weekday: int
    today: Callable[[], date]


async def _sandbox(request: Request) -> Sandbox:
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox


Here = Annotated[Sandbox, Depends(_sandbox)]
Key = Annotated[
    str | None,
    Security(
        APIKeyHeader(
            name="api_access_token", scheme_name="api_access_token", auto_error=False, description="A user's token."
        )
    ),
]


async def _admit(sandbox: Here, key: Key) -> None:
    # As bytes, since compare_digest takes no other text than ASCII; headers arrive as Latin-1.
    if not hmac.compare_digest((key or "").encode("latin-1"), sandbox.token):
        raise HTTPException(401, "The header api_access_token is missing or wrong.", {"WWW-Authenticate": "APIKey"})


async def _account(account_id: Annotated[Id, Path(description="The account; the sandbox has one, of id 1.")]) -> None:
    if account_id != ACCOUNT:
        raise HTTPException(404, "There is no account of this id.")


async def _funnel(sandbox: Here, pipeline_id: Annotated[Id, Path(alias="id", description="The pipeline.")]) -> Pipeline:
    pipeline = sandbox.deals.pipeline(pipeline_id)
    if pipeline is None:
        raise HTTPException(404, "There is no funnel of this id.")
    return pipeline


Funnel = Annotated[Pipeline, Depends(_funnel)]


async def _window(
    sandbox: Here,
    pipeline: Funnel,
    since: Annotated[OptionalDay, Query(description="The first day; default: 29 days before until.")] = None,
    until: Annotated[OptionalDay, Query(description="The last day, inclusive; default: today.")] = None,
    agent_id: Annotated[OptionalId, Query(description="Only this agent's deals.")] = None,
) -> Window:
    until = until or sandbox.today()
    if since is None:
        if until - date.min < SPAN:
            raise _refusal("until", "has no 29 days before it: give since too")
        since = until - SPAN
    if since > until:
        raise _refusal("since", f"must not be after until, {until}")
    return Window(pipeline.id, since, until, agent_id)


def _refusal(parameter: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("query", parameter), "msg": message, "type": "value_error"}])


# The endpoints are coroutines without a pause: the store answers in milliseconds, which costs less than a thread would,
# and no other request comes between the statements of one answer.

router = APIRouter(
    prefix="/api/v1/accounts/{account_id}/funnels",
    dependencies=[Depends(_admit), Depends(_account)],
    responses={
        401: {"model": ErrorBody, "description": "The token is missing or wrong."},
        404: {"model": ErrorBody, "description": "There is no such account or funnel."},
        422: {"model": ErrorsBody, "description": "A parameter can't be used."},
        503: {"model": ErrorBody, "description": "The database is busy or broken."},
    },
)
funnel_router = APIRouter(prefix="/{id}")


@router.get("", tags=["funnels"], summary="List the pipelines")
async def list_funnels(sandbox: Here) -> list[FunnelBody]:
    """Answer every pipeline, in their order."""
    return [_funnel_body(pipeline) for pipeline in sandbox.deals.pipelines()]


@funnel_router.get("", tags=["funnels"], summary="Show a pipeline")
async def show_funnel(pipeline: Funnel) -> FunnelBody:
    """Answer one pipeline."""
    return _funnel_body(pipeline)


@funnel_router.get("/stages", tags=["funnels"], summary="List a pipeline's stages")
async def list_stages(sandbox: Here, pipeline: Funnel) -> list[StageBody]:
    """Answer a pipeline's stages, in their order."""
    return [_stage_body(stage, pipeline) for stage in sandbox.deals.stages(pipeline.id)]


@funnel_router.get("/stats", tags=["figures"], summary="Count all of a pipeline's deals")
async def show_stats(sandbox: Here, pipeline: Funnel) -> StatsBody:
    """Answer what a pipeline's deals of all times come to."""
    totals = sandbox.deals.totals(pipeline.id)
    return StatsBody(
        total_cards=totals.cards,
        total_value=_number(totals.value),
        won_cards=totals.won,
        won_value=_number(totals.won_value),
        lost_cards=totals.lost,
        conversion_rate=_number(totals.conversion_rate),
    )


@funnel_router.get("/cards", tags=["funnels"], summary="List a pipeline's deals")
async def list_cards(
    sandbox: Here,
    pipeline: Funnel,
    lead_status: Annotated[OptionalStatus, Query(description="Only deals in this state.")] = None,
    stage_id: Annotated[OptionalId, Query(description="Only deals in this stage.")] = None,
) -> list[CardBody]:
    """Answer every deal of a pipeline, as they lie on its board."""
    return [_card_body(card) for card in sandbox.deals.cards(pipeline.id, lead_status, stage_id)]


@funnel_router.get("/analytics", tags=["figures"], summary="Count a window of days", response_model_exclude_unset=True)
async def show_analytics(
    sandbox: Here,
    window: Annotated[Window, Depends(_window)],
    group_by: Annotated[OptionalGroup, Query(description="Break the figures down.")] = None,
) -> AnalyticsBody:
    """Answer what was created, won and lost in a window of days."""
    with sandbox.deals.reading():
        body = _analytics_body(sandbox.deals, window)
        if group_by:
            body.groups = _groups(sandbox, window, group_by)
    return body


router.include_router(funnel_router)


def create_app(
    deals: Deals,
    *,
    token: str,
    timezone: ZoneInfo,
    week_start: str = "monday",
    today: Callable[[], date] | None = None,
) -> FastAPI:
    """Make the server; the caller opens and closes the deals, since an in-process transport runs no lifespan."""
    if not token:
        raise ConfigError("The sandbox's token is empty.", hint="Set any text as the token.")
    if week_start not in WEEK_STARTS:
        raise ConfigError(f"A week can't start on {week_start!r}.", hint=f"Use one of {', '.join(WEEK_STARTS)}.")
    app = FastAPI(
        title="Voxys Connect sandbox",
        version=VERSION,
        description="The part of the Voxys API that reports use, over deals of your own or made-up ones.",
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
        openapi_tags=[
            {"name": "funnels", "description": "Pipelines with what is in them."},
            {"name": "figures", "description": "What the deals come to."},
        ],
    )
    app.state.sandbox = Sandbox(
        deals, token.encode(), WEEK_STARTS[week_start], today or (lambda: datetime.now(timezone).date())
    )
    app.include_router(router)
    app.add_exception_handler(AnyHTTPException, _answer_refusal)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(SourceError, _answer_failure)
    return app


# Errors.


async def _answer_refusal(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AnyHTTPException)  # noqa: S101  # registered for it alone
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _answer_validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for it alone
    errors: dict[str, list[str]] = {}
    for each in error.errors():
        errors.setdefault(str(each["loc"][-1]), []).append(each["msg"])
    return JSONResponse({"errors": errors}, 422)


async def _answer_failure(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, 503)


# From the store's values to bodies.


def _analytics_body(deals: Deals, window: Window) -> AnalyticsBody:
    return AnalyticsBody(
        period=PeriodBody(since=window.since, until=window.until),
        by_agent=[_agent_figures(agent, figures) for agent, figures in deals.by_agent(window) if agent],
        by_stage=[_stage_figures(stage, figures) for stage, figures in deals.by_stage(window)],
        **_figures(deals.figures(window)),
    )


def _groups(sandbox: Sandbox, window: Window, by: GroupBy) -> list[GroupBody]:
    if by is GroupBy.STAGE:
        return [_group(str(stage.id), stage.name, figures) for stage, figures in sandbox.deals.by_stage(window)]
    if by is GroupBy.AGENT:
        owners = sandbox.deals.by_agent(window)
        return [_group(str(it.id) if it else "", it.name if it else "Unassigned", figures) for it, figures in owners]
    return _series(sandbox, window, by)


def _series(sandbox: Sandbox, window: Window, by: GroupBy) -> list[GroupBody]:
    spans = list(islice(buckets(window.since, window.until, by, sandbox.first_weekday), MOST_GROUPS + 1))
    if len(spans) > MOST_GROUPS:
        raise _refusal("group_by", f"would make more than {MOST_GROUPS} groups of this window: ask for a shorter one")
    days = sorted(sandbox.deals.by_day(window).items(), reverse=True)
    groups = []
    for span in spans:
        figures = WindowFigures()
        while days and days[-1][0] <= span[1]:
            figures += days.pop()[1]
        groups.append(_group(span[0].isoformat(), label(span, by), figures))
    return groups


def _group(key: str, name: str, figures: WindowFigures) -> GroupBody:
    return GroupBody(key=key, label=name, **_figures(figures))


def _figures(figures: WindowFigures) -> dict[str, Any]:
    return {
        "total_created": figures.created,
        "total_won": figures.won,
        "total_lost": figures.lost,
        "total_value_created": _number(figures.value_created),
        "total_value_won": _number(figures.value_won),
        "average_deal_size": _number(figures.average_deal_size),
        "conversion_rate": _number(figures.conversion_rate),
    }


def _agent_figures(agent: Agent, figures: WindowFigures) -> AgentFiguresBody:
    return AgentFiguresBody(
        agent=_agent_body(agent), created=figures.created, won=figures.won, value_won=_number(figures.value_won)
    )


def _stage_figures(stage: Stage, figures: WindowFigures) -> StageFiguresBody:
    return StageFiguresBody(
        stage_id=stage.id, stage_name=stage.name, count=figures.created, value=_number(figures.value_created)
    )


def _agent_body(agent: Agent) -> AgentBody:
    return AgentBody(id=agent.id, name=agent.name, email=agent.email, avatar_url=agent.avatar_url)


def _funnel_body(pipeline: Pipeline) -> FunnelBody:
    return FunnelBody(
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


def _stage_body(stage: Stage, pipeline: Pipeline) -> StageBody:
    return StageBody(
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


def _card_body(card: Card) -> CardBody:
    deal, changed = card.deal, card.deal.closed_at or card.deal.created_at
    return CardBody(
        id=deal.id,
        funnel_id=deal.pipeline_id,
        funnel_stage_id=deal.stage_id,
        position=card.position,
        created_at=deal.created_at,
        updated_at=changed,
        lead=_lead_body(card, changed),
    )


def _lead_body(card: Card, changed: str) -> LeadBody:
    deal = card.deal
    return LeadBody(
        id=deal.id,
        custom_name=deal.name,
        status=LeadStatus(deal.status),
        lead_value=None if deal.value is None else _number(deal.value),
        lead_currency=deal.currency,
        assigned_agent=_agent_body(card.agent) if card.agent else None,
        company=_company_body(card),
        custom_attributes={"deal_id": deal.deal_id},
        created_at=deal.created_at,
        updated_at=changed,
    )


def _company_body(card: Card) -> CompanyBody | None:
    if card.company_id is None or card.deal.company is None:
        return None
    return CompanyBody(id=card.company_id, name=card.deal.company, domain="")


def _number(value: Decimal) -> int | float:
    """Write a number as JSON: an integer where it is whole."""
    return int(value) if value == value.to_integral_value() else float(value)
