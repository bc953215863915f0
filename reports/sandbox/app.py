"""The Voxys API as far as reports need it, answered from the sandbox's deals."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Query, Request, Security
from fastapi.security import APIKeyHeader

from reports.errors import ConfigError
from reports.sandbox.bodies import AnalyticsBody, CardBody, FunnelBody, GroupBody, StageBody, StatsBody
from reports.sandbox.groups import WEEK_STARTS, groups
from reports.sandbox.parameters import (  # noqa: TC001  # FastAPI reads the annotations when it runs
    Id,
    OptionalDay,
    OptionalGroup,
    OptionalId,
    OptionalStatus,
)
from reports.sandbox.records import Pipeline
from reports.sandbox.refusals import RESPONSES, answer_refusals, refusal
from reports.sandbox.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from reports.sandbox.deals import Deals

VERSION = "1.0.0"
ACCOUNT = 1
SPAN = timedelta(days=29)  # what `since` is before `until` unless it is given


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
            raise refusal("until", "has no 29 days before it: give since too")
        since = until - SPAN
    if since > until:
        raise refusal("since", f"must not be after until, {until}")
    return Window(pipeline.id, since, until, agent_id)


# The endpoints are coroutines without a pause: the store answers in milliseconds, which costs less than a thread would,
# and no other request comes between the statements of one answer.

router = APIRouter(
    prefix="/api/v1/accounts/{account_id}/funnels",
    dependencies=[Depends(_admit), Depends(_account)],
    responses=RESPONSES,
)
funnel_router = APIRouter(prefix="/{id}")


@router.get("", tags=["funnels"], summary="List the pipelines")
async def list_funnels(sandbox: Here) -> list[FunnelBody]:
    """Answer every pipeline, in their order."""
    return [FunnelBody.of(pipeline) for pipeline in sandbox.deals.pipelines()]


@funnel_router.get("", tags=["funnels"], summary="Show a pipeline")
async def show_funnel(pipeline: Funnel) -> FunnelBody:
    """Answer one pipeline."""
    return FunnelBody.of(pipeline)


@funnel_router.get("/stages", tags=["funnels"], summary="List a pipeline's stages")
async def list_stages(sandbox: Here, pipeline: Funnel) -> list[StageBody]:
    """Answer a pipeline's stages, in their order."""
    return [StageBody.of(stage, pipeline) for stage in sandbox.deals.stages(pipeline.id)]


@funnel_router.get("/stats", tags=["figures"], summary="Count all of a pipeline's deals")
async def show_stats(sandbox: Here, pipeline: Funnel) -> StatsBody:
    """Answer what a pipeline's deals of all times come to."""
    return StatsBody.of(sandbox.deals.totals(pipeline.id))


@funnel_router.get("/cards", tags=["funnels"], summary="List a pipeline's deals")
async def list_cards(
    sandbox: Here,
    pipeline: Funnel,
    lead_status: Annotated[OptionalStatus, Query(description="Only deals in this state.")] = None,
    stage_id: Annotated[OptionalId, Query(description="Only deals in this stage.")] = None,
) -> list[CardBody]:
    """Answer every deal of a pipeline, as they lie on its board."""
    return [CardBody.of(card) for card in sandbox.deals.cards(pipeline.id, lead_status, stage_id)]


@funnel_router.get("/analytics", tags=["figures"], summary="Count a window of days", response_model_exclude_unset=True)
async def show_analytics(
    sandbox: Here,
    window: Annotated[Window, Depends(_window)],
    group_by: Annotated[OptionalGroup, Query(description="Break the figures down.")] = None,
) -> AnalyticsBody:
    """Answer what was created, won and lost in a window of days."""
    deals = sandbox.deals
    with deals.reading():
        body = AnalyticsBody.of(window, deals.figures(window), deals.by_agent(window), deals.by_stage(window))
        if group_by:
            body.groups = [GroupBody.of(group) for group in groups(deals, window, group_by, sandbox.first_weekday)]
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
        raise ConfigError("the sandbox's token is empty", hint="Set any text as the token.")
    if week_start not in WEEK_STARTS:
        raise ConfigError(f"a week can't start on {week_start!r}", hint=f"Use one of {', '.join(WEEK_STARTS)}.")
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
    answer_refusals(app)
    return app
