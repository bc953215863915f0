"""Every slide has a sentence as its title, in each language."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from reports.analysis.sections import pipeline_section
from reports.analysis.slides import Stand
from reports.figures import Figure, Figures, StageFigures, Window
from reports.findings import (
    Check,
    CheckName,
    Failure,
    Limits,
    OpenDeal,
    OpenDeals,
    Section,
    StageChange,
    Target,
    TrendPoint,
)
from reports.present.formats import Formats
from reports.present.sentences import Sentences
from reports.present.slides import RANKS, TRENDS, Titles
from tests.making import arabic, english, formats, pipeline_of, plan_of

QUARTERS = plan_of("quarter", trailing=6)
EMPTY = pipeline_section(QUARTERS, pipeline_of(QUARTERS, lambda period: Window(period, Figures())))
LIMITS = Limits(Decimal(50_000), Decimal(10_000), Decimal(90_000), 8)
TITLES = Titles(Sentences(english(), formats(), QUARTERS))
ARABIC = Titles(Sentences(arabic(), Formats(arabic(), "SAR"), QUARTERS))


def section(now: int, *earlier: int) -> Section:
    def won(value: int) -> Figures:
        return Figures(created=9, won=1, value_won=Decimal(value))

    points = tuple(TrendPoint(QUARTERS.current, won(one)) for one in (*earlier, now))
    return replace(EMPTY, current=won(now), trend=points)


def said(text: str) -> str:
    return Formats.plain(text).replace("\u00a0", " ")


TARGET = Target(Figure.VALUE_WON, Decimal(80_000), Decimal(75))


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (section(60_000), "Value won is SAR 60K; no earlier period has data"),
        (section(60_000, 50_000, 40_000), "Value won, SAR 60K, is the highest of the last 3 periods"),
        (section(60_000, 70_000, 80_000), "Value won, SAR 60K, is the lowest of the last 3 periods"),
        (section(60_000, 70_000, 50_000), "Value won is SAR 60K; 1 of the 2 periods before was higher"),
        (section(60_000, 70_000, 80_000, 1), "Value won is SAR 60K; 2 of the 3 periods before were higher"),
        (
            replace(section(60_000, 1), limits={Figure.VALUE_WON: LIMITS}),
            "Value won, SAR 60K, is within its ordinary range, 10.0K to 90.0K",
        ),
        (replace(section(60_000), targets=(TARGET,)), "Value won, SAR 60K, is SAR 20K short of its target of SAR 80K"),
        (replace(section(80_000), targets=(TARGET,)), "Value won, SAR 80K, reached its target of SAR 80K"),
    ],
)
def test_the_trend(found: Section, text: str) -> None:
    assert said(TITLES.trend(found)) == text


def test_there_is_a_sentence_for_wherever_the_value_won_stands() -> None:
    assert {*TRENDS, *RANKS, Stand.BETWEEN} == set(Stand)


@pytest.mark.parametrize("higher", [0, 1, 2, 3, 11])
def test_every_plural_of_a_rank_names_its_numbers_in_arabic(higher: int) -> None:
    text = said(ARABIC.trend(section(60_000, *[70_000] * higher, 60_000, 50_000)))
    assert f"({higher + 2})" in text
    assert "60" in text
    if higher > 2:
        assert str(higher) in text.replace(f"({higher + 2})", "")


def stages(*counts: int) -> Section:
    found = tuple(
        StageChange(StageFigures(n, f"Stage {n}", one, Decimal(1)), None, None) for n, one in enumerate(counts)
    )
    return replace(EMPTY, stages=found)


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ((4, 9, 2), "Of 15 new deals, 9 stand in Stage 1, more than in any other stage"),
        ((0, 1), "The one new deal stands in Stage 1"),
        ((4, 4), "8 new deals, by the stage they stand in now"),
        ((0, 0), "0 new deals, by the stage they stand in now"),
    ],
)
def test_new_deals(counts: tuple[int, ...], text: str) -> None:
    assert said(TITLES.stages(stages(*counts))) == text


def deals(count: int, value: int | None, *largest: int) -> OpenDeals:
    listed = tuple(OpenDeal(n, "x", 1, "p", "s", None, Decimal(one), 1) for n, one in enumerate(largest))
    return OpenDeals((), count, None if value is None else Decimal(value), 0, 0, listed)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (deals(20, 400, 60, 40), "The 2 largest open deals hold 25% of the open value"),
        (deals(20, 400, 60), "The largest open deal holds 15% of the open value"),
        (deals(2, 100, 60, 40), "These 2 open deals have a value"),
        (deals(20, None, 60, 40), "The 2 largest open deals"),
    ],
)
def test_the_largest_open_deals(found: OpenDeals, text: str) -> None:
    assert said(TITLES.largest(found)) == text


def test_what_was_checked() -> None:
    passed = Check(CheckName.RATE, 3)
    failure = Failure(1, "x", QUARTERS.current, "value", 1, 2)
    assert TITLES.checks((passed, passed)) == "The figures passed all 2 checks"
    assert TITLES.checks((passed, Check(CheckName.SIZE, 3, (failure,)))) == "1 check found something that doesn't agree"


def test_nobody_leads_where_two_are_level() -> None:
    assert TITLES.team(section(60_000)) == "No agent won more than all others"
