"""The commands that put right what went wrong."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING

from reports.present.formats import clean

if TYPE_CHECKING:
    from datetime import date

STATUS = "reports status"


@dataclass(frozen=True)
class Step:
    """Something to do: a sentence, and the commands for it, each to be typed as it stands."""

    text: str
    commands: tuple[str, ...]


def run(report: str, day: date | None) -> str:
    """Make and send a report as of a day of the account; as of today where none is known."""
    return _command("run", report) if day is None else _command("run", report, "--as-of", day.isoformat())


def resend(edition: str, recipient: str) -> str:
    """Send a kept edition to one recipient again."""
    return _command("resend", edition, "--only", address(recipient))


def resolve(what: str) -> str:
    """Call the matter of an edition, or of a report, settled."""
    return _command("resolve", what)


def approve(edition: str) -> str:
    """Let an edition go out."""
    return _command("approve", edition)


def resume(report: str) -> str:
    """Let the schedule of a report go on."""
    return _command("resume", report)


def address(recipient: str) -> str:
    """Return a recipient without the name."""
    return parseaddr(clean(recipient))[1] or clean(recipient)


def _command(*words: str) -> str:
    """Return a line for the shell, in which no word can be more than one."""
    return shlex.join(["reports", *(clean(word) for word in words)])
