"""What becomes of a slot after an attempt: it has ended, or it is tried again later."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports.errors import DataError
from reports.ledger.values import DeliveryState, SlotState
from reports.retries import next_try

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reports.errors import ReportsError
    from reports.ledger.values import Delivery

HAVE_IT = "everybody has this period already"
WORDS = {  # the order in which a reader wants to know
    DeliveryState.SENT: "sent",
    DeliveryState.FAILED: "failed",
    DeliveryState.UNKNOWN: "unknown",
    DeliveryState.PENDING: "still to be sent",
    DeliveryState.SENDING: "being sent",
}


@dataclass(frozen=True)
class Ended:
    """The slot has ended."""

    state: SlotState
    reason: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Later:
    """The slot is tried again."""

    at: datetime
    reason: str
    hint: str = ""


def after_error(error: ReportsError, attempts: int, now: datetime, end: datetime) -> Ended | Later:
    """Return what follows from an attempt that failed as a whole; figures that contradict each other may settle."""
    passing = not error.permanent or isinstance(error, DataError)
    at = next_try(now, attempts, end) if passing else None
    if at is not None:
        return Later(at, error.message, error.hint)
    return Ended(SlotState.FAILED, error.message, error.hint)


def after_death(attempts: int, reason: str, now: datetime, end: datetime) -> Ended | Later:
    """Return what follows when the process died: once it is tried again at once, then as after any other failure."""
    if attempts <= 1:
        return Later(now, reason)
    at = next_try(now, attempts, end)
    return Ended(SlotState.FAILED, reason) if at is None else Later(at, reason)


def after_dispatch(deliveries: Sequence[Delivery], attempts: int, now: datetime, end: datetime) -> Ended | Later:
    """Return what follows from what became of the messages of a slot's edition."""
    counts = Counter(one.state for one in deliveries)
    if not deliveries:
        return Ended(SlotState.SKIPPED, HAVE_IT)
    if counts[DeliveryState.SENT] == len(deliveries):
        return Ended(SlotState.SENT)
    in_hand = counts[DeliveryState.PENDING] + counts[DeliveryState.SENDING]  # somebody may be sending it by hand
    if in_hand and (at := next_try(now, attempts, end)) is not None:
        return Later(at, summary(deliveries))
    return Ended(SlotState.FAILED, summary([_given_up(one) for one in deliveries]))


def without_anybody(standing: Sequence[Delivery], attempts: int, now: datetime, end: datetime) -> Ended | Later:
    """Return what follows where nobody is left to send a period to: they have it, may have it, or get it right now."""
    states = {one.state for one in standing}
    if states & {DeliveryState.PENDING, DeliveryState.SENDING}:
        return after_dispatch(standing, attempts, now, end)
    if states <= {DeliveryState.SENT}:
        return Ended(SlotState.SKIPPED, HAVE_IT)
    return Ended(SlotState.SKIPPED, f"nobody is left to send it to: {summary(standing)}")


def _given_up(delivery: Delivery) -> Delivery:
    """Return how a delivery stands where nothing is tried again."""
    return replace(delivery, state=DeliveryState.FAILED) if delivery.state is DeliveryState.PENDING else delivery


def summary(deliveries: Sequence[Delivery]) -> str:
    """Return `2 of 3 sent, 1 unknown`."""
    counts = Counter(one.state for one in deliveries)
    said = [
        f"{counts[state]} {word}" for state, word in WORDS.items() if counts[state] and state is not DeliveryState.SENT
    ]
    return ", ".join([f"{counts[DeliveryState.SENT]} of {len(deliveries)} sent", *said])
