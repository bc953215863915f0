"""Signed tokens by which a link to opt out says who doesn't want which report any more."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from reports.config.values import plain_address

PURPOSE = b"opting out of a report, 1"
SIGNATURE = 43  # letters of 32 bytes
LONGEST = 1024  # letters of a token; an address and a report's name have far fewer
FORM = re.compile(r"[A-Za-z0-9_-]{44,}")


def optout_token(address: str, report: str, key: bytes) -> str:
    """Return what stands in the link of one recipient of one report; it may stand in an address and never expires.

    The recipient's mailbox is in it in small letters, without a name. Raises ValueError if it isn't a mailbox.
    """
    content = json.dumps([plain_address(address), report], ensure_ascii=False, separators=(",", ":"))
    said = _letters(content.encode())
    return _signature(said, key) + said


def read_token(token: str, key: bytes) -> tuple[str, str] | None:
    """Return the mailbox and the report of a token; None if it isn't one that was signed with this key."""
    if len(token) > LONGEST or not FORM.fullmatch(token):
        return None
    signature, said = token[:SIGNATURE], token[SIGNATURE:]
    if not hmac.compare_digest(signature, _signature(said, key)):
        return None
    address, report = json.loads(urlsafe_b64decode(said + "=" * (-len(said) % 4)))  # signed, so it is as it was made
    return address, report


def optout_url(site: str, address: str, report: str, key: bytes) -> str:
    """Return the link by which one recipient opts out of one report; `site` is where the web pages are."""
    return f"{site.rstrip('/')}/optout/{optout_token(address, report, key)}"


def _signature(said: str, key: bytes) -> str:
    """Sign with a key for this purpose only, so that nothing else that is made with `key` passes for a token."""
    own = hmac.digest(key, PURPOSE, hashlib.sha256)
    return _letters(hmac.digest(own, said.encode("ascii"), hashlib.sha256))


def _letters(content: bytes) -> str:
    return urlsafe_b64encode(content).decode("ascii").rstrip("=")
