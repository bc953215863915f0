"""What was checked before anything was made, one quiet line for each, and the footnotes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.figures import Figure
from reports.findings import CheckName
from reports.periods import Kind, Unit
from reports.present.formats import DASH, shorten
from reports.present.language import mark, mark_plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.figures import Number
    from reports.findings import Check
    from reports.present.sentences import Sentences

PASSED = "✓"
NOTHING = DASH  # there was nothing to compare
LONGEST = 30  # letters of a pipeline's name
CONCERNS = {
    CheckName.RATE: Figure.CONVERSION_RATE,
    CheckName.SIZE: Figure.DEAL_SIZE,
    CheckName.NEGATIVE: Figure.VALUE_WON,
}
PASSES = {
    CheckName.ANSWER: mark(
        "Every answer has the documented shape, no count below 0, and the period that was asked for"
    ),
    CheckName.COVERING: mark("The periods of the trend add up to one window over all of them"),
    CheckName.AGENTS: mark("What the agents created and won doesn't exceed the totals"),
    CheckName.RATE: mark("The source's own conversion rate follows from its counts"),
    CheckName.SIZE: mark("The source's own average deal size follows from its counts"),
    CheckName.NEGATIVE: mark("No value is negative"),
    CheckName.STAGES: mark("The stages add up to the deals created"),
    CheckName.OWN: mark("The source says the same of each agent alone as among all"),
}
FAILS = {
    CheckName.RATE: mark("The source's own conversion rate doesn't follow from its counts; ours does."),
    CheckName.SIZE: mark("The source's own average deal size doesn't follow from its counts; ours does."),
    CheckName.NEGATIVE: mark("There are negative values, such as credit notes; they lower the sums."),
    CheckName.STAGES: mark("The stages don't add up to the deals created."),
}
WINDOWS = mark_plural("{number} window", "{number} windows")
PIPELINES = mark_plural("{number} pipeline", "{number} pipelines")


@dataclass(frozen=True)
class CheckLine:
    """One check: a tick, or the number of its footnote, and what it found."""

    mark: str
    text: str
    passed: bool


def check_lines(sentences: Sentences, checks: Sequence[Check]) -> tuple[CheckLine, ...]:
    """Return a line for each check."""
    numbers = footnotes(checks)
    return tuple(_line(sentences, one, numbers.get(one.name)) for one in checks)


def note_lines(sentences: Sentences, checks: Sequence[Check]) -> tuple[CheckLine, ...]:
    """Return the footnotes alone, without the places: one short line for each."""
    numbers, say, count = footnotes(checks), sentences.language.text, sentences.formats.count
    return tuple(CheckLine(count(number), say(FAILS[name]), passed=False) for name, number in numbers.items())


def footnotes(checks: Sequence[Check]) -> dict[CheckName, int]:
    """Return the numbers of the footnotes, in the order of the lines."""
    return {one.name: number for number, one in enumerate((one for one in checks if not one.passed), 1)}


def noted(checks: Sequence[Check]) -> dict[Figure, int]:
    """Return which key figures a footnote is about."""
    return {CONCERNS[name]: number for name, number in footnotes(checks).items() if name in CONCERNS}


def _line(sentences: Sentences, check: Check, number: int | None) -> CheckLine:
    say = sentences.language.text
    if number is not None:
        text = f"{say(FAILS[check.name])} {_first(sentences, check)}"
        return CheckLine(sentences.formats.count(number), text, passed=False)
    if not check.windows:
        nothing = say("nothing to compare")
        return CheckLine(NOTHING, f"{say(PASSES[check.name])}: {nothing}.", passed=True)
    one, many = PIPELINES if check.name is CheckName.COVERING else WINDOWS
    places = sentences.language.plural(one, many, check.windows, number=sentences.formats.count(check.windows))
    return CheckLine(PASSED, f"{say(PASSES[check.name])}: {places}.", passed=True)


def _first(sentences: Sentences, check: Check) -> str:
    """Tell the first place, and how many more there are."""
    failure, more = check.failures[0], len(check.failures) - 1
    where = sentences.language.text(
        "{pipeline}, {period}: {found} against {expected}",
        pipeline=sentences.formats.isolate(shorten(failure.name, LONGEST)),
        period=sentences.formats.isolate(sentences.formats.span(Kind(Unit.DAYS, failure.period.days), failure.period)),
        found=_number(sentences, failure.found),
        expected=_number(sentences, failure.expected),
    )
    if not more:
        return f"{where}."
    rest = sentences.language.plural("{number} more", "{number} more", more, number=sentences.formats.count(more))
    return f"{sentences.language.sequence((where, rest))}."


def _number(sentences: Sentences, number: Number) -> str:
    found = number if isinstance(number, int) else round(number, 2)
    return sentences.formats.isolate(sentences.formats.exact(found))
