"""From HTML to a PDF that everybody can read; nothing is fetched but data: addresses and our own assets."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import UTC
from functools import cache, partial
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pydyf
from weasyprint import HTML, Attachment
from weasyprint.css import ColorProfile
from weasyprint.document import DocumentMetadata, Page
from weasyprint.formatting_structure.boxes import LineBox, MarginBox, TableCellBox, TextBox
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from reports.errors import RenderError
from reports.render.finish import finish
from reports.render.metadata import with_identity
from reports.render.spoken import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from weasyprint import Document

    from reports.present.drawing import Drawing
    from reports.present.templates import Templates
    from reports.render.associated import Associated

PIXELS = 96 / 72  # CSS pixels to a point
COLOURS = "srgb"
VARIANT = "pdf/a-3a"  # PDF/UA-1 comes on top of it (metadata.py, finish.py)
ASSETS = {".ttf": "font/ttf", ".css": "text/css", ".png": "image/png", ".svg": "image/svg+xml"}


class AssetFetcher(URLFetcher):  # type: ignore[misc] # weasyprint has no types
    """Answers data: addresses and files of the template folders; anything else stops the rendering."""

    def __init__(self, templates: Templates) -> None:
        super().__init__(allowed_protocols={"data", "file"}, allow_redirects=False, fail_on_errors=True)
        self._folders = [folder.resolve() for folder in templates.folders]

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:  # noqa: ANN401 - weasyprint's own signature
        """Return an asset, or refuse."""
        scheme = urlsplit(url).scheme.lower()
        if scheme == "data":
            return super().fetch(url, headers)
        path = Path(url2pathname(urlsplit(url).path)).resolve() if scheme == "file" else None
        if path is None or not self._is_asset(path):
            message = f"the page refers to {url[:200]}, which is neither a data: address nor an asset of the templates"
            raise FatalURLFetchingError(message)
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": ASSETS[path.suffix.lower()]})

    def _is_asset(self, path: Path) -> bool:
        inside = any(path.is_relative_to(folder) for folder in self._folders)
        return inside and path.suffix.lower() in ASSETS and path.is_file()


@cache
def _fonts() -> FontConfiguration:
    return FontConfiguration()


def libraries() -> dict[str, bool]:
    """Return which system libraries are in use; importing this module has proved that Pango and HarfBuzz are."""
    from weasyprint.text.ffi import harfbuzz_subset

    return {"Pango": True, "HarfBuzz": True, "harfbuzz-subset": harfbuzz_subset is not None}


def library_versions() -> dict[str, str]:
    """Return the versions of the system libraries that lay text out."""
    from weasyprint.text.ffi import pango

    number: int = pango.pango_version()
    return {"Pango": f"{number // 10000}.{number // 100 % 100}.{number % 100}"}


class Painting:
    """A drawing as weasyprint draws images: it asks for the size in pixels and hands over the page's stream."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing

    def get_intrinsic_size(self, _resolution: float, _font_size: float) -> tuple[float, float, float]:
        """Return width and height in CSS pixels, and their ratio."""
        width, height = self._drawing.width * PIXELS, self._drawing.height * PIXELS
        return width, height, width / height

    def draw(self, stream: Any, width: float, height: float, _style: object) -> None:  # noqa: ANN401 - no types there
        """Fill a box of the page, whose y grows downwards."""
        with stream.stacked():
            stream.transform(width / self._drawing.width, 0, 0, -height / self._drawing.height, 0, height)
            stream.stream.append(self._drawing.content)


class _Metadata(DocumentMetadata):  # type: ignore[misc] # weasyprint has no types
    """Says that the file keeps PDF/A-3a and PDF/UA-1; left uncompressed, so that archives find it without a reader."""

    def include_in_pdf(self, pdf: Any, variant: str, version: int, conformance: str, compress: bool) -> None:  # noqa: ANN401 - weasyprint's own signature
        """Write the block of metadata."""
        del compress
        super().include_in_pdf(pdf, variant, version, conformance, compress=False)

    def generate_rdf_metadata(self, variant: str, version: int, conformance: str) -> bytes:
        """Return the block's content."""
        return with_identity(super().generate_rdf_metadata(variant, version, conformance), self.lang)


class _Page(Page):  # type: ignore[misc] # weasyprint has no types
    """A page whose running headers and footers are artifacts: nobody wants to hear them again on each page."""

    def __init__(self, page: Page) -> None:
        self.__dict__.update(vars(page))

    def paint(self, stream: Any, scale: float = 1) -> None:  # noqa: ANN401 - no types there
        """Draw the page; its margins then leave it, so that they get no place in the structure either."""
        box = self._page_box
        stream.marked = marking = _Marking(stream, box, stream.marked)
        super().paint(stream, scale)
        self.spoken = marking.spoken
        del stream.marked
        box.children = [child for child in box.children if not isinstance(child, MarginBox)]


class _Marking:
    """Marks a box's content as weasyprint does, or as an artifact where it belongs to a margin."""

    def __init__(self, stream: Any, page: Any, marked: Any) -> None:  # noqa: ANN401 - no types there
        self._stream, self._marked = stream, marked
        self.spoken: dict[int, str] = {}  # the words behind marked content, by its number
        margins = [child for child in page.children if isinstance(child, MarginBox)]
        self._running = {below: margin.at_keyword for margin in margins for below in margin.descendants()}
        lines = [box for box in page.descendants() if isinstance(box, LineBox)]
        self._ends = {[*line.descendants()][-1] for line in lines}

    @contextmanager
    def __call__(self, box: Any, tag: str) -> Iterator[None]:  # noqa: ANN401 - no types there
        """Mark what is drawn inside."""
        if place := self._running.get(box):
            kind = "/Header" if place.startswith("@top") else "/Footer"
            about = {"Type": "/Pagination", "Subtype": kind}
            self._stream.begin_marked_content("Artifact", pydyf.Dictionary(about))
            yield
            self._stream.end_marked_content()
        else:
            with self._marked(box, tag):
                self._say(box)
                yield

    def _say(self, box: Any) -> None:  # noqa: ANN401 - no types there
        """Note the words behind what was just begun."""
        if not isinstance(box, TextBox):
            return
        right_to_left = box.style["direction"] == "rtl"
        if words := spoken(box.text, right_to_left=right_to_left, ends_line=box in self._ends):
            properties, _ = self._stream.stream[-2:]
            self.spoken[properties["MCID"]] = words


def html_to_pdf(
    html: str,
    templates: Templates,
    drawings: Mapping[str, Drawing] | None = None,
    files: Iterable[Associated] = (),
    *,
    scale: float = 1.0,
) -> bytes:
    """Lay the HTML out as one file that is both PDF/A-3a and PDF/UA-1; same input, same bytes.

    A `scale` makes pages and all that is on them larger. The drawings are the images of those addresses, the files
    travel inside as the data of the page. Anything that can't be drawn as the page says is a RenderError.
    """
    images = {address: Painting(drawing) for address, drawing in (drawings or {}).items()}
    with _errors_logged() as errors:
        try:
            source = HTML(string=html, url_fetcher=AssetFetcher(templates), base_url="about:blank")
            document = source.render(font_config=_fonts(), pdf_variant=VARIANT, cache=images)
            right_to_left = source.etree_element.get("dir") == "rtl"
            pdf = _write(document, scale, right_to_left=right_to_left, files=files)
        except FatalURLFetchingError as error:
            raise RenderError(str(error), hint="Nothing is fetched while rendering; use assets of your own.") from error
    if errors:
        raise RenderError(f"the page can't be laid out: {errors[0]}", hint="Mend the template or put the file back.")
    return pdf


def _write(document: Document, scale: float, *, right_to_left: bool, files: Iterable[Associated]) -> bytes:
    document.metadata = _Metadata(**vars(document.metadata))
    document.pages = [_Page(page) for page in document.pages]
    document.color_profiles[COLOURS] = _colours()
    pdf: bytes = document.write_pdf(
        zoom=scale,
        pdf_variant=VARIANT,
        output_intent="ours",  # weasyprint opens its file of colours here and never closes it
        attachments=[_attachment(file) for file in sorted(files, key=lambda file: file.safe_name)],
        finisher=partial(_finish, right_to_left=right_to_left),
    )
    return pdf


def _colours() -> ColorProfile:
    """Return what red, green and blue mean, as PDF/A asks for; a profile serves once."""
    return ColorProfile(BytesIO(_srgb()), "sRGB2014.icc", "relative-colorimetric", (["r"], ["g"], ["b"]))


@cache
def _srgb() -> bytes:
    return (resources.files("weasyprint") / "pdf" / "sRGB2014.icc").read_bytes()


def _finish(document: Document, pdf: pydyf.PDF, *, right_to_left: bool) -> None:
    """Say of each header whether it speaks for its column or its row, and complete the rest."""
    for page in document.pages:
        for cell in _boxes(page):
            if isinstance(cell, TableCellBox) and cell.element_tag == "th":
                cell.mark["A"]["Scope"] = "/Row" if cell.element.get("scope") == "row" else "/Column"
    finish(pdf, [page.spoken for page in document.pages], right_to_left=right_to_left)


def _boxes(page: _Page) -> Iterator[Any]:
    boxes: Iterator[Any] = page._page_box.descendants()  # noqa: SLF001 - there is no other way to them
    return boxes


def _attachment(file: Associated) -> Attachment:
    moment = file.modified.astimezone(UTC)  # weasyprint writes the digits and a Z
    return Attachment(
        file_obj=BytesIO(file.content),
        name=file.safe_name,
        description=file.description,
        created=moment,
        modified=moment,
        relationship="Data",
    )


class _Errors(logging.Handler):
    """Keeps what weasyprint only logs: a missing font or picture would otherwise be replaced silently."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Remember one message."""
        self.messages.append(record.getMessage())


@contextmanager
def _errors_logged() -> Iterator[list[str]]:
    handler = _Errors()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(handler)
    try:
        yield handler.messages
    finally:
        logger.removeHandler(handler)
