"""What the page, the charts' descriptions and the e-mail say, in one language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.analysis.headline import part
from reports.analysis.signals import FEWEST
from reports.figures import Figure, Figures
from reports.findings import Clause, Course, Driver, Headline, NewFromZero, NoDelta, Reason, Section, Verb
from reports.periods import Kind, Period, Plan, Unit
from reports.present.formats import DASH
from reports.present.language import mark, mark_plural

if TYPE_CHECKING:
    from decimal import Decimal

    from reports.findings import Delta, Drivers, Limits
    from reports.present.formats import Formats
    from reports.present.language import Language

AGENTS_DRAWN = 6  # in a chart
LABELS = {
    Figure.VALUE_WON: mark("Value won"),
    Figure.WON: mark("Deals won"),
    Figure.WIN_RATE: mark("Win rate"),
    Figure.DEAL_SIZE: mark("Average deal size"),
    Figure.CREATED: mark("Deals created"),
    Figure.VALUE_CREATED: mark("Value created"),
    Figure.LOST: mark("Deals lost"),
    Figure.CONVERSION_RATE: mark("Conversion rate"),
}
BEFORE = {
    Unit.DAY: mark("the day before"),
    Unit.WEEK: mark("the week before"),
    Unit.MONTH: mark("the month before"),
    Unit.QUARTER: mark("the quarter before"),
    Unit.YEAR: mark("the year before"),
}
BEFORE_TO_DATE = {
    Unit.MONTH: mark("the same days of the month before"),
    Unit.QUARTER: mark("the same days of the quarter before"),
    Unit.YEAR: mark("the same days of the year before"),
}
PER = {
    Unit.DAY: mark("{figure} per day"),
    Unit.WEEK: mark("{figure} per week"),
    Unit.MONTH: mark("{figure} per month"),
    Unit.QUARTER: mark("{figure} per quarter"),
    Unit.YEAR: mark("{figure} per year"),
}
DRIVERS = {
    Driver.CLOSED: mark("the number of deals closed"),
    Driver.WIN_RATE: mark("the win rate"),
    Driver.DEAL_SIZE: mark("the deal size"),
}
DRIVER_LABELS = {
    Driver.CLOSED: mark("Deals closed"),
    Driver.WIN_RATE: mark("Win rate"),
    Driver.DEAL_SIZE: mark("Average deal size"),
}
MORE = mark("Of the {total} more, {part} is {driver}.")
LESS = mark("Of the {total} less, {part} is {driver}.")
AS_MANY = mark_plural("{won} deal was won, as many as {before}.", "{won} deals were won, as many as {before}.")
UNLIKE = mark_plural("{won} deal was won, {difference} {before}.", "{won} deals were won, {difference} {before}.")
GAIN = mark_plural("{number} more than", "{number} more than")
LOSS = mark_plural("{number} fewer than", "{number} fewer than")
RANGELESS = mark_plural(
    "no ordinary range: that takes {number} earlier period with data",
    "no ordinary range: that takes {number} earlier periods with data",
)
COURSES = {
    Course.ABOVE: mark("now above it"),
    Course.BELOW: mark("now below it"),
    Course.RUN_ABOVE: mark("the last eight are all above its middle"),
    Course.RUN_BELOW: mark("the last eight are all below its middle"),
}
SHORT = {
    Verb.ROSE: mark("value won up {change}"),
    Verb.FELL: mark("value won down {change}"),
    Verb.HELD: mark("value won held"),
    Verb.STARTED: mark("deals won again"),
    Verb.STOPPED: mark("nothing was won"),
    Verb.STOOD: mark("value won is in"),
    Verb.NOTHING: mark("nothing was won"),
    Verb.NO_DATA: mark("no data"),
}
HEADLINES = {
    Verb.ROSE: mark("Value won rose {change} to {now}"),
    Verb.FELL: mark("Value won fell {change} to {now}"),
    Verb.HELD: mark("Value won held at {now}"),
    Verb.STARTED: mark("{now} won, after nothing {before}"),
    Verb.STOPPED: mark("Nothing was won, after {was} {before}"),
    Verb.STOOD: mark("Value won stands at {now}"),
    Verb.NOTHING: mark("Nothing was won in this period"),
    Verb.NO_DATA: mark("There is no data for this period"),
}


@dataclass(frozen=True)
class Sentences:
    """The sentences of one edition: its language, its formats, its periods."""

    language: Language
    formats: Formats
    plan: Plan

    def label(self, figure: Figure) -> str:
        """Return what a figure is called."""
        return self.language.text(LABELS[figure])

    @property
    def current(self) -> str:
        """The current period with its year."""
        return self.formats.span(self.plan.kind, self.plan.current)

    @property
    def previous(self) -> str:
        """The previous period, with a year only where it differs."""
        same = self.plan.previous.since.year == self.plan.current.until.year
        return self.formats.span(self.plan.kind, self.plan.previous, year=not same)

    @property
    def year_ago(self) -> str:
        """The period a year ago with its year; empty where nothing is compared with it."""
        return self.formats.span(self.plan.kind, self.plan.year_ago) if self.plan.year_ago else ""

    @property
    def before(self) -> str:
        """The previous period as it stands in a sentence: `the week before`."""
        kind = self.plan.kind
        days = self.plan.previous.days
        if kind.unit is Unit.DAYS and days > 1:
            number = self.formats.count(days)
            return self.language.plural("the {number} day before", "the {number} days before", days, number=number)
        return self.language.text((BEFORE_TO_DATE if kind.to_date else BEFORE)[_named(kind)])

    @property
    def compared(self) -> str:
        """What the current period is compared with, and the days of both where they differ."""
        text = self.language.text("compared with {period}", period=self.formats.isolate(self.previous))
        now, before = self.plan.current.days, self.plan.previous.days
        if now == before:
            return text
        values = {"number": self.formats.count(now), "before": self.formats.count(before)}
        days = self.language.plural("{number} day, {before} before", "{number} days, {before} before", now, **values)
        return f"{text} ({days})"

    def headline(self, headline: Headline) -> str:
        """Return the first sentence of the page."""
        now, was = headline.current, headline.previous
        relative = getattr(headline.delta, "relative", None)
        return self.language.text(
            HEADLINES[headline.verb],
            change=self.formats.isolate(self.formats.percent(abs(relative) * 100, 0)) if relative is not None else "",
            now=self.formats.isolate(self.formats.compact_money(now.value_won)) if now else "",
            was=self.formats.isolate(self.formats.compact_money(was.value_won)) if was else "",
            before=self.before,
        )

    def lede(self, headline: Headline) -> str:
        """Return the sentence under the headline: deals won, and the win rate of the deals closed."""
        if headline.current is None:
            return ""
        won = self._won(headline.current, headline.previous)
        clause = self.clause(headline)
        return f"{clause} {won}" if clause else f"{won} {self._win_rate(headline.current, headline.previous)}"

    def short(self, headline: Headline) -> str:
        """Return the headline in a few words, for a subject."""
        relative = getattr(headline.delta, "relative", None)
        change = self.formats.isolate(self.formats.percent(abs(relative) * 100, 0)) if relative is not None else ""
        return self.language.text(SHORT[headline.verb], change=change)

    def clause(self, headline: Headline) -> str:
        """Say what is in the change: that it is ordinary, or what most of it is; never why."""
        if headline.clause is Clause.ORDINARY and headline.limits:
            return self.language.text("That is within the ordinary range, {range}.", range=self.range(headline.limits))
        if headline.clause is Clause.NO_SINGLE_FACTOR:
            return self.language.text("No single factor makes up half of the change.")
        if headline.clause is Clause.DRIVER and headline.driver and headline.drivers:
            return self._driver(headline.driver, headline.drivers)
        return ""

    def _driver(self, driver: Driver, parts: Drivers) -> str:
        """Say how much of the change one factor is, with the numbers of the chart that shows it."""
        words = MORE if parts.total > 0 else LESS
        write = self.formats.alike(abs(one) for one in amounts(parts))
        return self.language.text(
            words,
            total=self.formats.isolate(write(abs(parts.total))),
            part=self.formats.isolate(write(abs(part(parts, driver)))),
            driver=self.language.text(DRIVERS[driver]),
        )

    def range(self, limits: Limits) -> str:
        """Return the ordinary range of an amount of money: `320K to 780K`."""
        write = self.formats.alike((limits.lower, limits.upper))
        low, high = (self.formats.isolate(write(one)) for one in (limits.lower, limits.upper))
        return self.language.text("{low} to {high}", low=low, high=high)

    def trend_caption(self, section: Section) -> str:
        """Return unit and span of the trend of value won, and how to read its band, or why there is none."""
        span = self.language.text("{unit}, {trailing}", unit=self.formats.unit, trailing=self.trailing())
        whole = section.id is None  # a pipeline's chart stands below, in one column of two
        return self.language.sequence((span if whole else self.formats.unit, self._band(section, Figure.VALUE_WON)))

    def _band(self, section: Section, figure: Figure) -> str:
        found = section.limits.get(figure)
        if found is None:
            return self.language.plural(*RANGELESS, FEWEST, number=self.formats.count(FEWEST))
        signal = next((one for one in section.signals if one.figure is figure), None)
        band = self.language.text("shaded: the ordinary range, {range}", range=self.range(found))
        return self.language.sequence((band, self.language.text(COURSES[signal.course]))) if signal else band

    def factor(self, driver: Driver, figures: Figures | None) -> str:
        """Return a factor's own value in one period, short: deals, percent, or money."""
        if figures is None:
            return DASH
        if driver is Driver.CLOSED:
            return DASH if figures.closed is None else self.formats.count(figures.closed)
        figure = Figure.WIN_RATE if driver is Driver.WIN_RATE else Figure.DEAL_SIZE
        return self.formats.value(figure, figures.value(figure), short=True, unit=False)

    def driver(self, driver: Driver) -> str:
        """Return what a factor of the value won is called at the start of a row."""
        return self.language.text(DRIVER_LABELS[driver])

    def _won(self, now: Figures, was: Figures | None) -> str:
        plural, count = self.language.plural, self.formats.count
        values = {"won": count(now.won), "before": self.before}
        if was is None:
            return plural("{won} deal was won.", "{won} deals were won.", now.won, **values)
        if now.won == was.won:
            return plural(*AS_MANY, now.won, **values)
        change = abs(now.won - was.won)
        values["difference"] = plural(*(GAIN if now.won > was.won else LOSS), change, number=count(change))
        return plural(*UNLIKE, now.won, **values)

    def _win_rate(self, now: Figures, was: Figures | None) -> str:
        count = now.closed
        if count is None:
            return ""
        if now.win_rate is None:
            return self.language.text("No deal was closed.")
        values = {
            "rate": self.formats.isolate(self.formats.percent(now.win_rate)),
            "closed": self.formats.count(count),
            "before": self.before,
        }
        if count == 1:
            won, lost = (
                self.language.text("The one deal closed was won."),
                self.language.text("The one deal closed was lost."),
            )
            return won if now.won else lost
        if was is None or was.win_rate is None:
            return self.language.plural(
                "Of the {closed} deal closed, {rate} were won.",
                "Of the {closed} deals closed, {rate} were won.",
                count,
                **values,
            )
        values["was"] = self.formats.isolate(self.formats.percent(was.win_rate))
        return self.language.plural(
            "Of the {closed} deal closed, {rate} were won; {was} {before}.",
            "Of the {closed} deals closed, {rate} were won; {was} {before}.",
            count,
            **values,
        )

    def per_period(self, figure: Figure) -> str:
        """Return a heading such as `Value won per week`."""
        kind = self.plan.kind
        days = self.plan.current.days
        if kind.unit is Unit.DAYS and days > 1:
            values = {"figure": self.label(figure), "number": self.formats.count(days)}
            return self.language.plural("{figure} per {number} day", "{figure} per {number} days", days, **values)
        text = self.language.text(PER[_named(kind)], figure=self.label(figure))
        return self.language.listed((text, self.language.text("to date"))) if kind.to_date else text

    def trailing(self) -> str:
        """Return which periods a trend shows: `12 weeks to 21 Nov 2026`."""
        count, kind = len(self.plan.trailing), self.plan.kind
        one, many = TRAILING[kind.unit if self.plan.current.days > 1 else _named(kind)]
        last = self.plan.current.until
        until = self.formats.span(Kind(Unit.DAY), Period(last, last))
        days = self.plan.current.days
        return self.language.plural(
            one,
            many,
            count,
            number=self.formats.count(count),
            span=self.language.plural("{number} day", "{number} days", days, number=self.formats.count(days)),
            until=self.formats.isolate(until),
        )

    def trend_alt(self, section: Section, figure: Figure) -> str:
        """Describe the columns of one figure: now, before, the highest and the lowest period."""
        known = [one for one in section.trend if one.figures is not None]
        if not known or section.current is None:
            return self.language.text("{title}: no data.", title=self.per_period(figure))
        ranked = sorted(known, key=lambda one: (one.figures.value(figure) or 0) if one.figures else 0)
        text = self.language.text(
            "{title}, {trailing}: {now} now, {was} before; "
            "highest {high} ({high_period}), lowest {low} ({low_period}).",
            title=self.per_period(figure),
            trailing=self.trailing(),
            now=self._of(section.current, figure),
            was=self._of(section.previous, figure),
            high=self._of(ranked[-1].figures, figure),
            high_period=self.formats.span(self.plan.kind, ranked[-1].period),
            low=self._of(ranked[0].figures, figure),
            low_period=self.formats.span(self.plan.kind, ranked[0].period),
        )
        return f"{text} {self._year_ago_alt(section, figure)}".rstrip()

    def _year_ago_alt(self, section: Section, figure: Figure) -> str:
        """Say what last year's line ends with."""
        if section.year_ago is None:
            return ""
        return self.language.text("The line is a year ago, at its end {ago}.", ago=self._of(section.year_ago, figure))

    def on_year_ago(self, delta: Delta, *, plain: bool = False) -> str:
        """Return a change against a year ago in a few words; `plain` has a sign instead of an arrow."""
        say, change = self.language.text, self.formats.change(delta)
        if isinstance(delta, NewFromZero):
            return say("{arrow} from nothing a year ago", arrow="" if plain else change.arrow).strip()
        if isinstance(delta, NoDelta) and delta.reason is not Reason.BOTH_ZERO:
            return say("no comparison with a year ago")
        if not change.arrow:
            return say("{change} on a year ago", change=self.formats.isolate(change.text))
        amount = change.signed if plain else f"{change.arrow} {change.text}"
        return say("{change} on a year ago", change=self.formats.isolate(amount))

    def closed_alt(self, section: Section) -> str:
        """Describe the chart of deals won and lost."""
        say = self.language.text
        if section.current is None:
            return say("{title}: no data.", title=say("Deals won and lost"))
        values = {"trailing": self.trailing(), "won": self._of(section.current, Figure.WON)}
        values["lost"] = self._of(section.current, Figure.LOST)
        if section.previous is None:
            return say("Deals won and lost, {trailing}: {won} won and {lost} lost now.", **values)
        values["was_won"] = self._of(section.previous, Figure.WON)
        values["was_lost"] = self._of(section.previous, Figure.LOST)
        return say(
            "Deals won and lost, {trailing}: {won} won and {lost} lost now, {was_won} won and {was_lost} lost before.",
            **values,
        )

    def flow_alt(self, section: Section) -> str:
        """Describe the chart of deals created and won."""
        say, title = self.language.text, self.language.text("Deals created and won")
        if section.current is None:
            return say("{title}: no data.", title=title)
        return say(
            "{title}, {trailing}: {created} created and {won} won now.",
            title=title,
            trailing=self.trailing(),
            created=self._of(section.current, Figure.CREATED),
            won=self._of(section.current, Figure.WON),
        )

    def agents_caption(self, section: Section) -> str:
        """Return how to read a chart of agents, and of how many it shows the first."""
        there = sum(change.has_value for change in section.agents if change.agent is not None)
        values = {"unit": self.formats.unit, "previous": self.formats.isolate(self.previous)}
        if there <= AGENTS_DRAWN:
            return self.language.text("{unit}; the tick marks {previous}", **values)
        values |= {"shown": self.formats.count(AGENTS_DRAWN), "all": self.formats.count(there)}
        return self.language.text("{unit}, top {shown} of {all}; the tick marks {previous}", **values)

    def list_alt(self, title: str, rows: list[tuple[str, str]]) -> str:
        """Describe bars, largest first: every name with its value."""
        if not rows:
            return self.language.text("{title}: none.", title=title)
        named = (f"{self.formats.isolate(name)} {value}" for name, value in rows)
        return f"{title}: {self.language.sequence(named)}."

    def spark_alt(self, section: Section, figure: Figure) -> str:
        """Describe a sparkline by its first and its last value."""
        values = [one.figures.value(figure) for one in section.trend if one.figures is not None]
        if not values:
            return self.language.text("{title}: no data.", title=self.label(figure))
        first, last = (self.formats.value(figure, one, short=True) for one in (values[0], values[-1]))
        return self.language.text("{title}: from {first} to {last}.", title=self.label(figure), first=first, last=last)

    def _of(self, figures: Figures | None, figure: Figure) -> str:
        return self.formats.value(figure, figures.value(figure) if figures else None, short=True)


def amounts(parts: Drivers) -> tuple[Decimal, ...]:
    """Return all amounts that the chart of drivers shows, so that every text writes them alike."""
    return (*(part(parts, one) for one in Driver), parts.not_split, parts.total)


def _named(kind: Kind) -> Unit:
    """Return the unit that a period is called by; one day is a day, however it was asked for."""
    return Unit.DAY if kind.unit is Unit.DAYS else kind.unit


TRAILING = {
    Unit.DAY: mark_plural("{number} day to {until}", "{number} days to {until}"),
    Unit.WEEK: mark_plural("{number} week to {until}", "{number} weeks to {until}"),
    Unit.MONTH: mark_plural("{number} month to {until}", "{number} months to {until}"),
    Unit.QUARTER: mark_plural("{number} quarter to {until}", "{number} quarters to {until}"),
    Unit.YEAR: mark_plural("{number} year to {until}", "{number} years to {until}"),
    Unit.DAYS: mark_plural("{span} to {until}", "{number} times {span} to {until}"),
}
