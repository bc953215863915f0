"""What is too large isn't sent, and the owner learns what to change."""

from __future__ import annotations

import os

import pytest

from reports.mail import enclosure
from reports.mail.compose import Letter, compose
from reports.mail.envelope import Envelope
from reports.mail.size import MB, too_large
from tests.mail.test_compose import KEY, TO, letter


def size(one: Letter) -> int:
    return len(compose(one, Envelope((TO,)), key=KEY).as_bytes())


def told(one: Letter, limit: int) -> tuple[str, str]:
    error = too_large(compose(one, Envelope((TO,)), key=KEY), limit)
    assert error is not None
    assert error.permanent
    return error.message, error.hint


def test_the_limit_is_for_the_whole_message_as_it_travels() -> None:
    message = compose(letter(), Envelope((TO,)), key=KEY)
    assert too_large(message, size(letter())) is None
    assert too_large(message, size(letter()) - 1) is not None


@pytest.mark.parametrize("kind", ["pdf", "csv", "json"])
def test_the_largest_file_is_named_with_what_leaves_it_out(kind: str) -> None:
    make = {"pdf": enclosure.pdf, "csv": enclosure.csv, "json": enclosure.json}
    files = tuple(make[one](f"weekly.{one}", b"x" * (8 * MB if one == kind else 9000)) for one in make)
    message, hint = told(letter(attachments=files), 10 * MB)
    assert message == (f"the message has 11 MB, email.max_attachment allows 10 MB; most of it is weekly.{kind} (11 MB)")
    assert hint == (
        f"Leave \"{kind}\" out of this report's attach, or raise email.max_attachment as far as the recipients' "
        "mail servers allow."
    )


def test_a_large_body_is_told_as_such() -> None:
    message, hint = told(
        letter(pictures={"one": os.urandom(60_000), "two": os.urandom(60_000)}, attachments=()), 102400
    )
    assert "allows 100 KB; most of it is the pictures in the text (16" in message
    assert 'body = "summary"' in hint
    message, _ = told(letter(pictures={}, text="word " * 50_000, attachments=()), 102400)
    assert "most of it is the text" in message


def test_what_is_a_little_over_looks_so() -> None:
    one = letter(attachments=(enclosure.pdf("weekly.pdf", b"x" * 8 * MB),))
    message, _ = told(one, size(one) - 1)
    shown, allowed = message.split(" MB")[0].split()[-1], message.split("allows ")[1].split()[0]
    assert float(shown) >= float(allowed)
