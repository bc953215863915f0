"""From an analysis to HTML, PDF and JSON."""

from __future__ import annotations
