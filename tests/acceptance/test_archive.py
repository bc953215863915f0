"""A kept edition can be shown, and made again from the archive alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.acceptance.conftest import reports, worked
from tests.themes import make_theme

ID = "weekly:2025-09-28:2025-10-04:all:r1"
PDF = "weekly-2025-09-28_2025-10-04.pdf"
ELSEWHERE = {"TZ": "America/New_York", "LC_ALL": "C", "PYTHONHASHSEED": "7"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run a report over the made-up deals, with a note, a target and a theme, and take away all but the archive."""
    folder = tmp_path_factory.mktemp("kept")
    worked(reports("init", ".", cwd=folder))
    text = (folder / "config.toml").read_text(encoding="utf-8")
    text += '\n[archive]\nkeep = "400 days"\n[reports.weekly.targets]\ntotal_value_won = 80000\n'
    text = text.replace('locale = "en"', 'locale = "en"\ntheme = "themes/acme"')
    (folder / "config.toml").write_text(text, encoding="utf-8")
    make_theme(folder)
    (folder / "notes.md").write_text("A *note* of that week.", encoding="utf-8")
    page = folder / "templates" / "base" / "page.css"
    page.write_text(page.read_text(encoding="utf-8") + "\nh1 { color: #333; }\n", encoding="utf-8")
    worked(reports("run", "--as-of", "2025-10-05", cwd=folder))
    (folder / "notes.md").write_text("Another note.", encoding="utf-8")
    shutil.rmtree(folder / "templates")
    shutil.rmtree(folder / "themes")
    (folder / "config.toml").write_text(text.replace("80000", "99000").replace("Najd", "Other"), encoding="utf-8")
    return folder


@pytest.fixture
def project(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "project"))


def home(folder: Path) -> Path:
    return folder / "archive" / "weekly" / "2025-09-28_2025-10-04" / "all" / "r1"


def test_render_gives_the_same_bytes_elsewhere(project: Path, tmp_path: Path) -> None:
    """Another time zone, locale, hash seed and working directory; the configuration and the note changed since."""
    options = ("--config", project / "config.toml", "-o", tmp_path / "again.pdf")
    outcome = worked(reports("render", ID, *options, cwd=tmp_path, env=ELSEWHERE))
    assert "the same bytes" in outcome.text
    assert (tmp_path / "again.pdf").read_bytes() == (home(project) / PDF).read_bytes()


def test_every_input_is_kept_and_nothing_secret(project: Path) -> None:
    names = {path.relative_to(home(project)).as_posix() for path in home(project).rglob("*") if path.is_file()}
    assert {"snapshot.json", "edition.json", PDF, "mail.eml", "manifest.json"} <= names
    assert {"inputs/config.json", "inputs/notes.md", "inputs/templates/weekly/page.html"} <= names
    assert {f"inputs/themes/acme/{one}" for one in ("theme.toml", "logo.png", "Serif.ttf", "SerifBold.ttf")} <= names
    assert "h1 { color: #333; }" in (home(project) / "inputs/templates/base/page.css").read_text(encoding="utf-8")
    manifest = json.loads((home(project) / "manifest.json").read_bytes())
    assert set(manifest["files"]) == names - {"manifest.json"}
    assert {"weasyprint", "matplotlib", "Python", "Pango", "FreeType"} <= set(manifest["made_with"])
    assert any(name.startswith("font ") for name in manifest["made_with"])


def test_show_lists_files_checks_and_deliveries(project: Path) -> None:
    text = worked(reports("show", ID.removesuffix(":r1"), cwd=project)).text
    assert ID in text
    assert "covering" in text
    assert "sales@example.com" in text
    assert "CHANGED" not in text


@pytest.mark.parametrize("name", ["snapshot.json", PDF, "inputs/templates/weekly/page.html"])
def test_what_was_changed_is_refused_by_name(project: Path, name: str) -> None:
    path = home(project) / name
    path.write_bytes(path.read_bytes() + b" ")
    for command in ("show", "render"):
        outcome = reports(command, ID, cwd=project)
        assert outcome.code == 1
        assert name in outcome.all
        assert "what was kept" in outcome.err
    assert not (project / PDF).exists()


def test_a_version_that_differs_is_named(project: Path) -> None:
    path = home(project) / "manifest.json"
    manifest = json.loads(path.read_bytes())
    manifest["made_with"]["weasyprint"] = "1.0"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    outcome = reports("render", ID, cwd=project)
    assert outcome.code == 0
    assert "differs: weasyprint was 1.0 and is " in outcome.err


@pytest.mark.parametrize(
    ("edition", "words"),
    [
        ("weekly:2025-09-28:2025-10-04:all:r9", "there is no edition weekly:2025-09-28:2025-10-04:all:r9"),
        ("weekly", "'weekly' is not the id of an edition"),
        ("../../etc:2025-09-28:2025-10-04:all", "is not the id of an edition"),
        ("weekly:2025-13-28:2025-10-04:all", "2025-13-28"),
    ],
)
def test_an_edition_that_isn_t_there(kept: Path, edition: str, words: str) -> None:
    for command in ("show", "render"):
        outcome = reports(command, edition, cwd=kept)
        assert outcome.code == 1
        assert words in outcome.err
        assert "hint:" in outcome.err
