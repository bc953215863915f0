"""A note comes from the file that is named, else from notes.md, and is said to be wrong where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reports.config.note import LARGEST, read_note
from reports.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_file_there_is_no_note(tmp_path: Path) -> None:
    assert read_note(tmp_path) is None


@pytest.mark.parametrize("content", ["", " \n\t\n", "\ufeff"])
def test_an_empty_file_is_no_note(tmp_path: Path, content: str) -> None:
    (tmp_path / "notes.md").write_text(content, encoding="utf-8")
    assert read_note(tmp_path) is None


def test_a_named_file_takes_the_place_of_the_usual_one(tmp_path: Path) -> None:
    usual, named = tmp_path / "notes.md", tmp_path / "other.md"
    usual.write_text("usual", encoding="utf-8-sig")
    named.write_text("named", encoding="utf-8")
    assert read_note(tmp_path) == "usual"
    assert read_note(tmp_path, named) == "named"
    named.write_text("", encoding="utf-8")
    assert read_note(tmp_path, named) is None, "an empty file says: this time without a note"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no note at"),
        (b"caf\xe9", "can't be read as text"),
        (b"a" * (LARGEST + 1), "is larger than 64 KB"),
    ],
)
def test_a_note_that_cannot_be_read(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "note.md"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=words) as raised:
        read_note(tmp_path, path)
    assert str(path) in raised.value.message
    assert raised.value.hint


def test_a_note_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "notes.md").mkdir()
    with pytest.raises(ConfigError, match="can't be read"):
        read_note(tmp_path)


def test_the_largest_note_is_read(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_bytes(b"a" * LARGEST)
    assert len(read_note(tmp_path) or "") == LARGEST
