"""The sentences say what the figures say, for every kind of period."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.analyse import analyse
from reports.analysis.deltas import delta, deltas
from reports.analysis.headline import headline
from reports.analysis.sections import overall_section
from reports.figures import Figure, Figures, Number, Window
from reports.findings import CalendarNote, Comparison, Section
from reports.periods import Period, plan_span
from reports.present.definitions import definitions
from reports.present.formats import DASH, NBSP
from reports.present.holidays import calendar_sentences
from reports.present.kpis import ORDER, kpis
from tests.making import KINDS, SUNDAYS, fetched, figures, figures_of, pipeline_of, plan_of, sentences, snapshot_of

WEEKS = plan_of()
ENGLISH = sentences(WEEKS)
WAS = "75.0% the week before."


def section(now: Figures | None, before: Figures | None) -> Section:
    empty = overall_section(WEEKS, (pipeline_of(WEEKS, lambda period: Window(period, Figures())),))
    trend = (replace(empty.trend[0], figures=None), *empty.trend[1:-1], replace(empty.trend[-1], figures=now))
    return replace(empty, current=now, previous=before, deltas=deltas(now, before), trend=trend)


def won(value: int, deals: int = 1, lost: int = 0) -> Figures:
    return Figures(created=9, won=deals, lost=lost, value_won=Decimal(value))


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (won(60_000), won(50_000), "Value won rose 20% to SAR 60K"),
        (won(40_000), won(50_000), "Value won fell 20% to SAR 40K"),
        (won(50_100), won(50_000), "Value won held at SAR 50.1K"),
        (won(500), won(0, 0), "SAR 500 won, after nothing the week before"),
        (won(0, 0), won(500), "Nothing was won, after SAR 500 the week before"),
        (won(500), None, "Value won stands at SAR 500"),
        (won(0, 0), won(0, 0), "Nothing was won in this period"),
        (None, won(500), "There is no data for this period"),
    ],
)
def test_the_headline_by_hand(now: Figures | None, before: Figures | None, text: str) -> None:
    assert ENGLISH.headline(headline(section(now, before))).replace(NBSP, " ") == text


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (
            won(1, 1, 1),
            won(1, 3, 1),
            f"1 deal was won, 2 fewer than the week before. Of the 2 deals closed, 50.0% were won; {WAS}",
        ),
        (
            won(1, 12, 0),
            won(1, 3, 1),
            f"12 deals were won, 9 more than the week before. Of the 12 deals closed, 100.0% were won; {WAS}",
        ),
        (won(1, 1), won(1, 1), "1 deal was won, as many as the week before. "),
        (won(1, 0, 1), None, "0 deals were won. The one deal closed was lost."),
        (won(0, 0), None, "0 deals were won. No deal was closed."),
        (won(1, 1), won(0, 0), "1 deal was won, 1 more than the week before. The one deal closed was won."),
    ],
)
def test_the_sentence_below_by_hand(now: Figures, before: Figures | None, text: str) -> None:
    found = ENGLISH.lede(headline(section(now, before)))
    assert found.startswith(text) if text.endswith(" ") else found == text


@given(st.none() | figures, st.none() | figures)
def test_every_sentence_is_filled_in(now: Figures | None, before: Figures | None) -> None:
    one = section(now, before)
    texts = [ENGLISH.headline(headline(one)), ENGLISH.lede(headline(one)), ENGLISH.closed_alt(one)]
    texts += [ENGLISH.trend_alt(one, figure) for figure in Figure] + [ENGLISH.spark_alt(one, it) for it in Figure]
    for text in texts:
        assert not re.search(r"[{}]|None|NaN|Infinity|\s\s", text), text
    assert (texts[1] == "") == (now is None)


@given(fetched(WEEKS))
def test_the_description_of_a_trend_names_its_highest_and_lowest(pipelines: tuple) -> None:  # type: ignore[type-arg]
    one = analyse(WEEKS, snapshot_of(*pipelines)).overall
    known = [point.figures.value_won for point in one.trend if point.figures]
    text = ENGLISH.trend_alt(one, Figure.VALUE_WON)
    if one.current is None:
        assert text == "Value won per week: no data."
        return
    for label, value in (("highest", max(known)), ("lowest", min(known))):
        assert f"{label} {ENGLISH.formats.compact_money(value)}" in text


@pytest.mark.parametrize(
    ("kind", "before", "per"),
    [
        ("day", "the day before", "Value won per day"),
        ("week", "the week before", "Value won per week"),
        ("month", "the month before", "Value won per month"),
        ("quarter", "the quarter before", "Value won per quarter"),
        ("year", "the year before", "Value won per year"),
        ("last_1_days", "the day before", "Value won per day"),
        ("last_30_days", "the 30 days before", "Value won per 30 days"),
        ("month_to_date", "the same days of the month before", "Value won per month, to date"),
        ("quarter_to_date", "the same days of the quarter before", "Value won per quarter, to date"),
        ("year_to_date", "the same days of the year before", "Value won per year, to date"),
    ],
)
def test_every_kind_of_period_has_its_words(kind: str, before: str, per: str) -> None:
    said = sentences(plan_of(kind))
    assert said.before == before
    assert said.per_period(Figure.VALUE_WON) == per
    assert said.compared.startswith("compared with ")
    assert said.trailing().startswith("4 ")


def test_every_kind_is_tested() -> None:
    marks = test_every_kind_of_period_has_its_words.pytestmark  # type: ignore[attr-defined]
    assert [one[0] for one in marks[0].args[1]] == list(KINDS)


def test_unequal_numbers_of_days_are_said() -> None:
    assert sentences(plan_of("week")).compared == f"compared with 8{DASH}14 Nov"
    assert sentences(plan_of("month")).compared == "compared with September (31 days, 30 before)"
    cut = plan_of("month_to_date", date(2026, 3, 31))
    assert sentences(cut).compared.endswith("(30 days, 28 before)")


def test_the_year_before_is_named_where_it_differs() -> None:
    assert sentences(plan_of("month", date(2026, 2, 3))).previous == "December 2025"
    assert sentences(plan_of("month", date(2026, 3, 3))).previous == "January"


def test_a_span_by_hand_has_its_own_number_of_days() -> None:
    said = sentences(plan_span(Period(date(2026, 11, 1), date(2026, 11, 10)), SUNDAYS, 3))
    assert said.before == "the 10 days before"
    assert said.trailing() == "3 times 10 days to 10 Nov 2026"


def test_bars_are_described_one_by_one() -> None:
    assert ENGLISH.list_alt("Value won", [("Noura", "60K"), ("Omar", "5K")]) == "Value won: Noura 60K; Omar 5K."
    assert ENGLISH.list_alt("Value won", []) == "Value won: none."


def test_a_name_with_braces_is_a_name() -> None:
    assert ENGLISH.list_alt("{title}", [("{0}", "{x.__class__}")]) == "{title}: {0} {x.__class__}."


def test_key_figures_have_their_order_and_all_their_texts() -> None:
    found = kpis(ENGLISH, section(won(60_000, 10, 4), won(50_000, 8, 4)))
    assert [one.figure for one in found] == list(ORDER)
    assert set(ORDER) == set(Figure)
    first = found[0]
    assert (first.label, first.value.replace(NBSP, " "), first.was) == ("Value won", "SAR 60K", "50K")
    assert (first.exact, first.exact_was, first.change.text) == ("60,000", "50,000", "20.0%")
    assert [one.figure for one in found if one.is_money] == [Figure.VALUE_WON, Figure.DEAL_SIZE, Figure.VALUE_CREATED]


@pytest.mark.parametrize(
    ("figure", "now", "ago", "text", "plain"),
    [
        (Figure.VALUE_WON, 112, 100, "▲ 12.0% on a year ago", "+12.0% on a year ago"),
        (Figure.WON, 12, 15, "▼ 3 on a year ago", "−3 on a year ago"),
        (Figure.WIN_RATE, Decimal(40), Decimal("42.1"), "▼ 2.1 pts on a year ago", "−2.1 pts on a year ago"),
        (Figure.VALUE_WON, 100, 100, "unchanged on a year ago", "unchanged on a year ago"),
        (Figure.WON, 0, 0, "unchanged on a year ago", "unchanged on a year ago"),
        (Figure.WON, 5, 0, "▲ from nothing a year ago", "from nothing a year ago"),
        (Figure.WON, 5, None, "no comparison with a year ago", "no comparison with a year ago"),
    ],
)
def test_a_change_on_a_year_ago(figure: Figure, now: Number | None, ago: Number | None, text: str, plain: str) -> None:
    found = delta(figure, now, ago)
    assert (ENGLISH.on_year_ago(found), ENGLISH.on_year_ago(found, plain=True)) == (text, plain)


def test_key_figures_and_the_trend_speak_of_a_year_ago_only_where_it_is_compared() -> None:
    compared = plan_of(with_year_ago=True)
    for periods, expected in (
        (WEEKS, {""}),
        (compared, {"60,000", "10", "4", "30", "150,000", "71.4%", "6,000", "33.3%"}),
    ):
        one = overall_section(periods, (pipeline_of(periods, lambda period: Window(period, figures_of())),))
        said = sentences(periods)
        found = kpis(said, one)
        assert {it.exact_year_ago for it in found} == expected
        assert {it.year_ago for it in found} == ({"unchanged on a year ago"} if periods.year_ago else {""})
        assert ("a year ago" in said.trend_alt(one, Figure.VALUE_WON)) == bool(periods.year_ago)
    assert sentences(compared).year_ago == "16–22 Nov 2025"
    assert ENGLISH.year_ago == ""


def test_the_calendar_is_spoken_of_only_where_it_differs() -> None:
    before = CalendarNote(Comparison.PREVIOUS, 0, 7, 3, 3)
    ago = CalendarNote(Comparison.YEAR_AGO, 0, 2, 3, 0)
    assert calendar_sentences(ENGLISH, ()) == ""
    assert (
        calendar_sentences(ENGLISH, (before,)) == "Ramadan days: none now, 7 in 8–14 Nov. By the Umm al-Qura calendar."
    )
    assert calendar_sentences(ENGLISH, (before, ago)) == (
        "Ramadan days: none now, 7 in 8–14 Nov, 2 a year ago. Eid days: 3 now, none a year ago. "
        "By the Umm al-Qura calendar."
    )


def test_key_figures_without_data_are_dashes() -> None:
    for one in kpis(ENGLISH, section(None, None)):
        assert {one.value, one.was, one.exact, one.exact_was} == {DASH}
        assert one.change.missing


def test_definitions_say_assumed_only_where_nobody_has_verified() -> None:
    assumed, verified = (definitions(ENGLISH, "Asia/Riyadh", assumed=one) for one in (True, False))
    assert [one[0] for one in assumed] == [one[0] for one in verified]
    marked = [term for term, meaning in assumed if meaning.endswith("(assumed)")]
    assert marked == ["Deals created", "Deals won, deals lost", "Value won", "Stages", "Agents", "Periods"]
    assert not any("assumed" in meaning for _, meaning in verified)
    assert any("Asia/Riyadh" in meaning for _, meaning in verified)
