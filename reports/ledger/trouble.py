"""Says in words what a database refused."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from reports.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

ELSEWHERE = "Make room, or put the ledger where this user may write: file under [ledger]."
FAULT = "This may be a fault of the program: run it again with REPORTS_TRACEBACK=1 and report what it prints."


class Trouble(NamedTuple):
    """What happened, what to do, and whether trying again could help."""

    text: str
    hint: str
    passing: bool = True


FULL = Trouble("can't be written: no space left", "Make room on the disk.")
BUSY = Trouble("is locked by another process", "Look for a backup or an editor that has it open.")
READ_ONLY = Trouble("can't be written", ELSEWHERE)
OUTSIDE = Trouble(
    "doesn't let this user in",
    "Look at the user, the password and the database in the ledger's address.",
    passing=False,
)
AWAY = Trouble("can't be reached", "Is the database server running?")

SQLITE = {  # by SQLite's own words
    "locked": BUSY,
    "readonly": READ_ONLY,
    "unable to open": Trouble("can't be opened", ELSEWHERE),
    "is full": FULL,
    "disk i/o": Trouble("can't be written: the disk gave an error", "Make room on the disk, and look at its health."),
    "malformed": Trouble("is damaged", "Restore it from a backup: `reports restore DIR`.", passing=False),
    "not a database": Trouble(
        "is not a ledger, nor any SQLite file", "Name another file under [ledger].", passing=False
    ),
}
POSTGRESQL = {  # by the codes of its manual's appendix A
    "53100": FULL,
    "55P03": BUSY,
    "40P01": BUSY,
    "40001": BUSY,
    "25006": Trouble("can't be written", "Is it a standby? Name the primary server."),
    "42501": Trouble("can't be written", "Give this user the right to write to the database.", passing=False),
}
REFUSALS = ("authentication failed", "no password supplied", "no pg_hba.conf entry", "does not exist")  # at the door


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn what the database refuses into a LedgerError; a wrong value stays what it is."""
    try:
        yield
    except DBAPIError as error:
        found = _trouble(error)
        raise LedgerError(f"the ledger {where} {found.text}", hint=found.hint, permanent=not found.passing) from error
    except SQLAlchemyError as error:
        if isinstance(error, StatementError) and isinstance(error.orig, ValueError):
            raise error.orig from None
        raise LedgerError(f"the ledger {where} can't be used: {type(error).__name__}", hint=FAULT) from error


def _trouble(error: DBAPIError) -> Trouble:
    said = str(error.orig).casefold()
    code = getattr(error.orig, "sqlstate", None)
    if hasattr(error.orig, "sqlstate"):
        found = POSTGRESQL.get(code or "") or _at_the_door(said, error)
    else:
        found = next((trouble for words, trouble in SQLITE.items() if words in said), None)
    return found or Trouble(f"refused what it was asked: {type(error.orig).__name__}", FAULT, passing=False)


def _at_the_door(said: str, error: DBAPIError) -> Trouble | None:
    if error.statement is None and any(words in said for words in REFUSALS):
        return OUTSIDE
    return AWAY if error.connection_invalidated or error.statement is None else None
