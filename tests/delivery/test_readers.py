"""Everybody gets their own part of a report, once, and nothing of anybody else's."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING

import pypdfium2
import pytest

from reports.edition import fetch
from reports.errors import DeliveryError
from reports.job import plan_job
from reports.ledger import editions, optouts, skips
from reports.ledger.values import DeliveryState, SlotState
from reports.mail.tokens import read_token
from reports.on_demand import run
from tests.delivery import staff
from tests.delivery.staff import FEW, NO_ADDRESS, OUTSIDE, PEOPLE, REFUSING, SHARED, people
from tests.delivery.world import (
    ANNA,
    BILAL,
    CHEN,
    MINUTE,
    SCHEDULE,
    SUNDAY,
    WEEK,
    counts,
    ids,
    mailed,
    nowhere,
    outbox,
    smtp,
    spoken,
    to,
    told,
    world,
)
from tests.mail.servers import Mailbox, mail_server

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from reports.ledger.values import Skip, Slot
    from tests.delivery.staff import Person
    from tests.delivery.world import World

AGENTS = f'{SCHEDULE}\ncuts = "agent"\nattach = ["pdf", "csv", "json"]'
DOMAIN = 'allowed_domains = ["example.com"]'
BOSS = "boss@example.com"
REACHED, SOME = staff.reached(), staff.reached(FEW)
STAFF = {"source": staff.source(), "to": "[]", "pipelines": ""}
TEAM = STAFF | {"source": staff.source(FEW)}


def skipped(made: World, slot: Slot) -> list[Skip]:
    with made.ledger.read() as tx:
        return skips.of_slot(tx, slot.id)


def attached(message: EmailMessage) -> dict[str, bytes]:
    """Return what goes with a message, by its type."""
    return {part.get_content_type(): part.get_payload(decode=True) for part in message.iter_attachments()}


def said_in(message: EmailMessage) -> str:
    """Return everything that a reader or a program can read in a message: its bodies, its files and its headers."""
    files = attached(message)
    pdf = pypdfium2.PdfDocument(files["application/pdf"])
    pages = [page.get_textpage().get_text_range() for page in pdf]
    bodies = [part.get_content() for part in message.walk() if part.get_content_type() in {"text/plain", "text/html"}]
    headers = [f"{name}: {value}" for name, value in message.items()]
    texts = [files[kind].decode() for kind in ("text/csv", "application/json")]
    return "\n".join([*pages, *bodies, *headers, *texts])


def told_of(text: str, one: Person) -> list[str]:
    """Return what a text says of a person: name, address, numbers; rounded ones could be anybody's."""
    wanted = [one.name, f"Q{one.number:02d}x", *([one.address.lower()] if one.address else [])]
    for value in (one.now, one.before):
        wanted += [f"{value}", f"{value:,}"]
    found = text.lower()
    return [form for form in wanted if re.search(rf"(?<![\d,.]){re.escape(form.lower())}(?![\d,])", found)]


def test_forty_agents_get_their_own_figures_and_nobody_elses(tmp_path: Path) -> None:
    refusing = f"person{REFUSING:02d}@example.com"
    mailbox = Mailbox({refusing: "550 5.1.1 no such person"})
    with mailed(tmp_path, mailbox, DOMAIN, **STAFF, report=AGENTS) as made:
        [slot] = made.work()
        left = {one.cut: one.reason for one in skipped(made, slot)}
        assert slot.state is SlotState.FAILED
        assert slot.reason == f"{len(REACHED) - 1} of {len(REACHED)} sent, 1 failed"
        with made.ledger.read() as tx:
            assert len(editions.of_slot(tx, slot.id)) == len(REACHED)
    assert left == {f"agent-{one}": "outside the allowed domains" for one in OUTSIDE} | {
        f"agent-{NO_ADDRESS}": "the account has no address for them"
    }
    [(subject, text)] = told(mailbox)
    assert subject.startswith("Not delivered to everybody")
    assert refusing in text
    assert all(f"person{one.number:02d}" not in text for one in REACHED if one.number != REFUSING)
    messages = [one for person in REACHED for one in _own(mailbox, person)]
    assert len(messages) == len(REACHED) - 1
    for person in REACHED:
        for message in _own(mailbox, person):
            everything = said_in(message)
            document = json.loads(attached(message)["application/json"])
            assert document["overall"]["current"]["total_value_won"] == int(person.now)
            assert document["overall"]["previous"]["total_value_won"] == int(person.before)
            assert document["overall"]["current"]["total_lost"] == 1
            assert told_of(everything, person), person
            strangers = {one.cut: told_of(everything, one) for one in people() if one.number != person.number}
            own = set(_shared_with(person))
            assert {cut: found for cut, found in strangers.items() if set(found) - own} == {}


def _shared_with(person: Person) -> list[str]:
    """Return what two people who share a mailbox have in common."""
    return ["desk@example.com"] if person.number in SHARED else []


def _own(mailbox: Mailbox, person: Person) -> list[EmailMessage]:
    """Return the reports that a person got; of those who share a mailbox each has their own."""
    found = [one for address in {person.address or "", (person.address or "").lower()} for one in to(mailbox, address)]
    return [one for one in found if person.name in str(one["Subject"]) or f"{person.cut}-" in _filename(one)]


def _filename(message: EmailMessage) -> str:
    return " ".join(str(part.get_filename()) for part in message.iter_attachments())


def test_every_agent_is_asked_for_twice_in_each_pipeline_and_all_else_once(tmp_path: Path) -> None:
    with world(tmp_path, **STAFF, report=AGENTS) as made:
        job = plan_job(made.config, "weekly", made.now.date(), as_of=made.now.date())
        fetched = asyncio.run(fetch(job, lambda _: None))
    own = [one for one in fetched.answers if "agent_id" in one.query]
    assert len(own) == PEOPLE * 2 * len(fetched.pipelines)
    asked = [(one.path, tuple(sorted(one.query.items()))) for one in fetched.answers]
    assert len(asked) == len(set(asked))


def test_whoever_opts_out_between_planning_and_sending_gets_nothing(tmp_path: Path) -> None:
    quiet = f"person{5:02d}@example.com"
    with world(tmp_path, email=smtp(nowhere(), DOMAIN), **TEAM, report=AGENTS) as made:
        [slot] = made.work()
        assert slot.state is SlotState.DUE
        with made.ledger.write() as tx:
            optouts.opt_out(tx, quiet, "weekly", made.now, "command")
        mailbox = Mailbox()
        with mail_server(mailbox) as port:
            made.write(email=smtp(port, DOMAIN, "timeout = 5"))
            [slot] = made.at(SUNDAY + MINUTE)
        kept = made.states(f"weekly:2025-09-28:2025-10-04:{staff.people(FEW)[4].cut}:r1")
    assert slot.state is SlotState.SENT
    assert kept == {quiet: str(DeliveryState.SKIPPED)}
    assert quiet not in counts(mailbox.received)
    assert sum(counts(mailbox.received).values()) == len(SOME) - 1


def test_one_message_to_all_is_tried_again_for_those_alone_who_are_missing(tmp_path: Path) -> None:
    mailbox = Mailbox({BILAL: "451 4.7.1 come back later"})
    report = f'{SCHEDULE}\ntogether = true\ncc = ["{CHEN}"]\nbcc = ["{BOSS}"]'
    with mailed(tmp_path, mailbox, report=report, to=f'["{ANNA}", "{BILAL}"]') as made:
        [slot] = made.work()
        assert slot.state is SlotState.DUE
        mailbox.refusals.clear()
        [slot] = made.at(SUNDAY + MINUTE)
    assert slot.state is SlotState.SENT
    first, again = mailbox.received
    assert (first.recipients, again.recipients) == ((ANNA, CHEN, BOSS), (BILAL,))
    assert first.content == again.content
    [message] = to(mailbox, BILAL)
    assert (str(message["To"]), str(message["Cc"])) == (f"{ANNA}, {BILAL}", CHEN)
    assert BOSS.encode() not in first.content


def test_a_manager_gets_a_copy_of_each_scorecard_in_the_agents_own_message(tmp_path: Path) -> None:
    mailbox = Mailbox()
    report = f'{AGENTS}\ncc = ["{BOSS}"]'
    with mailed(tmp_path, mailbox, DOMAIN, **TEAM, report=report) as made:
        [slot] = made.work()
    assert slot.state is SlotState.SENT
    assert len(mailbox.received) == len(SOME)
    assert all(len(one.recipients) == 2 and one.recipients[1] == BOSS for one in mailbox.received)
    assert len(set(ids(to(mailbox, BOSS)))) == len(SOME)


def test_each_pipeline_has_its_own_readers_and_says_nothing_of_the_others(tmp_path: Path) -> None:
    report = f'{SCHEDULE}\ncuts = "pipeline"\npipeline_to = {{ 2 = ["{BILAL}"] }}\nattach = ["pdf", "csv", "json"]'
    mailbox = Mailbox()
    with mailed(tmp_path, mailbox, **TEAM | {"report": report, "to": f'["{ANNA}"]'}) as made:
        [slot] = made.work()
    assert slot.state is SlotState.SENT
    [north], [south] = to(mailbox, ANNA), to(mailbox, BILAL)
    assert ("North" in said_in(north), "South" in said_in(north)) == (True, False)
    assert ("North" in said_in(south), "South" in said_in(south)) == (False, True)


def test_a_view_has_its_own_readers_beside_the_whole(tmp_path: Path) -> None:
    some = (2, 4)
    view = f'[[reports.weekly.views]]\nname = "couple"\nagents = {list(some)}\nto = ["{BILAL}"]'
    report = f'{SCHEDULE}\nattach = ["pdf", "csv", "json"]\n{view}'
    mailbox = Mailbox()
    with mailed(tmp_path, mailbox, **TEAM | {"report": report, "to": f'["{ANNA}"]'}) as made:
        [slot] = made.work()
    assert slot.state is SlotState.SENT
    [whole], [couple] = to(mailbox, ANNA), to(mailbox, BILAL)
    everybody = people(FEW)
    assert all(told_of(said_in(whole), one) for one in everybody[:10])
    document = json.loads(attached(couple)["application/json"])
    assert document["overall"]["current"]["total_value_won"] == sum(int(everybody[one - 1].now) for one in some)
    others = [one for one in everybody if one.number not in some]
    assert [one.name for one in others if told_of(said_in(couple), one)] == []


def test_a_report_that_is_not_worth_it_is_skipped_with_the_values_compared(tmp_path: Path) -> None:
    report = f'{SCHEDULE}\nonly_if = {{ figure = "total_value_won", value_above = 1000000000 }}\nat_least_every = 2'
    with world(tmp_path, report=report) as made:
        slots = [made.at(SUNDAY + place * WEEK)[0] for place in range(4)]
    assert [one.state for one in slots] == [
        SlotState.SKIPPED,
        SlotState.SKIPPED,
        SlotState.SENT,
        SlotState.SKIPPED,
    ]
    assert all(one.unmet == (one.state is SlotState.SKIPPED) for one in slots)
    assert re.fullmatch(
        r"no condition is met: value won [\d,.]+ SAR, asked for above 1,000,000,000 SAR", slots[0].reason
    )


def test_a_link_to_opt_out_is_each_readers_own_and_can_be_read_again(tmp_path: Path) -> None:
    with world(tmp_path, more='[web]\nurl = "https://reports.example.com"') as made:
        made.work()
        key = made.office.archive.key()
        links = {address: str(one["List-Unsubscribe"]) for address, [one] in outbox(made).items()}
    for address in (ANNA, BILAL, CHEN):
        found = re.match(r"<https://reports\.example\.com/optout/([\w-]+)>, <mailto:", links[address])
        assert found is not None, links[address]
        assert read_token(found[1], key) == (address, "weekly")


def test_whoever_is_outside_the_allowed_domains_by_now_is_not_sent_what_was_planned(tmp_path: Path) -> None:
    with world(tmp_path, email=smtp(nowhere())) as made:
        made.work()
        mailbox = Mailbox()
        with mail_server(mailbox) as port:
            elsewhere = 'allowed_domains = ["example.org"]'
            made.write(email=smtp(port, elsewhere), to='["dina@example.org"]', owner="ops@example.org")
            [slot] = made.at(SUNDAY + MINUTE)
        states = made.states()
    assert states == {ANNA: "skipped", BILAL: "skipped", CHEN: "skipped", "dina@example.org": "sent"}
    assert slot.state is SlotState.SENT
    assert [one.recipients for one in mailbox.received] == [("dina@example.org",)]


def test_the_archive_of_an_agents_cut_holds_no_deals_of_others_nor_what_was_asked_about_them(tmp_path: Path) -> None:
    with world(tmp_path, **TEAM, report=AGENTS) as made:
        made.work()
    person = people(FEW)[0]
    [folder] = tmp_path.glob(f"archive/weekly/*/{person.cut}/r1")
    answers = json.loads((folder / "snapshot.json").read_bytes())["answers"]
    assert {one["query"]["agent_id"] for one in answers if "agent_id" in one["query"]} == {str(person.number)}
    owners = {
        card["lead"]["assigned_agent"]["id"] for one in answers if "/cards" in one["path"] for card in one["body"]
    }
    assert owners == {person.number}


def test_a_report_that_everybody_opted_out_of_is_skipped_for_that_reason_without_fetching(tmp_path: Path) -> None:
    with world(tmp_path, to=f'["{ANNA}"]') as made:
        with made.ledger.write() as tx:
            optouts.opt_out(tx, ANNA, optouts.EVERY, made.now, "command")
        [slot] = made.work()
        left = skipped(made, slot)
    assert (slot.state, slot.reason) == (SlotState.SKIPPED, "nobody is left to send it to: opted out")
    assert [(one.cut, one.who, one.recipient) for one in left] == [("all", ANNA, ANNA)]
    assert not (tmp_path / "archive").exists()


def test_nothing_is_made_again_for_somebody_who_opted_out(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        with made.ledger.write() as tx:
            optouts.opt_out(tx, BILAL, "weekly", made.now, "command")
        made.work()
        assert made.states() == {ANNA: "sent", BILAL: "skipped", CHEN: "sent"}
        job = plan_job(made.config, "weekly", made.now.date())
        with pytest.raises(DeliveryError, match="everybody has weekly:2025-09-28:2025-10-04 already"):
            asyncio.run(run(made.office, job, lambda _: None, again=False))
        assert len(made.editions) == 1


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (f'cuts = "pipeline"\npipeline_to = {{ 9 = ["{BILAL}"] }}', "the account has no pipeline 9"),
        (
            f'[[reports.weekly.views]]\nname = "up"\npipelines = [1, 9]\nto = ["{BILAL}"]',
            "the account has no pipeline 9",
        ),
        (
            f'[[reports.weekly.views]]\nname = "up"\nagents = [77]\nto = ["{BILAL}"]',
            "no agent with the number 77 had any deals in the periods shown",
        ),
    ],
)
def test_a_number_that_the_account_does_not_have_stops_that_cut_alone_and_is_told(
    tmp_path: Path, report: str, said: str
) -> None:
    mailbox = Mailbox()
    with mailed(tmp_path, mailbox, report=f"{SCHEDULE}\n{report}", to=f'["{ANNA}"]', pipelines="") as made:
        [slot] = made.work()
    assert slot.state is SlotState.FAILED
    assert said in slot.reason
    assert to(mailbox, ANNA)
    assert not to(mailbox, BILAL)
    assert any(said in text.replace(" | ", " ") for _, text in told(mailbox))


def test_a_mail_about_a_part_says_which_part_it_is(tmp_path: Path) -> None:
    report = (
        f'{SCHEDULE}\n[[reports.weekly.views]]\nname = "couple"\nagents = [2, 4]\nto = ["{BILAL}"]\n'
        f'[[reports.weekly.views]]\nname = "south"\npipelines = [2]\nto = ["{CHEN}"]'
    )
    mailbox = Mailbox()
    with mailed(tmp_path, mailbox, **TEAM | {"report": report, "to": f'["{ANNA}"]'}) as made:
        made.work()
    [whole], [couple], [south] = (to(mailbox, one) for one in (ANNA, BILAL, CHEN))
    assert str(whole["Subject"]).startswith("Weekly pipeline report, 28 Sept")
    assert str(couple["Subject"]).startswith("Weekly pipeline report, couple, 28 Sept")
    assert "couple, 2 agents in all pipelines" in spoken(couple)
    assert "south, South" in spoken(south)
    [page] = [part for part in couple.iter_attachments() if part.get_content_type() == "application/pdf"]
    text = pypdfium2.PdfDocument(page.get_payload(decode=True))[0].get_textpage().get_text_range()
    assert "couple, 2 agents in all pipelines" in text
