"""Reads a language's catalogue as translators write it, and says in which line it is wrong."""

from __future__ import annotations

import re
from functools import cache
from io import BytesIO, StringIO
from string import Formatter
from typing import TYPE_CHECKING

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import Translations

from reports.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from babel.messages.catalog import Catalog, Message

LINE = re.compile(r'(#.*|((msgctxt|msgid|msgid_plural|msgstr(\[\d\])?)\s+)?"([^"\\]|\\.)*")?')


@cache
def read_catalogue(path: Path, language: str) -> Translations:
    """Return the words of a catalogue; no compiled copy of it can be out of date, and nothing marked fuzzy is used.

    A ConfigError names the file and the line of what can't be read or filled in.
    """
    text = _decoded(path)
    for number, line in enumerate(text.split("\n"), 1):
        if not LINE.fullmatch(line.strip()):
            raise _damaged(path, number, "this is no line of a catalogue")
    try:
        catalogue = read_po(StringIO(text), locale=language, ignore_obsolete=True, abort_invalid=True)
    except PoFileError as error:
        raise _damaged(path, error.lineno + 1, "this doesn't follow from what stands before it") from error
    except (ValueError, LookupError) as error:
        raise _damaged(path, 1, f"this can't be read as a catalogue: {error}") from error
    for message in catalogue:
        if message.id and (wrong := _wrong(message)):
            raise _damaged(path, message.lineno or 1, wrong)
    return _usable(path, catalogue)


def _decoded(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}", hint="Mend it, or put it back.") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _damaged(path, content.count(b"\n", 0, error.start) + 1, "this isn't UTF-8") from error


def _usable(path: Path, catalogue: Catalog) -> Translations:
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    try:
        return Translations(compiled)
    except ValueError as error:
        raise _damaged(path, 1, f"Plural-Forms in its head can't be read: {error}") from error


def _wrong(message: Message) -> str:
    """Return what would fail when a translation is filled in; empty where nothing would."""
    forms = message.string if isinstance(message.string, (list, tuple)) else (message.string or "",)
    known = fields(message.id if isinstance(message.id, (list, tuple)) else (message.id,))
    try:
        unknown = sorted(fields(forms) - known)
    except ValueError as error:
        return f"the braces of a translation don't match: {error}"
    return f"the message has no value {{{unknown[0]}}}" if unknown else ""


def fields(texts: Iterable[str]) -> set[str]:
    """Return the names in braces; a ValueError says that braces don't match."""
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name is not None}


def _damaged(path: Path, line: int, what: str) -> ConfigError:
    return ConfigError(f"{path}, line {line}: {what}", hint="Mend it, or put it back.")
