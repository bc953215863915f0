"""A deck with our pages behind it keeps its own pages and bookmarks, and claims nothing that it doesn't keep."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, OutlineItem

from reports.errors import ConfigError
from reports.render.append import append
from reports.rendering import to_pdf
from tests.pages import SHAPES, edition

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return to_pdf(edition(tmp_path_factory.mktemp("ours"), "board", "ar", SHAPES["one pipeline"]))


def deck(change: Callable[[pikepdf.Pdf], None] = lambda _: None, **how: object) -> bytes:
    """Make a deck of three pages with two bookmarks, one below the other, then change it."""
    pdf = pikepdf.new()
    for _ in range(3):
        pdf.add_blank_page(page_size=(720, 540))
    with pdf.open_outline() as outline:
        chapter = OutlineItem("Finance", 0)
        chapter.children.append(OutlineItem("Cash", 2))
        outline.root.append(chapter)
    change(pdf)
    content = BytesIO()
    pdf.save(content, **how)  # type: ignore[arg-type]
    return content.getvalue()


def tree(pdf: pikepdf.Pdf) -> list[tuple[str, int, int]]:
    """Return every bookmark: its title, the page it leads to, and how deep it stands."""
    places = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}

    def walk(items: list[OutlineItem], depth: int) -> list[tuple[str, int, int]]:
        found = []
        for item in items:
            assert isinstance(item.destination, Array)
            found.append((item.title, places[item.destination[0].objgen], depth))
            found += walk(item.children, depth + 1)
        return found

    with pdf.open_outline() as outline:
        return walk(list(outline.root), 0)


def test_pages_and_bookmarks_of_both_are_there_in_order(ours: bytes) -> None:
    found = append(deck(), ours, "deck.pdf")
    with pikepdf.open(BytesIO(found.pdf)) as whole, pikepdf.open(BytesIO(ours)) as alone:
        assert len(whole.pages) == 3 + len(alone.pages)
        assert [round(float(one), 2) for one in whole.pages[3].mediabox][2:] == [960, 540]
        assert [float(one) for one in whole.pages[0].mediabox][2:] == [720, 540]
        marks = tree(whole)
        assert marks[:2] == [("Finance", 0, 0), ("Cash", 2, 1)]
        assert marks[2] == (str(alone.docinfo[Name.Title]), 3, 0)
        assert marks[3:] == [(title, 3 + page, 1 + depth) for title, page, depth in tree(alone)]
        assert len(marks) > 10
    assert not found.was_signed


def test_our_pages_look_as_they_did(ours: bytes) -> None:
    found = append(deck(), ours, "deck.pdf")
    with pikepdf.open(BytesIO(found.pdf)) as whole, pikepdf.open(BytesIO(ours)) as alone:
        for after, before in zip(whole.pages[3:], alone.pages, strict=True):
            assert after.Contents.read_bytes() == before.Contents.read_bytes()
            assert set(after.Resources.Font.keys()) == set(before.Resources.Font.keys())


def test_no_standard_is_claimed_and_no_tag_points_into_another_structure(ours: bytes) -> None:
    whole = append(ours, ours, "deck.pdf")
    with pikepdf.open(BytesIO(whole.pdf)) as pdf, pikepdf.open(BytesIO(ours)) as alone:
        before, after = (one.Root.Metadata.read_bytes() for one in (alone, pdf))
        assert all(claim in before and claim not in after for claim in (b"pdfaid:part", b"pdfuaid:part"))
        assert b"dc:title" in after
        count = len(alone.pages)
        assert all(Name.StructParents in page.obj for page in pdf.pages[:count])
        assert not any(Name.StructParents in page.obj for page in pdf.pages[count:])


def test_a_deck_without_bookmarks_gets_ours_alone(ours: bytes) -> None:
    def strip(pdf: pikepdf.Pdf) -> None:
        del pdf.Root.Outlines

    with pikepdf.open(BytesIO(append(deck(strip), ours, "deck.pdf").pdf)) as whole:
        assert tree(whole)[0][1:] == (3, 0)


def test_the_same_files_give_the_same_bytes(ours: bytes) -> None:
    before = deck()
    assert append(before, ours, "deck.pdf").pdf == append(before, ours, "deck.pdf").pdf


def test_a_signature_that_breaks_is_known(ours: bytes) -> None:
    def sign(pdf: pikepdf.Pdf) -> None:
        pdf.Root.AcroForm = pdf.make_indirect(Dictionary(SigFlags=3, Fields=Array()))

    assert append(deck(sign), ours, "deck.pdf").was_signed


@pytest.mark.parametrize("password", ["", "secret"])
def test_a_protected_deck_is_refused(ours: bytes, password: str) -> None:
    content = deck(encryption=pikepdf.Encryption(owner="owner", user=password))
    with pytest.raises(ConfigError, match=r"^deck\.pdf is protected"):
        append(content, ours, "deck.pdf")


@pytest.mark.parametrize("content", [b"", b"no PDF", b"%PDF-1.7\n%%EOF"])
def test_what_is_no_pdf_is_refused(ours: bytes, content: bytes) -> None:
    with pytest.raises(ConfigError, match=r"^deck\.pdf can't be read as a PDF"):
        append(content, ours, "deck.pdf")
