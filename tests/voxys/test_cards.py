"""Cards: what an answer has to look like, and what of it may be shown to others."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.errors import DataError
from reports.figures import Answer, Card
from reports.voxys import wire
from reports.voxys.redact import redacted
from tests.voxys.answers import ANALYTICS, changed

REQUEST = wire.cards_request(1, 3)
CARD: dict[str, Any] = {
    "id": 5,
    "funnel_id": 3,
    "funnel_stage_id": 11,
    "position": 1,
    "created_at": "2026-11-15T09:30:00.000Z",
    "updated_at": "2026-11-16T12:30:00+03:00",
    "lead": {
        "id": 50,
        "custom_name": "Sidra annual licence",
        "status": "won",
        "lead_value": "1200.50",
        "lead_currency": "SAR",
        "assigned_agent": {"id": 7, "name": "Noura", "email": "noura@example.com", "avatar_url": "https://cdn/7.png"},
        "company": {"id": 2, "name": "Sidra Textiles", "domain": "sidra.example"},
        "custom_attributes": {"deal_id": "D-77", "Mobile of Ahmed": 966501234567},
        "created_at": "2026-11-15T09:30:00Z",
        "updated_at": "2026-11-17T00:00:00Z",
    },
}


def read(body: object) -> tuple[Card, ...]:
    return wire.read_cards(REQUEST, wire.decode(REQUEST, json.dumps(body).encode()))


def test_a_card_is_understood_and_changed_when_its_lead_was() -> None:
    assert REQUEST.path == "/api/v1/accounts/1/funnels/3/cards"
    made, updated = datetime(2026, 11, 15, 9, 30, tzinfo=UTC), datetime(2026, 11, 17, tzinfo=UTC)
    assert read([CARD]) == (
        Card(5, made, updated, 11, "won", Decimal("1200.5"), "SAR", "Sidra annual licence", "Noura", 7),
    )
    (alone,) = read([changed("lead.updated_at", ..., CARD)])
    assert alone.changed_at == datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
    (older,) = read([CARD | {"created_at": "2026-12-01T00:00:00Z"}])
    assert older.changed_at == older.created_at


@pytest.mark.parametrize(("value", "code"), [(None, None), ("", None), (" sar ", "SAR")])
def test_a_card_may_be_without_value_and_currency(value: str | None, code: str | None) -> None:
    (card,) = read([changed("lead.lead_currency", value, changed("lead.lead_value", None, CARD))])
    assert (card.value, card.currency) == (None, code)


@pytest.mark.parametrize("nothing", [None, ...])
def test_a_card_may_be_without_name_and_owner(nothing: object) -> None:
    (card,) = read([changed("lead.custom_name", nothing, changed("lead.assigned_agent", nothing, CARD))])
    assert (card.name, card.owner) == ("", None)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("custom_name", 7),
        ("custom_name", ["x"]),
        ("assigned_agent", "Noura"),
        ("assigned_agent", {"id": 7}),
        ("assigned_agent.name", None),
        ("assigned_agent.name", 7),
    ],
)
def test_a_name_or_owner_that_is_something_else_is_refused(field: str, wrong: object) -> None:
    with pytest.raises(DataError, match=f"0.lead.{field}"):
        read([changed(f"lead.{field}", wrong, CARD)])


def test_a_board_may_hold_thousands_of_cards() -> None:
    found = read([CARD | {"id": number} for number in range(3000)])
    assert [card.id for card in found] == list(range(3000))


def test_cards_can_be_asked_for_by_their_state() -> None:
    assert wire.cards_request(1, 3, "open").query == {"lead_status": "open"}
    assert REQUEST.query == {}


NEEDED = (
    *("id", "created_at", "updated_at", "funnel_stage_id"),
    *("lead", "lead.status", "lead.lead_value", "lead.lead_currency"),
)


@pytest.mark.parametrize("field", NEEDED)
def test_a_field_that_is_missing_or_wrong_is_refused_by_its_name(field: str) -> None:
    with pytest.raises(DataError, match=f"0.{field} is missing"):
        read([changed(field, ..., CARD)])
    for wrong in (True, [], {"x": 1} if field != "lead" else "x", "soon" if "currency" not in field else 3):
        with pytest.raises(DataError, match=f"0.{field}"):
            read([changed(field, wrong, CARD)])


@pytest.mark.parametrize("field", ["created_at", "updated_at", "lead.updated_at"])
@pytest.mark.parametrize("value", ["2026-11-15", 1763200000, "1763200000", "2026-02-30T00:00:00Z", "2026-11-15T25:00"])
def test_a_time_has_to_say_the_hour(field: str, value: object) -> None:
    with pytest.raises(DataError, match="should be a time"):
        read([changed(field, value, CARD)])


def test_a_time_without_an_offset_is_utc() -> None:
    (card,) = read([CARD | {"created_at": "2026-11-15 09:30:00"}])
    assert card.created_at == datetime(2026, 11, 15, 9, 30, tzinfo=UTC)


def test_a_card_is_listed_once() -> None:
    with pytest.raises(DataError, match="twice"):
        read([CARD, CARD])


SECRETS = (
    *("Sidra", "Noura", "noura@", "cdn", "sidra.example", "D-77", "Ahmed", "966501234567", "القحطاني", "hunter2"),
    *("noura@example.com", "New business"),
)


def test_a_redacted_answer_keeps_numbers_and_days_alone() -> None:
    body = [CARD | {"phone": 966501234567, "echo": "hunter2", "Ahmed": 1, "notes": [{"id": "Sidra", "name": "x"}]}]
    said = json.dumps(
        [one.body for one in redacted([Answer("/cards", {}, body), Answer("/analytics", {}, ANALYTICS)])],
        ensure_ascii=False,
    )
    assert [one for one in SECRETS if one in said] == []
    card, figures = json.loads(said)
    assert card[0]["created_at"] == CARD["created_at"]
    assert (card[0]["id"], card[0]["funnel_stage_id"], card[0]["lead"]["status"]) == (5, 11, "won")
    assert (card[0]["lead"]["lead_value"], card[0]["lead"]["lead_currency"]) == ("1200.50", "SAR")
    assert card[0]["lead"]["assigned_agent"] == {"id": 7, "name": "(text)", "email": "(text)", "avatar_url": "(text)"}
    assert card[0]["lead"]["custom_attributes"] == "(object)"
    assert (card[0]["phone"], card[0]["notes"], card[0]["(name)"]) == ("(number)", "(list)", "(number)")
    assert figures["period"] == ANALYTICS["period"]
    assert figures["by_stage"] == [{"stage_id": 11, "stage_name": "(text)", "count": 20, "value": 100000}]


texts = st.text(alphabet="abcdefgh@.:/ ", min_size=4, max_size=20).map(lambda text: f"SECRET{text}")
keys = st.sampled_from(["id", "name", "lead", "status", "created_at", "value", "lead_currency", "company", "x"])
bodies = st.recursive(texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4))


@given(bodies)
def test_no_text_survives_wherever_it_stands(body: object) -> None:
    (found,) = redacted([Answer("/cards", {}, body)])
    assert "SECRET" not in json.dumps(found.body)


def test_redacting_changes_no_time_by_an_hour() -> None:
    for shift in range(-12, 15):
        moment = datetime(2026, 11, 15, tzinfo=UTC).astimezone(timezone(timedelta(hours=shift)))
        (found,) = redacted([Answer("/x", {}, {"created_at": moment.isoformat()})])
        assert found.body == {"created_at": moment.isoformat()}
