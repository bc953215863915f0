"""kill -9 while a person's own command sends: run, resend and approve; and what the next command makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.delivery.house import ANNA, BILAL, CHEN, broken_laws, last_new_year, report, told

if TYPE_CHECKING:
    from tests.delivery.house import House, PostOffice

PEOPLE = (ANNA, BILAL, CHEN)
RUN = ("run", "weekly", "--as-of", last_new_year().date())
# The event at which `reports run` dies; what `reports status` says of Anna, Bilal and Chen next; then, after running it
# again: how many messages each got, and what the status still shows.
TABLE = """
edition.fetched   1 | -       -      -      | 111 | - - -
edition.archived  1 | -       -      -      | 111 | - - -
delivery.sending  1 | unknown failed failed | 011 | unknown - -
delivery.answered 1 | unknown failed failed | 111 | unknown - -
delivery.sent     1 | -       failed failed | 111 | - - -
delivery.sending  3 | -       -     unknown | 110 | - - unknown
delivery.answered 3 | -       -     unknown | 111 | - - unknown
delivery.sent     3 | -       -      -      | 111 | - - -
"""
ANSWERS = {  # to running it again
    "delivery.answered 1": f"Anna <{ANNA}>: may have this period already",
    "delivery.sent 1": f"Anna <{ANNA}>: has this period already",
    "delivery.answered 3": f"Chen <{CHEN}> may have it",
    "delivery.sent 3": "error: everybody has",
}
ROWS = [" ".join(line.split()) for line in TABLE.strip().splitlines()]


def got(office: PostOffice) -> str:
    return "".join(str(len(office.to(one))) for one in PEOPLE)


def red(said: str) -> list[str]:
    """Return what a status says of each of the three: failed, unknown, or nothing (-)."""
    lines = [line for line in said.splitlines() if ": failed to " in line or ": unknown to " in line]
    found = {one: line.split(": ")[1].split(" ")[0] for line in lines for one in PEOPLE if one in line}
    return [found.get(one, "-") for one in PEOPLE]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id="-".join(row.split(" ")[:2]), marks=() if "answered 1" in row else pytest.mark.slow)
        for row in ROWS
    ],
)
def test_a_killed_run_is_shown_and_the_next_one_sends_to_those_missing(
    row: str, house: House, office: PostOffice
) -> None:
    start, shown, messages, left = row.split(" | ")
    event, count = start.split(" ")
    assert house.killed_at(event, *RUN, count=int(count)).killed
    first = house.reports("status")
    assert " ".join(red(first.out)) == shown
    assert first.code == (0 if shown == "- - -" else 1)
    again = house.reports(*RUN)
    assert got(office) == messages
    second = house.reports("status")
    assert " ".join(red(second.out)) == left
    assert ANSWERS.get(start, "") in again.out + again.err
    if shown != "- - -":
        house.reports("run-due")
        assert len(told(office)) == 1, "the owner hears of it from the next pass"
    assert broken_laws(house, office) == []


@pytest.mark.slow
@pytest.mark.parametrize(("event", "messages"), [("delivery.sending", "111"), ("delivery.answered", "211")])
def test_a_killed_resend_is_unknown_and_the_owner_is_told_each_time(
    event: str, messages: str, house: House, office: PostOffice
) -> None:
    assert house.reports(*RUN).code == 0
    [kept] = house.book().editions
    for send in (2, 3):
        assert house.killed_at(event, "resend", kept.id, "--only", ANNA).killed
        assert red(house.reports("status").out) == ["unknown", "-", "-"]
        house.reports("run-due")
        assert len(told(office)) == send - 1, "this one wasn't known of before"
    twice = str(int(messages[0]) * 2 - 1)
    assert got(office) == twice + messages[1:]
    ids = [one.message_id for one in office.to(ANNA)]
    assert len(ids) == len(set(ids)), "each send is a message of its own"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("event", "first", "messages"),
    [
        ("edition.approved", "sent", "111"),
        ("delivery.sending", "unknown", "011"),
        ("delivery.answered", "unknown", "111"),
        ("delivery.sent", "sent", "111"),
    ],
)
def test_a_killed_approval_stays_given(event: str, first: str, messages: str, house: House, office: PostOffice) -> None:
    house.configure(report(more="approve = true"))
    house.make_due()
    assert house.reports("run-due").code == 0
    [kept] = house.book().editions
    assert got(office) == "000"
    assert len(told(office)) == 1, "asked for approval"
    assert house.killed_at(event, "approve", kept.id).killed
    house.settle()
    assert got(office) == messages
    assert house.book().states() == {"anna": first, "bilal": "sent", "chen": "sent"}
    assert len(house.book().editions) == 1, "exactly what was approved"
    assert len(told(office)) == (2 if first == "unknown" else 1)
    assert house.reports("approve", kept.id).code == 1, "it was approved before"
    assert got(office) == messages
    assert broken_laws(house, office) == []


@pytest.mark.slow
def test_a_killed_approval_of_a_run_by_hand_is_shown(house: House, office: PostOffice) -> None:
    """There is no slot that a runner would take up."""
    house.configure(report(more="approve = true"))
    assert house.reports(*RUN).code == 0
    [kept] = house.book().editions
    assert house.killed_at("edition.approved", "approve", kept.id).killed
    assert red(house.reports("status").out) == ["failed", "failed", "failed"]
    house.reports("run-due")
    assert len(told(office)) == 2
    assert house.reports("resend", kept.id).code == 0
    assert got(office) == "111"
    assert house.reports("status").code == 0
    assert broken_laws(house, office) == []
