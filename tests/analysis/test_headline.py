"""The headline's verb follows from the value won of both periods."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.deltas import deltas
from reports.analysis.headline import headline
from reports.analysis.sections import pipeline_section
from reports.figures import Figure, Figures, Section, Verb, Window
from tests.making import figures, pipeline_of, plan_of

WEEKS = plan_of()


def section(now: Figures | None, before: Figures | None) -> Section:
    empty = pipeline_section(WEEKS, pipeline_of(WEEKS, lambda period: Window(period, Figures())))
    return replace(empty, current=now, previous=before, deltas=deltas(now, before))


def won(value: str, deals: int = 1) -> Figures:
    return Figures(created=9, won=deals, value_won=Decimal(value))


@pytest.mark.parametrize(
    ("now", "before", "verb"),
    [
        (won("60000"), won("50000"), Verb.ROSE),
        (won("50000"), won("60000"), Verb.FELL),
        (won("50000"), won("50000"), Verb.HELD),
        (won("100499"), won("100000"), Verb.HELD),  # 0.499 %, which prints as 0 %
        (won("100500"), won("100000"), Verb.ROSE),  # 0.5 %, which prints as 1 %
        (won("99501"), won("100000"), Verb.HELD),
        (won("99500"), won("100000"), Verb.FELL),
        (won("500"), won("0", 0), Verb.STARTED),
        (won("0", 0), won("500"), Verb.STOPPED),
        (won("0", 3), won("500"), Verb.FELL),  # deals were won, all of them without a value
        (won("-10"), won("500"), Verb.FELL),
        (won("0", 0), won("0", 0), Verb.NOTHING),
        (won("0", 2), won("0", 0), Verb.STOOD),
        (won("-10", 1), won("0", 0), Verb.STOOD),
        (won("500"), won("-10"), Verb.STOOD),
        (won("500"), None, Verb.STOOD),
        (won("0", 0), None, Verb.NOTHING),
        (None, won("500"), Verb.NO_DATA),
        (None, None, Verb.NO_DATA),
    ],
)
def test_the_verb_by_hand(now: Figures | None, before: Figures | None, verb: Verb) -> None:
    assert headline(section(now, before)).verb is verb


@given(st.none() | figures, st.none() | figures)
def test_the_verb_says_what_the_value_did(now: Figures | None, before: Figures | None) -> None:
    found = headline(section(now, before))
    assert (found.current, found.previous) == (now, before)
    assert found.delta == deltas(now, before)[Figure.VALUE_WON]
    assert (found.verb is Verb.NO_DATA) == (now is None)
    if now is None:
        return
    if found.verb in {Verb.ROSE, Verb.FELL, Verb.HELD, Verb.STOPPED}:
        assert before is not None
        assert before.value_won > 0
    if found.verb in {Verb.ROSE, Verb.FELL} and before is not None:
        assert (now.value_won > before.value_won) == (found.verb is Verb.ROSE)
    if found.verb is Verb.STARTED:
        assert before is not None
        assert before.value_won == 0 < now.value_won
    if found.verb in {Verb.STOPPED, Verb.NOTHING}:
        assert now.won == 0
