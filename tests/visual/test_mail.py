"""The mails in a real browser: nothing sticks out from 320 to 800 pixels, and the dark is dark."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape, unescape
from typing import TYPE_CHECKING, Any

import pytest

from reports.present.themes import load_theme
from tests.mail.test_clients import LONG, part, sent
from tests.making import templates
from tests.pages import SHAPES, edition

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
WIDTHS = (320, 360, 480, 552, 640, 800)
SCHEMES = {"dark": 0, "light": 1}  # as Chromium's settings number them
LOOK = """
addEventListener("load", () => {
  const seen = [...document.querySelectorAll("iframe")].map(one => {
    const page = one.contentDocument, view = one.contentWindow;
    const colour = (name, of) => view.getComputedStyle(page.querySelector(name))[of];
    return {
      room: page.documentElement.clientWidth,
      wide: page.documentElement.scrollWidth,
      out: [...page.querySelectorAll("td, th, img, p, li")].filter(cell => {
        const box = cell.getBoundingClientRect();
        return box.width && (box.left < -0.5 || box.right > page.documentElement.clientWidth + 0.5);
      }).length,
      paper: colour(".paper", "backgroundColor"), ink: colour(".headline", "color"),
    };
  });
  document.body.textContent = JSON.stringify(seen);
});
"""

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")


def seen(folder: Path, html: str, scheme: str) -> list[dict[str, Any]]:
    """Return what a browser makes of a mail, for each width."""
    page = folder / "page.html"
    frames = "".join(f'<iframe width="{one}" height="900" srcdoc="{escape(html)}"></iframe>' for one in WIDTHS)
    page.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f"<style>iframe {{ border: 0 }}</style><body>{frames}<script>{LOOK}</script>",
        encoding="utf-8",
    )
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--dump-dom",
        "--hide-scrollbars",
        f"--user-data-dir={folder / 'profile'}",
    ]
    options += ["--window-size=900,900", f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}", page.as_uri()]
    done = subprocess.run([str(BROWSER), *options], capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r"<body>(\[.*\])</body>", done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    measured: list[dict[str, Any]] = json.loads(unescape(found[1]))
    assert [one["room"] for one in measured] == list(WIDTHS)
    return measured


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("locale", ["en", "ar"])
def test_everything_fits_and_has_the_colours_of_the_scheme(tmp_path: Path, locale: str, scheme: str) -> None:
    _, message = sent(edition(tmp_path, "weekly", locale, SHAPES["everything"]))
    theme = load_theme(templates())
    colours = theme.dark if scheme == "dark" else theme.colours
    for one in seen(tmp_path, part(message, "html"), scheme):
        assert (one["wide"], one["out"]) == (one["room"], 0)
        assert (one["paper"], one["ink"]) == (rgb(colours["paper"]), rgb(colours["ink"]))


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["hostile", "longest"])
@pytest.mark.parametrize(("report", "locale"), [("weekly", "en"), ("weekly", "ar"), ("card", "en"), ("card", "ar")])
def test_long_and_hostile_mails_fit(tmp_path: Path, report: str, locale: str, shape: str) -> None:
    made = edition(tmp_path, report, locale, LONG if shape == "longest" else SHAPES[shape])
    for one in seen(tmp_path, part(sent(made)[1], "html"), "light"):
        assert (one["wide"], one["out"]) == (one["room"], 0)
