"""The commands around schedules as an operator uses them: what they print, and their exit codes."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from reports.ledger import schedules
from tests.acceptance.conftest import TIMEOUT, Outcome, environment, reports, worked
from tests.delivery.world import (
    ANNA,
    BILAL,
    CHEN,
    DAY,
    EDITION,
    OWNER,
    World,
    kept,
    mail_server,
    reported,
    smtp,
    told,
    world,
)
from tests.mail.servers import Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVERY_DAY = 'schedule = "0 8 * * *"'


def make_due(made: World) -> None:
    """Put back the instant until which slots were looked for, so that one is due by the real clock."""
    now = datetime.now(UTC)
    with made.ledger.write() as tx:
        schedules.handle(tx, schedules.watch(tx, "weekly", now), now - DAY)


def said(outcome: Outcome, code: int, *words: str) -> Outcome:
    assert outcome.code == code, outcome.all
    for word in words:
        assert word in outcome.all, outcome.all
    return outcome


@contextmanager
def started(made: World, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Start a runner; it is ended in any case."""
    command = [sys.executable, "-m", "reports", "start", *options]
    with subprocess.Popen(command, cwd=made.folder, env=environment(), stderr=subprocess.PIPE, text=True) as runner:
        try:
            yield runner
        finally:
            runner.kill()


def wait_until(runner: subprocess.Popen[str], event: str) -> list[str]:
    """Read its log until something has happened; returns the lines."""
    assert runner.stderr is not None
    lines = []
    for line in runner.stderr:
        lines.append(line)
        if event in line:
            return lines
    raise AssertionError(lines)


@pytest.mark.slow
def test_a_day_with_an_operator(tmp_path: Path) -> None:
    """A slot fails for one recipient; the operator sees it, mends it, and everything is well again."""
    mailbox = Mailbox(refusals={BILAL: "550 5.1.1 no such mailbox"})
    with mail_server(mailbox) as port, world(tmp_path / "p", started=None, email=smtp(port), report=EVERY_DAY) as made:
        folder = made.folder
        lines = worked(reports("next", "-n", "3", cwd=folder)).text.splitlines()
        assert lines[0].split() == ["REPORT", "DUE", "SHOWS", "COMPARED", "WITH"]
        assert len(lines) == 4
        assert "08:00 +03" in lines[1]
        assert "Nothing was sent yet." in worked(reports("history", cwd=folder)).text
        worked(reports("status", cwd=folder))

        make_due(made)
        failed = reports("run-due", "--log-format", "json", cwd=folder)
        assert failed.code == 1
        *events, error = map(json.loads, failed.err.splitlines())
        assert {"slot.claimed", "edition.kept", "delivery.sent", "slot.failed", "notice.sent"} <= {
            one["event"] for one in events
        }
        assert error["event"] == "command.failed"
        assert "2 of 3 sent, 1 failed" in error["error"]
        assert "reports status" in error["hint"]
        assert reported(mailbox) == [ANNA, CHEN]
        [(_, text)] = told(mailbox)

        status = said(
            reports("status", cwd=folder), 1, "No runner is at work", "failed: 2 of 3 sent, 1 failed", BILAL, "550"
        )
        assert "no such mailbox" in status.text
        said(reports("history", cwd=folder), 0, "2 of 3 sent", "no such mailbox", f"sent    {ANNA}")
        assert worked(reports("run-due", cwd=folder)).out == b"", "nothing is due any more"

        edition = next(found for one in made.slots if (found := made.made_for(one)))
        assert f"reports resend {edition} --only {BILAL}" in text
        said(reports("resend", edition, "--only", "x@example.com", cwd=folder), 1, "not among the recipients", ANNA)
        mailbox.refusals.clear()
        said(reports("resend", edition, "--only", BILAL, cwd=folder), 0, "sent", BILAL)
        worked(reports("status", cwd=folder))
        assert reported(mailbox) == [ANNA, CHEN, BILAL]

        said(reports("pause", "weekly", cwd=folder), 0, "reports resume weekly")
        said(reports("status", cwd=folder), 0, "paused")
        make_due(made)
        worked_quietly = reports("run-due", cwd=folder)
        assert worked_quietly.code == 0
        said(reports("resume", "weekly", cwd=folder), 0, "goes out next on")
        assert len(reported(mailbox)) == 3
        said(reports("approve", edition, cwd=folder), 1, "needs no approval")
        said(reports("pause", "wekly", cwd=folder), 1, 'there is no report "wekly"', "weekly")
        said(reports("history", "wekly", cwd=folder), 1, 'there is no report "wekly"', "weekly")
        said(reports("resolve", "wekly", cwd=folder), 1, 'there is no report "wekly"', "weekly")


@pytest.mark.slow
def test_what_nobody_could_be_told_is_in_red_and_in_exit_codes_until_it_is_resolved(tmp_path: Path) -> None:
    with kept(tmp_path / "p", 'kind = "outbox"\nfolder = "config.toml/no"', report=EVERY_DAY) as made:
        made.write(report=f'{EVERY_DAY}\nretry_for = "1 second"')
        folder = made.folder
        made.ledger.close()
        first = reports("run-due", cwd=folder)
        said(first, 1, "couldn't be sent", "reports status")
        said(reports("run-due", cwd=folder), 1, "couldn't be sent")
        said(reports("status", cwd=folder), 1, "failed", f"{OWNER} couldn't be told", "reports resolve")
        said(reports("resolve", "weekly", cwd=folder), 0, "resolved")
        worked(reports("status", cwd=folder))


def test_one_runner_for_each_ledger_and_it_stops_when_asked(tmp_path: Path) -> None:
    with world(tmp_path / "p", started=None, report=EVERY_DAY) as made:
        with started(made) as runner:
            wait_until(runner, "runner.started")
            said(reports("start", cwd=made.folder), 1, "another runner works on this ledger already", "reports status")
            said(reports("status", cwd=made.folder), 0, "A runner is at work.")
            runner.terminate()
            runner.communicate(timeout=TIMEOUT)
            assert runner.returncode == 0
        said(reports("status", cwd=made.folder), 0, "No runner is at work")


def test_sigterm_finishes_what_is_at_work_or_gives_it_back(tmp_path: Path) -> None:
    with (
        mail_server(Mailbox()) as port,
        world(tmp_path / "p", started=None, email=smtp(port), report=EVERY_DAY) as made,
    ):
        make_due(made)
        with started(made, "--log-format", "json") as runner:
            lines = wait_until(runner, "slot.claimed")
            began = time.monotonic()
            runner.send_signal(signal.SIGTERM)
            _, rest = runner.communicate(timeout=TIMEOUT)
            assert time.monotonic() - began < 60, "30 s, and a slow machine"
            assert runner.returncode == 0
        for line in lines + rest.splitlines():
            assert json.loads(line)["event"]
        [slot] = [one for one in made.slots if one.state != "skipped"]
        assert slot.state in {"sent", "due"}, "finished, or given back"
        assert slot.worker is None
        edition = made.made_for(slot)
        assert "sending" not in (made.states(edition) if edition else {}).values()


@pytest.mark.slow
def test_a_configuration_that_breaks_doesnt_stop_a_runner(tmp_path: Path) -> None:
    with world(tmp_path / "p", started=None, report=EVERY_DAY) as made:
        make_due(made)
        with started(made) as runner:
            wait_until(runner, "runner.started")
            made.file.write_text("broken", encoding="utf-8")
            lines = wait_until(runner, "slot.sent")
            assert any("config.broken" in line for line in lines)
            runner.terminate()
            runner.communicate(timeout=TIMEOUT)
            assert runner.returncode == 0


@pytest.mark.slow
def test_a_wrong_word_names_what_is_there(tmp_path: Path) -> None:
    with kept(tmp_path / "p", 'kind = "outbox"') as made:
        made.ledger.close()
        folder = made.folder
        said(reports("resend", EDITION.replace("r1", "r7"), cwd=folder), 1, "hint: ")
        said(reports("resolve", EDITION.replace("r1", "r7"), cwd=folder), 1, "the ledger knows no edition")
        said(reports("next", "nosuch", cwd=folder), 1, 'there is no report "nosuch"')
        said(reports("history", "-n", "0", cwd=folder), 2)
        assert sqlite3.connect(folder / "ledger.sqlite").execute("SELECT count(*) FROM slots").fetchone() == (1,)
