"""A test sends what would go out to one address alone, marked as a test, and leaves no trace among real editions."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pypdfium2
import pytest

from reports.errors import DeliveryError
from reports.job import plan_job, today_of
from reports.ledger import editions
from reports.trial import try_out
from tests.delivery import staff
from tests.delivery.staff import FEW
from tests.delivery.world import ANNA, BILAL, CHEN, SCHEDULE, SUNDAY, mailed, read, spoken, world
from tests.mail.servers import Mailbox

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from reports.trial import Trials
    from tests.delivery.world import World

ME = "me@example.com"


def tried(made: World, address: str = ME) -> Trials:
    job = plan_job(made.config, "weekly", today_of(made.config, made.now))
    return asyncio.run(try_out(made.office, job, address, lambda _: None))


def pages(message: EmailMessage) -> list[str]:
    [pdf] = [one for one in message.iter_attachments() if one.get_content_type() == "application/pdf"]
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf.get_payload(decode=True))]


def test_every_message_goes_to_one_address_and_says_whom_it_is_for(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mailed(tmp_path, mailbox) as made:
        found = tried(made)
    assert [one.recipients for one in mailbox.received] == [(ME,)] * 3
    messages = [read(one.content) for one in mailbox.received]
    assert [one.intended for one in found.sent] == [ANNA, BILAL, CHEN]
    for address, message in zip((ANNA, BILAL, CHEN), messages, strict=True):
        assert str(message["To"]) == ME
        assert str(message["Subject"]).startswith("TEST: Weekly pipeline report, ")
        assert address in spoken(message)
        html = message.get_body(("html",))
        assert html is not None
        assert address in html.get_content()
        assert all("TEST" in page for page in pages(message))
    assert len({str(one["Message-ID"]) for one in messages}) == len(messages)


def test_it_lists_the_next_slots_with_the_days_they_show(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mailed(tmp_path, mailbox) as made:
        tried(made)
    text = spoken(read(mailbox.received[0].content))
    for due, days in (
        ("12 Oct 2025", "5–11 Oct 2025"),
        ("19 Oct 2025", "12–18 Oct 2025"),
        ("26 Oct 2025", "19–25 Oct"),
    ):
        assert due in text
        assert days.replace("–", "\u2009–\u2009") in text or days in text


def test_nothing_of_it_counts_as_delivered_or_kept(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        tried(made)
        with made.ledger.read() as tx:
            assert editions.latest_by_hand(tx, None, 10) == []
        assert made.office.archive.all() == []
        [slot] = made.at(SUNDAY)
        assert made.states() == {ANNA: "sent", BILAL: "sent", CHEN: "sent"}
        assert made.made_for(slot) == "weekly:2025-09-28:2025-10-04:all:r1"
        [real] = tmp_path.glob("outbox/weekly_*_anna@example.com.eml")
    assert "TEST" not in str(read(real.read_bytes())["Subject"])
    assert not any("TEST" in page for page in pages(read(real.read_bytes())))


def test_of_cuts_every_one_is_shown_and_those_left_out_are_named(tmp_path: Path) -> None:
    report = f'{SCHEDULE}\ncuts = "agent"\ncc = ["boss@example.com"]\nattach = ["pdf", "json"]'
    parts = {"source": staff.source(FEW), "to": "[]", "pipelines": "", "report": report}
    with world(tmp_path, email='kind = "outbox"\nallowed_domains = ["example.com"]', **parts) as made:
        found = tried(made)
        sent = [read(one.outcome.path.read_bytes()) for one in found.sent if one.outcome.path]
    reached = staff.reached(FEW)
    assert len(sent) == len(reached)
    assert {one.cut for one in found.left} == staff.left_out(FEW)
    assert all(str(one["To"]) == ME and one["Cc"] is None for one in sent)
    assert all("boss@example.com" in spoken(one) for one in sent)
    documents = [
        json.loads(part.get_payload(decode=True))
        for one in sent
        for part in one.iter_attachments()
        if part.get_content_type() == "application/json"
    ]
    assert {one["cut"]["name"] for one in documents} == {one.cut for one in reached}


def test_it_says_what_the_condition_would_say(tmp_path: Path) -> None:
    report = f'{SCHEDULE}\nonly_if = {{ figure = "total_value_won", value_above = 1000000000 }}'
    with world(tmp_path, report=report) as made:
        found = tried(made)
        [first, *_] = [read(one.outcome.path.read_bytes()) for one in found.sent if one.outcome.path]
    assert found.condition.startswith("no condition is met: value won ")
    assert "no condition is met" in spoken(first)


def test_a_cut_that_would_fail_fails_in_the_test_too(tmp_path: Path) -> None:
    view = f'[[reports.weekly.views]]\nname = "up"\npipelines = [1, 9]\nto = ["{BILAL}"]'
    with world(tmp_path, report=f"{SCHEDULE}\n{view}", pipelines="", to=f'["{ANNA}"]') as made:
        found = tried(made)
    assert [one.cut for one in found.sent] == ["all"]
    [(cut, _, error)] = found.failed
    assert (cut, error.message) == ("up", "the account has no pipeline 9")


def test_an_address_outside_the_allowed_domains_gets_no_test_either(tmp_path: Path) -> None:
    with (
        world(tmp_path, email='kind = "outbox"\nallowed_domains = ["example.com"]') as made,
        pytest.raises(DeliveryError, match=r"me@else.net is outside the allowed domains"),
    ):
        tried(made, "me@else.net")
    assert not (tmp_path / "outbox").exists()
