"""Editions of every shape that a page can take, made by hand: nothing is fetched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from reports.config import load
from reports.desk import open_desk
from reports.edition import examine
from reports.figures import WHOLE, Agent, AgentFigures, Card, Cut, Figures, StageFigures, Window
from reports.job import plan_job
from reports.rendering import prepare
from tests.making import FETCHED, pipeline_of, snapshot_of

if TYPE_CHECKING:
    from pathlib import Path

    from reports.figures import PipelineWindows
    from reports.job import Job
    from reports.periods import Period
    from reports.rendering import Rendering

TODAY = date(2026, 11, 22)
NOTHING = b'{"delivered": null, "before": null}'
PLAIN = ("Huda Al-Harbi", "نورة القحطاني", "Yousef Al-Amin", "John O'Neill")
HOSTILE = (
    "\U0001f680 rocket \U0001f469\u200d\U0001f4bb",
    "\u202eturned\u202c \u2067kept\u2066 open",
    "<script>alert(1)</script> & co",
    "W" * 300,
    "\ufffe\uffff\U000f0000 private \ue000",
    "李小龍 株式会社 한국",
    "ﬁ ﬂ ﷺ ﻻ ligatures office affluent",
    "zero\u200bwidth\u00ad\u200d\u200c\ufeff e\u0301 \u064b\u0651",
    "نورة <b>بنت</b> Ltd (2026) 50%",
    "two\nlines\tand\x07bell",
)
NOTE = """## What happened

A *good* week: [the plan](https://example.com/plan?a=1&b=2) holds, نورة (12) closed **three**.

### Next

- one
- two
  1. inner
  2. [second](mailto:team@example.com)

> quoted, 50%

| Deal | Value |
|---|---|
| Alpha | 1,200 |
| بيتا | 900 |

`code` and https://example.com/bare

---

1. first
"""
LONG_NOTE = "| Deal | Owner | Value |\n|---|---|---|\n" + "\n".join(
    f"| Deal {one} | {PLAIN[one % 4]} | {one * 917:,} |" for one in range(330)
)
CONFIG = """
[account]
name = "Najd Trading"
timezone = "Asia/Riyadh"
week_start = "sunday"
currency = "SAR"
locale = "{locale}"
[source]
kind = "sandbox"
[email]
kind = "outbox"
from = "Reports <reports@example.com>"
[reports.weekly]
title = "Weekly pipeline report"
to = ["team@example.com"]
paper = "{paper}"
{more}
[reports.board]
title = "Sales pipeline for the board"
template = "board"
period = "week"
to = ["team@example.com"]
{slides}
[reports.card]
title = "Weekly scorecard"
cuts = "agent"
paper = "{paper}"
{more}
"""
COMPARED = 'compare = ["previous", "year_ago"]\ntargets = { total_value_won = 80000, win_rate = 45, total_won = 9 }\n'


@dataclass(frozen=True)
class Shape:
    """What is on a page."""

    pipelines: int = 1
    names: tuple[str, ...] = PLAIN
    agents: int = 4
    deals: int = 12
    data: bool = True
    note: str | None = None
    trial: bool = False
    more: str = ""
    paper: str = "A4"


SHAPES = {
    "one pipeline": Shape(),
    "many pipelines": Shape(pipelines=6, agents=60),
    "five pages": Shape(note=LONG_NOTE),
    "no data": Shape(data=False, agents=0, deals=0),
    "hostile": Shape(pipelines=3, names=HOSTILE, agents=12, deals=24, note=" ".join(HOSTILE), trial=True),
    "everything": Shape(pipelines=2, note=NOTE, trial=True, more=COMPARED, paper="letter"),
}


def edition(folder: Path, report: str, locale: str, shape: Shape) -> Rendering:
    """Make an edition of the report "weekly", of "board", or of "card" for the first agent."""
    slides = shape.more or 'compare = ["previous"]'
    config = CONFIG.format(locale=locale, paper=shape.paper, more=shape.more, slides=slides)
    (folder / "config.toml").write_text(config, encoding="utf-8")
    cut = Cut("agent-0", agents=frozenset({0})) if report == "card" else WHOLE
    job = plan_job(load(folder / "config.toml"), report, TODAY)
    job = replace(job, cut=cut, note=shape.note, trial=shape.trial)
    snapshot = snapshot_of(*(_pipeline(job, shape, number) for number in range(1, shape.pipelines + 1)))
    return prepare(job, open_desk(job), job.edition, snapshot, examine(job, snapshot, NOTHING))


def _pipeline(job: Job, shape: Shape, number: int) -> PipelineWindows:
    def whole(period: Period) -> Window:
        return _window(shape, number, period, range(shape.agents))

    name = f"{number} {shape.names[number % len(shape.names)]}"[:80]
    made = pipeline_of(job.plan, whole, number=number, stages=(1, 2), name=name)
    asked = {
        (0, period): _window(shape, number, period, range(min(1, shape.agents)))
        for period in (job.plan.current, job.plan.previous)
    }
    return replace(made, of_agents=asked, cards=tuple(_card(shape, one) for one in range(shape.deals)))


def _window(shape: Shape, pipeline: int, period: Period, numbers: range) -> Window:
    if not shape.data:
        return Window(period, Figures())
    age = (TODAY - period.until).days % 50
    rows = tuple(
        AgentFigures(
            Agent(one, _named(shape, one), f"agent{one}@example.com"), 4, 2, Decimal(9_000 + 371 * one + age * pipeline)
        )
        for one in numbers
    )
    value = sum((one.value_won for one in rows), Decimal(0))
    stages = tuple(StageFigures(one, shape.names[-one][:60], 2 * len(rows), Decimal(9_000)) for one in (1, 2))
    return Window(period, Figures(4 * len(rows), 2 * len(rows), 1 + age % 5, value * 3, value), rows, stages)


def _named(shape: Shape, number: int) -> str:
    known = number < len(shape.names)
    return shape.names[number] if known else f"{shape.names[number % len(shape.names)][:40]} {number}"


def _card(shape: Shape, number: int) -> Card:
    made = FETCHED - timedelta(days=3 * number)
    about = f"{shape.names[number % len(shape.names)]} {number}"
    owner = number % max(1, shape.agents)
    value = Decimal(10_000 * number) if number % 5 else None
    return Card(number, made, made, 1 + number % 2, "open", value, "SAR", about, _named(shape, owner), owner)
