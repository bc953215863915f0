"""The command test-condition."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import click

from reports.cli.options import as_of_option, config_option, now
from reports.cli.printing import Progress, print_table, span
from reports.config import load
from reports.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from reports.config.report import Report
    from reports.foresight import Foreseen


@click.command("test-condition")
@click.argument("name")
@as_of_option
@config_option
def test_condition(name: str, as_of: date | None, file: Path) -> None:
    """Show for which of the last 12 periods report NAME would have gone out, by the figures as they stand now."""
    from reports.foresight import foresee

    config = load(file)
    with Progress() as progress:
        found = asyncio.run(foresee(config, name, now(), as_of, progress))
    _print(config.report(name), config.currency(config.report(name)), found)
    if failed := [one for one in found if one.refused]:
        raise DataError(
            f"the figures of {len(failed)} of {len(found)} periods contradict each other",
            hint="Nothing would have been sent for them. Try again later, or ask the vendor.",
        )


def _print(report: Report, currency: str, found: Sequence[Foreseen]) -> None:
    from reports.analysis.reason import described

    click.echo(f"Sent if: {', or '.join(described(one, currency) for one in report.conditions)}")
    if report.at_least_every is not None:
        click.echo(f"Sent anyway after {report.at_least_every} skipped in a row; what was before these isn't counted.")
    click.echo()
    rows = [
        (span(one.period), _met(one), _became(one, report.at_least_every), _compared(one, currency)) for one in found
    ]
    print_table(("PERIOD", "MET", "WOULD BE", "COMPARED"), rows)
    counts = Counter(one.outcome for one in found)
    click.echo(f"\n{len(found)} periods: {', '.join(f'{count} {outcome}' for outcome, count in counts.items())}")


def _met(one: Foreseen) -> str:
    if one.verdict is None:
        return "-"
    return "yes" if one.verdict.met else "no"


def _became(one: Foreseen, at_least_every: int | None) -> str:
    from reports.foresight import Outcome

    counted = one.outcome is Outcome.SKIPPED and at_least_every is not None
    return f"{one.outcome} ({one.skipped} of {at_least_every})" if counted else str(one.outcome)


def _compared(one: Foreseen, currency: str) -> str:
    from reports.analysis.reason import compared

    if one.verdict is None:
        return str(one.refused)
    return "; ".join(compared(finding, currency) for finding in one.verdict.findings)
