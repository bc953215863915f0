"""The same deals give the same bytes, wherever and however the program runs; only the time of fetching may differ."""

from __future__ import annotations

import asyncio
import json
import pickle
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest

from reports.config import load
from reports.edition import fetch
from reports.job import plan_job
from tests.acceptance.conftest import TIMEOUT, environment, reports, worked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AS_OF = date(2025, 10, 5)
TODAY = date(2026, 1, 1)
PLACES = {
    "here": {"TZ": "Asia/Riyadh", "LANG": "C.UTF-8", "PYTHONHASHSEED": "1"},
    "there": {"TZ": "America/St_Johns", "LANG": "ar_SA.UTF-8", "LC_ALL": "C", "PYTHONHASHSEED": "4711"},
}
RENDER = """
import datetime, pathlib, pickle, sys
from reports.config import load
from reports.earlier import find_earlier
from reports.desk import open_desk
from reports.documents import to_json
from reports.edition import examine
from reports.job import plan_job
from reports.letters import to_letter
from reports.mail.compose import compose
from reports.mail.envelope import Envelope
from reports.rendering import Printed, prepare, to_html, to_pdf

config, snapshot, out = map(pathlib.Path, sys.argv[1:])
job = plan_job(load(config), "weekly", datetime.date(2026, 1, 1), as_of=datetime.date(2025, 10, 5))
desk = open_desk(job)
fetched = pickle.loads(snapshot.read_bytes())
analysis = examine(job, fetched, find_earlier(job, None))
edition = prepare(job, desk, job.edition.revised(1), fetched, analysis)
out.mkdir()
pdf = to_pdf(edition)
(out / "pdf").write_bytes(pdf)
(out / "json").write_bytes(to_json(job, edition.id, fetched, analysis))
(out / "html").write_text(to_html(edition), encoding="utf-8")
letter = to_letter([Printed(edition, pdf)])
(out / "eml").write_bytes(compose(letter, Envelope((job.report.to[0],)), key=b"a key").as_bytes())
"""


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """Return working directories with nothing in common."""
    made = {"here": tmp_path / "here", "there": tmp_path / "a b" / "دليل"}
    for folder in made.values():
        folder.mkdir(parents=True)
    return made


def test_one_snapshot_renders_to_the_same_bytes(project: Callable[..., Path], folders: dict[str, Path]) -> None:
    file = project() / "config.toml"
    snapshot = asyncio.run(fetch(plan_job(load(file), "weekly", TODAY, as_of=AS_OF), lambda _: None))
    kept = file.with_name("snapshot.pickle")
    kept.write_bytes(pickle.dumps(snapshot))
    running = [
        subprocess.Popen(
            [sys.executable, "-c", RENDER, file, kept, folder / "out"], cwd=folder, env=environment(**PLACES[name])
        )
        for name, folder in folders.items()
    ]
    assert [one.wait(TIMEOUT) for one in running] == [0, 0]
    here, there = (folder / "out" for folder in folders.values())
    for kind in ("json", "html", "eml", "pdf"):
        assert (here / kind).stat().st_size > 1000
        assert (here / kind).read_bytes() == (there / kind).read_bytes(), kind


def test_two_exports_differ_in_the_time_alone(project: Callable[..., Path], folders: dict[str, Path]) -> None:
    file = project() / "config.toml"
    command = ("export", "weekly", "--as-of", AS_OF, "--format", "json", "-o", "-", "--config", file)
    found = [json.loads(worked(reports(*command, cwd=folders[name], env=PLACES[name])).out) for name in PLACES]
    times = [document.pop("fetched_at") for document in found]
    assert found[0] == found[1]
    assert all(time.endswith("+03:00") for time in times), "the account's time, not the machine's"
