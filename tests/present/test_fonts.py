"""Our own fonts are there, have what we print, and nobody takes another one silently."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import font_manager

from reports.charts.canvas import Canvas, Pen
from reports.errors import RenderError
from reports.present.fonts import (
    FACES,
    INVISIBLE,
    SUBSTITUTE,
    drawable,
    embedded_font_css,
    font_face_css,
    font_files,
    noting,
    register_with_matplotlib,
    replacement_note,
    undrawable,
)
from reports.present.formats import DASH, DOWN, ELLIPSIS, MINUS, NBSP, UP
from reports.present.templates import Templates
from reports.present.themes import load_theme
from reports.render.html import render_template
from tests.making import CHECKOUT, english, formats, templates

if TYPE_CHECKING:
    from reports.present.fonts import Face


def test_every_face_is_there_and_is_what_it_says() -> None:
    found = font_files(templates())
    assert tuple(found) == FACES
    for face, path in found.items():
        with TTFont(path) as font:
            assert font["OS/2"].usWeightClass == face.weight
            assert face.family in {font["name"].getDebugName(1), font["name"].getDebugName(16)}
            assert "fvar" not in font  # static


@pytest.mark.parametrize("face", FACES, ids=lambda one: one.file)
def test_a_missing_font_is_an_error_that_names_it(tmp_path: Path, face: Face) -> None:
    shutil.copytree(CHECKOUT / "templates" / "fonts", tmp_path / "fonts")
    (tmp_path / "fonts" / face.file).unlink()
    for use in (font_files, font_face_css, embedded_font_css, register_with_matplotlib):
        with pytest.raises(RenderError, match=f"font files are missing: {face.file}"):
            use(Templates((tmp_path,)))


def test_a_project_may_bring_its_own_font_file(tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    own = tmp_path / "fonts" / FACES[0].file
    shutil.copyfile(CHECKOUT / "templates" / "fonts" / FACES[0].file, own)
    assert font_files(Templates((tmp_path, *templates().folders)))[FACES[0]] == own


def test_the_rules_name_every_face_by_family_and_weight() -> None:
    linked, embedded = font_face_css(templates()), embedded_font_css(templates())
    for css in (linked, embedded):
        assert css.count("@font-face") == len(FACES)
        for face in FACES:
            assert f'font-family: "{face.family}"; font-weight: {face.weight};' in css
    assert "file:" not in embedded
    assert linked.count('url("file:///') == len(FACES)


def test_matplotlib_finds_our_files_and_no_others() -> None:
    register_with_matplotlib(templates())
    for face, path in font_files(templates()).items():
        wanted = font_manager.FontProperties(family=face.family, weight=face.weight)
        assert Path(font_manager.findfont(wanted, fallback_to_default=False)) == path


@pytest.mark.parametrize("text", [DASH, DOWN, ELLIPSIS, MINUS, NBSP, UP, SUBSTITUTE, "\u2009·“”+%€£"])
def test_what_we_print_ourselves_has_glyphs(text: str) -> None:
    for path in [path for face, path in font_files(templates()).items() if face.family == "Inter"]:
        with TTFont(path) as font:
            assert set(map(ord, text)) <= set(font.getBestCmap())


def test_names_in_latin_and_arabic_are_drawn_as_they_are() -> None:
    for name in ("Søren Ångström", "نورة القحطاني", "Müller & Söhne", "Łukasz", "\u2068نورة\u2069", "٣٤"):
        assert drawable(templates(), name) == name


def test_what_no_font_has_is_one_visible_square() -> None:
    assert drawable(templates(), "日本語 Ltd 😀") == f"{SUBSTITUTE} Ltd {SUBSTITUTE}"
    assert drawable(templates(), "") == ""


def test_the_lines_of_a_text_stay_lines() -> None:
    assert drawable(templates(), "/* é */\n\tbody\r\n") == "/* é */\n\tbody\r\n"


@given(st.text(max_size=30))
def test_everything_drawn_has_a_glyph_or_needs_none(text: str) -> None:
    shown = drawable(templates(), text)
    with_glyphs: set[int] = set(INVISIBLE)
    for face, path in font_files(templates()).items():
        if face.family in {"Inter", "Noto Sans Arabic"} and face.weight == 400:
            with TTFont(path, lazy=True) as font:
                with_glyphs |= set(font.getBestCmap())
    assert set(map(ord, shown)) <= with_glyphs
    assert drawable(templates(), shown) == shown
    assert len(shown) <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "ًٌٍَُِّْٰٕٓٔ",  # vowel marks
        "پچگیکژ",  # Persian
        "ٹڈڑںھہۂۃےۓ",  # Urdu
        "ڕڵۆێە",  # Kurdish
        "٠١٢٣٤٥٦٧٨٩٫٬٪؟،؛ـ۰۱۲۳",
        "می\u200cخواهم ه\u200dم",  # joiners
        "\u2066\u2067\u2068\u2069",
    ],
)
def test_names_of_all_languages_in_arabic_letters_are_drawn_as_they_are(text: str) -> None:
    assert drawable(templates(), text) == text
    assert undrawable(templates(), text) == []


@pytest.mark.parametrize(
    "name", ["שלום", "日本語", "한국어", "😀", "👨\u200d👩\u200d👧", "ሰላም", "नमस्ते", "\u20c1", "\ue000"]
)
def test_names_of_other_letters_are_visible_squares_and_never_nothing(name: str) -> None:
    shown = drawable(templates(), name)
    assert SUBSTITUTE in shown
    assert set(shown) <= {SUBSTITUTE, "\u200d"}
    assert undrawable(templates(), f"Ltd {name} {name}") == list(dict.fromkeys(name.replace("\u200d", "")))


def test_what_was_replaced_is_gathered_by_whoever_asks() -> None:
    drawable(templates(), "日")
    with noting() as outer:
        drawable(templates(), "Ltd 😀日")
        with noting() as inner:
            drawable(templates(), "本😀")
        drawable(templates(), "Ltd")
    drawable(templates(), "語")
    assert list(outer) == ["😀", "日", "本"]
    assert list(inner) == ["本", "😀"]


def test_tasks_that_draw_at_the_same_time_gather_each_their_own() -> None:
    async def draw(text: str, turn: asyncio.Barrier) -> list[str]:
        with noting() as found:
            await turn.wait()
            await asyncio.to_thread(drawable, templates(), text)
            await turn.wait()
            return list(found)

    async def both() -> list[list[str]]:
        turn = asyncio.Barrier(2)
        return await asyncio.gather(draw("日", turn), draw("本", turn))

    assert asyncio.run(both()) == [["日"], ["本"]]


def test_the_page_and_the_charts_tell_what_they_replaced(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>{{ person }}</p>")
    found = Templates((tmp_path, *templates().folders))
    pen = Pen(load_theme(found), english(), formats(), found)
    with noting() as drawn:
        Canvas(pen, 100, 100).text(0, 0, "日本")
        assert (
            render_template(found, "page.html", english(), person="本 & 語")
            == f"<p>{SUBSTITUTE} &amp; {SUBSTITUTE}</p>"
        )
        render_template(found, "page.html", english(), own_fonts=False, person="漢")
    assert list(drawn) == ["日", "本", "語"]


def test_a_warning_names_what_was_replaced() -> None:
    assert replacement_note([]) == ""
    assert replacement_note("😀") == "1 character that no font has was replaced by □: U+1F600 GRINNING FACE"
    assert replacement_note("😀日😀") == (
        "2 characters that no font has were replaced by □: U+1F600 GRINNING FACE, U+65E5 CJK UNIFIED IDEOGRAPH-65E5"
    )
    assert replacement_note("\ue000").endswith("U+E000 without a name")
    assert replacement_note("日本語漢字中文東京都").endswith(" and 2 more")


@given(st.text(max_size=30))
def test_what_is_undrawable_is_what_is_replaced(text: str) -> None:
    missing = undrawable(templates(), text)
    assert len(missing) == len(set(missing))
    assert (drawable(templates(), text) == text) == (set(missing) <= {SUBSTITUTE})
