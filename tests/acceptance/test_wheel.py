"""The wheel alone is enough: templates, fonts and the starter configuration come with it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pikepdf
import pytest

from tests.acceptance.conftest import CHECKOUT, TIMEOUT, environment

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def succeeded(command: list[object], cwd: Path, **env: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd, env=environment(**env), capture_output=True, text=True, timeout=TIMEOUT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    succeeded([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, CHECKOUT], cwd=out)
    [made] = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target, wheel]
    succeeded(pip, cwd=target)
    return target


def test_the_wheel_holds_the_package_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"reports", "pipeline_reports"}
    templates = ("weekly/page.html", "weekly/mail.txt", "notice/mail.txt")
    for name in (*templates, "fonts/Inter-Regular.ttf", "project/config.toml"):
        assert f"reports/_templates/{name}" in names
    assert "reports/render/edition.schema.json" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("Inter-OFL.txt") for name in names)
    assert not any(name.endswith((".pyc", ".sqlite")) or "/tests/" in name for name in names)


def test_a_project_made_and_reported_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    where = "import reports, reports.present.templates as t; print(reports.__file__, t.PACKAGED.is_dir())"
    used = succeeded([sys.executable, "-c", where], cwd=tmp_path, PYTHONPATH=str(installed))
    assert used.split() == [str(installed / "reports" / "__init__.py"), "True"]

    env = {"PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-m", "reports"]
    succeeded([*command, "init", "mine"], cwd=tmp_path, **env)
    starter = (tmp_path / "mine" / "config.toml").read_bytes()
    assert starter == (CHECKOUT / "config.toml").read_bytes()

    # Beside the project's own templates, and without them: from the package alone.
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "config.toml").write_bytes(starter)
    for folder in ("mine", "bare"):
        succeeded([*command, "export", "weekly", "-o", "week.pdf"], cwd=tmp_path / folder, **env)
        with pikepdf.open(tmp_path / folder / "week.pdf") as pdf:
            assert "/StructTreeRoot" in pdf.Root
            fonts = {str(font.get("/FontName", "")) for font in pdf.objects if isinstance(font, pikepdf.Dictionary)}
        assert any("Inter" in name for name in fonts), "our own fonts, out of the package"
    asked = succeeded([*command, "--version"], cwd=tmp_path, **env)
    assert asked.startswith("reports, version ")
