"""Requests to the Voxys API and what its answers mean: no I/O."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from reports.errors import DataError, SourceDenied, SourceError, SourceRejected, SourceUnavailable
from reports.figures import Agent, AgentFigures, Card, Figures, Pipeline, Stage, StageFigures, Window

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from zoneinfo import ZoneInfo

    from reports.periods import Period

TEMPORARY = {429, 502, 503, 504}
OK = 200
LARGEST = Decimal(10) ** 15  # beyond any sum of money: a number gone wrong, not a deal
DECIMALS = 9  # more are the noise of a server that adds with doubles
TOKEN_HEADER = "api_access_token"  # noqa: S105 - the header's name
AGENT = "agent_id"  # the parameter that asks for one agent's deals only
TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}\S*", re.ASCII)
WHOLE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?([eE][+-]?\d{1,2})?")
MOST_PROBLEMS = 5  # of an answer are named; more wouldn't be read


@dataclass(frozen=True)
class Request:
    """One GET: its path below the base address, its query, and what it is called in messages."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    about: str = ""


def pipelines_request(account_id: int) -> Request:
    """Ask for the list of pipelines."""
    return Request(f"/api/v1/accounts/{account_id}/funnels", about="the list of pipelines")


def pipeline_request(account_id: int, pipeline: int) -> Request:
    """Ask for one pipeline."""
    return Request(f"/api/v1/accounts/{account_id}/funnels/{pipeline}", about=f"pipeline {pipeline}")


def stages_request(account_id: int, pipeline: int) -> Request:
    """Ask for a pipeline's stages."""
    path = f"/api/v1/accounts/{account_id}/funnels/{pipeline}/stages"
    return Request(path, about=f"the stages of pipeline {pipeline}")


def analytics_request(account_id: int, pipeline: int, period: Period, agent: int | None = None) -> Request:
    """Ask for the analytics of one window, maybe of one agent's deals only.

    Both ends are always sent, since no default is documented.
    """
    whose, only = ("", {}) if agent is None else (f" of agent {agent}", {AGENT: str(agent)})
    return Request(
        f"/api/v1/accounts/{account_id}/funnels/{pipeline}/analytics",
        {"since": period.since.isoformat(), "until": period.until.isoformat(), **only},
        f"pipeline {pipeline}, {period.since} to {period.until}{whose}",
    )


def pipeline_of(path: str) -> int | None:
    """Return which pipeline a path asks about; None for the list of them."""
    found = re.search(r"/funnels/(\d+)(/|$)", path)
    return int(found[1]) if found else None


def cards_request(account_id: int, pipeline: int, status: str | None = None) -> Request:
    """Ask for every card of a pipeline, or those in one state; the answer isn't paginated."""
    path = f"/api/v1/accounts/{account_id}/funnels/{pipeline}/cards"
    query = {} if status is None else {"lead_status": status}
    return Request(path, query, f"the cards of pipeline {pipeline}")


def _number(value: object) -> Decimal:
    """Take a JSON number, or one written as a string; nothing else, and nothing beyond reason."""
    written = isinstance(value, str) and NUMBER.fullmatch(value)
    if isinstance(value, bool) or not (written or isinstance(value, int | Decimal)):
        message = "should be a number"
        raise ValueError(message)
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) > LARGEST:
        message = "is not a number that can be right"
        raise ValueError(message)
    return number if number == (near := round(number, DECIMALS)) else near


def _count(value: object) -> int:
    number = _number(value)
    if number != number.to_integral_value() or number < 0:
        message = "should be a whole number, 0 or more"
        raise ValueError(message)
    return int(number)


def _date(value: object) -> date:
    if not isinstance(value, str) or not WHOLE_DATE.fullmatch(value):
        message = "should be a date such as 2026-11-15"
        raise ValueError(message)
    return date.fromisoformat(value)


def _moment(value: object) -> datetime:
    """Take a timestamp as text, to the minute at least: a bare day wouldn't say on which side of a midnight it is."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and TIMESTAMP.fullmatch(value) else None
    except ValueError:
        moment = None
    if moment is None:
        message = "should be a time such as 2026-11-15T09:30:00Z"
        raise ValueError(message)
    return _aware(moment)


def _aware(moment: datetime) -> datetime:
    """Return a time with its offset; one without is UTC, as servers of this family mean it."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Number: TypeAlias = Annotated[Decimal, BeforeValidator(_number)]
Count: TypeAlias = Annotated[int, BeforeValidator(_count)]
Day: TypeAlias = Annotated[date, BeforeValidator(_date)]
Moment: TypeAlias = Annotated[datetime, BeforeValidator(_moment)]


class _Body(BaseModel):
    """A JSON object of the API; fields we don't know are none of our business."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Period(_Body):
    since: Day
    until: Day


class _Agent(_Body):
    id: Count
    name: Annotated[str, Field(strict=True)]
    email: str | None
    avatar_url: str | None


class _AgentRow(_Body):
    agent: _Agent | None
    created: Count
    won: Count
    value_won: Number


class _StageRow(_Body):
    stage_id: Count
    stage_name: Annotated[str, Field(strict=True)]
    count: Count
    value: Number


class _Analytics(_Body):
    period: _Period
    total_created: Count
    total_won: Count
    total_lost: Count
    total_value_created: Number
    total_value_won: Number
    average_deal_size: Number | None
    conversion_rate: Number | None
    by_agent: list[_AgentRow]
    by_stage: list[_StageRow]

    @model_validator(mode="after")
    def _null_only_for_nothing(self) -> _Analytics:
        """Refuse null where there is something to divide by (VOXYS_API, last section, point 8)."""
        for name, rate, whole in (
            ("average_deal_size", self.average_deal_size, self.total_won),
            ("conversion_rate", self.conversion_rate, self.total_created),
        ):
            if rate is None and whole:
                message = f"{name} is null although there are {whole} deals to compute it from"
                raise ValueError(message)
        return self


class _Pipeline(_Body):
    id: Count
    name: Annotated[str, Field(strict=True)]
    created_at: datetime


class _Stage(_Body):
    id: Count
    name: Annotated[str, Field(strict=True)]
    position: Count


class _Owner(_Body):
    name: Annotated[str, Field(strict=True)]
    id: Count | None = None


class _Lead(_Body):
    status: Literal["open", "won", "lost", "snoozed"]
    lead_value: Number | None
    lead_currency: Annotated[str, Field(strict=True)] | None
    updated_at: Moment | None = None
    custom_name: Annotated[str, Field(strict=True)] | None = None
    assigned_agent: _Owner | None = None


class _Card(_Body):
    id: Count
    created_at: Moment
    updated_at: Moment
    funnel_stage_id: Count
    lead: _Lead


Shape = TypeVar("Shape")
_ANALYTICS = TypeAdapter(_Analytics)
_CARDS = TypeAdapter(list[_Card])
_PIPELINE = TypeAdapter(_Pipeline)
_PIPELINES = TypeAdapter(list[_Pipeline])
_STAGES = TypeAdapter(list[_Stage])


def decode(request: Request, content: bytes) -> object:
    """Read a body as JSON, decimals exactly."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        what = "a web page" if content.lstrip()[:1] == b"<" else "something that isn't JSON"
        raise DataError(
            f"the source answered {request.about} with {what}",
            hint="Check source.base_url: it should be the address of the API, not of a page to log in.",
        ) from error


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)


def read_window(request: Request, period: Period, body: object) -> Window:
    """Return the window that was asked for; an answer for another one is refused."""
    answer = _fit(_ANALYTICS, request, body)
    found = (answer.period.since, answer.period.until)
    if found != (period.since, period.until):
        raise DataError(
            f"the source answered {request.about} for another period: {found[0]} to {found[1]}",
            hint="It seems to ignore since and until. Nothing can be reported from it; ask the vendor.",
        )
    _each_once(request, "by_agent", (row.agent.id if row.agent else None for row in answer.by_agent))
    _each_once(request, "by_stage", (row.stage_id for row in answer.by_stage))
    rate, size = answer.conversion_rate, answer.average_deal_size
    return Window(period, _figures(answer), _agents(answer), _stages(answer), rate, size)


def _figures(answer: _Analytics) -> Figures:
    return Figures(
        created=answer.total_created,
        won=answer.total_won,
        lost=answer.total_lost,
        value_created=answer.total_value_created,
        value_won=answer.total_value_won,
    )


def _agents(answer: _Analytics) -> tuple[AgentFigures, ...]:
    return tuple(AgentFigures(_agent(row.agent), row.created, row.won, row.value_won) for row in answer.by_agent)


def _agent(agent: _Agent | None) -> Agent | None:
    return None if agent is None else Agent(agent.id, agent.name, agent.email)


def _stages(answer: _Analytics) -> tuple[StageFigures, ...]:
    return tuple(StageFigures(row.stage_id, row.stage_name, row.count, row.value) for row in answer.by_stage)


def read_pipeline(request: Request, zone: ZoneInfo, body: object) -> Pipeline:
    """Return one pipeline, its first day in the account's zone."""
    return _pipeline(zone, _fit(_PIPELINE, request, body))


def read_pipelines(request: Request, zone: ZoneInfo, body: object) -> tuple[Pipeline, ...]:
    """Return the pipelines in the source's order."""
    found = tuple(_pipeline(zone, one) for one in _fit(_PIPELINES, request, body))
    _each_once(request, "id", (one.id for one in found))
    return found


def _pipeline(zone: ZoneInfo, answer: _Pipeline) -> Pipeline:
    return Pipeline(answer.id, answer.name, _day_in(zone, _aware(answer.created_at)))


def _day_in(zone: ZoneInfo, moment: datetime) -> date:
    try:
        return moment.astimezone(zone).date()
    except OverflowError:  # year 1 or 9999, which some servers write for "not set"
        return moment.date()


def read_stages(request: Request, body: object) -> tuple[Stage, ...]:
    """Return a pipeline's stages, in its order."""
    stages = _fit(_STAGES, request, body)
    _each_once(request, "id", (one.id for one in stages))
    return tuple(Stage(one.id, one.name) for one in sorted(stages, key=lambda one: (one.position, one.id)))


def read_cards(request: Request, body: object) -> tuple[Card, ...]:
    """Return a pipeline's cards."""
    cards = _fit(_CARDS, request, body)
    _each_once(request, "id", (one.id for one in cards))
    return tuple(_card(one) for one in cards)


def cards_of(body: object, agents: Collection[int]) -> object:
    """Return the cards of an answer, which fits the schema, that some agents own; they stay as they came."""
    cards = _CARDS.validate_python(body)
    owners = [one.lead.assigned_agent.id if one.lead.assigned_agent else None for one in cards]
    listed = body if isinstance(body, list) else []
    return [one for one, owner in zip(listed, owners, strict=True) if owner in agents]


def _card(answer: _Card) -> Card:
    lead = answer.lead
    return Card(
        id=answer.id,
        created_at=answer.created_at,
        # A deal is closed by changing its lead, which need not touch the card; a change isn't before the making.
        changed_at=max(answer.created_at, answer.updated_at, lead.updated_at or answer.updated_at),
        stage=answer.funnel_stage_id,
        status=lead.status,
        value=lead.lead_value,
        currency=(lead.lead_currency or "").strip().upper() or None,
        name=lead.custom_name or "",
        owner=lead.assigned_agent.name if lead.assigned_agent else None,
        owner_id=lead.assigned_agent.id if lead.assigned_agent else None,
    )


def _fit(shape: TypeAdapter[Shape], request: Request, body: object) -> Shape:
    try:
        return shape.validate_python(body)
    except ValidationError as error:
        problems = [_problem(dict(one)) for one in error.errors(include_url=False)]
        more = f" and {len(problems) - MOST_PROBLEMS} more" if len(problems) > MOST_PROBLEMS else ""
        raise DataError(
            f"the answer for {request.about} doesn't have the documented shape: "
            f"{'; '.join(problems[:MOST_PROBLEMS])}{more}",
            hint="The source may have changed. Nothing is reported from an answer that isn't understood.",
        ) from error


def _problem(one: Mapping[str, Any]) -> str:
    where = ".".join(str(key) for key in one["loc"]) or "the answer"
    text = "is missing" if one["type"] == "missing" else str(one["msg"]).removeprefix("Value error, ")
    if one["type"] != "missing" and one["input"] is None:
        text = "is null"
    return f"{where} {text[0].lower()}{text[1:]}"


def _each_once(request: Request, name: str, keys: Iterable[object]) -> None:
    listed = list(keys)
    if len(set(listed)) < len(listed):
        raise DataError(
            f"the answer for {request.about} lists the same entry of {name} twice",
            hint="Adding them up could count deals twice, so nothing is reported from it.",
        )


def refusal(request: Request, status: int, content: bytes, token: str = "") -> SourceError:
    """Return the error that an answer other than 200 means; a token that the server repeats is left out."""
    said = _said(content, token)
    if status in TEMPORARY:
        return SourceUnavailable(f"the source is overloaded or down for now (it answered {status})", hint="Try later.")
    if status in {401, 403}:
        return SourceDenied(
            f"the source refused the token (it answered {status}{said})",
            hint="Check source.token: the access token from the user's profile settings, of a user of this account.",
        )
    if status == 404:  # noqa: PLR2004 - HTTP's number is its name
        return SourceDenied(
            f"the source doesn't know {request.about} (it answered 404{said})",
            hint="Check source.account_id and the report's pipelines.",
        )
    if 300 <= status < 400:  # noqa: PLR2004 - as above
        return SourceRejected(
            f"the source redirects elsewhere (it answered {status}); the token isn't sent there",
            hint="Set source.base_url to the final address.",
        )
    return SourceError(f"the source failed on {request.about} (it answered {status}{said})", hint="Ask the vendor.")


def _said(content: bytes, token: str) -> str:
    """Return the server's own words, if they are in the documented form: one short line of them."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(body, dict):
        return ""
    words = body.get("error") or body.get("errors") or ""
    text = words if isinstance(words, str) else json.dumps(words, ensure_ascii=False)
    text = text.replace(token, "(the token)") if token else text
    line = "".join(one if one.isprintable() else " " for one in text)[:200]
    return f': "{line}"' if line else ""


def retry_after(header: str | None, now: datetime) -> float | None:
    """Return the seconds a Retry-After header asks to wait, 0 or more; None where it says nothing readable."""
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header.strip()[:9])
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
