"""Erases a person from the ledger: as a recipient, as an owner, and from every text that names the address."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select, update

from reports.config.values import plain_address
from reports.ledger import events, optouts
from reports.ledger.tables import deliveries, notices, skips, slots
from reports.ledger.tables import events as happened
from reports.ledger.values import DeliveryState, NoticeState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Column, Connection, Table

NOWHERE = "erased.invalid"  # .invalid can't be anybody's
NOBODY = f"erased@{NOWHERE}"  # in the place of an address
ERASED = "the recipient was erased"


@dataclass(frozen=True)
class Erased:
    """What knew the person: editions by their ids, and how many notices and notes beside the deliveries."""

    editions: frozenset[str] = frozenset()
    texts: int = 0


def erase(tx: Connection, address: str, now: datetime) -> Erased:
    """Erase whoever has an address, given in small letters; what was still to be sent to them isn't sent any more.

    An opt-out stays in force, with a hash in the place of the address: a system that still knows the person may name
    them once more.
    """
    editions = _erase_deliveries(tx, address, now)
    texts = _erase_notices(tx, address, now) + _erase_skips(tx, address) + optouts.erase(tx, address)
    for table, column in (
        (deliveries, deliveries.c.detail),
        (slots, slots.c.reason),
        (slots, slots.c.hint),
        (skips, skips.c.who),
        (skips, skips.c.reason),
        (happened, happened.c.detail),
    ):
        texts += _erase_texts(tx, table, column, address)
    return Erased(frozenset(editions), texts)


def _erase_deliveries(tx: Connection, address: str, now: datetime) -> set[str]:
    """Erase what was sent to a person, the servers' words with it; returns the editions."""
    found = tx.execute(select(deliveries).where(deliveries.c.recipient == address)).all()
    for one in found:
        values: dict[str, object] = {"recipient": _nobody(one.id), "mailbox": _nobody(one.id), "detail": ""}
        if one.state == DeliveryState.PENDING:
            ended = {"state": DeliveryState.FAILED, "permanent": True, "ended_at": now, "resolved_at": now}
            values |= ended | {"detail": ERASED}
            events.note(tx, now, "delivery.failed", edition=one.edition, delivery=one.id, detail=ERASED)
        tx.execute(update(deliveries).where(deliveries.c.id == one.id).values(**values))
    return {one.edition for one in found}


def _erase_notices(tx: Connection, address: str, now: datetime) -> int:
    """Erase a person from what owners are told, and as an owner; returns how many notices that were."""
    count = 0
    for one in tx.execute(select(notices)).all():
        content = json.dumps(_without(json.loads(one.content), address), ensure_ascii=False)
        values: dict[str, object] = {"content": content, "detail": without_address(one.detail, address)}
        if _is(one.recipient, address):
            values |= {"recipient": _nobody(one.id), "detail": ""}
            if one.state == NoticeState.PENDING:
                values |= {"state": NoticeState.FAILED, "detail": ERASED, "ended_at": now, "resolved_at": now}
        if any(one._mapping[name] != value for name, value in values.items()):  # noqa: SLF001 - SQLAlchemy's public name
            tx.execute(update(notices).where(notices.c.id == one.id).values(**values))
            count += 1
    return count


def _erase_skips(tx: Connection, address: str) -> int:
    """Erase for whom nothing was made; returns how often that was."""
    named = or_(skips.c.recipient == address, skips.c.who.icontains(address, autoescape=True))
    found = [one.id for one in tx.execute(select(skips).where(named)) if _is(one.recipient or one.who, address)]
    tx.execute(update(skips).where(skips.c.id.in_(found)).values(recipient=None, who=NOBODY))
    return len(found)


def _erase_texts(tx: Connection, table: Table, column: Column[Any], address: str) -> int:
    """Erase an address from texts, servers' words about others for instance; returns how many had it."""
    count = 0
    rows = tx.execute(select(table.c.id, column).where(column.icontains(address, autoescape=True))).all()
    for number, text in rows:
        if (changed := without_address(text, address)) != text:
            tx.execute(update(table).where(table.c.id == number).values({column: changed}))
            count += 1
    return count


def _without(value: Any, address: str) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON without a person; what became of a message to them goes, since servers repeat names."""
    if isinstance(value, list):
        return [_without(one, address) for one in value]
    if isinstance(value, str):
        return NOBODY if _is(value, address) else without_address(value, address)
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("recipient"), str) and _is(value["recipient"], address):
        return {**value, "recipient": NOBODY, "detail": ""}
    return {key: _without(one, address) for key, one in value.items()}


def without_address(text: str, address: str) -> str:
    """Return a text in which an address is nobody's; longer ones that end or begin like it stay."""
    before, after = r"(?<![a-z0-9])(?<![a-z0-9][._+-])", r"(?![a-z0-9-])(?!\.[a-z0-9])"
    return re.sub(f"{before}{re.escape(address)}{after}", NOBODY, text, flags=re.IGNORECASE | re.ASCII)


def _is(mailbox: str, address: str) -> bool:
    """Whether a mailbox is the address, with or without a name before it."""
    if address not in mailbox.casefold():
        return False
    try:
        return plain_address(mailbox) == address
    except ValueError:
        return False


def _nobody(number: int) -> str:
    """Return an address for a row, in whose place no other may stand twice."""
    return f"erased-{number}@{NOWHERE}"


def is_erased(address: str) -> bool:
    """Whether an address stands for somebody who was erased: nothing can be sent there."""
    return address.endswith(f"@{NOWHERE}")
