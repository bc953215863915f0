"""Our own fonts are there, have what we print, and nobody takes another one silently."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import font_manager

from reports.errors import RenderError
from reports.present.fonts import (
    FACES,
    INVISIBLE,
    SUBSTITUTE,
    drawable,
    embedded_font_css,
    font_face_css,
    font_files,
    register_with_matplotlib,
)
from reports.present.formats import DASH, DOWN, ELLIPSIS, MINUS, NBSP, UP
from reports.present.templates import Templates
from tests.making import CHECKOUT, templates

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
