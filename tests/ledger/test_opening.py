"""Who only looks makes no ledger, and what was delivered last is found by when it was sent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from reports.config import load
from reports.figures import EditionId
from reports.ledger import deliveries, editions
from reports.ledger.opening import last_delivered, ledger_file, open_ledger
from reports.ledger.values import DeliveryState
from reports.periods import Period
from tests.acceptance.conftest import write_config
from tests.ledger.conftest import ANNA, NOW, TODAY, WEEK

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from reports.ledger.values import Kept

EARLIER = Period(date(2026, 11, 8), date(2026, 11, 14))
HOUR = timedelta(hours=1)


def sent(tx: Connection, kept: Kept, state: DeliveryState, hours: int) -> None:
    [one] = deliveries.address(tx, kept, deliveries.addressed({ANNA: ANNA}), NOW, worker="me", again=True)
    begun = deliveries.begin(tx, one.id, "me", NOW)
    assert begun is not None
    deliveries.finish(tx, begun, state, NOW + hours * HOUR, "")


def test_the_last_delivered_is_found_by_when_it_was_sent(tmp_path: Path) -> None:
    config = load(write_config(tmp_path, 'kind = "sandbox"'))
    assert last_delivered(config, "weekly", "all") is None
    assert not ledger_file(config).exists()
    with open_ledger(config) as ledger, ledger.write() as tx:
        this, before = (
            editions.keep(tx, EditionId("weekly", period).revised(1), TODAY, NOW) for period in (WEEK, EARLIER)
        )
        again = editions.keep(tx, EditionId("weekly", WEEK).revised(2), TODAY, NOW)
        sent(tx, this, DeliveryState.SENT, 1)
        sent(tx, before, DeliveryState.SENT, 2)
        sent(tx, again, DeliveryState.UNKNOWN, 3)
    assert last_delivered(config, "weekly", "all") == (before.id, NOW + 2 * HOUR)
    assert last_delivered(config, "monthly", "all") is None
