"""Runs a command that is ended with kill -9 when it logs an event, wherever that is: no boundary is a matter of time.

    python tests/delivery/killed_at.py EVENT COUNT process|group|runner -- run-due ...

A process counts for itself. `process` ends the one that logs, `group` all of them at once, as a machine that crashes
does, and `runner` the one that was started as the command, whoever logs. Child processes come by this file, too: they
import their parent's main module before they work.
"""

from __future__ import annotations

import os
import signal
import sys
from logging import INFO, LogRecord

from reports.log import LOGGER

PLAN = "KILLED_AT"  # in the environment, which children inherit
if __name__ == "__main__":
    os.environ[PLAN] = " ".join([*sys.argv[1:4], str(os.getpid())])
    sys.argv[:5] = ["reports"]
EVENT, COUNT, WHO, RUNNER = os.environ[PLAN].split(" ")
seen = 0


def kill() -> None:
    """End it without a word."""
    if WHO == "group":
        os.killpg(0, signal.SIGKILL)
    os.kill(int(RUNNER) if WHO == "runner" else os.getpid(), signal.SIGKILL)


def handle(record: LogRecord) -> None:
    """Log as always, then look whether the end has come."""
    global seen  # noqa: PLW0603 - one count for each process
    written(record)
    if record.getMessage() == EVENT:
        seen += 1
        if seen == int(COUNT):
            kill()


written = LOGGER.handle
LOGGER.handle = handle  # type: ignore[method-assign]
LOGGER.setLevel(INFO)  # commands by hand log nothing, but they come by here

if __name__ == "__main__":
    from reports.cli.root import main

    main()
