"""A company of forty agents with deals of their own, some of whom can't be written to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from reports.sandbox.deals import Deals
from reports.sandbox.load import load_csv
from reports.sandbox.records import Agent
from tests.delivery.world import RIYADH

HEAD = "deal_id,pipeline,name,company,agent_name,agent_email,stage,status,value,currency,created_on,closed_on"
WEEK = date(2025, 9, 28)  # the first day of the week that is reported
PEOPLE, FEW = 40, 12  # the whole company, and as many as show all that can be wrong with an address
OUTSIDE, NO_ADDRESS, SHARED, REFUSING = (3, 17, 29), 8, (11, 12), 21


@dataclass(frozen=True)
class Person:
    """One agent: their number in the account, name and address, and what they won this week and the week before."""

    number: int
    name: str
    address: str | None
    now: Decimal
    before: Decimal

    @property
    def cut(self) -> str:
        return f"agent-{self.number}"


def _address(place: int) -> str | None:
    if place == NO_ADDRESS:
        return None
    if place in SHARED:
        return "Desk@example.com" if place == SHARED[0] else "desk@example.com"
    return f"person{place:02d}@{'elsewhere.net' if place in OUTSIDE else 'example.com'}"


def _person(place: int) -> Person:
    """Return one of forty; no two have an amount in common, nor is one the mean of others in a row."""
    now, before = Decimal(10_107 + 190 * place + 5 * place**2), Decimal(50_153 + 290 * place + 7 * place**2)
    return Person(place, f"Nadia Q{place:02d}x Karim", _address(place), now, before)


def people(count: int = PEOPLE) -> tuple[Person, ...]:
    return tuple(_person(place) for place in range(1, count + 1))


def reached(count: int = PEOPLE) -> list[Person]:
    """Return those who have an address that may be written to."""
    return [one for one in people(count) if one.number not in (*OUTSIDE, NO_ADDRESS)]


def left_out(count: int = PEOPLE) -> set[str]:
    """Return the cuts of the others."""
    return {one.cut for one in people(count)} - {one.cut for one in reached(count)}


def _rows(one: Person) -> list[str]:
    """Return two deals won, one lost, one open: this week in one pipeline, the week before in the other."""
    name, who = one.name, f"person{one.number:02d}@example.com"
    day, earlier = WEEK + timedelta(days=one.number % 7), WEEK - timedelta(days=1 + one.number % 7)
    said = [
        ("A", "North", "Won", "won", one.now, day),
        ("B", "South", "Won", "won", one.before, earlier),
        ("C", "North", "Lost", "lost", Decimal(777), day),
        ("D", "North", "Talking", "open", Decimal(555), day),
    ]
    return [
        f"{key}{one.number:02d},{pipeline},Deal,Firm,{name},{who},{stage},{status},{value},SAR,{on},"
        f"{'' if status == 'open' else on}"
        for key, pipeline, stage, status, value, on in said
    ]


@cache
def database(count: int) -> Path:
    """Return a sandbox database with everybody's deals, made once for each process, which nobody writes to."""
    folder = Path(mkdtemp())
    rows = [row for one in people(count) for row in _rows(one)]
    (folder / "deals.csv").write_text("\n".join([HEAD, *rows, ""]), "utf-8")
    with Deals.open(folder / "staff.sqlite") as deals:
        load_csv(deals, folder / "deals.csv", {}, RIYADH)
        with deals.writing():
            deals.put_agents(Agent(one.number, one.name, one.address, None) for one in people(count))
    return folder / "staff.sqlite"


def source(count: int = PEOPLE) -> str:
    return f'kind = "sandbox"\ndatabase = "{database(count).as_posix()}"'
