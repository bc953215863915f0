"""A file is whole or not there, and an error leaves nothing behind."""

from __future__ import annotations

import errno
import os
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from reports.files import UMASK, why, write_whole

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_written_with_the_folders_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.bin"
    write_whole(path, b"\x00whole")
    assert path.read_bytes() == b"\x00whole"
    assert [one.name for one in path.parent.iterdir()] == ["file.bin"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~UMASK


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a much longer older content")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"


def test_an_error_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    path = tmp_path / "place"
    path.mkdir()
    (path / "kept").touch()
    with pytest.raises(OSError, match=r".+"):
        write_whole(path, b"new")
    assert [one.name for one in tmp_path.iterdir()] == ["place"]
    assert (path / "kept").exists()


def test_content_that_is_no_bytes_leaves_no_part(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write_whole(tmp_path / "file", "text")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r".+"):
        write_whole(tmp_path / "file" / "below", b"")


def test_who_reads_while_it_is_written_sees_one_version_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    versions = {bytes([number]) * 200_000 for number in range(20)}
    write_whole(path, min(versions))
    seen: set[bytes] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_bytes())
        seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for content in sorted(versions):
        write_whole(path, content)
    done.set()
    reader.join()
    assert seen <= versions
    assert max(versions) in seen


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/secret/place"), "No space left on device"),
        (OSError("said otherwise"), "said otherwise"),
        (PermissionError(), "PermissionError"),
    ],
)
def test_the_reason_is_what_people_read(error: OSError, text: str) -> None:
    assert why(error) == text


def test_a_pipe_is_written_into_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, b"content")
        assert os.read(reader, 100) == b"content"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_link_stays_a_link_to_the_new_content(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "file"
    target.write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to(target)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_file_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o600)
    write_whole(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
