from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.conclusion import Ended, Later, after_death, after_dispatch, after_error, summary
from reports.errors import DataError, DeliveryError, ReportsError, SourceDenied, SourceUnavailable
from reports.ledger.values import Delivery, DeliveryState, SlotState

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
END = NOW + timedelta(hours=6)
SENT, FAILED, UNKNOWN, PENDING, SENDING = (
    DeliveryState.SENT,
    DeliveryState.FAILED,
    DeliveryState.UNKNOWN,
    DeliveryState.PENDING,
    DeliveryState.SENDING,
)
SKIPPED = DeliveryState.SKIPPED
states = st.lists(st.sampled_from(DeliveryState), max_size=6)
attempts = st.integers(1, 50)
ends = st.timedeltas(timedelta(days=-1), timedelta(days=1)).map(lambda one: NOW + one)
errors = st.builds(ReportsError, st.just("it failed"), permanent=st.booleans()) | st.builds(DataError, st.just("odd"))


def delivery(number: int, state: DeliveryState) -> Delivery:
    address = f"r{number}@example.com"
    subject = "weekly:2026-11-15:2026-11-21:all"
    return Delivery(
        id=number,
        edition=f"{subject}:r1",
        subject=subject,
        recipient=address,
        mailbox=address,
        send=1,
        state=state,
        detail="",
        permanent=False,
        attempts=1,
        worker=None,
        started_at=None,
        ended_at=None,
        resolved_at=None,
        role="to",
        together=False,
    )


def deliveries(*states: DeliveryState) -> list[Delivery]:
    return [delivery(number, state) for number, state in enumerate(states, 1)]


def sound(outcome: Ended | Later, end: datetime) -> None:
    """Expect an end, or a later instant within the span; and a reason unless all is well."""
    if isinstance(outcome, Later):
        assert NOW < outcome.at <= end
    assert outcome.reason or outcome == Ended(SlotState.SENT)


@given(states, attempts, ends)
def test_after_messages_a_slot_ends_or_is_tried_again_within_the_span(
    found: list[DeliveryState], count: int, end: datetime
) -> None:
    outcome = after_dispatch(deliveries(*found), count, NOW, end)
    sound(outcome, end)
    if isinstance(outcome, Later):
        assert {PENDING, DeliveryState.SENDING} & set(found), "nothing is tried again unless something is left to send"
    elif outcome.state is SlotState.SENT:
        assert SENT in found
        assert set(found) <= {SENT, SKIPPED}
    elif outcome.state is SlotState.SKIPPED:
        assert set(found) <= {SKIPPED}
    else:
        assert set(found) - {SENT, SKIPPED}
    if PENDING in found and end > NOW:
        assert isinstance(outcome, Later), "whoever can still get it isn't given up for somebody who can't"


@given(states)
def test_a_summary_counts_everybody_once(found: list[DeliveryState]) -> None:
    said = summary(deliveries(*found))
    counted = Counter(found)
    wanted = len(found) - counted[SKIPPED]
    assert said.startswith(f"{counted[SENT]} of {wanted} sent" if wanted or not found else f"{len(found)} skipped")
    assert sum(int(part.split()[0]) for part in said.split(", ")) == len(found)


def test_a_summary_in_words() -> None:
    assert summary(deliveries(SENT, UNKNOWN, SENT)) == "2 of 3 sent, 1 unknown"
    assert summary(deliveries(PENDING, FAILED, FAILED)) == "0 of 3 sent, 2 failed, 1 still to be sent"
    assert summary(deliveries(SENT, SKIPPED, SENT, SENT)) == "3 of 3 sent, 1 skipped"
    assert summary(deliveries(SKIPPED, SKIPPED)) == "2 skipped"


def test_whoever_is_skipped_needs_nothing() -> None:
    assert after_dispatch(deliveries(SENT, SKIPPED), 1, NOW, END) == Ended(SlotState.SENT, "1 of 1 sent, 1 skipped")
    nobody = Ended(SlotState.SKIPPED, "nobody is left to send it to: 1 skipped")
    assert after_dispatch(deliveries(SKIPPED), 1, NOW, END) == nobody
    assert after_dispatch(deliveries(SKIPPED, FAILED), 1, NOW, END).reason == "0 of 1 sent, 1 failed, 1 skipped"


@given(errors, attempts, ends)
def test_after_an_error_a_slot_fails_or_is_tried_again_within_the_span(
    error: ReportsError, count: int, end: datetime
) -> None:
    outcome = after_error(error, count, NOW, end)
    sound(outcome, end)
    assert outcome.reason == error.message
    assert isinstance(outcome, Later) == (end > NOW and (isinstance(error, DataError) or not error.permanent))


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (SourceUnavailable("503"), True),
        (SourceDenied("401"), False),
        (DataError("won and lost are more than all"), True),
        (DeliveryError("535"), False),
        (DeliveryError("nobody there", permanent=False), True),
    ],
)
def test_what_is_tried_again(error: ReportsError, again: bool) -> None:
    assert isinstance(after_error(error, 1, NOW, END), Later) == again


@given(attempts, ends)
def test_after_a_death_a_slot_is_tried_at_once_then_as_after_other_failures(count: int, end: datetime) -> None:
    outcome = after_death(count, "it died", NOW, end)
    if count == 1:
        assert outcome == Later(NOW, "it died")
    else:
        sound(outcome, end)
        assert isinstance(outcome, Later) == (end > NOW)


def test_a_slot_with_nobody_left_to_send_to_is_skipped() -> None:
    assert after_dispatch((), 1, NOW, END) == Ended(SlotState.SKIPPED, "everybody has this period already")
