"""The embedded server that implements the Voxys API over SQLite."""

from __future__ import annotations
