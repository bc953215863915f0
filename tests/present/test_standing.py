"""What a scorecard says of rank and share."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reports.findings import Place, Standing
from reports.present.standing import ordinal, place_sentence
from tests.making import agent, sentences


def place(rank: int | None, level: int = 0, share: str = "5.24") -> Place:
    return Place(Decimal(0 if rank is None else 500), rank, level, Decimal(share))


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (place(3), place(7), "3rd of 30 by value won, with 5.2% of it; was 7th."),
        (place(3), None, "3rd of 30 by value won, with 5.2% of it."),
        (place(2, 1), place(2), "2nd of 30 by value won, level with 1 other, with 5.2% of it; was 2nd."),
        (place(21, 4), place(11), "21st of 30 by value won, level with 4 others, with 5.2% of it; was 11th."),
        (
            place(1),
            place(None),
            "1st of 30 by value won, with 5.2% of it; no rank the week before, when nothing was won.",
        ),
        (place(None), place(7), "Nothing of value was won, so there is no rank among 30; was 7th."),
        (place(None), place(None), "Nothing of value was won, so there is no rank among 30."),
        (None, None, ""),
    ],
)
def test_the_place_is_said_with_what_it_was(now: Place | None, before: Place | None, words: str) -> None:
    assert place_sentence(sentences(), Standing(agent(7), 30, now, before)) == words


def test_who_is_alone_has_no_rank() -> None:
    assert not place_sentence(sentences(), Standing(agent(7), 1, place(1), None))


def test_ordinals() -> None:
    said = [ordinal(sentences(), one) for one in (1, 2, 3, 4, 11, 12, 13, 21, 22, 103, 111, 112)]
    assert said == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "103rd", "111th", "112th"]
