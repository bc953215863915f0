"""A small store with known deals, and a client that asks the app over its own in-process transport."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from reports.sandbox.app import create_app
from reports.sandbox.deals import Deals
from reports.sandbox.records import Agent, Deal, Pipeline, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI

    Put = Callable[[list[Deal]], Deals]

RIYADH = ZoneInfo("Asia/Riyadh")
TOKEN = "secret"
FUNNELS = "/api/v1/accounts/1/funnels"
TODAY = date(2026, 11, 22)


@dataclass(frozen=True)
class Client:
    """Asks the app as httpx would over a network."""

    app: FastAPI

    def request(self, path: str, method: str = "GET", headers: dict[str, Any] | None = None) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(send())

    def get(self, path: str) -> httpx.Response:
        return self.request(path, headers={"api_access_token": TOKEN})

    def answer(self, path: str) -> Any:
        response = self.get(path)
        assert response.status_code == 200, response.text
        return response.json()


def served(deals: Deals, today: date = TODAY, week_start: str = "sunday") -> Client:
    return Client(create_app(deals, token=TOKEN, timezone=RIYADH, week_start=week_start, today=lambda: today))


def deal(number: int, created: str, status: str = "open", closed: str | None = None, **other: Any) -> Deal:
    values: dict[str, Any] = {
        "pipeline_id": 1,
        "name": f"Deal {number}",
        "company": "Sidra Textiles",
        "agent_id": 1,
        "stage_id": {"open": 11, "won": 12, "lost": 13}[status],
        "value": Decimal(1000),
        "currency": "SAR",
    }
    return Deal(
        id=number,
        deal_id=f"D{number}",
        status=status,
        created_at=f"{created}T09:30:00+03:00",
        closed_at=f"{closed}T16:00:00+03:00" if closed else None,
        **(values | other),
    )


def put(deals: Deals, rows: list[Deal]) -> Deals:
    with deals.writing():
        deals.clear()
        deals.put_pipelines(
            [
                Pipeline(1, "New business", "First deals", "#111111", 2, "2026-01-01T00:00:00+03:00"),
                Pipeline(2, "Renewals", "", "#222222", 1, "2026-01-01T00:00:00+03:00"),
            ]
        )
        deals.put_stages(
            [
                Stage(11, 1, "Open", "#333333", 1, "open"),
                Stage(12, 1, "Won", "#444444", 3, "resolved"),
                Stage(13, 1, "Lost", "#555555", 2, None),
                Stage(21, 2, "Due", "#666666", 1, "pending"),
            ]
        )
        deals.put_agents(
            [
                Agent(1, "نورة القحطاني", "noura@example.com", "https://example.com/1.png"),
                Agent(2, "Omar", "omar@example.com", None),
                Agent(3, "Lina", None, None),
            ]
        )
        deals.put_deals(rows)
    return deals


@pytest.fixture(scope="session")
def opened() -> Iterator[Deals]:
    with Deals.open(None) as deals:
        yield deals


@pytest.fixture(scope="session")
def client(opened: Deals) -> Client:
    return served(opened)


@pytest.fixture(autouse=True)
def store(opened: Deals) -> Deals:
    return put(opened, [])


@pytest.fixture
def stored(store: Deals) -> Put:
    return lambda rows: put(store, rows)


@pytest.fixture(scope="session")
def real_deals() -> Path:
    """Find the real deals beside the checkout, or where REAL_DEALS says."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data" / "crm_sales_opportunities.csv"
    path = Path(os.environ.get("REAL_DEALS", beside))
    if not path.is_file():
        pytest.skip(f"the real deals are not at {path}: set REAL_DEALS")
    return path
