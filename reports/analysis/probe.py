"""Which reading of the source's figures fits its cards: keys and values, no words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from reports.periods import DAY, Period

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from reports.figures import Card, Number, Window

SPAN = 27 * DAY  # from the first to the last day of the old and of the recent window: four weeks
MANY = 20  # deals that would all have to have closed on the days they were made: no longer a coincidence
TOLERANCE = Decimal("0.01")  # of a sum that a server adds with doubles
CLOSED = {"won", "lost"}


class Subject(StrEnum):
    """A definition that the source's documentation leaves open."""

    CREATED = "created"
    WON = "won"
    STAGES = "by_stage"
    TIMEZONE = "timezone"
    CURRENCY = "currency"


class Outcome(StrEnum):
    """What a probe found of a definition."""

    VERIFIED = "verified"
    ASSUMED = "assumed"
    DIFFERS = "differs"


class Why(StrEnum):
    """What an outcome rests on; the verdict's values say more."""

    ALONE = "alone"  # the only reading compared that fits
    NO_DEALS = "no_deals"
    AS_WELL = "as_well"  # another `reading` fits too
    INSTEAD = "instead"  # another `reading` fits, this one doesn't
    NUMBERS = "numbers"  # none fits: `field` is `found` where cards give `low` to `high`
    SAME_DAYS = "same_days"  # the days of another `zone` fit too
    OTHER_DAYS = "other_days"  # the days of another `zone` fit, those of this one don't
    NO_ZONE = "no_zone"
    CURRENCIES = "currencies"  # the cards are in `found`, the report is in `expected`
    NO_CURRENCY = "no_currency"  # a `number` of cards with a value name none
    NOT_ASKED = "not_asked"  # a `number` of pipelines


class Reading(StrEnum):
    """Which cards a figure of a window may count."""

    CREATED = "created"
    CHANGED = "changed"
    CLOSED = "closed"
    OPEN = "open"
    ALL = "all"
    ALL_OPEN = "all_open"


@dataclass(frozen=True)
class Verdict:
    """What was found of one definition."""

    subject: Subject
    outcome: Outcome
    why: Why
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Proof:
    """The verdicts of one probe; what it has none on is assumed."""

    on: date
    verdicts: Mapping[Subject, Verdict]


@dataclass(frozen=True)
class Evidence:
    """One pipeline's cards, some windows of its analytics, and the currencies that reports show it in."""

    pipeline: int
    cards: tuple[Card, ...]
    windows: tuple[Window, ...]
    currencies: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Dated:
    """A card with the days of its making and of its last change in one zone."""

    card: Card
    created: date
    changed: date


@dataclass(frozen=True)
class _Look:
    """One window of one pipeline, with all cards of that pipeline."""

    pipeline: int
    window: Window
    cards: Sequence[_Dated]


@dataclass(frozen=True)
class _Measured:
    """One field of an answer, and what a reading of the cards allows it to be."""

    field: str
    found: Number
    low: Number
    high: Number

    @property
    def fits(self) -> bool:
        return self.low - TOLERANCE <= self.found <= self.high + TOLERANCE


@dataclass(frozen=True)
class _Question:
    """A definition: our reading of it, the rivals, and what a reading makes of a window."""

    subject: Subject
    ours: Reading
    rivals: tuple[Reading, ...]
    measure: Callable[[Reading, _Look], Iterator[_Measured]]
    outdone: Callable[[Reading, Sequence[_Look]], bool] = lambda _reading, _looks: False

    def fits(self, reading: Reading, looks: Iterable[_Look]) -> bool:
        return all(one.fits for look in looks for one in self.measure(reading, look))


# What to ask.


def windows_to_ask(cards: Sequence[Card], zone: ZoneInfo, rivals: Sequence[ZoneInfo], today: date) -> list[Period]:
    """Return an old window, a recent one, one that spans everything, and days that tell zones and readings apart."""
    days = sorted(day for card in cards if (day := _day(card.created_at, zone)) <= today)
    if not days:
        return []
    yesterday = today - DAY
    found = {Period(days[0], today)}
    if past := [day for day in days if day <= yesterday]:
        # Not the very first days: those are often an import, with everything on one of them.
        old = past[len(past) // 4]
        found |= {Period(old, min(old + SPAN, yesterday)), Period(max(days[0], yesterday - SPAN), yesterday)}
    telling = [_telling_day(cards, zone, rival, today) for rival in rivals]
    found |= {Period(day, day) for day in (*telling, _closing_day(cards, zone, today)) if day is not None}
    return sorted(found)


def _telling_day(cards: Sequence[Card], zone: ZoneInfo, rival: ZoneInfo, today: date) -> date | None:
    """Return the last complete day to which two zones give different numbers of cards."""
    surplus: dict[date, int] = {}
    for card in cards:
        here, there = _day(card.created_at, zone), _day(card.created_at, rival)
        surplus[here] = surplus.get(here, 0) + 1
        surplus[there] = surplus.get(there, 0) - 1
    return max((day for day, number in surplus.items() if number and day < today), default=None)


def _closing_day(cards: Sequence[Card], zone: ZoneInfo, today: date) -> date | None:
    """Return the complete day on which most deals were made that are closed and were changed on a later one."""
    made = Counter(
        day
        for card in cards
        if card.status in CLOSED and (day := _day(card.created_at, zone)) < _day(card.changed_at, zone) and day < today
    )
    return max(made, key=lambda day: (made[day], day), default=None)


def tell_apart(zone: ZoneInfo, others: Iterable[ZoneInfo], today: date) -> tuple[ZoneInfo, ...]:
    """Return the zones that aren't this one under another name: whose clocks differ in winter or in summer."""
    moments = [datetime(today.year, month, 15, 12, tzinfo=UTC) for month in (1, 7)]
    return tuple(
        other
        for other in others
        if any(one.astimezone(other).utcoffset() != one.astimezone(zone).utcoffset() for one in moments)
    )


# What the answers mean.


def decide(
    evidence: Sequence[Evidence], zone: ZoneInfo, rivals: Sequence[ZoneInfo], unasked: int = 0
) -> tuple[Verdict, ...]:
    """Return one verdict for each subject; `unasked` is how many pipelines of the reports were left out."""
    asked = [one for one in evidence if one.cards and one.windows]
    if not asked:
        return tuple(Verdict(subject, Outcome.ASSUMED, Why.NO_DEALS) for subject in Subject)
    looks = {one: _looks(asked, one) for one in (zone, *rivals)}
    fitting = [one for one, found in looks.items() if CREATED.fits(Reading.CREATED, found)]
    # Windows end at the source's midnight: a reading isn't blamed for what the zone alone explains.
    there = looks[zone if zone in fitting or not fitting else fitting[0]]
    return (
        *(_judge(question, there, looks[zone]) for question in (CREATED, WON, STAGES)),
        _judge_zone(zone, fitting),
        _judge_currency(asked, unasked),
    )


def _looks(evidence: Iterable[Evidence], zone: ZoneInfo) -> list[_Look]:
    found = []
    for one in evidence:
        cards = [_Dated(card, _day(card.created_at, zone), _day(card.changed_at, zone)) for card in one.cards]
        found += [_Look(one.pipeline, window, cards) for window in one.windows]
    return found


def _day(moment: datetime, zone: ZoneInfo) -> date:
    try:
        return moment.astimezone(zone).date()
    except OverflowError:  # year 1 or 9999, which some servers write for "not set"
        return moment.date()


def _judge(question: _Question, looks: Sequence[_Look], at_home: Sequence[_Look]) -> Verdict:
    """Judge by the days of the zone that fits; a rival may also fit by those of the configured one (`at_home`)."""
    ours = question.fits(question.ours, looks)
    rival = next((one for one in question.rivals if question.fits(one, looks) or question.fits(one, at_home)), None)
    if rival is not None and question.outdone(rival, looks):
        ours = False
    if ours and rival is None:
        return Verdict(question.subject, Outcome.VERIFIED, Why.ALONE)
    if rival is None:
        return Verdict(question.subject, Outcome.DIFFERS, Why.NUMBERS, _first_misfit(question, looks))
    outcome, why = (Outcome.ASSUMED, Why.AS_WELL) if ours else (Outcome.DIFFERS, Why.INSTEAD)
    return Verdict(question.subject, outcome, why, {"reading": rival.value})


def _first_misfit(question: _Question, looks: Iterable[_Look]) -> Mapping[str, str]:
    """Return the first field that our reading doesn't explain."""
    look, bad = next((look, one) for look in looks for one in question.measure(question.ours, look) if not one.fits)
    return {
        "pipeline": str(look.pipeline),
        "since": look.window.period.since.isoformat(),
        "until": look.window.period.until.isoformat(),
        "field": bad.field,
        "found": str(bad.found),
        "low": str(bad.low),
        "high": str(bad.high),
    }


def _judge_zone(zone: ZoneInfo, fitting: Sequence[ZoneInfo]) -> Verdict:
    others = [one.key for one in fitting if one != zone]
    if not fitting:
        return Verdict(Subject.TIMEZONE, Outcome.ASSUMED, Why.NO_ZONE)
    if not others:
        return Verdict(Subject.TIMEZONE, Outcome.VERIFIED, Why.ALONE)
    outcome, why = (Outcome.ASSUMED, Why.SAME_DAYS) if zone in fitting else (Outcome.DIFFERS, Why.OTHER_DAYS)
    return Verdict(Subject.TIMEZONE, outcome, why, {"zone": others[0]})


def _judge_currency(evidence: Iterable[Evidence], unasked: int) -> Verdict:
    """Compare the currencies of the cards that add to a sum: those with a value."""
    reported = [one for one in evidence if one.currencies]
    nameless = 0
    valued = 0
    for one in reported:
        cards = [card for card in one.cards if card.value]
        found = {card.currency for card in cards if card.currency}
        if any(found - {expected} for expected in one.currencies):
            values = {"pipeline": str(one.pipeline), "found": _list(found), "expected": _list(one.currencies)}
            return Verdict(Subject.CURRENCY, Outcome.DIFFERS, Why.CURRENCIES, values)
        nameless += sum(card.currency is None for card in cards)
        valued += len(cards)
    return _currency_that_fits(valued, nameless, unasked)


def _currency_that_fits(valued: int, nameless: int, unasked: int) -> Verdict:
    """Say how far it goes; unlike the other readings, a currency is that of each pipeline's deals."""
    if not valued:
        return Verdict(Subject.CURRENCY, Outcome.ASSUMED, Why.NO_DEALS)
    if nameless:
        return Verdict(Subject.CURRENCY, Outcome.ASSUMED, Why.NO_CURRENCY, {"number": str(nameless)})
    if unasked:
        return Verdict(Subject.CURRENCY, Outcome.ASSUMED, Why.NOT_ASKED, {"number": str(unasked)})
    return Verdict(Subject.CURRENCY, Outcome.VERIFIED, Why.ALONE)


def _list(codes: Iterable[str]) -> str:
    return ", ".join(sorted(codes))


# The readings.


def _counted(reading: Reading, look: _Look) -> list[Card]:
    return [one.card for one in look.cards if _counts(reading, one, look.window.period)]


def _counts(reading: Reading, one: _Dated, period: Period) -> bool:
    if reading in {Reading.OPEN, Reading.ALL_OPEN} and one.card.status in CLOSED:
        return False
    if reading in {Reading.ALL, Reading.ALL_OPEN}:
        return True
    day = one.changed if reading is Reading.CHANGED else one.created
    return period.since <= day <= period.until


def _created(reading: Reading, look: _Look) -> Iterator[_Measured]:
    cards, figures = _counted(reading, look), look.window.figures
    yield _exactly("total_created", figures.created, len(cards))
    yield _exactly("total_value_created", figures.value_created or Decimal(0), _value(cards))


def _stages(reading: Reading, look: _Look) -> Iterator[_Measured]:
    cards = _counted(reading, look)
    answered = {one.stage_id: (one.count, one.value) for one in look.window.stages if one.stage_id is not None}
    for stage in sorted(set(answered) | {card.stage for card in cards}):
        here = [card for card in cards if card.stage == stage]
        count, value = answered.get(stage, (0, Decimal(0)))
        yield _exactly(f"by_stage {stage} count", count, len(here))
        yield _exactly(f"by_stage {stage} value", value, _value(here))


def _won(reading: Reading, look: _Look) -> Iterator[_Measured]:
    """Measure the deals closed: exactly by a day that cards have, else by the bounds of the day they don't have."""
    counted = _counted(reading, look)
    sure, maybe = (_closed_within(look), _closed_maybe(look)) if reading is Reading.CLOSED else (counted, counted)
    figures = look.window.figures
    yield _Measured("total_won", figures.won, len(_of(sure, "won")), len(_of(maybe, "won")))
    yield _Measured("total_lost", figures.lost or 0, len(_of(sure, "lost")), len(_of(maybe, "lost")))
    yield _Measured("total_value_won", figures.value_won, *_bounds(_of(sure, "won"), _of(maybe, "won")))


def _bounds(sure: Iterable[Card], maybe: Iterable[Card]) -> tuple[Decimal, Decimal]:
    """Return the least and the most that cards can come to, some of which may not count; credit notes are negative."""
    certain, possible = ([card.value or Decimal(0) for card in cards] for cards in (sure, maybe))
    least = sum((min(one, Decimal(0)) for one in possible), Decimal(0))
    most = sum((max(one, Decimal(0)) for one in possible), Decimal(0))
    return (
        least + sum((max(one, Decimal(0)) for one in certain), Decimal(0)),
        most + sum((min(one, Decimal(0)) for one in certain), Decimal(0)),
    )


def _closed_within(look: _Look) -> list[Card]:
    """Return the cards both made and last changed in the window: if they are closed, they were closed in it."""
    period = look.window.period
    return [one.card for one in look.cards if period.since <= one.created and one.changed <= period.until]


def _closed_maybe(look: _Look) -> list[Card]:
    """Return the cards that can have been closed in the window: made before its end, last changed after its start."""
    period = look.window.period
    return [one.card for one in look.cards if one.created <= period.until and period.since <= one.changed]


def _made_rather_than_closed(reading: Reading, looks: Sequence[_Look]) -> bool:
    """Whether deals counted on the day they were made can no longer have been closed on that very day by chance.

    No bound can tell: a deal may have closed on its first day and have been changed since. So it takes many of them,
    in windows they were made in and last changed after, whose counts and value are all those of the deals made.
    """
    if reading is not Reading.CREATED or WON.fits(Reading.CHANGED, looks):
        return False
    late = {
        (look.pipeline, place)
        for look in looks
        for place, one in enumerate(look.cards)
        if one.card.status in CLOSED
        and look.window.period.until < one.changed
        and _counts(reading, one, look.window.period)
    }
    return len(late) >= MANY


def _of(cards: Iterable[Card], status: str) -> list[Card]:
    return [card for card in cards if card.status == status]


def _value(cards: Iterable[Card]) -> Decimal:
    return sum((card.value or Decimal(0) for card in cards), Decimal(0))


def _exactly(name: str, found: Number, expected: Number) -> _Measured:
    return _Measured(name, found, expected, expected)


CREATED = _Question(
    Subject.CREATED, Reading.CREATED, (Reading.CHANGED, Reading.OPEN, Reading.ALL, Reading.ALL_OPEN), _created
)
WON = _Question(
    Subject.WON, Reading.CLOSED, (Reading.CREATED, Reading.CHANGED, Reading.ALL), _won, _made_rather_than_closed
)
STAGES = _Question(
    Subject.STAGES, Reading.CREATED, (Reading.ALL, Reading.OPEN, Reading.ALL_OPEN, Reading.CHANGED), _stages
)
