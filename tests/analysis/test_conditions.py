"""A condition is judged by its very numbers, and what is printed of them says the same."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from reports.analysis.conditions import Condition, Finding, Verdict, extent, judge, sent_anyway
from reports.analysis.conditions import Test as Ask  # pytest takes what is called Test for tests
from reports.analysis.reason import compared, described, reason
from reports.analysis.sections import overall_section
from reports.figures import Figure, Figures, Measure, Window
from reports.findings import NewFromZero, NoDelta, Section
from tests.making import figures, figures_of, pipeline_of, plan_of

if TYPE_CHECKING:
    from reports.periods import Period

PLAN = plan_of(trailing=10)
BELOW = {Ask.CHANGE_BELOW, Ask.VALUE_BELOW}
CHANGES = (Ask.CHANGE_BELOW, Ask.CHANGE_ABOVE)
VALUES = (Ask.VALUE_BELOW, Ask.VALUE_ABOVE)
any_figure = st.sampled_from(list(Figure))
a_bounded_test = st.sampled_from([*CHANGES, *VALUES])
bounds = st.decimals(-1_000_000, 1_000_000, places=4) | st.decimals(-2, 2, places=3) | st.just(Decimal(0))


def section_of(now: Figures, before: Figures, *earlier: Figures) -> Section:
    """Compare two weeks, the ones before them being as given, newest first, else like the previous one."""
    listed = [now, before, *earlier]
    by_period = dict(zip(reversed(PLAN.trailing), listed, strict=False))

    def window(period: Period) -> Window:
        return Window(period, by_period.get(period, before))

    return overall_section(PLAN, [pipeline_of(PLAN, window)])


def won(now: int | str, before: int | str) -> Section:
    return section_of(figures_of(value_won=now), figures_of(value_won=before))


def judged(condition: Condition, section: Section) -> Finding:
    verdict = judge([condition], section)
    [finding] = verdict.findings
    assert verdict.met is finding.holds
    return finding


def asked(test: Ask, bound: str | int = 0, figure: Figure = Figure.VALUE_WON) -> Condition:
    return Condition(test, figure, Decimal(bound))


def told(condition: Condition, section: Section) -> str:
    return reason(judge([condition], section), "SAR")


# What holds.


@given(a_bounded_test, any_figure, figures, figures, bounds, bounds)
def test_a_weaker_bound_holds_wherever_a_stronger_one_does(  # noqa: PLR0917 - one for each thing compared
    test: Ask, figure: Figure, now: Figures, before: Figures, one: Decimal, other: Decimal
) -> None:
    low, high = sorted((one, other))
    strong, weak = (low, high) if test in BELOW else (high, low)
    section = section_of(now, before)
    if judged(Condition(test, figure, strong), section).holds:
        assert judged(Condition(test, figure, weak), section).holds


@given(any_figure, figures, figures, bounds, st.sampled_from([CHANGES, VALUES]))
def test_below_and_above_never_hold_together_and_the_bound_itself_is_neither(
    figure: Figure, now: Figures, before: Figures, bound: Decimal, tests: tuple[Ask, Ask]
) -> None:
    section = section_of(now, before)
    below, above = (judged(Condition(test, figure, bound), section) for test in tests)
    assert not (below.holds and above.holds)
    found = below.value if below.change is None else extent(below.change)
    assert (below.holds or above.holds) == (found is not None and found != bound)
    if found is not None and Decimal(found).is_finite():
        there = Decimal(found)
        assert not any(judged(Condition(test, figure, there), section).holds for test in tests)


@given(figures, figures, bounds)
def test_a_change_of_a_sum_is_a_fraction_and_of_a_rate_points(now: Figures, before: Figures, bound: Decimal) -> None:
    section = section_of(now, before)
    for figure in Figure:
        was, value = before.value(figure), now.value(figure)
        if was is None or value is None or was <= 0:
            continue
        rate = figure.measure is Measure.PERCENT
        change = Decimal(value - was) if rate else Decimal(value - was) / was
        assert judged(Condition(Ask.CHANGE_BELOW, figure, bound), section).holds is (change < bound)
        assert judged(Condition(Ask.CHANGE_ABOVE, figure, bound), section).holds is (change > bound)


def test_small_counts_have_their_fraction_too() -> None:
    section = section_of(figures_of(won=3), figures_of(won=4))
    assert judged(asked(Ask.CHANGE_BELOW, "-0.2", Figure.WON), section).holds
    assert not judged(asked(Ask.CHANGE_BELOW, "-0.25", Figure.WON), section).holds


@given(bounds)
def test_new_from_zero_is_above_every_bound_and_below_none(bound: Decimal) -> None:
    section = won(500, 0)
    assert isinstance(section.deltas[Figure.VALUE_WON], NewFromZero)
    assert judged(Condition(Ask.CHANGE_ABOVE, Figure.VALUE_WON, bound), section).holds
    assert not judged(Condition(Ask.CHANGE_BELOW, Figure.VALUE_WON, bound), section).holds


NONE = {
    "both zero": (won(0, 0), Figure.VALUE_WON, "value won 0 SAR, change none (zero in both periods)"),
    "no denominator": (
        section_of(Figures(), figures_of()),
        Figure.WIN_RATE,
        "win rate without data, change none (no data)",
    ),
    "no denominator before": (
        section_of(figures_of(), Figures()),
        Figure.DEAL_SIZE,
        "average deal size 6,000 SAR, change none (no data for the period before)",
    ),
    "a credit note": (
        won(500, -20),
        Figure.VALUE_WON,
        "value won 500 SAR, change none (a negative sum can't be compared)",
    ),
}


@pytest.mark.parametrize("name", NONE)
def test_without_a_change_no_test_of_it_is_met_and_the_reason_says_why(name: str) -> None:
    section, figure, words = NONE[name]
    assert isinstance(section.deltas[figure], NoDelta)
    for test in CHANGES:
        for bound in ("-1000000", "0", "1000000"):
            assert not judged(asked(test, bound, figure), section).holds
    assert told(asked(Ask.CHANGE_BELOW, "-0.2", figure), section).startswith(f"no condition is met: {words}, asked")


def test_a_rate_without_data_is_neither_below_nor_above() -> None:
    section = section_of(Figures(), figures_of())
    for test in VALUES:
        for bound in (-1, 50, 1000):
            assert not judged(asked(test, bound, Figure.WIN_RATE), section).holds
    assert told(asked(Ask.VALUE_BELOW, 50, Figure.WIN_RATE), section) == (
        "no condition is met: win rate without data, asked for below 50 %"
    )


def test_a_pipeline_that_did_not_exist_meets_nothing() -> None:
    section = replace(won(1, 1), current=None, previous=None, deltas=overall_section(PLAN, []).deltas)
    for test in (*CHANGES, *VALUES):
        assert not judged(asked(test), section).holds


AMOUNTS = (60_500, 59_500, 60_200, 59_900, 60_100, 59_800, 60_300, 60_000)
STEADY = [figures_of(40, 10, 10, one) for one in AMOUNTS]


def test_a_signal_of_the_figure_that_is_named_or_of_any() -> None:
    section = section_of(figures_of(40, 10, 10, 90_000), *STEADY)
    assert {one.figure for one in section.signals} == {Figure.VALUE_WON, Figure.DEAL_SIZE}
    assert judged(Condition(Ask.SIGNAL), section).holds
    assert judged(Condition(Ask.SIGNAL, Figure.VALUE_WON), section).holds
    assert not judged(Condition(Ask.SIGNAL, Figure.WON), section).holds
    assert told(Condition(Ask.SIGNAL, Figure.VALUE_WON), section) == (
        "a condition is met: value won 90,000 SAR, above its ordinary range of 58,825.39 SAR to 61,352.39 SAR, "
        "asked for a signal"
    )
    assert told(Condition(Ask.SIGNAL, Figure.WON), section) == (
        "no condition is met: deals won 10, in its ordinary range of 10 to 10, asked for a signal"
    )


def test_a_run_is_a_signal_and_is_told() -> None:
    earlier = [figures_of(value_won=one) for one in (*[60_100] * 7, 59_000, 52_000)]
    section = section_of(figures_of(value_won="60100.10"), *earlier)
    found = told(Condition(Ask.SIGNAL, Figure.VALUE_WON), section)
    assert "value won 60,100.10 SAR, number 8 in a row above the mean of 59,077.78 SAR" in found


def test_without_limits_there_are_no_signals_and_the_reason_says_so() -> None:
    section = replace(won(60_000, 50_000), limits={}, signals=())
    assert "no figure has an ordinary range: fewer than 8 earlier periods with data" in told(
        Condition(Ask.SIGNAL), section
    )
    assert "win rate has no ordinary range" in told(Condition(Ask.SIGNAL, Figure.WIN_RATE), section)


def test_any_of_several_is_enough_and_only_what_holds_is_the_reason() -> None:
    section = won(48_000, 60_000)
    low, fallen = asked(Ask.VALUE_BELOW, 1000), asked(Ask.CHANGE_BELOW, "-0.1")
    verdict = judge([low, fallen], section)
    assert [one.holds for one in verdict.findings] == [False, True]
    assert verdict.met
    assert reason(verdict, "SAR") == ("a condition is met: value won 48,000 SAR, change -20 %, asked for below -10 %")
    assert reason(judge([low, asked(Ask.CHANGE_BELOW, "-0.2")], section), "SAR") == (
        "no condition is met: value won 48,000 SAR, asked for below 1,000 SAR; "
        "value won 48,000 SAR, change -20 %, asked for below -20 %"
    )


def test_without_conditions_every_slot_is_worth_it() -> None:
    assert judge([], won(1, 1)) == Verdict(met=True, findings=())


# What is printed.

EXAMPLES = [
    (won(412_000, 425_000), asked(Ask.CHANGE_BELOW, "-0.2"), "value won 412,000 SAR, change -3.1 %, below -20 %"),
    (won(80_040, 100_000), asked(Ask.CHANGE_BELOW, "-0.2"), "value won 80,040 SAR, change -19.96 %, below -20 %"),
    (won("80000.01", 100_000), asked(Ask.CHANGE_BELOW, "-0.2"), "80,000.01 SAR, change -19.99999 %, below -20 %"),
    (won(412_000, 0), asked(Ask.CHANGE_BELOW, "-0.2"), "value won 412,000 SAR, change from zero, below -20 %"),
    (won(412_000, 1), asked(Ask.VALUE_BELOW, 412_000), "value won 412,000 SAR, below 412,000 SAR"),
    (
        section_of(figures_of(won=9, lost=11), figures_of(won=10, lost=10)),
        asked(Ask.CHANGE_BELOW, -10, Figure.WIN_RATE),
        "win rate 45 %, change -5 points, below -10 points",
    ),
    (
        section_of(figures_of(won=2, lost=1), figures_of()),
        asked(Ask.VALUE_ABOVE, "66.7", Figure.WIN_RATE),
        "win rate 66.67 %, above 66.7 %",
    ),
    (
        section_of(figures_of(won=19, lost=1), figures_of(won=19, lost=1)),
        asked(Ask.CHANGE_ABOVE, 1, Figure.WIN_RATE),
        "win rate 95 %, change 0 points, above 1 point",
    ),
]


@pytest.mark.parametrize(("section", "condition", "words"), EXAMPLES)
def test_the_reason_in_words(section: Section, condition: Condition, words: str) -> None:
    found = told(condition, section)
    assert found.startswith("no condition is met: ")
    assert words in found.replace("asked for ", "")


@given(a_bounded_test, any_figure, figures, figures, bounds)
@example(
    Ask.CHANGE_BELOW, Figure.VALUE_WON, figures_of(value_won=80_040), figures_of(value_won=100_000), Decimal(-2) / 10
)
def test_the_printed_numbers_never_contradict_the_verdict(
    test: Ask, figure: Figure, now: Figures, before: Figures, bound: Decimal
) -> None:
    condition = Condition(test, figure, bound)
    finding = judged(condition, section_of(now, before))
    assume(finding.change is None or (extent(finding.change) or Decimal("NaN")).is_finite())
    assume(finding.value is not None)
    text = told(condition, section_of(now, before))
    *_, shown, against = (Decimal(one.replace(",", "")) for one in re.findall(r"-?\d[\d,]*(?:\.\d+)?", text))
    assert ((shown < against) if test in BELOW else (shown > against)) is finding.holds
    scale = 100 if test in CHANGES and figure.measure is not Measure.PERCENT else 1
    assert against == bound * scale, "the bound is quoted as it was given"


@given(figures, st.lists(figures, min_size=9, max_size=9))
def test_the_printed_ranges_never_contradict_the_signals(now: Figures, earlier: list[Figures]) -> None:
    section = section_of(now, *earlier)
    for figure in Figure:
        text = compared(judged(Condition(Ask.SIGNAL, figure), section), "SAR")
        numbers = [Decimal(one.replace(",", "")) for one in re.findall(r"-?\d[\d,]*(?:\.\d+)?", text)]
        if "in its ordinary range" in text:
            assert numbers[1] <= numbers[0] <= numbers[2]
        elif "above its ordinary range" in text:
            assert numbers[0] > numbers[2]
        elif "below its ordinary range" in text:
            assert numbers[0] < numbers[1]
        elif "above the mean" in text:
            assert numbers[0] > numbers[2]
        elif "below the mean" in text:
            assert numbers[0] < numbers[2]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (asked(Ask.CHANGE_BELOW, "-0.2"), "change of value won below -20 %"),
        (asked(Ask.CHANGE_ABOVE, "2.5", Figure.WIN_RATE), "change of win rate above 2.5 points"),
        (asked(Ask.VALUE_BELOW, 20_000), "value won below 20,000 SAR"),
        (asked(Ask.VALUE_ABOVE, 20, Figure.CREATED), "deals created above 20"),
        (Condition(Ask.SIGNAL), "a signal of any figure"),
        (Condition(Ask.SIGNAL, Figure.LOST), "a signal of deals lost"),
    ],
)
def test_a_condition_in_words(condition: Condition, words: str) -> None:
    assert described(condition, "SAR") == words


# Silence.


@given(st.integers(1, 50), st.lists(st.booleans(), max_size=200))
def test_nobody_waits_longer_than_was_asked_for(at_least_every: int, met: list[bool]) -> None:
    skipped = 0
    for one in met:
        skipped = 0 if one or sent_anyway(skipped, at_least_every) else skipped + 1
        assert skipped <= at_least_every


@given(st.integers(0, 10_000))
def test_without_such_a_wish_silence_has_no_end(skipped: int) -> None:
    assert not sent_anyway(skipped, None)
