"""Puts messages into a folder, one .eml file each."""

from __future__ import annotations

import errno
import hashlib
import tempfile
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from reports.config.values import parse_address
from reports.errors import DeliveryError
from reports.files import why, write_whole
from reports.mail.identity import send_number
from reports.mail.outcome import Outcome, Status
from reports.mail.stop import stopped, stopping

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path


LONGEST = 120  # letters of an address in a file name, of which file systems take 255
PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO}  # somebody may make room meanwhile


class OutboxPost:
    """A folder in place of a mail server; `name` says in the file names what is sent."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = quote(name.replace(":", "_"), safe="")

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

    async def send(self, recipient: str, message: EmailMessage) -> Outcome:
        """Write one message; one of the same name, recipient and send number is replaced."""
        if await stopping():
            return stopped(recipient)
        path = self._path(recipient, send_number(message))
        try:
            write_whole(path, message.as_bytes())
        except OSError as error:
            return Outcome(recipient, Status.FAILED, self._trouble(error), permanent=error.errno not in PASSING)
        return Outcome(recipient, Status.SENT, path=path)

    def _path(self, recipient: str, send: int) -> Path:
        address = parse_address(recipient).addr_spec.casefold()
        person = quote(address, safe="@+")
        if len(person) > LONGEST:
            person = f"{person[:40]}-{hashlib.blake2b(address.encode(), digest_size=8).hexdigest()}"
        number = f"_{send}" if send > 1 else ""
        return self._folder / f"{self._name}_{person}{number}.eml"

    def _trouble(self, error: OSError) -> str:
        return f"the outbox can't be written at {self._folder}: {why(error)}"
