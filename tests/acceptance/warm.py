"""Runs commands in processes that have the libraries loaded already: each is forked from one that only waits.

A command does what it does for users, and ends as it does there; only the second that Python needs to start is left
out. What that hides (a module that nobody imports) the tests of the installed wheel see: those start Python anew.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LOADED = ("reports.cli", "reports.attempt", "reports.trial", "reports.render.pdf", "reports.charts.gallery")
LOADED += ("reports.source", "reports.sandbox.app", "reports.mail.compose", "reports.reproduction", "css_inline")
OURS = {"TEST_TOKEN"}  # variables that count only when a command asks for them; others may count as Python starts
TIMEOUT = 240  # seconds for a command, on a machine that has much else to do
_servers: dict[tuple[tuple[str, str], ...], subprocess.Popen[str]] = {}


def serves(env: Mapping[str, str]) -> bool:
    """Whether a command with these variables more may be forked."""
    return env.keys() <= OURS


def run(arguments: Sequence[str], cwd: Path, home: Mapping[str, str], env: Mapping[str, str], said: Path) -> int:
    """Run a command to its end, what it says in `said`.out and `said`.err; one that doesn't end is killed."""
    key = tuple(sorted(home.items()))
    server = _servers[key] = _servers.get(key) or _start(home)
    assert server.stdin
    assert server.stdout
    asked = {"arguments": [*arguments], "cwd": str(cwd), "env": {**home, **env}, "said": str(said)}
    server.stdin.write(json.dumps(asked) + "\n")
    server.stdin.flush()
    if not select.select([server.stdout], [], [], TIMEOUT)[0]:
        del _servers[key]
        os.killpg(server.pid, signal.SIGKILL)
        raise subprocess.TimeoutExpired([*arguments], TIMEOUT)
    return int(server.stdout.readline())


def _start(home: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start the process that waits, with an environment of its own; it ends with this one."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    found = subprocess.Popen([sys.executable, __file__], env=dict(home), start_new_session=True, **pipes)
    atexit.register(_stop, found)
    return found


def _stop(server: subprocess.Popen[str]) -> None:
    assert server.stdin
    assert server.stdout
    server.stdin.close()
    server.stdout.close()
    server.wait()


def _wait_for_orders() -> None:
    """Fork a process for each order; returns only there, to be the command that was asked for."""
    for name in LOADED:
        __import__(name)
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            _become(json.loads(line))
            return
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
    sys.exit()


def _become(asked: Mapping[str, Any]) -> None:
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    for number, name in ((1, f"{asked['said']}.out"), (2, f"{asked['said']}.err")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["reports", *asked["arguments"]]


if __name__ == "__main__":
    _wait_for_orders()
    from reports.cli import main

    main()
