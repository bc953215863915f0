"""kill -9 within a slot of many editions, and of a message to several people; and what the next pass makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.delivery.crew import (
    ADDRESSES,
    DOMAIN,
    NO_ADDRESS,
    OUTSIDE,
    SIX,
    got,
    make_crew,
    name_of,
    revisions,
    scorecards,
    states,
)
from tests.delivery.house import ANNA, BILAL, CHECKOUT, CHEN, OWNER, broken_laws, last_new_year, report, told

if TYPE_CHECKING:
    from pathlib import Path

    from tests.delivery.house import House, PostOffice

RUN = ("run", "weekly", "--as-of", last_new_year().date())
# The event (and which time it is) at which all processes die; then, after the restart: how many messages each of the
# six got, where their deliveries stand, which revisions there are, where the slot stands, and whether the owner knows.
TABLE = """
edition.fetched   1 | 111111 | ssssss | 111111 | sent   | -
edition.kept      1 | 111111 | ssssss | 111111 | sent   | -
edition.archived  3 | 111111 | ssssss | 112111 | sent   | -
edition.kept      3 | 111111 | ssssss | 111111 | sent   | -
edition.kept      6 | 111111 | ssssss | 111111 | sent   | -
delivery.sending  4 | 111011 | sssuss | 111111 | failed | told
delivery.answered 4 | 111111 | sssuss | 111111 | failed | told
delivery.sent     4 | 111111 | ssssss | 111111 | sent   | -
"""
# The same of one message to Anna and Bilal with a copy to Chen; everything that is logged comes once for each of them.
JOINT = """
edition.kept      1 | 111 | sent sent sent          | sent   | -
delivery.sending  1 | 000 | unknown unknown unknown | failed | told
delivery.sending  3 | 000 | unknown unknown unknown | failed | told
delivery.answered 2 | 111 | unknown unknown unknown | failed | told
delivery.sent     1 | 111 | sent sent sent          | sent   | -
"""
# `reports run` dies; then, after running it again: how many messages each of the six got, and how they stand.
BY_HAND = """
edition.fetched   1 | 111111 | ssssss
edition.kept      3 | 111111 | ssssss
delivery.sending  4 | 111011 | sssuss
delivery.answered 4 | 111111 | sssuss
"""


def rows(table: str) -> list[str]:
    return [" ".join(line.split()) for line in table.strip().splitlines()]


def cases(table: str, *quick: str) -> list[object]:
    return [
        pytest.param(row, id="-".join(row.split(" ")[:2]), marks=() if row.startswith(quick) else pytest.mark.slow)
        for row in rows(table)
    ]


@pytest.fixture(scope="session")
def crew_deals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_crew(tmp_path_factory.mktemp("crew") / "crew.sqlite")


@pytest.fixture
def crew(house: House, crew_deals: Path) -> House:
    """A project whose report has a page for each of a small team."""
    made = replace(house, deals=crew_deals)
    made.configure(scorecards(), email=DOMAIN)
    return made


def left_out(house: House) -> list[str]:
    return sorted(one.cut for one in house.book().skips)


NOBODYS = [f"agent-{NO_ADDRESS}", f"agent-{OUTSIDE}"]


def texts(office: PostOffice) -> str:
    """Return all that the owner was written."""
    return "\n".join(one.content.decode() for one in office.received if OWNER in one.recipients)


@pytest.mark.parametrize("row", cases(TABLE, "edition.kept 3", "delivery.answered 4"))
def test_a_killed_slot_of_many_cuts_makes_and_sends_each_once(row: str, crew: House, office: PostOffice) -> None:
    start, *_ = row.split(" | ")
    event, count = start.split(" ")
    crew.make_due()
    assert crew.killed_at(event, "run-due", count=int(count), who="group").killed
    before = crew.book().editions
    settled = crew.settle()
    [slot] = crew.book().slots
    owner = "told" if told(office) else "-"
    assert f"{start} | {got(office)} | {states(crew)} | {revisions(crew)} | {slot.state} | {owner}" == row
    assert broken_laws(crew, office) == []
    assert set(before) <= set(crew.book().editions), "what was made stays as it was"
    assert settled.events.count("edition.kept") == len(SIX) - len(before)
    assert left_out(crew) == NOBODYS
    assert settled.code == (1 if owner == "told" else 0)
    if owner == "told":
        assert ADDRESSES[3] in texts(office)
        assert ADDRESSES[2] not in texts(office)


@pytest.mark.slow
@pytest.mark.parametrize("event", ["edition.kept", "delivery.answered"])
def test_however_often_a_child_dies_every_cut_is_made_once(event: str, crew: House, office: PostOffice) -> None:
    """Each child of the same runner dies at the same place, of another cut."""
    crew.make_due()
    assert not crew.killed_at(event, "run-due").killed, "a runner outlives its children"
    crew.settle()
    assert revisions(crew) == "111111"
    assert got(office) == "111111"
    assert set(states(crew)) <= {"s", "u"}
    assert broken_laws(crew, office) == []


def joint() -> str:
    return report(to=(ANNA, BILAL), more=f'together = true\ncc = ["{CHEN}"]')


@pytest.mark.parametrize("row", cases(JOINT, "delivery.answered"))
def test_a_killed_message_to_several_people_is_sent_once(row: str, house: House, office: PostOffice) -> None:
    start, *_ = row.split(" | ")
    event, count = start.split(" ")
    house.configure(joint())
    house.make_due()
    assert house.killed_at(event, "run-due", count=int(count), who="group").killed
    house.settle()
    [slot] = house.book().slots
    messages = "".join(str(len(office.to(one))) for one in (ANNA, BILAL, CHEN))
    found = " ".join(house.book().states().values())
    owner = "told" if told(office) else "-"
    assert f"{start} | {messages} | {found} | {slot.state} | {owner}" == row
    assert broken_laws(house, office) == []
    if owner == "told":
        assert all(one in texts(office) for one in (ANNA, BILAL, CHEN))


@pytest.mark.slow
def test_a_killed_retry_to_one_of_several_people_touches_nobody_else(house: House, office: PostOffice) -> None:
    house.configure(joint())
    house.make_due()
    office.refusals[BILAL] = "451 4.7.1 later"
    house.reports("run-due")
    assert house.book().states() == {"anna": "sent", "bilal": "pending", "chen": "sent"}
    office.refusals.clear()
    house.pass_time()
    assert house.killed_at("delivery.answered", "run-due", who="group").killed
    house.settle()
    assert house.book().states() == {"anna": "sent", "bilal": "unknown", "chen": "sent"}
    assert [len(office.to(one)) for one in (ANNA, BILAL, CHEN)] == [1, 1, 1]
    assert len({one.message_id for one in office.accepted if one.recipient != OWNER}) == 1
    assert broken_laws(house, office) == []
    assert len(told(office)) == 1


@pytest.mark.slow
def test_a_killed_copy_to_the_manager_is_unclear_for_that_cut_alone(crew: House, office: PostOffice) -> None:
    crew.configure(scorecards('cc = ["boss@example.com"]'), email=DOMAIN)
    crew.make_due()
    assert crew.killed_at("delivery.answered", "run-due", count=6, who="group").killed
    crew.settle()
    assert states(crew) == "ssusss"
    assert got(office) == "111111"
    assert len(office.to("boss@example.com")) == len(SIX)
    assert broken_laws(crew, office) == []


# A cut that can't be made


def spoil(house: House, *agents: int) -> None:
    """Give the project a scorecard of its own, which fails for some."""
    page = (CHECKOUT / "templates" / "scorecard" / "page.html").read_text("utf-8")
    first = "{% block body %}"
    assert first in page
    faults = [
        f'{{% if page.card.name == "{name_of(one)}" %}}{{{{ nobody.knows.this }}}}{{% endif %}}' for one in agents
    ]
    own = house.folder / "templates" / "scorecard" / "page.html"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(page.replace(first, first + "".join(faults)), "utf-8")


def test_a_cut_that_cant_be_made_stops_no_other_and_is_made_once_it_can(crew: House, office: PostOffice) -> None:
    spoil(crew, 3)
    crew.make_due()
    crew.settle()
    assert got(office) == "110111"
    [slot] = crew.book().slots
    assert slot.state == "failed"
    assert "agent-3" in texts(office)
    assert "agent-4" not in texts(office)
    assert broken_laws(crew, office) == []
    spoil(crew)
    mended = crew.reports(*RUN)
    assert mended.code == 0, mended.err
    assert (got(office), revisions(crew)) == ("111111", "111111")
    assert crew.reports("status").code == 0
    assert broken_laws(crew, office) == []


@pytest.mark.slow
def test_a_slot_stays_failed_while_one_of_its_cuts_cant_be_made(crew: House, office: PostOffice) -> None:
    spoil(crew, 3, 5)
    crew.make_due()
    crew.settle()
    assert got(office) == "110101"
    spoil(crew, 5)
    assert crew.reports(*RUN).code == 1
    assert got(office) == "111101"
    assert crew.reports("status").code == 1, "nobody has looked after the fifth"
    spoil(crew)
    assert crew.reports(*RUN).code == 0
    assert (got(office), revisions(crew)) == ("111111", "111111")
    assert crew.reports("status").code == 0
    assert broken_laws(crew, office) == []


@pytest.mark.slow
def test_by_hand_a_cut_that_cant_be_made_is_said_and_made_by_the_next(crew: House, office: PostOffice) -> None:
    spoil(crew, 3)
    first = crew.reports(*RUN)
    assert first.code == 1
    assert name_of(3) in first.out + first.err
    assert got(office) == "110111"
    spoil(crew)
    assert crew.reports(*RUN).code == 0
    assert (got(office), revisions(crew)) == ("111111", "111111")
    assert broken_laws(crew, office) == []


# By hand


@pytest.mark.slow
@pytest.mark.parametrize("row", cases(BY_HAND))
def test_a_killed_run_of_many_cuts_is_gone_on_with(row: str, crew: House, office: PostOffice) -> None:
    start, *_ = row.split(" | ")
    event, count = start.split(" ")
    assert crew.killed_at(event, *RUN, count=int(count)).killed
    again = crew.reports(*RUN)
    assert "Traceback" not in again.err
    assert f"{start} | {got(office)} | {states(crew)}" == row
    crew.reports("run-due")
    assert broken_laws(crew, office) == []
    assert left_out(crew) == NOBODYS
    assert ("u" in states(crew)) == (ADDRESSES[3] in texts(office)), "the owner hears of it from the next pass"


# Side by side


@pytest.mark.slow
@pytest.mark.parametrize("first", ["edition.fetched", "edition.kept"])
def test_a_pass_and_a_run_by_hand_at_once_send_to_nobody_twice(first: str, crew: House, office: PostOffice) -> None:
    crew.make_due()
    by_hand = crew.begin(*RUN) if first == "edition.fetched" else None
    due = crew.begin("run-due")
    if by_hand is None:
        crew.wait_until(lambda book: len(book.editions) > 1)
        by_hand = crew.begin(*RUN)
    crew.finish(due)
    crew.finish(by_hand)
    crew.settle()
    assert got(office) == "111111"
    assert broken_laws(crew, office) == []


@pytest.mark.slow
def test_a_slot_goes_on_with_the_cuts_that_a_killed_run_left(crew: House, office: PostOffice) -> None:
    assert crew.killed_at("delivery.sent", *RUN, count=2).killed
    crew.make_due()
    crew.settle()
    assert got(office) == "111111"
    assert states(crew) == "ssssss"
    assert broken_laws(crew, office) == []
