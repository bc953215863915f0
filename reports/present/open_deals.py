"""What is said of the deals that stand open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.present.formats import DASH, clean

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from reports.findings import OpenChange, OpenDeals, OpenStage, Section
    from reports.present.formats import Formats

SIDE_BY_SIDE = {1: 1, 2: 2, 4: 2}  # charts of so many pipelines; of any other number three


def open_lines(formats: Formats, deals: OpenDeals) -> tuple[str, ...]:
    """Return how many deals stand open and what they are worth, then what that leaves out, where there is any."""
    return (_counted(formats, deals), *_left_out(formats, deals))


def since_line(formats: Formats, change: OpenChange | None) -> str:
    """Return how the open deals have changed since the last delivered edition; nothing where there is none."""
    if change is None or change.since is None or change.count.absolute is None:
        return ""
    values = {
        "count": formats.signed(change.count.absolute, formats.count),
        "day": formats.isolate(formats.day(change.since)),
    }
    if (amount := change.value.absolute) is None:
        return formats.language.text("{count} deals since the report of {day}", **values)
    value = formats.isolate(formats.signed(amount, formats.compact))
    return formats.language.text("{count} deals and {value} since the report of {day}", value=value, **values)


def _counted(formats: Formats, deals: OpenDeals) -> str:
    plural, number = formats.language.plural, deals.count
    if number == 0:
        return formats.language.text("No open deals")
    if deals.mixed:
        return plural(
            "{number} open deal, not in {unit}: no sum",
            "{number} open deals, not all in {unit}: no sum",
            number,
            number=formats.count(number),
            unit=formats.unit,
        )
    if deals.value is None or number == deals.without_value:
        return plural("{number} open deal", "{number} open deals", number, number=formats.count(number))
    return plural(
        "{number} open deal worth {value}",
        "{number} open deals worth {value}",
        number,
        number=formats.count(number),
        value=formats.isolate(formats.compact_money(deals.value)),
    )


def _left_out(formats: Formats, deals: OpenDeals) -> list[str]:
    """Return the deals that no sum holds, where there are any."""
    plural = formats.language.plural
    parts = []
    if number := deals.without_value:
        text = plural("{number} without a value", "{number} without a value", number, number=formats.count(number))
        parts.append(text)
    if number := deals.snoozed:
        text = plural(
            "{number} snoozed, not counted", "{number} snoozed, not counted", number, number=formats.count(number)
        )
        parts.append(text)
    return parts


def open_value(stage: OpenStage, write: Callable[[Decimal], str]) -> str:
    """Return what a stage's deals are worth; a dash where none of them has a value."""
    if stage.value is None:
        return ""
    return DASH if stage.count == stage.without_value else write(stage.value)


def open_title(formats: Formats, section: Section) -> str:
    """Return what a chart of one pipeline's open deals shows."""
    name = formats.isolate(clean(section.name))
    return formats.language.text("Open deals by stage, {pipeline}", pipeline=name)


def across(pipelines: int) -> int:
    """Return how many pipelines' charts stand side by side."""
    return SIDE_BY_SIDE.get(pipelines, 3)
