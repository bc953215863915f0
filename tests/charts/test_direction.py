"""What is written into a chart runs as its language does."""

from __future__ import annotations

import pytest

from reports.charts.canvas import Canvas, Pen
from reports.present.fonts import register_with_matplotlib
from reports.present.formats import UP, Formats
from reports.present.themes import load_theme
from tests.bidi import seen
from tests.making import arabic_formats, formats, templates


@pytest.mark.parametrize("found", [formats(), arabic_formats(), arabic_formats(digits="arab")])
def test_isolated_parts_with_no_letter_beside_them_stand_in_their_languages_order(found: Formats) -> None:
    """By itself a renderer would take such a text for one from left to right."""
    register_with_matplotlib(templates())
    canvas = Canvas(Pen(load_theme(templates()), found.language, found, templates()), 100, 20)
    text = f"{UP} {found.percent(5)} ({found.count(3)})"
    canvas.text(0, 10, text)
    [word] = canvas.words
    assert seen(word.text, "L").startswith(UP) == (found.language.direction == "ltr")
    assert seen(word.text, "L").endswith(UP) == (found.language.direction == "rtl")
    assert word.right - word.left == pytest.approx(canvas.measure(text))
    assert found.plain(word.text) == found.plain(text)
