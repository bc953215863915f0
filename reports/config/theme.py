"""A theme's file: colours, logo, fonts and shapes, each of which may be left to the theme below it."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from reports.config.languages import Worded
from reports.config.problems import all_problems
from reports.config.secret import Section
from reports.config.values import Colour
from reports.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

ASSET = re.compile(r"[\w-][\w .-]*(/[\w-][\w .-]*)*")


def _asset(value: object) -> str:
    """Take the name of a file beside the theme's own, or below it."""
    if isinstance(value, str) and ASSET.fullmatch(value) and ".." not in value:
        return value
    message = 'should be the name of a file beside this one, such as "logo.png"'
    raise ValueError(message)


def _number(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    message = "should be a number of points"
    raise ValueError(message)


Number: TypeAlias = Annotated[float, BeforeValidator(_number)]
Asset: TypeAlias = Annotated[str, BeforeValidator(_asset)]
Points: TypeAlias = Annotated[Number, Field(gt=0, le=100, allow_inf_nan=False)]


class Colours(Section):
    """Colours by their role (LOOK, "Tokens")."""

    ink: Colour | None = None
    muted: Colour | None = None
    line: Colour | None = None
    hair: Colour | None = None
    pale: Colour | None = None
    paper: Colour | None = None
    accent: Colour | None = None
    mid: Colour | None = None
    tint: Colour | None = None
    good: Colour | None = None
    bad: Colour | None = None


class Dark(Section):
    """The colours of a mail in the dark."""

    ink: Colour | None = None
    muted: Colour | None = None
    line: Colour | None = None
    hair: Colour | None = None
    paper: Colour | None = None
    good: Colour | None = None
    bad: Colour | None = None


class ChartType(Section):
    """Sizes of the words in charts, in points."""

    text: Points | None = None
    strong: Points | None = None


class LogoTable(Section):
    """The customer's logo: for pages, and for mails, which take no SVG; `height` on the page in points."""

    file: Asset
    mail: Asset | None = None
    alt: Worded | None = None
    height: Annotated[Number, Field(ge=8, le=60)] = 24.0


class FontFiles(Section):
    """Static font files: text in two weights, headlines, and Arabic in two weights."""

    regular: Asset | None = None
    strong: Asset | None = None
    display: Asset | None = None
    arabic: Asset | None = None
    arabic_strong: Asset | None = None

    @model_validator(mode="after")
    def _in_pairs(self) -> FontFiles:
        for one, other in (("regular", "strong"), ("arabic", "arabic_strong")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                message = f"{one} and {other} go together: both weights are needed"
                raise ValueError(message)
        return self


class ThemeTable(Section):
    """The whole of a theme's file."""

    accent: Colour | None = None
    radius: Annotated[Number, Field(ge=0, le=20)] | None = None
    colours: Colours = Colours()
    dark: Dark = Dark()
    chart: ChartType = ChartType()
    logo: LogoTable | None = None
    fonts: FontFiles | None = None

    @model_validator(mode="after")
    def _one_accent(self) -> ThemeTable:
        if self.accent is not None and self.colours.accent is not None:
            message = "give either accent or colours.accent"
            raise ValueError(message)
        return self

    def named_colours(self) -> dict[str, str]:
        """Return the colours that stand here."""
        named = self.colours.model_dump(exclude_none=True)
        return named if self.accent is None else {**named, "accent": self.accent}


def parse_theme(path: Path, text: str) -> ThemeTable:
    """Read a theme's file; a ConfigError lists every problem at once, with its dotted path."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}", hint='Colours stand in quotes: "#0B5E6B".') from error
    try:
        return ThemeTable.model_validate(content)
    except ValidationError as error:
        raise all_problems(path, content, error, _known_keys) from error


def _known_keys(loc: tuple[str | int, ...], _where: str) -> list[str]:
    """Return the keys that the table around an unknown key may have."""
    tables: dict[str, type[Section]] = {
        "colours": Colours,
        "dark": Dark,
        "chart": ChartType,
        "logo": LogoTable,
        "fonts": FontFiles,
    }
    table: Any = ThemeTable if len(loc) == 1 else tables.get(str(loc[0]))
    return list(table.model_fields) if table else []
