"""Numbers, days and names from right to left: each stands as one piece in its own order, wherever it is put."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.support import NullTranslations
from hypothesis import example, given
from hypothesis import strategies as st

from reports.analysis.deltas import delta, deltas
from reports.analysis.headline import headline
from reports.analysis.sections import overall_section
from reports.figures import Figure, Figures, Window
from reports.periods import Kind, Period
from reports.present.formats import (
    DOWN,
    FIRST_STRONG,
    LEFT_TO_RIGHT,
    MINUS,
    NBSP,
    POP,
    RIGHT_TO_LEFT,
    Formats,
    clean,
    cut_at_word,
    reopened,
)
from reports.present.language import Language
from reports.present.sentences import Sentences
from tests.bidi import is_balanced, outside, seen
from tests.making import KINDS, figures_of, formats, kinds, pipeline_of, plan_of, templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reports.present.language import Digits

RIYADH = ZoneInfo("Asia/Riyadh")
REGIONS = ("ar", "ar_SA", "ar_EG", "ar_AE", "ar_JO", "ar_MA")
CURRENCIES = ("SAR", "GBP", "USD", "EGP")
NUMBER = re.compile(rf"([+{MINUS}]?)(\d[\d.,:٫٬]*\d|\d)([%٪]?)")


@cache
def formats_in(locale: str, digits: Digits = "latn", currency: str = "SAR") -> Formats:
    return Formats(Language.load(templates(), locale, digits), currency)


everywhere = st.builds(
    formats_in, st.sampled_from(REGIONS), st.sampled_from(["latn", "arab"]), st.sampled_from(CURRENCIES)
)
amounts = st.decimals(-(10**13), 10**13, places=2) | st.decimals(-20_000, 20_000, places=2)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
names = st.text(alphabet="aZé نورةالقحطاني 3٤(.)-%+&، \u200c", min_size=1, max_size=12).map(clean)
around = st.lists(
    st.sampled_from(
        ["قبل", "انخفضت", "Acme", "12", "٣٤", " ", " ", "(", ")", ".", "،", "-", MINUS, "+", "%", "؟", "–"]
    ),
    max_size=5,
).map("".join)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """Draw a number as one of the formats writes it."""
    found, value = draw(everywhere), draw(amounts)
    figure = draw(st.sampled_from(list(Figure)))
    alike = found.alike([value, draw(amounts)], axis=draw(st.booleans()))
    ways: list[Callable[[], str]] = [
        lambda: found.count(value),
        lambda: found.exact(value),
        lambda: found.money(value),
        lambda: found.compact(value),
        lambda: found.compact_money(value),
        lambda: found.percent(value / 1000, 1),
        lambda: found.percent(value / 1000, 0),
        lambda: found.points(value / 1000),
        lambda: alike(value),
        lambda: found.signed(value, alike),
        lambda: found.signed(value, found.compact_money),
        lambda: found.value(figure, value, short=True),
        lambda: found.difference(figure, value),
        lambda: found.change(delta(Figure.WIN_RATE, value / 1000, Decimal(40))).signed,
        lambda: found.change(delta(Figure.VALUE_WON, abs(value), Decimal(4000))).signed,
    ]
    return draw(st.sampled_from(ways))()


@st.composite
def dates(draw: st.DrawFn) -> str:
    """Draw a day, a moment, a period or a label of an axis."""
    found, day, kind = draw(everywhere), draw(days), draw(kinds)
    periods = plan_of("week", day, 3)
    until = draw(st.dates(day, date(2100, 12, 31)))
    ways: list[Callable[[], str]] = [
        lambda: found.day(day),
        lambda: found.moment(datetime(day.year, day.month, day.day, 21, 5, tzinfo=UTC), RIYADH),
        lambda: found.span(kind, Period(day, until), year=draw(st.booleans())),
        lambda: found.ticks(periods.kind, periods.trailing)[draw(st.integers(0, 2))],
    ]
    return draw(st.sampled_from(ways))()


def expected(text: str) -> str:
    """Return how a text is seen, from left to right: what comes first stands on the right, but numbers read as ever.

    Latin numbers have the sign on the left and the percent sign on the right, Arabic ones the other way round.
    """
    pieces = re.findall(rf"{NUMBER.pattern}|([A-Za-z]+)|(.)", text)
    return "".join(_piece(*one) for one in reversed(pieces))


def _is_arabic(text: str) -> bool:
    return any("٠" <= one <= "٩" for one in text)


def _piece(sign: str, digits: str, percent: str, latin: str, other: str) -> str:
    if _is_arabic(digits):
        return f"{percent}{digits}{sign}"
    return f"{sign}{digits}{percent}{latin}{other}"


@given(numbers())
@example(f"{LEFT_TO_RIGHT}{MINUS}5.2%{POP}")
def test_a_number_is_seen_with_its_sign_and_its_unit_where_they_belong(text: str) -> None:
    assert seen(text) == expected(Formats.plain(text))


@given(dates())
def test_days_are_seen_from_right_to_left_and_their_numbers_from_left_to_right(text: str) -> None:
    assert seen(text) == expected(Formats.plain(text))


def test_without_isolates_a_sign_would_be_seen_on_the_wrong_side() -> None:
    """The check can fail: this is what the isolates are for."""
    assert f"{MINUS}5.2%" not in seen(f"انخفضت {MINUS}5.2% عن")
    assert f"{MINUS}5.2%" in seen(f"انخفضت {formats_in('ar').percent(Decimal('-5.2'))} عن")


isolated = numbers() | dates() | st.builds(lambda found, name: found.isolate(name), everywhere, names)


@given(isolated, around, around)
def test_whatever_stands_around_it_a_value_stays_whole_and_the_rest_in_its_order(
    value: str, before: str, after: str
) -> None:
    neutral = seen(f"{before}{LEFT_TO_RIGHT}X{POP}{after}")  # an isolate acts as one letter of no direction
    assert seen(f"{before}{value}{after}") == neutral.replace("X", seen(value))


@given(isolated, isolated, around)
def test_values_side_by_side_stand_in_their_order(first: str, second: str, between: str) -> None:
    line = seen(f"من {first} {between} {second} إلى")
    assert line.startswith("ىلإ ")
    assert line.endswith(" نم")
    assert line.index(seen(second)) <= line.rindex(seen(first))


@given(names, around, around)
def test_a_name_from_right_to_left_stays_whole_in_english_too(name: str, before: str, after: str) -> None:
    value = formats().isolate(name)
    if value == name:
        return
    neutral = seen(f"{before}{LEFT_TO_RIGHT}X{POP}{after}", "L")
    assert seen(f"{before}{value}{after}", "L") == neutral.replace("X", seen(value, "L"))


@given(isolated)
def test_a_value_is_one_isolate_and_is_never_isolated_twice(value: str) -> None:
    found = formats_in("ar")
    assert is_balanced(value)
    assert value[0] in {LEFT_TO_RIGHT, RIGHT_TO_LEFT, FIRST_STRONG}
    assert outside(value) == ""
    assert found.isolate(value) == value


@given(isolated, isolated)
def test_what_is_put_together_from_isolated_parts_runs_as_the_language_does(first: str, second: str) -> None:
    text = formats_in("ar").isolate(f"{DOWN} {first}، {second}")
    assert seen(text) == f"{seen(second)} ،{seen(first)} {DOWN}"
    assert is_balanced(text)


BY_HAND: list[tuple[Callable[[Formats], str], str, str]] = [
    (lambda one: one.count(-1_234_567), f"{MINUS}1,234,567", f"{MINUS}١٬٢٣٤٬٥٦٧"),
    (lambda one: one.exact(Decimal("-0.125")), f"{MINUS}0.125", f"{MINUS}٠٫١٢٥"),
    (lambda one: one.money(60_000), f"60,000{NBSP}ر.س", f"٦٠٬٠٠٠{NBSP}ر.س"),
    (lambda one: one.compact(412_499), f"412{NBSP}ألف", f"٤١٢{NBSP}ألف"),
    (lambda one: one.compact(1_235_000), f"1.24{NBSP}مليون", f"١٫٢٤{NBSP}مليون"),
    (lambda one: one.compact(-(10**9)), f"{MINUS}1{NBSP}مليار", f"{MINUS}١{NBSP}مليار"),
    (lambda one: one.alike([505_000])(505_000), f"505{NBSP}ألف", f"٥٠٥{NBSP}ألف"),
    (lambda one: one.alike([505_000])(5_000), f"5{NBSP}آلاف", f"٥{NBSP}آلاف"),
    (lambda one: one.compact_money(412_499), f"412{NBSP}ألف{NBSP}ر.س", f"٤١٢{NBSP}ألف{NBSP}ر.س"),
    (lambda one: one.percent(Decimal("44.2")), "44.2%", "٤٤٫٢٪"),
    (lambda one: one.percent(Decimal("-5.2")), f"{MINUS}5.2%", f"{MINUS}٥٫٢٪"),
    (lambda one: one.difference(Figure.VALUE_WON, 1500), "+1,500", "+١٬٥٠٠"),
    (lambda one: one.signed(-412_499, one.compact), f"{MINUS}412{NBSP}ألف", f"{MINUS}٤١٢{NBSP}ألف"),
    (lambda one: one.signed(0, one.compact), "0", "٠"),
    (lambda one: one.change(delta(Figure.VALUE_WON, 150, 100)).signed, "+50.0%", "+٥٠٫٠٪"),
    (lambda one: one.change(delta(Figure.WON, 3, 3)).signed, "0", "٠"),
    (lambda one: one.day(date(2026, 11, 22)), "22 نوفمبر 2026", "٢٢ نوفمبر ٢٠٢٦"),
    (
        lambda one: one.moment(datetime(2026, 11, 22, 6, 5, tzinfo=UTC), RIYADH),
        "22 نوفمبر 2026، 09:05",
        "٢٢ نوفمبر ٢٠٢٦، ٠٩:٠٥",
    ),
    (
        lambda one: one.span(Kind.parse("week"), Period(date(2026, 11, 15), date(2026, 11, 21))),
        "15–21 نوفمبر 2026",
        "١٥–٢١ نوفمبر ٢٠٢٦",
    ),
    (
        lambda one: one.span(Kind.parse("month"), Period(date(2026, 11, 1), date(2026, 11, 30))),
        "نوفمبر 2026",
        "نوفمبر ٢٠٢٦",
    ),
]


@pytest.mark.parametrize(("write", "latin", "arabic"), BY_HAND)
def test_what_is_written_in_both_digits_by_hand(write: Callable[[Formats], str], latin: str, arabic: str) -> None:
    assert Formats.plain(write(formats_in("ar"))) == latin
    assert Formats.plain(write(formats_in("ar", "arab"))) == arabic
    assert Formats.plain(write(formats_in("ar_SA", "arab"))) == arabic


def test_the_isolates_of_latin_digits_by_hand() -> None:
    found = formats_in("ar")
    assert found.percent(Decimal("-5.2")) == f"{LEFT_TO_RIGHT}{MINUS}5.2%{POP}"
    money = found.signed(-412_499, found.compact_money)
    assert money == f"{RIGHT_TO_LEFT}{LEFT_TO_RIGHT}{MINUS}412{POP}{NBSP}ألف{NBSP}ر.س{POP}"


@pytest.mark.parametrize(
    ("locale", "month", "axis"),
    [
        ("ar", "نوفمبر", "نوفمبر"),
        ("ar_SA", "نوفمبر", "نوفمبر"),
        ("ar_EG", "نوفمبر", "نوفمبر"),
        ("ar_JO", "تشرين الثاني", "تشرين الثاني"),
        ("ar_LB", "تشرين الثاني", "تشرين الثاني"),
        ("ar_IQ", "تشرين الثاني", "تشرين الثاني"),
        ("ar_MA", "نونبر", "نونبر"),
    ],
)
def test_a_month_has_one_name_in_a_region_wherever_it_stands(locale: str, month: str, axis: str) -> None:
    found = formats_in(locale)
    first, last = date(2026, 11, 15), date(2026, 11, 21)
    for text in (
        found.day(first),
        found.span(Kind.parse("week"), Period(first, last)),
        found.span(Kind.parse("month"), Period(date(2026, 11, 1), date(2026, 11, 30))),
    ):
        assert month in text
    assert axis in found.ticks(Kind.parse("week"), (Period(first, last),))[0]


@pytest.mark.parametrize(
    ("currency", "unit"),
    [
        ("SAR", "ر.س"),
        ("AED", "د.إ"),
        ("EGP", "ج.م"),
        ("JOD", "د.أ"),
        ("KWD", "د.ك"),
        ("SDG", "ج.س"),
        ("USD", "دولار"),
        ("EUR", "يورو"),
        ("GBP", "GBP"),
        ("JPY", "JPY"),
        ("XYZ", "XYZ"),
    ],
)
def test_a_currency_is_named_as_arabic_reports_do_without_marks_of_direction(currency: str, unit: str) -> None:
    found = formats_in("ar", "latn", currency)
    assert Formats.plain(found.unit) == unit
    assert Formats.plain(found.money(5)) == f"5{NBSP}{unit}"
    assert seen(found.money(-5)) == f"{unit if unit.isascii() else unit[::-1]}{NBSP}{MINUS}5"


@pytest.mark.parametrize("locale", ["fa", "he", "ur"])
@pytest.mark.parametrize("digits", ["latn", "arab"])
def test_other_languages_from_right_to_left_are_isolated_too(locale: str, digits: Digits) -> None:
    language = replace(formats_in("ar", digits).language, locale=Locale.parse(locale), translations=NullTranslations())
    found = Formats(language, "SAR")
    for value in (Decimal(-1_234_567), Decimal(12)):
        for text in (found.count(value), found.compact_money(value), found.percent(value), found.points(value)):
            assert is_balanced(text)
            assert outside(text) == ""
    week = Period(date(2026, 11, 15), date(2026, 11, 21))
    assert outside(found.span(Kind.parse("week"), week)) == ""
    assert seen(f"a {found.compact(-1_234_567)} b", "L").count(MINUS) == 1


def test_english_has_no_isolates_but_around_names_from_right_to_left() -> None:
    found = formats()
    assert found.unit == "SAR"
    for write, _, _ in BY_HAND:
        assert found.plain(write(found)) == write(found)
    assert found.plain(found.isolate("نورة")) == "نورة"


def everything_said(found: Formats) -> Iterator[str]:
    """Yield sentences of all sorts, for all kinds of periods."""
    sides = (None, Figures(), figures_of(won=1, lost=0), figures_of(won=2), figures_of(lost=1, won=0), figures_of())
    for kind in KINDS:
        periods = plan_of(kind)
        said = Sentences(found.language, found, periods)
        empty = overall_section(periods, (pipeline_of(periods, lambda one: Window(one, figures_of())),))
        yield from (said.compared, said.before, said.trailing(), said.per_period(Figure.WON))
        yield from (said.trend_alt(empty, Figure.VALUE_WON), said.closed_alt(empty), said.flow_alt(empty))
        yield from (said.trend_caption(empty), said.agents_caption(empty), said.spark_alt(empty, Figure.WIN_RATE))
        for now in sides:
            for before in sides:
                section = replace(empty, current=now, deltas=deltas(now, before))
                one = headline(section)
                yield from (said.headline(replace(one, previous=before)), said.lede(one), said.short(one))
        for now, before in ((150, 100), (100, 150), (100, 100)):
            yield said.on_year_ago(delta(Figure.VALUE_WON, now, before))
            yield said.on_year_ago(delta(Figure.VALUE_WON, now, before), plain=True)


@pytest.mark.parametrize("digits", ["latn", "arab"])
def test_no_digit_of_a_sentence_stands_outside_an_isolate(digits: Digits) -> None:
    for text in everything_said(formats_in("ar", digits)):
        assert is_balanced(text), text
        assert not re.search(r"\d", outside(text)), text
        if digits == "arab":
            assert not re.search("[0-9]", text), text


@pytest.mark.parametrize("one", [*"\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d\u202e\u200e\u200f\u061c"])
def test_a_name_can_bring_no_direction_of_its_own(one: str) -> None:
    for name in (f"{one}نورة{one}", f"a{one}b", one):
        assert one not in clean(name)
        assert is_balanced(formats_in("ar").isolate(clean(name)))
    assert clean(one) == clean("")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian: a letter ends its form without a space
        ("ه\u200dم", "ه\u200dم"),
        ("ه\u200c\u200c\u200dم", "ه\u200cم"),
        ("ab\u200ccd", "abcd"),
        ("نورة\u200d", "نورة"),
        ("\u200dنورة \u200c علي", "نورة علي"),
        ("سِ\u200cم", "سِ\u200cم"),
    ],
)
def test_joiners_stay_between_letters_that_join_and_nowhere_else(name: str, kept: str) -> None:
    assert clean(name) == kept
    assert clean(kept) == kept


@given(st.lists(isolated, min_size=1, max_size=6).map(" ".join), st.integers(5, 40))
def test_lines_and_cut_texts_close_what_they_open(text: str, most: int) -> None:
    lines = reopened([text[at : at + most] for at in range(0, len(text), most)])
    assert all(is_balanced(line) for line in lines)
    assert "".join(map(Formats.plain, lines)) == Formats.plain(text)
    assert is_balanced(cut_at_word(text[:most]))


def test_words_stay_in_their_languages_order_after_a_line_ends() -> None:
    first, second = reopened([f"من {RIGHT_TO_LEFT}{LEFT_TO_RIGHT}{MINUS}5{POP}", f"ألف{POP} إلى"])
    assert first == f"من {RIGHT_TO_LEFT}{LEFT_TO_RIGHT}{MINUS}5{POP}{POP}"
    assert second == f"{RIGHT_TO_LEFT}ألف{POP} إلى"
