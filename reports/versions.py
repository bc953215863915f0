"""What an edition is made with: Python, packages, system libraries, fonts."""

from __future__ import annotations

import platform
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING

from reports.files import digest
from reports.present.fonts import font_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.present.templates import Templates

OURS = "pipeline-reports"
NAME = re.compile(r"[A-Za-z0-9._-]+")


def versions(templates: Templates) -> dict[str, str]:
    """Return the version of everything whose change could change a page; fonts by the SHA-256 of their files."""
    from reports.charts import canvas
    from reports.render import pdf

    return {
        "Python": platform.python_version(),
        **_installed(),
        **pdf.library_versions(),
        **canvas.library_versions(),
        **{f"font {face.file}": digest(path.read_bytes()) for face, path in font_files(templates).items()},
    }


@cache
def _installed() -> dict[str, str]:
    """Return the versions of the packages, as they were when this process first asked: it has loaded these."""
    return {name: version(name) for name in sorted(_packages(OURS, set()))}


def differences(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return what isn't the same any more, one line each."""
    return [
        f"{name} was {_shown(then.get(name))} and is {_shown(now.get(name))}"
        for name in sorted({*then, *now}, key=str.casefold)
        if then.get(name) != now.get(name)
    ]


def _shown(found: str | None) -> str:
    return "missing" if found is None else found[:12]


def _packages(name: str, seen: set[str]) -> set[str]:
    """Collect a distribution and all that it needs at run time, as far as they are installed."""
    key = name.casefold().replace("_", "-")
    if key in seen:
        return seen
    try:
        needed = requires(name) or []
    except PackageNotFoundError:
        return seen
    seen.add(key)
    for line in needed:
        if "extra ==" not in line and (match := NAME.match(line)):
            _packages(match[0], seen)
    return seen
