"""A token says who and which report, to whoever has the key only."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.config.values import plain_address
from reports.mail.envelope import Envelope
from reports.mail.tokens import optout_token, optout_url, read_token
from tests.mail.test_readdress import addresses

KEY = b"k" * 32
TOKEN = optout_token("Anna <Anna@example.com>", "weekly", KEY)
reports = st.from_regex(r"[a-z][a-z0-9_-]{0,39}", fullmatch=True) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=40
)


@given(addresses(), reports, st.binary(max_size=80))
def test_what_was_signed_is_read(address: str, report: str, key: bytes) -> None:
    token = optout_token(address, report, key)
    assert read_token(token, key) == (plain_address(address), report)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token), "nothing in it has to be escaped in an address"
    assert token == optout_token(address.upper() if address.isascii() else address, report, key), "one for a mailbox"


@given(addresses(), reports, st.data())
def test_any_other_letter_makes_it_invalid(address: str, report: str, data: st.DataObject) -> None:
    token = optout_token(address, report, KEY)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("AZaz09-_.=%/ \n\u0660").filter(lambda one: one != token[place]))
    assert read_token(token[:place] + other + token[place + 1 :], KEY) is None
    assert read_token(token[:place], KEY) is None
    assert read_token(token + other, KEY) is None


@given(st.binary(min_size=1, max_size=40).filter(lambda key: key != KEY))
def test_another_key_reads_nothing(key: bytes) -> None:
    assert read_token(TOKEN, key.ljust(33, b"!")) is None


@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{40,200}", fullmatch=True))
def test_anything_else_is_none(text: str) -> None:
    assert read_token(text, KEY) is None


@pytest.mark.parametrize("text", ["", "a" * 43, "a" * 100_000, f"{TOKEN}\n", f" {TOKEN}", f"{TOKEN}=", TOKEN * 2])
def test_malformed_ones_are_refused(text: str) -> None:
    assert read_token(text, KEY) is None


def test_the_key_itself_signs_nothing() -> None:
    import hashlib
    import hmac

    said = TOKEN[43:]
    own = urlsafe_b64encode(hmac.digest(KEY, said.encode(), hashlib.sha256)).decode().rstrip("=")
    assert read_token(own + said, KEY) is None


def test_the_longest_address_and_name_still_fit() -> None:
    domain = ".".join(["d" * 60] * 3 + ["com"])
    address = f"{'l' * 64}@{domain}"
    url = optout_url("https://reports.example.com/", address, "r" * 40, KEY)
    assert url.startswith("https://reports.example.com/optout/")
    assert read_token(url.rpartition("/")[2], KEY) == (address, "r" * 40)
    assert Envelope((address,), unsubscribe=url).is_single


def test_nobody_gets_a_token_for_what_is_no_mailbox() -> None:
    with pytest.raises(ValueError, match="is not one e-mail address"):
        optout_token("anna", "weekly", KEY)
