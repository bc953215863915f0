"""Whatever accent there is, text can be read, charts can be told apart by everybody, and what was changed is said."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.present.colour import contrast
from reports.present.palette import IN_THE_DARK, complete, legible
from reports.present.themes import load_theme
from tests.charts.test_colours import LEAST, NEIGHBOURS, VISION
from tests.charts.test_colours import contrast as seen
from tests.making import templates

OWN = load_theme(templates())
BASE = {role: colour for role, colour in OWN.colours.items() if role not in {"mid", "tint"}}
FOR_THE_BLIND = 1.18  # somebody without one kind of cones sees the palest pair of any accent at least so far apart

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06X}")


def with_accent(accent: str) -> tuple[dict[str, str], dict[str, str]]:
    return complete({**BASE, "accent": accent})


def test_our_own_theme_is_what_its_accent_derives_and_nothing_in_it_had_to_be_changed() -> None:
    found, reasons = with_accent(OWN.colours["accent"])
    assert not reasons
    assert not OWN.notes
    assert found["mid"] == OWN.colours["mid"]
    assert contrast(found["tint"], OWN.colours["tint"]) < 1.03


@given(colours)
def test_every_accent_can_be_read_and_told_apart(accent: str) -> None:
    found, reasons = with_accent(accent)
    for ground in ("paper", "pale"):
        assert contrast(found["accent"], found[ground]) >= 4.5
        assert contrast(found["mid"], found[ground]) >= 3
    assert (found["accent"] == accent) == ("accent" not in reasons)
    for dark, light in pairwise(NEIGHBOURS):
        assert seen(found[dark], found[light], "grey") >= LEAST, (dark, light, found)


@given(colours)
@pytest.mark.parametrize("vision", VISION)
def test_every_accent_can_be_told_apart_by_the_colour_blind(vision: str, accent: str) -> None:
    found, _ = with_accent(accent)
    for dark, light in pairwise(NEIGHBOURS):
        assert seen(found[dark], found[light], vision) >= FOR_THE_BLIND, (dark, light, found)


@given(st.dictionaries(st.sampled_from(sorted(OWN.colours)), colours))
def test_whatever_a_theme_names_comes_out_legible_and_stays_so(named: dict[str, str]) -> None:
    ground = {"paper": "#FFFFFF", "pale": "#F4F6F8"}
    found, _ = complete({**OWN.colours, **named, **ground})
    for role in ("ink", "muted", "good", "bad", "accent"):
        assert contrast(found[role], "#F4F6F8") >= 4.5, role
    assert contrast(found["line"], "#F4F6F8") >= 3
    assert complete(found) == (found, {})


@given(st.dictionaries(st.sampled_from(["ink", "muted", "good", "bad"]), colours))
def test_the_dark_is_legible_too(named: dict[str, str]) -> None:
    found, reasons = legible({**OWN.dark, **named}, "paper", IN_THE_DARK)
    assert all(contrast(found[role], found["paper"]) >= 4.5 for role in ("ink", "muted", "good", "bad"))
    assert all(found[role] == {**OWN.dark, **named}[role] for role in found if role not in reasons)


@pytest.mark.parametrize(
    ("accent", "reason"),
    [
        ("#FFD400", "has 1.3:1 to its ground and needs 4.5:1"),
        ("#FFFFFF", "has 1:1 to its ground and needs 4.5:1"),
        ("#000000", "is hardly told apart from ink"),
    ],
)
def test_it_says_why_an_accent_was_changed(accent: str, reason: str) -> None:
    assert with_accent(accent)[1] == {"accent": reason}


@pytest.mark.parametrize("accent", ["#0B5E6B", "#B42318", "#0000FF", "#7A3E9D"])
def test_a_good_accent_stays_as_it_is(accent: str) -> None:
    found, reasons = with_accent(accent)
    assert found["accent"] == accent
    assert not reasons
