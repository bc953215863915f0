"""Every figure in the JSON equals a straight count over the CSV file that the server was filled with.

Nothing of the product is imported here: the counting below knows the file, the calendar and DESIGN section 5.
"""

from __future__ import annotations

import csv
import json
import os
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance import make_deals
from tests.acceptance.conftest import CHECKOUT, DEALS, TOKEN, load, reports, serving, voxys, worked, write_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Span = tuple[date, date]
    Rows = list[dict[str, str]]

REAL = CHECKOUT.parent / "shared" / "data" / "crm_sales_opportunities.csv"
SUMS = ("total_created", "total_won", "total_lost", "total_value_created", "total_value_won")
RATES = ("win_rate", "conversion_rate")
FIGURES = (*SUMS, "average_deal_size", *RATES)
TRAILING = 12


# The counting.


def count(rows: Rows, span: Span) -> dict[str, Any]:
    """Count some deals in some days: created in them, closed in them."""
    first, last = (day.isoformat() for day in span)
    created = [row for row in rows if first <= row["created_on"] <= last]
    closed = [row for row in rows if row["closed_on"] and first <= row["closed_on"] <= last]
    won = [row for row in closed if row["status"] == "won"]
    lost = [row for row in closed if row["status"] == "lost"]
    value_won = money(won)
    return {
        "total_created": len(created),
        "total_won": len(won),
        "total_lost": len(lost),
        "total_value_created": money(created),
        "total_value_won": value_won,
        "average_deal_size": value_won / len(won) if won else None,
        "conversion_rate": Decimal(100) * len(won) / len(created) if created else None,
        "win_rate": Decimal(100) * len(won) / (len(won) + len(lost)) if won or lost else None,
    }


def money(rows: Rows) -> Decimal:
    return sum((Decimal(row["value"]) for row in rows if row["value"]), Decimal(0))


def figures(rows: Rows, span: Span) -> dict[str, Any] | None:
    """Count, or say None for days before the first of these deals: no data is not 0."""
    return count(rows, span) if span[1].isoformat() >= min(row["created_on"] for row in rows) else None


def change(name: str, now: Any, before: Any) -> dict[str, Any]:
    """Compare one figure as DESIGN section 5 says."""
    if now is None or before is None:
        return {"kind": "none", "absolute": None, "relative": None, "reason": "no_data", "good": None}
    absolute = now - before
    good = None if absolute == 0 else (absolute < 0 if name == "total_lost" else absolute > 0)
    found = {"kind": "none", "absolute": absolute, "relative": None, "reason": None, "good": good}
    if name in RATES:
        return found | {"kind": "points"}
    if before > 0:
        return found | {"kind": "percent", "relative": Decimal(absolute) / before}
    if before < 0:
        return found | {"reason": "not_comparable"}
    return found | ({"kind": "new"} if now else {"reason": "both_zero"})


def changes(now: dict[str, Any] | None, before: dict[str, Any] | None) -> dict[str, Any]:
    return {name: change(name, now and now[name], before and before[name]) for name in FIGURES}


def owner(row: dict[str, str]) -> str:
    """Return what tells agents apart: the address, else the name; nothing where nobody owns the deal."""
    return row["agent_email"].lower() or row["agent_name"]


def agents(rows: Rows, *spans: Span) -> dict[str, Any]:
    """Count each agent who has created or closed anything in any of the three periods."""
    found = {}
    for key in sorted({owner(row) for row in rows} - {""}):
        own = [row for row in rows if owner(row) == key]
        now, before, ago = (agent_count(rows, own, span) for span in spans)
        if any(count(own, span)[name] for span in spans for name in SUMS[:3] if figures(rows, span)):
            delta = change("total_value_won", now and now["value_won"], before and before["value_won"])
            found[key] = {"current": now, "previous": before, "year_ago": ago, "delta_value_won": delta}
    return found


def agent_count(rows: Rows, own: Rows, span: Span) -> dict[str, Any] | None:
    if figures(rows, span) is None:
        return None
    found = count(own, span)
    return {"created": found["total_created"], "won": found["total_won"], "value_won": found["total_value_won"]}


def stages(rows: Rows, span: Span) -> dict[str, Any]:
    """Count the deals created in a period by the stage they stand in now; every stage of the pipelines is there."""
    if figures(rows, span) is None:
        return {}
    first, last = (day.isoformat() for day in span)
    found = {}
    started = [name for name in {row["pipeline"] for row in rows} if figures(of(rows, name), span)]
    for name in {row["stage"] for row in rows if row["pipeline"] in started}:
        there = [row for row in rows if row["stage"] == name and first <= row["created_on"] <= last]
        found[name] = {"count": len(there), "value": money(there)}
    return found


def of(rows: Rows, pipeline: str) -> Rows:
    return [row for row in rows if row["pipeline"] == pipeline]


# The calendar.


def weeks(as_of: date) -> list[Span]:
    """Return the twelve weeks from Sunday to Saturday before a Sunday, oldest first."""
    assert as_of.isoweekday() == 7
    starts = [as_of - timedelta(weeks=number) for number in range(TRAILING, 0, -1)]
    return [(start, start + timedelta(days=6)) for start in starts]


def months(as_of: date) -> list[Span]:
    """Return the twelve months before the first day of one, oldest first."""
    numbers = [as_of.year * 12 + as_of.month - 1 - back for back in range(TRAILING, -1, -1)]
    starts = [date(number // 12, number % 12 + 1, 1) for number in numbers]
    return [(start, after - timedelta(days=1)) for start, after in pairwise(starts)]


def spans(since: date, until: date) -> list[Span]:
    """Return twelve spans of equal length that end with this one, oldest first."""
    step = until - since + timedelta(days=1)
    return [(since - back * step, until - back * step) for back in range(TRAILING - 1, -1, -1)]


def year_before(span: Span) -> Span:
    """Return the same calendar month of the year before, else the days 52 weeks before."""
    since, after = span[0], span[1] + timedelta(days=1)
    if since.day == after.day == 1 and (after - since).days <= 31:
        return since.replace(year=since.year - 1), after.replace(year=after.year - 1) - timedelta(days=1)
    return since - timedelta(weeks=52), span[1] - timedelta(weeks=52)


# The files and their servers.


@dataclass(frozen=True)
class Served:
    """A file of deals, and a project folder that reports on it over HTTP."""

    rows: Rows
    folder: Path

    def export(self, report: str, *options: str) -> dict[str, Any]:
        command = ("export", report, "--format", "json", "-o", "-", *options)
        outcome = worked(reports(*command, cwd=self.folder, env={"TEST_TOKEN": TOKEN}))
        document: dict[str, Any] = json.loads(outcome.out, parse_float=Decimal)
        return document


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Served]]:
    """Start a server for a file when it is first asked for, and stop it in the end."""
    found: dict[str, Served] = {}
    running: list[Any] = []

    def start(name: str) -> Served:
        if name not in found:
            path = real_file() if name == "real" else DEALS
            folder = tmp_path_factory.mktemp(name)
            load(path, folder / "deals.sqlite")
            running.append(serving(folder / "deals.sqlite"))
            address = running[-1].__enter__()
            compare_with_year_ago(write_config(folder, voxys(address)))
            with path.open(encoding="utf-8", newline="") as file:
                found[name] = Served(list(csv.DictReader(file)), folder)
        return found[name]

    yield start
    for one in running:
        one.__exit__(None, None, None)


def compare_with_year_ago(config: Path) -> None:
    text = config.read_text(encoding="utf-8")
    compared = re.sub(r"(?m)^(title = .*)$", r'\1\ncompare = ["previous", "year_ago"]', text)
    config.write_text(compared, encoding="utf-8")


def real_file() -> Path:
    path = Path(os.environ.get("REAL_DEALS", REAL))
    if not path.is_file():
        pytest.skip(f"the real deals are not at {path}: set REAL_DEALS")
    return path


@dataclass(frozen=True)
class Case:
    """One export beside the rows and the periods that it should tell of."""

    rows: Rows
    periods: list[Span]
    document: dict[str, Any]

    @property
    def current(self) -> Span:
        return self.periods[-1]

    @property
    def previous(self) -> Span:
        return self.periods[-2]

    @property
    def year_ago(self) -> Span:
        return year_before(self.current)

    def sections(self) -> Iterable[tuple[str, Rows, dict[str, Any]]]:
        """Return what is said of each pipeline, then of all, with the rows it is said of."""
        yield from ((one["name"], of(self.rows, one["name"]), one) for one in self.document["pipelines"])
        yield "overall", self.rows, self.document["overall"]


EXPORTS = {
    "own-week": ("own", weeks(date(2025, 10, 5)), ("weekly", "--as-of", "2025-10-05")),
    "own-month": ("own", months(date(2025, 10, 1)), ("monthly", "--as-of", "2025-10-01")),
    "real-week": ("real", weeks(date(2017, 10, 8)), ("weekly", "--as-of", "2017-10-08")),
    "real-month": ("real", months(date(2017, 10, 1)), ("monthly", "--as-of", "2017-10-01")),
    "real-span": (
        "real",
        spans(date(2017, 10, 1), date(2017, 12, 31)),
        ("weekly", "--since", "2017-10-01", "--until", "2017-12-31"),
    ),
}


@pytest.fixture(scope="module", params=EXPORTS)
def case(request: pytest.FixtureRequest, served: Callable[[str], Served]) -> Case:
    name, periods, command = EXPORTS[request.param]
    found = served(name)
    return Case(found.rows, periods, found.export(*command))


def plain(value: Any) -> Any:
    """Return numbers as doubles, which is what JSON promises of them."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return float(value) if isinstance(value, Decimal) else value


def same(found: Any, expected: Any) -> bool:
    """Compare: sums to the last digit that a double holds, quotients too."""
    return bool(plain(found) == plain(expected))


# The tests.


def test_the_committed_file_is_what_its_generator_makes() -> None:
    assert DEALS.read_bytes() == make_deals.text().encode()


def test_our_own_deals_hold_what_once_went_wrong_somewhere() -> None:
    rows = make_deals.deals()
    values = {row["value"] for row in rows}
    assert len(rows) >= 400
    assert len({(row["pipeline"], row["currency"]) for row in rows}) == 5
    assert {"", "0", "1999.95"} <= values
    assert any(value.startswith("-") for value in values)
    assert any(not owner(row) for row in rows)
    assert any(row["created_on"] == row["closed_on"] for row in rows)
    assert all(any(sign in row["name"] for row in rows) for sign in '",\n<')


def test_the_periods(case: Case) -> None:
    spoken = {name: {"since": str(a), "until": str(b)} for name, (a, b) in vars_of(case).items()}
    assert case.document["periods"] == spoken
    for _, _, section in case.sections():
        assert [(point["since"], point["until"]) for point in section["trend"]] == [
            (str(since), str(until)) for since, until in case.periods
        ]
        assert [(point["since"], point["until"]) for point in section["trend_year_ago"]] == [
            (str(since), str(until)) for since, until in map(year_before, case.periods)
        ]


def vars_of(case: Case) -> dict[str, Span]:
    return {"current": case.current, "previous": case.previous, "year_ago": case.year_ago}


def test_every_pipeline_is_there_once(case: Case) -> None:
    names = [one["name"] for one in case.document["pipelines"]]
    assert sorted(names) == sorted({row["pipeline"] for row in case.rows})


@pytest.mark.parametrize("when", ["current", "previous", "year_ago"])
def test_the_figures(case: Case, when: str) -> None:
    for name, rows, section in case.sections():
        expected = figures(rows, vars_of(case)[when])
        assert same(section[when], expected), (name, section[when], expected)


@pytest.mark.parametrize("when", ["previous", "year_ago"])
def test_the_deltas(case: Case, when: str) -> None:
    for name, rows, section in case.sections():
        expected = changes(figures(rows, case.current), figures(rows, vars_of(case)[when]))
        for figure, delta in section["deltas"][when].items():
            assert same(delta, expected[figure]), (name, figure, delta, expected[figure])
        assert section["deltas"][when].keys() == expected.keys()


def test_the_trend(case: Case) -> None:
    ago = [year_before(span) for span in case.periods]
    for name, rows, section in case.sections():
        points = [*section["trend"], *section["trend_year_ago"]]
        for point, span in zip(points, [*case.periods, *ago], strict=True):
            expected = figures(rows, span) or dict.fromkeys(FIGURES)
            assert same({figure: point[figure] for figure in FIGURES}, expected), (name, span)


def test_the_agents(case: Case) -> None:
    for name, rows, section in case.sections():
        listed = [one for one in section["by_agent"] if one["agent"]]
        found = {one["agent"]["email"] or one["agent"]["name"]: one for one in listed}
        assert len(found) == len(section["by_agent"]), "each once, and nobody's deals in the totals only"
        expected = agents(rows, case.current, case.previous, case.year_ago)
        assert found.keys() == expected.keys(), name
        for key, one in found.items():
            parts = {part: one[part] for part in expected[key]}
            assert same(parts, expected[key]), (name, key)
        values = [one["current"]["value_won"] for one in listed if one["current"]]
        assert values == sorted(values, reverse=True), name


def test_the_open_deals(case: Case) -> None:
    today = datetime.fromisoformat(case.document["fetched_at"]).date()
    for name, rows, section in case.sections():
        found, standing = section["open"], [row for row in rows if row["status"] == "open"]
        mixed = any(row["value"] and row["currency"] != "SAR" for row in standing)
        assert found["mixed_currencies"] == mixed, name
        assert same({key: found[key] for key in ("count", "value", "without_value")}, standing_in(standing, mixed)), (
            name
        )
        assert found["snoozed"] == 0
        expected = [] if mixed else largest(standing, today)
        assert same([{key: one[key] for key in LISTED} for one in found["largest"]], expected), name


def test_the_open_deals_by_stage(case: Case) -> None:
    for one in case.document["pipelines"]:
        standing = [row for row in of(case.rows, one["name"]) if row["status"] == "open"]
        found = {stage["stage_name"]: stage for stage in one["open"]["stages"]}
        assert found.keys() == {row["stage"] for row in standing}
        for name, stage in found.items():
            here = [row for row in standing if row["stage"] == name]
            expected = standing_in(here, one["open"]["mixed_currencies"])
            assert same({key: stage[key] for key in expected}, expected), (one["name"], name)


LISTED = ("name", "stage_name", "owner", "value", "age_days")


def standing_in(rows: Rows, mixed: bool) -> dict[str, Any]:
    nameless = sum(not row["value"] for row in rows)
    return {"count": len(rows), "value": None if mixed else money(rows), "without_value": nameless}


def largest(rows: Rows, today: date) -> list[dict[str, Any]]:
    """List the ten of the highest value, the older and then the earlier in the file where two are worth the same."""
    valued = [row for row in rows if row["value"]]
    valued.sort(key=lambda row: (-Decimal(row["value"]), row["created_on"]))
    return [
        {
            "name": row["name"] or row["deal_id"],
            "stage_name": row["stage"],
            "owner": row["agent_name"] or None,
            "value": Decimal(row["value"]),
            "age_days": (today - date.fromisoformat(row["created_on"])).days,
        }
        for row in valued[:10]
    ]


def test_agents_have_their_names(case: Case) -> None:
    known = {owner(row): row["agent_name"] for row in case.rows}
    for one in case.document["overall"]["by_agent"]:
        agent = one["agent"]
        assert known[agent["email"] or agent["name"]] == agent["name"]


def test_the_stages(case: Case) -> None:
    for name, rows, section in case.sections():
        found = {one["stage_name"]: one["current"] for one in section["by_stage"]}
        assert len(found) == len(section["by_stage"])
        assert same(found, stages(rows, case.current)), name
        assert all(one["previous"] is None and one["reason"] == "not_archived" for one in section["by_stage"])


def test_our_own_deals_bring_every_kind_of_change(served: Callable[[str], Served]) -> None:
    rows = served("own").rows
    kinds = set()
    for _, periods, command in (EXPORTS["own-week"], EXPORTS["own-month"]):
        assert command
        for name in {row["pipeline"] for row in rows}:
            now, before = (figures(of(rows, name), span) for span in (periods[-1], periods[-2]))
            kinds |= {(delta["kind"], delta["reason"]) for delta in changes(now, before).values()}
    assert kinds == {
        *(("percent", None), ("points", None), ("new", None)),
        *(("none", "no_data"), ("none", "both_zero"), ("none", "not_comparable")),
    }


# What the publisher says of the real deals.


def test_all_real_deals(served: Callable[[str], Served]) -> None:
    overall = served("real").export("weekly", "--since", "2016-10-01", "--until", "2017-12-31")["overall"]
    assert (overall["current"]["total_won"], overall["current"]["total_lost"]) == (4238, 2473)
    assert overall["current"]["total_created"] == 8300


def test_real_deals_won_by_quarter(served: Callable[[str], Served]) -> None:
    real = served("real")
    won = []
    for since, until in (("2017-04-01", "2017-06-30"), ("2017-10-01", "2017-12-31")):
        overall = real.export("weekly", "--since", since, "--until", until)["overall"]
        won += [overall[when]["total_won"] for when in ("previous", "current")]
    # The 91 days before April begin on 31 December 2016, when nothing had been won yet.
    assert won == [531, 1254, 1257, 1196]
