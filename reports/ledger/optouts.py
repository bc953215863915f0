"""Those who opted out of a report, or of every one, in the ledger."""

from __future__ import annotations

from hashlib import scrypt
from secrets import token_hex
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from reports.ledger import events
from reports.ledger.rows import insert_or_change, read_rows
from reports.ledger.tables import optouts
from reports.ledger.values import OptOut

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from reports.ledger.values import How

EVERY = ""  # in the place of a report: all of them, also those to come
ERASED = "erased:"  # before a salt and a hash in the place of an address
COST = 2**13  # of one hash: about 25 ms, so that nobody tries all addresses of a company in a moment


def opt_out(tx: Connection, address: str, report: str, now: datetime, how: How) -> bool:
    """Write down that a plain address wants a report (or EVERY) no more; False if it was so, also by EVERY."""
    if opted_out(tx, [address], report):
        return False
    insert_or_change(tx, optouts, {"address": address, "report": report}, {"at": now, "how": how})
    events.note(tx, now, "recipient.opted_out", report=report or None, detail=how)
    return True


def opt_in(tx: Connection, address: str, report: str, now: datetime) -> bool:
    """Let a plain address have a report again, or with EVERY all that it opted out of; False if it opted out of none.

    Whoever opted out of every report still has none of them after opting in to one.
    """
    statement = delete(optouts).where(optouts.c.address.in_([address, *_hashes(tx, address)]))
    if report != EVERY:
        statement = statement.where(optouts.c.report == report)
    count = tx.execute(statement).rowcount
    if count:
        events.note(tx, now, "recipient.opted_in", report=report or None)
    return count > 0


def opted_out(tx: Connection, addresses: Iterable[str], report: str) -> set[str]:
    """Return those of some plain addresses that want a report no more, or none at all."""
    wanted = set(addresses)
    query = select(optouts.c.address).where(optouts.c.report.in_([report, EVERY]))
    found = set(tx.execute(query).scalars())
    salts = _salts(found)
    return {one for one in wanted if one in found or any(_hashed(one, salt) in found for salt in salts)}


def of_address(tx: Connection, address: str) -> list[OptOut]:
    """Return what a plain address opted out of."""
    query = select(optouts).where(optouts.c.address.in_([address, *_hashes(tx, address)]))
    return read_rows(OptOut, tx.execute(query.order_by(optouts.c.report)))


def listed(tx: Connection) -> list[OptOut]:
    """Return everybody who opted out, by address; of those who were erased there is only a hash."""
    return read_rows(OptOut, tx.execute(select(optouts).order_by(optouts.c.address, optouts.c.report)))


def is_erased(address: str) -> bool:
    """Whether a hash stands in the place of an address."""
    return address.startswith(ERASED)


def erase(tx: Connection, address: str) -> int:
    """Put a hash in the place of a plain address; returns how many opt-outs it had.

    Somebody who opted out and then was erased must not be written to when a system that still knows the address names
    it once more. So the opt-out stays, and of the address only what tells whether another is the same: a hash with
    a salt that costs time. Whoever has the ledger can still test an address that they know, but not read any.
    """
    count = tx.execute(select(optouts.c.report).where(optouts.c.address == address)).all()
    if not count:
        return 0
    salts = _salts(tx.execute(select(optouts.c.address)).scalars())
    hashed = _hashed(address, min(salts, default=token_hex(8)))  # one salt for all: each address is hashed once
    known = set(tx.execute(select(optouts.c.report).where(optouts.c.address == hashed)).scalars())
    tx.execute(delete(optouts).where(optouts.c.address == address, optouts.c.report.in_(known)))
    tx.execute(update(optouts).where(optouts.c.address == address).values(address=hashed))
    return len(count)


def _hashes(tx: Connection, address: str) -> list[str]:
    """Return what stands for an address if it was erased."""
    return [_hashed(address, salt) for salt in _salts(tx.execute(select(optouts.c.address)).scalars())]


def _salts(addresses: Iterable[str]) -> set[str]:
    return {one.split(":")[1] for one in addresses if is_erased(one)}


def _hashed(address: str, salt: str) -> str:
    return f"{ERASED}{salt}:{scrypt(address.encode(), salt=salt.encode(), n=COST, r=8, p=1, dklen=24).hex()}"
