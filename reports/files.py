"""Files that are either whole or not there."""

from __future__ import annotations

import hashlib
import os
import tempfile
import unicodedata
from contextlib import suppress
from pathlib import Path


def _umask() -> int:
    """Return which rights new files don't have; the system tells only by setting it."""
    found = os.umask(0o077)
    os.umask(found)
    return found


UMASK = _umask()


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the place, then move there, so that nobody ever sees half a file; an OSError leaves nothing.

    What isn't a file (a pipe, a device) is written into: moving something there would put a file in its place.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    path = path.resolve()  # a link stays a link, to the new content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(path.stat().st_mode if path.exists() else 0o666 & ~UMASK)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


# Not in names on every system; and a dash as ASCII has it, so that most names need no encoding.
FORBIDDEN = dict.fromkeys(map(ord, '\\/:*?"<>|\u2013'), "-")
LONGEST_NAME = 100  # letters, so that their bytes fit with an ending


def safe_name(text: str) -> str:
    """Return a text as a file's name that every system takes: without slashes, control and direction characters."""
    visible = (" " if one.isspace() else one for one in text if one.isspace() or unicodedata.category(one)[0] != "C")
    return " ".join("".join(visible).translate(FORBIDDEN).split())[:LONGEST_NAME].strip(" .") or "report"


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


def can_be_written(path: Path) -> bool:
    """Whether a file or folder could be made there: the nearest thing above that exists is a folder we may write to."""
    nearest = next(one for one in (path.parent, *path.absolute().parents) if one.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK)


def why(error: OSError) -> str:
    """Return an operating system's reason as people read it: `No space left on device`."""
    return error.strerror or str(error) or type(error).__name__
