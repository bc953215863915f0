"""The commands; the only place that prints errors and picks exit codes."""

from __future__ import annotations

from reports.cli.root import commands, main

__all__ = ["commands", "main"]
