"""From an edition's texts and pictures to one message for one recipient."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING
from urllib.parse import quote

import css_inline

from reports.config.values import parse_address
from reports.mail.identity import message_id, set_boundaries

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from email.policy import Policy

STAMP = "%a, %d %b %Y %H:%M:%S +0000"


class AsItIs(UnstructuredHeader, BaseHeader):
    """A header that programs read: folding would encode what is longer than a line, and nobody would decode it."""

    def fold(self, *, policy: Policy) -> str:
        """Return the whole header on one line."""
        return f"{self.name}: {self}{policy.linesep}"


HEADERS = HeaderRegistry()
HEADERS.map_to_type("list-id", AsItIs)
HEADERS.map_to_type("list-unsubscribe", AsItIs)
POLICY = SMTP.clone(max_line_length=78, cte_type="7bit", header_factory=HEADERS)


@dataclass(frozen=True)
class Letter:
    """What every recipient of an edition gets; `pictures` are PNGs by the name that the HTML calls cid:NAME."""

    edition: str
    report: str
    sender: str
    subject: str
    text: str
    html: str
    pictures: Mapping[str, bytes]
    attachment: bytes
    filename: str
    language: str
    date: datetime


def compose(letter: Letter, recipient: str, *, key: bytes, send: int = 1) -> EmailMessage:
    """Return one message: text, HTML with its pictures, and the PDF; the same input gives the same bytes."""
    message = EmailMessage(policy=POLICY)
    identity = message_id(letter.edition, letter.sender, recipient, key, send)
    for name, value in _headers(letter, recipient, identity).items():
        message[name] = value
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(css_inline.inline(letter.html), subtype="html", cte="quoted-printable")
    *_, html = message.iter_parts()
    for name, picture in letter.pictures.items():
        html.add_related(picture, "image", "png", cid=f"<{name}>", filename=f"{name}.png", disposition="inline")
    message.add_attachment(letter.attachment, "application", "pdf", filename=letter.filename)
    message["Content-Language"] = letter.language  # after the parts, which would take it with them
    set_boundaries(message, identity)
    return message


def _headers(letter: Letter, recipient: str, identity: str) -> dict[str, str]:
    sender = parse_address(letter.sender)
    subject = quote(f"Unsubscribe from {letter.report}")
    return {
        "From": letter.sender,
        "To": recipient,
        "Subject": letter.subject,
        "Date": letter.date.strftime(STAMP),
        "Message-ID": identity,
        "Auto-Submitted": "auto-generated",
        "List-Id": f"<{letter.report}.reports.{sender.domain}>",
        "List-Unsubscribe": f"<mailto:{sender.addr_spec}?subject={subject}>",
    }
