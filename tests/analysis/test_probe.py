"""Which reading fits the cards: each server counts one way, and the verdicts must say which."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.probe import (
    Evidence,
    Outcome,
    Reading,
    Subject,
    Verdict,
    Why,
    decide,
    tell_apart,
    windows_to_ask,
)
from reports.figures import Card, Figures, StageFigures, Window
from reports.periods import Period

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RIYADH, UTC_DAYS, DUBAI = ZoneInfo("Asia/Riyadh"), ZoneInfo("UTC"), ZoneInfo("Asia/Dubai")
RIVALS = (UTC_DAYS, DUBAI)
TODAY = date(2026, 11, 22)
START = datetime(2026, 2, 1, tzinfo=UTC)
STATUSES = ("open", "open", "won", "won", "lost", "snoozed")

moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 20), timezones=st.just(UTC))  # noqa: DTZ001 - just above
values = st.none() | st.decimals(-1000, 100_000, places=2)


@st.composite
def deals(draw: st.DrawFn) -> tuple[Card, datetime]:
    """Draw a card with the moment it was closed, which the card itself doesn't tell."""
    made = draw(moments)
    closed, changed = sorted(made + timedelta(minutes=draw(st.integers(0, 90_000))) for _ in range(2))
    status, stage = draw(st.sampled_from(STATUSES)), draw(st.integers(1, 3))
    return Card(1, made, changed, stage, status, draw(values), "SAR"), closed


def business(count: int = 240, edited: timedelta = timedelta(days=40)) -> list[tuple[Card, datetime]]:
    """Make deals at all hours; they close within 50 days and are changed once more some time after that."""
    rng = Random(5)  # noqa: S311 - no secret
    found = []
    for number in range(count):
        made = START + timedelta(minutes=rng.randrange(270 * 24 * 60))
        closed = made + timedelta(hours=rng.randrange(50 * 24))
        changed = closed + edited * rng.random()
        status = STATUSES[number % len(STATUSES)]
        value = Decimal(rng.randrange(1, 90_000))
        found.append((Card(number, made, changed, 1 + number % 3, status, value, "SAR"), closed))
    return found


def created(card: Card, _: datetime, within: Callable[[datetime], bool]) -> bool:
    return within(card.created_at)


def closed_in(_: Card, closed: datetime, within: Callable[[datetime], bool]) -> bool:
    return within(closed)


def changed_in(card: Card, _: datetime, within: Callable[[datetime], bool]) -> bool:
    return within(card.changed_at)


def everything(*_: object) -> bool:
    return True


def still_open(card: Card, _: datetime, within: Callable[[datetime], bool]) -> bool:
    return card.status in {"open", "snoozed"} and within(card.created_at)


def answered(  # noqa: PLR0917 - one for each thing a server may read differently
    known: Sequence[tuple[Card, datetime]],
    period: Period,
    zone: ZoneInfo = RIYADH,
    making: Callable[..., bool] = created,
    winning: Callable[..., bool] = closed_in,
    staging: Callable[..., bool] = created,
) -> Window:
    """Answer a window as a server would that knows when deals were closed."""

    def within(moment: datetime) -> bool:
        return period.since <= moment.astimezone(zone).date() <= period.until

    def those(chosen: Callable[..., bool], *statuses: str) -> list[Card]:
        fitting = [card for card, closed in known if chosen(card, closed, within)]
        return [card for card in fitting if not statuses or card.status in statuses]

    def worth(cards: list[Card]) -> Decimal:
        return sum((card.value or Decimal(0) for card in cards), Decimal(0))

    made, won, lost, staged = those(making), those(winning, "won"), those(winning, "lost"), those(staging)
    stages = {number: [card for card in staged if card.stage == number] for number in (1, 2, 3)}
    return Window(
        period,
        Figures(len(made), len(won), len(lost), worth(made), worth(won)),
        (),
        tuple(StageFigures(number, f"Stage {number}", len(cards), worth(cards)) for number, cards in stages.items()),
    )


def evidence(known: Sequence[tuple[Card, datetime]], zone: ZoneInfo = RIYADH, **read: Callable[..., bool]) -> Evidence:
    cards = tuple(card for card, _ in known)
    periods = windows_to_ask(cards, RIYADH, RIVALS, TODAY)
    return Evidence(7, cards, tuple(answered(known, one, zone, **read) for one in periods), frozenset({"SAR"}))


def verdicts(*found: Evidence, unasked: int = 0) -> dict[Subject, Verdict]:
    return {one.subject: one for one in decide(found, RIYADH, RIVALS, unasked)}


def outcome(found: dict[Subject, Verdict], subject: Subject) -> tuple[Outcome, Why, str | None]:
    one = found[subject]
    return one.outcome, one.why, one.values.get("reading") or one.values.get("zone")


FINE = (Outcome.VERIFIED, Why.ALONE, None)


def test_a_server_that_counts_as_we_read_it_is_verified_throughout() -> None:
    found = verdicts(evidence(business()))
    assert list(found) == list(Subject)
    assert {subject: outcome(found, subject) for subject in Subject} == dict.fromkeys(Subject, FINE)


@pytest.mark.parametrize(
    ("read", "subject", "reading"),
    [
        ({"winning": created}, Subject.WON, Reading.CREATED),
        ({"winning": everything}, Subject.WON, Reading.ALL),
        ({"staging": everything}, Subject.STAGES, Reading.ALL),
        ({"staging": still_open}, Subject.STAGES, Reading.OPEN),
        ({"making": changed_in}, Subject.CREATED, Reading.CHANGED),
        ({"making": still_open}, Subject.CREATED, Reading.OPEN),
    ],
)
def test_another_reading_that_fits_instead_is_named(
    read: dict[str, Callable[..., bool]], subject: Subject, reading: Reading
) -> None:
    found = verdicts(evidence(business(), **read))
    assert outcome(found, subject) == (Outcome.DIFFERS, Why.INSTEAD, reading)
    untouched = set(Subject) - {subject, Subject.TIMEZONE}
    assert {one: outcome(found, one) for one in untouched} == dict.fromkeys(untouched, FINE)


def test_closing_and_last_change_cannot_be_told_apart_by_cards() -> None:
    either = (Outcome.ASSUMED, Why.AS_WELL, Reading.CHANGED)
    assert outcome(verdicts(evidence(business(edited=timedelta(0)))), Subject.WON) == either
    assert outcome(verdicts(evidence(business(), winning=changed_in)), Subject.WON) == either


def test_a_few_deals_that_may_have_closed_on_their_first_day_prove_nothing() -> None:
    found = verdicts(evidence(business(30), winning=created))
    assert outcome(found, Subject.WON) == (Outcome.ASSUMED, Why.AS_WELL, Reading.CREATED)


def test_numbers_that_nothing_explains_are_quoted() -> None:
    one = evidence(business())
    window = one.windows[-1]
    bad = replace(window, figures=replace(window.figures, won=window.figures.won + 200))
    found = verdicts(replace(one, windows=(*one.windows[:-1], bad)))[Subject.WON]
    assert (found.outcome, found.why) == (Outcome.DIFFERS, Why.NUMBERS)
    assert (found.values["field"], found.values["found"]) == ("total_won", str(bad.figures.won))
    assert (found.values["pipeline"], found.values["since"]) == ("7", str(window.period.since))
    assert int(found.values["low"]) <= window.figures.won <= int(found.values["high"])


@pytest.mark.parametrize("zone", RIVALS, ids=str)
def test_the_days_of_another_zone_are_named_and_nothing_else_is_blamed_for_them(zone: ZoneInfo) -> None:
    found = verdicts(evidence(business(), zone))
    assert outcome(found, Subject.TIMEZONE) == (Outcome.DIFFERS, Why.OTHER_DAYS, zone.key)
    others = set(Subject) - {Subject.TIMEZONE}
    assert {one: outcome(found, one) for one in others} == dict.fromkeys(others, FINE)


def test_zones_that_give_the_same_days_are_not_told_apart() -> None:
    noon = [
        (replace(card, created_at=card.created_at.replace(hour=9), changed_at=card.changed_at + timedelta(1)), closed)
        for card, closed in business()
    ]
    found = verdicts(evidence(noon))
    assert outcome(found, Subject.TIMEZONE) == (Outcome.ASSUMED, Why.SAME_DAYS, "UTC")


def test_a_zone_is_not_judged_by_deals_that_fit_none() -> None:
    found = verdicts(evidence(business(), making=everything))
    assert outcome(found, Subject.CREATED) == (Outcome.DIFFERS, Why.INSTEAD, Reading.ALL)
    assert outcome(found, Subject.TIMEZONE) == (Outcome.ASSUMED, Why.NO_ZONE, None)


def test_a_zone_under_another_name_is_no_rival() -> None:
    names = ("Asia/Kuwait", "Asia/Riyadh", "UTC", "Africa/Cairo")
    assert [one.key for one in tell_apart(RIYADH, map(ZoneInfo, names), TODAY)] == ["UTC", "Africa/Cairo"]


def currency(*codes: str | None, value: int | None = 5, reported: str = "SAR", unasked: int = 0) -> Verdict:
    one = evidence(business(len(codes)))
    worth = None if value is None else Decimal(value)
    cards = tuple(replace(card, currency=code, value=worth) for card, code in zip(one.cards, codes, strict=True))
    return verdicts(replace(one, cards=cards, currencies=frozenset({reported})), unasked=unasked)[Subject.CURRENCY]


def test_the_currency_is_that_of_every_deal_with_a_value() -> None:
    assert currency("SAR", "SAR").outcome is Outcome.VERIFIED
    assert currency("SAR", "SAR", unasked=2).values == {"number": "2"}
    assert (currency("SAR", None).why, currency("SAR", None).values) == (Why.NO_CURRENCY, {"number": "1"})
    assert currency("SAR", "USD", value=None).why is Why.NO_DEALS
    for codes, reported in ((("SAR", "USD"), "SAR"), (("USD", "USD"), "SAR"), (("USD", None), "EUR")):
        assert currency(*codes, reported=reported).outcome is Outcome.DIFFERS
    assert currency("USD", "SAR").values == {"pipeline": "7", "found": "SAR, USD", "expected": "SAR"}


def test_without_deals_everything_is_assumed() -> None:
    for found in (decide([], RIYADH, RIVALS), decide([Evidence(7, (), ())], RIYADH, RIVALS)):
        assert {(one.outcome, one.why) for one in found} == {(Outcome.ASSUMED, Why.NO_DEALS)}
    assert windows_to_ask([], RIYADH, RIVALS, TODAY) == []


@given(st.lists(deals(), min_size=1, max_size=25))
def test_a_server_that_counts_as_we_read_it_is_never_said_to_differ(known: list[tuple[Card, datetime]]) -> None:
    found = verdicts(evidence(known))
    assert all(one.outcome is not Outcome.DIFFERS for one in found.values()), found


@given(st.lists(deals(), min_size=1, max_size=25), st.sampled_from([created, changed_in, everything, still_open]))
def test_what_is_verified_is_fitted_by_no_other_reading(
    known: list[tuple[Card, datetime]], read: Callable[..., bool]
) -> None:
    """Whoever counts otherwise may go unnoticed for want of deals, but is never called verified."""
    if read is not created:
        assert verdicts(evidence(known, making=read))[Subject.CREATED].outcome is not Outcome.VERIFIED
        assert verdicts(evidence(known, staging=read))[Subject.STAGES].outcome is not Outcome.VERIFIED
    if read is not still_open:
        assert verdicts(evidence(known, winning=read))[Subject.WON].outcome is not Outcome.VERIFIED


def test_another_zone_does_not_verify_what_another_reading_explains_as_well() -> None:
    """Two deals near midnight: `open deals by Riyadh's days` and `all deals by UTC's` give the same numbers."""
    first, second = datetime(2026, 5, 4, 21, 48, tzinfo=UTC), datetime(2026, 6, 1, 21, 0, tzinfo=UTC)
    known = [
        (Card(1, first, first + timedelta(hours=3), 1, "open", None, "SAR"), first),
        (Card(2, second, second, 1, "won", None, "SAR"), second),
    ]
    found = verdicts(evidence(known, making=still_open))
    assert outcome(found, Subject.CREATED) == (Outcome.ASSUMED, Why.AS_WELL, "open")


@given(st.lists(deals(), min_size=1, max_size=25), st.sampled_from(RIVALS))
def test_another_zone_is_never_verified(known: list[tuple[Card, datetime]], zone: ZoneInfo) -> None:
    assert verdicts(evidence(known, zone))[Subject.TIMEZONE].outcome is not Outcome.VERIFIED


@given(st.lists(deals(), min_size=1, max_size=25))
def test_the_work_is_bounded_and_no_window_reaches_into_the_future(known: list[tuple[Card, datetime]]) -> None:
    periods = windows_to_ask([card for card, _ in known], RIYADH, RIVALS, TODAY)
    assert 1 <= len(periods) <= 3 + len(RIVALS) + 1
    assert max(one.until for one in periods) <= TODAY
    first = min(card.created_at.astimezone(RIYADH).date() for card, _ in known)
    assert Period(first, TODAY) in periods
