"""The names of messages: stable over retries, new for a deliberate resend, and silent about the recipient."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from reports.config.values import parse_address, plain_address

if TYPE_CHECKING:
    from email.message import EmailMessage

TOGETHER = "together"  # in the place of an address, for a message that several people get; no address is like it
LONGEST_ID = 69  # letters of a message id that every mail program leaves on one line
SEND = re.compile(r"<[0-9a-f]{12}\.[0-9a-f]{16}\.([1-9][0-9]*)@")


def message_id(edition: str, sender: str, recipient: str, key: bytes, send: int) -> str:
    """Return the Message-ID of an edition (or of whatever else is sent) for one recipient, at a send number from 1.

    TOGETHER as the recipient stands for all those of one message: a retry to some of them has the same id.
    """
    about = hashlib.blake2b(edition.encode(), digest_size=6).hexdigest()
    who = recipient if recipient == TOGETHER else plain_address(recipient)
    person = hashlib.blake2b(who.encode(), key=key[:64], digest_size=8).hexdigest()
    left = f"{about}.{person}.{send}"
    return f"<{left}@{_short_domain(parse_address(sender).domain, LONGEST_ID - len(left) - 3)}>"


def send_number(message: EmailMessage) -> int:
    """Return the send number that stands in a message's id; 1 for an id that isn't ours."""
    found = SEND.match(str(message["Message-ID"] or ""))
    return int(found[1]) if found else 1


def set_boundaries(message: EmailMessage, identity: str) -> None:
    """Give every multipart a boundary that follows from the message's id, not from chance."""
    seed = hashlib.blake2b(identity.encode(), digest_size=12).hexdigest()
    parts = [part for part in message.walk() if part.is_multipart()]
    for number, part in enumerate(parts):
        part.set_boundary(f"={number}={seed}=")


def _short_domain(domain: str, room: int) -> str:
    """Leave labels away from the left until a domain fits; the last two stay."""
    labels = domain.split(".")
    while len(".".join(labels)) > room and len(labels) > 2:  # noqa: PLR2004 - a name and its top level
        labels = labels[1:]
    return ".".join(labels)
