"""A slot with many editions: what people and owners are shown of it, and how its trouble ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reports.due import recover
from reports.figures import EditionId
from reports.history import entries
from reports.ledger import deliveries, editions, notices, skips, slots
from reports.ledger.values import Addressed, DeliveryState, SlotState
from reports.notices import from_json, tell_failed, tell_unknown
from reports.periods import Period
from reports.render.notice import notice_text
from reports.resolving import resolve
from tests.acceptance.conftest import reports
from tests.delivery.test_commands import said
from tests.delivery.world import ANNA, BILAL, CHEN, HOUR, SUNDAY, World, world
from tests.making import formats, templates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from reports.ledger.values import Kept, Slot

PERIOD = Period(SUNDAY.date().replace(day=1), SUNDAY.date().replace(day=4))
SENT, FAILED, UNKNOWN = DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN
WORDS = {SENT: "250 queued", FAILED: "550 no such mailbox", UNKNOWN: "the connection broke off"}


@pytest.fixture
def made(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "p", started=None) as found:
        yield found


def keep(tx: Connection, cut: str, slot: Slot | None, revision: int = 1) -> Kept:
    number = slot.id if slot else None
    return editions.keep(tx, EditionId("weekly", PERIOD, cut, revision), SUNDAY.date(), SUNDAY, slot=number)


def send(tx: Connection, kept: Kept, state: DeliveryState, *to: str) -> None:
    for one in deliveries.address(tx, kept, deliveries.addressed({one: one for one in to}), SUNDAY, worker="me"):
        begun = deliveries.begin(tx, one.id, "me", SUNDAY)
        assert begun is not None
        deliveries.finish(tx, begun, state, SUNDAY, WORDS[state])


def claimed(tx: Connection) -> Slot:
    assert slots.see(tx, "weekly", SUNDAY, SUNDAY.date(), SUNDAY)
    slot = slots.claim(tx, slots.latest(tx, "weekly", 1)[0].id, "me", SUNDAY)
    assert slot is not None
    return slot


def scorecards(made: World) -> Slot:
    """Write down a slot that ended failed: three cuts, of which one failed and one is unknown; one cut is left out."""
    with made.ledger.write() as tx:
        slot = claimed(tx)
        send(tx, keep(tx, "agent-1", slot), SENT, ANNA, "lead@example.com")
        send(tx, keep(tx, "agent-2", slot), FAILED, BILAL)
        send(tx, keep(tx, "agent-3", slot), UNKNOWN, CHEN)
        skips.note(tx, "weekly", PERIOD, "agent-4", SUNDAY, who="Dana", reason="no address", slot=slot.id)
        slots.end(tx, slot, SlotState.FAILED, SUNDAY, "2 of 4 sent, 1 failed, 1 unknown")
        return slots.get(tx, slot.id)


def id_of(cut: str) -> str:
    return f"weekly:{PERIOD.since}:{PERIOD.until}:{cut}:r1"


def test_a_slot_is_one_entry_with_a_summary(made: World) -> None:
    scorecards(made)
    [entry] = entries(made.ledger, None, 5)
    assert (entry.what, entry.bad, entry.alone) == ("weekly", True, False)
    assert entry.state == "failed: 3 editions, 2 of 4 sent, 1 failed, 1 unknown; 1 left out"
    assert [one.wholly_sent for one in entry.parts] == [True, False, False]
    assert [(one.cut, one.who, one.reason) for one in entry.skips] == [("agent-4", "Dana", "no address")]


def test_what_a_person_asked_for_at_once_is_one_entry(made: World) -> None:
    with made.ledger.write() as tx:
        send(tx, keep(tx, "agent-1", None), SENT, ANNA)
        send(tx, keep(tx, "agent-2", None), SENT, BILAL)
        skips.note(tx, "weekly", PERIOD, "agent-4", SUNDAY, who="Dana", reason="no address")
    [entry] = entries(made.ledger, "weekly", 5)
    assert entry.state == "by hand: 2 editions, 2 of 2 sent; 1 left out"
    assert not entry.bad


def test_a_slot_whose_cuts_are_all_left_out_says_so(made: World) -> None:
    with made.ledger.write() as tx:
        slot = claimed(tx)
        skips.note(tx, "weekly", PERIOD, "agent-4", SUNDAY, who="Dana", reason="no address", slot=slot.id)
        slots.end(tx, slot, SlotState.SKIPPED, SUNDAY, "nobody is left to send it to")
    [entry] = entries(made.ledger, "weekly", 5)
    assert entry.state == "skipped: nobody is left to send it to (0 editions; 1 left out)"


def test_history_prints_what_is_not_wholly_sent_and_with_all_everything(made: World) -> None:
    scorecards(made)
    made.ledger.close()
    shown = said(reports("history", cwd=made.folder), 0, "3 editions, 2 of 4 sent", id_of("agent-2"), BILAL).text
    assert "550 no such mailbox" in shown
    assert id_of("agent-3") in shown
    assert id_of("agent-1") not in shown
    [left_out] = [line for line in shown.splitlines() if "left out  " in line]
    assert left_out.split() == ["left", "out", "agent-4", "Dana", "no", "address"]
    said(reports("history", "--all", cwd=made.folder), 0, id_of("agent-1"), "lead@example.com")


def test_who_is_in_copy_and_who_was_skipped_is_shown(made: World) -> None:
    with made.ledger.write() as tx:
        whom = [Addressed(ANNA, f"Anna <{ANNA}>"), Addressed(BILAL, BILAL, "cc"), Addressed(CHEN, CHEN, "bcc")]
        kept = keep(tx, "all", None)
        deliveries.address(tx, kept, whom, SUNDAY, worker="me", together=True, refused={CHEN: "opted out"})
        deliveries.give_up(tx, kept.id, SUNDAY, "stopped", worker="me")
    made.ledger.close()
    shown = said(reports("history", cwd=made.folder), 0, "0 of 2 sent, 2 failed, 1 skipped").text
    rows = [" ".join(line.split()) for line in shown.splitlines()]
    assert any(row.startswith(f"failed {BILAL} (cc) ") for row in rows)
    assert any(row.startswith(f"skipped {CHEN} (bcc) ") and row.endswith("opted out") for row in rows)


def test_the_owner_is_told_of_all_editions_with_the_command_for_each(made: World) -> None:
    slot = scorecards(made)
    with made.ledger.write() as tx:
        tell_failed(tx, made.config, slot, SUNDAY)
        [row] = notices.pending(tx, SUNDAY)
    notice = from_json(row.content)
    assert (notice.edition, notice.editions, notice.reason) == (None, 3, "")
    text = notice_text(templates(), formats(), notice)
    assert "1 of 4 recipients did not get" in text
    lines = [line.strip() for line in text.splitlines()]
    assert f"reports resend {id_of('agent-2')} --only {BILAL}" in lines
    assert f"reports resend {id_of('agent-3')} --only {CHEN}" in lines
    assert "reports resolve weekly" in lines
    assert lines[lines.index(id_of("agent-2")) + 1] == "| 550 no such mailbox"
    assert "Editions:" in text
    assert ANNA not in text, "who has it isn't named"


def test_who_was_skipped_is_not_told_as_undelivered(made: World) -> None:
    with made.ledger.write() as tx:
        slot = claimed(tx)
        kept = keep(tx, "all", slot)
        whom = deliveries.addressed({ANNA: ANNA, BILAL: BILAL})
        deliveries.address(tx, kept, whom, SUNDAY, worker=None, refused={BILAL: "opted out"})
        deliveries.give_up(tx, kept.id, SUNDAY, "no time left")
        slots.end(tx, slot, SlotState.FAILED, SUNDAY, "0 of 1 sent, 1 failed, 1 skipped")
        tell_failed(tx, made.config, slots.get(tx, slot.id), SUNDAY)
        [row] = notices.pending(tx, SUNDAY)
    notice = from_json(row.content)
    assert [one.recipient for one in notice.deliveries] == [ANNA]
    assert (notice.edition, notice.reason) == (kept.id, "")


def test_a_notice_of_an_earlier_version_can_still_be_sent(made: World) -> None:
    slot = scorecards(made)
    with made.ledger.write() as tx:
        tell_failed(tx, made.config, slot, SUNDAY)
        [row] = notices.pending(tx, SUNDAY)
    early = row.content.replace(', "editions": 3', "").replace('"editions": 3, ', "")
    assert early != row.content
    assert from_json(early) == replace(from_json(row.content), editions=0)


def test_one_death_is_told_once_for_all_that_was_sent_by_hand(made: World) -> None:
    with made.ledger.write() as tx:
        for cut, recipient in (("agent-1", ANNA), ("agent-2", BILAL), ("agent-3", CHEN)):
            whom = deliveries.addressed({recipient: recipient})
            deliveries.address(tx, keep(tx, cut, None), whom, SUNDAY, worker="dead")
        assert deliveries.begin(tx, 1, "dead", SUNDAY)
    recover(made.ledger, made.config, SUNDAY + HOUR)
    with made.ledger.read() as tx:
        [row] = notices.pending(tx, SUNDAY + HOUR)
    notice = from_json(row.content)
    assert [one.status for one in notice.deliveries] == ["unknown", "failed", "failed"]
    assert [one.edition for one in notice.deliveries] == [id_of(f"agent-{number}") for number in (1, 2, 3)]


def test_a_death_while_a_slot_is_sent_is_told_with_the_slot(made: World) -> None:
    with made.ledger.write() as tx:
        slot = claimed(tx)
        for cut, recipient in (("agent-1", ANNA), ("agent-2", BILAL)):
            whom = deliveries.addressed({recipient: recipient})
            deliveries.address(tx, keep(tx, cut, slot), whom, SUNDAY, worker=None)
        assert deliveries.begin(tx, 1, "me", SUNDAY)
    recover(made.ledger, made.config, SUNDAY)
    with made.ledger.read() as tx:
        assert notices.pending(tx, SUNDAY) == []
        assert [one.state for one in slots.latest(tx, "weekly", 1)] == [SlotState.DUE]


def test_what_is_unknown_after_a_restore_is_told_once(made: World) -> None:
    with made.ledger.write() as tx:
        slot = claimed(tx)
        for cut, recipient in (("agent-1", ANNA), ("agent-2", BILAL)):
            send(tx, keep(tx, cut, slot), UNKNOWN, recipient)
        tell_unknown(tx, made.config, deliveries.unresolved(tx), SUNDAY, reason="restored")
        [row] = notices.pending(tx, SUNDAY)
    assert from_json(row.content).editions == 2


def test_resolving_one_edition_leaves_the_slot_until_none_is_left(made: World) -> None:
    scorecards(made)
    assert resolve(made.ledger, id_of("agent-2"), SUNDAY) == 1
    with made.ledger.read() as tx:
        assert len(slots.unresolved(tx)) == 1
    assert resolve(made.ledger, id_of("agent-3"), SUNDAY) == 2
    with made.ledger.read() as tx:
        assert slots.unresolved(tx) == deliveries.unresolved(tx) == []


def test_resolving_a_report_ends_all_of_it(made: World) -> None:
    scorecards(made)
    assert resolve(made.ledger, "weekly", SUNDAY) == 3


def test_opting_out_and_in(made: World) -> None:
    made.ledger.close()
    folder = made.folder
    said(reports("optouts", cwd=folder), 0, "Nobody has opted out.")
    said(reports("optin", ANNA, cwd=folder), 0, f"{ANNA} hasn't opted out.")
    said(reports("optin", ANNA, "weekly", cwd=folder), 0, f"{ANNA} hasn't opted out of weekly.")
    said(reports("optout", "Anna <ANNA@example.com>", "weekly", cwd=folder), 0, f"{ANNA} is sent no weekly any more.")
    said(reports("optout", ANNA, "weekly", cwd=folder), 0, f"{ANNA} has opted out of weekly already.")
    said(reports("optout", BILAL, cwd=folder), 0, f"{BILAL} is sent no reports any more.")
    said(reports("optout", BILAL, "weekly", cwd=folder), 0, "already")
    rows = [line.split() for line in said(reports("optouts", cwd=folder), 0).text.splitlines()]
    assert [(row[0], row[1], row[-1]) for row in rows[1:]] == [(ANNA, "weekly", "command"), (BILAL, "all", "command")]
    said(reports("optin", BILAL, "weekly", cwd=folder), 1, "opted out of all reports", f"reports optin {BILAL}")
    said(reports("optin", BILAL, cwd=folder), 0, f"{BILAL} is sent reports again")
    said(reports("optin", ANNA, "weekly", cwd=folder), 0, f"{ANNA} is sent weekly again")
    said(reports("optouts", cwd=folder), 0, "Nobody has opted out.")


def test_opting_out_of_what_is_not_there_names_what_is(made: World) -> None:
    made.ledger.close()
    for command in ("optout", "optin"):
        said(reports(command, ANNA, "wekly", cwd=made.folder), 1, 'there is no report "wekly"', "weekly")
        said(reports(command, "anna", cwd=made.folder), 1, "'anna' is not one e-mail address", "name@example.com")


def test_whoever_is_forgotten_stays_out(made: World) -> None:
    made.ledger.close()
    said(reports("optout", ANNA, "weekly", cwd=made.folder), 0)
    said(reports("forget", ANNA, "--yes", cwd=made.folder), 0)
    assert ANNA not in said(reports("optouts", cwd=made.folder), 0, "(erased)", "weekly").text
    said(reports("optout", ANNA, "weekly", cwd=made.folder), 0, "already")
