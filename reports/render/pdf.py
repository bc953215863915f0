"""From HTML to a tagged PDF; nothing is fetched but data: addresses and our own assets."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from reports.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reports.present.drawing import Drawing
    from reports.present.templates import Templates

PIXELS = 96 / 72  # CSS pixels to a point
VARIANT = "pdf/ua-1"
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


def html_to_pdf(html: str, templates: Templates, drawings: Mapping[str, Drawing] | None = None) -> bytes:
    """Lay the HTML out as a PDF/UA-1 file, with drawings for the images of those addresses; same input, same bytes."""
    images = {address: Painting(drawing) for address, drawing in (drawings or {}).items()}
    with _errors_logged() as errors:
        try:
            document = HTML(string=html, url_fetcher=AssetFetcher(templates), base_url="about:blank")
            pdf: bytes = document.write_pdf(font_config=_fonts(), pdf_variant=VARIANT, cache=images)
        except FatalURLFetchingError as error:
            raise RenderError(str(error), hint="Nothing is fetched while rendering; use assets of your own.") from error
    if errors:
        raise RenderError(f"the page can't be laid out: {errors[0]}", hint="Mend the template or put the file back.")
    return pdf


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
