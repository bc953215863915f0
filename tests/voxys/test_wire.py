"""What an answer has to look like, and what it then means."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reports.errors import DataError, SourceDenied, SourceError, SourceRejected, SourceUnavailable
from reports.figures import Agent, AgentFigures, Figures, Stage, StageFigures, Window
from reports.voxys import wire
from tests.voxys.answers import ANALYTICS, PIPELINE, STAGES, WEEK, analytics, changed

REQUEST = wire.analytics_request(1, 3, WEEK)
NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
RIYADH = ZoneInfo("Asia/Riyadh")
COUNTS = ("total_created", "total_won", "total_lost", "by_agent.0.created", "by_agent.0.won", "by_stage.0.count")
IDS = ("by_agent.0.agent.id", "by_stage.0.stage_id")
MONEY = ("total_value_created", "total_value_won", "by_agent.0.value_won", "by_stage.0.value")
NULLABLE_NUMBERS = ("average_deal_size", "conversion_rate")
TEXTS = ("by_agent.0.agent.name", "by_stage.0.stage_name")
NULLABLE_TEXTS = ("by_agent.0.agent.email", "by_agent.0.agent.avatar_url")
DATES = ("period.since", "period.until")
TABLES = ("period", "by_agent", "by_stage", "by_agent.0", "by_stage.0")
NUMBERS = (*COUNTS, *IDS, *MONEY, *NULLABLE_NUMBERS)
NULLABLE = (*NULLABLE_NUMBERS, *NULLABLE_TEXTS, "by_agent.0.agent")
FIELDS = (*NUMBERS, *TEXTS, *NULLABLE_TEXTS, *DATES, *TABLES, "by_agent.0.agent")
NO_NUMBERS = ("abc", "", " 1", "1,000", "0x10", "NaN", "Infinity", "1e999", "--1", True, False, [], {}, [1], 10**16)


def read(body: object) -> Window:
    """Read a body as it comes over the wire."""
    return wire.read_window(REQUEST, WEEK, wire.decode(REQUEST, json.dumps(body).encode()))


def refused(body: object) -> str:
    with pytest.raises(DataError) as raised:
        read(body)
    assert raised.value.permanent
    assert raised.value.hint
    return raised.value.message


def test_the_answer_of_the_reference_is_understood() -> None:
    assert read(ANALYTICS) == Window(
        WEEK,
        Figures(30, 10, 4, Decimal(150000), Decimal(60000)),
        (AgentFigures(Agent(7, "نورة القحطاني", "noura@example.com"), 12, 6, Decimal("40000.5")),),
        (StageFigures(11, "New", 20, Decimal(100000)),),
        stated_rate=Decimal("33.3"),
        stated_size=Decimal(6000),
    )


def test_decimals_are_exact() -> None:
    body = b'{"value": 0.1, "large": 123456789012.345678}'
    assert wire.decode(REQUEST, body) == {"value": Decimal("0.1"), "large": Decimal("123456789012.345678")}


def test_both_ends_of_the_window_are_always_sent() -> None:
    assert REQUEST.path == "/api/v1/accounts/1/funnels/3/analytics"
    assert REQUEST.query == {"since": "2026-11-15", "until": "2026-11-21"}


@pytest.mark.parametrize("field", [one for one in FIELDS if not one.endswith(".0")])
def test_a_missing_field_is_refused_by_its_name(field: str) -> None:
    assert f"{field} is missing" in refused(changed(field, ...))


@pytest.mark.parametrize("field", [one for one in FIELDS if one not in NULLABLE])
def test_null_is_refused_where_it_means_nothing(field: str) -> None:
    assert f"{field} is null" in refused(changed(field, None))


DENOMINATORS = {"average_deal_size": "total_won", "conversion_rate": "total_created"}


@pytest.mark.parametrize("field", NULLABLE)
def test_null_is_accepted_where_it_means_none(field: str) -> None:
    body = changed(field, None)
    if field in DENOMINATORS:
        assert "although there are" in refused(body)  # there is something to divide by
        body[DENOMINATORS[field]] = 0
    assert read(body).figures.value_won == read(ANALYTICS).figures.value_won


@pytest.mark.parametrize("field", NUMBERS)
@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_what_is_no_number_is_refused(field: str, value: object) -> None:
    assert f"{field} " in refused(changed(field, value))


@pytest.mark.parametrize("field", [*COUNTS, *IDS])
@pytest.mark.parametrize("value", [-1, 1.5, "2.5", "-3", 1e-9], ids=repr)
def test_a_count_is_whole_and_not_negative(field: str, value: object) -> None:
    assert f"{field} should be a whole number" in refused(changed(field, value))


@pytest.mark.parametrize("field", [*TEXTS, *NULLABLE_TEXTS])
@pytest.mark.parametrize("value", [3, 1.5, True, [], {}], ids=repr)
def test_a_text_is_a_text(field: str, value: object) -> None:
    assert f"{field} input should be a valid string" in refused(changed(field, value))


@pytest.mark.parametrize("field", DATES)
@pytest.mark.parametrize(
    "value", [20261115, "", "15.11.2026", "2026-11-15T00:00:00Z", "2026-02-30", "20261115", [], True], ids=repr
)
def test_a_date_is_a_date(field: str, value: object) -> None:
    assert f"{field} " in refused(changed(field, value))


@pytest.mark.parametrize("field", [*TABLES, "by_agent.0.agent"])
@pytest.mark.parametrize("value", ["x", 3, True], ids=repr)
def test_a_table_is_a_table(field: str, value: object) -> None:
    assert f"{field} " in refused(changed(field, value))


@pytest.mark.parametrize("body", [None, [], "x", 3, True, [ANALYTICS]], ids=repr)
def test_a_body_that_is_no_object_is_refused(body: object) -> None:
    assert "the answer" in refused(body)


def test_many_problems_are_counted_and_not_all_listed() -> None:
    message = refused({})
    assert message.count("is missing") == wire.MOST_PROBLEMS
    assert message.endswith(" and 5 more")


@pytest.mark.parametrize(("field", "text"), [(one, "13.0") for one in COUNTS] + [(one, "-60000.25") for one in MONEY])
def test_numbers_may_be_written_as_texts(field: str, text: str) -> None:
    assert read(changed(field, text)) == read(changed(field, float(text)))
    assert read(changed(field, text)) != read(ANALYTICS)


def test_fields_we_do_not_know_are_none_of_our_business() -> None:
    body = analytics(groups=[{"key": 1e300}], total_snoozed="x")
    body["by_agent"][0]["agent"]["role"] = None
    body["by_stage"][0]["color"] = "#123456"
    assert read(body) == read(ANALYTICS)


def test_an_agent_of_null_has_the_deals_that_nobody_owns() -> None:
    assert read(changed("by_agent.0.agent", None)).agents == (AgentFigures(None, 12, 6, Decimal("40000.5")),)


def test_negative_money_is_a_credit_note() -> None:
    assert read(analytics(total_value_won=-250.75)).figures.value_won == Decimal("-250.75")


def test_the_noise_of_doubles_is_nothing() -> None:
    window = read(analytics(total_value_won=0.1 + 0.2 - 0.3, total_value_created=0.1 + 0.2))
    assert (window.figures.value_won, window.figures.value_created) == (0, Decimal("0.3"))


def test_a_number_too_small_to_be_one_is_nothing() -> None:
    body = wire.decode(REQUEST, json.dumps(ANALYTICS).replace('won": 60000', 'won": 1e-99999999').encode())
    assert wire.read_window(REQUEST, WEEK, body).figures.value_won == 0


@pytest.mark.parametrize("field", ["by_agent", "by_stage"])
def test_an_entry_listed_twice_is_refused(field: str) -> None:
    rows = ANALYTICS[field] * 2  # type: ignore[operator]
    assert f"the same entry of {field} twice" in refused(analytics(**{field: rows}))


def test_two_rows_without_an_agent_are_refused() -> None:
    row = changed("by_agent.0.agent", None)["by_agent"][0]
    assert "twice" in refused(analytics(by_agent=[row, row]))


@pytest.mark.parametrize("field", DATES)
@pytest.mark.parametrize("day", ["2026-11-14", "2026-11-22", "2025-11-15"])
def test_an_answer_for_another_period_is_refused(field: str, day: str) -> None:
    message = refused(changed(field, day))
    assert "for another period" in message
    assert day in message
    assert "pipeline 3, 2026-11-15 to 2026-11-21" in message


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<!DOCTYPE html><html></html>", "a web page"),
        (b"\n  <html>", "a web page"),
        (b"", "something that isn't JSON"),
        (b"null ,", "something that isn't JSON"),
        (b"\xff\xfe\xfa", "something that isn't JSON"),
        (b"[" * 100_000, "something that isn't JSON"),
        (b"1" * 5000, "something that isn't JSON"),
        (b'{"a": NaN}', "something that isn't JSON"),
        (b'{"a": [Infinity]}', "something that isn't JSON"),
        (b"-Infinity", "something that isn't JSON"),
    ],
    ids=range(10),
)
def test_what_is_not_json_is_refused(content: bytes, what: str) -> None:
    with pytest.raises(DataError, match=what) as raised:
        wire.decode(REQUEST, content)
    assert REQUEST.about in raised.value.message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(FIELDS), json_values)
@example("total_value_won", 1e300)
@example("total_won", 10**400)
@example("total_value_won", "\u0661\u0662")
def test_any_value_anywhere_is_understood_or_refused(field: str, value: Any) -> None:
    try:
        window = read(changed(field, value))
    except DataError as error:
        assert error.message  # noqa: PT017 - either is right, and nothing else may come
    else:
        figures = window.figures
        assert min(figures.created, figures.won, figures.lost) >= 0
        assert figures.value_won.is_finite()


@given(json_values)
def test_any_body_is_understood_or_refused(body: Any) -> None:
    for reader in (
        lambda: wire.read_window(REQUEST, WEEK, body),
        lambda: wire.read_pipeline(REQUEST, RIYADH, body),
        lambda: wire.read_pipelines(REQUEST, RIYADH, body),
        lambda: wire.read_stages(REQUEST, body),
    ):
        try:
            reader()
        except DataError as error:
            assert error.message  # noqa: PT017 - as above


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-01-01T20:59:59.999Z", date(2026, 1, 1)),
        ("2026-01-01T21:00:00Z", date(2026, 1, 2)),
        ("2026-01-01T21:00:00", date(2026, 1, 2)),
        ("2026-01-02T00:30:00+03:00", date(2026, 1, 2)),
        ("2026-01-01T23:30:00-05:00", date(2026, 1, 2)),
    ],
)
def test_a_pipeline_begins_on_the_accounts_day(moment: str, day: date) -> None:
    found = wire.read_pipeline(REQUEST, RIYADH, PIPELINE | {"created_at": moment})
    assert (found.id, found.name, found.created_on, found.stages) == (3, "New business", day, ())


@pytest.mark.parametrize(
    ("moment", "zone", "year"),
    [("0001-01-01T00:00:00Z", "America/New_York", 1), ("9999-12-31T23:59:59Z", "Asia/Riyadh", 9999)],
)
def test_the_first_and_the_last_moment_there_is_are_days_too(moment: str, zone: str, year: int) -> None:
    found = wire.read_pipeline(REQUEST, ZoneInfo(zone), PIPELINE | {"created_at": moment})
    assert found.created_on is not None
    assert found.created_on.year == year


@pytest.mark.parametrize("field", ["id", "name", "created_at"])
@pytest.mark.parametrize("value", [..., None, [], ""], ids=repr)
def test_a_pipeline_without_what_it_needs_is_refused(field: str, value: object) -> None:
    if (field, value) == ("name", ""):
        return
    with pytest.raises(DataError, match=field):
        wire.read_pipeline(REQUEST, RIYADH, changed(field, value, PIPELINE))


def test_pipelines_come_in_the_sources_order_and_each_once() -> None:
    rows = [PIPELINE | {"id": number} for number in (3, 1, 2)]
    assert [one.id for one in wire.read_pipelines(REQUEST, RIYADH, rows)] == [3, 1, 2]
    with pytest.raises(DataError, match="twice"):
        wire.read_pipelines(REQUEST, RIYADH, [*rows, PIPELINE])


def test_stages_stand_by_their_position() -> None:
    assert wire.read_stages(REQUEST, STAGES) == (Stage(11, "New"), Stage(12, "Won"))
    same = [{"id": number, "name": "x", "position": 1} for number in (5, 4)]
    assert [one.id for one in wire.read_stages(REQUEST, same)] == [4, 5]
    with pytest.raises(DataError, match="twice"):
        wire.read_stages(REQUEST, STAGES + STAGES)


@pytest.mark.parametrize(
    ("status", "kind", "permanent", "text"),
    [
        (401, SourceDenied, True, "refused the token"),
        (403, SourceDenied, True, "refused the token"),
        (404, SourceDenied, True, "doesn't know pipeline 3"),
        (301, SourceRejected, True, "redirects elsewhere"),
        (308, SourceRejected, True, "redirects elsewhere"),
        (422, SourceError, True, "failed on pipeline 3"),
        (500, SourceError, True, "failed on pipeline 3"),
        (204, SourceError, True, "failed on pipeline 3"),
        *((one, SourceUnavailable, False, "overloaded or down") for one in (429, 502, 503, 504)),
    ],
)
def test_every_refusal_has_its_meaning(status: int, kind: type[SourceError], permanent: bool, text: str) -> None:
    error = wire.refusal(REQUEST, status, b"")
    assert type(error) is kind
    assert error.permanent is permanent
    assert text in error.message
    assert str(status) in error.message
    assert error.hint


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"error": "Invalid access token"}', '(it answered 401: "Invalid access token")'),
        ('{"errors": {"since": ["غير صالح"]}}'.encode(), '(it answered 401: "{"since": ["غير صالح"]}")'),
        (b'{"error": "two\\nlines\\u202e"}', '(it answered 401: "two lines ")'),
        (b"<html>", "(it answered 401)"),
        (b"", "(it answered 401)"),
        (b'["error"]', "(it answered 401)"),
        (b'{"error": ""}', "(it answered 401)"),
        (b"[" * 100_000, "(it answered 401)"),
    ],
    ids=range(8),
)
def test_the_servers_own_words_are_repeated_on_one_line(content: bytes, said: str) -> None:
    assert said in wire.refusal(REQUEST, 401, content).message


def test_the_servers_words_are_cut() -> None:
    message = wire.refusal(REQUEST, 404, json.dumps({"error": "x" * 10_000}).encode()).message
    assert "x" * 200 in message
    assert "x" * 201 not in message


def test_a_token_that_the_server_repeats_is_left_out() -> None:
    content = json.dumps({"error": f"{'x' * 190} hunter2-5f0c1b is invalid"}).encode()
    message = wire.refusal(REQUEST, 401, content, "hunter2-5f0c1b").message
    assert "hunter2" not in message
    assert "(the" in message


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        (" 120 ", 120),
        ("9" * 400, 999_999_999),
        ("Sun, 22 Nov 2026 06:00:30 GMT", 30),
        ("Sun, 22 Nov 2026 06:00:30", 30),
        ("Sun, 22 Nov 2026 09:00:30 +0300", 30),
        ("Sun, 22 Nov 2026 05:00:00 GMT", 0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("\u0663", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert wire.retry_after(header, NOW) == seconds


@given(st.text(alphabet="0123456789 :,+-GMTSunNov", max_size=40))
def test_any_retry_after_is_a_wait_or_nothing(header: str) -> None:
    found = wire.retry_after(header, NOW)
    assert found is None or 0 <= found < float("inf")
