"""Errors in words and exit codes: the only place that prints errors."""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING

import click

from reports.errors import ReportsError
from reports.files import why

if TYPE_CHECKING:
    from collections.abc import Callable


def guarded(command: Callable[[], object]) -> int:
    """Run a command, say every error in words, and return the exit code."""
    try:
        command()
    except ReportsError as error:
        return _say(error.message, error.hint)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _say("stopped", "", code=130)
    except OSError as error:
        return _system_trouble(error)
    except Exception as error:  # noqa: BLE001 - nobody gets a traceback
        return _say_unforeseen(error)
    return 0


def _say_unforeseen(error: Exception) -> int:
    """Say what nobody thought of."""
    if os.environ.get("REPORTS_TRACEBACK"):
        traceback.print_exc()
    return _say(
        f"something unforeseen happened: {type(error).__name__}: {error}",
        "This is a fault of the program. Run it again with REPORTS_TRACEBACK=1 and report what it prints.",
    )


def _system_trouble(error: OSError) -> int:
    """Tell a library that can't be loaded (no number) from a file (it is named) and from our own output."""
    if error.errno is None:
        from reports.readiness import PANGO_HINT

        return _say(f"a system library is missing: {error}", PANGO_HINT)
    return _output_trouble(error) if error.filename is None else _say_unforeseen(error)


def _give_up_output() -> None:
    """Write nowhere from here on."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - so that closing it can't fail again


def _output_trouble(error: OSError) -> int:
    """Say that the output went nowhere; who reads through `head` knows that already."""
    _give_up_output()
    if isinstance(error, BrokenPipeError):
        return 1
    return _say(f"the output can't be written: {why(error)}", "Make room, or send the output elsewhere.")


def _say(message: str, hint: str, code: int = 1) -> int:
    click.echo(f"{click.style('error:', fg='red', bold=True)} {message}", err=True)
    if hint:
        click.echo(f"{click.style('hint:', bold=True)} {hint}", err=True)
    return code
