"""An owner is told each thing once, and what nobody got is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from reports.errors import LedgerError
from reports.ledger import notices
from reports.ledger.values import NoticeState, Told
from tests.ledger.conftest import LATER, NOW

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reports.ledger.ledger import Ledger

OPS, BOSS = "Ops <ops@example.com>", "boss@example.com"


def begun(tx: Connection, worker: str = "me") -> Told:
    notices.tell(tx, "slot:1:failed", [OPS], "weekly", "{}", NOW)
    told = notices.begin(tx, notices.pending(tx, NOW)[0].id, worker)
    assert told is not None
    return told


def test_an_owner_is_told_the_same_thing_once(ledger: Ledger) -> None:
    with ledger.write() as tx:
        assert notices.tell(tx, "slot:1:failed", [OPS], "weekly", "{}", NOW) == 1
        assert notices.tell(tx, "slot:1:failed", [OPS, BOSS, BOSS], "weekly", '{"other": 1}', LATER) == 1
        assert notices.tell(tx, "slot:2:failed", [OPS], "weekly", "{}", NOW) == 1
        assert [(one.key, one.recipient) for one in notices.pending(tx, LATER)] == [
            ("slot:1:failed", OPS),
            ("slot:1:failed", BOSS),
            ("slot:2:failed", OPS),
        ]
        assert len(notices.pending(tx, NOW)) == 2


def test_a_notice_is_begun_once(ledger: Ledger) -> None:
    with ledger.write() as tx:
        told = begun(tx)
        assert (told.state, told.worker, told.attempts) == (NoticeState.SENDING, "me", 1)
        assert notices.begin(tx, told.id, "other") is None
        assert notices.begin(tx, 4711, "other") is None
        assert notices.pending(tx, LATER) == []


def test_a_notice_that_was_put_off_is_tried_again_at_its_time(ledger: Ledger) -> None:
    with ledger.write() as tx:
        notices.finish(tx, begun(tx), NoticeState.PENDING, NOW, "451 later", next_at=LATER)
        assert notices.pending(tx, NOW) == []
        [told] = notices.pending(tx, LATER)
        assert (told.worker, told.detail, told.ended_at, told.attempts) == (None, "451 later", None, 1)
        again = notices.begin(tx, told.id, "other")
        assert again
        assert again.attempts == 2


@pytest.mark.parametrize("end", [NoticeState.SENT, NoticeState.FAILED])
def test_an_end_is_final(ledger: Ledger, end: NoticeState) -> None:
    with ledger.write() as tx:
        told = begun(tx)
        notices.finish(tx, told, end, LATER, "said")
        assert notices.begin(tx, told.id, "me") is None
        assert notices.pending(tx, LATER) == []
    with pytest.raises(LookupError, match="taken by somebody else"), ledger.write() as tx:
        notices.finish(tx, told, NoticeState.PENDING, LATER, "")


def test_a_notice_that_nobody_got_is_shown_until_somebody_looked_after_it(ledger: Ledger) -> None:
    with ledger.write() as tx:
        told = begun(tx)
        notices.finish(tx, told, NoticeState.FAILED, LATER, "550 no such user")
        [untold] = notices.untold(tx)
        assert (untold.id, untold.detail, untold.ended_at) == (told.id, "550 no such user", LATER)
        assert notices.resolve(tx, "board", LATER) == 0
        assert notices.resolve(tx, "weekly", LATER) == 1
        assert notices.resolve(tx, "weekly", LATER) == 0
        assert notices.untold(tx) == []


@pytest.mark.parametrize(
    "nonsense",
    [
        "UPDATE notices SET state = 'sending'",
        "UPDATE notices SET worker = 'me'",
        "UPDATE notices SET state = 'failed'",
        "UPDATE notices SET state = 'unknown'",
        "UPDATE notices SET ended_at = next_at",
        "UPDATE notices SET recipient = 'the same'",
    ],
)
def test_constraints_refuse_nonsense(ledger: Ledger, nonsense: str) -> None:
    with ledger.write() as tx:
        notices.tell(tx, "slot:1:failed", [OPS, BOSS], "weekly", "{}", NOW)
    with pytest.raises(LedgerError, match="refused what it was asked"), ledger.write() as tx:
        tx.execute(text(nonsense))
