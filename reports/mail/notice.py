"""A plain mail to one owner: what went wrong, or what waits for a decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from email.message import EmailMessage
from typing import TYPE_CHECKING

from reports.mail.compose import POLICY, STAMP
from reports.mail.enclosure import enclose
from reports.mail.identity import message_id, set_boundaries

if TYPE_CHECKING:
    from datetime import datetime

    from reports.mail.enclosure import Enclosure


@dataclass(frozen=True)
class Notice:
    """What every owner gets; `identity` says in a few words what it is about, the same for every try to send it.

    `date` may be in any zone; `text` is plain and of any script.
    """

    identity: str
    sender: str
    subject: str
    text: str
    language: str
    date: datetime
    enclosure: Enclosure | None = None


def compose_notice(notice: Notice, recipient: str, *, key: bytes, send: int = 1) -> EmailMessage:
    """Return one message: the text, and the file if there is one; the same input gives the same bytes."""
    message = EmailMessage(policy=POLICY)
    identity = message_id(notice.identity, notice.sender, recipient, key, send)
    message["From"] = notice.sender
    message["To"] = recipient
    message["Subject"] = notice.subject
    message["Date"] = notice.date.astimezone(UTC).strftime(STAMP)
    message["Message-ID"] = identity
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notice.text, cte="quoted-printable")
    if notice.enclosure:
        enclose(message, notice.enclosure)
    message["Content-Language"] = notice.language  # after the parts, which would take it with them
    set_boundaries(message, identity)
    return message
