"""A file that goes with a message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import EmailMessage


@dataclass(frozen=True)
class Enclosure:
    """A file as the recipient will see it: its name, its type in two parts, and its bytes; texts are UTF-8."""

    filename: str
    maintype: str
    subtype: str
    content: bytes


def pdf(filename: str, content: bytes) -> Enclosure:
    """Return a PDF to go with a message."""
    return Enclosure(filename, "application", "pdf", content)


def csv(filename: str, content: bytes) -> Enclosure:
    """Return a table to go with a message."""
    return Enclosure(filename, "text", "csv", content)


def json(filename: str, content: bytes) -> Enclosure:
    """Return a document for programs to go with a message."""
    return Enclosure(filename, "application", "json", content)


def enclose(message: EmailMessage, enclosure: Enclosure) -> None:
    """Add a file to a message; base64 in any case, so that no server on the way breaks its lines anew."""
    message.add_attachment(
        enclosure.content,
        enclosure.maintype,
        enclosure.subtype,
        filename=enclosure.filename,
        cte="base64",
        params={"charset": "utf-8"} if enclosure.maintype == "text" else None,
    )
