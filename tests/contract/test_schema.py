"""The sandbox's answers and the client's patience, against a JSON Schema written by hand from the API's facts."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jsonschema
import pytest

from reports.errors import DataError
from reports.sandbox.deals import Deals
from reports.sandbox.load import load_csv
from reports.sandbox.sample import fill, sample
from reports.voxys.wire import analytics_request, read_window
from tests.sandbox.conftest import FUNNELS, RIYADH, TODAY, Client, served
from tests.voxys.answers import ANALYTICS, WEEK, analytics, changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("voxys.schema.json").read_text(encoding="utf-8"))
# A deal that is won, one that is open and has nothing that may be missing, and one of another pipeline, lost.
CSV = """\
deal_id,pipeline,name,company,agent_name,agent_email,stage,status,value,currency,created_on,closed_on
A-1,New business,Shelves,Sidra,خالد العتيبي,khalid@example.com,Won,won,12500.75,SAR,2026-11-02,2026-11-20
A-2,New business,Chairs,,,,Open,open,,SAR,2026-11-18,
A-3,Renewals,تجديد,النخيل,Omar,omar@example.com,Lost,lost,900,SAR,2026-10-30,2026-11-19
"""


def closed(schema: Any) -> Any:
    """Return a schema that refuses fields it doesn't name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(one) for key, one in schema.items()}
    return {"additionalProperties": False, **inner} if "required" in schema and "type" in schema else inner


STRICT = closed(SCHEMA)


def complaints(name: str, body: Any, schema: dict[str, Any] = SCHEMA) -> list[str]:
    validator = jsonschema.Draft202012Validator(
        {**schema, "$ref": f"#/$defs/{name}"}, format_checker=jsonschema.FormatChecker()
    )
    return [f"{one.json_path}: {one.message}" for one in validator.iter_errors(body)]


@pytest.fixture(scope="module")
def sampled() -> Iterator[Client]:
    with Deals.open(None) as deals:
        fill(deals, sample(TODAY, RIYADH))
        yield served(deals)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    path = tmp_path_factory.mktemp("csv") / "deals.csv"
    path.write_text(CSV, encoding="utf-8")
    with Deals.open(None) as deals:
        load_csv(deals, path, {}, RIYADH)
        yield served(deals)


@pytest.fixture(params=["sampled", "loaded"])
def client(request: pytest.FixtureRequest) -> Client:
    found: Client = request.getfixturevalue(request.param)
    return found


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    names = {"analytics", "funnels", "funnel", "stages", "stats", "cards", "error", "errors"}
    assert names <= set(SCHEMA["$defs"])


# What the sandbox answers: all that is documented, and nothing else.


def test_every_answer_of_the_sandbox(client: Client) -> None:
    pipelines = client.answer(FUNNELS)
    assert complaints("funnels", pipelines, STRICT) == []
    assert len(pipelines) >= 2
    for pipeline in pipelines:
        home = f"{FUNNELS}/{pipeline['id']}"
        for name, address in (("funnel", ""), ("stages", "/stages"), ("stats", "/stats")):
            assert complaints(name, client.answer(home + address), STRICT) == [], address
        assert complaints("cards", client.answer(f"{home}/cards")[:100], STRICT) == []
    cards = client.answer(f"{FUNNELS}/{pipelines[0]['id']}/cards")
    assert {card["lead"]["status"] for card in cards} >= {"open", "won"}
    for field in ("lead_value", "assigned_agent", "company"):
        assert {card["lead"][field] is None for card in cards} == {True, False}, "both sides of what may be null"


@pytest.mark.parametrize(
    ("query", "busy"),
    [
        ({}, True),
        ({"since": "2026-11-01", "until": "2026-11-21"}, True),
        ({"since": "2026-11-20", "until": "2026-11-20", "agent_id": "1"}, None),
        ({"since": "1999-01-01", "until": "1999-12-31"}, False),
        ({"agent_id": "4711"}, False),
    ],
)
def test_every_window_of_the_sandbox(client: Client, query: dict[str, str], busy: bool | None) -> None:
    for pipeline in client.answer(FUNNELS):
        body = client.answer(f"{FUNNELS}/{pipeline['id']}/analytics?{urlencode(query)}")
        assert complaints("analytics", body, STRICT) == []
        assert body["period"].items() >= {key: query[key] for key in ("since", "until") if key in query}.items()
        assert busy is None or busy == (body["total_created"] + body["total_lost"] > 0)
        assert read_window(analytics_request(1, 1, WEEK), WEEK, as_wire(body, WEEK)).figures.won == body["total_won"]


def as_wire(body: Any, period: Any) -> Any:
    """Return an answer as the client decodes it, said to be of one period."""
    decoded = json.loads(json.dumps(body), parse_float=Decimal)
    return decoded | {"period": {"since": period.since.isoformat(), "until": period.until.isoformat()}}


@pytest.mark.parametrize("group_by", ["day", "week", "month", "agent", "stage"])
def test_a_breakdown_is_the_documented_answer_with_one_more_list(client: Client, group_by: str) -> None:
    number = client.answer(FUNNELS)[0]["id"]
    body = client.answer(f"{FUNNELS}/{number}/analytics?group_by={group_by}")
    found = body.pop("groups")
    assert found
    assert complaints("groups", found, STRICT) == []
    assert complaints("analytics", body, STRICT) == []
    assert body == client.answer(f"{FUNNELS}/{number}/analytics")


# What it refuses.


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/accounts/1/funnels/4711", 404),
        ("/api/v1/accounts/1/funnels/4711/analytics", 404),
        ("/api/v1/accounts/2/funnels", 404),
        ("/api/v1/accounts/1/funnels/1/nonsense", 404),
        ("/", 404),
        ("/api/v1/accounts/x/funnels", 422),
        ("/api/v1/accounts/1/funnels/1/analytics?since=yesterday", 422),
        ("/api/v1/accounts/1/funnels/1/analytics?since=2026-02-30&until=20261121&agent_id=x&group_by=year", 422),
        ("/api/v1/accounts/1/funnels/1/analytics?since=2026-11-22&until=2026-11-21", 422),
        ("/api/v1/accounts/1/funnels/1/analytics?since=1900-01-01&group_by=day", 422),
        ("/api/v1/accounts/1/funnels/1/cards?lead_status=maybe&stage_id=", 422),
    ],
)
def test_refusals_have_their_documented_bodies(loaded: Client, address: str, status: int) -> None:
    refused(loaded.get(address), status)


@pytest.mark.parametrize("headers", [{}, {"api_access_token": ""}, {"api_access_token": "wrong"}])
@pytest.mark.parametrize("address", ["", "/1", "/1/stages", "/1/stats", "/1/cards", "/1/analytics", "/4711", "/x"])
def test_without_the_token_there_is_one_body_for_all(loaded: Client, address: str, headers: dict[str, str]) -> None:
    response = loaded.request(f"{FUNNELS}{address}", headers=headers)
    refused(response, 401)
    assert response.json() == loaded.request(FUNNELS).json(), "nothing about what is there"


def test_a_broken_store_answers_in_the_documented_form(tmp_path: Path) -> None:
    with Deals.open(tmp_path / "deals.sqlite") as deals:
        fill(deals, sample(TODAY, RIYADH))
        client = served(deals)
        deals._database._connection.execute("PRAGMA writable_schema = ON")
        deals._database._connection.execute("DROP TABLE deals")
        refused(client.get(f"{FUNNELS}/1/cards"), 503)


def refused(response: httpx.Response, status: int) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert complaints("errors" if status == 422 else "error", response.json(), STRICT) == []


# The client takes what the schema takes, and refuses what it refuses, field by field.


def fields(body: Any, above: str = "") -> Iterator[str]:
    """Yield the dotted path of every field of an answer, and of the first entry of each list."""
    inside = body.items() if isinstance(body, dict) else enumerate(body[:1]) if isinstance(body, list) else ()
    for key, value in inside:
        path = f"{above}{key}"
        if isinstance(body, dict):
            yield path
        yield from fields(value, f"{path}.")


def taken_by_client(body: Any) -> bool:
    try:
        read_window(analytics_request(1, 3, WEEK), WEEK, json.loads(json.dumps(body), parse_float=Decimal))
    except DataError:
        return False
    return True


def taken_by_schema(body: Any) -> bool:
    return not complaints("analytics", body)


def test_the_examples_of_the_reference_fit() -> None:
    assert taken_by_schema(ANALYTICS)
    assert taken_by_client(ANALYTICS)
    assert len(list(fields(ANALYTICS))) == 24


WRONG: tuple[Any, ...] = (..., None, True, [], {}, -1, 1.5, "soon")  # an Ellipsis takes the field away


@pytest.mark.parametrize("path", list(fields(ANALYTICS)))
def test_client_and_schema_agree_on_every_field(path: str) -> None:
    for value in WRONG:
        body = changed(path, value)
        assert taken_by_client(body) is taken_by_schema(body), value


def test_what_is_null_where_nothing_was_won_or_created() -> None:
    quiet = analytics(total_created=0, total_won=0, average_deal_size=None, conversion_rate=None)
    assert taken_by_schema(quiet)
    assert taken_by_client(quiet)


def test_unknown_fields_are_accepted_everywhere() -> None:
    body = analytics(forecast={"value": 1})
    for place in (body["period"], body["by_agent"][0], body["by_agent"][0]["agent"], body["by_stage"][0]):
        place["colour"] = ["new", None]
    assert taken_by_schema(body)
    assert taken_by_client(body)
    assert complaints("analytics", body, STRICT), "which the strict reading of the sandbox's answers is not blind to"
