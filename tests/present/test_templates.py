"""Templates are found in the project's folder first, and a project is started without overwriting anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reports.config import load
from reports.errors import ConfigError, RenderError
from reports.present.templates import EDITABLE, FILES, Templates, start_project
from reports.present.themes import load_theme
from tests.making import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def two(tmp_path: Path) -> Templates:
    for name in ("first", "second"):
        (tmp_path / name / "weekly").mkdir(parents=True)
    (tmp_path / "first" / "weekly" / "page.html").write_text("first")
    (tmp_path / "second" / "weekly" / "page.html").write_text("second")
    (tmp_path / "second" / "weekly" / "mail.txt").write_text("only here")
    (tmp_path / "second" / "weekly" / "mail.html").touch()
    return Templates((tmp_path / "first", tmp_path / "second"))


def test_the_first_folder_wins_and_the_others_fill_in(two: Templates) -> None:
    assert two.read("weekly/page.html") == "first"
    assert two.read("weekly/mail.txt") == "only here"
    assert two.find("weekly/none.html") is None
    assert two.find("weekly") is None  # a folder is no template


def test_a_projects_own_templates_come_first(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    folders = Templates.of_project(tmp_path).folders
    assert folders[0] == tmp_path / "templates"
    assert folders[1:] == Templates.of_project(tmp_path / "elsewhere").folders
    assert Templates.of_project(tmp_path).find("weekly/page.html") is not None


def test_a_missing_template_says_where_it_was_looked_for(two: Templates) -> None:
    with pytest.raises(RenderError, match=r"there is no weekly/none\.html") as raised:
        two.read("weekly/none.html")
    assert all(str(folder) in raised.value.hint for folder in two.folders)


def test_a_template_that_is_no_text_is_named(two: Templates) -> None:
    path = two.folders[0] / "weekly" / "page.html"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(RenderError, match="can't be read as text") as raised:
        two.read("weekly/page.html")
    assert str(path) in raised.value.message


def test_an_unknown_template_is_answered_with_the_known_ones(two: Templates) -> None:
    two.require("weekly")
    (two.folders[1] / "board").mkdir()
    for name in FILES:
        (two.folders[1] / "board" / name).touch()
    (two.folders[1] / "half").mkdir()
    (two.folders[1] / "half" / "page.html").touch()
    with pytest.raises(ConfigError, match='no template "wekly"') as raised:
        two.require("wekly")
    assert raised.value.hint == "There are: board, weekly."
    with pytest.raises(ConfigError, match=r'"half" has no mail\.html and no mail\.txt'):
        two.require("half")


def test_a_project_is_started_with_a_configuration_that_runs(tmp_path: Path) -> None:
    told: list[Path] = []
    start_project(tmp_path / "new", told.append)
    written = {path for path in (tmp_path / "new").rglob("*") if path.is_file()}
    assert written == set(told)
    assert load(tmp_path / "new" / "config.toml").report("weekly").title
    for name in EDITABLE:
        for path in (CHECKOUT / "templates" / name).rglob("*.*"):
            copy = tmp_path / "new" / "templates" / path.relative_to(CHECKOUT / "templates")
            assert copy.read_bytes() == path.read_bytes()
    own = Templates.of_project(tmp_path / "new")
    assert load_theme(own).css() == load_theme(Templates.of_project(CHECKOUT)).css()


@pytest.mark.parametrize("name", ["config.toml", "templates/weekly/page.html"])
def test_a_started_project_overwrites_nothing_and_changes_nothing(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    with pytest.raises(ConfigError, match="is already there") as raised:
        start_project(tmp_path)
    assert str(path) in raised.value.message
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [path]
    assert path.read_text() == "mine"
