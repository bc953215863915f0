"""Whatever happens at once, nobody is sent the same period twice unless they are to get it again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from reports.errors import LedgerError
from reports.ledger import deliveries
from reports.ledger.values import Addressed, Delivery, DeliveryState
from tests.ledger.conftest import ANNA, BILAL, CHEN, LATER, MAILBOXES, NOW, happened, keep

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reports.ledger.ledger import Ledger
    from reports.ledger.values import Kept
    from tests.ledger.conftest import Place

MANY = 4
ROUNDS = 4


def address(tx: Connection, kept: Kept, *, again: bool = False) -> list[Delivery]:
    return deliveries.address(tx, kept, deliveries.addressed(MAILBOXES), NOW, worker=None, again=again)


def one_delivery(tx: Connection, state: DeliveryState = DeliveryState.PENDING) -> Delivery:
    [delivery] = deliveries.address(tx, keep(tx), deliveries.addressed({ANNA: ANNA}), NOW, worker=None)
    return bring(tx, delivery, state)


def bring(tx: Connection, delivery: Delivery, state: DeliveryState) -> Delivery:
    if state is not DeliveryState.PENDING:
        begun = deliveries.begin(tx, delivery.id, "me", NOW)
        assert begun is not None
        if state is not DeliveryState.SENDING:
            deliveries.finish(tx, begun, state, LATER, "said", permanent=False)
    return deliveries.get(tx, delivery.id)


def test_each_recipient_is_addressed_once(ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = keep(tx)
        made = address(tx, kept)
        assert [(one.recipient, one.mailbox, one.send, one.state) for one in made] == [
            (recipient, mailbox, 1, DeliveryState.PENDING) for recipient, mailbox in MAILBOXES.items()
        ]
        assert {one.subject for one in made} == {"weekly:2026-11-15:2026-11-21:all"}
        assert address(tx, kept) == []
        assert address(tx, keep(tx, 2)) == []  # a later revision is about the same
        assert deliveries.of_edition(tx, kept.id) == deliveries.of_subject(tx, kept.subject) == made
        assert list(deliveries.having(tx, kept.subject).values()) == made


def test_a_new_recipient_is_added_to_those_who_have_it(ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = keep(tx)
        deliveries.address(tx, kept, deliveries.addressed({ANNA: ANNA}), NOW, worker=None)
        assert [one.recipient for one in address(tx, kept)] == [BILAL, CHEN]


@pytest.mark.parametrize("state", deliveries.LIVE)
def test_who_has_it_or_may_have_it_is_left_out(ledger: Ledger, state: DeliveryState) -> None:
    with ledger.write() as tx:
        one_delivery(tx, state)
        assert deliveries.address(tx, keep(tx, 2), deliveries.addressed({ANNA: ANNA}), NOW, worker=None) == []


def test_who_did_not_get_it_is_addressed_under_a_new_number(ledger: Ledger) -> None:
    with ledger.write() as tx:
        failed = one_delivery(tx, DeliveryState.FAILED)
        [new] = deliveries.address(tx, keep(tx, 2), deliveries.addressed({ANNA: ANNA}), NOW, worker=None)
        assert (new.send, new.state) == (2, DeliveryState.PENDING)
        assert deliveries.get(tx, failed.id) == failed
        assert deliveries.having(tx, new.subject) == {ANNA: new}


def test_again_is_a_new_number_each_time(ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = keep(tx)
        address(tx, kept)
        assert {one.send for one in address(tx, kept, again=True)} == {2}
        assert {one.send for one in address(tx, kept, again=True)} == {3}


@pytest.mark.parametrize("again", [False, True])
def test_of_many_that_address_the_same_recipients_at_once_each_is_addressed_once(
    place: Place,
    ledger: Ledger,
    again: bool,
) -> None:
    for number in range(ROUNDS):
        with ledger.write() as tx:
            revisions = [keep(tx, one + 1, report=f"weekly{number}") for one in range(MANY)]
            if again:
                address(tx, revisions[0])
        gate = Barrier(MANY)

        def work(kept: Kept, gate: Barrier = gate) -> list[tuple[str, int]]:
            with place.open() as mine:
                gate.wait()
                with mine.write() as tx:
                    return [(one.recipient, one.send) for one in address(tx, kept, again=again)]

        with ThreadPoolExecutor(MANY) as pool:
            made = sorted(one for found in pool.map(work, revisions) for one in found)
        with ledger.read() as tx:
            stored = sorted((one.recipient, one.send) for one in deliveries.of_subject(tx, revisions[0].subject))
        assert len(set(stored)) == len(stored)
        if again:  # who asks for it again gets a number of their own, or is told that somebody was quicker
            assert stored == sorted([*made, *((one, 1) for one in MAILBOXES)])
        else:
            assert made == stored == [(one, 1) for one in sorted(MAILBOXES)]


def test_recipients_in_another_order_make_nobody_wait_for_ever(place: Place, ledger: Ledger) -> None:
    for number in range(ROUNDS):
        with ledger.write() as tx:
            kept = keep(tx, report=f"weekly{number}")
        gate = Barrier(2)

        def work(order: int, kept: Kept = kept, gate: Barrier = gate) -> int:
            mailboxes = {f"{one}@example.com": "x" for one in range(20)[::order]}
            with place.open() as mine:
                gate.wait()
                with mine.write() as tx:
                    return len(deliveries.address(tx, kept, deliveries.addressed(mailboxes), NOW, worker=None))

        with ThreadPoolExecutor(2) as pool:
            assert sum(pool.map(work, [1, -1])) == 20


def test_of_many_that_begin_a_delivery_at_once_one_does(place: Place, ledger: Ledger) -> None:
    for number in range(ROUNDS):
        with ledger.write() as tx:
            kept = keep(tx, report=f"weekly{number}")
            [delivery] = deliveries.address(tx, kept, deliveries.addressed({ANNA: ANNA}), NOW, worker=None)
        gate = Barrier(MANY)

        def work(worker: int, number: int = delivery.id, gate: Barrier = gate) -> Delivery | None:
            with place.open() as mine:
                gate.wait()
                with mine.write() as tx:
                    return deliveries.begin(tx, number, f"worker-{worker}", NOW)

        with ThreadPoolExecutor(MANY) as pool:
            [begun] = [one for one in pool.map(work, range(MANY)) if one]
        with ledger.read() as tx:
            assert deliveries.get(tx, delivery.id) == begun
            assert (begun.state, begun.attempts, begun.started_at) == (DeliveryState.SENDING, 1, NOW)


def test_a_delivery_that_was_put_back_is_begun_once_more(ledger: Ledger) -> None:
    with ledger.write() as tx:
        again = one_delivery(tx, DeliveryState.SENDING)
        deliveries.finish(tx, again, DeliveryState.PENDING, LATER, "greylisted", permanent=False)
        pending = deliveries.get(tx, again.id)
        assert (pending.state, pending.worker, pending.ended_at) == (DeliveryState.PENDING, None, None)
        assert (pending.detail, pending.permanent) == ("greylisted", False)
        second = deliveries.begin(tx, again.id, "other", LATER)
        assert second is not None
        assert (second.attempts, second.worker, second.started_at, second.detail) == (2, "other", LATER, "")


def test_whatever_a_mail_server_says_is_kept(ledger: Ledger) -> None:
    with ledger.write() as tx:
        begun = one_delivery(tx, DeliveryState.SENDING)
        deliveries.finish(tx, begun, DeliveryState.PENDING, LATER, "451 \x00 \udcff مرحبا", permanent=False)
        assert deliveries.get(tx, begun.id).detail == "451 \ufffd ? مرحبا"
        deliveries.give_up(tx, begun.edition, LATER, "\x00")
        assert deliveries.get(tx, begun.id).detail == "451 \ufffd ? مرحبا"


@pytest.mark.parametrize(
    "end", [DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.SKIPPED]
)
def test_an_end_is_final(ledger: Ledger, end: DeliveryState) -> None:
    with ledger.write() as tx:
        begun = one_delivery(tx, DeliveryState.SENDING)
        deliveries.finish(tx, begun, end, LATER, "250 OK")
        ended = deliveries.get(tx, begun.id)
        assert (ended.state, ended.ended_at, ended.detail, ended.worker) == (end, LATER, "250 OK", "me")
        assert deliveries.begin(tx, begun.id, "me", LATER) is None
        assert deliveries.give_up(tx, begun.edition, LATER, "late") == 0
    for state in DeliveryState:
        for known in (begun, ended):
            with pytest.raises(LookupError, match="taken by somebody else"), ledger.write() as tx:
                deliveries.finish(tx, known, state, LATER, "again")
    with ledger.read() as tx:
        assert deliveries.get(tx, begun.id) == ended


def test_what_somebody_else_is_sending_cannot_be_finished(ledger: Ledger) -> None:
    with ledger.write() as tx:
        mine = one_delivery(tx, DeliveryState.SENDING)
        deliveries.finish(tx, mine, DeliveryState.PENDING, LATER, "")
        assert deliveries.begin(tx, mine.id, "other", LATER)
    with pytest.raises(LookupError), ledger.write() as tx:
        deliveries.finish(tx, mine, DeliveryState.SENT, LATER, "")


def test_giving_up_fails_what_is_pending_alone(ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = keep(tx)
        sent, tried, fresh = address(tx, kept)
        bring(tx, sent, DeliveryState.SENT)
        begun = bring(tx, tried, DeliveryState.SENDING)
        deliveries.finish(tx, begun, DeliveryState.PENDING, LATER, "451 later", permanent=False)
        assert deliveries.give_up(tx, kept.id, LATER, "no time left") == 2
        now = deliveries.of_edition(tx, kept.id)
        assert [one.state for one in now] == [DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.FAILED]
        assert [one.detail for one in now[1:]] == ["451 later", "no time left"]
        assert {one.ended_at for one in now[1:]} == {LATER}
        failed = [one.delivery for one in happened(tx) if one.name == "delivery.failed"]
        assert sorted(failed) == [tried.id, fresh.id]  # type: ignore[type-var]
        assert deliveries.give_up(tx, kept.id, LATER) == 0


def test_trouble_is_shown_until_it_is_made_good_or_somebody_looked_after_it(ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = keep(tx)
        failed, unknown, sent = address(tx, kept)
        failed = bring(tx, failed, DeliveryState.FAILED)
        unknown = bring(tx, unknown, DeliveryState.UNKNOWN)
        bring(tx, sent, DeliveryState.SENT)
        assert deliveries.unresolved(tx) == [failed, unknown]
        [again] = deliveries.address(tx, kept, deliveries.addressed({failed.recipient: "x"}), NOW, worker=None)
        assert deliveries.unresolved(tx) == [failed, unknown]  # it isn't there yet
        bring(tx, again, DeliveryState.SENT)
        assert deliveries.unresolved(tx) == [unknown]
        assert deliveries.resolve(tx, kept.id, LATER) == 2
        assert deliveries.unresolved(tx) == []
        assert deliveries.resolve(tx, kept.id, LATER) == 0


def test_the_last_sent_edition_is_the_one_that_somebody_got(ledger: Ledger) -> None:
    with ledger.write() as tx:
        assert deliveries.last_sent(tx, "weekly") is None
        first, second, third = (keep(tx, one) for one in (1, 2, 3))
        bring(tx, address(tx, first)[0], DeliveryState.SENT)
        bring(tx, address(tx, second, again=True)[0], DeliveryState.SENT)
        bring(tx, address(tx, third, again=True)[0], DeliveryState.UNKNOWN)
        assert deliveries.last_sent(tx, "weekly") == (second.id, LATER)
        assert deliveries.last_sent(tx, "weekly", "agent-7") is None
        assert deliveries.last_sent(tx, "board") is None


def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(KeyError), ledger.write() as tx:  # noqa: PT012 - both happen in it
        address(tx, keep(tx))
        raise KeyError
    with ledger.read() as tx:
        assert deliveries.of_subject(tx, "weekly:2026-11-15:2026-11-21:all") == []


def test_events_hold_no_addresses(ledger: Ledger) -> None:
    with ledger.write() as tx:
        one_delivery(tx, DeliveryState.SENT)
        found = happened(tx)
        assert [one.name for one in found] == ["delivery.sent", "delivery.pending", "edition.kept"]
        assert "@" not in repr(found)


@pytest.mark.parametrize(
    "nonsense",
    [
        "UPDATE deliveries SET state = 'sending'",
        "UPDATE deliveries SET state = 'sent'",
        "UPDATE deliveries SET state = 'lost'",
        "UPDATE deliveries SET ended_at = '2026-11-22T00:00:00.000000Z'",
        "UPDATE deliveries SET send = 0",
        "UPDATE deliveries SET state = 'skipped'",
        "UPDATE deliveries SET role = 'all'",
        "UPDATE deliveries SET edition = 'weekly:none'",
        "UPDATE deliveries SET send = 1, recipient = 'anna@example.com'",
        "DELETE FROM editions",
    ],
)
def test_constraints_refuse_nonsense(ledger: Ledger, nonsense: str) -> None:
    with ledger.write() as tx:
        address(tx, keep(tx))
    with pytest.raises(LedgerError, match="refused what it was asked"), ledger.write() as tx:
        tx.execute(text(nonsense))


TO, CC, BCC = Addressed(ANNA, MAILBOXES[ANNA]), Addressed(BILAL, BILAL, "cc"), Addressed(CHEN, CHEN, "bcc")
OUT = "opted out of this report"


def test_who_is_in_copy_is_known(ledger: Ledger) -> None:
    with ledger.write() as tx:
        made = deliveries.address(tx, keep(tx), [TO, CC, BCC], NOW, worker=None)
        assert [(one.recipient, one.role, one.together) for one in made] == [
            (ANNA, "to", False),
            (BILAL, "cc", False),
            (CHEN, "bcc", False),
        ]


@pytest.mark.parametrize("again", [False, True])
def test_whoever_is_named_twice_is_addressed_once_in_the_first_place(ledger: Ledger, again: bool) -> None:
    with ledger.write() as tx:
        twice = [TO, CC, Addressed(ANNA, ANNA, "cc")]
        made = deliveries.address(tx, keep(tx), twice, NOW, worker=None, again=again)
        assert [(one.recipient, one.role) for one in made] == [(ANNA, "to"), (BILAL, "cc")]


def test_one_message_to_all_has_one_send_number(ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = keep(tx)
        first = deliveries.address(tx, kept, [TO, CC], NOW, worker=None, together=True)
        assert {(one.send, one.together) for one in first} == {(1, True)}
        bring(tx, first[0], DeliveryState.SENT)
        bring(tx, first[1], DeliveryState.FAILED)
        missing = deliveries.address(tx, kept, [TO, CC, BCC], NOW, worker=None, together=True)
        assert [(one.recipient, one.send) for one in missing] == [(BILAL, 2), (CHEN, 2)]
        again = deliveries.address(tx, kept, [TO, CC, BCC], NOW, worker=None, together=True, again=True)
        assert {one.send for one in again} == {3}
        assert [one.send for one in deliveries.of_subject(tx, kept.subject) if one.recipient == ANNA] == [1, 3]


def test_whoever_is_refused_is_skipped_once_for_each_reason(ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = keep(tx)
        for _ in range(2):
            made = deliveries.address(tx, kept, [TO, CC], NOW, worker=None, refused={BILAL: OUT})
        assert made == [], "Anna is pending since the first time"
        skipped = deliveries.of_edition(tx, kept.id)[0]
        assert (skipped.recipient, skipped.state, skipped.detail) == (BILAL, DeliveryState.SKIPPED, OUT)
        assert (skipped.ended_at, skipped.role, skipped.send) == (NOW, "cc", 1)
        assert len(deliveries.of_edition(tx, kept.id)) == 2
        assert BILAL not in deliveries.having(tx, kept.subject)
        deliveries.address(tx, keep(tx, 2), [CC], LATER, worker=None, refused={BILAL: "outside the allowed domains"})
        assert [one.send for one in deliveries.of_subject(tx, kept.subject) if one.recipient == BILAL] == [1, 2]
        [back] = deliveries.address(tx, kept, [TO, CC], LATER, worker=None)
        assert (back.recipient, back.send, back.state) == (BILAL, 3, DeliveryState.PENDING)


def test_whoever_has_it_is_not_skipped_later(ledger: Ledger) -> None:
    with ledger.write() as tx:
        kept = keep(tx)
        [one] = deliveries.address(tx, kept, [TO], NOW, worker=None)
        bring(tx, one, DeliveryState.SENT)
        deliveries.address(tx, kept, [TO], NOW, worker=None, refused={ANNA: OUT})
        assert [sent.state for sent in deliveries.of_edition(tx, kept.id)] == [DeliveryState.SENT]
        deliveries.address(tx, kept, [TO], NOW, worker=None, refused={ANNA: OUT}, again=True)
        assert [sent.state for sent in deliveries.of_edition(tx, kept.id)] == [
            DeliveryState.SENT,
            DeliveryState.SKIPPED,
        ]


def test_what_is_pending_can_be_skipped_and_then_nothing_else(ledger: Ledger) -> None:
    with ledger.write() as tx:
        one = one_delivery(tx)
        assert deliveries.skip(tx, one.id, LATER, OUT)
        found = deliveries.get(tx, one.id)
        assert (found.state, found.detail, found.ended_at) == (DeliveryState.SKIPPED, OUT, LATER)
        assert not deliveries.skip(tx, one.id, LATER, OUT)
        assert deliveries.begin(tx, one.id, "me", LATER) is None
        assert deliveries.unresolved(tx) == []
        assert deliveries.resolve(tx, one.edition, LATER) == 0
        assert happened(tx)[0].name == "delivery.skipped"


def test_a_failure_needs_nobody_once_the_recipient_is_skipped(ledger: Ledger) -> None:
    with ledger.write() as tx:
        failed = one_delivery(tx, DeliveryState.FAILED)
        assert deliveries.unresolved(tx) == [failed]
        deliveries.address(tx, keep(tx, 2), [TO], LATER, worker=None, refused={ANNA: OUT})
        assert deliveries.unresolved(tx) == []


@pytest.mark.parametrize("state", [one for one in DeliveryState if one is not DeliveryState.PENDING])
def test_what_is_not_pending_is_not_skipped(ledger: Ledger, state: DeliveryState) -> None:
    with ledger.write() as tx:
        one = one_delivery(tx, state)
        assert not deliveries.skip(tx, one.id, LATER, OUT)
        assert deliveries.get(tx, one.id) == one


def test_of_one_who_begins_and_one_who_skips_one_is_quicker(place: Place, ledger: Ledger) -> None:
    for number in range(ROUNDS):
        with ledger.write() as tx:
            kept = keep(tx, report=f"weekly{number}")
            [delivery] = deliveries.address(tx, kept, [TO], NOW, worker=None)
        gate = Barrier(2)

        def work(skips: bool, number: int = delivery.id, gate: Barrier = gate) -> bool:
            with place.open() as mine:
                gate.wait()
                with mine.write() as tx:
                    if skips:
                        return deliveries.skip(tx, number, NOW, OUT)
                    return deliveries.begin(tx, number, "me", NOW) is not None

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(work, [True, False]))
        assert sorted(done) == [False, True]
        with ledger.read() as tx:
            expected = DeliveryState.SKIPPED if done[0] else DeliveryState.SENDING
            assert deliveries.get(tx, delivery.id).state is expected


def test_deliveries_are_found_by_their_editions(ledger: Ledger) -> None:
    with ledger.write() as tx:
        first, second, third = (keep(tx, cut=cut) for cut in ("agent-1", "agent-2", "agent-3"))
        made = [deliveries.address(tx, one, [TO, CC], NOW, worker=None) for one in (first, second)]
        assert deliveries.of_editions(tx, [first, second, third]) == {
            first.id: made[0],
            second.id: made[1],
            third.id: [],
        }
