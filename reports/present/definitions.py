"""What each number means, as the report's last section says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.analysis.deltas import SMALL_COUNT
from reports.analysis.probe import Subject
from reports.figures import Figure
from reports.present.verdicts import Quotes

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.analysis.probe import Proof
    from reports.present.sentences import Sentences


def definitions(
    sentences: Sentences, timezone: str, *, assumed: bool, proof: Proof | None = None
) -> tuple[tuple[str, str], ...]:
    """Return term and meaning; `assumed` marks what the source's documentation leaves open, as a proof has found it."""
    quotes = Quotes(sentences.formats, proof)

    def mark(*subjects: Subject) -> str:
        return quotes.mark(*subjects) if assumed else ""

    return (*_figures(sentences, mark), *_breakdowns(sentences, timezone, mark))


def _figures(sentences: Sentences, mark: Callable[..., str]) -> tuple[tuple[str, str], ...]:
    """Return the key figures; `mark` says what is known of the definitions that one rests on."""
    say, label = sentences.language.text, sentences.label
    full = sentences.formats.percent(100, 0)
    return (
        (label(Figure.CREATED), say("Deals created in the period, and their value.") + mark(Subject.CREATED)),
        (
            say("Deals won, deals lost"),
            say("Deals closed as won or as lost in the period, whenever they were created.") + mark(Subject.WON),
        ),
        (
            label(Figure.VALUE_WON),
            say("The sum of the values of the deals won in the period.") + mark(Subject.WON, Subject.CURRENCY),
        ),
        (label(Figure.WIN_RATE), say("Deals won out of the deals closed: won / (won + lost).")),
        (label(Figure.DEAL_SIZE), say("Value won divided by deals won.")),
        (
            label(Figure.CONVERSION_RATE),
            say(
                "Won per created in the same days: it compares different deals, can exceed {full}, "
                "and explains nothing.",
                full=full,
            ),
        ),
    )


def _breakdowns(sentences: Sentences, timezone: str, mark: Callable[..., str]) -> tuple[tuple[str, str], ...]:
    """Return what the figures are broken down by, and compared with."""
    say = sentences.language.text
    return (
        (
            say("Stages"),
            say(
                "This period's new deals, by the stage they stand in now. "
                "The period before had more time to move: it is shown only as it was archived in its time."
            )
            + mark(Subject.STAGES),
        ),
        (
            say("Agents"),
            say("Deals by their owner. Deals without one count in the totals only and are listed as unassigned.")
            + mark(),
        ),
        (
            say("Changes"),
            say(
                "Counts and money: in percent of what they were. Rates: in points, by subtraction. "
                "Below {few} deals: the number of deals. From nothing: “new”, never a percentage.",
                few=sentences.formats.count(SMALL_COUNT),
            ),
        ),
        (
            say("Periods"),
            say(
                "Whole days, first and last included, in the time zone {timezone}. "
                "A dash stands for no data, which is not 0.",
                timezone=sentences.formats.isolate(timezone),
            )
            + mark(Subject.TIMEZONE),
        ),
    )
