"""Where the note of an edition comes from: a file that is named, or notes.md beside the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.errors import ConfigError
from reports.files import why

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_NOTE = "notes.md"
LARGEST = 64 * 1024  # bytes


def read_note(folder: Path, named: Path | None = None) -> str | None:
    """Return the note's text; None where there is none or it is empty, also where an empty file was named."""
    path = named or folder / DEFAULT_NOTE
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        if named is None:
            return None
        raise ConfigError(f"there is no note at {path}", hint="Name a file of Markdown with --note FILE.") from error
    except OSError as error:
        raise ConfigError(
            f"the note {path} can't be read: {why(error)}", hint="It has to be a file of Markdown, in UTF-8."
        ) from error
    if len(content) > LARGEST:
        raise ConfigError(
            f"the note {path} is larger than {LARGEST // 1024} KB", hint="Shorten it: it stands among the figures."
        )
    return _text(path, content)


def _text(path: Path, content: bytes) -> str | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"the note {path} can't be read as text", hint="It has to be Markdown in UTF-8.") from error
    return text if text.strip() else None
