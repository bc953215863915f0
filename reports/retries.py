"""When to try again what failed for now."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST = timedelta(minutes=1)
LONGEST = timedelta(hours=1)


def pause(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: a minute, then twice as long each time, an hour at most."""
    doubled: int = 2 ** min(max(attempts - 1, 0), 10)
    return min(FIRST * doubled, LONGEST)


def next_try(now: datetime, attempts: int, end: datetime) -> datetime | None:
    """Return when to try again; the last time is at the end of the span, and after that never (None)."""
    return None if now >= end else min(now + pause(attempts), end)


def span_end(first_at: datetime, span: timedelta, following: datetime | None) -> datetime:
    """Return until when a slot is tried: so long after its first attempt, but not when the following one is due."""
    end = first_at + span
    return end if following is None else min(end, following)
