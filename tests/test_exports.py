"""An edition as files: each format alone and all of them in a ZIP."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from reports.exports import DOCUMENTS, FORMATS, PICTURES, SHARP, Export
from reports.material import Material
from tests.pages import SHAPES, edition

if TYPE_CHECKING:
    from pathlib import Path

NAME = "weekly-2026-11-15_2026-11-21"
SVG = "{http://www.w3.org/2000/svg}"
PAPER = "#ffffff"
CHARTS = {"trend", "closed", "drivers", "pipelines", "open-1", "open-2"}
OF_EACH = {"trend", "stages", "agents"}


def material(folder: Path, locale: str = "en", shape: str = "everything", report: str = "weekly") -> Material:
    drawn = edition(folder, report, locale, SHAPES[shape])
    return Material(drawn.job, drawn.id, drawn.snapshot, drawn.analysis)


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_a_zip_has_what_each_format_has_alone(tmp_path: Path, locale: str) -> None:
    export = Export(material(tmp_path, locale))
    [(name, content)] = export.files("zip").items()
    assert name == f"{NAME}.zip"
    with zipfile.ZipFile(BytesIO(content)) as packed:
        assert packed.testzip() is None
        found = {one.filename.removeprefix(f"{NAME}/"): packed.read(one) for one in packed.infolist()}
        assert {one.date_time for one in packed.infolist()} == {(2026, 11, 22, 9, 30, 0)}, "as the account's clock says"
    alone = {one: each for kind in DOCUMENTS for one, each in export.files(kind).items()}
    alone |= {f"charts/{one}": each for kind in PICTURES for one, each in export.files(kind).items()}
    assert found == alone


def test_the_same_figures_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = (Export(material(tmp_path, shape="one pipeline")).files("zip") for _ in range(2))
    assert one == other


def test_each_chart_is_a_file_with_a_name_that_says_what_it_shows(tmp_path: Path) -> None:
    wanted = CHARTS | {f"pipeline-{number}-{name}" for number in (1, 2) for name in OF_EACH}
    names = set(Export(material(tmp_path)).files("svg"))
    assert names - {f"{NAME}-stages.svg"} == {f"{NAME}-{one}.svg" for one in wanted}


@pytest.mark.parametrize("transparent", [False, True])
def test_pictures_are_sharp_and_lie_on_paper_unless_they_shall_not(tmp_path: Path, *, transparent: bool) -> None:
    for content in Export(material(tmp_path), transparent=transparent).files("png").values():
        with Image.open(BytesIO(content)) as picture:
            assert picture.info["dpi"] == pytest.approx((192, 192), abs=0.1)
            assert picture.width == pytest.approx(412 * SHARP, abs=1), "all of one width"
            ground = picture.convert("RGBA").getpixel((1, 1))
        assert ground == (255, 255, 255, 0 if transparent else 255)


@pytest.mark.parametrize("transparent", [False, True])
def test_drawings_lie_on_paper_unless_they_shall_not(tmp_path: Path, *, transparent: bool) -> None:
    for content in Export(material(tmp_path), transparent=transparent).files("svg").values():
        root = ET.fromstring(content)  # noqa: S314 - our own
        first = next(root.iter(f"{SVG}path"))
        assert (PAPER in first.get("style", "")) is not transparent
        assert not list(root.iter(f"{SVG}image"))


@pytest.mark.parametrize(
    ("shape", "report"), [("hostile", "weekly"), ("no data", "weekly"), ("hostile", "card"), ("one pipeline", "card")]
)
def test_every_shape_has_every_format(tmp_path: Path, shape: str, report: str) -> None:
    export = Export(material(tmp_path, shape=shape, report=report))
    for kind in FORMATS:
        files = export.files(kind)
        assert files
        assert all(re.fullmatch(r"[a-z0-9_-]+\.[a-z]+", one) for one in files)
        assert all(files.values())


def test_what_is_archived_is_taken_as_it_is(tmp_path: Path) -> None:
    export = Export(material(tmp_path), {"pdf": b"kept", "json": b"{}"})
    assert export.files("pdf") == {f"{NAME}.pdf": b"kept"}
    with zipfile.ZipFile(BytesIO(export.files("zip")[f"{NAME}.zip"])) as packed:
        assert packed.read(f"{NAME}/{NAME}.pdf") == b"kept"
        assert packed.read(f"{NAME}/{NAME}.json") == b"{}"
        assert packed.read(f"{NAME}/{NAME}.csv").startswith(b"\xef\xbb\xbfedition,")
