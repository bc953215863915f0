"""`python -m reports.cli` is the command `reports` as well."""

from __future__ import annotations

from reports.cli.root import main

main()
