"""One page for one agent: whatever their names, pipelines and stages are, and with nobody else's figures on it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any

import jsonschema
import pypdfium2 as pdfium
import pytest

from reports.config import load
from reports.desk import open_desk
from reports.documents import to_json
from reports.edition import examine
from reports.figures import Agent, AgentFigures, Card, Cut, Figures, StageFigures, Window
from reports.job import plan_job
from reports.letters import to_letter
from reports.rendering import Printed, Rendering, prepare, to_pdf
from tests.making import CHECKOUT, FETCHED, pipeline_of, snapshot_of

if TYPE_CHECKING:
    from pathlib import Path

    from reports.figures import PipelineWindows
    from reports.job import Job
    from reports.periods import Period

TODAY = date(2026, 11, 22)
NOTHING = b'{"delivered": null, "before": null}'
SCHEMA = json.loads((CHECKOUT / "reports" / "render" / "edition.schema.json").read_text(encoding="utf-8"))
TEAM, PIPELINES, STAGES = 40, 6, 12
LONG = "Maximiliana Konstantinopoulou-Featherstonehaugh of the Northern Provinces"
HOSTILE = {
    1: f"Dr {LONG}",
    2: "نورة بنت عبدالرحمن القحطاني",
    3: "<b>bold</b> & co",
    4: "W" * 200,
    5: "two\nlines \u202eturned",
}
CONFIG = """
[account]
name = "Najd Trading and Contracting Company"
timezone = "Asia/Riyadh"
week_start = "sunday"
currency = "SAR"
[source]
kind = "sandbox"
[email]
kind = "outbox"
from = "Reports <reports@example.com>"
[reports.card]
title = "Weekly scorecard of the whole sales department"
cuts = "agent"
"""
YEAR_AGO = 'compare = ["previous", "year_ago"]\n'


def name_of(number: int) -> str:
    return HOSTILE.get(number, f"Colleague-{number:02}")


def value_of(number: int, pipeline: int, period: Period) -> Decimal:
    """Return what an agent won: a number that nobody else has."""
    return Decimal(1_000_000 + 10_007 * number + 101 * pipeline + (TODAY - period.until).days)


def row(number: int, pipeline: int, period: Period) -> AgentFigures:
    agent = Agent(number, name_of(number), f"mail{number:02}@example.com")
    return AgentFigures(agent, 20, 5, value_of(number, pipeline, period))


def pipeline(job: Job, number: int, idle: frozenset[int]) -> PipelineWindows:
    """Make a pipeline with a long name and many stages; idle agents have nothing in it."""
    numbers = [one for one in range(1, TEAM + 1) if one not in idle]
    stages = tuple(
        StageFigures(one, f"Stage {one} with a long name {LONG}"[:60], 1, Decimal(9)) for one in range(1, STAGES + 1)
    )

    def whole(period: Period) -> Window:
        asked = period in {job.plan.current, job.plan.previous}
        rows = tuple(row(one, number, period) for one in (numbers if asked else range(1, TEAM + 1)))
        value = sum((one.value_won for one in rows), Decimal(0))
        return Window(period, Figures(20 * len(rows), 5 * len(rows), 9, value, value), rows, stages)

    def own(one: int, period: Period) -> Window:
        value = value_of(one, number, period)
        return (
            Window(period, Figures(20, 5, 3, value * 3, value), (), stages)
            if one in numbers
            else Window(period, Figures())
        )

    made = pipeline_of(job.plan, whole, number=number, stages=tuple(range(1, STAGES + 1)), name=f"{number} {LONG}")
    asked = {
        (one, period): own(one, period)
        for one in range(1, TEAM + 1)
        for period in (job.plan.current, job.plan.previous)
    }
    return replace(made, of_agents=asked, cards=tuple(map(card, numbers)))


def card(owner: int) -> Card:
    made = FETCHED - timedelta(days=owner)
    about = f"Deal of {name_of(owner)} {LONG}"
    return Card(owner, made, made, 1, "open", Decimal(770_000 + owner), "SAR", about, name_of(owner), owner)


def edition(
    folder: Path,
    agent: int = 1,
    idle: frozenset[int] = frozenset(),
    count: int = PIPELINES,
    more: str = "",
    **changes: Any,
) -> Rendering:
    """Make one agent's edition, the report configured by `more` lines and then by `changes`."""
    (folder / "config.toml").write_text(CONFIG + more, encoding="utf-8")
    job = plan_job(load(folder / "config.toml"), "card", TODAY)
    cut = Cut(f"agent-{agent}", agents=frozenset({agent}))
    job = replace(job, cut=cut, report=job.report.model_copy(update=changes))
    snapshot = snapshot_of(*(pipeline(job, number, idle) for number in range(1, count + 1)))
    analysis = examine(job, snapshot, NOTHING)
    return prepare(job, open_desk(job), job.edition, snapshot, analysis)


def text_of(pdf: bytes) -> str:
    document = pdfium.PdfDocument(BytesIO(pdf))
    pages = [document[number].get_textpage().get_text_bounded() for number in range(len(document))]
    document.close()
    return "\n".join(pages)


def pages_of(pdf: bytes) -> int:
    document = pdfium.PdfDocument(BytesIO(pdf))
    found = len(document)
    document.close()
    return found


@pytest.mark.parametrize("paper", ["A4", "letter"])
@pytest.mark.parametrize("show_team", [False, True])
@pytest.mark.parametrize("agent", sorted(HOSTILE))
def test_it_stays_one_page(tmp_path: Path, agent: int, paper: str, *, show_team: bool) -> None:
    pdf = to_pdf(edition(tmp_path, agent, paper=paper, show_team=show_team))
    assert pages_of(pdf) == 1


@pytest.mark.parametrize("paper", ["A4", "letter"])
@pytest.mark.parametrize("show_team", [False, True])
def test_a_year_ago_has_room_as_well(tmp_path: Path, paper: str, *, show_team: bool) -> None:
    pdf = to_pdf(edition(tmp_path, 1, more=YEAR_AGO, paper=paper, show_team=show_team))
    assert pages_of(pdf) == 1


@pytest.mark.parametrize(("paper", "numbers"), [("A4", "arab"), ("letter", "latn")])
@pytest.mark.parametrize("show_team", [False, True])
@pytest.mark.parametrize(("agent", "more"), [(1, ""), (2, YEAR_AGO)])
def test_in_arabic_it_stays_one_page_as_well(
    tmp_path: Path, agent: int, more: str, paper: str, numbers: str, *, show_team: bool
) -> None:
    made = edition(tmp_path, agent, more=more, locale="ar", numbers=numbers, paper=paper, show_team=show_team)
    assert pages_of(to_pdf(made)) == 1


@pytest.mark.parametrize("count", [1, PIPELINES])
@pytest.mark.parametrize("idle", [frozenset({7}), frozenset()])
def test_few_and_no_deals_stay_one_page_too(tmp_path: Path, idle: frozenset[int], count: int) -> None:
    assert pages_of(to_pdf(edition(tmp_path, 7, idle, count))) == 1


def test_nobody_else_is_in_anything_that_goes_out(tmp_path: Path) -> None:
    made = edition(tmp_path, 7, count=2)
    pdf = to_pdf(made)
    letter = to_letter([Printed(made, pdf)])
    document = to_json(made.job, made.id, made.snapshot, made.analysis).decode()
    everything = "\n".join([text_of(pdf), letter.html, letter.text, letter.subject, document])
    assert name_of(7) in everything
    plan = made.job.plan
    for other in set(range(1, TEAM + 1)) - {7}:
        assert name_of(other) not in everything
        assert f"mail{other:02}@" not in everything
        values = {value_of(other, number, period) for number in (1, 2) for period in plan.trailing}
        values |= {sum((value_of(other, number, period) for number in (1, 2)), Decimal(0)) for period in plan.trailing}
        written = {form for value in values for form in (str(value), f"{value:,}")} | {
            f"{770_000 + other:,}",
            str(770_000 + other),
        }
        assert not {one for one in written if one in everything}
    jsonschema.validate(json.loads(document), SCHEMA)


def test_the_team_is_named_only_where_the_report_says_so(tmp_path: Path) -> None:
    made = edition(tmp_path, 7, count=1, show_team=True)
    assert made.analysis.standing is not None
    assert [one.agent and one.agent.id for one in made.analysis.standing.team][:2] == [40, 39]
    document = json.loads(to_json(made.job, made.id, made.snapshot, made.analysis))
    jsonschema.validate(document, SCHEMA)
    assert len(document["standing"]["team"]) == TEAM
    assert document["cut"] == {"name": "agent-7", "pipelines": None, "agents": [7]}
    assert "team" in {name.rsplit("/", 1)[-1] for name in made.charts}


def test_the_first_sentences_are_the_agent_s_own(tmp_path: Path) -> None:
    made = edition(tmp_path, 40, count=1)
    assert made.page.headline.startswith("Colleague-40 won SAR\u00a01.4M")
    assert "1st of 40 by value won, with " in made.page.lede
    assert made.page.lede.endswith("; was 1st.")
    quiet = edition(tmp_path, 7, frozenset({7}), 1)
    assert quiet.page.headline == "Colleague-07 won nothing, like the week\u00a0before"
    assert (
        quiet.page.lede == "No deal was created, won or lost. Nothing of value was won, so there is no rank among 40."
    )


def test_the_mail_names_the_agent_whatever_its_body(tmp_path: Path) -> None:
    for body in ("full", "summary", "none"):
        made = edition(tmp_path, 7, count=2, body=body)
        letter = to_letter([Printed(made, b"")])
        assert "Colleague-07" in letter.subject
        assert "Colleague-07" in letter.text
        assert "Colleague-07" in letter.html
