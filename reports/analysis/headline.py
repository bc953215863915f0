"""What the page says first: arithmetic, never causes; message keys and values, no words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from reports.figures import Delta, Figure, Figures, Headline, NewFromZero, NoDelta, Percent, Verb

if TYPE_CHECKING:
    from reports.figures import Section

HELD = Decimal("0.005")  # changes that print as 0 %


def headline(section: Section) -> Headline:
    """Return the headline for the value won of a section."""
    change = section.deltas[Figure.VALUE_WON]
    return Headline(_verb(section.current, section.previous, change), section.current, section.previous, change)


def _verb(current: Figures | None, previous: Figures | None, change: Delta) -> Verb:
    if current is None:
        return Verb.NO_DATA
    if isinstance(change, NewFromZero):
        return Verb.STARTED if previous is not None and previous.won == 0 else Verb.STOOD
    if isinstance(change, Percent):
        return _percent_verb(current, change)
    nothing = isinstance(change, NoDelta) and current.won == 0
    return Verb.NOTHING if nothing else Verb.STOOD


def _percent_verb(current: Figures, change: Percent) -> Verb:
    if current.won == 0 and current.value_won == 0:
        return Verb.STOPPED
    if abs(change.relative) < HELD:
        return Verb.HELD
    return Verb.ROSE if change.relative > 0 else Verb.FELL
