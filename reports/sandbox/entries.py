"""The entries of a CSV file: what its rows say of the deals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from reports.sandbox.rows import shown
from reports.sandbox.window import iso_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from reports.sandbox.rows import Row

STATUSES = ("open", "won", "lost")
AMOUNT = re.compile(r"[+-]?[0-9]{1,13}(\.[0-9]{1,3}0*)?")
LARGEST = Decimal(10) ** 12
CURRENCY = re.compile(r"[A-Za-z]{3}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row, understood."""

    row: Row
    deal_id: str
    pipeline: str
    name: str
    company: str | None
    agent_name: str
    agent_email: str
    stage: str
    status: str
    value: Decimal | None
    currency: str | None
    created_on: date
    closed_on: date | None

    @property
    def agent(self) -> str:
        """What identifies the agent: the e-mail, else the name; empty where there is none."""
        return self.agent_email.lower() or self.agent_name


def read_entry(row: Row) -> Entry | None:
    """Understand a row; None where something is wrong with it, which it is told."""
    if row.problems:
        return None
    created_on, closed_on = _day(row, "created_on"), _day(row, "closed_on")
    value = row.read("value", _amount, "is not a number such as 1234.50, with at most 3 decimals and at most 10^12")
    currency = row.read("currency", _currency, "is not a currency of three letters, such as SAR")
    deal_id, pipeline, stage = row.needed("deal_id"), row.needed("pipeline"), row.needed("stage")
    row.needed("created_on")
    _check_end(row, created_on, closed_on)
    if row.problems or created_on is None:
        return None
    return Entry(
        row=row,
        deal_id=deal_id,
        pipeline=pipeline,
        name=row.cell("name") or deal_id,
        company=row.cell("company") or None,
        agent_name=row.cell("agent_name"),
        agent_email=row.cell("agent_email"),
        stage=stage,
        status=row.cell("status"),
        value=value,
        currency=currency,
        created_on=created_on,
        closed_on=closed_on,
    )


def _day(row: Row, column: str) -> date | None:
    return row.read(column, iso_day, "is not a day written YYYY-MM-DD")


def _check_end(row: Row, created_on: date | None, closed_on: date | None) -> None:
    status = row.cell("status")
    if status not in STATUSES:
        row.complain("status", "is not open, won or lost")
    elif status == "open" and row.cell("closed_on"):
        row.complain("closed_on", "is given, but the deal is open")
    elif status != "open" and not row.cell("closed_on"):
        row.complain("closed_on", f"is empty, but the deal is {status}")
    if created_on and closed_on and closed_on < created_on:
        row.complain("closed_on", f"is before {row.names['created_on']}, {created_on}")


def _amount(text: str) -> Decimal:
    if not AMOUNT.fullmatch(text) or abs(Decimal(text)) > LARGEST:
        raise ValueError(text)
    return Decimal(text)


def _currency(text: str) -> str:
    if not CURRENCY.fullmatch(text):
        raise ValueError(text)
    return text.upper()


def complain_of_repeated(entries: Iterable[Entry]) -> None:
    """Note every deal that the file names more than once."""
    lines: dict[str, int] = {}
    for entry in entries:
        first = lines.setdefault(entry.deal_id, entry.row.line)
        if first != entry.row.line:
            entry.row.complain("deal_id", f"is in line {first} already")


def complain_of_currencies(entries: Iterable[Entry], held: Mapping[str, str]) -> None:
    """Note every deal in another currency than its pipeline's; `held` has those of the deals in the store."""
    currencies = dict(held)
    for entry in entries:
        if entry.currency and currencies.setdefault(entry.pipeline, entry.currency) != entry.currency:
            known = currencies[entry.pipeline]
            entry.row.complain("currency", f"is not {known}, which other deals of {shown(entry.pipeline)} are in")
