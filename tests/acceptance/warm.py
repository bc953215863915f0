"""Runs commands in processes that have the libraries loaded already: each is forked from one that only waits.

A command takes as long as it does for users, less the second that Python needs to start. It is asked for by a line of
JSON (arguments, folder, environment, files for what it says) and answered by its exit code.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import traceback
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LOADED = ("reports.cli", "reports.attempt", "reports.trial", "reports.render.pdf", "reports.charts.gallery")
LOADED += ("reports.source", "reports.sandbox.app", "reports.mail.compose", "reports.reproduction", "css_inline")
SET_AT_START = ("PYTHON", "LANG", "LC_", "TZ", "FONTCONFIG", "LD_", "COLUMNS")  # what a process reads only as it starts


def serves(env: Mapping[str, str]) -> bool:
    """Whether a command with these variables may be forked: none of them counts before it begins."""
    return not any(name.startswith(SET_AT_START) for name in env)


@cache
def _server(home: tuple[tuple[str, str], ...]) -> subprocess.Popen[str]:
    """Start the process that waits, with an environment of its own; it ends with this one."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    found = subprocess.Popen([sys.executable, __file__], env=dict(home), **pipes)
    atexit.register(_stop, found)
    return found


def _stop(server: subprocess.Popen[str]) -> None:
    assert server.stdin
    assert server.stdout
    server.stdin.close()
    server.stdout.close()
    server.wait()


def run(arguments: Sequence[str], cwd: Path, home: Mapping[str, str], env: Mapping[str, str], said: Path) -> int:
    """Run a command to its end; what it says goes into `said`.out and `said`.err."""
    server = _server(tuple(sorted(home.items())))
    assert server.stdin
    assert server.stdout
    asked = {"arguments": [*arguments], "cwd": str(cwd), "env": {**home, **env}, "said": str(said)}
    server.stdin.write(json.dumps(asked) + "\n")
    server.stdin.flush()
    return int(server.stdout.readline())


def _wait_for_orders() -> None:
    for name in LOADED:
        __import__(name)
    for line in sys.stdin:
        asked = json.loads(line)
        if (child := os.fork()) == 0:
            _become(asked)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _become(asked: Mapping[str, Any]) -> None:
    """Be the command that was asked for, until its end."""
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    for number, name in ((1, f"{asked['said']}.out"), (2, f"{asked['said']}.err")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["reports", *asked["arguments"]]
    code = _code()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _code() -> int:
    """Return the exit code of the command, as Python itself would."""
    from reports.cli import main

    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - shown, as Python does
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    _wait_for_orders()
