"""Thirty kills at random moments, from a seed that is printed."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

import pytest

from tests.delivery.soak import soak

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_thirty_kills_lose_nothing_and_send_nothing_twice(tmp_path: Path) -> None:
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    assert soak(tmp_path, 30, seed).broken == []
