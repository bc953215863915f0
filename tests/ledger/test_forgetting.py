"""Whoever is forgotten stands nowhere in the ledger, and is sent nothing any more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from reports.ledger import deliveries, events, notices, slots
from reports.ledger.forgetting import ERASED, NOBODY, erase, without_address
from reports.ledger.tables import metadata
from reports.ledger.values import DeliveryState, SlotState
from tests.ledger.conftest import ANNA, BILAL, LATER, MAILBOXES, NOW, keep, see

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reports.ledger.ledger import Ledger

WORDS = f"550 <{ANNA.upper()}>: user unknown (Anna)"


def everything(tx: Connection) -> str:
    rows = [row for table in metadata.sorted_tables for row in tx.execute(select(table)).all()]
    return repr(rows).casefold()


def test_no_row_holds_the_address_or_what_servers_said_of_it(ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = keep(tx)
        anna, bilal, _ = deliveries.address(tx, kept, deliveries.addressed(MAILBOXES), NOW, worker="me")
        for one in (anna, bilal):
            begun = deliveries.begin(tx, one.id, "me", NOW)
            assert begun is not None
            deliveries.finish(tx, begun, DeliveryState.FAILED, NOW, WORDS)
        slot = slots.claim(tx, see(tx).id, "me", NOW)
        assert slot is not None
        slots.end(tx, slot, SlotState.FAILED, NOW, f"refused: {ANNA}", f"ask {ANNA}")
        told = [{"recipient": MAILBOXES[ANNA], "status": "failed", "detail": "Anna is unknown"}]
        told.append({"recipient": BILAL, "status": "failed", "detail": WORDS})
        content = json.dumps({"report": "weekly", "reason": f"for {ANNA}", "deliveries": told})
        notices.tell(tx, "a", [f"Anna <{ANNA}>", BILAL], "weekly", content, NOW)
    with ledger.write() as tx:
        found = erase(tx, ANNA, LATER)
        assert found.editions == {kept.id}
        assert found.texts >= 5
        assert ANNA not in everything(tx)
        assert deliveries.get(tx, bilal.id).detail == f"550 <{NOBODY}>: user unknown (Anna)"
        assert deliveries.get(tx, anna.id).detail == ""
        [left] = notices.pending(tx, LATER)
        assert left.recipient == BILAL
        assert json.loads(left.content)["deliveries"][0] == {"recipient": NOBODY, "status": "failed", "detail": ""}
        assert notices.untold(tx) == [], "nobody has to look after what an erased owner wasn't told"
        assert erase(tx, ANNA, LATER).texts == 0


def test_what_was_pending_is_not_sent(ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = keep(tx)
        anna, _, chen = deliveries.address(tx, kept, deliveries.addressed(MAILBOXES), NOW, worker=None)
        erase(tx, ANNA, LATER)
        assert deliveries.begin(tx, anna.id, "me", LATER) is None
        found = deliveries.get(tx, anna.id)
        assert (found.state, found.detail, found.resolved_at) == (DeliveryState.FAILED, ERASED, LATER)
        assert deliveries.unresolved(tx) == []
        assert deliveries.begin(tx, chen.id, "me", LATER) is not None


def test_what_is_on_its_way_is_told_without_the_servers_words(ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = keep(tx)
        [anna] = deliveries.address(tx, kept, deliveries.addressed({ANNA: ANNA}), NOW, worker="me")
        begun = deliveries.begin(tx, anna.id, "me", NOW)
        assert begun is not None
        erase(tx, ANNA, LATER)
        deliveries.finish(tx, begun, DeliveryState.SENT, LATER, WORDS)
        assert (deliveries.get(tx, anna.id).state, deliveries.get(tx, anna.id).detail) == (DeliveryState.SENT, "")
        assert ANNA not in everything(tx)


def test_others_stay_as_they_are(ledger: Ledger) -> None:
    other = f"jo{ANNA}"
    with ledger.write() as tx:
        kept = keep(tx)
        deliveries.address(tx, kept, deliveries.addressed({other: f"Joanna <{other}>"}), NOW, worker=None)
        notices.tell(tx, "a", [other], "weekly", json.dumps({"reason": f"{other} and {ANNA}.sa"}), NOW)
        events.note(tx, NOW, "x", detail=f"{other}")
        before = everything(tx)
        assert erase(tx, ANNA, LATER).editions == set()
        assert everything(tx) == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"<{ANNA}>", f"<{NOBODY}>"),
        (f"'{ANNA.upper()}': no", f"'{NOBODY}': no"),
        (f"{ANNA}.", f"{NOBODY}."),
        (f"to:{ANNA},{ANNA}", f"to:{NOBODY},{NOBODY}"),
        (f"jo.{ANNA}", f"jo.{ANNA}"),
        (f"{ANNA}.sa", f"{ANNA}.sa"),
        (f"{ANNA}-x", f"{ANNA}-x"),
        ("annaxexample.com", "annaxexample.com"),
    ],
)
def test_an_address_is_found_in_words(text: str, expected: str) -> None:
    assert without_address(text, ANNA) == expected
