"""Windows are cut into whole, clipped buckets."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.sandbox.groups import GroupBy, buckets, label

SERIES = [GroupBy.DAY, GroupBy.WEEK, GroupBy.MONTH]


@settings(deadline=None)  # a busy machine is no error
@given(
    since=st.dates(),
    length=st.integers(0, 800),
    unit=st.sampled_from(SERIES),
    first_weekday=st.sampled_from([0, 5, 6]),
)
def test_buckets_cover_the_window_without_gap_or_overlap(
    since: date, length: int, unit: GroupBy, first_weekday: int
) -> None:
    until = date.fromordinal(min(since.toordinal() + length, date.max.toordinal()))
    spans = list(buckets(since, until, unit, first_weekday))
    assert spans[0][0] == since
    assert spans[-1][1] == until
    assert all(first <= last for first, last in spans)
    assert all(after[0] - before[1] == timedelta(days=1) for before, after in pairwise(spans))
    if unit is GroupBy.WEEK:
        assert all(first.weekday() == first_weekday for first, _ in spans[1:])
    if unit is GroupBy.MONTH:
        assert all(first.day == 1 for first, _ in spans[1:])


def test_weeks_are_clipped_to_the_window() -> None:
    spans = list(buckets(date(2026, 11, 18), date(2026, 11, 30), GroupBy.WEEK, 6))
    assert [label(span, GroupBy.WEEK) for span in spans] == [
        "2026-11-18 to 2026-11-21",
        "2026-11-22 to 2026-11-28",
        "2026-11-29 to 2026-11-30",
    ]


@pytest.mark.parametrize("unit", SERIES)
def test_the_ends_of_the_calendar_are_ordinary_days(unit: GroupBy) -> None:
    assert list(buckets(date.max, date.max, unit, 0)) == [(date.max, date.max)]
    assert list(buckets(date.min, date.min, unit, 6)) == [(date.min, date.min)]
