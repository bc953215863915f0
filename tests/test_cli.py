"""What the system refuses is said for what it is."""

from __future__ import annotations

import errno

import pytest

from reports.cli.failures import guarded


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError("cannot load library 'libpango-1.0-0'"), "error: a system library is missing: cannot load"),
        (OSError(errno.EACCES, "Permission denied", "somewhere"), "error: something unforeseen happened"),
    ],
)
def test_trouble_of_the_system(error: OSError, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise error

    assert guarded(fail) == 1
    told = capsys.readouterr().err
    assert said in told
    assert "output can't be written" not in told
    assert "hint: " in told
