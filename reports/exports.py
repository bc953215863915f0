"""An edition as files for other programs; nothing is kept or sent."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Literal, get_args

from reports.archive import letter_name, pdf_name
from reports.desk import open_desk, open_desks
from reports.documents import to_csv, to_json
from reports.edition import print_all
from reports.job import in_language
from reports.letters import to_eml
from reports.material import kept
from reports.rendering import posters, prepare, to_html, to_pdf

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reports.archive import Revision
    from reports.material import Material
    from reports.rendering import Rendering

Format = Literal["pdf", "html", "json", "csv", "png", "svg", "eml", "zip"]
FORMATS: tuple[Format, ...] = get_args(Format)
PICTURES: tuple[Format, ...] = ("png", "svg")  # a file for each chart
DOCUMENTS: tuple[Format, ...] = ("pdf", "html", "json", "csv")  # with the pictures, what a ZIP has

SHARP = 192 / 72  # pixels to a point: twice what a screen of 96 to the inch shows
EARLIEST = 1980  # a ZIP knows no year before


class Export:
    """One edition in the first language of its job; each format is made once, and only if it is asked for.

    Charts lie on paper unless `transparent`. What is `archived`, by format, is taken as it is there.
    """

    def __init__(
        self, material: Material, archived: Mapping[Format, bytes] | None = None, *, transparent: bool = False
    ) -> None:
        self._material = material
        self._archived = archived or {}
        self._transparent = transparent
        self._made: dict[Format, dict[str, bytes]] = {}

    def files(self, kind: Format) -> dict[str, bytes]:
        """Return the files of one format by their names."""
        if kind not in self._made:
            self._made[kind] = self._files(kind)
        return dict(self._made[kind])

    def _files(self, kind: Format) -> dict[str, bytes]:
        name = self._material.id.filename
        if kind in PICTURES:
            return {f"{name}-{chart}.{kind}": content for chart, content in self._pictures(kind)}
        return {f"{name}.{kind}": self._archived[kind] if kind in self._archived else self._make(kind)}

    @cached_property
    def _rendering(self) -> Rendering:
        found = self._material
        return prepare(found.job, open_desk(found.job), found.id, found.snapshot, found.analysis)

    def _make(self, kind: Format) -> bytes:
        found = self._material
        match kind:
            case "json":
                return to_json(found.job, found.id, found.snapshot, found.analysis)
            case "csv":
                return to_csv(found.job, found.id, found.analysis)
            case "eml":
                desks = open_desks(found.job)
                return to_eml(print_all(found.job, desks, found.id, found.snapshot, found.analysis))
            case "html":
                return to_html(self._rendering).encode()
            case "zip":
                return self._zip()
            case _:
                return to_pdf(self._rendering)

    def _pictures(self, kind: Format) -> Iterator[tuple[str, bytes]]:
        """Yield each chart by its name."""
        ground = not self._transparent
        for name, chart in posters(self._rendering).items():
            yield name, chart.svg(ground=ground) if kind == "svg" else chart.png(SHARP, ground=ground)

    def _zip(self) -> bytes:
        """Return a ZIP of all the others; same material, same bytes."""
        files = {name: content for kind in DOCUMENTS for name, content in self.files(kind).items()}
        for kind in PICTURES:
            files |= {f"charts/{name}": content for name, content in self.files(kind).items()}
        moment = self._material.snapshot.fetched_at.astimezone(self._material.job.config.account.zone)
        date = moment.timetuple()[:6] if moment.year >= EARLIEST else (EARLIEST, 1, 1, 0, 0, 0)
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in files.items():
                entry = zipfile.ZipInfo(f"{self._material.id.filename}/{name}", date)
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, content)
        return buffer.getvalue()


def of_revision(revision: Revision, kind: Format, locale: str | None, *, transparent: bool = False) -> dict[str, bytes]:
    """Return the files of a kept revision: what was sent as it was sent, all else from its own inputs.

    A locale is another language than the report's own; a revision that was changed is a LedgerError.
    """
    material, first = kept(revision), revision.first_locale
    archived = _archived(revision, None if locale == first else locale)
    if locale is not None:
        material = replace(material, job=in_language(material.job, locale))
    return Export(material, archived, transparent=transparent).files(kind)


def _archived(revision: Revision, locale: str | None) -> dict[Format, bytes]:
    """Return what the archive has of a revision in a language, by format."""
    names: dict[Format, str] = {
        "json": "edition.json",
        "pdf": pdf_name(revision.edition, locale),
        "eml": letter_name(locale),
    }
    files = revision.manifest.files
    return {kind: revision.read(name) for kind, name in names.items() if name in files}
