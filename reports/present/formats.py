"""The only place that turns numbers, dates and names into text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, cached_property
from typing import TYPE_CHECKING

from babel.dates import format_date, format_interval, format_skeleton, format_time
from babel.numbers import format_compact_decimal, format_decimal, format_percent, get_currency_symbol

from reports.figures import Figure, Measure, Number
from reports.findings import NewFromZero, NoDelta, Percent, Points, Reason
from reports.periods import Kind, Period, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from babel import Locale

    from reports.findings import Delta
    from reports.present.language import Language

NBSP = "\u00a0"
MINUS = "\u2212"
UNITS = ((Decimal(10) ** 9, "1000000000"), (Decimal(10) ** 6, "1000000"), (Decimal(1000), "1000"))
DASH = "\u2013"
ELLIPSIS = "\u2026"
LEFT_TO_RIGHT, RIGHT_TO_LEFT, FIRST_STRONG, POP = "\u2066", "\u2067", "\u2068", "\u2069"
OPENING = (LEFT_TO_RIGHT, RIGHT_TO_LEFT, FIRST_STRONG)
ISOLATES = re.compile(f"[{LEFT_TO_RIGHT}-{POP}]")
MARKS = re.compile("[\u200e\u200f\u061c]")  # direction marks that CLDR puts into its symbols; we isolate instead
NUMBER = re.compile(rf"[+{MINUS}]?\d(?:[\d.,\u066b\u066c]*\d)?[%\u066a]?")
ARABIC = "ar"
ARABIC_DIGITS = str.maketrans("0123456789%", "٠١٢٣٤٥٦٧٨٩٪")
# What Arabic reports print for a currency; others as CLDR has them where that is Arabic, else by their code.
# CLDR may come to have the new sign U+20C1 for the riyal, which hardly any font has.
ARABIC_CURRENCIES = {"SAR": "ر.س", "USD": "دولار", "EUR": "يورو"}
EXACT_BELOW = 10_000  # smaller amounts are short enough to stand in full
UP, DOWN = "\u25b2", "\u25bc"
LONGEST_NAME = 200  # letters kept of any name from outside, before it is cut to the room it has


def clean(name: str) -> str:
    """Return a name from outside as one line without control, format or bidi characters."""
    return " ".join(clean_line(name).split())[:LONGEST_NAME].rstrip(f" {JOINERS}") or DASH


def clean_line(text: str) -> str:
    """Return a text without control, format or bidi characters; white space of any sort becomes spaces, as many.

    Joiners stay where they are part of the spelling, between two letters that join.
    """
    kept = "".join(" " if one.isspace() else one for one in text if _is_kept(one))
    return JOINING.sub(r"\1", kept)


def _is_kept(letter: str) -> bool:
    return letter.isspace() or letter in JOINERS or unicodedata.category(letter) not in DROPPED


RIGHT = {"R", "AL", "AN"}  # classes of letters and digits that run right to left
DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}
JOINERS = "\u200c\u200d"  # Persian and Urdu spell with them
_ARABIC_LETTER = "[\u0620-\u065f\u066e-\u06d3\u06ee-\u06ef\u06fa-\u06ff\u0750-\u077f\u08a0-\u08ff]"
JOINING = re.compile(rf"(?<={_ARABIC_LETTER})([{JOINERS}])[{JOINERS}]*(?={_ARABIC_LETTER})|[{JOINERS}]+")


def shorten(name: str, most: int) -> str:
    """Cut a name to at most that many letters, at a word where one ends late enough, with an ellipsis."""
    text = clean(name)
    if len(text) <= most:
        return text
    return cut_at_word(text[: most - 1])


def cut_at_word(head: str) -> str:
    """Return the beginning of a text with an ellipsis, up to the last whole word where that isn't much shorter."""
    word = head.rsplit(" ", 1)[0]
    kept = (word if len(word) > len(head) // 2 else head).rstrip(f" ,;-{JOINERS}")
    return f"{kept}{ELLIPSIS}{POP * len(_left_open(kept))}"


def reopened(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the lines of one text so that each closes the isolates it opens, and the next opens them again."""
    found: list[str] = []
    still = ""
    for line in lines:
        whole = f"{still}{line}"
        still = _left_open(whole)
        found.append(f"{whole}{POP * len(still)}")
    return tuple(found)


def _left_open(text: str) -> str:
    """Return the isolates that a text opens and doesn't close."""
    stack = ""
    for one in text:
        if one == POP:
            stack = stack[:-1]
        elif one in OPENING:
            stack += one
    return stack


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
        """Keep a name from reordering the sentence around it; what can't do so, or is isolated, stays as it is.

        A text that we put together from isolated parts runs as this language does, a name as its own letters do.
        """
        if self.language.direction == "ltr":
            return f"{FIRST_STRONG}{text}{POP}" if _runs_right(text) else text
        if _is_isolate(text):
            return text
        return f"{RIGHT_TO_LEFT if ISOLATES.search(text) else FIRST_STRONG}{text}{POP}"

    @staticmethod
    def plain(text: str) -> str:
        """Return a text without isolates, for file names, comparisons and the widths of columns."""
        return ISOLATES.sub("", text)

    @cached_property
    def unit(self) -> str:
        """The currency as it stands in a sentence or a caption."""
        return self._isolated(self._symbol)

    def count(self, number: Number) -> str:
        """Return a whole number with separators."""
        return self._isolated(self._decimal(_rounded(number, 0)))

    def exact(self, number: Number) -> str:
        """Return a number with all the decimals it has."""
        return self._isolated(self._decimal(number, quantized=False))

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
        text = format_compact_decimal(
            rounded,
            locale=self.language.locale,
            fraction_digits=max(digits, 0),
            numbering_system=self.language.digits,
        )
        return self._isolated(text)

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

        def write(value: Number) -> str:
            rounded = _rounded(Decimal(value) / unit, digits)
            if not rounded:
                return self.count(0)
            before, after = self._unit_of(rounded, name)
            return self._isolated(f"{before}{self._decimal(rounded, None if axis else fixed)}{after}")

        return write

    def _unit_of(self, number: Decimal, name: str) -> tuple[str, str]:
        """Return what stands before and behind a number of thousands, millions and so on.

        Its form depends on the number and on how long it is: 5 آلاف, 505 ألف.
        """
        name += "0" * min(max(number.adjusted(), 0), 2)
        forms = self.language.locale.compact_decimal_formats["short"]
        form = forms.get(self.language.locale.plural_form(abs(number)), forms["other"])
        pattern = form.get(name, forms["other"][name])
        return pattern.prefix[0], pattern.suffix[0]

    def compact_money(self, value: Number) -> str:
        """Return compact money with its currency."""
        return self._with_currency(self.compact(value))

    def percent(self, rate: Number, digits: int = 1) -> str:
        """Return a rate given in percent: 44.2 is 44.2%."""
        pattern = "#,##0." + "0" * digits + "%" if digits else "#,##0%"
        share = _rounded(rate, digits) / 100
        locale, system = self.language.locale, self.language.digits
        return self._isolated(format_percent(share, format=pattern, locale=locale, numbering_system=system))

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
            return Change("", say("unchanged"), self.count(0), "flat")
        text = self._size(delta)
        if not isinstance(delta, NewFromZero) and not any(unicodedata.digit(one, 0) for one in text):
            return Change("", text, text, "flat")  # less than what is printed: neither up nor down
        up = delta.absolute > 0
        tone = {True: "good", False: "bad", None: "flat"}[delta.good]
        signed = text if isinstance(delta, NewFromZero) else self._signed(text, up=up)
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
        number = self._isolated(self._decimal(abs(_rounded(difference, 1)), "#,##0.0"))
        return self._enclosed(self.language.text("{number} pts", number=number))

    def difference(self, figure: Figure, absolute: Number | None) -> str:
        """Return an absolute change with its sign, in full, without the currency."""
        if absolute is None:
            return DASH
        rounded = _rounded(absolute, 1 if figure.measure is Measure.PERCENT else 0)
        text = self._isolated(self._decimal(abs(rounded)))
        return self._signed(text, up=rounded > 0) if rounded else text

    def signed(self, absolute: Number, write: Callable[[Number], str]) -> str:
        """Return an absolute change with its sign, written as the values beside it are."""
        text = write(abs(Decimal(absolute)))
        return text if text == write(0) else self._signed(text, up=absolute > 0)

    def day(self, day: date) -> str:
        """Return a day with its year: 22 Nov 2026."""
        return self._skeleton("yMMMMd", day)

    def moment(self, moment: datetime, zone: ZoneInfo) -> str:
        """Return a time as the account's clocks show it."""
        local, locale = moment.astimezone(zone), self.language.locale
        clock = format_time(local, "HH:mm", locale=locale)
        return self._days(locale.datetime_formats["medium"].format(clock, self.plain(self.day(local.date()))))

    def span(self, kind: Kind, period: Period, *, year: bool = True) -> str:
        """Return a period as people name it: 15-21 Nov 2026, November 2026, 2026; `year` can be left away."""
        first, last = period.since, period.until
        if kind.unit is Unit.MONTH and not kind.to_date:
            return self._days(format_date(first, "LLLL y" if year else "LLLL", locale=self.language.locale))
        if kind.unit is Unit.YEAR and not kind.to_date and first.month == 1:
            return self._skeleton("y", first)
        if first == last:
            return self._skeleton("yMMMd" if year else "MMMd", first)
        skeleton = "yMMMd" if year or first.year != last.year else "MMMd"
        return self._days(format_interval(first, last, skeleton, locale=self.language.locale))

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
        return self._days(format_skeleton(skeleton, day, locale=self.language.locale))

    def _days(self, text: str) -> str:
        """Write days in this language's digits; Arabic has one name for a month, which CLDR forgets here and there."""
        if self.language.locale.language == ARABIC:
            text = _with_proper_months(text, self.language.locale)
        if self.language.digits == "arab":
            text = text.translate(ARABIC_DIGITS)
        return self._enclosed(MARKS.sub("", text))

    def _decimal(self, number: Number, pattern: str | None = None, *, quantized: bool = True) -> str:
        return format_decimal(
            number,
            format=pattern,
            locale=self.language.locale,
            decimal_quantization=quantized,
            numbering_system=self.language.digits,
        )

    @cached_property
    def _symbol(self) -> str:
        """The currency as it stands beside an amount, without what would act on the text around it."""
        if self.language.locale.language != ARABIC:
            return self.currency
        symbol = MARKS.sub("", get_currency_symbol(self.currency, locale=self.language.locale)).rstrip(".")
        own = all(one == "." or unicodedata.bidirectional(one) == "AL" for one in symbol)
        return ARABIC_CURRENCIES.get(self.currency) or (symbol if own else self.currency)

    def _with_currency(self, text: str) -> str:
        """Return an amount with its currency, in one isolate; from right to left the currency stands behind."""
        if self.language.direction == "ltr":
            return f"{self._symbol}{NBSP}{text}"
        inner = text[1:-1] if text.startswith(RIGHT_TO_LEFT) else text
        return f"{RIGHT_TO_LEFT}{inner}{NBSP}{self._symbol}{POP}"

    def _signed(self, text: str, *, up: bool) -> str:
        """Return an amount with its sign, inside the isolate of its number."""
        sign = "+" if up else MINUS
        if self.language.direction == "ltr":
            return f"{sign}{text}"
        return re.sub(r"(?=\d)", sign, text, count=1)

    def _isolated(self, text: str) -> str:
        """Return what is written of a number so that nothing reorders; Latin digits keep their sign on the left.

        The number has an isolate of its own where words of a right-to-left language stand beside it.
        """
        text = MARKS.sub("", text.replace("-", MINUS))
        if self.language.digits == "arab":
            text = text.translate(ARABIC_DIGITS)
        elif self.language.direction == "rtl" and _runs_right(text):
            text = NUMBER.sub(lambda number: self._enclosed(number[0]), text)
        return self._enclosed(text)

    def _enclosed(self, text: str) -> str:
        """Put a right-to-left language's text between isolates that run as the text does, unless it has them."""
        if self.language.direction == "ltr" or _is_isolate(text):
            return text
        return f"{RIGHT_TO_LEFT if _runs_right(text) else LEFT_TO_RIGHT}{text}{POP}"


def _runs_right(text: str) -> bool:
    """Whether a text has letters or digits that run from right to left."""
    return any(unicodedata.bidirectional(one) in RIGHT for one in text)


def _is_isolate(text: str) -> bool:
    """Whether a text is one isolate as a whole, not two of them side by side."""
    depth = 0
    for at, one in enumerate(text):
        depth += (one in OPENING) - (one == POP)
        if depth <= 0:
            return one == POP and at > 0 and at == len(text) - 1
    return False


@cache
def _months(locale: Locale) -> dict[str, str]:
    """Return the name that a month has in a region's dates, by the others that CLDR has for it."""
    proper = locale.months["format"]["wide"]
    others = (locale.months[use][width] for use in ("format", "stand-alone") for width in ("abbreviated", "wide"))
    return {other[one]: name for other in others for one, name in proper.items() if other[one] != name}


def _with_proper_months(text: str, locale: Locale) -> str:
    names = _months(locale)
    return re.sub("|".join(names), lambda found: names[found[0]], text) if names else text


def _rounded(number: Number, digits: int) -> Decimal:
    """Round half up, as people do on paper; never to a negative zero."""
    return Decimal(number).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) + 0


def _three_digits(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1).scaleb(value.adjusted() - 2), ROUND_HALF_UP)
