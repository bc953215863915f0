"""`reports probe` against servers that read the definitions differently, over HTTP."""

from __future__ import annotations

import json
import re
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import uvicorn

from reports import probe_file
from reports.cli import commands
from reports.cli.failures import guarded
from reports.config import load
from reports.periods import Kind, Period
from reports.sandbox.app import create_app
from reports.sandbox.deals import Deals
from reports.sandbox.records import Agent, Card, Deal, Pipeline, Stage
from tests.acceptance.conftest import TOKEN, reports, voxys, worked, write_config
from tests.making import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reports.sandbox.window import Window, WindowFigures

    Fill = Callable[[Deal], Deal]
    Probe = Callable[..., tuple[int, dict[str, str], str]]

RIYADH = ZoneInfo("Asia/Riyadh")
LATER = timedelta(days=9)  # after its closing, somebody writes a note
PEOPLE = ("Noura Al-Q", "noura@example.com", "avatars", "Sidra Textiles", "Annual licence", "DEAL-", "Big business")


class Edited(Deals):
    """Deals that are changed once more after they were closed, as happens everywhere."""

    def cards(self, pipeline_id: int, status: str | None = None, stage_id: int | None = None) -> tuple[Card, ...]:
        return tuple(replace(one, deal=_edited(one.deal)) for one in super().cards(pipeline_id, status, stage_id))


def _edited(deal: Deal) -> Deal:
    changed = datetime.fromisoformat(deal.closed_at) + LATER if deal.closed_at else None
    return replace(deal, closed_at=changed.isoformat() if changed else None)


class WonByCreation(Edited):
    """Counts as won and lost in a window what was created in it."""

    def figures(self, window: Window) -> WindowFigures:
        made = [one.deal for one in self.cards(window.pipeline_id)]
        made = [one for one in made if window.since.isoformat() <= one.created_at[:10] <= window.until.isoformat()]
        won = [one for one in made if one.status == "won"]
        value = sum((one.value or Decimal(0) for one in won), Decimal(0))
        lost = sum(one.status == "lost" for one in made)
        return replace(super().figures(window), won=len(won), lost=lost, value_won=value)

    def by_agent(self, window: Window) -> tuple[tuple[Agent, WindowFigures], ...]:
        """List nobody, since nobody may have won more than all together."""
        return super().by_agent(window)[:0]


class StagesOfAll(Edited):
    """Counts all deals by stage, whatever the window."""

    def by_stage(self, window: Window) -> tuple[tuple[Stage, WindowFigures], ...]:
        return super().by_stage(replace(window, since=date(1, 1, 1), until=date(9999, 12, 31)))


def in_utc(deal: Deal) -> Deal:
    """Write a deal's times in UTC: the sandbox takes the days from the text."""
    times = [datetime.fromisoformat(one).astimezone(UTC).isoformat() if one else None for one in _times(deal)]
    return replace(deal, created_at=times[0] or "", closed_at=times[1])


def _times(deal: Deal) -> tuple[str, str | None]:
    return deal.created_at, deal.closed_at


def in_two_currencies(deal: Deal) -> Deal:
    return replace(deal, currency="USD") if deal.id % 10 == 0 else deal


def fill(deals: Deals, change: Fill) -> None:
    """Put 240 deals there, made at all hours of the last 300 days, two thirds of them closed within 50."""
    rng = Random(11)  # noqa: S311 - no secret
    now = datetime.now(RIYADH).replace(microsecond=0)
    with deals.writing():
        deals.put_pipelines(
            [
                Pipeline(number, f"Big business {number}", "", "#111111", number, "2020-01-01T00:00:00Z")
                for number in (1, 2)
            ]
        )
        deals.put_stages(
            [
                Stage(10 * line + one, line, f"Stage {one}", "#222222", one, "open")
                for line in (1, 2)
                for one in (1, 2, 3)
            ]
        )
        deals.put_agents([Agent(1, "Noura Al-Q", "noura@example.com", "https://example.com/avatars/1.png")])
        deals.put_deals(change(_deal(rng, number, now)) for number in range(1, 241))


def _deal(rng: Random, number: int, now: datetime) -> Deal:
    made = now - timedelta(minutes=rng.randrange(70 * 1440, 300 * 1440))
    closed = made + timedelta(hours=rng.randrange(50 * 24))
    status = ("open", "won", "lost")[number % 3]
    line = 1 + number % 2
    return Deal(
        id=number,
        deal_id=f"DEAL-{number}",
        pipeline_id=line,
        name="Annual licence",
        company="Sidra Textiles",
        agent_id=1,
        stage_id=10 * line + 1 + number % 3,
        status=status,
        value=Decimal(rng.randrange(1, 90_000)),
        currency="SAR",
        created_at=made.isoformat(),
        closed_at=None if status == "open" else closed.isoformat(),
    )


@contextmanager
def served(kind: type[Deals], change: Fill = lambda deal: deal) -> Iterator[str]:
    """Serve a variant on a free port from a thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    with kind.open(None) as deals:
        fill(deals, change)
        app = create_app(deals, token=TOKEN, timezone=RIYADH)
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            listener.close()


@pytest.fixture
def probed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Probe:
    """Run the command in this process, to spare one: its exit code, its verdicts, and what it said of errors."""
    monkeypatch.setenv("TEST_TOKEN", TOKEN)

    def run(kind: type[Deals], change: Fill = lambda deal: deal, *options: str) -> tuple[int, dict[str, str], str]:
        with served(kind, change) as address:
            file = write_config(tmp_path, voxys(address))
            arguments = ["probe", "--config", str(file), *options]
            code = guarded(lambda: commands.main(arguments, standalone_mode=False))
        said = capsys.readouterr()
        rows = [re.split(r"\s{2,}", line) for line in said.out.splitlines()[1:]]
        return code, {row[0]: row[1] for row in rows}, said.err

    return run


SUBJECTS = ("created", "won", "by_stage", "time zone", "currency")
VERIFIED = dict.fromkeys(SUBJECTS, "verified")


def test_an_honest_server_whose_deals_tell_is_verified(probed: Probe, tmp_path: Path) -> None:
    assert probed(Edited) == (0, VERIFIED, "")
    kept = json.loads((tmp_path / "probe.json").read_text(encoding="utf-8"))
    assert {one["outcome"] for one in kept["verdicts"].values()} == {"verified"}
    assert kept["source"]["account_id"] == 1
    assert TOKEN not in json.dumps(kept)


def test_the_day_of_closing_is_assumed_where_nothing_changes_after_it(probed: Probe) -> None:
    code, lines, _ = probed(Deals)
    assert (code, lines) == (0, VERIFIED | {"won": lines["won"]})
    assert lines["won"] == "assumed: the figures fit “deals last changed in the period” as well"


@pytest.mark.parametrize(
    ("kind", "change", "subject", "found", "hint"),
    [
        (WonByCreation, lambda one: one, "won", "the figures fit “deals created in the period”", "--save FILE"),
        (StagesOfAll, lambda one: one, "by_stage", "the figures fit “all deals, whatever the period”", "--save FILE"),
        (Edited, in_utc, "time zone", "the days are those of the time zone UTC", "account.timezone"),
        (Edited, in_two_currencies, "currency", "deals of pipeline 1 are in SAR, USD, reported in SAR", "of another"),
    ],
)
def test_a_server_that_reads_it_differently_is_found_out(  # noqa: PLR0917 - a table's columns
    probed: Probe, tmp_path: Path, kind: type[Deals], change: Fill, subject: str, found: str, hint: str
) -> None:
    code, lines, err = probed(kind, change)
    assert (code, lines) == (1, VERIFIED | {subject: f"doesn't match: {found}"})
    assert err.startswith("error: the source's figures don't mean what the report says")
    assert hint in err.partition("\nhint: ")[2]
    assert '"differs"' in (tmp_path / "probe.json").read_text(encoding="utf-8")


def test_a_saved_copy_names_nobody(probed: Probe, tmp_path: Path) -> None:
    code, _, _ = probed(Edited, lambda one: one, "weekly", "--save", str(tmp_path / "copy.json"))
    text = (tmp_path / "copy.json").read_text(encoding="utf-8")
    assert code == 0
    assert [one for one in (*PEOPLE, TOKEN) if one in text] == []
    answers = json.loads(text)["answers"]
    cards = next(one["body"] for one in answers if one["path"].endswith("/funnels/1/cards"))
    assert len(cards) == 120
    assert {"id", "created_at", "updated_at", "funnel_stage_id"} <= set(cards[0])
    assert sum("/analytics" in one["path"] for one in answers) <= 2 * 6


def test_a_copy_is_saved_even_where_an_answer_stops_the_probe(probed: Probe, tmp_path: Path) -> None:
    code, lines, err = probed(Deals, lambda one: replace(one, created_at="soon"), "--save", str(tmp_path / "copy.json"))
    assert (code, lines) == (1, {})
    assert "should be a time" in err
    assert "/funnels/1/cards" in (tmp_path / "copy.json").read_text(encoding="utf-8")
    assert not (tmp_path / "probe.json").exists()


def test_the_made_up_deals_need_no_proof(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_config(tmp_path, 'kind = "sandbox"')
    assert guarded(lambda: commands.main(["probe", "--config", str(file)], standalone_mode=False)) == 0
    assert "time zone  assumed: the deals fall on the same days" in capsys.readouterr().out
    assert not (tmp_path / "probe.json").exists()


def test_the_report_quotes_what_was_verified_on_this_very_source(tmp_path: Path) -> None:
    env = {"TEST_TOKEN": TOKEN}
    with served(WonByCreation) as address:
        file = write_config(tmp_path, voxys(address))
        assert reports("probe", "monthly", cwd=tmp_path, env=env).code == 1
        command = ("export", "weekly", "--format", "html", "-o", "-")
        page = worked(reports(*command, cwd=tmp_path, env=env)).text
    config = load(file)
    kept = json.loads((tmp_path / "probe.json").read_text(encoding="utf-8"))
    day = date.fromisoformat(kept["probed_on"])
    on = formats().span(Kind.parse("day"), Period(day, day))
    assert page.count(f"(verified on {on})") == 3  # created, stages, periods
    assert page.count("(doesn&#39;t match: the figures fit “deals created in the period”)") == 2  # won, and its value
    assert page.count("(assumed)") == 1  # agents, which no card is compared with
    assert probe_file.read(config, "SAR", [1, 2]) is not None
    for other in ({"account_id": 2}, {"base_url": "https://elsewhere.example"}, {"timezone": "UTC"}):
        (tmp_path / "probe.json").write_text(json.dumps(kept | {"source": kept["source"] | other}), encoding="utf-8")
        assert probe_file.read(config, "SAR", [1, 2]) is None
