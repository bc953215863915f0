"""The sheet that shows a theme has every part of a page, on one page, in both languages."""

from __future__ import annotations

import asyncio
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING

import pikepdf
import pytest

from reports.config import load
from reports.errors import ConfigError
from reports.preview import plan_preview, preview
from tests.making import CHECKOUT
from tests.structure import read
from tests.themes import PRINTED, make_theme
from tests.validator import problems

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 22)
WORDS = {"en": ("Theme preview", "Colours", "Commentary"), "ar": ("معاينة", "الألوان", "التعليق")}


def drawn(folder: Path, theme: str | None, accent: str | None, locale: str | None) -> tuple[bytes, tuple[str, ...]]:
    (folder / "config.toml").write_bytes((CHECKOUT / "config.toml").read_bytes())
    job = plan_preview(load(folder / "config.toml"), TODAY, theme, accent, locale)
    return asyncio.run(preview(job, lambda _: None))


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_every_part_is_on_one_sheet_that_keeps_both_standards(tmp_path: Path, locale: str) -> None:
    make_theme(tmp_path)
    pdf, notes = drawn(tmp_path, "themes/acme", None, locale)
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert len(opened.pages) == 1
        assert [round(float(one)) for one in opened.pages[0].mediabox] == [0, 0, 1191, 842]
        fonts = {str(each.BaseFont) for each in opened.pages[0].resources["/Font"].values()}  # type: ignore[union-attr]
    assert any(PRINTED in one for one in fonts)
    assert problems(pdf) == []
    root = read(pdf).root
    assert all(one in root.text for one in WORDS[locale])
    assert "#7A3E9D" in root.text
    assert len(list(root.all("Figure"))) >= 14
    assert not notes


def test_an_accent_alone_is_shown_and_what_was_changed_is_said(tmp_path: Path) -> None:
    pdf, notes = drawn(tmp_path, None, "#FFD400", None)
    [note] = notes
    assert note.startswith("accent #FFD400 has 1.3:1")
    assert note.split()[-3] in read(pdf).root.text


def test_a_theme_that_isn_t_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no theme"):
        drawn(tmp_path, "themes/none", None, None)
