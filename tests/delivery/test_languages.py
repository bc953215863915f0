"""Everybody gets a report in their own languages: one PDF for each, in one mail."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import TYPE_CHECKING

import pikepdf
import pytest

from reports.errors import LedgerError
from reports.job import plan_job
from reports.on_demand import resend
from reports.reproduction import reproduce
from reports.trial import try_out
from tests.delivery.world import (
    ANNA,
    BILAL,
    CHEN,
    EDITION,
    MINUTE,
    SCHEDULE,
    SUNDAY,
    ids,
    mailed,
    outbox,
    to,
    world,
)
from tests.mail.servers import Mailbox

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

TITLE = '{ en = "Weekly report", ar = "التقرير الأسبوعي" }'
OWN = f'[recipients."Bilal <{BILAL}>"]\nlocale = "ar"'
BOTH = f'{SCHEDULE}\nlocales = ["ar", "en"]'
ISOLATES = dict.fromkeys(range(0x2066, 0x206A))


def pdfs(message: EmailMessage) -> dict[str, str]:
    """Return the languages of the attached PDFs by their names."""
    found = {}
    for part in message.iter_attachments():
        if part.get_content_type() == "application/pdf":
            with pikepdf.open(BytesIO(part.get_payload(decode=True))) as pdf:
                found[str(part.get_filename())] = str(pdf.Root.Lang)
    return found


def direction(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body is not None
    return "rtl" if '<html lang="ar" dir="rtl"' in body.get_content() else "ltr"


def test_a_bilingual_report_is_one_mail_with_a_pdf_in_each_language(tmp_path: Path) -> None:
    with world(tmp_path, report=f'{BOTH}\nattach = ["pdf", "csv"]') as made:
        [slot] = made.work()
        assert slot.reason == ""
        [message] = outbox(made)[ANNA]
        [revision] = [made.office.archive.find(EDITION)]
        names = {one for one in revision.manifest.files if "/" not in one}
        assert reproduce(revision).others == ()
        with pytest.raises(LedgerError, match="isn't there in fr"):
            revision.pdf_in("fr")
        assert revision.pdf_in("en").endswith(".en.pdf")
        assert revision.pdf_in("ar") == revision.pdf_in(None) == revision.pdf
    assert list(pdfs(message).values()) == ["ar", "en"]
    assert len(pdfs(message)) == len(set(pdfs(message)))
    assert all(one.startswith("Weekly pipeline report") for one in pdfs(message))
    assert [one.get_content_type() for one in message.iter_attachments()] == [*["application/pdf"] * 2, "text/csv"]
    assert direction(message) == "rtl"
    assert message["Content-Language"] == "ar, en"
    assert "The report is attached in English as well." in _text(message)
    assert {one for one in names if one.startswith("mail")} == {"mail.eml"}
    assert len({one for one in names if one.endswith(".pdf")}) == len(pdfs(message))


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().translate(ISOLATES).split())


def test_a_language_of_ones_own_holds_for_the_letter_its_retries_and_a_test(tmp_path: Path) -> None:
    mailbox = Mailbox({BILAL: "451 4.7.1 come back in a minute"})
    with mailed(tmp_path, mailbox, more=OWN, title=TITLE) as made:
        [slot] = made.work()
        assert (len(to(mailbox, ANNA)), len(to(mailbox, BILAL))) == (1, 0)
        mailbox.refusals.clear()
        made.at(slot.next_at or SUNDAY + MINUTE)
        again = asyncio.run(resend(made.office, EDITION, [BILAL]))
        files = {one for one in made.office.archive.find(EDITION).manifest.files if "/" not in one}
        job = plan_job(made.config, "weekly", made.now.date(), as_of=made.now.date())
        tried = asyncio.run(try_out(made.office, job, "me@example.com", lambda _: None))
    assert [one.state for one in again] == ["sent"]
    assert [direction(one) for one in to(mailbox, ANNA) + to(mailbox, CHEN)] == ["ltr"] * 2
    first, second = to(mailbox, BILAL)
    assert direction(first) == direction(second) == "rtl"
    assert len(set(ids([first, second]))) == len([first, second])
    assert list(pdfs(first).values()) == ["ar"]
    [name] = pdfs(first)
    assert name.startswith("التقرير الأسبوعي")
    assert {one for one in files if one.startswith("mail")} == {"mail.eml", "mail.ar.eml"}
    assert [one.intended for one in tried.sent] == [ANNA, BILAL, CHEN]
    tests = to(mailbox, "me@example.com")
    assert [direction(one) for one in tests] == ["ltr", "rtl", "ltr"]


def test_one_message_for_all_has_the_languages_of_the_report(tmp_path: Path) -> None:
    with world(tmp_path, more=OWN, report=f"{SCHEDULE}\ntogether = true") as made:
        made.work()
        [message] = next(iter(outbox(made).values()))
    assert direction(message) == "ltr"


def test_a_view_has_its_own_languages(tmp_path: Path) -> None:
    view = f'{SCHEDULE}\nviews = [{{ name = "north", pipelines = [1], to = ["{BILAL}"], locales = ["ar", "en"] }}]'
    with world(tmp_path, to=f'["{ANNA}"]', report=view) as made:
        made.work()
        found = outbox(made)
    assert {address: list(pdfs(one).values()) for address, [one] in found.items()} == {
        ANNA: ["en"],
        BILAL: ["ar", "en"],
    }
