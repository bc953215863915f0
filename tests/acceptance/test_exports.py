"""A report as files: from the source, or from the archive long after."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pikepdf
import pytest

from tests.acceptance.conftest import reports, worked
from tests.structure import read

ID = "weekly:2025-09-28:2025-10-04:all:r1"
NAME = "weekly-2025-09-28_2025-10-04"
WEEK = ("--as-of", "2025-10-05")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run a report over the made-up deals; its target has changed since."""
    folder = tmp_path_factory.mktemp("kept")
    worked(reports("init", ".", cwd=folder))
    config = folder / "config.toml"
    text = config.read_text(encoding="utf-8") + "\n[reports.weekly.targets]\ntotal_value_won = 80000\n"
    config.write_text(text, encoding="utf-8")
    worked(reports("run", *WEEK, cwd=folder))
    config.write_text(text.replace("80000", "99000"), encoding="utf-8")
    return folder


@pytest.fixture
def project(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "project"))


def home(folder: Path) -> Path:
    return folder / "archive" / "weekly" / "2025-09-28_2025-10-04" / "all" / "r1"


@pytest.mark.parametrize(("kind", "name"), [("pdf", f"{NAME}.pdf"), ("json", "edition.json"), ("eml", "mail.eml")])
def test_what_was_sent_is_exported_as_it_was(project: Path, kind: str, name: str) -> None:
    outcome = worked(reports("export", ID.removesuffix(":r1"), "--format", kind, cwd=project))
    written = project / outcome.text.strip()
    assert written.name == f"{NAME}.{kind}"
    assert written.read_bytes() == (home(project) / name).read_bytes()


def test_all_else_is_made_from_what_was_kept(project: Path) -> None:
    worked(reports("export", ID, "--format", "zip", "-o", "week.zip", cwd=project))
    with zipfile.ZipFile(project / "week.zip") as packed:
        found = {Path(one).name: packed.read(one) for one in packed.namelist()}
    page = found[f"{NAME}.html"].decode()
    assert "80K" in page, "the target of that week"
    assert "99K" not in page
    assert found[f"{NAME}.pdf"] == (home(project) / f"{NAME}.pdf").read_bytes()
    assert ID.encode() in found[f"{NAME}.csv"]
    assert f"{NAME}-trend.png" in found


def test_a_kept_edition_is_there_in_languages_that_nobody_was_sent(project: Path) -> None:
    worked(reports("export", ID, "--locale", "ar", "-o", "week.pdf", cwd=project))
    content = (project / "week.pdf").read_bytes()
    assert content != (home(project) / f"{NAME}.pdf").read_bytes()
    root = read(content).root
    assert "شركة نجد للتجارة" in root.text


@pytest.mark.parametrize("kind", ["pdf", "csv"])
def test_what_was_changed_in_the_archive_is_refused(project: Path, kind: str) -> None:
    (home(project) / "snapshot.json").write_bytes(b"{}")
    outcome = reports("export", ID, "--format", kind, cwd=project)
    assert outcome.code == 1
    assert "isn't what was kept: snapshot.json" in outcome.err
    assert not list(project.glob("*.pdf"))


def test_charts_come_as_a_file_each_into_a_folder(project: Path) -> None:
    outcome = worked(reports("export", "weekly", *WEEK, "--format", "svg", cwd=project))
    named = [Path(one) for one in outcome.text.split()]
    assert {one.parent for one in named} == {Path(NAME)}
    assert f"{NAME}-trend.svg" in {one.name for one in named}
    assert all((project / one).read_bytes().startswith(b"<?xml") for one in named)


def test_a_table_of_figures_goes_to_standard_output(project: Path) -> None:
    table = worked(reports("export", "weekly", *WEEK, "--format", "csv", "-o", "-", cwd=project)).out
    edition = json.loads(worked(reports("export", "weekly", *WEEK, "--format", "json", "-o", "-", cwd=project)).out)
    rows = [line.split(",") for line in table.decode("utf-8-sig").splitlines()]
    won = next(row for row in rows if row[1] == "all" and row[5] == "2025-09-28" and row[7] == "total_won")
    assert won[9] == str(edition["overall"]["current"]["total_won"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("weekly", "--format", "png", "-o", "-"), "a file for each chart"),
        ((ID, "--as-of", "2025-10-05"), "has its days"),
        ((ID, "--cut", "pipeline-1"), "has its days"),
        ((ID, "--note", "notes.md"), "has its days"),
    ],
)
def test_options_that_do_not_go_together(project: Path, arguments: tuple[str, ...], words: str) -> None:
    outcome = reports("export", *arguments, cwd=project)
    assert outcome.code == 2
    assert words in outcome.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((ID.replace("r1", "r7"),), "no edition"),
        ((ID.replace("weekly", "../weekly"),), "not the id of an edition"),
        ((ID, "--locale", "fr"), "fr"),
        (("weekly", *WEEK, "--format", "png", "-o", "config.toml"), "can't be written as a folder"),
    ],
)
def test_what_cannot_be_done_is_said(project: Path, arguments: tuple[str, ...], words: str) -> None:
    outcome = reports("export", *arguments, cwd=project)
    assert outcome.code == 1
    assert words in outcome.err
    assert "hint: " in outcome.err


def test_an_edition_is_put_behind_a_deck(project: Path) -> None:
    shutil.copyfile(home(project) / f"{NAME}.pdf", project / "deck.pdf")
    outcome = worked(reports("append", ID, "deck.pdf", "-o", "whole.pdf", cwd=project))
    assert outcome.text.strip() == "whole.pdf"
    with pikepdf.open(project / "whole.pdf") as whole, pikepdf.open(project / "deck.pdf") as deck:
        assert len(whole.pages) == 2 * len(deck.pages)


@pytest.mark.parametrize(
    ("deck", "words"),
    [("config.toml", "config.toml can't be read as a PDF"), ("none.pdf", "none.pdf can't be read: No")],
)
def test_a_deck_that_is_none_is_said(project: Path, deck: str, words: str) -> None:
    outcome = reports("append", ID, deck, "-o", "whole.pdf", cwd=project)
    assert outcome.code == 1
    assert words in outcome.err
    assert "hint: " in outcome.err
    assert not (project / "whole.pdf").exists()
