"""What needs a person, although nobody is there who could say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from reports.cli.records import _print_trouble
from reports.due import pause, resume
from reports.watch import Ahead, look
from tests.delivery.world import DAY, HOUR, MINUTE, RIYADH, SUNDAY, WEEK, world

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_slot_that_nothing_runs_is_shown_after_a_while(tmp_path: Path) -> None:
    with world(tmp_path / "p") as made:
        assert look(made.ledger, made.config, SUNDAY + 10 * MINUTE).well
        late = look(made.ledger, made.config, SUNDAY + HOUR)
        assert [(one.report, one.due_at) for one in late.overdue] == [("weekly", SUNDAY)]
        assert not late.well


def test_a_slot_that_was_written_down_and_left_lying_is_shown_too(tmp_path: Path) -> None:
    with world(tmp_path / "p") as made:
        made.note()
        assert look(made.ledger, made.config, SUNDAY + MINUTE).well
        made.now = SUNDAY + HOUR
        made.note()
        assert [one.due_at for one in look(made.ledger, made.config, made.now).overdue] == [SUNDAY]


def test_what_is_paused_or_not_due_yet_is_well(tmp_path: Path) -> None:
    with world(tmp_path / "p") as made:
        assert look(made.ledger, made.config, SUNDAY - HOUR).well
        pause(made.ledger, made.config, "weekly", SUNDAY - DAY)
        assert look(made.ledger, made.config, SUNDAY + WEEK).well


def test_a_clock_that_was_ahead_is_shown_until_a_person_sets_it_right(tmp_path: Path) -> None:
    with world(tmp_path / "p") as made:
        ahead = SUNDAY + timedelta(days=365)
        made.now = ahead
        made.note()
        made.now = SUNDAY - HOUR
        found = look(made.ledger, made.config, made.now)
        assert not found.well
        assert [(one.report, one.until) for one in found.ahead] == [("weekly", ahead)]
        pause(made.ledger, made.config, "weekly", made.now)
        assert resume(made.ledger, made.config, "weekly", made.now)
        assert look(made.ledger, made.config, made.now).well
        for week in range(3):
            made.now = SUNDAY + week * WEEK
            assert [one.due_at for one in made.note() if not one.attempts][-1:] == [made.now]


def test_a_clock_that_is_set_back_a_little_is_well(tmp_path: Path) -> None:
    with world(tmp_path / "p") as made:
        assert look(made.ledger, made.config, SUNDAY - DAY - HOUR).well


def test_a_clock_that_was_ahead_is_said_by_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with world(tmp_path / "p") as made:
        found = replace(look(made.ledger, made.config, SUNDAY - HOUR), ahead=(Ahead("weekly", SUNDAY + WEEK),))
        _print_trouble(found, RIYADH)
    said = capsys.readouterr().out
    assert "the ledger's clock was ahead: nothing goes out before" in said
    assert "`reports pause weekly` and `reports resume weekly` set it right" in said
