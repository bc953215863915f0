"""Secrets, which config.toml only points at."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from reports.errors import ConfigError


class Section(BaseModel):
    """A table of config.toml: unknown keys are errors, values don't change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Secret(Section):
    """Where a secret is kept: an environment variable or a file of its own."""

    env: str | None = None
    file: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Secret:
        if (self.env is None) == (self.file is None):
            message = 'give either { env = "NAME" } or { file = "PATH" }'
            raise ValueError(message)
        return self

    def read(self, folder: Path) -> str:
        """Return the secret; relative files start at `folder`. Its value is in no message."""
        if self.env is not None:
            value = os.environ.get(self.env, "").strip()
            where, todo = f"the environment variable {self.env}", f"Set it: export {self.env}=..."
        else:
            path = folder / Path(self.file or "").expanduser()
            where, todo = f"the file {path}", "Put the secret there, and nothing else."
            value = _read_secret(path, where, todo)
        if not value or not value.isascii() or not value.isprintable():
            raise ConfigError(f"{where} is {'empty or missing' if not value else 'not plain text'}", hint=todo)
        return value


def _read_secret(path: Path, where: str, todo: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where} can't be read", hint=todo) from error


def _no_literal(value: object) -> object:
    if isinstance(value, str):
        message = 'a secret doesn\'t stand in this file; write { env = "NAME" } or { file = "PATH" }'
        raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueErrors only
    return value


SecretField: TypeAlias = Annotated[Secret, BeforeValidator(_no_literal)]
