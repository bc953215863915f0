"""What happened, in its order; nothing is ever changed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert

from reports.ledger.tables import events

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def note(  # noqa: PLR0913 - one argument for each thing that it can happen to
    tx: Connection,
    at: datetime,
    name: str,
    *,
    report: str | None = None,
    slot: int | None = None,
    edition: str | None = None,
    delivery: int | None = None,
    detail: str = "",
) -> None:
    """Write down what happened. Addresses don't belong here: they stand in the deliveries, where they can be erased."""
    tx.execute(
        insert(events).values(
            at=at, name=name, report=report, slot=slot, edition=edition, delivery=delivery, detail=detail
        )
    )
