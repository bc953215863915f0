"""What a probe found of each definition, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from reports.analysis.probe import Outcome, Proof, Reading, Subject, Verdict, Why
from reports.periods import Kind, Period, Unit
from reports.present.formats import shorten
from reports.present.language import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.present.formats import Formats

READINGS = {
    Reading.CREATED: mark("deals created in the period"),
    Reading.CHANGED: mark("deals last changed in the period"),
    Reading.CLOSED: mark("deals closed in the period"),
    Reading.OPEN: mark("deals created in the period that are still open"),
    Reading.ALL: mark("all deals, whatever the period"),
    Reading.ALL_OPEN: mark("all deals that are open now"),
}
WHYS = {
    Why.ALONE: mark("no other reading fits the deals"),
    Why.NO_DEALS: mark("there are no deals to compare with"),
    Why.AS_WELL: mark("the figures fit “{reading}” as well"),
    Why.INSTEAD: mark("the figures fit “{reading}”"),
    Why.NUMBERS: mark("{field} is {found} where the deals give {expected} (pipeline {pipeline}, {span})"),
    Why.SAME_DAYS: mark("the deals fall on the same days in the time zone {zone}"),
    Why.OTHER_DAYS: mark("the days are those of the time zone {zone}"),
    Why.NO_ZONE: mark("deals created fit the days of no time zone tried"),
    Why.CURRENCIES: mark("deals of pipeline {pipeline} are in {found}, reported in {expected}"),
    Why.NO_CURRENCY: mark("not every deal with a value names its currency: {number} of them don't"),
    Why.NOT_ASKED: mark("not every pipeline was asked: {number} left out"),
}
LONGEST = 60  # letters of what a source calls a currency
WORST_FIRST = (Outcome.DIFFERS, Outcome.ASSUMED, Outcome.VERIFIED)


@dataclass(frozen=True)
class Quotes:
    """Writes the verdicts out; without a proof everything is assumed."""

    formats: Formats
    proof: Proof | None = None

    def line(self, verdict: Verdict) -> str:
        """Return a verdict with its reason: `assumed: the figures fit ... as well`."""
        say = self.formats.language.text
        if verdict.outcome is Outcome.VERIFIED:
            return say("verified")
        if verdict.outcome is Outcome.ASSUMED:
            return say("assumed: {why}", why=self._why(verdict))
        return say("doesn't match: {found}", found=self._why(verdict))

    def mark(self, *subjects: Subject) -> str:
        """Return what stands behind a definition, in brackets: the weakest of the verdicts it rests on."""
        say = self.formats.language.text
        verdicts = [self.proof.verdicts.get(one) if self.proof else None for one in subjects]
        known = [one for one in verdicts if one is not None]
        worst = min(known, key=lambda one: WORST_FIRST.index(one.outcome), default=None)
        if self.proof is not None and worst is not None and worst.outcome is Outcome.DIFFERS:
            return f" ({self.line(worst)})"
        if self.proof is None or len(known) < len(subjects) or worst is None or worst.outcome is Outcome.ASSUMED:
            word = say("assumed")
            return f" ({word})"
        on = self.formats.span(Kind(Unit.DAY), Period(self.proof.on, self.proof.on))
        text = say("verified on {day}", day=self.formats.isolate(on))
        return f" ({text})"

    def _why(self, verdict: Verdict) -> str:
        say, isolate = self.formats.language.text, self.formats.isolate
        values = {name: isolate(shorten(value, LONGEST)) for name, value in verdict.values.items()}
        if verdict.why in {Why.AS_WELL, Why.INSTEAD}:
            values["reading"] = say(READINGS[Reading(verdict.values["reading"])])
        if verdict.why is Why.NUMBERS:
            values |= self._numbers(verdict.values)
        return say(WHYS[verdict.why], **values)

    def _numbers(self, values: Mapping[str, str]) -> dict[str, str]:
        exact, isolate = self.formats.exact, self.formats.isolate
        found, low, high = (isolate(exact(Decimal(values[name]))) for name in ("found", "low", "high"))
        period = Period(date.fromisoformat(values["since"]), date.fromisoformat(values["until"]))
        return {
            "found": found,
            "expected": low if low == high else self._between(low, high),
            "span": self.formats.isolate(self.formats.span(Kind(Unit.DAYS), period)),
        }

    def _between(self, low: str, high: str) -> str:
        return self.formats.language.text("{low} – {high}", low=low, high=high)  # noqa: RUF001 - a range
