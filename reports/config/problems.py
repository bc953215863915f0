"""What is wrong with a configuration, in words: every problem with its dotted path and a suggestion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.config.model import (
    Account,
    Archive,
    Config,
    OutboxEmail,
    Report,
    SandboxSource,
    SmtpEmail,
    Targets,
    VoxysSource,
)
from reports.config.secret import Secret, Section
from reports.config.words import near
from reports.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import ValidationError


def all_problems(path: Path, content: dict[str, Any], error: ValidationError) -> ConfigError:
    """Return one error that lists each problem once."""
    problems = [_problem(content, dict(one)) for one in error.errors(include_url=False)]
    unique = list(dict.fromkeys(problems))
    count = "a problem" if len(unique) == 1 else f"{len(unique)} problems"
    lines = "".join(f"\n  {one}" for one in unique)
    return ConfigError(f"{path} has {count}:{lines}", hint="Change these and try again; `reports check` reads it all.")


def _problem(content: dict[str, Any], one: dict[str, Any]) -> str:
    """Return one problem as `dotted.path: what is wrong`, with a suggestion for a mistyped key."""
    where = _dotted(content, one["loc"])
    text = str(one["msg"]).removeprefix("Value error, ")
    if one["type"] == "extra_forbidden":
        text = f"unknown key{near(str(one['loc'][-1]), _known_keys(one['loc'], where))}"
    elif one["type"] == "missing":
        text = "is missing"
    elif one["type"].startswith("union_tag"):
        where, text = f"{where}.kind", _kind_problem(one)
    elif one["type"] in {"too_short", "string_too_short"}:
        text = "is empty"
    elif one["type"] == "literal_error":
        text = f"{_shown(one['input'])} is not one of {one['ctx']['expected']}"
    return f"{where}: {text}" if where else text


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _kind_problem(one: dict[str, Any]) -> str:
    context = one.get("ctx", {})
    if "tag" not in context:
        return "is missing"
    return f'"{context["tag"]}" is not one of {context["expected_tags"]}'


def _dotted(content: dict[str, Any], loc: tuple[str | int, ...]) -> str:
    """Return the path as the file has it, without the names pydantic adds for the choices of a union."""
    parts: list[str] = []
    place: Any = content
    for key in loc:
        last = key == loc[-1]
        inside = key in place if isinstance(place, dict) else isinstance(place, list) and isinstance(key, int)
        if inside:
            place = place[key]
        if inside or (last and isinstance(place, dict)):
            parts.append(str(key))
    return ".".join(parts)


def _known_keys(loc: tuple[str | int, ...], where: str) -> list[str]:
    """Return the keys that the table around an unknown key may have."""
    tables: dict[str, type[Section]] = {"account": Account, "archive": Archive, "reports": Report}
    kinds: dict[str, type[Section]] = {
        "sandbox": SandboxSource,
        "voxys": VoxysSource,
        "outbox": OutboxEmail,
        "smtp": SmtpEmail,
    }
    inner: dict[str, type[Section]] = {"token": Secret, "password": Secret, "targets": Targets}
    first = str(loc[0])
    if "." not in where:
        return list(Config.model_fields)
    model = inner.get(str(loc[2])) if len(loc) > 3 else None  # noqa: PLR2004 - source, kind, token, key
    model = model or (kinds.get(str(loc[1])) if first in {"source", "email"} else tables.get(first))
    fields = model.model_fields if model else {}
    return [field.alias or name for name, field in fields.items()]
