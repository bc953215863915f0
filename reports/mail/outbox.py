"""Puts messages into a folder, one .eml file each."""

from __future__ import annotations

import errno
import hashlib
import tempfile
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from reports.config.values import plain_address
from reports.errors import DeliveryError
from reports.files import why, write_whole
from reports.mail.identity import send_number
from reports.mail.outcome import Fate, Status
from reports.mail.stop import STOPPED, stopping

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage
    from pathlib import Path

    from reports.mail.outcome import Outcome

LONGEST = 120  # letters of an address in a file name, of which file systems take 255
PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO}  # somebody may make room meanwhile


class OutboxPost:
    """A folder in place of a mail server; the file names say what is sent, and to whom."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __aenter__(self) -> Self:
        """Make the folder and write into it, for a try."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._folder, prefix=".partial-") as file:
                file.write(b"a try")
        except OSError as error:
            raise DeliveryError(
                self._trouble(error),
                hint="Make room or set email.folder to a place that this user may write to.",
                permanent=error.errno not in PASSING,
            ) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def send(self, recipients: Sequence[str], message: EmailMessage, *, about: str) -> list[Outcome]:
        """Write one message; one about the same, to the same recipients and with the same send number is replaced."""
        fate = STOPPED if await stopping() else self._write(recipients, message, about)
        return [fate.of(one) for one in recipients]

    def _write(self, recipients: Sequence[str], message: EmailMessage, about: str) -> Fate:
        path = self._path(recipients, send_number(message), quote(about.replace(":", "_"), safe=""))
        try:
            write_whole(path, message.as_bytes())
        except OSError as error:
            return Fate(Status.FAILED, self._trouble(error), permanent=error.errno not in PASSING)
        return Fate(Status.SENT, path=path)

    def _path(self, recipients: Sequence[str], send: int, name: str) -> Path:
        """Return the file's path: it names the one recipient, or how many there are."""
        person = _person(recipients[0]) if len(recipients) == 1 else f"to-{len(recipients)}"
        number = f"_{send}" if send > 1 else ""
        return self._folder / f"{name}_{person}{number}.eml"

    def _trouble(self, error: OSError) -> str:
        return f"the outbox can't be written at {self._folder}: {why(error)}"


def _person(recipient: str) -> str:
    address = plain_address(recipient)
    person = quote(address, safe="@+")
    if len(person) <= LONGEST:
        return person
    return f"{person[:40]}-{hashlib.blake2b(address.encode(), digest_size=8).hexdigest()}"
