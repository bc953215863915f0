"""Message ids are stable over retries, new for a deliberate resend, and short."""

from __future__ import annotations

import re

import pytest

from reports.mail.compose import compose
from reports.mail.envelope import Envelope
from reports.mail.identity import message_id, send_number
from tests.mail.test_compose import KEY, TO, letter, received

EDITION, SENDER = letter().edition, letter().sender


def test_message_ids() -> None:
    first = message_id(EDITION, SENDER, TO, KEY, 1)
    assert message_id(EDITION, SENDER, "Another name <SALES@example.com>", KEY, 1) == first, "stable over retries"
    others = {
        message_id(EDITION, SENDER, TO, KEY, 2),
        message_id("weekly:2026-11-15:2026-11-21:all:r2", SENDER, TO, KEY, 1),
        message_id(EDITION, SENDER, "sales@example.org", KEY, 1),
        message_id(EDITION, SENDER, TO, b"another key", 1),
    }
    assert len(others | {first}) == 5
    assert re.fullmatch(r"<[0-9a-f.]+@example\.com>", first)
    assert len(first) < 70
    assert received(letter())["Message-ID"] == first
    assert received(letter(), send=2)["Message-ID"] in others


def test_a_long_domain_is_cut_from_the_left_in_message_ids() -> None:
    domain = "reports.pipeline.najd-trading-international.example.com"
    found = message_id(EDITION, f"reports@{domain}", TO, KEY, 1)
    assert len(found) < 70
    assert found.endswith("@example.com>")


@pytest.mark.parametrize("send", [1, 2, 10, 4711])
def test_the_send_number_can_be_read_again(send: int) -> None:
    assert send_number(compose(letter(), Envelope((TO,)), key=KEY, send=send)) == send
    assert send_number(received(letter(), send=send)) == send


@pytest.mark.parametrize("other", [None, "<4711@example.com>", "<a.b.3@example.com>", "nonsense"])
def test_other_ids_have_no_send_number(other: str | None) -> None:
    message = compose(letter(), Envelope((TO,)), key=KEY, send=3)
    del message["Message-ID"]
    if other:
        message["Message-ID"] = other
    assert send_number(message) == 1
