"""What each number means, as the report's last section says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.figures import Figure

if TYPE_CHECKING:
    from reports.present.sentences import Sentences


def definitions(sentences: Sentences, timezone: str, *, assumed: bool) -> tuple[tuple[str, str], ...]:
    """Return term and meaning; `assumed` marks what the source's documentation leaves open and nobody has verified."""
    say, label = sentences.language.text, sentences.label
    full = sentences.formats.percent(100, 0)
    word = say("assumed")  # outside the braces, where it is found for the catalogue
    mark = f" ({word})" if assumed else ""
    return (
        (label(Figure.CREATED), say("Deals created in the period, and their value.") + mark),
        (
            say("Deals won, deals lost"),
            say("Deals closed as won or as lost in the period, whenever they were created.") + mark,
        ),
        (label(Figure.VALUE_WON), say("The sum of the values of the deals won in the period.") + mark),
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
        (
            say("Stages"),
            say(
                "This period's new deals, by the stage they stand in now. "
                "The period before had more time to move, so it is not compared."
            )
            + mark,
        ),
        (
            say("Agents"),
            say("Deals by their owner. Deals without one count in the totals only and are listed as unassigned.")
            + mark,
        ),
        (
            say("Changes"),
            say(
                "Counts and money: in percent of what they were. Rates: in points, by subtraction. "
                "Below 20 deals: the number of deals. From nothing: “new”, never a percentage."
            ),
        ),
        (
            say("Periods"),
            say(
                "Whole days, first and last included, in the time zone {timezone}. "
                "A dash stands for no data, which is not 0.",
                timezone=timezone,
            )
            + mark,
        ),
    )
