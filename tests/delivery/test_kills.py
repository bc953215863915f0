"""kill -9 at every boundary of a scheduled edition, and what the next pass makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.delivery.house import ANNA, BILAL, CHEN, TIMEOUT, TO, broken_laws, said, told

if TYPE_CHECKING:
    from tests.delivery.house import House, PostOffice

EVERYBODY = "111"  # how many messages Anna, Bilal and Chen got
UNCLEAR = "Delivery unclear: weekly, "
# The event (and which time it is) at which the process dies; then, after the restart: how many messages each got, where
# their deliveries stand, which revision it is, where the slot stands, and whether the owner hears of it.
TABLE = """
slot.claimed        1 | 111 | sent    sent sent | 1 | sent   | -
edition.fetched     1 | 111 | sent    sent sent | 1 | sent   | -
edition.rendered    1 | 111 | sent    sent sent | 2 | sent   | -
edition.archived    1 | 111 | sent    sent sent | 2 | sent   | -
edition.kept        1 | 111 | sent    sent sent | 1 | sent   | -
delivery.sending    1 | 011 | unknown sent sent | 1 | failed | told
delivery.answered   1 | 111 | unknown sent sent | 1 | failed | told
delivery.sent       1 | 111 | sent    sent sent | 1 | sent   | -
delivery.sent       2 | 111 | sent    sent sent | 1 | sent   | -
delivery.sending    3 | 110 | sent sent unknown | 1 | failed | told
delivery.answered   3 | 111 | sent sent unknown | 1 | failed | told
delivery.sent       3 | 111 | sent    sent sent | 1 | sent   | -
slot.sent           1 | 111 | sent    sent sent | 1 | sent   | -
"""
ROWS = [" ".join(line.split()) for line in TABLE.strip().splitlines()]
MOST_IMPORTANT = [("delivery.sending 1", "group"), ("delivery.answered 1", "process"), ("delivery.sent 1", "group")]


def case(row: str, who: str) -> object:
    quick = any(row.startswith(start) and who == whose for start, whose in MOST_IMPORTANT)
    name = "-".join([*row.split(" ")[:2], who])
    return pytest.param(row, who, id=name, marks=() if quick else pytest.mark.slow)


def row_of(start: str, house: House, office: PostOffice) -> str:
    """Return what a restart left, in the manner of the table."""
    book = house.book()
    [slot] = book.slots
    got = "".join(str(len(office.to(one))) for one in (ANNA, BILAL, CHEN))
    states = " ".join(book.states().values())
    [kept] = book.editions
    owner = "told" if told(office) else "-"
    return f"{start} | {got} | {states} | {kept.revision} | {slot.state} | {owner}"


@pytest.mark.parametrize(("row", "who"), [case(row, who) for row in ROWS for who in ("process", "group")])
def test_a_killed_slot_ends_and_nobody_gets_it_twice(row: str, who: str, house: House, office: PostOffice) -> None:
    start, *_ = row.split(" |")
    event, count = start.split(" ")
    house.make_due()
    killed = house.killed_at(event, "run-due", count=int(count), who=who)
    assert killed.killed == (who == "group"), "a runner outlives its child"
    assert event in killed.events
    before = len(office.accepted)
    settled = house.settle()
    found = row_of(start, house, office)
    print(found)  # the table, for whoever wants to see it
    assert found == row
    assert broken_laws(house, office) == []
    assert [one for one in told(office) if not one.startswith(UNCLEAR)] == []
    assert len(told(office)) <= 1, "one thing is told once"
    standing = house.reports("status")
    if row.endswith("told"):
        assert settled.code == 1
        assert standing.code == 1
        assert "unknown to" in standing.out
    else:
        assert settled.code == 0, settled.err
        assert standing.code == 0, standing.out
    if event == "slot.sent":
        assert len(office.accepted) == before, "there was nothing left to do"


@pytest.mark.slow
@pytest.mark.parametrize("event", ["slot.due", "slot.freed"])
def test_a_runner_killed_at_its_books_loses_nothing(event: str, house: House, office: PostOffice) -> None:
    """Both are logged before the commit."""
    house.make_due()
    if event == "slot.freed":
        assert house.killed_at("edition.kept", "run-due", who="group").killed
    assert house.killed_at(event, "run-due").killed
    house.settle()
    assert row_of(f"{event} 1", house, office) == f"{event} 1 | 111 | sent sent sent | 1 | sent | -"
    assert broken_laws(house, office) == []


def test_a_child_outlives_its_runner_and_nobody_takes_its_slot(house: House, office: PostOffice) -> None:
    with office.holding(ANNA) as held:
        house.make_due()
        assert house.killed_at("delivery.sending", "run-due", who="runner").killed
        held.wait()
        second = house.reports("run-due")
        assert (second.code, second.events) == (0, [])
        assert [one.state for one in house.book().slots] == ["claimed"]
    house.wait_until(lambda book: all(one.state == "sent" for one in book.slots))
    assert [len(office.to(one)) for one in (ANNA, BILAL, CHEN)] == [1, 1, 1]
    assert broken_laws(house, office) == []


@pytest.mark.slow
def test_killed_while_the_owner_is_told_it_is_told_again(house: House, office: PostOffice) -> None:
    house.make_due()
    assert house.killed_at("delivery.answered", "run-due", who="group").killed
    with office.holding("ops@example.com") as held:
        telling = house.begin("run-due")
        held.wait()
        house.kill(telling)
    assert len(told(office)) == 1, "the server had it"
    house.settle()
    assert len(told(office)) == 2, "better twice than not at all"
    assert len({one.message_id for one in office.to("ops@example.com")}) == 1, "which mail systems show once"
    assert len(office.accepted) == len(TO) + 2
    assert broken_laws(house, office) == []


@pytest.mark.slow
def test_a_worker_that_was_taken_for_dead_changes_nothing_any_more(house: House, office: PostOffice) -> None:
    """Somebody removes the files of its locks; where the ledger is in PostgreSQL, a broken connection is enough."""
    house.make_due()
    with office.holding(ANNA) as first:
        one = house.begin("run-due")
        first.wait()
        for lock in (house.folder / "ledger.sqlite-workers").iterdir():
            lock.unlink()
        with office.holding(BILAL) as second:
            other = house.begin("run-due")
            second.wait()
            first.gone_on.set()
            one.wait(TIMEOUT)
            assert "Traceback" not in said(one, 0).err
            assert "slot.lost" in said(one, 0).events
            assert [slot.state for slot in house.book().slots] == ["claimed"], "by the other one, who is at work"
        assert house.finish(other).code == 1
    assert row_of("lost 1", house, office) == "lost 1 | 111 | unknown sent sent | 1 | failed | told"
    assert broken_laws(house, office) == []
