"""The only place that turns numbers, dates and names into text."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from babel.dates import format_date, format_interval, format_skeleton, format_time
from babel.numbers import format_compact_decimal, format_decimal, format_percent

from reports.figures import Figure, Measure, Number
from reports.findings import NewFromZero, NoDelta, Percent, Points, Reason
from reports.periods import Kind, Period, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from reports.findings import Delta
    from reports.present.language import Language

NBSP = "\u00a0"
MINUS = "\u2212"
UNITS = ((Decimal(10) ** 9, "1000000000"), (Decimal(10) ** 6, "1000000"), (Decimal(1000), "1000"))
DASH = "\u2013"
ELLIPSIS = "\u2026"
FIRST_STRONG, POP = "\u2068", "\u2069"
EXACT_BELOW = 10_000  # smaller amounts are short enough to stand in full
UP, DOWN = "\u25b2", "\u25bc"
LONGEST_NAME = 200  # letters kept of any name from outside, before it is cut to the room it has


def clean(name: str) -> str:
    """Return a name from outside as one line without control, format or bidi characters."""
    return " ".join(clean_line(name).split())[:LONGEST_NAME].rstrip() or DASH


def clean_line(text: str) -> str:
    """Return a text without control, format or bidi characters; white space of any sort becomes spaces, as many."""
    return "".join(
        " " if one.isspace() else one for one in text if one.isspace() or unicodedata.category(one) not in DROPPED
    )


RIGHT = {"R", "AL", "AN"}  # classes of letters and digits that run right to left
DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}


def shorten(name: str, most: int) -> str:
    """Cut a name to at most that many letters, at a word where one ends late enough, with an ellipsis."""
    text = clean(name)
    if len(text) <= most:
        return text
    return cut_at_word(text[: most - 1])


def cut_at_word(head: str) -> str:
    """Return the beginning of a text with an ellipsis, up to the last whole word where that isn't much shorter."""
    word = head.rsplit(" ", 1)[0]
    return f"{(word if len(word) > len(head) // 2 else head).rstrip(' ,;-')}{ELLIPSIS}"


@dataclass(frozen=True)
class Change:
    """A delta as text: `arrow` (or nothing), the amount without a sign, `signed` with one, and its tone."""

    arrow: str
    text: str
    signed: str
    tone: str  # good, bad or flat
    missing: bool = False  # there is nothing to compare


@dataclass(frozen=True)
class Formats:
    """How one language writes numbers, money of one currency, and days."""

    language: Language
    currency: str

    def isolate(self, text: str) -> str:
        """Keep a number or name from reordering the sentence around it; what can't do so stays as it is."""
        if self.language.direction == "ltr" and not any(unicodedata.bidirectional(one) in RIGHT for one in text):
            return text
        return f"{FIRST_STRONG}{text}{POP}"

    def count(self, number: Number) -> str:
        """Return a whole number with separators."""
        return self._minus(format_decimal(_rounded(number, 0), locale=self.language.locale))

    def exact(self, number: Number) -> str:
        """Return a number with all the decimals it has."""
        return self._minus(format_decimal(number, locale=self.language.locale, decimal_quantization=False))

    def amount(self, value: Number) -> str:
        """Return money in full, to the whole unit, without the currency."""
        return self.count(value)

    def money(self, value: Number) -> str:
        """Return money in full with its currency."""
        return self._with_currency(self.amount(value))

    def compact(self, value: Number) -> str:
        """Return money in at most three digits and a unit (412K, 1.24M); below 10,000 in full."""
        if abs(Decimal(value)) < EXACT_BELOW:
            return self.count(value)
        rounded = _three_digits(Decimal(value))
        digits = 2 - (rounded.adjusted() % 3)
        text = format_compact_decimal(rounded, locale=self.language.locale, fraction_digits=max(digits, 0))
        return self._minus(text)

    def alike(self, values: Iterable[Number], *, axis: bool = False) -> Callable[[Number], str]:
        """Return a writer of money for values that stand together: one unit and one number of decimals for all.

        On an `axis`, whose values are round, no decimals are written but those that are there.
        """
        largest = max((abs(Decimal(one)) for one in values), default=Decimal(0))
        if largest < EXACT_BELOW:
            return self.count
        unit, name = next((size, name) for size, name in UNITS if largest >= size)
        digits = 2 - min((largest / unit).adjusted(), 2)
        fixed = f"#,##0.{'0' * digits}" if digits else "#,##0"
        pattern = self.language.locale.compact_decimal_formats["short"]["other"][name]

        def write(value: Number) -> str:
            rounded = _rounded(Decimal(value) / unit, digits)
            number = format_decimal(rounded, format=None if axis else fixed, locale=self.language.locale)
            return self._minus(f"{pattern.prefix[0]}{number}{pattern.suffix[0]}") if rounded else self.count(0)

        return write

    def compact_money(self, value: Number) -> str:
        """Return compact money with its currency."""
        return self._with_currency(self.compact(value))

    def percent(self, rate: Number, digits: int = 1) -> str:
        """Return a rate given in percent: 44.2 is 44.2%."""
        pattern = "#,##0." + "0" * digits + "%" if digits else "#,##0%"
        share = _rounded(rate, digits) / 100
        return self._minus(format_percent(share, format=pattern, locale=self.language.locale))

    def value(self, figure: Figure, number: Number | None, *, short: bool = False, unit: bool = True) -> str:
        """Return one figure by its measure; a dash where there is no data."""
        if number is None:
            return DASH
        if figure.measure is Measure.COUNT:
            return self.count(number)
        if figure.measure is Measure.PERCENT:
            return self.percent(number)
        write = (self.compact_money if unit else self.compact) if short else (self.money if unit else self.amount)
        return write(number)

    def change(self, delta: Delta) -> Change:
        """Return a delta as text: percent, points, or the number of deals where they are few."""
        say = self.language.text
        if isinstance(delta, NoDelta):
            note = say("unchanged") if delta.reason is Reason.BOTH_ZERO else say("no comparison")
            return Change("", note, DASH, "flat", missing=delta.reason is Reason.NO_DATA)
        if delta.absolute == 0:
            return Change("", say("unchanged"), "0", "flat")
        text = self._size(delta)
        if not isinstance(delta, NewFromZero) and not any(unicodedata.digit(one, 0) for one in text):
            return Change("", text, text, "flat")  # less than what is printed: neither up nor down
        up = delta.absolute > 0
        tone = {True: "good", False: "bad", None: "flat"}[delta.good]
        signed = text if isinstance(delta, NewFromZero) else f"{'+' if up else MINUS}{text}"
        return Change(UP if up else DOWN, text, signed, tone)

    def _size(self, delta: Percent | Points | NewFromZero) -> str:
        if isinstance(delta, Points):
            return self.points(delta.absolute)
        if isinstance(delta, NewFromZero):
            return self.language.text("new")
        if delta.small:
            return self.count(abs(Decimal(delta.absolute)))
        return self.percent(abs(delta.relative) * 100)

    def points(self, difference: Number) -> str:
        """Return the distance of two rates in percentage points, without a sign."""
        number = format_decimal(abs(_rounded(difference, 1)), format="#,##0.0", locale=self.language.locale)
        return self.language.text("{number} pts", number=number)

    def difference(self, figure: Figure, absolute: Number | None) -> str:
        """Return an absolute change with its sign, in full, without the currency."""
        if absolute is None:
            return DASH
        rounded = _rounded(absolute, 1 if figure.measure is Measure.PERCENT else 0)
        sign = "+" if rounded > 0 else MINUS if rounded < 0 else ""
        return f"{sign}{format_decimal(abs(rounded), locale=self.language.locale)}"

    @staticmethod
    def signed(absolute: Number, write: Callable[[Number], str]) -> str:
        """Return an absolute change with its sign, written as the values beside it are."""
        text = write(abs(Decimal(absolute)))
        return text if text == write(0) else f"{'+' if absolute > 0 else MINUS}{text}"

    def day(self, day: date) -> str:
        """Return a day with its year: 22 Nov 2026."""
        return self._skeleton("yMMMMd", day)

    def moment(self, moment: datetime, zone: ZoneInfo) -> str:
        """Return a time as the account's clocks show it."""
        local = moment.astimezone(zone)
        clock = format_time(local, "HH:mm", locale=self.language.locale)
        return f"{self.day(local.date())}, {clock}"

    def span(self, kind: Kind, period: Period, *, year: bool = True) -> str:
        """Return a period as people name it: 15-21 Nov 2026, November 2026, 2026; `year` can be left away."""
        first, last = period.since, period.until
        if kind.unit is Unit.MONTH and not kind.to_date:
            return str(format_date(first, "LLLL y" if year else "LLLL", locale=self.language.locale))
        if kind.unit is Unit.YEAR and not kind.to_date and first.month == 1:
            return self._skeleton("y", first)
        if first == last:
            return self._skeleton("yMMMd" if year else "MMMd", first)
        skeleton = "yMMMd" if year or first.year != last.year else "MMMd"
        return str(format_interval(first, last, skeleton, locale=self.language.locale))

    def ticks(self, kind: Kind, periods: tuple[Period, ...]) -> list[str]:
        """Return short axis labels, in which a month or year is named where it changes."""
        labels: list[str] = []
        before: date | None = None
        for period in periods:
            labels.append(self._tick(kind, period.since, before))
            before = period.since
        return labels

    def _tick(self, kind: Kind, day: date, before: date | None) -> str:
        if kind.unit is Unit.YEAR:
            return self._skeleton("y", day)
        same_year = before is not None and before.year == day.year
        if kind.unit in {Unit.MONTH, Unit.QUARTER}:
            return self._skeleton("MMM" if same_year else "yMMM", day)
        if same_year and before is not None and before.month == day.month:
            return self._skeleton("d", day)
        return self._skeleton("MMMd", day)

    def _skeleton(self, skeleton: str, day: date) -> str:
        return str(format_skeleton(skeleton, day, locale=self.language.locale))

    def _with_currency(self, text: str) -> str:
        return f"{self.currency}{NBSP}{text}"

    @staticmethod
    def _minus(text: str) -> str:
        return text.replace("-", MINUS)


def _rounded(number: Number, digits: int) -> Decimal:
    """Round half up, as people do on paper; never to a negative zero."""
    return Decimal(number).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) + 0


def _three_digits(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1).scaleb(value.adjusted() - 2), ROUND_HALF_UP)
