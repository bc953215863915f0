"""The app answers as VOXYS_API says: figures as counted by hand, and errors in their shapes."""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx
import jsonschema
import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.errors import ConfigError
from reports.sandbox import database
from reports.sandbox.app import create_app
from reports.sandbox.deals import Deals
from tests.sandbox.conftest import FUNNELS, RIYADH, TOKEN, Client, deal, put, served

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reports.sandbox.records import Deal
    from tests.sandbox.conftest import Put

ANALYTICS = f"{FUNNELS}/1/analytics"
PATHS = ["", "/1", "/1/stages", "/1/stats", "/1/cards", "/1/analytics"]
FIGURES = ("total_created", "total_won", "total_lost", "total_value_created", "total_value_won")
START = date(2026, 10, 25)


# The figures, counted a second time.


def rounded(part: Decimal | int, whole: int, step: str) -> float:
    return float((Decimal(part) / whole).quantize(Decimal(step), ROUND_HALF_UP)) if whole else 0


def count(deals: list[Deal], since: date, until: date) -> dict[str, float]:
    def inside(time: str | None) -> bool:
        return time is not None and since.isoformat() <= time[:10] <= until.isoformat()

    created = [it for it in deals if inside(it.created_at)]
    won = [it for it in deals if it.status == "won" and inside(it.closed_at)]
    value_won = sum((it.value or Decimal(0) for it in won), Decimal(0))
    return {
        "total_created": len(created),
        "total_won": len(won),
        "total_lost": len([it for it in deals if it.status == "lost" and inside(it.closed_at)]),
        "total_value_created": float(sum((it.value or Decimal(0) for it in created), Decimal(0))),
        "total_value_won": float(value_won),
        "average_deal_size": rounded(value_won, len(won), "0.01"),
        "conversion_rate": rounded(100 * len(won), len(created), "0.1"),
    }


def split(deals: list[Deal], key: Callable[[Deal], int | None]) -> dict[int | None, list[Deal]]:
    parts: dict[int | None, list[Deal]] = defaultdict(list)
    for it in deals:
        parts[key(it)].append(it)
    return parts


def expected_groups(deals: list[Deal], since: date, until: date, group_by: str) -> list[tuple[str, dict[str, float]]]:
    if group_by == "agent":
        groups = [(str(k or ""), count(v, since, until)) for k, v in split(deals, lambda it: it.agent_id).items()]
        groups = [(key, it) for key, it in groups if it["total_created"] or it["total_won"] or it["total_lost"]]
        return sorted(groups, key=lambda group: group[0] or "~")
    if group_by == "stage":
        parts = split(deals, lambda it: it.stage_id)
        return [(str(stage), count(parts[stage], since, until)) for stage in (11, 13, 12)]
    spans: list[list[date]] = []
    day = since
    while day <= until:
        starts = {"day": True, "week": day.weekday() == 6, "month": day.day == 1}[group_by]
        if starts or day == since:
            spans.append([day, day])
        spans[-1][1] = day
        day += timedelta(days=1)
    return [(first.isoformat(), count(deals, first, last)) for first, last in spans]


@st.composite
def businesses(draw: st.DrawFn) -> list[Deal]:
    rows = []
    for number in range(1, draw(st.integers(0, 25)) + 1):
        created = START + timedelta(days=draw(st.integers(0, 60)))
        status = draw(st.sampled_from(["open", "won", "lost"]))
        closed = created + timedelta(days=draw(st.integers(0, 40))) if status != "open" else None
        rows.append(
            deal(
                number,
                created.isoformat(),
                status,
                closed.isoformat() if closed else None,
                agent_id=draw(st.sampled_from([None, 1, 2, 3])),
                stage_id=draw(st.sampled_from([11, 12, 13])),
                value=draw(st.none() | st.integers(-1000, 10**8).map(lambda number: Decimal(number).scaleb(-3))),
            )
        )
    return rows


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=businesses(),
    window=st.tuples(st.integers(-5, 90), st.integers(0, 60)),
    group_by=st.sampled_from(["day", "week", "month", "agent", "stage"]),
    agent_id=st.sampled_from([None, 1, 3, 77]),
)
def test_every_figure_is_what_a_straight_count_says(
    store: Deals, client: Client, *, rows: list[Deal], window: tuple[int, int], group_by: str, agent_id: int | None
) -> None:
    since = START + timedelta(days=window[0])
    until = since + timedelta(days=window[1])
    put(store, rows)
    query = f"since={since}&until={until}&group_by={group_by}" + (f"&agent_id={agent_id}" if agent_id else "")
    answer = client.answer(f"{ANALYTICS}?{query}")
    mine = [it for it in rows if agent_id in (None, it.agent_id)]
    totals = count(mine, since, until)

    assert answer["period"] == {"since": since.isoformat(), "until": until.isoformat()}
    assert {name: answer[name] for name in totals} == totals
    assert [(str(it["agent"]["id"]), it["created"], it["won"], it["value_won"]) for it in answer["by_agent"]] == [
        (key, it["total_created"], it["total_won"], it["total_value_won"])
        for key, it in expected_groups(mine, since, until, "agent")
        if key
    ]
    assert [(str(it["stage_id"]), it["count"], it["value"]) for it in answer["by_stage"]] == [
        (key, it["total_created"], it["total_value_created"])
        for key, it in expected_groups(mine, since, until, "stage")
    ]
    groups = [(it["key"], {name: it[name] for name in totals}) for it in answer["groups"]]
    assert groups == expected_groups(mine, since, until, group_by)
    for name in FIGURES:
        assert sum(Decimal(str(it[name])) for it in answer["groups"]) == Decimal(str(answer[name]))


def test_an_agent_with_only_lost_deals_is_listed(client: Client, stored: Put) -> None:
    stored([deal(1, "2026-01-01", "lost", "2026-11-20", agent_id=3), deal(2, "2026-01-01", "won", "2026-11-20")])
    answer = client.answer(ANALYTICS)
    assert [(it["agent"]["name"], it["created"], it["won"], it["value_won"]) for it in answer["by_agent"]] == [
        ("نورة القحطاني", 0, 1, 1000),
        ("Lina", 0, 0, 0),
    ]
    assert answer["by_agent"][1]["agent"] == {"id": 3, "name": "Lina", "email": None, "avatar_url": None}


def test_deals_without_an_agent_count_in_the_totals_only(client: Client, stored: Put) -> None:
    stored([deal(1, "2026-11-20", agent_id=None), deal(2, "2026-11-20")])
    answer = client.answer(f"{ANALYTICS}?group_by=agent")
    assert answer["total_created"] == 2
    assert [it["created"] for it in answer["by_agent"]] == [1]
    assert [(it["key"], it["label"], it["total_created"]) for it in answer["groups"]] == [
        ("1", "نورة القحطاني", 1),
        ("", "Unassigned", 1),
    ]


def test_groups_appear_only_when_asked_for(client: Client) -> None:
    assert "groups" not in client.answer(ANALYTICS)
    assert client.answer(f"{ANALYTICS}?group_by=agent")["groups"] == []
    assert len(client.answer(f"{ANALYTICS}?group_by=day")["groups"]) == 30


def test_another_pipeline_s_deals_stay_out(client: Client, stored: Put) -> None:
    stored([deal(1, "2026-11-20", pipeline_id=2, stage_id=21)])
    assert client.answer(ANALYTICS)["total_created"] == 0
    assert client.answer(f"{FUNNELS}/2/analytics")["total_created"] == 1


def test_numbers_are_integers_where_they_are_whole(client: Client, stored: Put) -> None:
    stored([deal(1, "2026-11-20", "won", "2026-11-20", value=Decimal("2000.000"))])
    text = client.get(ANALYTICS).text
    assert '"total_value_won":2000,' in text
    assert '"average_deal_size":2000,' in text
    assert '"conversion_rate":100,' in text


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("", "2026-10-24", "2026-11-22"),
        ("?until=2026-03-01", "2026-01-31", "2026-03-01"),
        ("?since=2026-11-01", "2026-11-01", "2026-11-22"),
        ("?since=2026-11-22", "2026-11-22", "2026-11-22"),
        ("?since=0001-01-01&until=9999-12-31", "0001-01-01", "9999-12-31"),
        ("?until=0001-01-30", "0001-01-01", "0001-01-30"),
        ("?nonsense=1&since=2026-11-02", "2026-11-02", "2026-11-22"),
        ("?since=2026-11-01&since=2026-11-02", "2026-11-02", "2026-11-22"),
    ],
)
def test_the_window_s_defaults(client: Client, query: str, since: date, until: date) -> None:
    assert client.answer(f"{ANALYTICS}{query}")["period"] == {"since": since, "until": until}


def test_today_is_the_account_s_day(store: Deals) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):  # never the same day
        client = Client(create_app(store, token=TOKEN, timezone=ZoneInfo(zone)))
        before = datetime.now(ZoneInfo(zone)).date().isoformat()
        until = client.answer(ANALYTICS)["period"]["until"]
        assert before <= until <= datetime.now(ZoneInfo(zone)).date().isoformat()


@pytest.mark.parametrize(
    ("start", "key"), [("monday", "2026-11-16"), ("saturday", "2026-11-21"), ("sunday", "2026-11-22")]
)
def test_weeks_start_when_the_account_says(store: Deals, start: str, key: str) -> None:
    answer = served(store, week_start=start).answer(f"{ANALYTICS}?group_by=week")
    assert answer["groups"][-1]["key"] == key


def test_labels_are_readable(client: Client) -> None:
    def labels(group_by: str) -> list[str]:
        answer = client.answer(f"{ANALYTICS}?since=2026-11-20&until=2026-11-24&group_by={group_by}")
        return [it["label"] for it in answer["groups"]]

    assert labels("day")[0] == "2026-11-20"
    assert labels("week") == ["2026-11-20 to 2026-11-21", "2026-11-22 to 2026-11-24"]
    assert labels("month") == ["2026-11"]
    assert labels("stage") == ["Open", "Lost", "Won"]


def test_a_series_of_too_many_groups_is_refused(client: Client) -> None:
    assert len(client.answer(f"{ANALYTICS}?since=2016-11-20&until=2027-01-06&group_by=day")["groups"]) == 3700
    for window in (
        "since=2016-11-20&until=2027-01-07&group_by=day",
        "since=0001-01-01&until=9999-12-31&group_by=month",
    ):
        response = client.get(f"{ANALYTICS}?{window}")
        assert response.status_code == 422
        assert "more than 3700 groups" in response.json()["errors"]["group_by"][0]
    assert client.answer(f"{ANALYTICS}?since=0001-01-01&until=9999-12-31&group_by=stage")["total_created"] == 0


# Pipelines, stages, cards.


def test_pipelines_in_their_order(client: Client) -> None:
    first, second = client.answer(FUNNELS)
    assert (first["name"], second["name"]) == ("Renewals", "New business")
    assert second == client.answer(f"{FUNNELS}/1")
    assert second == {
        "id": 1,
        "name": "New business",
        "description": "First deals",
        "color": "#111111",
        "position": 2,
        "is_public": True,
        "is_active": True,
        "stages_count": 3,
        "created_at": "2026-01-01T00:00:00+03:00",
        "updated_at": "2026-01-01T00:00:00+03:00",
    }


def test_stages_in_their_order(client: Client, stored: Put) -> None:
    stored([deal(1, "2026-11-20"), deal(2, "2026-11-20")])
    stages = client.answer(f"{FUNNELS}/1/stages")
    assert [(it["id"], it["position"], it["chatwoot_status"], it["cards_count"]) for it in stages] == [
        (11, 1, "open", 2),
        (13, 2, None, 0),
        (12, 3, "resolved", 0),
    ]
    assert set(stages[0]) == {
        *("id", "funnel_id", "name", "color", "position"),
        *("chatwoot_status", "cards_count", "created_at", "updated_at"),
    }


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=businesses())
def test_stats_are_what_a_straight_count_says(store: Deals, client: Client, rows: list[Deal]) -> None:
    put(store, rows)
    won = [it for it in rows if it.status == "won"]
    assert client.answer(f"{FUNNELS}/1/stats") == {
        "total_cards": len(rows),
        "total_value": float(sum(it.value or 0 for it in rows)),
        "won_cards": len(won),
        "won_value": float(sum(it.value or 0 for it in won)),
        "lost_cards": len([it for it in rows if it.status == "lost"]),
        "conversion_rate": rounded(100 * len(won), len(rows), "0.1"),
    }


def test_cards_have_every_field(client: Client, stored: Put) -> None:
    stored(
        [
            deal(1, "2026-11-20", "won", "2026-11-21", value=Decimal("12.5"), agent_id=2),
            deal(2, "2026-11-19", value=None, agent_id=None, company=None, currency=None),
        ]
    )
    bare, full = client.answer(f"{FUNNELS}/1/cards")
    assert full == {
        "id": 1,
        "funnel_id": 1,
        "funnel_stage_id": 12,
        "position": 1,
        "created_at": "2026-11-20T09:30:00+03:00",
        "updated_at": "2026-11-21T16:00:00+03:00",
        "lead": {
            "id": 1,
            "custom_name": "Deal 1",
            "status": "won",
            "lead_value": 12.5,
            "lead_currency": "SAR",
            "assigned_agent": {"id": 2, "name": "Omar", "email": "omar@example.com", "avatar_url": None},
            "company": {"id": 1, "name": "Sidra Textiles", "domain": ""},
            "custom_attributes": {"deal_id": "D1"},
            "created_at": "2026-11-20T09:30:00+03:00",
            "updated_at": "2026-11-21T16:00:00+03:00",
        },
    }
    assert bare["updated_at"] == bare["created_at"]
    lead = bare["lead"]
    assert [lead[name] for name in ("lead_value", "lead_currency", "assigned_agent", "company")] == [None] * 4


def test_cards_by_state_and_stage(client: Client, stored: Put) -> None:
    stored(
        [
            deal(1, "2026-11-20"),
            deal(2, "2026-11-19"),
            deal(3, "2026-11-18", "lost", "2026-11-20"),
            deal(4, "2026-11-18", "won", "2026-11-20"),
            deal(5, "2026-11-18", "lost", "2026-11-20", stage_id=11),
        ]
    )

    def ids(query: str) -> list[int]:
        return [it["id"] for it in client.answer(f"{FUNNELS}/1/cards{query}")]

    assert ids("") == [5, 2, 1, 3, 4]
    assert ids("?lead_status=lost") == [5, 3]
    assert ids("?lead_status=lost&stage_id=11") == [5]
    assert ids("?lead_status=snoozed") == []
    assert ids("?stage_id=21") == []
    positions = [it["position"] for it in client.answer(f"{FUNNELS}/1/cards?lead_status=open")]
    assert positions == [2, 3]  # where they lie on the board, whatever is asked for


def test_one_company_has_one_id_in_every_pipeline(client: Client, stored: Put) -> None:
    stored([deal(7, "2026-11-20"), deal(8, "2026-11-20"), deal(9, "2026-11-20", pipeline_id=2, stage_id=21)])
    cards = client.answer(f"{FUNNELS}/1/cards") + client.answer(f"{FUNNELS}/2/cards")
    assert [it["lead"]["company"]["id"] for it in cards] == [7, 7, 7]


# What is refused.


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("headers", [{}, {"api_access_token": "wrong"}, {"api_access_token": b"\xff\xfe"}])
def test_without_the_token_nothing_is_answered(client: Client, path: str, headers: dict[str, Any]) -> None:
    response = client.request(f"{FUNNELS}{path}", headers=headers)
    assert response.status_code == 401
    assert set(response.json()) == {"error"}


def test_the_token_is_asked_for_before_anything_is_told(client: Client) -> None:
    assert client.request(f"{FUNNELS}/99").status_code == 401
    assert client.request(f"{ANALYTICS}?since=x").status_code == 401


def test_a_token_beyond_ascii_works(store: Deals) -> None:
    client = Client(create_app(store, token="مفتاح", timezone=RIYADH))
    assert client.request(FUNNELS, headers={"api_access_token": "مفتاح".encode()}).status_code == 200
    assert client.request(FUNNELS, headers={"api_access_token": "key"}).status_code == 401


@pytest.mark.parametrize("wrong", [{"token": ""}, {"week_start": "friday"}])
def test_wrong_settings_are_refused(store: Deals, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        create_app(store, **({"token": TOKEN, "timezone": RIYADH} | wrong))
    assert caught.value.hint
    assert not caught.value.message.endswith(".")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/accounts/2/funnels",
        "/api/v1/accounts/-1/funnels/1/analytics",
        "/api/v1/accounts/1/contacts",
        f"{FUNNELS}/",
        *(f"{FUNNELS}/99{path[2:]}" for path in PATHS[1:]),
        f"{FUNNELS}/9223372036854775807",
        f"{FUNNELS}/0",
        "/",
        "/redoc",
    ],
)
def test_what_is_not_there(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert set(response.json()) == {"error"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_only_reading_is_allowed(client: Client, method: str) -> None:
    response = client.request(ANALYTICS, method, {"api_access_token": TOKEN})
    assert response.status_code == 405
    assert set(response.json()) == {"error"}
    assert response.headers["allow"] == "GET"


BAD_DAYS = [
    *("", "0", "1763769600", "2026-02-30", "2026-13-01", "20261122", "2026-11-22T00:00:00", "2026-11-22Z"),
    *(
        "2026-W47-7",
        "22.11.2026",
        "0000-01-01",
        "10000-01-01",
        "null",
        "%D9%A2%D9%A0%D9%A2%D9%A6-01-01",
        "2026-11-2%00",
    ),
]
BAD_IDS = ["x", "1.0", "1.5", "1e3", "1_0", "%201", "%2B1", "9223372036854775808", "-9223372036854775809", "9" * 5000]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        *((f"{ANALYTICS}?since={day}", "since") for day in BAD_DAYS),
        *((f"{ANALYTICS}?until={day}", "until") for day in BAD_DAYS),
        *((f"{ANALYTICS}?agent_id={number}", "agent_id") for number in ["", *BAD_IDS]),
        *((f"{FUNNELS}/1/cards?stage_id={number}", "stage_id") for number in BAD_IDS),
        *((f"{FUNNELS}/{number}/stats", "id") for number in BAD_IDS),
        *((f"/api/v1/accounts/{number}/funnels", "account_id") for number in BAD_IDS),
        *((f"{ANALYTICS}?group_by={group}", "group_by") for group in ("", "year", "Day", "day,week")),
        *((f"{FUNNELS}/1/cards?lead_status={status}", "lead_status") for status in ("", "Won", "closed")),
        (f"{ANALYTICS}?since=2026-11-02&until=2026-11-01", "since"),
        (f"{ANALYTICS}?since=2026-11-23", "since"),
        (f"{ANALYTICS}?until=0001-01-29", "until"),
    ],
)
def test_what_cannot_be_understood_is_named(client: Client, path: str, field: str) -> None:
    response = client.get(path)
    assert response.status_code == 422, path
    [(name, messages)] = response.json()["errors"].items()
    assert name == field
    assert len(messages) == 1


def test_every_bad_parameter_is_named_at_once(client: Client) -> None:
    response = client.get(f"{ANALYTICS}?since=x&until=y&agent_id=z&group_by=a")
    assert set(response.json()["errors"]) == {"since", "until", "agent_id", "group_by"}


def test_a_locked_database_is_answered_with_503(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    path = tmp_path / "deals.sqlite"
    with Deals.open(path) as deals:
        put(deals, [])
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        response = served(deals).get(ANALYTICS)
        other.close()
        assert response.status_code == 503
        assert response.json() == {"error": "The sandbox's database can't be read or written: database is locked."}
        assert served(deals).get(ANALYTICS).status_code == 200


# The document.


def test_the_document_needs_no_token(client: Client) -> None:
    assert client.request("/docs").status_code == 200
    assert client.request("/openapi.json").status_code == 200


def test_the_document_describes_every_operation(client: Client) -> None:
    document = client.request("/openapi.json").json()
    assert document["info"]["title"] == "Voxys Connect sandbox"
    assert document["info"]["version"] == "1.0.0"
    assert document["components"]["securitySchemes"] == {
        "api_access_token": {
            "type": "apiKey",
            "in": "header",
            "name": "api_access_token",
            "description": "A user's token.",
        }
    }
    prefix = "/api/v1/accounts/{account_id}/funnels"
    assert set(document["paths"]) == {f"{prefix}{path.replace('/1', '/{id}')}" for path in PATHS}
    for operations in document["paths"].values():
        assert set(operations) == {"get"}
        assert set(operations["get"]["responses"]) == {"200", "401", "404", "422", "503"}
        assert operations["get"]["security"] == [{"api_access_token": []}]
        assert operations["get"]["tags"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert all(schema.get("description") for schema in document["components"]["schemas"].values())


def test_answers_follow_the_document(client: Client, stored: Put) -> None:
    stored(
        [
            deal(1, "2026-11-20", "won", "2026-11-21", value=Decimal("12.5"), agent_id=3),
            deal(2, "2026-11-19", value=None, agent_id=None, company=None, currency=None),
        ]
    )
    document = client.request("/openapi.json").json()
    requests = [*PATHS, *(f"/1/analytics?group_by={group}" for group in ("day", "week", "month", "agent", "stage"))]
    refused = ["/99", "/x", "/1/analytics?since=x"]
    for path in requests + refused:
        response = client.get(f"{FUNNELS}{path}")
        template = path.split("?")[0].replace("/1", "/{id}").replace("/99", "/{id}").replace("/x", "/{id}")
        operation = document["paths"]["/api/v1/accounts/{account_id}/funnels" + template]["get"]
        schema = operation["responses"][str(response.status_code)]["content"]["application/json"]["schema"]
        checker = jsonschema.FormatChecker()
        jsonschema.Draft202012Validator({**document, **schema}, format_checker=checker).validate(response.json())


# Over a real socket, as `reports serve` would have it.


def test_a_server_in_another_thread_answers(store: Deals) -> None:
    put(store, [deal(1, "2026-11-20")])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        app = create_app(store, token=TOKEN, timezone=RIYADH, today=lambda: date(2026, 11, 22))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}{ANALYTICS}"
        try:
            assert httpx.get(url, headers={"api_access_token": TOKEN}).json()["total_created"] == 1
            assert httpx.get(url, headers=[(b"api_access_token", b"\xff")]).status_code == 401
        finally:
            server.should_exit = True
            thread.join()
