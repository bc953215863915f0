"""The database of slots, editions and deliveries: the one record of what was sent to whom."""

from __future__ import annotations
