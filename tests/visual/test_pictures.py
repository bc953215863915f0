"""Every page looks as it was reviewed, in both languages; `make pictures` renews what it is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageChops, ImageFilter

from tests.visual.pictures import CELL, SCENES, difference, document, pages, reviewed

if TYPE_CHECKING:
    from pathlib import Path

HINT = "look at {folder}; if that is meant, run `make pictures`, look at what it writes, and commit it"


@pytest.mark.parametrize("name", SCENES)
def test_every_page_looks_as_it_was_reviewed(name: str, tmp_path: Path) -> None:
    kept, found = reviewed(name), pages(document(name))
    assert len(found) == len(kept), f"{name} has {len(found)} pages, not {len(kept)}; {HINT.format(folder=tmp_path)}"
    wrong = []
    for path, picture in zip(kept, found, strict=True):
        with Image.open(path) as before:
            if news := difference(picture, before):
                wrong.append(f"{path.name}: {news}")
                picture.save(tmp_path / path.name)
                ImageChops.difference(picture, before.convert("RGB")).save(tmp_path / f"{path.stem}-difference.png")
    assert not wrong, f"{'; '.join(wrong)}; {HINT.format(folder=tmp_path)}"


@pytest.fixture(scope="module")
def page() -> Image.Image:
    return pages(document("weekly-ar"))[0]


def test_a_shifted_block_is_found(page: Image.Image) -> None:
    moved = page.copy()
    moved.paste(page.crop((0, 200, page.width, 330)), (0, 200 + CELL // 2))
    assert difference(moved, page)


def test_a_word_that_is_not_there_is_found(page: Image.Image) -> None:
    lost = page.copy()
    lost.paste("white", (page.width - 90, 45, page.width - 40, 60))
    assert difference(lost, page)


def test_how_edges_are_drawn_is_no_difference(page: Image.Image) -> None:
    assert not difference(page, page)
    assert not difference(page.filter(ImageFilter.GaussianBlur(0.6)), page)
