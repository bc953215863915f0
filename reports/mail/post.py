"""One way to hand over messages, whatever takes them: a mail server, or a folder in its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from reports.config.email import OutboxEmail

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager
    from email.message import EmailMessage

    from reports.config.email import SmtpEmail
    from reports.mail.outcome import Outcome


class Post(Protocol):
    """What takes one message at a time and tells what became of it."""

    async def send(self, recipients: Sequence[str], message: EmailMessage, *, about: str) -> list[Outcome]:
        """Hand over one message to all its recipients; returns what became of it for each, in their order.

        They are who really gets it, whatever its headers say; those who are refused don't stop the others. There is
        always an outcome for each of them, so that the caller can write it down in any case. `about` says what is sent
        (an edition's id) and names the files of an outbox.

        Nothing is raised for a refusal, a broken connection or a full disk, and not for a wish to stop either: whoever
        cancels the task, or puts asyncio.timeout around this call, gets a failed and temporary delivery ("stopped
        before it was sent") if the message wasn't on its way yet, and an unknown one if it was. A cancelled task
        stays cancelled (task.cancelling() tells): every later message comes back as stopped at once, untouched.
        """


def open_post(email: OutboxEmail | SmtpEmail, folder: Path) -> AbstractAsyncContextManager[Post]:
    """Return what connects, to be entered before the first message and left after the last.

    `folder` is where config.toml lies. Entering raises a DeliveryError, permanent or not, or a ConfigError, before any
    message was touched.
    """
    if isinstance(email, OutboxEmail):
        from reports.mail.outbox import OutboxPost

        return OutboxPost(folder / Path(email.folder).expanduser())
    from reports.mail.smtp import SmtpPost

    return SmtpPost(email, folder)
