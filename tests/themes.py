"""A theme with everything that one can have."""

from __future__ import annotations

import shutil
from pathlib import Path

import matplotlib as mpl
from PIL import Image

THEME = """
accent = "#7A3E9D"
radius = 2
colours = { paper = "#FFFDF8" }
logo = { file = "logo.png", alt = { en = "The sign of Acme", ar = "شعار شركة أكمي" } }
fonts = { regular = "Serif.ttf", strong = "SerifBold.ttf" }
"""
FONT = "DejaVuSerif"
PRINTED = "DejaVu-Serif"  # what a PDF calls it


def make_theme(project: Path) -> None:
    """Make the theme `themes/acme` of a project."""
    folder = project / "themes" / "acme"
    folder.mkdir(parents=True)
    (folder / "theme.toml").write_text(THEME, encoding="utf-8")
    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    shutil.copy(fonts / f"{FONT}.ttf", folder / "Serif.ttf")
    shutil.copy(fonts / f"{FONT}-Bold.ttf", folder / "SerifBold.ttf")
    Image.new("RGBA", (300, 100), "#7A3E9D80").save(folder / "logo.png")
