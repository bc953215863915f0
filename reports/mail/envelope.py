"""Whom one message is for, and the headers that follow from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.mail.identity import TOGETHER, message_id, set_boundaries

if TYPE_CHECKING:
    from email.message import EmailMessage

NOBODY_NAMED = "undisclosed-recipients:;"
ONE_CLICK = "List-Unsubscribe=One-Click"
LINK = re.compile(r"https?://[!-+\--;=?-~]{1,900}")  # on one line, without < > and comma; http on loopback only


@dataclass(frozen=True)
class Envelope:
    """Everybody who gets one message; those in `bcc` stand in no header.

    `unsubscribe` is the address by which a single recipient opts out with one click (RFC 8058): nobody else may have
    it. Raises ValueError if it isn't a web address, there are several recipients, or none.
    """

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    unsubscribe: str | None = None

    def __post_init__(self) -> None:
        """Refuse what would lead to a wrong message."""
        if not self.everybody:
            message = "a message to nobody"
            raise ValueError(message)
        if self.unsubscribe is None:
            return
        if not self.is_single:
            message = "a link to opt out belongs to one recipient, and this message has several"
            raise ValueError(message)
        if not LINK.fullmatch(self.unsubscribe):
            message = "a link to opt out has to be a web address"
            raise ValueError(message)

    @property
    def everybody(self) -> tuple[str, ...]:
        """All recipients, in the order in which they are named to the server."""
        return (*self.to, *self.cc, *self.bcc)

    @property
    def is_single(self) -> bool:
        """Whether there is exactly one recipient in all."""
        return len(self.everybody) == 1


def address(message: EmailMessage, envelope: Envelope, *, edition: str, key: bytes, send: int) -> None:
    """Set all that depends on the recipients: To, Cc, Message-ID, the ways to unsubscribe, and the boundaries.

    The message has From and the mailto of List-Unsubscribe already; headers that are there keep their place.
    """
    person = envelope.everybody[0] if envelope.is_single else TOGETHER
    identity = message_id(edition, str(message["From"]), person, key, send)
    mailto = _mailto(str(message["List-Unsubscribe"]))
    link = f"<{envelope.unsubscribe}>, " if envelope.unsubscribe else ""
    _set(message, "To", ", ".join(envelope.to) or NOBODY_NAMED)
    _set(message, "Message-ID", identity)
    _set(message, "List-Unsubscribe", f"{link}{mailto}")
    _set(message, "Cc", ", ".join(envelope.cc))
    _set(message, "List-Unsubscribe-Post", ONE_CLICK if envelope.unsubscribe else "")
    set_boundaries(message, identity)


def _mailto(header: str) -> str:
    """Return the mailto of a List-Unsubscribe header, which stands last."""
    return header[header.index("<mailto:") :]


def _set(message: EmailMessage, name: str, value: str) -> None:
    """Set a header in its place, or as the last one; take it out where it has no value."""
    if not value:
        del message[name]
    elif name in message:
        message.replace_header(name, value)
    else:
        message[name] = value
