"""The Voxys Connect API as a client sees it."""

from __future__ import annotations
