"""A post office and a house that sends through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.delivery.house import House, PostOffice, make_deals, post_office, report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def deals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few deals in a sandbox database, made once."""
    return make_deals(tmp_path_factory.mktemp("deals") / "deals.sqlite")


@pytest.fixture
def serving() -> Iterator[tuple[PostOffice, int]]:
    with post_office() as opened:
        yield opened


@pytest.fixture
def office(serving: tuple[PostOffice, int]) -> PostOffice:
    """What the mail server has taken."""
    return serving[0]


@pytest.fixture
def house(tmp_path: Path, deals: Path, serving: tuple[PostOffice, int]) -> House:
    """A project with one report to three people, that sends to the post office."""
    made = House(tmp_path, serving[1], deals)
    made.configure(report())
    return made
