"""Pages behind those of another PDF, whose bookmarks stay; the only module that imports pikepdf."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import pikepdf
from pikepdf import Name, OutlineItem

from reports.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CLAIMS = ("pdfaid:part", "pdfaid:conformance", "pdfaid:rev", "pdfaid:amd", "pdfuaid:part", "pdfuaid:rev", "pdfuaid:amd")
SIGNED = 1  # the bit of SigFlags
WHOLE = "Fit"  # how a page is shown


@dataclass(frozen=True)
class Appended:
    """The longer PDF, and whether a signature of the one before ours is broken by it."""

    pdf: bytes
    was_signed: bool


def append(deck: bytes, pages: bytes, name: str) -> Appended:
    """Put pages of ours behind a deck, their bookmarks below one with their title; `name` is what errors call the deck.

    The result claims no standard: what the deck kept isn't known of ours, and our tags don't belong to its structure.
    A deck that can't be read or is protected is a ConfigError.
    """
    with _opened(deck, name) as whole, pikepdf.open(BytesIO(pages)) as ours:
        first = len(whole.pages)
        whole.pages.extend(ours.pages)
        for page in whole.pages[first:]:
            _untie(page)
        _add_bookmarks(whole, ours, first)
        with whole.open_metadata(set_pikepdf_as_editor=False) as metadata:
            for claim in CLAIMS:
                if claim in metadata:
                    del metadata[claim]
        result = BytesIO()
        whole.save(result, deterministic_id=True)
        return Appended(result.getvalue(), _is_signed(whole))


def _opened(deck: bytes, name: str) -> pikepdf.Pdf:
    try:
        found = pikepdf.open(BytesIO(deck))
    except pikepdf.PasswordError as error:
        raise _protected(name) from error
    except pikepdf.PdfError as error:
        raise ConfigError(
            f"{name} can't be read as a PDF", hint="Open it in a viewer and save it anew, or name another file."
        ) from error
    if found.is_encrypted:
        found.close()
        raise _protected(name)
    return found


def _protected(name: str) -> ConfigError:
    return ConfigError(f"{name} is protected", hint="Save it without a password and without restrictions first.")


def _untie(page: pikepdf.Page) -> None:
    """Take away what numbers the page's tags: the deck's own structure has other things under these numbers."""
    for holder in (page.obj, *page.obj.get(Name.Annots, ())):
        for key in (Name.StructParents, Name.StructParent):
            if key in holder:
                del holder[key]


def _add_bookmarks(whole: pikepdf.Pdf, ours: pikepdf.Pdf, first: int) -> None:
    """Put our bookmarks below one of their own, behind those of the deck."""
    places = {page.obj.objgen: first + number for number, page in enumerate(ours.pages)}
    top = OutlineItem(str(ours.docinfo[Name.Title]), first, WHOLE)
    with ours.open_outline() as found:
        top.children.extend(_moved(found.root, places))
    with whole.open_outline() as outline:
        outline.root.append(top)


def _moved(items: Iterable[OutlineItem], places: Mapping[tuple[int, int], int]) -> list[OutlineItem]:
    """Return bookmarks as they are in the longer PDF; one that leads to no page is left out with all below it."""
    moved = []
    for item in items:
        target = item.destination
        if isinstance(target, pikepdf.Array) and (place := places.get(target[0].objgen)) is not None:
            copy = OutlineItem(item.title, place, WHOLE)
            copy.children.extend(_moved(item.children, places))
            moved.append(copy)
    return moved


def _is_signed(pdf: pikepdf.Pdf) -> bool:
    form = pdf.Root.get(Name.AcroForm)
    return form is not None and bool(int(form.get(Name.SigFlags, 0)) & SIGNED)
