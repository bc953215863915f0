"""Asks the configured source which reading of its figures fits its cards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from reports import probe_file
from reports.analysis.probe import Outcome, Proof, decide, tell_apart, windows_to_ask
from reports.config.model import VoxysSource
from reports.source import open_source
from reports.voxys.redact import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from reports.analysis.probe import Verdict
    from reports.config.model import Config
    from reports.config.report import Report
    from reports.figures import Answer
    from reports.source import Source

MOST_PIPELINES = 6  # cards come unpaginated: an account's whole history for each pipeline asked
LIKELY_ZONES = ("UTC", "Asia/Riyadh", "Asia/Dubai")  # what a server of this family may count its days in


@dataclass(frozen=True)
class Probed:
    """What a probe found, on which pipelines of how many, and in which currencies each was compared."""

    proof: Proof
    currencies: Mapping[int, frozenset[str]]
    pipelines: int

    @property
    def differing(self) -> tuple[Verdict, ...]:
        """The definitions that the source reads otherwise."""
        return tuple(one for one in self.proof.verdicts.values() if one.outcome is Outcome.DIFFERS)


async def probe(
    config: Config,
    name: str | None,
    today: date,
    progress: Callable[[str], None],
    keep: Callable[[Sequence[Answer]], None],
) -> Probed:
    """Ask and decide; `keep` gets the redacted answers even where one of them stops the probe."""
    progress("Asking")
    async with open_source(config) as source:
        try:
            found = await _ask(source, config, name, today)
            if found.differing:  # deals are edited while we read: it counts only if it is so a second time
                progress("Asking once more")
                found = await _ask(source, config, name, today)
        finally:
            keep(redacted(source.answers))
    return found


def keep_result(config: Config, found: Probed) -> None:
    """Write beside the configuration what was found; made-up deals are read as we read them, by our own server."""
    if isinstance(config.source, VoxysSource):
        probe_file.write(config, found.proof, found.currencies)


async def _ask(source: Source, config: Config, name: str | None, today: date) -> Probed:
    reports = [config.report(name)] if name else list(config.reports.values())
    chosen = reports[0].pipelines if name else "all"
    found = await source.pipelines(None if chosen == "all" else chosen)
    currencies = {one.id: _currencies(config, reports, one.id) for one in found}
    # Reported ones first; sorting keeps the source's order otherwise.
    ordered = sorted(currencies, key=lambda number: not currencies[number])
    asked = {number: currencies[number] for number in ordered[:MOST_PIPELINES]}
    unasked = sum(bool(currencies[number]) for number in ordered[MOST_PIPELINES:])
    zone = config.account.zone
    rivals = tell_apart(zone, map(ZoneInfo, LIKELY_ZONES), today)
    evidence = await source.evidence(asked, partial(windows_to_ask, zone=zone, rivals=rivals, today=today))
    verdicts = decide(evidence, zone, rivals, unasked)
    return Probed(Proof(today, {one.subject: one for one in verdicts}), asked, len(found))


def _currencies(config: Config, reports: Sequence[Report], pipeline: int) -> frozenset[str]:
    """Return the currencies in which reports show a pipeline; none where no report does."""
    showing = (one for one in reports if one.pipelines == "all" or pipeline in one.pipelines)
    return frozenset(config.currency(one) for one in showing)
