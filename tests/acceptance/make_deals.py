"""Writes deals.csv: made-up deals with everything in them that once went wrong somewhere."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = Path(__file__).with_name("deals.csv")
COLUMNS = (
    *("deal_id", "pipeline", "name", "company", "agent_name", "agent_email"),
    *("stage", "status", "value", "currency", "created_on", "closed_on"),
)
SEED = 20251005
FIRST, LAST = date(2024, 9, 2), date(2025, 10, 9)
LATE_START = date(2025, 9, 24)  # a Wednesday, in the week before the one that is reported on


@dataclass(frozen=True)
class Line:
    """One pipeline: its currency, how many deals, the steps while they are open, and where lost ones stay."""

    name: str
    currency: str
    deals: int
    first: date
    steps: tuple[str, ...]
    lost: str = "Lost"


LINES = (
    Line("New business", "SAR", 190, FIRST, ("Qualified", "Proposal", "Negotiation")),
    Line("تجديد العقود", "AED", 120, FIRST + timedelta(20), ("Due", "Proposal"), lost="Proposal"),
    Line('Partners, "Gulf" & <b>Levant</b>', "KWD", 60, FIRST + timedelta(200), ("Qualified", "مفاوضات")),
    Line("Enterprise", "EUR", 26, LATE_START, ("Qualified", "Proposal")),
)
AGENTS = (
    ("نورة القحطاني", "noura@example.com"),
    ("خالد العتيبي", "khalid@example.com"),
    ("Lina Haddad", "lina@example.com"),
    ("Lina Haddad", "lina.haddad@example.com"),
    ('Omar "Abu Sami" O\'Neil, Jr.', "omar@example.com"),
    ("<script>alert(1)</script>", "script@example.com"),
    ("سارة", ""),
    ("", ""),  # nobody
)
NAMES = (
    "Shelving, phase 2",
    'The "big" one',
    "Two\nlines",
    "<b>Bold</b> & brave",
    "=SUM(A1:A9)",
    "توسعة المستودع",
    "{{ 7 * 7 }} %s",
    "",
)
COMPANIES = ("Sidra Textiles", "شركة النخيل", "Al Faris & Sons, Ltd.", "")
VALUES = ("1999.95", "0", "", "0.05", "12500", "8400.5", "33333.333", "250000")


def deals() -> list[dict[str, str]]:
    """Return all rows; only random() is drawn from, whose numbers stay the same in every Python."""
    draw = random.Random(SEED).random  # noqa: S311 - not for secrets
    rows = [_deal(line, draw) for line in LINES for _ in range(line.deals)]
    rows += _by_hand()
    rows.sort(key=lambda row: (row["created_on"], row["pipeline"], row["name"], row["agent_email"], row["value"]))
    return [{"deal_id": f"D-{number:04}", **row} for number, row in enumerate(rows, 1)]


def _deal(line: Line, draw: Callable[[], float]) -> dict[str, str]:
    days = (LAST - line.first).days
    age = int(draw() ** 2 * (days + 1))  # more of them lately
    created = LAST - timedelta(age)
    closed = created + timedelta(int(draw() ** 2 * 40))  # many on the day itself
    state = ("won", "lost", "open")[int(draw() * 3)] if closed <= LAST else "open"
    stage = {"won": "Won", "lost": line.lost}.get(state) or line.steps[int(draw() * len(line.steps))]
    agent = AGENTS[int(draw() * len(AGENTS))]
    value = VALUES[int(draw() * len(VALUES))] if draw() < 0.4 else f"{draw() * 40000:.2f}"
    return _row(
        line, stage, state, agent, value, created, closed,
        name=NAMES[int(draw() * len(NAMES))], company=COMPANIES[int(draw() * len(COMPANIES))],
    )  # fmt: skip


def _by_hand() -> list[dict[str, str]]:
    """Return a pipeline where a credit note is all that was won before, and nothing was ever lost."""
    line = Line("Care", "USD", 0, FIRST, ("Open",))
    noura = AGENTS[0]
    week = date(2025, 9, 28)  # the first day of the week that is reported on
    return [
        _row(line, "Won", "won", noura, "100", date(2025, 8, 3), date(2025, 8, 4)),
        _row(line, "Won", "won", noura, "-250.50", week - timedelta(5), week - timedelta(5), name="Credit note"),
        _row(line, "Won", "won", AGENTS[4], "1999.95", week, week, name="The same day"),
        _row(line, "Won", "won", AGENTS[7], "0.1", week + timedelta(6), week + timedelta(6), name="Its last day"),
        _row(line, "Open", "open", noura, "0.2", week + timedelta(7), None, name="The day after"),
    ]


def _row(  # noqa: PLR0917 - the columns of a file
    line: Line,
    stage: str,
    status: str,
    agent: tuple[str, str],
    value: str,
    created: date,
    closed: date | None,
    name: str = "A deal",
    company: str = "Sidra Textiles",
) -> dict[str, str]:
    return {
        "pipeline": line.name,
        "name": name,
        "company": company,
        "agent_name": agent[0],
        "agent_email": agent[1],
        "stage": stage,
        "status": status,
        "value": value,
        "currency": line.currency,
        "created_on": created.isoformat(),
        "closed_on": "" if status == "open" or closed is None else closed.isoformat(),
    }


def text() -> str:
    """Return the file's text."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(deals())
    return out.getvalue()


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8", newline="")
