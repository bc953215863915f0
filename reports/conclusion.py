"""What becomes of a slot after an attempt: it has ended, or it is tried again later."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports.errors import DataError, ReportsError
from reports.figures import WHOLE
from reports.ledger.values import DeliveryState, SlotState
from reports.retries import next_try

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reports.ledger.values import Delivery

HAVE_IT = "everybody has this period already"
WORDS = {  # the order in which a reader wants to know
    DeliveryState.SENT: "sent",
    DeliveryState.FAILED: "failed",
    DeliveryState.UNKNOWN: "unknown",
    DeliveryState.PENDING: "still to be sent",
    DeliveryState.SENDING: "being sent",
    DeliveryState.SKIPPED: "skipped",
}


@dataclass(frozen=True)
class Ended:
    """The slot has ended."""

    state: SlotState
    reason: str = ""
    hint: str = ""
    unmet: bool = False  # skipped, since no condition was met


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
    """Return what follows from what became of the messages of a slot's editions; whoever is skipped needs nothing."""
    counts = Counter(one.state for one in deliveries)
    if not deliveries:
        return Ended(SlotState.SKIPPED, HAVE_IT)
    skipped = counts[DeliveryState.SKIPPED]
    if skipped == len(deliveries):
        return Ended(SlotState.SKIPPED, f"nobody is left to send it to: {summary(deliveries)}")
    if counts[DeliveryState.SENT] + skipped == len(deliveries):
        return Ended(SlotState.SENT, summary(deliveries) if skipped else "")
    in_hand = counts[DeliveryState.PENDING] + counts[DeliveryState.SENDING]  # somebody may be sending it by hand
    if in_hand and (at := next_try(now, attempts, end)) is not None:
        return Later(at, summary(deliveries))
    return Ended(SlotState.FAILED, summary([_given_up(one) for one in deliveries]))


def both(one: Ended | Later, other: Ended | Later) -> Ended | Later:
    """Return what follows from two things that became of a slot: it ends when both have ended, and badly if one did."""
    said = "; ".join(each.reason for each in (one, other) if each.reason)
    again = [each.at for each in (one, other) if isinstance(each, Later)]
    hint = one.hint or other.hint
    if again:
        return Later(min(again), said, hint)
    states = {each.state for each in (one, other) if isinstance(each, Ended)}
    return Ended(SlotState.FAILED if SlotState.FAILED in states else SlotState.SENT, said, hint)


def together(failed: Sequence[tuple[str, str, ReportsError]]) -> ReportsError:
    """Return the errors of cuts (name, for whom, why) as one; trying again helps if it may help one of them."""
    cut, who, first = failed[0]
    passing = any(not error.permanent or isinstance(error, DataError) for *_, error in failed)
    if cut == WHOLE.name and len(failed) == 1:
        return first
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    message = f"{cut}{f', {who},' if who not in {'', cut} else ''} couldn't be made{more}: {first.message}"
    return ReportsError(message, hint=first.hint, permanent=not passing)


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
    """Return `2 of 3 sent, 1 unknown`; those who are skipped are not among the three."""
    counts = Counter(one.state for one in deliveries)
    said = [
        f"{counts[state]} {word}" for state, word in WORDS.items() if counts[state] and state is not DeliveryState.SENT
    ]
    wanted = len(deliveries) - counts[DeliveryState.SKIPPED]
    if deliveries and not wanted:
        return ", ".join(said)
    return ", ".join([f"{counts[DeliveryState.SENT]} of {wanted} sent", *said])
