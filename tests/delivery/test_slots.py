"""Which slots run, late or not at all; what they show; and what the owner hears of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from reports.attempt import attempt
from reports.due import pause, resume
from reports.job import plan_job
from reports.ledger import slots
from reports.ledger.values import SlotState
from reports.notices import from_json
from reports.on_demand import run
from tests.delivery.world import (
    ANNA,
    DAY,
    EDITION,
    HOUR,
    MINUTE,
    OWNER,
    SCHEDULE,
    SUNDAY,
    WEEK,
    World,
    kept,
    outbox,
    spoken,
    world,
)

if TYPE_CHECKING:
    from pathlib import Path

    from reports.ledger.values import Slot
    from reports.render.notice import Notice

DUE, SENT, SKIPPED, FAILED = SlotState.DUE, SlotState.SENT, SlotState.SKIPPED, SlotState.FAILED
HOURLY = 'schedule = "0 * * * *"'


def found(slots: list[Slot]) -> list[tuple[datetime, SlotState]]:
    return [(one.due_at, one.state) for one in slots]


def notices(made: World) -> list[Notice]:
    from reports.ledger import notices

    with made.ledger.read() as tx:
        return [from_json(one.content) for one in notices.pending(tx, made.now)]


def test_the_first_look_at_a_schedule_starts_now(tmp_path: Path) -> None:
    with world(tmp_path, started=SUNDAY + MINUTE) as made:
        assert made.slots == [], "what was due before anybody looked isn't made up for"
        made.now = SUNDAY + WEEK - timedelta(microseconds=1)
        assert made.note() == []
        made.now = SUNDAY + WEEK
        assert found(made.note()) == [(SUNDAY + WEEK, DUE)]


def test_after_ten_missed_slots_one_edition_goes_out_with_the_window_of_its_own_slot(tmp_path: Path) -> None:
    last = SUNDAY + 10 * WEEK
    with world(tmp_path) as made:
        [slot] = made.at(last + 3 * DAY)

        assert (slot.due_at, slot.as_of, slot.state) == (last, date(2025, 12, 14), SENT)
        week_before = "weekly:2025-12-07:2025-12-13:all:r1"
        assert made.made_for(slot) == week_before, "the week before its slot, however late it runs"
        assert found(made.slots) == [*((SUNDAY + number * WEEK, SKIPPED) for number in range(10)), (last, SENT)]
        assert {one.reason for one in made.slots[:-1]} == {"missed: nothing ran until a later one was due"}
        mails = outbox(made)
        assert len(mails[ANNA]) == 1
        [notice] = mails[OWNER]
        assert notice["Subject"].startswith("Missed: ")
        assert "missed 10 times" in spoken(notice)

        assert made.at(last + 4 * DAY) == []
        assert {one: len(found) for one, found in outbox(made).items()} == dict.fromkeys(mails, 1), "told once"


@pytest.mark.parametrize(("late", "state"), [(2 * HOUR, DUE), (2 * HOUR + MINUTE, SKIPPED)])
def test_catch_up_says_how_late_a_slot_may_still_run(tmp_path: Path, late: timedelta, state: SlotState) -> None:
    with world(tmp_path, report=f'{SCHEDULE}\ncatch_up = "2 hours"') as made:
        made.now = SUNDAY + late
        made.note()
        assert found(made.slots) == [(SUNDAY, state)]
        assert [one.missed for one in notices(made)] == ([(SUNDAY,)] if state is SKIPPED else [])


def test_a_slot_that_nobody_began_in_its_time_to_catch_up_is_missed_too(tmp_path: Path) -> None:
    """The machine went off between looking and beginning."""
    with world(tmp_path, report=f'{SCHEDULE}\ncatch_up = "2 hours"') as made:
        assert found(made.note()) == [(SUNDAY, DUE)]
        made.restart()
        made.now = SUNDAY + DAY
        assert made.note() == []
        assert [(one.state, one.reason) for one in made.slots] == [(SKIPPED, "missed: nothing ran in time")]
        assert [one.missed for one in notices(made)] == [(SUNDAY,)]


def test_a_paused_report_skips_its_slots_without_a_word_to_the_owner(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        assert pause(made.ledger, made.config, "weekly", made.now - HOUR)
        assert not pause(made.ledger, made.config, "weekly", made.now - HOUR)
        for number in range(3):
            made.now = SUNDAY + number * WEEK
            assert made.note() == []
        assert {(one.state, one.reason) for one in made.slots} == {(SKIPPED, "the report is paused")}
        assert notices(made) == []

        assert resume(made.ledger, made.config, "weekly", SUNDAY + 3 * WEEK + MINUTE)
        assert not resume(made.ledger, made.config, "weekly", SUNDAY + 3 * WEEK + MINUTE)
        made.now = SUNDAY + 4 * WEEK - MINUTE
        assert made.note() == [], "what came while it was paused isn't made up for"
        made.now = SUNDAY + 4 * WEEK
        assert found(made.note()) == [(SUNDAY + 4 * WEEK, DUE)]
        assert notices(made) == []


def test_a_slot_that_waits_when_its_report_is_paused_is_skipped_when_the_next_comes(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.note()
        pause(made.ledger, made.config, "weekly", made.now + MINUTE)
        made.now += DAY
        assert made.note() == [], "it waits, in case the pause is a short one"
        made.now = SUNDAY + WEEK
        assert made.note() == []
        assert [(one.state, one.reason) for one in made.slots] == [(SKIPPED, "the report is paused")] * 2
        assert notices(made) == [], "it was paused on purpose"


def test_a_paused_slot_whose_schedule_is_removed_is_skipped(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.note()
        made.write(report="")
        assert found(made.note()) == [(SUNDAY, DUE)], "nobody paused it: it is still worked on"
        made.write(report=SCHEDULE)
        pause(made.ledger, made.config, "weekly", made.now + MINUTE)
        made.write(report="")
        made.now += HOUR
        assert made.note() == []
        assert [(one.state, one.reason) for one in made.slots] == [
            (SKIPPED, "the report has no schedule any more"),
        ]


def test_a_paused_slot_that_was_tried_stays_when_the_schedule_is_removed(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        [due] = made.note()
        with made.ledger.write() as tx:
            slot = slots.claim(tx, due.id, made.ledger.appear(), made.now)
            assert slot is not None
            slots.put_off(tx, slot, made.now + HOUR, made.now, "the mail server is down")
        pause(made.ledger, made.config, "weekly", made.now + MINUTE)
        made.write(report="")
        made.note()
        assert [one.state for one in made.slots] == [DUE]


def test_a_changed_schedule_counts_from_the_next_look_on(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.now = SUNDAY - HOUR
        made.note()
        made.write(report='schedule = "30 9 * * sun"')
        made.now = SUNDAY + HOUR
        assert made.note() == [], "08:00 isn't in the schedule any more"
        made.now = SUNDAY + 90 * MINUTE
        assert found(made.note()) == [(SUNDAY + 90 * MINUTE, DUE)]
        made.write(report=SCHEDULE)
        made.now = SUNDAY + WEEK
        assert found(made.note()) == [(SUNDAY + WEEK, DUE)]
        assert [one.state for one in made.slots] == [FAILED, DUE]


def test_a_schedule_that_was_taken_out_for_a_while_missed_nothing(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.write(report="")
        made.now = SUNDAY + 4 * WEEK + HOUR
        made.note()
        made.write(report=SCHEDULE)
        assert made.note() == []
        assert made.slots == []
        assert notices(made) == []


def test_a_report_that_vanished_with_an_open_slot_fails_and_the_owner_is_told(tmp_path: Path) -> None:
    with world(tmp_path, more='[reports.other]\ntitle = "Other"\nto = ["x@example.com"]') as made:
        made.note()
        text = made.file.read_text(encoding="utf-8").replace("[reports.weekly]", "[reports.renamed]")
        made.file.write_text(text, encoding="utf-8")
        from reports.config import load

        made.config = load(made.file)
        [slot] = made.work()
        assert (slot.state, slot.reason) == (FAILED, 'there is no report "weekly"')
        [notice] = outbox(made)[OWNER]
        assert 'there is no report "weekly"' in spoken(notice)
        assert outbox(made).keys() == {OWNER}


def test_days_are_the_accounts_where_the_schedule_is_in_another_zone(tmp_path: Path) -> None:
    """Sunday 20:00 in New York is Monday in Riyadh."""
    zone = ZoneInfo("America/New_York")
    report = 'schedule = { cron = "0 20 * * sun", timezone = "America/New_York" }\nperiod = "day"'
    with world(tmp_path, report=report) as made:
        made.now = datetime(2025, 10, 5, 20, tzinfo=zone)
        [slot] = made.note()
        assert (slot.due_at, slot.as_of) == (datetime(2025, 10, 6, tzinfo=UTC), date(2025, 10, 6))
        job = plan_job(made.config, "weekly", slot.as_of)
        assert job.plan.current.since == date(2025, 10, 5)


def test_a_clock_that_jumps_forward_and_back_runs_no_slot_twice_and_loses_none(tmp_path: Path) -> None:
    with world(tmp_path, report=HOURLY, started=SUNDAY - 90 * MINUTE) as made:
        begun = []
        for minutes in (-60, 0, 62, 2, 30, 61, 120, 60, 121, 180):  # twice an hour ahead, and twice put back
            made.now = SUNDAY + minutes * MINUTE
            begun += [one.due_at for one in made.note()]
            with made.ledger.write() as tx:
                from reports.ledger import slots

                for one in slots.open_slots(tx):
                    slots.end(tx, one, SENT, made.now)
        assert begun == [SUNDAY + hours * HOUR for hours in (-1, 0, 1, 2, 3)]
        assert {one.state for one in made.slots} == {SENT}
        assert len(made.slots) == len(begun)


def test_a_clock_that_jumps_back_keeps_an_open_slot_open(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.now = SUNDAY + MINUTE
        assert len(made.note()) == 1
        made.now = SUNDAY - 59 * MINUTE
        assert made.note() == [], "it isn't due yet by this clock"
        made.now = SUNDAY
        assert found(made.note()) == [(SUNDAY, DUE)]


def test_an_open_slot_is_overtaken_by_the_next_and_the_owner_is_told_why(tmp_path: Path) -> None:
    source = 'kind = "voxys"\naccount_id = 1\nbase_url = "http://127.0.0.1:9"\nattempts = 1\ntoken = { env = "HOME" }'
    report = f'{HOURLY}\nretry_for = "6 hours"'
    with world(tmp_path, report=report, started=SUNDAY - MINUTE, source=source) as made:
        [first] = made.work()
        assert first.state is DUE
        assert first.next_at == SUNDAY + MINUTE
        made.now = SUNDAY + HOUR
        made.note()
        assert found(made.slots) == [(SUNDAY, FAILED), (SUNDAY + HOUR, DUE)]
        assert made.slots[0].reason.startswith("the next one was due before it was done: ")
        [notice] = notices(made)
        assert notice.attempts == 1


def test_a_slot_whose_period_everybody_has_is_skipped_without_asking_the_source(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.now = SUNDAY - HOUR
        ran = asyncio.run(run(made.office, plan_job(made.config, "weekly", date(2025, 10, 5)), print, again=False))
        assert [one.state for one in ran.deliveries] == ["sent"] * 3
        made.write(source='kind = "voxys"\naccount_id = 1\nbase_url = "http://127.0.0.1:9"\ntoken = { env = "HOME" }')
        [slot] = made.at(SUNDAY)
        assert (slot.state, slot.reason) == (SKIPPED, "everybody has this period already")
        assert [one.name for one in made.editions] == ["r1"]
        assert OWNER not in outbox(made)


@pytest.mark.slow
def test_somebody_new_gets_the_period_that_others_were_sent_by_hand(tmp_path: Path) -> None:
    with world(tmp_path, to=f'["{ANNA}"]') as made:
        made.now = SUNDAY - HOUR
        asyncio.run(run(made.office, plan_job(made.config, "weekly", date(2025, 10, 5)), print, again=False))
        made.write(to=f'["{ANNA}", "new@example.com"]')
        [slot] = made.at(SUNDAY)
        assert (slot.state, made.made_for(slot)) == (SENT, EDITION.replace(":r1", ":r2"))
        assert {address: len(mails) for address, mails in outbox(made).items()} == {ANNA: 1, "new@example.com": 1}


@pytest.mark.parametrize(
    ("zone", "slot", "current"),
    [
        ("Europe/Berlin", datetime(2025, 3, 30, 0, 30, tzinfo=UTC), (date(2025, 3, 23), date(2025, 3, 29))),
        ("Europe/Berlin", datetime(2025, 10, 26, 0, 30, tzinfo=UTC), (date(2025, 10, 19), date(2025, 10, 25))),
        ("America/New_York", datetime(2025, 3, 9, 7, 0, tzinfo=UTC), (date(2025, 3, 2), date(2025, 3, 8))),
        ("America/Santiago", datetime(2025, 9, 7, 4, 0, tzinfo=UTC), (date(2025, 8, 31), date(2025, 9, 6))),
    ],
)
def test_weeks_keep_their_borders_on_days_when_clocks_change(
    tmp_path: Path, zone: str, slot: datetime, current: tuple[date, date]
) -> None:
    times = {"Europe/Berlin": "30 2", "America/New_York": "30 2", "America/Santiago": "0 0"}
    with world(tmp_path, zone=zone, report=f'schedule = "{times[zone]} * * sun"', started=slot - DAY) as made:
        made.now = slot + HOUR
        first = made.note()
        made.now = slot + 2 * HOUR
        again = made.note()
        assert [one.due_at for one in first] == [slot] if zone != "Europe/Berlin" else len(first) == 1
        assert again == first, "a repeated hour doesn't repeat its slot"
        period = plan_job(made.config, "weekly", first[0].as_of).plan.current
        assert (period.since, period.until) == current


def test_of_two_that_want_a_slot_one_gets_it(tmp_path: Path) -> None:
    with kept(tmp_path / "p", 'kind = "outbox"') as made:
        [slot] = made.note()
        taken = asyncio.run(attempt(made.office, slot.id))
        assert taken is not None
        assert asyncio.run(attempt(made.office, slot.id)) is None
        assert len(outbox(made)[ANNA]) == 1
