"""Design tokens, which give the CSS variables and the charts' colours together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import Markup

from reports.present.fonts import DISPLAY_FAMILIES, OWN_STACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.present.fonts import FontStack
    from reports.present.logo import Logo
    from reports.present.typefaces import Typeface

COLOURS = ("ink", "muted", "line", "hair", "pale", "paper", "accent", "mid", "tint", "good", "bad")
DARK = ("ink", "muted", "line", "hair", "paper", "good", "bad")
SIZES = ("text", "strong")
WHITE = "#FFFFFF"


@dataclass(frozen=True)
class Theme:
    """What everything looks like: colours by their role (LOOK, "Tokens"), sizes of chart text and radius in points.

    `dark` are the colours of a mail in the dark, `typefaces` a customer's own fonts, `stack` what text is set in and
    `display` what headlines are. `notes` say what was changed so that everybody can read it; `files` is all that it was
    read from beside our own, by the path below a project.
    """

    colours: Mapping[str, str]
    dark: Mapping[str, str]
    sizes: Mapping[str, float]
    radius: float = 0.0
    typefaces: tuple[Typeface, ...] = ()
    stack: FontStack = OWN_STACK
    display: tuple[str, ...] = DISPLAY_FAMILIES
    logo: Logo | None = None
    notes: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)

    def css(self) -> Markup:
        """Return the CSS variables, and the rules that bring fonts and paper of its own."""
        variables = {f"--{name}": value for name, value in self.colours.items()}
        variables |= {"--font": _listed(self.stack.families), "--font-display": _listed(self.display)}
        variables |= {"--radius": f"{self.radius:g}pt"}
        rules = [f":root {{ {' '.join(f'{name}: {value};' for name, value in variables.items())} }}"]
        if self.colours["paper"] != WHITE:
            paper = self.colours["paper"]
            rules.append(f"@page {{ background: {paper}; }} @media screen {{ html {{ background: {paper}; }} }}")
        rules += [one.css() for one in self.typefaces]
        return Markup("\n".join(rules))  # noqa: S704 - checked colours, numbers, and names of our own making


def _listed(families: tuple[str, ...]) -> str:
    return ", ".join(f'"{one}"' for one in families)
