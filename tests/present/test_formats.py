"""Numbers, days and names as text: what is written can be read back, and what comes from outside does no harm."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.support import NullTranslations
from hypothesis import assume, example, given
from hypothesis import strategies as st

from reports.analysis.deltas import delta
from reports.figures import Figure, Number
from reports.findings import NoDelta, Percent, Points, Reason
from reports.periods import Kind, Period
from reports.present.formats import (
    DASH,
    DOWN,
    ELLIPSIS,
    FIRST_STRONG,
    LONGEST_NAME,
    MINUS,
    NBSP,
    POP,
    UP,
    Change,
    clean,
    shorten,
)
from reports.present.language import Language
from tests.making import formats, kinds, plan_of

FORMATS = formats()
ARABIC = replace(FORMATS, language=Language(Locale.parse("ar"), NullTranslations()))
RIYADH = ZoneInfo("Asia/Riyadh")
SIZES = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
THIN = "\u2009"
amounts = st.decimals(-(10**14), 10**14, places=2) | st.decimals(-20_000, 20_000, places=2)
rates = st.decimals(-1000, 1000, places=6)
hostile = st.text(
    alphabet=st.characters() | st.sampled_from("\u202e\u2066\u2069\u200f\u061c\u200b\ufeff\x00\x1b\n\t\r\x85\u2028 ab"),
    max_size=80,
)


def parsed(text: str) -> Decimal:
    """Read a number as a person would, with its unit."""
    match = re.fullmatch(rf"({MINUS}?)([\d,]+(?:\.\d+)?)([KMBT]?)", text)
    assert match is not None, text
    sign = -1 if match[1] else 1
    return sign * Decimal(match[2].replace(",", "")) * SIZES[match[3]]


def no_negative_nothing(text: str) -> bool:
    return MINUS not in text or any(one in "123456789" for one in text)


@given(amounts)
def test_a_count_is_read_back(value: Decimal) -> None:
    text = FORMATS.count(value)
    assert abs(parsed(text) - value) <= Decimal("0.5")
    assert "-" not in text
    assert no_negative_nothing(text)
    assert FORMATS.amount(value) == text
    assert FORMATS.money(value) == f"SAR{NBSP}{text}"


@given(amounts)
@example(Decimal(999_500))
@example(Decimal("9999.5"))
@example(Decimal(-999_950_000))
def test_compact_money_has_three_digits_at_most_and_is_read_back(value: Decimal) -> None:
    text = FORMATS.compact(value)
    assert "-" not in text
    assert no_negative_nothing(text)
    if abs(value) < 10_000:
        assert text == FORMATS.count(value)
    else:
        assert sum(one.isdigit() for one in text) <= 3
        assert abs(parsed(text) - value) <= abs(value) * Decimal("0.00501")
    assert FORMATS.compact_money(value) == f"SAR{NBSP}{text}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10K"),
        (12_345, "12.3K"),
        (99_949, "99.9K"),
        (99_950, "100K"),
        (412_499, "412K"),
        (999_499, "999K"),
        (999_500, "1M"),
        (1_235_000, "1.24M"),
        (-60_500, f"{MINUS}60.5K"),
        (10**9, "1B"),
    ],
)
def test_compact_money_by_hand(value: int, text: str) -> None:
    assert FORMATS.compact(value) == text


@given(rates, st.integers(0, 2))
def test_a_rate_is_read_back(rate: Decimal, digits: int) -> None:
    text = FORMATS.percent(rate, digits)
    assert text.endswith("%")
    assert abs(parsed(text[:-1]) - rate) <= Decimal(1).scaleb(-digits) / 2
    assert len(text[:-1].partition(".")[2]) == digits
    assert no_negative_nothing(text)


@pytest.mark.parametrize(
    ("rate", "text"), [("44.25", "44.3%"), ("-0.04", "0.0%"), ("-2.5", f"{MINUS}2.5%"), ("1234.5", "1,234.5%")]
)
def test_a_rate_by_hand(rate: str, text: str) -> None:
    assert FORMATS.percent(Decimal(rate)) == text


@given(st.lists(amounts, min_size=1, max_size=6))
def test_values_that_stand_together_are_written_alike(values: list[Decimal]) -> None:
    write = FORMATS.alike(values)
    texts = [write(one) for one in values]
    largest = max(abs(one) for one in values)
    shown = {re.sub(rf"[\d,.{MINUS}]", "", text) for text in texts if text != "0"}
    assert len(shown) <= 1
    for text, value in zip(texts, values, strict=True):
        assert no_negative_nothing(text)
        assert abs(parsed(text) - value) <= max(largest * Decimal("0.00501"), Decimal("0.5"))


def test_nothing_to_write_alike_is_written_in_full() -> None:
    assert FORMATS.alike([])(1234) == "1,234"
    assert FORMATS.alike([0, 1_500_000])(0) == "0"


@given(amounts)
def test_a_signed_value_says_its_direction_unless_it_prints_as_nothing(value: Decimal) -> None:
    text = FORMATS.signed(value, FORMATS.count)
    if abs(value) >= Decimal("0.5"):
        assert text[0] == ("+" if value > 0 else MINUS)
        assert abs(parsed(text.lstrip("+")) - value) <= Decimal("0.5")
    else:
        assert text == "0"


@given(amounts)
def test_a_difference_has_a_sign_and_never_a_negative_nothing(value: Decimal) -> None:
    text = FORMATS.difference(Figure.VALUE_WON, value)
    assert abs(parsed(text.lstrip("+")) - value) <= Decimal("0.5")
    assert text.startswith("+") == (parsed(text.lstrip("+")) > 0)
    assert no_negative_nothing(text)


def test_no_data_is_a_dash_and_not_a_zero() -> None:
    assert FORMATS.difference(Figure.WON, None) == DASH
    for figure in Figure:
        assert FORMATS.value(figure, None) == DASH
        assert FORMATS.value(figure, None, short=True) == DASH


@pytest.mark.parametrize(
    ("figure", "short", "unit", "text"),
    [
        (Figure.WON, False, True, "60,000"),
        (Figure.WON, True, True, "60,000"),
        (Figure.WIN_RATE, True, False, "60,000.0%"),
        (Figure.VALUE_WON, False, True, f"SAR{NBSP}60,000"),
        (Figure.VALUE_WON, False, False, "60,000"),
        (Figure.VALUE_WON, True, True, f"SAR{NBSP}60K"),
        (Figure.DEAL_SIZE, True, False, "60K"),
    ],
)
def test_a_figure_is_written_by_its_measure(figure: Figure, short: bool, unit: bool, text: str) -> None:
    assert FORMATS.value(figure, Decimal(60_000), short=short, unit=unit) == text


@pytest.mark.parametrize(
    ("figure", "now", "before", "change"),
    [
        (Figure.VALUE_WON, 150, 100, Change(UP, "50.0%", "+50.0%", "good")),
        (Figure.VALUE_WON, 50, 100, Change(DOWN, "50.0%", f"{MINUS}50.0%", "bad")),
        (Figure.VALUE_WON, -50, 100, Change(DOWN, "150.0%", f"{MINUS}150.0%", "bad")),
        (Figure.LOST, 30, 20, Change(UP, "50.0%", "+50.0%", "bad")),
        (Figure.WON, 5, 3, Change(UP, "2", "+2", "good")),
        (Figure.WON, 0, 30, Change(DOWN, "30", f"{MINUS}30", "bad")),
        (Figure.WON, 3, 0, Change(UP, "new", "new", "good")),
        (Figure.LOST, 3, 0, Change(UP, "new", "new", "bad")),
        (Figure.WON, 3, 3, Change("", "unchanged", "0", "flat")),
        (Figure.WON, 0, 0, Change("", "unchanged", DASH, "flat")),
        (Figure.WIN_RATE, Decimal("44.2"), Decimal("42.1"), Change(UP, "2.1 pts", "+2.1 pts", "good")),
        (Figure.WIN_RATE, Decimal("42.1"), Decimal("44.2"), Change(DOWN, "2.1 pts", f"{MINUS}2.1 pts", "bad")),
        (Figure.WIN_RATE, Decimal(0), Decimal(0), Change("", "unchanged", "0", "flat")),
        (Figure.VALUE_WON, 3, -1, Change("", "no comparison", DASH, "flat")),
        (Figure.VALUE_WON, -3, 0, Change("", "no comparison", DASH, "flat")),
        (Figure.VALUE_WON, None, 3, Change("", "no comparison", DASH, "flat", missing=True)),
    ],
)
def test_a_change_by_hand(figure: Figure, now: Number | None, before: Number | None, change: Change) -> None:
    assert FORMATS.change(delta(figure, now, before)) == change


@given(st.sampled_from(list(Figure)), amounts, amounts)
@example(Figure.VALUE_WON, Decimal(10) ** 15, Decimal("1e-9"))
@example(Figure.CREATED, Decimal(0), Decimal("0.01"))
@example(Figure.WIN_RATE, Decimal("0.01"), Decimal(0))
def test_a_change_has_an_arrow_a_sign_and_a_tone_that_agree(figure: Figure, now: Decimal, before: Decimal) -> None:
    found = delta(figure, now, before)
    change = FORMATS.change(found)
    assert "-" not in change.text + change.signed
    assert not change.text.startswith(("+", MINUS))
    printed = re.search("[1-9]", change.text)  # of less than what is printed, nothing says where it went
    if isinstance(found, Percent | Points) and not printed:
        assert (change.arrow, change.tone) == ("", "flat")
    elif isinstance(found, Percent | Points) and found.absolute:
        assert change.arrow == (UP if found.absolute > 0 else DOWN)
        assert change.signed == ("+" if found.absolute > 0 else MINUS) + change.text
        assert (change.tone == "good") == ((found.absolute > 0) != (figure is Figure.LOST))
    assert "%" not in change.text or isinstance(found, Percent)
    assert change.missing == (isinstance(found, NoDelta) and found.reason is Reason.NO_DATA)


@given(hostile)
@example("\u202eevil\u202c")
@example("x" * 199 + " y")
def test_a_clean_name_is_one_line_without_anything_that_acts(name: str) -> None:
    text = clean(name)
    assert 0 < len(text) <= LONGEST_NAME
    assert {unicodedata.category(one) for one in text} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} == set()
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]", text)
    assert clean(text) == text


@given(st.text(alphabet="abc نورة", max_size=60))
def test_a_clean_name_keeps_its_letters(name: str) -> None:
    assert clean(name) == (" ".join(name.split()) or DASH)


@given(hostile, st.integers(1, 60))
@example("-" * 30, 10)
@example("ab cd", 1)
def test_a_shortened_name_fits(name: str, most: int) -> None:
    text = shorten(name, most)
    whole = clean(name)
    assert len(text) <= most
    if len(whole) <= most:
        assert text == whole
    else:
        assert text.endswith(ELLIPSIS)
        assert whole.startswith(text[:-1])


def test_a_name_is_cut_at_a_word_where_one_ends_late_enough() -> None:
    assert shorten("Sidra Textiles International", 20) == f"Sidra Textiles{ELLIPSIS}"
    assert shorten("A Verylongwordthatneverends", 20) == f"A Verylongwordthatn{ELLIPSIS}"


@pytest.mark.parametrize("text", ["نورة", "עברית", "a נ"])
def test_what_runs_right_to_left_is_isolated(text: str) -> None:
    assert FORMATS.isolate(text) == f"{FIRST_STRONG}{text}{POP}"


def test_what_does_no_harm_is_left_alone_but_only_from_left_to_right() -> None:
    assert FORMATS.isolate("SAR 60K") == "SAR 60K"
    assert ARABIC.isolate("SAR 60K") == f"{FIRST_STRONG}SAR 60K{POP}"


def test_arabic_numbers_have_the_same_minus() -> None:
    assert ARABIC.plain(ARABIC.count(-1234)) == f"{MINUS}1,234"
    assert ARABIC.plain(ARABIC.compact(-1_234_567)) == f"{MINUS}1.23{NBSP}مليون"
    assert ARABIC.plain(ARABIC.alike([-1_234_567])(-1_234_567)) == f"{MINUS}1.23{NBSP}مليون"


def span(kind: str, since: str, until: str, *, year: bool = True) -> str:
    return FORMATS.span(Kind.parse(kind), Period(date.fromisoformat(since), date.fromisoformat(until)), year=year)


@pytest.mark.parametrize(
    ("kind", "since", "until", "year", "text"),
    [
        ("week", "2026-11-15", "2026-11-21", True, f"15{DASH}21 Nov 2026"),
        ("week", "2026-11-15", "2026-11-21", False, f"15{DASH}21 Nov"),
        ("week", "2026-10-28", "2026-11-03", True, f"28 Oct{THIN}{DASH}{THIN}3 Nov 2026"),
        ("week", "2025-12-28", "2026-01-03", False, f"28 Dec 2025{THIN}{DASH}{THIN}3 Jan 2026"),
        ("day", "2026-11-21", "2026-11-21", True, "21 Nov 2026"),
        ("day", "2026-11-21", "2026-11-21", False, "21 Nov"),
        ("month", "2026-11-01", "2026-11-30", True, "November 2026"),
        ("month", "2026-11-01", "2026-11-30", False, "November"),
        ("month_to_date", "2026-11-01", "2026-11-01", True, "1 Nov 2026"),
        ("year", "2026-01-01", "2026-12-31", True, "2026"),
        ("year", "2025-04-01", "2026-03-31", True, f"1 Apr 2025{THIN}{DASH}{THIN}31 Mar 2026"),
        ("year_to_date", "2026-01-01", "2026-12-31", False, f"1 Jan{THIN}{DASH}{THIN}31 Dec"),
    ],
)
def test_a_period_as_people_name_it(kind: str, since: str, until: str, year: bool, text: str) -> None:
    assert span(kind, since, until, year=year) == text


@given(kinds, st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_period_with_its_year_names_its_last_year(kind: Kind, as_of: date) -> None:
    text = kind.unit.value + ("_to_date" if kind.to_date else "")
    assume(not text.startswith("days"))
    period = plan_of(text, as_of).current
    assert str(period.until.year) in FORMATS.span(kind, period)


def test_ticks_name_a_month_or_year_where_it_changes() -> None:
    weeks = plan_of("week", date(2026, 1, 20), 6)
    assert FORMATS.ticks(weeks.kind, weeks.trailing) == ["7 Dec", "14", "21", "28", "4 Jan", "11"]
    months = plan_of("month", date(2026, 3, 1), 4)
    assert FORMATS.ticks(months.kind, months.trailing) == ["Nov 2025", "Dec", "Jan 2026", "Feb"]
    years = plan_of("year", date(2026, 3, 1), 3)
    assert FORMATS.ticks(years.kind, years.trailing) == ["2023", "2024", "2025"]


def test_a_moment_is_shown_as_the_accounts_clocks_show_it() -> None:
    late = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
    text = FORMATS.moment(late, RIYADH)
    assert text.endswith(", 00:30")
    assert text.startswith(FORMATS.day(date(2026, 11, 22)))


def test_a_day_has_its_year() -> None:
    assert re.fullmatch(r"22 Nov(ember)? 2026", FORMATS.day(date(2026, 11, 22)))
