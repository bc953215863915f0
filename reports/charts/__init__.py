"""One module per chart."""

from __future__ import annotations
