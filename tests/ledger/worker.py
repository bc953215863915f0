"""A process that takes something in hand, says so and then does nothing until it is killed."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from reports.ledger import deliveries, editions, notices, slots
from reports.ledger.ledger import Ledger

NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)


def main(engine: str, address: str, action: str, *arguments: str) -> None:
    with Ledger.in_file(Path(address)) if engine == "sqlite" else Ledger.at_url(address) as ledger:
        worker = ledger.appear()
        ACTIONS[action](ledger, worker, *arguments)
        sys.stdout.write(f"{worker}\n")
        sys.stdout.flush()
        sys.stdin.read()


def claim(ledger: Ledger, worker: str, slot: str) -> None:
    with ledger.write() as tx:
        assert slots.claim(tx, int(slot), worker, NOW)


def begin(ledger: Ledger, worker: str, delivery: str) -> None:
    with ledger.write() as tx:
        assert deliveries.begin(tx, int(delivery), worker, NOW)


def tell(ledger: Ledger, worker: str, notice: str) -> None:
    with ledger.write() as tx:
        assert notices.begin(tx, int(notice), worker)


def address(ledger: Ledger, worker: str, edition: str, recipient: str) -> None:
    with ledger.write() as tx:
        kept = editions.find(tx, edition)
        assert kept
        assert deliveries.address(tx, kept, deliveries.addressed({recipient: recipient}), NOW, worker=worker)


def hold(ledger: Ledger, worker: str, name: str) -> None:
    assert worker
    assert ledger.presence.hold(name)


ACTIONS = {"claim": claim, "begin": begin, "tell": tell, "address": address, "hold": hold}

if __name__ == "__main__":
    main(*sys.argv[1:])
