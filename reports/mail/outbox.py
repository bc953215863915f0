"""Puts messages into a folder, one .eml file each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reports.config.values import parse_address
from reports.errors import DeliveryError
from reports.files import why, write_whole
from reports.mail.delivery import Delivery, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage
    from pathlib import Path


def put(folder: Path, edition: str, messages: Sequence[tuple[str, EmailMessage]]) -> list[Delivery]:
    """Write each message under a name made of its edition and recipient; returns where each lies."""
    return [_put(folder, edition, recipient, message) for recipient, message in messages]


def _put(folder: Path, edition: str, recipient: str, message: EmailMessage) -> Delivery:
    address = parse_address(recipient).addr_spec.casefold()
    path = folder / f"{re.sub(r'[^A-Za-z0-9@._-]', '_', f'{edition}_{address}')}.eml"
    try:
        write_whole(path, message.as_bytes())
    except OSError as error:
        raise DeliveryError(
            f"the outbox can't be written at {folder}: {why(error)}",
            hint="Make room or set email.folder to a place that this user may write to.",
        ) from error
    return Delivery(recipient, Status.SENT, path=path)
