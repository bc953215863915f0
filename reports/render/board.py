"""The open deals as the page shows them: a chart for each pipeline, and the largest deals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.present.formats import shorten
from reports.present.open_deals import across, open_lines, since_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.findings import Analysis, OpenDeal, OpenDeals, Section
    from reports.present.formats import Formats
    from reports.render.context import Facts, Picture

LONGEST_DEAL, LONGEST_NAME = 36, 18  # letters that have room in the table
LONGEST_TITLE = 28  # letters that have room above a chart


@dataclass(frozen=True)
class BoardPanel:
    """One pipeline's open deals by stage; no picture where there are none."""

    name: str
    lines: tuple[str, ...]
    picture: Picture | None


@dataclass(frozen=True)
class DealRow:
    """One line of the largest open deals; `has_owner` is false where `owner` says that there is none."""

    name: str
    pipeline: str
    stage: str
    owner: str
    has_owner: bool
    age: str
    value: str


@dataclass(frozen=True)
class Board:
    """What stands open, `across` panels in a row; `refused` says why there is nothing else."""

    refused: str = ""
    caption: str = ""
    total: str = ""
    panels: tuple[BoardPanel, ...] = ()
    across: int = 1
    deals: tuple[DealRow, ...] = ()
    deals_caption: str = ""


def board(formats: Formats, facts: Facts, analysis: Analysis, pictures: Mapping[str, Picture]) -> Board:
    """Write the open deals out; `pictures` are those about all pipelines, by their names."""
    deals = analysis.overall.open
    if deals is None:
        return Board(refused=_refused(formats, analysis))
    return Board(
        caption=open_caption(formats, facts, several=len(analysis.pipelines) > 1),
        total=formats.language.sequence(
            (*open_lines(formats, deals), since_line(formats, analysis.overall.open_change))
        ),
        panels=tuple(_panel(formats, one, one.open, pictures) for one in analysis.pipelines if one.open),
        across=across(len(analysis.pipelines)),
        deals=tuple(deal_row(formats, deal) for deal in deals.largest),
        deals_caption=deals_caption(formats, deals),
    )


def _refused(formats: Formats, analysis: Analysis) -> str:
    say = formats.language.text
    if all(section.open is None for section in analysis.pipelines):
        return say("Open deals: the token isn't allowed to read cards.")
    return say("Open deals: the token isn't allowed to read the cards of every pipeline.")


def open_caption(formats: Formats, facts: Facts, *, several: bool) -> str:
    """Return how to read the charts of what stands open."""
    moment = formats.isolate(formats.moment(facts.fetched_at, facts.zone))
    say = formats.language.text
    if several:
        return say(
            "Number of open deals on {moment}, with their value in {unit}; each pipeline on its own scale",
            moment=moment,
            unit=formats.unit,
        )
    return say("Number of open deals on {moment}, with their value in {unit}", moment=moment, unit=formats.unit)


def deals_caption(formats: Formats, deals: OpenDeals) -> str:
    """Return how to read the table of the largest open deals."""
    say, valued = formats.language.text, deals.count - deals.without_value
    if valued <= len(deals.largest):
        return say("{unit}; age in days since the deal was made", unit=formats.unit)
    return say(
        "{unit}, top {shown} of {all}; age in days since the deal was made",
        unit=formats.unit,
        shown=formats.count(len(deals.largest)),
        all=formats.count(valued),
    )


def _panel(formats: Formats, section: Section, deals: OpenDeals, pictures: Mapping[str, Picture]) -> BoardPanel:
    first, *others = open_lines(formats, deals)
    lines = (first, formats.language.sequence(others))  # two lines for each, so that the charts stand side by side
    return BoardPanel(formats.isolate(shorten(section.name, LONGEST_TITLE)), lines, pictures.get(f"open-{section.id}"))


def deal_row(formats: Formats, deal: OpenDeal, letters: int = LONGEST_DEAL) -> DealRow:
    """Write one open deal out; so many letters of its name have room."""

    def name(text: str, most: int = LONGEST_NAME) -> str:
        return formats.isolate(shorten(text, most))

    return DealRow(
        name=name(deal.name, letters),
        pipeline=name(deal.pipeline),
        stage=name(deal.stage),
        owner=formats.language.text("Unassigned") if deal.owner is None else name(deal.owner),
        has_owner=deal.owner is not None,
        age=formats.count(deal.age_days),
        value=formats.amount(deal.value),
    )
