"""Design tokens, which give the CSS variables and the charts' colours together."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.present.templates import Templates

COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
COLOURS = ("ink", "muted", "line", "hair", "pale", "paper", "accent", "mid", "tint", "good", "bad")
SIZES = ("text", "strong")
LARGEST_SIZE = 100  # points; far beyond any word in a chart


@dataclass(frozen=True)
class Theme:
    """Colours by their role (LOOK, "Tokens") and the sizes of chart text in points."""

    colours: Mapping[str, str]
    sizes: Mapping[str, float]

    def css(self) -> str:
        """Return the colours as CSS variables."""
        rules = " ".join(f"--{name}: {value};" for name, value in self.colours.items())
        return f":root {{ {rules} }}"


def load_theme(templates: Templates, name: str = "default") -> Theme:
    """Read a theme file; every token has to be there, and be what it should."""
    file = f"themes/{name}.toml"
    try:
        content = tomllib.loads(templates.read(file))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not valid TOML: {error}", hint='Colours stand in quotes: "#0B5E6B".') from error
    colours, sizes = (one if isinstance(one := content.get(key), dict) else {} for key in ("colours", "chart"))
    wrong = [f"colours.{one}" for one in COLOURS if not COLOUR.fullmatch(str(colours.get(one)))]
    wrong += [f"chart.{one}" for one in SIZES if not _is_size(sizes.get(one))]
    if wrong:
        raise ConfigError(
            f"{file}: missing or wrong: {', '.join(wrong)}",
            hint="A colour is written #RRGGBB, a size as a number of points.",
        )
    return Theme({one: colours[one] for one in COLOURS}, {one: float(sizes[one]) for one in SIZES})


def _is_size(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < LARGEST_SIZE
