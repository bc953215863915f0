"""A month of the real deals as scorecards: each agent gets theirs by mail, and it says what a straight count says."""

from __future__ import annotations

import csv
import json
import os
import random
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pypdfium2
import pytest

from reports.ledger.values import SlotState
from reports.sandbox.deals import Deals
from reports.sandbox.load import load_csv
from tests.delivery.world import mailed
from tests.mail.servers import Mailbox
from tests.making import CHECKOUT

if TYPE_CHECKING:
    from email.message import EmailMessage

REAL = Path(os.environ.get("REAL_DEALS", CHECKOUT.parent / "shared" / "data" / "crm_sales_opportunities.csv"))
CHICAGO = ZoneInfo("America/Chicago")
SLOT = datetime(2017, 8, 1, 13, tzinfo=UTC)  # 08:00 there
JULY, JUNE = ((date(2017, 7, 1), date(2017, 7, 31)), (date(2017, 6, 1), date(2017, 6, 30)))
PICKED = 10
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not REAL.is_file(), reason=f"the real deals are not at {REAL}: set REAL_DEALS"),
]


@dataclass(frozen=True)
class Count:
    """What somebody created, won and lost in some days, counted from the file alone."""

    created: int
    won: int
    lost: int
    value_created: Decimal
    value_won: Decimal


def count(rows: list[dict[str, str]], agent: str, days: tuple[date, date]) -> Count:
    own = [one for one in rows if one["agent_name"] == agent]
    created = [one for one in own if _within(one["created_on"], days)]
    closed = {
        status: [one for one in own if one["status"] == status and _within(one["closed_on"], days)]
        for status in ("won", "lost")
    }
    return Count(len(created), len(closed["won"]), len(closed["lost"]), _sum(created), _sum(closed["won"]))


def _within(text: str, days: tuple[date, date]) -> bool:
    return bool(text) and days[0] <= date.fromisoformat(text) <= days[1]


def _sum(rows: list[dict[str, str]]) -> Decimal:
    return sum((Decimal(one["value"] or 0) for one in rows), Decimal(0))


def shown(figures: dict[str, Any]) -> Count:
    return Count(
        figures["total_created"],
        figures["total_won"],
        figures["total_lost"],
        Decimal(figures["total_value_created"]),
        Decimal(figures["total_value_won"]),
    )


def attached(message: EmailMessage, kind: str) -> bytes:
    [found] = [part for part in message.iter_attachments() if part.get_content_type() == kind]
    content: Any = found.get_payload(decode=True)
    return bytes(content)


def test_thirty_scorecards_of_a_month_are_delivered_and_ten_of_them_agree_with_a_straight_count(tmp_path: Path) -> None:
    database = tmp_path / "deals.sqlite"
    with Deals.open(database) as deals:
        load_csv(deals, REAL, {}, CHICAGO)
    with REAL.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    mailbox = Mailbox()
    parts = {
        "zone": "America/Chicago",
        "source": f'kind = "sandbox"\ndatabase = "{database.as_posix()}"',
        "pipelines": "",
        "to": "[]",
        "report": 'period = "month"\nschedule = "0 8 1 * *"\ncuts = "agent"\nattach = ["pdf", "json"]',
    }
    with mailed(tmp_path / "project", mailbox, started=SLOT - timedelta(days=1), **parts) as made:
        [slot] = made.at(SLOT)
    assert slot.state is SlotState.SENT
    messages = {one.recipients[0]: message_from_bytes(one.content, policy=default) for one in mailbox.received}
    people = {one["agent_email"]: one["agent_name"] for one in rows}
    assert messages.keys() == people.keys()
    assert len(mailbox.received) == len(messages) == 30

    seed = random.SystemRandom().randrange(2**32)
    print(f"picked with seed {seed}")  # noqa: T201 - shown where it fails, to try the same ones again
    values = sorted((count(rows, name, JULY).value_won for name in people.values()), reverse=True)
    for address in random.Random(seed).sample(sorted(people), PICKED):  # noqa: S311 - no secret
        name, message = people[address], messages[address]
        now, before = count(rows, name, JULY), count(rows, name, JUNE)
        document = json.loads(attached(message, "application/json"))
        assert shown(document["overall"]["current"]) == now, name
        assert shown(document["overall"]["previous"]) == before, name
        assert document["standing"]["current"]["rank"] == 1 + sum(one > now.value_won for one in values), name
        page = pypdfium2.PdfDocument(attached(message, "application/pdf"))
        assert len(page) == 1, name
        text = " ".join(page[0].get_textpage().get_text_range().split())
        assert name in text
        won = re.search(r"Deals won (\d+)", text)
        assert won is not None, name
        assert int(won[1]) == now.won, name
