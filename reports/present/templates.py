"""Finds templates and their assets: the project's own first, then the packaged copy, then the checkout."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reports.errors import ConfigError, RenderError

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = Path(__file__).parent.parent
PACKAGED = PACKAGE / "_templates"
CHECKOUT = PACKAGE.parent / "templates"
STARTER = (PACKAGED / "project" / "config.toml", PACKAGE.parent / "config.toml")
FILES = ("page.html", "mail.html", "mail.txt")  # of each template
NOTICE = "notice/mail.txt"  # what the owner is told
EDITABLE = ("base", "partials", "weekly", "scorecard", "board", "notice", "preview", "themes")


@dataclass(frozen=True)
class Templates:
    """The folders to look in, first one first."""

    folders: tuple[Path, ...]

    @classmethod
    def of_project(cls, folder: Path) -> Templates:
        """Return the templates as seen from a project's folder."""
        return cls(tuple(one for one in (folder / "templates", PACKAGED, CHECKOUT) if one.is_dir()))

    def find(self, name: str) -> Path | None:
        """Return the first file of that name, or None."""
        return next((path for folder in self.folders if (path := folder / name).is_file()), None)

    def read(self, name: str) -> str:
        """Return a file's text; a missing or unreadable one is an error that names it."""
        path = self.find(name)
        if path is None:
            raise RenderError(f"there is no {name} among the templates", hint=f"Looked in: {self._looked_in()}.")
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RenderError(f"{path} can't be read as text", hint="It has to be a file in UTF-8.") from error

    def require(self, template: str) -> None:
        """Refuse a template that isn't there, and say which there are."""
        missing = [name for name in FILES if self.find(f"{template}/{name}") is None]
        if missing:
            folders = {path.parent.name for folder in self.folders for path in folder.glob("*/mail.html")}
            what = f'there is no template "{template}"'
            if len(missing) < len(FILES):
                what = f'the template "{template}" has no {" and no ".join(missing)}'
            raise ConfigError(what, hint=f"There are: {', '.join(sorted(folders))}.")

    def _looked_in(self) -> str:
        return ", ".join(str(folder) for folder in self.folders)


def start_project(folder: Path, progress: Callable[[Path], None] = lambda _: None) -> None:
    """Make a project of one's own: a configuration that runs, and the templates to change; nothing is overwritten."""
    starter = next((path for path in STARTER if path.is_file()), None)
    origin = PACKAGED if PACKAGED.is_dir() else CHECKOUT
    if starter is None or not origin.is_dir():
        raise RenderError("the packaged templates are missing", hint="Install the package anew.")
    plan = {folder / "config.toml": starter}
    for name in EDITABLE:
        for path in sorted((origin / name).rglob("*.*")):
            plan[folder / "templates" / path.relative_to(origin)] = path
    there = [target for target in plan if target.exists()]
    if there:
        raise ConfigError(f"{there[0]} is already there", hint="Choose an empty folder; nothing was changed.")
    for target, path in plan.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        progress(target)
