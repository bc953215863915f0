"""From the message that lies in the archive to the one for its recipients, without making anything anew."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import EmailPolicy
from typing import TYPE_CHECKING, cast

from reports.errors import LedgerError
from reports.mail.compose import POLICY
from reports.mail.envelope import address

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage

    from reports.mail.envelope import Envelope


class AsKept(EmailPolicy):
    """Reads headers and writes them again to the letter; only those that are set anew are folded."""

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        """Return a header's name, and everything behind its colon, breaks included."""
        name, _, value = "".join(sourcelines).partition(":")
        return name, value.removesuffix(self.linesep)

    def header_fetch_parse(self, name: str, value: str) -> str:
        """Return what a header says, for whoever asks."""
        return cast("str", super().header_fetch_parse(name, value if hasattr(value, "name") else value.lstrip()))

    def fold(self, name: str, value: str) -> str:
        """Return a header's lines."""
        return cast("str", super().fold(name, value)) if hasattr(value, "name") else f"{name}:{value}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header's lines as bytes; none of ours has other letters than ASCII."""
        return self.fold(name, value).encode("ascii", "surrogateescape")


KEPT = AsKept(
    linesep=POLICY.linesep,
    max_line_length=POLICY.max_line_length,
    cte_type=POLICY.cte_type,
    header_factory=POLICY.header_factory,
)


def readdress(master: bytes, envelope: Envelope, *, edition: str, key: bytes, send: int) -> EmailMessage:
    """Return an archived message as it goes out: only what depends on its recipients is set anew (see `address`).

    Its bytes are those that `compose` made for this envelope, key and send number, whatever became of templates and
    configuration since. Raises LedgerError if the archived bytes aren't a message that was kept whole.
    """
    message = cast("EmailMessage", message_from_bytes(master, policy=KEPT))
    if message.defects or message.as_bytes() != master or not _is_addressed(message):
        raise LedgerError(
            f"the archived message of {edition} is damaged",
            hint="Nothing is sent from it: take it out of a backup, or produce the edition anew.",
        )
    address(message, envelope, edition=edition, key=key, send=send)
    return message


def _is_addressed(message: EmailMessage) -> bool:
    return bool(message["From"] and message["To"]) and "<mailto:" in (message["List-Unsubscribe"] or "")
