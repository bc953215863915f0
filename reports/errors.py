"""The tree of errors that people can meet.

ReportsError
|-- ConfigError            config.toml, an option or an environment variable is wrong
|-- SourceError            the source of the figures didn't do what it should
|   |-- SourceUnavailable  it couldn't be reached or is overloaded: worth another try
|   `-- SourceRejected     it refused: an address that leads elsewhere, a certificate that can't be trusted
|       `-- SourceDenied   it refused this request of this token: a wrong token, no permission, an unknown pipeline
|-- DataError              it answered, but the answer can't be trusted
|-- RenderError            a template, font or file stood in the way of the document
|-- DeliveryError          a message couldn't be handed over
`-- LedgerError            the records of what was sent, or the archive, can't be read or written
"""

from __future__ import annotations


class ReportsError(Exception):
    """Something a person can act on: what happened, what to do, and whether trying again could help."""

    permanent = True

    def __init__(self, message: str, *, hint: str = "", permanent: bool | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if permanent is not None:
            self.permanent = permanent

    def __str__(self) -> str:
        """Return the message alone; the hint is printed on its own line."""
        return self.message


class ConfigError(ReportsError):
    """The configuration, an option or an environment variable is wrong."""


class SourceError(ReportsError):
    """The source of the figures didn't do what it should."""


class SourceUnavailable(SourceError):
    """The source couldn't be reached or is overloaded."""

    permanent = False


class SourceRejected(SourceError):
    """The source refused the request."""


class SourceDenied(SourceRejected):
    """The source answered that this token may not have this, or that it isn't there."""


class DataError(ReportsError):
    """The source answered, but the answer can't be trusted."""


class RenderError(ReportsError):
    """A template, font or file stood in the way of the document."""


class DeliveryError(ReportsError):
    """A message couldn't be handed over."""


class LedgerError(ReportsError):
    """The records of what was sent, or the archive, can't be read or written."""
