"""A notice is a plain mail that any program can show, with the same bytes at every try."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from reports.mail.enclosure import pdf
from reports.mail.identity import send_number
from reports.mail.notice import Notice, compose_notice

if TYPE_CHECKING:
    from email.message import EmailMessage

KEY = b"k" * 32
OWNER = "Ops <ops@example.com>"
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 30
NOTICE = Notice(
    identity="notice:weekly:2026-11-15:2026-11-21:all:failed",
    sender="Pipeline reports <reports@example.com>",
    subject="Weekly pipeline report, 15\u201321 Nov 2026: not sent",
    text="The mail server refused the login.\n.\n\nreports resend weekly:2026-11-15\n",
    language="en",
    date=datetime(2026, 11, 22, 6, 30, tzinfo=UTC),
)
ARABIC = replace(NOTICE, subject="تقرير المبيعات الأسبوعي لم يُرسل " * 4, text="تعذّر الإرسال.\n" * 30, language="ar")
BOARD = replace(NOTICE, enclosure=pdf("board-2026-11.pdf", PDF))


def received(notice: Notice) -> EmailMessage:
    message = message_from_bytes(compose_notice(notice, OWNER, key=KEY).as_bytes(), policy=default)
    assert not message.defects
    return message


def test_the_headers() -> None:
    message = received(NOTICE)
    assert (message["From"], message["To"]) == (NOTICE.sender, OWNER)
    assert message["Subject"] == NOTICE.subject
    assert message["Date"].datetime == NOTICE.date
    assert received(replace(NOTICE, date=NOTICE.date.astimezone(ZoneInfo("Asia/Riyadh"))))["Date"] == message["Date"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert "List-Id" not in message, "nobody unsubscribes from what concerns their own report"


def test_the_text_alone_is_no_multipart() -> None:
    message = received(NOTICE)
    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n") == NOTICE.text


def test_a_pdf_goes_with_it() -> None:
    message = received(BOARD)
    [attached] = message.iter_attachments()
    text = message.get_body(("plain",))
    assert message.get_content_type() == "multipart/mixed"
    assert (attached.get_content_type(), attached.get_filename()) == ("application/pdf", "board-2026-11.pdf")
    assert attached.get_content() == PDF
    assert text is not None
    assert text.get_content().replace("\r\n", "\n") == NOTICE.text


def test_arabic_survives() -> None:
    message = message_from_bytes(compose_notice(ARABIC, OWNER, key=KEY).as_bytes())
    assert str(make_header(decode_header(message["Subject"]))).strip() == ARABIC.subject.strip()
    assert received(ARABIC).get_content().replace("\r\n", "\n") == ARABIC.text


@pytest.mark.parametrize("notice", [NOTICE, ARABIC, BOARD], ids=["plain", "Arabic", "with a PDF"])
def test_the_same_input_gives_the_same_bytes(notice: Notice) -> None:
    first, second = (compose_notice(notice, OWNER, key=KEY).as_bytes() for _ in range(2))
    assert first == second
    assert first.isascii()
    assert max(map(len, first.split(b"\r\n"))) <= 78
    assert b"\n" not in first.replace(b"\r\n", b"")


def test_its_id_is_stable_over_retries_and_new_for_another_send_recipient_or_matter() -> None:
    first = compose_notice(NOTICE, OWNER, key=KEY)
    other = replace(NOTICE, identity="another")
    assert compose_notice(ARABIC, "OPS@example.com", key=KEY)["Message-ID"] == first["Message-ID"]
    again = compose_notice(NOTICE, OWNER, key=KEY, send=2)
    assert send_number(again) == 2
    ids = {one["Message-ID"] for one in (first, again, compose_notice(other, OWNER, key=KEY))}
    assert len(ids | {compose_notice(NOTICE, "a@example.com", key=KEY)["Message-ID"]}) == 4


@pytest.mark.parametrize("breaking", ["\n", "\r\n", "\x0b", "\u2028"])
def test_no_subject_can_bring_headers(breaking: str) -> None:
    hostile = replace(NOTICE, subject=f"Weekly{breaking}Bcc: everybody@example.org")
    try:
        content = compose_notice(hostile, OWNER, key=KEY).as_bytes()
    except ValueError:
        return  # refused outright
    assert "Bcc" not in message_from_bytes(content, policy=default)
