from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reports.retries import FIRST, LONGEST, next_try, pause, span_end

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
spans = st.timedeltas(timedelta(), timedelta(days=3))
attempts = st.integers(1, 10_000)


def test_the_pauses_of_the_first_attempts() -> None:
    assert [pause(one) // timedelta(minutes=1) for one in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


@given(attempts)
def test_pauses_grow_up_to_an_hour(count: int) -> None:
    assert FIRST <= pause(count) <= pause(count + 1) <= LONGEST


@given(instants, attempts, instants)
def test_the_next_try_is_later_and_never_beyond_the_span(now: datetime, count: int, end: datetime) -> None:
    at = next_try(now, count, end)
    assert (at is None) == (now >= end)
    assert at is None or now < at <= end


@given(instants, spans)
def test_tries_come_to_an_end_exactly_at_the_end_of_the_span(first: datetime, span: timedelta) -> None:
    now, end, count = first, first + span, 1
    while (at := next_try(now, count, end)) is not None:
        now, count = at, count + 1
    assert now == end
    assert count <= span // LONGEST + 9


@given(instants, spans, st.none() | instants)
def test_a_span_ends_where_the_following_slot_begins(
    first: datetime, span: timedelta, following: datetime | None
) -> None:
    end = span_end(first, span, following)
    assert end <= first + span
    assert following is None or end <= following
    assert end in {first + span, following}
