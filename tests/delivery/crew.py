"""A small team in a house: six agents who get their own page, one without an address and one who may not get any."""

from __future__ import annotations

import csv
from datetime import timedelta
from typing import TYPE_CHECKING

from reports.sandbox.deals import Deals
from reports.sandbox.load import load_csv
from reports.sandbox.records import Agent
from tests.delivery.house import ZONE, last_new_year, report

if TYPE_CHECKING:
    from pathlib import Path

    from tests.delivery.house import House, PostOffice

SIX = range(1, 7)
NO_ADDRESS, OUTSIDE = 7, 8
ADDRESSES = [f"crew{one}@example.com" for one in SIX]
DOMAIN = 'allowed_domains = ["example.com"]'
HEAD = ("deal_id", "pipeline", "name", "agent_name", "agent_email", "stage", "status", "value", "currency")


def name_of(number: int) -> str:
    return f"Crew Q{number}x"


def _address(number: int) -> str | None:
    found = {NO_ADDRESS: None, OUTSIDE: "crew8@elsewhere.net"}
    return found.get(number, f"crew{number}@example.com")


def make_crew(path: Path) -> Path:
    """Write a deal won by each of them in the days before the last New Year; returns the path of the database."""
    day, rows = last_new_year().date(), []
    for number in (*SIX, NO_ADDRESS, OUTSIDE):
        for back in (8, 15):
            on = day - timedelta(days=back)
            about = (f"D-{number}-{back}", "New business", "Deal", name_of(number), f"crew{number}@example.com")
            rows.append((*about, "Won", "won", 1000 * number + back, "SAR", on, on))
    source = path.with_suffix(".csv")
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([(*HEAD, "created_on", "closed_on"), *rows])
    with Deals.open(path) as deals:
        load_csv(deals, source, {}, ZONE)
        with deals.writing():
            deals.put_agents(Agent(one, name_of(one), _address(one), None) for one in (*SIX, NO_ADDRESS, OUTSIDE))
    return path


def scorecards(more: str = "") -> str:
    """Return the table of a report with a page for each agent."""
    return report(to=(), more=f'cuts = "agent"\n{more}')


def revisions(house: House) -> str:
    """Return the revision of each agent's edition, in their order; two of one agent stand beside each other."""
    found = sorted((one.cut, one.revision) for one in house.book().editions)
    return "".join(str(revision) for _, revision in found)


def got(office: PostOffice) -> str:
    """Return how many messages each of the six got."""
    return "".join(str(len(office.to(one))) for one in ADDRESSES)


def states(house: House) -> str:
    """Return the first letter of where each one's last delivery stands."""
    found = house.book().states()
    return "".join(found.get(f"crew{one}", "-")[0] for one in SIX)
