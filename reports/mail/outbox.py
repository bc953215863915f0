"""Puts messages into a folder, one .eml file each."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote

from reports.config.values import parse_address
from reports.errors import DeliveryError
from reports.files import why, write_whole
from reports.mail.delivery import Delivery, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage
    from pathlib import Path


LONGEST = 120  # letters of an address in a file name, of which file systems take 255


def put(folder: Path, edition: str, messages: Sequence[tuple[str, EmailMessage]]) -> list[Delivery]:
    """Write each message under a name made of its edition and recipient; returns where each lies."""
    deliveries: list[Delivery] = []
    for recipient, message in messages:
        try:
            deliveries.append(_put(folder, edition, recipient, message))
        except DeliveryError as error:
            if not deliveries:
                raise
            deliveries.append(Delivery(recipient, Status.FAILED, error.message))
    return deliveries


def _put(folder: Path, edition: str, recipient: str, message: EmailMessage) -> Delivery:
    address = parse_address(recipient).addr_spec.casefold()
    person = quote(address, safe="@+")
    if len(person) > LONGEST:
        person = f"{person[:40]}-{hashlib.blake2b(address.encode(), digest_size=8).hexdigest()}"
    path = folder / f"{edition.replace(':', '_')}_{person}.eml"
    try:
        write_whole(path, message.as_bytes())
    except OSError as error:
        raise DeliveryError(
            f"the outbox can't be written at {folder}: {why(error)}",
            hint="Make room or set email.folder to a place that this user may write to.",
        ) from error
    return Delivery(recipient, Status.SENT, path=path)
