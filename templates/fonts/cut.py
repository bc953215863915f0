"""Cut the static fonts in this folder from the variable ones that the extra `fonts` installs.

Use: pip install -e '.[fonts]' && python templates/fonts/cut.py
The same versions of fontTools, HarfBuzz and of the two font packages (constraints.txt) give the same bytes.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import fontpkg
from compose import compose
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

ARABIC_FONT = "noto-sans-arabic"
HERE = Path(__file__).parent


class Cut(NamedTuple):
    """One static instance: family and style as the file names them, and its place on the variable font's axes."""

    source: str
    file: str
    family: str
    style: str
    axes: dict[str, float]


CUTS = (
    Cut("inter", "Inter-Regular.ttf", "Inter", "Regular", {"opsz": 14, "wght": 400}),
    Cut("inter", "Inter-SemiBold.ttf", "Inter", "SemiBold", {"opsz": 14, "wght": 600}),
    Cut("inter", "InterDisplay-SemiBold.ttf", "Inter Display", "SemiBold", {"opsz": 32, "wght": 600}),
    Cut("noto-sans-arabic", "NotoSansArabic-Regular.ttf", "Noto Sans Arabic", "Regular", {"wdth": 100, "wght": 400}),
    Cut("noto-sans-arabic", "NotoSansArabic-SemiBold.ttf", "Noto Sans Arabic", "SemiBold", {"wdth": 100, "wght": 600}),
)
LATIN = (
    *range(0x20, 0x7F),  # ASCII
    *range(0xA0, 0x250),  # Latin-1, Extended-A and -B
    *range(0x2B0, 0x370),  # modifier letters and combining marks
    *range(0x370, 0x400),  # Greek
    *range(0x400, 0x500),  # Cyrillic
    *range(0x1E00, 0x1F00),  # Latin Extended Additional
    *range(0x2000, 0x2070),  # punctuation
    *range(0x2070, 0x20D0),  # superscripts and currencies
    *range(0x2100, 0x2200),  # letterlike signs, fractions, arrows
    *(0x2212, 0x2215, 0x221E, 0x2248, 0x2260, 0x2264, 0x2265),  # mathematics that sentences use
    *(0x25A0, 0x25A1, 0x25B2, 0x25B3, 0x25BC, 0x25BD, 0x25CF, 0x25CB, 0x2713, 0xFFFD),  # marks
)
ARABIC = (
    *range(0x20, 0x7F),
    *(0xA0, 0xAB, 0xBB, 0x200C, 0x200D, 0x200E, 0x200F, 0x2013, 0x2014, 0x2026),
    *range(0x600, 0x780),
    *range(0x8A0, 0x900),
    *range(0xFB50, 0xFE00),
    *range(0xFE70, 0xFF00),
)
FEATURES = {
    "inter": ["kern", "mark", "mkmk", "ccmp", "locl", "calt", "tnum", "case"],
    "noto-sans-arabic": ["*"],
}


def cut(plan: Cut) -> int:
    """Write one static font; returns its size in bytes."""
    font = TTFont(fontpkg.path(plan.source), recalcTimestamp=False)
    font = instantiateVariableFont(font, plan.axes, inplace=False)
    rename(font, plan)
    options = subset.Options(
        layout_features=FEATURES[plan.source],
        hinting=False,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17],
        notdef_outline=True,
        recalc_timestamp=False,
    )
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=LATIN if plan.source == "inter" else ARABIC)
    subsetter.subset(font)
    if plan.source == ARABIC_FONT:
        compose(font)
    target = HERE / plan.file
    font.save(target, reorderTables=True)
    return target.stat().st_size


def rename(font: TTFont, plan: Cut) -> None:
    """Give the instance the names by which CSS and matplotlib find it, and its weight."""
    table = font["name"]
    if "STAT" in font:
        del font["STAT"]
    full = f"{plan.family} {plan.style}"
    texts = {1: plan.family if plan.style == "Regular" else full, 2: "Regular", 3: full, 4: full}
    texts |= {6: full.replace(" ", "") if plan.style == "Regular" else f"{plan.family}-{plan.style}".replace(" ", "")}
    texts |= {16: plan.family, 17: plan.style}
    for number, text in texts.items():
        table.removeNames(nameID=number)
        table.setName(text, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = int(plan.axes["wght"])


def licences() -> None:
    """Put each family's own licence beside its files."""
    for source, name in (("inter", "Inter-OFL.txt"), ("noto-sans-arabic", "NotoSansArabic-OFL.txt")):
        shutil.copyfile(Path(fontpkg.path(source)).parent.parent / "LICENSE", HERE / name)


if __name__ == "__main__":
    licences()
    for plan in CUTS:
        print(f"{plan.file}: {cut(plan) / 1024:.0f} KB")
