"""What is said of days of Ramadan and Eid that only one of two periods has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.findings import Comparison
from reports.present.language import mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.findings import CalendarNote
    from reports.present.sentences import Sentences

PREVIOUS, YEAR_AGO = Comparison.PREVIOUS, Comparison.YEAR_AGO
RAMADAN = {
    (PREVIOUS,): mark("Ramadan days: {now} now, {previous} in {period}."),
    (YEAR_AGO,): mark("Ramadan days: {now} now, {year_ago} a year ago."),
    (PREVIOUS, YEAR_AGO): mark("Ramadan days: {now} now, {previous} in {period}, {year_ago} a year ago."),
}
EID = {
    (PREVIOUS,): mark("Eid days: {now} now, {previous} in {period}."),
    (YEAR_AGO,): mark("Eid days: {now} now, {year_ago} a year ago."),
    (PREVIOUS, YEAR_AGO): mark("Eid days: {now} now, {previous} in {period}, {year_ago} a year ago."),
}


def calendar_sentences(sentences: Sentences, notes: Sequence[CalendarNote]) -> str:
    """Return a sentence for Ramadan and one for Eid where their days differ, and by which calendar; else nothing."""
    ramadan = {one.versus: (one.ramadan_days, one.ramadan_days_before) for one in notes}
    eid = {one.versus: (one.eid_days, one.eid_days_before) for one in notes}
    found = [_sentence(sentences, RAMADAN, ramadan), _sentence(sentences, EID, eid)]
    said = [one for one in found if one]
    return " ".join([*said, sentences.language.text("By the Umm al-Qura calendar.")]) if said else ""


def _sentence(
    sentences: Sentences, words: dict[tuple[Comparison, ...], str], days: dict[Comparison, tuple[int, int]]
) -> str:
    differing = {versus: pair for versus, pair in days.items() if pair[0] != pair[1]}
    if not differing:
        return ""
    now, _ = next(iter(differing.values()))
    return sentences.language.text(
        words[tuple(differing)],
        now=_number(sentences, now),
        period=sentences.formats.isolate(sentences.previous),
        **{versus.value: _number(sentences, before) for versus, (_, before) in differing.items()},
    )


def _number(sentences: Sentences, days: int) -> str:
    return sentences.formats.count(days) if days else sentences.language.text("none")
