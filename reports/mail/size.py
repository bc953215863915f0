"""How large a message is as it travels, and what to do where that is too much."""

from __future__ import annotations

from collections import Counter
from math import ceil
from typing import TYPE_CHECKING

from reports.errors import DeliveryError

if TYPE_CHECKING:
    from email.message import EmailMessage

KB, MB = 1024, 1024**2
TEXTS, PICTURES = "the text", "the pictures in the text"


def too_large(message: EmailMessage, limit: int) -> DeliveryError | None:
    """Return why a message isn't sent if it has more bytes than `limit`: all of it, encoded as it travels."""
    size = len(message.as_bytes())
    if size <= limit:
        return None
    part, share = max(_parts(message).items(), key=lambda one: one[1])
    return DeliveryError(
        f"the message has {_shown(size, limit)}, email.max_attachment allows {_shown(limit, limit)}; "
        f"most of it is {part} ({_shown(share, limit)})",
        hint=f"{_remedy(part)}, or raise email.max_attachment as far as the recipients' mail servers allow.",
        permanent=True,
    )


def _parts(message: EmailMessage) -> Counter[str]:
    """Return how many bytes each file has in the message, and its text and the text's pictures."""
    sizes: Counter[str] = Counter()
    for part in message.walk():
        if not part.is_multipart():
            sizes[_name(part)] += len(part.as_bytes())
    return sizes


def _name(part: EmailMessage) -> str:
    if part.get_content_disposition() == "attachment":
        return str(part.get_filename())
    return TEXTS if part.get_content_maintype() == "text" else PICTURES


def _remedy(part: str) -> str:
    if part in {TEXTS, PICTURES}:
        return 'Set body = "summary" (or "none") for this report'
    return f'Leave "{part.rpartition(".")[2]}" out of this report\'s attach'


def _shown(size: int, limit: int) -> str:
    """Return a size in the unit of the limit, rounded up, so that what is over it looks so."""
    if limit < MB:
        return f"{ceil(10 * size / KB) / 10:g} KB"
    return f"{ceil(10 * size / MB) / 10:g} MB"
