"""What the definitions and the command say of a probe."""

from __future__ import annotations

import pytest

from reports.analysis.probe import Outcome, Proof, Reading, Subject, Verdict, Why
from reports.present import verdicts
from reports.present.definitions import definitions
from reports.present.verdicts import Quotes
from tests.making import AS_OF, formats, sentences

NUMBERS = {
    "pipeline": "1",
    "since": "2026-11-01",
    "until": "2026-11-07",
    "field": "total_value_won",
    "found": "1234.50",
    "low": "-4",
    "high": "5.25",
}


def verdict(outcome: Outcome, why: Why, subject: Subject = Subject.WON, **values: str) -> Verdict:
    return Verdict(subject, outcome, why, values)


def marks(*found: Verdict) -> dict[str, str]:
    proof = Proof(AS_OF, {one.subject: one for one in found})
    said = definitions(sentences(), "Asia/Riyadh", assumed=True, proof=proof)
    return {term: meaning.rpartition(" (")[2].rstrip(")") for term, meaning in said if meaning.endswith(")")}


def test_every_reason_and_reading_has_its_words() -> None:
    assert set(verdicts.WHYS) == set(Why)
    assert set(verdicts.READINGS) == set(Reading)


def test_a_definition_quotes_its_own_verdict() -> None:
    found = marks(
        verdict(Outcome.VERIFIED, Why.ALONE, Subject.CREATED),
        verdict(Outcome.DIFFERS, Why.INSTEAD, Subject.STAGES, reading="all"),
        verdict(Outcome.ASSUMED, Why.SAME_DAYS, Subject.TIMEZONE, zone="UTC"),
    )
    assert found["Deals created"] == "verified on 22 Nov 2026"
    assert found["Stages"] == "doesn't match: the figures fit “all deals, whatever the period”"
    assert found["Periods"] == found["Agents"] == found["Deals won, deals lost"] == "assumed"


@pytest.mark.parametrize(
    ("won", "currency", "said"),
    [
        (Outcome.VERIFIED, Outcome.VERIFIED, "verified on 22 Nov 2026"),
        (Outcome.VERIFIED, Outcome.ASSUMED, "assumed"),
        (Outcome.ASSUMED, Outcome.DIFFERS, "doesn't match: there are no deals to compare with"),
        (Outcome.VERIFIED, None, "assumed"),
        (Outcome.DIFFERS, None, "doesn't match: there are no deals to compare with"),
    ],
)
def test_a_value_is_only_as_sure_as_its_currency(won: Outcome, currency: Outcome | None, said: str) -> None:
    found = [verdict(won, Why.NO_DEALS)]
    found += [verdict(currency, Why.NO_DEALS, Subject.CURRENCY)] if currency else []
    assert marks(*found)["Value won"] == said


def test_numbers_are_quoted_as_they_are() -> None:
    line = Quotes(formats()).line(verdict(Outcome.DIFFERS, Why.NUMBERS, **NUMBERS))
    assert line.startswith("doesn't match: total_value_won is 1,234.5")
    assert "where the deals give −4 – 5.25 (pipeline 1, 1" in line


def test_what_a_source_calls_a_currency_is_one_short_line() -> None:
    strange = {"pipeline": "1", "found": f"\u202e{{0}}\n{'X' * 500}", "expected": "SAR"}
    line = Quotes(formats()).line(verdict(Outcome.DIFFERS, Why.CURRENCIES, **strange))
    assert "{0} XXX" in line
    assert len(line) < 160
    assert "\u202e" not in line
