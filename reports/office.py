"""Where the work on slots and editions is done: the configuration, the ledger, the archive and a clock."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reports.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from reports.config.model import Config
    from reports.ledger.ledger import Ledger


@dataclass(frozen=True)
class Office:
    """What one process works with; the clock gives instants with a zone."""

    config: Config
    ledger: Ledger
    clock: Callable[[], datetime]

    @cached_property
    def archive(self) -> Archive:
        """The archive that the configuration names."""
        return Archive(self.config.path(self.config.archive.folder))
