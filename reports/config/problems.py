"""What is wrong with a configuration, in words: every problem with its dotted path and a suggestion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from reports.config.conditions import ConditionTable
from reports.config.email import OAuth, OutboxEmail, SmtpEmail
from reports.config.model import (
    Account,
    Archive,
    Checks,
    Config,
    Ledger,
    Runner,
    SandboxSource,
    VoxysSource,
    Web,
)
from reports.config.report import Report, Targets, View
from reports.config.schedule import ScheduleTable
from reports.config.secret import Secret, Section
from reports.config.words import near
from reports.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydantic import ValidationError

    KnownKeys: TypeAlias = Callable[[tuple[str | int, ...], str], list[str]]


def all_problems(
    path: Path, content: dict[str, Any], error: ValidationError, known: KnownKeys | None = None
) -> ConfigError:
    """Return one error that lists each problem once; `known` are the keys around a mistyped one, here config.toml's."""
    keys = known or _known_keys
    problems = [one for each in error.errors(include_url=False) for one in _problems(content, dict(each), keys)]
    unique = list(dict.fromkeys(problems))
    count = "a problem" if len(unique) == 1 else f"{len(unique)} problems"
    lines = "".join(f"\n  {one}" for one in unique)
    return ConfigError(f"{path} has {count}:{lines}", hint="Change these and try again; `reports check` reads it all.")


def _problems(content: dict[str, Any], one: dict[str, Any], known: KnownKeys) -> list[str]:
    """Return the problems of one error; those of the whole file may be several, one to a line."""
    problem = _problem(content, one, known)
    return [problem] if one["loc"] else problem.split("\n")


def _problem(content: dict[str, Any], one: dict[str, Any], known: KnownKeys) -> str:
    """Return one problem as `dotted.path: what is wrong`, with a suggestion for a mistyped key."""
    where = _dotted(content, one["loc"], missing=one["type"] == "missing")
    text = str(one["msg"]).removeprefix("Value error, ")
    if one["type"] == "extra_forbidden":
        text = f"unknown key{near(str(one['loc'][-1]), known(one['loc'], where))}"
    elif one["type"] == "missing":
        text = "is missing"
    elif one["type"].startswith("union_tag"):
        where, text = f"{where}.kind", _kind_problem(one)
    elif one["type"] in {"too_short", "string_too_short"}:
        text = "is empty"
    elif one["type"] == "bool_type":
        text = f"{_shown(one['input'])} is neither true nor false, without quotes"
    elif one["type"] in {"list_type", "tuple_type"}:
        text = f'{_shown(one["input"])} is not a list such as ["..."]'
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


def _dotted(content: dict[str, Any], loc: tuple[str | int, ...], *, missing: bool) -> str:
    """Return the path as the file has it, without the names pydantic adds for the choices of a union."""
    parts: list[str] = []
    place: Any = content
    for number, key in enumerate(loc, start=1):
        inside = key in place if isinstance(place, dict) else isinstance(place, list) and isinstance(key, int)
        if inside:
            place = place[key]
        if inside or (missing and number == len(loc)):
            parts.append(str(key))
    return ".".join(parts)


def _known_keys(loc: tuple[str | int, ...], where: str) -> list[str]:
    """Return the keys that the table around an unknown key may have."""
    tables: dict[str, type[Section]] = {
        "account": Account,
        "archive": Archive,
        "checks": Checks,
        "ledger": Ledger,
        "runner": Runner,
        "reports": Report,
        "web": Web,
    }
    kinds: dict[str, type[Section]] = {
        "sandbox": SandboxSource,
        "voxys": VoxysSource,
        "outbox": OutboxEmail,
        "smtp": SmtpEmail,
    }
    inner: dict[str, type[Section]] = {
        "token": Secret,
        "password": Secret,
        "url": Secret,
        "ping": Secret,
        "targets": Targets,
        "schedule": ScheduleTable,
        "client_secret": Secret,
        "refresh_token": Secret,
        "oauth": OAuth,
        "views": View,
        "only_if": ConditionTable,
    }
    if "." not in where:
        return list(Config.model_fields)
    first, *others = (str(one) for one in loc[:-1])
    name = others[0] if first in {"source", "email", "reports"} and others else ""  # of a kind or of a report
    table = kinds.get(name) if first in {"source", "email"} else tables.get(first)
    within = others[1:] if name else others
    model = next((inner[one] for one in reversed(within) if one in inner), table)
    fields = model.model_fields if model else {}
    return [field.alias or name for name, field in fields.items()]
