"""Pages as pictures, in both languages, and the reviewed ones that they are held against.

Use: make pictures (writes tests/visual/reviewed; look at each that changed before it is committed).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from io import BytesIO
from itertools import starmap
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2 as pdfium
from PIL import Image

from reports.config import load
from reports.desk import open_desk
from reports.edition import examine
from reports.figures import Agent, AgentFigures, Card, Cut, Figures, Stage, StageFigures, Window
from reports.job import plan_job
from reports.rendering import prepare, to_pdf
from tests.making import FETCHED, pipeline_of, snapshot_of

if TYPE_CHECKING:
    from reports.figures import PipelineWindows
    from reports.job import Job
    from reports.periods import Period

REVIEWED = Path(__file__).parent / "reviewed"
DPI = 60
STEP = 17  # between the values of a colour in a kept picture, so that it stays small
CELL = 5  # pixels: 2 mm; what is compared is the ink in each cell, so that the edges of letters don't count
FAINT, FAR = (
    12.0,
    40.0,
)  # differences of a cell, of 255: more than a rasteriser's own; a word or a rule that isn't there
FAINT_CELLS = 0.002  # the part of all cells that may differ by more than FAINT
TODAY = date(2026, 11, 22)
NOTHING = b'{"delivered": null, "before": null}'
CONFIG = """
[account]
name = {{ en = "Najd Trading", ar = "شركة نجد للتجارة" }}
timezone = "Asia/Riyadh"
week_start = "sunday"
currency = "SAR"
locale = "{language}"
numbers = "{digits}"
[source]
kind = "sandbox"
[email]
kind = "outbox"
from = "Reports <reports@example.com>"
[reports.weekly]
title = {{ en = "Weekly pipeline report", ar = "التقرير الأسبوعي للمبيعات" }}
compare = ["previous"{year_ago}]
to = ["Sales leads <sales@example.com>"]
[reports.board]
title = {{ en = "Sales pipeline for the board", ar = "مسار المبيعات لمجلس الإدارة" }}
template = "board"
period = "week"
to = ["Board <board@example.com>"]
targets = {{ total_value_won = 150000 }}
[reports.card]
title = {{ en = "Weekly scorecard", ar = "بطاقة الأداء الأسبوعية" }}
cuts = "agent"
show_team = true
"""
NOTE = """نقل معرض الرياض **14 صفقة** إلى ديسمبر، منها صفقة Northwind Traders.

- لينا: تسعير *نجد للاتصالات*

The contract with Al Noor slipped to Sunday; 12% discount.
"""
AGENTS = {1: "نورة القحطاني", 2: "Omar Haddad", 3: "سارة الزهراني", 4: "Lina Mansour", 5: "فهد العتيبي"}
PIPELINES = {1: "الأعمال الجديدة", 2: "Renewals"}
STAGES = {1: "New", 2: "مؤهلة", 3: "Proposal", 4: "تفاوض"}
DEALS = ("باقة النمو – مصنع البرج الأخضر", "Starter plan (Qamar Lighting)", "Onboarding", "رخصة سنوية")


@dataclass(frozen=True)
class Scene:
    """One document: a report in a language, with its digits, of so many pipelines."""

    report: str
    language: str
    digits: str = "latn"
    pipelines: int = 1
    with_note: bool = False
    with_year_ago: bool = False


SCENES = {
    "weekly-en": Scene("weekly", "en"),
    "weekly-ar": Scene("weekly", "ar", with_note=True),
    "pipelines-ar": Scene("weekly", "ar", digits="arab", pipelines=2, with_year_ago=True),
    "scorecard-en": Scene("card", "en", pipelines=2),
    "scorecard-ar": Scene("card", "ar", pipelines=2),
    "board-en": Scene("board", "en", pipelines=2, with_note=True),
    "board-ar": Scene("board", "ar", pipelines=2, with_note=True),
}


def _agent(number: int, pipeline: int, age: int) -> AgentFigures:
    value = Decimal(9_000 * number + 2_500 * ((age + number * pipeline) % 7))
    return AgentFigures(Agent(number, AGENTS[number]), 3 + (age + number) % 5, 1 + (age * number) % 3, value)


def _window(period: Period, pipeline: int, only: int | None = None) -> Window:
    """Make the figures of a period from its age alone."""
    age = (TODAY - period.until).days // 7
    agents = tuple(_agent(one, pipeline, age) for one in AGENTS if only in {None, one})
    created, won = (sum(getattr(one, name) for one in agents) for name in ("created", "won"))
    value = sum((one.value_won for one in agents), Decimal(0))
    counts = [created // 3, created // 4, created // 6]
    counts.append(created - sum(counts) + (only is None))  # one too many of all, so that there is a footnote
    stages = tuple(
        StageFigures(number, name, count, Decimal(6_100 * count))
        for (number, name), count in zip(STAGES.items(), sorted(counts, reverse=True), strict=True)
    )
    figures = Figures(created, won, 2 + age * 5 % 9, value * 2, value)
    return Window(period, figures, () if only else agents, stages)


def _deal(number: int) -> Card:
    made = FETCHED - timedelta(days=4 * number)
    about, owner = DEALS[number % len(DEALS)], AGENTS[1 + number % len(AGENTS)]
    return Card(number, made, made, 1 + number % 4, "open", Decimal(7_300 * number), "SAR", about, owner, 1)


def _pipeline(job: Job, number: int) -> PipelineWindows:
    made = pipeline_of(job.plan, lambda period: _window(period, number), number=number, name=PIPELINES[number])
    about = replace(made.pipeline, stages=tuple(starmap(Stage, STAGES.items())))
    own = {(1, period): _window(period, number, only=1) for period in (job.plan.current, job.plan.previous)}
    return replace(made, pipeline=about, cards=tuple(map(_deal, range(1, 13))), of_agents=own)


@cache
def document(name: str) -> bytes:
    """Return a scene as PDF."""
    scene = SCENES[name]
    year_ago = ', "year_ago"' if scene.with_year_ago else ""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_text(CONFIG.format(language=scene.language, digits=scene.digits, year_ago=year_ago), "utf-8")
        job = plan_job(load(path), scene.report, TODAY)
    if scene.report == "card":
        job = replace(job, cut=Cut("agent-1", agents=frozenset({1})))
    job = replace(job, note=NOTE if scene.with_note else None)
    snapshot = snapshot_of(*(_pipeline(job, number) for number in range(1, scene.pipelines + 1)))
    return to_pdf(prepare(job, open_desk(job), job.edition, snapshot, examine(job, snapshot, NOTHING)))


def pages(pdf: bytes) -> list[Image.Image]:
    """Return the pages as pictures."""
    opened = pdfium.PdfDocument(BytesIO(pdf))
    found = [page.render(scale=DPI / 72).to_pil().convert("RGB") for page in opened]
    opened.close()
    return found


def reviewed(name: str) -> list[Path]:
    """Return the kept pictures of a scene, in the order of its pages."""
    return sorted(REVIEWED.glob(f"{name}-[0-9]*.png"), key=lambda path: int(path.stem.rsplit("-", 1)[1]))


def difference(found: Image.Image, kept: Image.Image) -> str:
    """Say how two pictures of a page differ; nothing where they differ by no more than how edges are drawn."""
    if found.size != kept.size:
        return f"the page is {found.size} pixels, not {kept.size}"
    apart = np.abs(_ink(found) - _ink(kept)).max(axis=2)
    row, column = np.unravel_index(int(apart.argmax()), apart.shape)
    share = float((apart > FAINT).mean())
    if apart.max() <= FAR and share <= FAINT_CELLS:
        return ""
    across, down = ((int(one) * CELL + CELL // 2) * 25.4 / DPI for one in (column, row))
    return f"{share:.1%} of the page differs, most {across:.0f} mm from the left and {down:.0f} mm from the top"


def _ink(picture: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return how much of red, green and blue each cell has, on average."""
    pixels = np.asarray(picture.convert("RGB"), dtype=np.float32)
    high, wide = (one // CELL for one in pixels.shape[:2])
    cut = pixels[: high * CELL, : wide * CELL]
    return cut.reshape(high, CELL, wide, CELL, 3).mean(axis=(1, 3))


def renew() -> None:
    """Write the pictures anew, those that changed alone, and say which."""
    REVIEWED.mkdir(exist_ok=True)
    for name in SCENES:
        kept, found = reviewed(name), pages(document(name))
        for path in kept[len(found) :]:
            path.unlink()
            sys.stdout.write(f"{path.name}: there is no such page any more\n")
        for number, picture in enumerate(found, 1):
            path = REVIEWED / f"{name}-{number}.png"
            news = difference(picture, Image.open(path)) if path.exists() else "new"
            if news:
                picture.point([round(one / STEP) * STEP for one in range(256)] * 3).save(path, optimize=True)
                sys.stdout.write(f"{path.name}: {news}\n")


if __name__ == "__main__":
    renew()
