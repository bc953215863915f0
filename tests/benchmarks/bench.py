"""What an edition costs: CPU per stage when warm, the whole command when cold, and Chromium beside it where it is.

Use: make bench (writes docs/benchmark.md). Figures are the median of several runs on the machine it names.
"""

from __future__ import annotations

import asyncio
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from reports.config import load
from reports.desk import open_desk
from reports.earlier import find_earlier
from reports.edition import examine, fetch
from reports.job import Job, plan_job
from reports.letters import to_letter
from reports.mail.compose import compose
from reports.mail.envelope import Envelope
from reports.present.fonts import font_face_css
from reports.render.pdf import html_to_pdf
from reports.rendering import Printed, page_html, prepare, to_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reports.config.model import Config

CHECKOUT = Path(__file__).parents[2]
TARGET = CHECKOUT / "docs" / "benchmark.md"
RUNS = 7
TOKEN = "sandbox"
COLD_RUNS = 3
STAGES = ("fetch", "analysis", "charts", "HTML", "PDF", "mail")
Result = TypeVar("Result")
LIBRARIES = ("weasyprint", "matplotlib", "httpx", "fastapi", "jinja2", "babel")


@dataclass(frozen=True)
class Cost:
    """Seconds of CPU and by the clock, and the most memory in use, in MB."""

    cpu: float
    wall: float
    memory: float = 0.0


def warm() -> tuple[dict[str, float], Cost]:
    """Produce editions in this process, asking a served sandbox as they would ask Voxys Connect.

    Returns the median CPU of each stage in seconds, and the whole.
    """
    with tempfile.TemporaryDirectory() as name, serving() as address:
        os.environ["VOXYS_API_TOKEN"] = TOKEN
        return repeat(load(configured(Path(name), address)))


def repeat(config: Config) -> tuple[dict[str, float], Cost]:
    """Produce the same edition several times."""
    job = plan_job(config, "weekly", datetime.now(config.account.zone).date())
    spent: defaultdict[str, list[float]] = defaultdict(list)
    walls: list[float] = []
    for number in range(RUNS + 1):
        started = time.perf_counter()
        found = dict(stages(job))
        if number:  # the first run fills the caches
            walls.append(time.perf_counter() - started)
            for stage, seconds in found.items():
                spent[stage].append(seconds)
    medians = {stage: statistics.median(spent[stage]) for stage in STAGES}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return medians, Cost(sum(medians.values()), statistics.median(walls), memory)


def stages(job: Job) -> Iterator[tuple[str, float]]:
    """Produce one edition, PDF and e-mail; yields what each stage took, in seconds of CPU."""
    desk = open_desk(job)
    snapshot, seconds = timed(lambda: asyncio.run(fetch(job, lambda _: None)))
    yield "fetch", seconds
    analysis, spent = timed(lambda: examine(job, snapshot, find_earlier(job, None)))
    yield "analysis", spent
    edition, seconds = timed(lambda: prepare(job, desk, job.edition, snapshot, analysis))
    yield "charts", seconds
    fonts = font_face_css(desk.templates)
    html, seconds = timed(lambda: page_html(edition, fonts))
    yield "HTML", seconds
    drawings = {src: chart.canvas.drawing() for src, chart in edition.charts.items()}
    pdf, seconds = timed(lambda: html_to_pdf(html, desk.templates, drawings))
    yield "PDF", seconds
    printed = [Printed(edition, pdf)]
    _, seconds = timed(lambda: compose(to_letter(printed), Envelope((job.report.to[0],)), key=b"bench").as_bytes())
    yield "mail", seconds


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """Return what a piece of work gives, and the CPU it took in seconds."""
    started = time.process_time()
    return work(), time.process_time() - started


def cold() -> Cost:
    """Export a PDF from a served sandbox with a new process each time."""
    with tempfile.TemporaryDirectory() as name, serving() as address:
        configured(Path(name), address)
        command = [sys.executable, "-m", "reports", "export", "weekly", "--format", "pdf", "-o", "weekly.pdf"]
        return median([spend(command, Path(name)) for _ in range(COLD_RUNS)])


def configured(folder: Path, address: str) -> Path:
    """Write the configuration of an account at an address; returns the file."""
    file = folder / "config.toml"
    file.write_text(CONFIG.format(address=address), encoding="utf-8")
    return file


@contextmanager
def serving() -> Iterator[str]:
    """Serve the sandbox on a free port; yields its address."""
    command = [sys.executable, "-u", "-m", "reports", "sandbox", "serve", "--port", "0", "--timezone", "Asia/Riyadh"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        line = server.stdout.readline() if server.stdout else ""
        found = re.search(r"http://\S+?(?= )", line)
        try:
            yield found[0] if found else ""
        finally:
            server.terminate()


def chromium() -> Cost | None:
    """Print the same page with headless Chromium, where it is installed."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        config = load(CHECKOUT / "config.toml")
        job = plan_job(config, "weekly", datetime.now(config.account.zone).date())
        snapshot = asyncio.run(fetch(job, lambda _: None))
        edition = prepare(job, open_desk(job), job.edition, snapshot, examine(job, snapshot, find_earlier(job, None)))
        page = Path(name) / "page.html"
        page.write_text(to_html(edition), encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={name}/page.pdf", page.as_uri()]
        return median([spend([program, *options], Path(name)) for _ in range(COLD_RUNS)])


def spend(command: list[str], folder: Path) -> Cost:
    """Run a command and its children to their end; returns what they cost."""
    environment = {**os.environ, "VOXYS_API_TOKEN": TOKEN, "PYTHONPATH": str(CHECKOUT)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, wall, after.ru_maxrss / 1024)


def median(costs: list[Cost]) -> Cost:
    """Return the middle of several costs, each figure by itself; memory is the highest."""
    middle = statistics.median
    return Cost(middle(one.cpu for one in costs), middle(one.wall for one in costs), max(one.memory for one in costs))


def machine() -> str:
    """Return what the figures were measured on."""
    model = next((line for line in cpu_lines() if line.startswith("model name")), "").partition(": ")[2]
    yardstick = statistics.median(timed(lambda: sum(range(10_000_000)))[1] for _ in range(5))
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"Measured on {datetime.now(UTC).date()}: {model or platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}; {versions}. "
        f"For comparison of machines: adding up ten million numbers takes {yardstick * 1000:.0f} ms here."
    )


def cpu_lines() -> list[str]:
    """Return what Linux says of the processor; nothing elsewhere."""
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def table() -> str:
    """Measure everything; returns the page."""
    costs = cold()  # before this process takes its share of memory bandwidth
    browser = chromium()
    medians, whole = warm()
    rows = [f"| {stage} | {seconds * 1000:.0f} ms |" for stage, seconds in medians.items()]
    lines = [
        "# What an edition costs",
        "",
        "The weekly report of the repository: three pipelines, 12 trailing periods, PDF and e-mail; the data come over",
        "HTTP from a sandbox served by another process, whose work isn't counted. `make bench` renews this page.",
        "",
        machine(),
        "",
        "| stage, warm | CPU |",
        "|---|---:|",
        *rows,
        f"| **an edition, warm** | **{whole.cpu * 1000:.0f} ms** |",
        "",
        "| | by the clock | CPU | memory |",
        "|---|---:|---:|---:|",
        row("an edition, warm, in one process", whole),
        row("`reports export weekly --format pdf`, cold", costs),
    ]
    if browser:
        lines.append(row("headless Chromium, printing the same HTML only", browser))
        lines += ["", "Memory is the largest process's; Chromium has several."]
    return "\n".join(lines) + "\n"


def row(name: str, cost: Cost) -> str:
    """Return one line of the second table."""
    return f"| {name} | {cost.wall:.2f} s | {cost.cpu:.2f} s | {cost.memory:.0f} MB |"


CONFIG = """
[account]
name = "Najd Trading"
timezone = "Asia/Riyadh"
week_start = "sunday"
currency = "SAR"

[source]
kind = "voxys"
base_url = "{address}"
account_id = 1
token = {{ env = "VOXYS_API_TOKEN" }}

[email]
kind = "outbox"
from = "reports@example.com"

[reports.weekly]
title = "Weekly pipeline report"
to = ["sales@example.com"]
"""

if __name__ == "__main__":
    page = table()
    TARGET.write_text(page, encoding="utf-8")
    print(page)
