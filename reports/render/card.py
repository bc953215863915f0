"""What only an agent's scorecard has: their name, their pipelines, a few of their open deals, and words at its foot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.analysis.deltas import delta
from reports.figures import Figure, Figures
from reports.present.card import deals_shown, most_rows, pipelines_shown
from reports.present.checks import note_lines
from reports.present.formats import DASH, shorten
from reports.render.board import deal_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from reports.findings import Analysis, Section, Standing
    from reports.present.card import Shares
    from reports.present.checks import CheckLine
    from reports.present.formats import Change
    from reports.present.sentences import Sentences
    from reports.render.board import DealRow

LONGEST_NAME, LONGEST_PIPELINE = 40, 20  # letters that have room
DEAL, DEAL_ALONE = 26, 60  # of a deal's name, beside the pipelines and without them
OWN_DEAL = {"ar": 19}  # beside the pipelines in larger type: clipped words lose their beginning from right to left


@dataclass(frozen=True)
class ShareRow:
    """One pipeline's part of an agent's value won, or that of several together."""

    name: str
    won: str
    value: str
    before: str
    change: Change


@dataclass(frozen=True)
class Card:
    """What stands on one agent's page beside what every page has; `unknown` says what has no small chart, and why."""

    name: str
    pipelines: tuple[ShareRow, ...]
    deals: tuple[DealRow, ...]
    deals_caption: str
    unknown: str
    terms: tuple[tuple[str, str], ...]
    passed: str
    notes: tuple[CheckLine, ...]
    restated: str


def card(
    sentences: Sentences, analysis: Analysis, standing: Standing, restatements: Sequence[str], *, letter: bool
) -> Card:
    """Write out what only an agent's page has, as many rows as its paper holds; of the restatements there is one."""
    most = most_rows(analysis, letter=letter, language=sentences.language.tag)
    shares = pipelines_shown(analysis, most)
    beside = OWN_DEAL.get(sentences.language.tag, DEAL)
    say, formats = sentences.language.text, sentences.formats
    return Card(
        name=formats.isolate(shorten(standing.agent.name, LONGEST_NAME)),
        pipelines=_pipelines(sentences, shares),
        deals=tuple(
            deal_row(formats, deal, beside if shares.rows else DEAL_ALONE) for deal in deals_shown(analysis, most)
        ),
        deals_caption=_deals_caption(sentences, analysis, most),
        unknown=say("None where only these two periods are known.")
        if not analysis.overall.has_trend(Figure.LOST)
        else "",
        terms=_terms(sentences, standing),
        passed=say(
            "Checked: {number} checks passed; what the source says of one agent alone is what it says of them "
            "among all.",
            number=formats.count(sum(one.passed for one in analysis.checks)),
        ),
        notes=note_lines(sentences, analysis.checks),
        restated=_restated(sentences, restatements),
    )


def _pipelines(sentences: Sentences, shares: Shares) -> tuple[ShareRow, ...]:
    isolate = sentences.formats.isolate
    rows = [
        _row(sentences, isolate(shorten(one.name, LONGEST_PIPELINE)), one.current, one.previous) for one in shares.shown
    ]
    if shares.others:
        number = len(shares.others)
        count = sentences.formats.count(number)
        name = sentences.language.plural("{number} other", "{number} others", number, number=count)
        rows.append(_row(sentences, isolate(name), _total(shares.others, "current"), _total(shares.others, "previous")))
    return tuple(rows)


def _total(sections: Sequence[Section], when: str) -> Figures | None:
    found = [one for section in sections if (one := getattr(section, when)) is not None]
    return Figures.total(found) if found else None


def _row(sentences: Sentences, name: str, now: Figures | None, before: Figures | None) -> ShareRow:
    formats = sentences.formats
    values: list[Decimal | None] = [None if one is None else one.value_won for one in (now, before)]
    return ShareRow(
        name=name,
        won=formats.count(now.won) if now else DASH,
        value=formats.amount(now.value_won) if now else DASH,
        before=formats.amount(before.value_won) if before else DASH,
        change=formats.change(delta(Figure.VALUE_WON, *values)),
    )


def _deals_caption(sentences: Sentences, analysis: Analysis, most: int) -> str:
    deals, shown = analysis.overall.open, len(deals_shown(analysis, most))
    if deals is None or not shown:
        return ""
    say, valued = sentences.language.text, deals.count - deals.without_value
    if valued <= shown:
        return say("{unit}; age in days", unit=sentences.formats.unit)
    return say(
        "{unit}, top {shown} of {all}; age in days",
        unit=sentences.formats.unit,
        shown=sentences.formats.count(shown),
        all=sentences.formats.count(valued),
    )


def _restated(sentences: Sentences, lines: Sequence[str]) -> str:
    """Return the first restatement, and how many more there are."""
    more = len(lines) - 1
    if more < 1:
        return "".join(lines)
    number = sentences.formats.count(more)
    rest = sentences.language.plural("{number} more", "{number} more", more, number=number)
    return f"{lines[0]} {rest}"


def _terms(sentences: Sentences, standing: Standing) -> tuple[tuple[str, str], ...]:
    say, label = sentences.language.text, sentences.label
    return (
        (
            label(Figure.VALUE_WON),
            say(
                "The values of the deals won in these days, whenever they were created; win rate: won out of won and "
                "lost."
            ),
        ),
        (
            say("Rank and share"),
            say(
                "By value won among the {of} agents with deals in the periods shown; the share is of what they won "
                "together.",
                of=sentences.formats.count(standing.of),
            ),
        ),
        (say("Stages"), say("The new deals of these days, by the stage they stand in now.")),
    )
