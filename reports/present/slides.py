"""The sentences that slides have as their titles, in one language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.analysis.slides import (
    Stand,
    first_agent,
    first_pipeline,
    fullest_stage,
    largest_message,
    trend_message,
)
from reports.findings import Clause
from reports.present.formats import shorten
from reports.present.language import mark, mark_plural
from reports.present.open_deals import open_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from reports.analysis.slides import Leader
    from reports.figures import Number
    from reports.findings import Analysis, Check, Headline, OpenDeals, Section
    from reports.present.sentences import Sentences

LONGEST = 24  # letters of a name in a title
TRENDS = {
    Stand.NO_DATA: mark("There is no data for this period"),
    Stand.REACHED: mark("Value won, {now}, reached its target of {goal}"),
    Stand.MISSED: mark("Value won, {now}, is {missing} short of its target of {goal}"),
    Stand.ABOVE: mark("Value won, {now}, is above its ordinary range, {range}"),
    Stand.BELOW: mark("Value won, {now}, is below its ordinary range, {range}"),
    Stand.RUN_ABOVE: mark("The last eight periods are all above the middle of the ordinary range, {range}"),
    Stand.RUN_BELOW: mark("The last eight periods are all below the middle of the ordinary range, {range}"),
    Stand.ORDINARY: mark("Value won, {now}, is within its ordinary range, {range}"),
    Stand.ALONE: mark("Value won is {now}; no earlier period has data"),
}
RANKS = {
    Stand.HIGHEST: mark_plural(
        "Value won, {now}, is the highest of the last {number} period",
        "Value won, {now}, is the highest of the last {number} periods",
    ),
    Stand.LOWEST: mark_plural(
        "Value won, {now}, is the lowest of the last {number} period",
        "Value won, {now}, is the lowest of the last {number} periods",
    ),
}
HIGHER = mark_plural(
    "Value won is {now}; {higher} of the {number} periods before was higher",
    "Value won is {now}; {higher} of the {number} periods before were higher",
)


class Titles:
    """Writes the title of each slide."""

    def __init__(self, sentences: Sentences) -> None:
        self._sentences = sentences
        self._formats = sentences.formats
        self._text = sentences.language.text
        self._plural = sentences.language.plural

    def trend(self, section: Section) -> str:
        """Return where the value won stands."""
        found = trend_message(section)
        values = {"now": self._money(found.now)}
        if found.goal is not None:
            values |= {"goal": self._money(found.goal), "missing": self._money(found.goal - found.now)}
        if found.limits is not None:
            values["range"] = self._formats.isolate(self._sentences.range(found.limits))
        if found.stand in RANKS:
            return self._plural(*RANKS[found.stand], found.periods, number=self._formats.count(found.periods), **values)
        if found.stand is Stand.BETWEEN:
            counts = {"number": self._formats.count(found.periods - 1), "higher": self._formats.count(found.higher)}
            return self._plural(*HIGHER, found.higher, **counts, **values)
        return self._text(TRENDS[found.stand], **values)

    def drivers(self, headline: Headline) -> str:
        """Return what is said of the change's parts."""
        parts = headline.drivers
        if parts is None:
            return self._text("What moved value won")
        if headline.clause is Clause.DRIVER:
            return self._sentences.clause(headline).removesuffix(".")
        change = self._formats.isolate(self._formats.signed(parts.total, self._formats.compact))
        if headline.clause is Clause.NO_SINGLE_FACTOR:
            return self._text("No single factor makes up half of the change, {change}", change=change)
        if headline.clause is Clause.ORDINARY:
            return self._text("The change, {change}, is within ordinary variation", change=change)
        return self._text("The change, {change}, is the sum of these parts", change=change)

    def pipelines(self, analysis: Analysis) -> str:
        """Return which pipeline won the most."""
        return self._first(first_pipeline(analysis)) or self._text("No pipeline won more than all others")

    def team(self, section: Section) -> str:
        """Return which agent won the most."""
        return self._first(first_agent(section)) or self._text("No agent won more than all others")

    def _first(self, found: Leader | None) -> str:
        if found is None:
            return ""
        values = {"name": self._name(found.name), "value": self._money(found.amount)}
        if found.share is None:
            return self._text("{name} won the most: {value}", **values)
        return self._text(
            "{name} won the most: {value}, {share} of the total", share=self._share(found.share), **values
        )

    def open(self, deals: OpenDeals) -> str:
        """Return how many deals stand open, and what they are worth."""
        return open_lines(self._formats, deals)[0]

    def largest(self, deals: OpenDeals) -> str:
        """Return how much of all that stands open the largest deals are."""
        found = largest_message(deals)
        values = {"number": self._formats.count(found.shown)}
        if found.share is not None:
            return self._plural(
                "The largest open deal holds {share} of the open value",
                "The {number} largest open deals hold {share} of the open value",
                found.shown,
                share=self._share(found.share),
                **values,
            )
        if found.all_of_them:
            return self._plural(
                "One open deal has a value", "These {number} open deals have a value", found.shown, **values
            )
        return self._plural("The largest open deal", "The {number} largest open deals", found.shown, **values)

    def new_deals(self, sections: Sequence[Section]) -> str:
        """Return how many deals are new, for stages of which none can be compared with all the others."""
        total = sum(one.current.count for section in sections for one in section.stages)
        return self._plural(
            "{number} new deal, by the stage it stands in now",
            "{number} new deals, by the stage they stand in now",
            total,
            number=self._formats.count(total),
        )

    def stages(self, section: Section) -> str:
        """Return in which stage most of the new deals stand."""
        total, found = sum(one.current.count for one in section.stages), fullest_stage(section)
        if found is None:
            return self.new_deals([section])
        return self._plural(
            "The one new deal stands in {stage}",
            "Of {number} new deals, {most} stand in {stage}, more than in any other stage",
            total,
            most=self._formats.count(found.amount),
            stage=self._name(found.name),
            number=self._formats.count(total),
        )

    def checks(self, checks: tuple[Check, ...]) -> str:
        """Return whether the figures passed all their checks."""
        failed = sum(not one.passed for one in checks)
        if not failed:
            return self._plural(
                "The figures passed {number} check",
                "The figures passed all {number} checks",
                len(checks),
                number=self._formats.count(len(checks)),
            )
        return self._plural(
            "{number} check found something that doesn't agree",
            "{number} checks found something that doesn't agree",
            failed,
            number=self._formats.count(failed),
        )

    def _money(self, amount: Number) -> str:
        return self._formats.isolate(self._formats.compact_money(amount))

    def _share(self, percent: Decimal) -> str:
        return self._formats.isolate(self._formats.percent(percent, 0))

    def _name(self, name: str) -> str:
        return self._formats.isolate(shorten(name, LONGEST))
