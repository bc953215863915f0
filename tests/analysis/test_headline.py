"""The headline's verb follows from the value won of both periods."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.deltas import deltas
from reports.analysis.headline import headline, part
from reports.analysis.sections import pipeline_section
from reports.figures import Figure, Figures, Window
from reports.findings import Clause, Driver, Headline, Section, Verb
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


def told(now: Figures, before: Figures, *earlier: int) -> Headline:
    """Return the headline of the last of several weeks, the earlier ones with these values won."""
    known = [won(str(value)) for value in earlier]
    weeks = plan_of(trailing=len(known) + 2)
    values = dict(zip(weeks.trailing, [*known, before, now], strict=True))
    made = pipeline_section(weeks, pipeline_of(weeks, lambda period: Window(period, values[period])))
    return headline(made)


def closed(deals: int, of: int, value: int) -> Figures:
    return Figures(created=of, won=deals, lost=of - deals, value_won=Decimal(value))


STEADY = (100, 110, 90, 105, 95, 100, 110, 90)


@pytest.mark.parametrize(
    ("now", "before", "earlier", "clause", "driver"),
    [
        (closed(10, 40, 100), closed(20, 40, 200), (), Clause.DRIVER, Driver.WIN_RATE),
        (closed(10, 20, 100), closed(20, 40, 200), (), Clause.DRIVER, Driver.CLOSED),
        (closed(10, 20, 100), closed(10, 20, 200), (), Clause.DRIVER, Driver.DEAL_SIZE),
        (closed(16, 50, 240), closed(10, 40, 100), (), Clause.NO_SINGLE_FACTOR, None),
        (closed(10, 20, 105), closed(10, 20, 95), STEADY, Clause.ORDINARY, Driver.DEAL_SIZE),
        (closed(10, 20, 300), closed(10, 20, 95), STEADY, Clause.DRIVER, Driver.DEAL_SIZE),
        (closed(10, 20, 100), closed(10, 20, 100), (), Clause.NONE, None),
        (closed(0, 20, 0), closed(10, 20, 100), (), Clause.NONE, None),  # stopped: nothing to split
        (closed(10, 20, 100), closed(0, 20, 0), (), Clause.NONE, None),
        (closed(10, 20, -100), closed(10, 20, 100), (), Clause.NONE, None),  # a credit note: no logarithm
    ],
)
def test_the_clause_by_hand(
    now: Figures, before: Figures, earlier: tuple[int, ...], clause: Clause, driver: Driver | None
) -> None:
    found = told(now, before, *earlier)
    assert (found.clause, found.driver) == (clause, driver)


@given(figures, figures, st.lists(st.integers(0, 100_000), max_size=11))
def test_every_clause_recomputed(now: Figures, before: Figures, earlier: list[int]) -> None:
    found = told(now, before, *earlier)
    change = now.value_won - before.value_won
    if found.clause is Clause.ORDINARY:
        assert found.limits is not None
        assert found.limits.lower <= now.value_won <= found.limits.upper
        assert found.course is None
    elif found.clause is Clause.DRIVER:
        assert found.driver is not None
        assert found.drivers is not None
        named = part(found.drivers, found.driver)
        assert abs(named) * 2 >= abs(change)
        assert named * change > 0
        assert all(part(found.drivers, one) * (1 if change > 0 else -1) <= abs(named) for one in Driver)
        assert found.limits is None or found.course is not None, "nothing is said of what moved an ordinary value"
    elif found.clause is Clause.NO_SINGLE_FACTOR:
        assert found.drivers is not None
        for one in Driver:
            assert part(found.drivers, one) * change <= 0 or abs(part(found.drivers, one)) * 2 < abs(change)


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
