"""Colours keep their hue where they are made lighter or darker, and have the contrast that was asked for."""

from __future__ import annotations

import colorsys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.present.colour import at_contrast, contrast, luminance, whole

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06X}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#FFFFFF", 21.0),
        ("#777777", "#FFFFFF", 4.478),
        ("#FFFFFF", "#FFFFFF", 1.0),
        ("#0000FF", "#FFFF00", 8.0),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


def test_short_colours_are_written_out() -> None:
    assert [whole("#0a7"), whole("#0B5e6b")] == ["#00AA77", "#0B5E6B"]


@given(colours, st.sampled_from(["#FFFFFF", "#F4F6F8", "#14181F"]), st.floats(1.4, 14.0))
def test_a_colour_has_the_contrast_that_is_asked_for_and_little_more(colour: str, ground: str, wanted: float) -> None:
    found = contrast(at_contrast(colour, ground, wanted), ground)
    assert wanted <= found <= wanted * 1.05 + 0.02


@given(st.integers(0, 359), st.floats(3.0, 9.0))
def test_it_keeps_its_hue(degrees: int, wanted: float) -> None:
    """As seen in HSV, which is another measure of hue than the one it is computed by: blues bend a little there."""
    red, green, blue = colorsys.hsv_to_rgb(degrees / 360, 0.8, 0.7)
    colour = "#" + "".join(f"{round(one * 255):02X}" for one in (red, green, blue))
    found = at_contrast(colour, "#FFFFFF", wanted)
    after = colorsys.rgb_to_hsv(*(int(found[at : at + 2], 16) / 255 for at in (1, 3, 5)))
    apart = abs(after[0] * 360 - degrees)
    assert min(apart, 360 - apart) < 35
    assert after[1] > 0.2


def test_a_grey_stays_grey_and_less_vivid_is_greyer() -> None:
    grey = at_contrast("#999999", "#FFFFFF", 4.5)
    assert grey in {"#767676", "#767677", "#777676", "#777677"}
    vivid, dull = (at_contrast("#0B5E6B", "#FFFFFF", 3, vivid=one) for one in (1.0, 0.3))
    spread = [
        max(parts) - min(parts) for parts in ([int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in (vivid, dull))
    ]
    assert spread[0] > 2 * spread[1]


def test_what_can_t_be_reached_is_black_or_white() -> None:
    assert luminance(at_contrast("#0B5E6B", "#FFFFFF", 30)) == pytest.approx(0, abs=0.001)
    assert luminance(at_contrast("#0B5E6B", "#000000", 30)) == pytest.approx(1, abs=0.001)
