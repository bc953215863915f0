"""The command line as people use it: a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from tests.acceptance import warm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CHECKOUT = Path(__file__).resolve().parents[2]
DEALS = Path(__file__).with_name("deals.csv")
ZONE = "Asia/Riyadh"
LEDGER = "ledger.sqlite"
TOKEN = "token-of-this-test"
TIMEOUT = 240  # seconds, on a machine that has much else to do
INHERITED = ("PATH", "HOME", "SYSTEMROOT", "TEMP", "TMPDIR", "LD_LIBRARY_PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH")


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def all(self) -> str:
        """Everything it said."""
        return self.text + self.err


def environment(**more: str) -> dict[str, str]:
    """Return a small environment of its own, in which `reports` is this checkout's."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**kept, "PYTHONPATH": str(CHECKOUT), "LANG": "C.UTF-8", **more}


def reports(*arguments: object, cwd: Path, env: Mapping[str, str] | None = None) -> Outcome:
    """Run a command to its end; whatever happens, nobody may be shown a traceback or a Python warning."""
    more = env or {}
    outcome = (_warm if warm.serves(more) else _cold)([*map(str, arguments)], cwd, more)
    for word in ("Traceback", "Warning", "unforeseen"):
        assert word not in outcome.err, outcome.err
    return outcome


def _cold(arguments: list[str], cwd: Path, env: Mapping[str, str]) -> Outcome:
    done = subprocess.run(
        [sys.executable, "-m", "reports", *arguments],
        cwd=cwd,
        env=environment(**env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr.decode())


def _warm(arguments: list[str], cwd: Path, env: Mapping[str, str]) -> Outcome:
    with TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        code = warm.run(arguments, cwd, environment(), env, said)
        return Outcome(
            code, said.with_suffix(".out").read_bytes(), said.with_suffix(".err").read_text(encoding="utf-8")
        )


def worked(outcome: Outcome) -> Outcome:
    """Expect that it worked, and said nothing beside its result."""
    assert outcome.code == 0, outcome.err
    assert outcome.err == ""
    return outcome


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder; of the ledger how much it knows, and nothing where that is nothing."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for name in [one for one in found if one.startswith(f"{LEDGER}-")]:
        del found[name]
    if found.pop(LEDGER, None) and (known := in_ledger(folder)):
        found[LEDGER] = known.encode()
    return found


def in_ledger(folder: Path) -> str:
    """Return how many editions and deliveries a ledger knows, as `1 editions, 2 deliveries`; nothing if none."""
    with closing(sqlite3.connect(folder / LEDGER)) as ledger:
        counts = [ledger.execute(f"SELECT count(*) FROM {one}").fetchone()[0] for one in ("editions", "deliveries")]  # noqa: S608 - two constants
    return "{} editions, {} deliveries".format(*counts) if any(counts) else ""


def load(csv_file: Path, database: Path) -> None:
    worked(reports("sandbox", "load", csv_file, "--database", database, "--timezone", ZONE, cwd=database.parent))


@contextmanager
def serving(database: Path) -> Iterator[str]:
    """Run `reports sandbox serve` on a free port; yields the address it prints."""
    options = ["--database", str(database), "--port", "0", "--token", TOKEN, "--timezone", ZONE]
    command = [sys.executable, "-m", "reports", "sandbox", "serve", *options]
    with subprocess.Popen(command, cwd=database.parent, env=environment(), stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            [address] = re.findall(r"at (http://127\.0\.0\.1:[0-9]+) ", said)
            yield address
        finally:
            server.terminate()


CONFIG = """
[account]
name = "Najd Trading"
timezone = "{zone}"
week_start = "sunday"
weekend = ["friday", "saturday"]
currency = "SAR"

[source]
{source}

[email]
{email}

[reports.weekly]
title = "Weekly pipeline report"
to = {to}

[reports.monthly]
title = "Monthly pipeline report"
period = "month"
to = ["Board <board@example.com>"]
"""
OUTBOX = 'kind = "outbox"\nfrom = "Pipeline reports <reports@example.com>"'


def write_config(folder: Path, source: str, email: str = OUTBOX, to: str = '["Sales <sales@example.com>"]') -> Path:
    path = folder / "config.toml"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(CONFIG.format(zone=ZONE, source=source, email=email, to=to), encoding="utf-8")
    return path


def voxys(address: str) -> str:
    """Return a [source] that asks a server, with the token from the environment."""
    return f'kind = "voxys"\nbase_url = "{address}"\naccount_id = 1\ntoken = {{ env = "TEST_TOKEN" }}'


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our own deals in a sandbox database, which nobody writes to."""
    path = tmp_path_factory.mktemp("deals") / "own.sqlite"
    load(DEALS, path)
    return path


@pytest.fixture
def project(tmp_path: Path, database: Path) -> Callable[..., Path]:
    """Make a folder with a config.toml over our own deals."""

    def make(name: str = "project", **parts: str) -> Path:
        parts.setdefault("source", f'kind = "sandbox"\ndatabase = "{database.as_posix()}"')
        return write_config(tmp_path / name, **parts).parent

    return make
