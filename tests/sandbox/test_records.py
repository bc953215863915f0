"""Times are written as the account's clocks show them."""

from __future__ import annotations

from datetime import date

from reports.sandbox.records import timestamp
from tests.sandbox.conftest import RIYADH


def test_times_have_the_account_s_offset() -> None:
    assert timestamp(date(2026, 11, 22), "12:00:00", RIYADH) == "2026-11-22T12:00:00+03:00"
    assert timestamp(date(1, 1, 1), "12:00:00", RIYADH) == "0001-01-01T12:00:00+03:06"
    assert timestamp(date(9999, 12, 31), "12:00:00", RIYADH) == "9999-12-31T12:00:00+03:00"
