"""config.toml -> Config: strict, with every problem listed at once."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from reports.config.model import Config
from reports.config.problems import all_problems
from reports.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_FILE = "config.toml"


def load(path: Path) -> Config:
    """Read a configuration; a ConfigError lists every problem at once, with its dotted path."""
    content = _read(path)
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        raise all_problems(path, content, error) from error
    return config.in_folder(path.resolve().parent)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise ConfigError(
            f"there is no configuration at {path}",
            hint="Make a project folder with `reports init DIR`, or name a file with --config FILE.",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} can't be read as text", hint="It has to be a TOML file in UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{path} is not valid TOML: {error}", hint='Texts stand in "quotes", lists in [brackets].'
        ) from error
