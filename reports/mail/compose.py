"""From an edition's texts, pictures and files to one message."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import BaseHeader, HeaderRegistry, UniqueAddressHeader, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING
from urllib.parse import quote

import css_inline

from reports.config.values import parse_address
from reports.mail.enclosure import enclose
from reports.mail.envelope import address

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from email.policy import Policy

    from reports.mail.enclosure import Enclosure
    from reports.mail.envelope import Envelope

STAMP = "%a, %d %b %Y %H:%M:%S +0000"


class AsItIs(UnstructuredHeader, BaseHeader):
    """A header that programs read: folding would encode what is longer than a line, and nobody would decode it."""

    def fold(self, *, policy: Policy) -> str:
        """Return the whole header on one line."""
        return f"{self.name}: {self}{policy.linesep}"


class Mailboxes(UniqueAddressHeader, BaseHeader):  # type: ignore[misc]  # typeshed has them apart; Python joins them
    """Addressees, each folded alone: of names folded together, the encoded ones can swallow the commas between them."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header with every mailbox but the first on a new line."""
        if len(self.addresses) < 2:  # noqa: PLR2004 - several
            return super().fold(policy=policy)
        alone = (SINGLE(self.name, str(one)).fold(policy=policy) for one in self.addresses)
        listed = f",{policy.linesep} ".join(one.partition(":")[2].strip() for one in alone)
        return f"{self.name}: {listed}{policy.linesep}"


SINGLE = HeaderRegistry()
HEADERS = HeaderRegistry()
HEADERS.map_to_type("to", Mailboxes)
HEADERS.map_to_type("cc", Mailboxes)
HEADERS.map_to_type("list-id", AsItIs)
HEADERS.map_to_type("list-unsubscribe", AsItIs)
HEADERS.map_to_type("list-unsubscribe-post", AsItIs)
POLICY = SMTP.clone(max_line_length=78, cte_type="7bit", header_factory=HEADERS)


@dataclass(frozen=True)
class Letter:
    """What every recipient of an edition gets; `pictures` are PNGs by the name that the HTML calls cid:NAME.

    Answers go to `reply_to`, or to the sender where it is None.
    """

    edition: str
    report: str
    sender: str
    subject: str
    text: str
    html: str
    pictures: Mapping[str, bytes]
    attachments: tuple[Enclosure, ...]
    language: str
    date: datetime
    reply_to: str | None = None


def compose(letter: Letter, envelope: Envelope, *, key: bytes, send: int = 1) -> EmailMessage:
    """Return one message: text, HTML with its pictures, and the files; the same input gives the same bytes."""
    message = EmailMessage(policy=POLICY)
    for name, value in _headers(letter).items():
        message[name] = value
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(css_inline.inline(letter.html), subtype="html", cte="quoted-printable")
    *_, html = message.iter_parts()
    for name, picture in letter.pictures.items():
        html.add_related(picture, "image", "png", cid=f"<{name}>", filename=f"{name}.png", disposition="inline")
    for enclosure in letter.attachments:
        enclose(message, enclosure)
    message["Content-Language"] = letter.language  # after the parts, which would take it with them
    address(message, envelope, edition=letter.edition, key=key, send=send)
    return message


def _headers(letter: Letter) -> dict[str, str]:
    """Return the headers in their order; those that depend on the recipients have their place only."""
    sender = parse_address(letter.sender)
    subject = quote(f"Unsubscribe from {letter.report}")
    return {
        "From": letter.sender,
        "To": "",
        **({"Reply-To": letter.reply_to} if letter.reply_to else {}),
        "Subject": letter.subject,
        "Date": letter.date.strftime(STAMP),
        "Message-ID": "",
        "Auto-Submitted": "auto-generated",
        "List-Id": f"<{letter.report}.reports.{sender.domain}>",
        "List-Unsubscribe": f"<mailto:{sender.addr_spec}?subject={subject}>",
    }
