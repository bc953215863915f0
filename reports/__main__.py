"""`python -m reports` is the command `reports`."""

from __future__ import annotations

from reports.cli import main

main()
