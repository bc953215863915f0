"""The main job when the world misbehaves: a clear error, or the right result; never half of one."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlsplit

import pypdfium2
import pytest

from tests.acceptance.conftest import OUTBOX, TOKEN, Outcome, environment, reports, tree, voxys, worked, write_config
from tests.voxys.answers import PIPELINE, STAGES, analytics
from tests.voxys.misbehaving import Reply, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOST = "127.0.0.1"
AS_OF = ("--as-of", "2025-10-05")
SPAN = "2025-09-28_2025-10-04"
ENV = {"TEST_TOKEN": TOKEN}
JSON = ("export", "weekly", *AS_OF, "--format", "json", "-o", "week.json")
HTML = ("export", "weekly", *AS_OF, "--format", "html", "-o", "week.html")
RUN = ("run", "weekly", *AS_OF)
SLOW = 5.0  # seconds that a slow server takes, where the source's timeout is a fraction of one


# A server that does as it is told.


@dataclass(frozen=True)
class Ask:
    """A request as it arrived; `number` counts them from 1."""

    path: str
    query: dict[str, str]
    token: str | None
    number: int


SUMS = {"created", "won", "value_won", "count", "value"} | {
    f"total_{name}" for name in ("created", "won", "lost", "value_created", "value_won")
}
KNOWN = PIPELINE | {"created_at": "2020-01-01T00:00:00Z"}


def well(ask: Ask) -> Reply:
    """Answer as the reference says, for any window."""
    if ask.token != TOKEN:
        return answer({"error": f"the token {ask.token} is not known"}, 401)
    kind = ask.path.removeprefix("/api/v1/accounts/1/funnels")
    if kind in {"", "/3"}:
        return answer(KNOWN if kind else [KNOWN])
    if kind == "/3/stages":
        return answer(STAGES)
    if kind == "/3/cards":
        return answer(cards(ask.query["lead_status"]))
    if kind == "/3/analytics":
        return answer(window(ask))
    return answer({"error": "There is no funnel of this id."}, 404)


def cards(status: str, **changes: Any) -> list[dict[str, Any]]:
    """Return three cards of one status, the second without a name, an owner and a value."""
    bare = {"custom_name": None, "assigned_agent": None, "lead_value": None, "lead_currency": None}
    number = {"open": 100, "snoozed": 200}[status]
    return [
        card(number, status, custom_name=f"{status} licence <b>&</b> support", lead_value="1200.50", **changes),
        card(number + 1, status, **changes | bare),
        card(number + 2, status, lead_value=500, **changes),
    ]


def card(number: int, state: str, **changes: Any) -> dict[str, Any]:
    times = {"created_at": "2025-09-01T09:00:00Z", "updated_at": "2025-09-02T09:00:00Z"}
    lead = {
        "status": state,
        "custom_name": f"Deal {number}",
        "lead_value": 100,
        "lead_currency": "SAR",
        "assigned_agent": {"id": 7, "name": "نورة القحطاني", "email": "noura@example.com", "avatar_url": None},
    }
    return {"id": number, "funnel_stage_id": 11, **times, "lead": lead | changes}


def window(ask: Ask, **changes: Any) -> dict[str, Any]:
    """Answer the same for every week; several weeks together have as many times as much."""
    body = analytics(period={"since": ask.query["since"], "until": ask.query["until"]}, **changes)
    since, until = (date.fromisoformat(ask.query[name]) for name in ("since", "until"))
    return cast("dict[str, Any]", times(((until - since).days + 1) // 7, body))


def times(weeks: int, body: Any, name: str = "") -> Any:
    """Multiply the counts and sums of an answer; ids and rates stay."""
    if isinstance(body, dict):
        return {key: times(weeks, value, key) for key, value in body.items()}
    if isinstance(body, list):
        return [times(weeks, one) for one in body]
    return body * weeks if name in SUMS and isinstance(body, int | float) else body


def windows(change: Callable[[Ask], Any]) -> Callable[[Ask], Reply]:
    """Answer well, but the windows as they are made here."""
    return lambda ask: answer(change(ask)) if ask.path.endswith("/analytics") else well(ask)


def without(name: str) -> Callable[[Ask], Reply]:
    return windows(lambda ask: {key: value for key, value in window(ask).items() if key != name})


def always(reply: Reply) -> Callable[[Ask], Reply]:
    return lambda _: reply


@dataclass
class Misbehaving:
    """A server of this machine; it answers as `behave` says, and remembers who asked for what."""

    behave: Callable[[Ask], Reply] = well
    seen: list[Ask] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def told(self, behave: Callable[[Ask], Reply]) -> None:
        self.behave = behave
        self.seen.clear()
        self.over.clear()

    def take(self, target: str, token: str | None) -> Reply:
        url = urlsplit(target)
        with self.lock:
            ask = Ask(url.path, dict(parse_qsl(url.query)), token, len(self.seen) + 1)
            self.seen.append(ask)
        return self.behave(ask)

    @contextmanager
    def listening(self) -> Iterator[Misbehaving]:
        misbehaving = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                reply = misbehaving.take(self.path, self.headers.get("api_access_token"))
                if reply.silent:
                    misbehaving.over.wait(SLOW)
                    return
                self.send_response(reply.status)
                headers = {"Content-Type": "application/json", "Content-Length": str(len(reply.body))}
                for name, value in (headers | dict(reply.headers)).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)

            def log_message(self, *_: Any) -> None:
                pass

        with ThreadingHTTPServer((HOST, 0), Handler) as server:
            server.daemon_threads = True
            self.port = server.server_port
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield self
            finally:
                self.over.set()
                server.shutdown()
                thread.join()


@pytest.fixture(scope="module")
def source() -> Iterator[Misbehaving]:
    with Misbehaving().listening() as server:
        yield server


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Misbehaving]:
    """Listen where nobody has any business."""
    with Misbehaving(always(Reply(body=b"who asked?"))).listening() as server:
        yield server


def refused(outcome: Outcome, *words: str, hint: str) -> None:
    """Expect an error in words and a hint, both on standard error, without the secret."""
    assert outcome.code == 1, outcome.all
    assert outcome.out == b""
    assert outcome.err.startswith("error: ")
    for word in words:
        assert word in outcome.err
    assert hint in outcome.err.partition("\nhint: ")[2], outcome.err
    assert TOKEN not in outcome.err
    assert "\x1b" not in outcome.err


# The source.


@dataclass(frozen=True)
class Case:
    """What a server does, and what is said about it."""

    behave: Callable[[Ask], Reply]
    words: tuple[str, ...]
    hint: str
    settings: str = "attempts = 1"
    pipelines: str = '"all"'
    env: dict[str, str] = field(default_factory=lambda: ENV)
    asks: int | None = None  # how many requests it takes to know


LOGIN = Reply(body=b"<!DOCTYPE html><title>Log in</title>", headers={"Content-Type": "text/html"})
WINDOW = "pipeline 3, 20"
REFUSED = {
    "wrong token": Case(well, ("refused the token (it answered 401",), "source.token", env={"TEST_TOKEN": "mistaken"}),
    "token of someone else": Case(always(answer({"error": TOKEN}, 403)), ("refused the token", "403"), "source.token"),
    "no token": Case(well, ("TEST_TOKEN is empty or missing",), "export TEST_TOKEN=", env={}, asks=0),
    "unknown pipeline": Case(well, ("doesn't know pipeline 4711", "404"), "pipelines", pipelines="[4711]", asks=1),
    "no pipelines": Case(always(answer([])), ("has no pipelines",), "Create one", asks=1),
    "slow": Case(
        always(Reply(silent=True)),
        ("took longer than 1 s to answer the list of pipelines",),
        "source.timeout",
        "attempts = 2\ntimeout = 1",
        asks=2,
    ),
    "a page to log in": Case(always(LOGIN), ("answered the list of pipelines with a web page",), "source.base_url"),
    "not JSON": Case(windows(lambda _: float("nan")), ("something that isn't JSON", WINDOW), "source.base_url"),
    "cut": Case(
        lambda ask: Reply(body=well(ask).body, cut=True),
        ("can't be reached",),
        "source.base_url",
        "attempts = 2",
        asks=2,
    ),
    "hung up": Case(
        lambda ask: Reply(silent=ask.path.endswith("/stages"), body=well(ask).body),
        ("took longer than 0.5 s to answer the stages of pipeline 3",),
        "source.timeout",
        "attempts = 1\ntimeout = 0.5",
    ),
    "another period": Case(
        windows(lambda ask: window(ask) | {"period": {"since": "2025-01-01", "until": "2025-01-31"}}),
        (WINDOW, "for another period: 2025-01-01 to 2025-01-31"),
        "ignore since and until",
    ),
    "a missing field": Case(without("total_won"), (WINDOW, "total_won is missing"), "understood"),
    "a missing list": Case(without("by_agent"), (WINDOW, "by_agent is missing"), "understood"),
    "null": Case(windows(lambda ask: window(ask, total_lost=None)), (WINDOW, "total_lost is null"), "understood"),
    "another type": Case(
        windows(lambda ask: window(ask, total_created=TOKEN)), ("total_created should be a number",), "understood"
    ),
    "a number gone wrong": Case(
        windows(lambda ask: window(ask, total_value_won=10**40)), ("total_value_won is not a number",), "understood"
    ),
    "cards that fail": Case(
        lambda ask: answer({}, 500) if ask.path.endswith("/cards") else well(ask),
        ("failed on the cards of pipeline 3 (it answered 500",),
        "Ask the vendor",
    ),
    "cards that lead elsewhere": Case(
        lambda ask: answer({}, 302) if ask.path.endswith("/cards") else well(ask), ("redirects elsewhere",), "final"
    ),
    "a card without a status": Case(
        lambda ask: answer([card(1, "open", status=None)]) if ask.path.endswith("/cards") else well(ask),
        ("the cards of pipeline 3", "0.lead.status is null"),
        "understood",
    ),
    "a stage without a name": Case(
        windows(lambda ask: window(ask, by_stage=[{"stage_id": 11, "count": 1, "value": 1}])),
        ("by_stage.0.stage_name is missing",),
        "understood",
    ),
    "overloaded": Case(
        always(answer({}, 503)), ("overloaded or down for now (it answered 503)",), "later", "attempts = 2", asks=2
    ),
    "asks to wait too long": Case(
        always(answer({"error": TOKEN}, 429, Retry_After="4000")), ("429", "asks to wait 67 minutes"), "", asks=1
    ),
    "broken": Case(always(answer({"error": f"at {TOKEN}"}, 500)), ("it answered 500",), "Ask the vendor", asks=1),
}


def project(folder: Path, address: str, settings: str = "", pipelines: str = '"all"') -> Path:
    path = write_config(folder, f"{voxys(address)}\n{settings}")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[reports.weekly]", f"[reports.weekly]\npipelines = {pipelines}"), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", REFUSED)
def test_a_source_that_misbehaves(name: str, source: Misbehaving, tmp_path: Path) -> None:
    case = REFUSED[name]
    folder = project(tmp_path / "project", source.url, case.settings, case.pipelines)
    before = tree(folder)
    source.told(case.behave)
    # Both fetch first of all; what each could leave behind is looked at in turns.
    command = RUN if list(REFUSED).index(name) % 2 else JSON
    outcome = reports(*command, cwd=folder, env=case.env)
    source.over.set()
    if case.hint:
        refused(outcome, *case.words, hint=case.hint)
    assert all(word in outcome.err for word in case.words)
    assert "mistaken" not in outcome.all
    assert case.asks is None or len(source.seen) == case.asks
    assert tree(folder) == before, "nothing is left behind"


def is_week(ask: Ask) -> bool:
    return ask.query["since"] == "2025-09-28"


CONTRADICTIONS: dict[str, tuple[Callable[[Ask], dict[str, Any]], str, str]] = {
    "covering": (
        lambda ask: window(ask, total_won=9 if is_week(ask) else 10),
        'check "covering" failed in pipeline 3, 2025-07-13 to 2025-10-04: total_won',
        "119 against 120",
    ),
    "agents": (
        lambda ask: window(ask, total_created=11, conversion_rate=90.9),
        'check "agents" failed in pipeline 3, ',
        "total_created of the agents exceeds the total: 12 against 11",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_figures_that_contradict_each_other_go_nowhere(name: str, source: Misbehaving, tmp_path: Path) -> None:
    behave, check, values = CONTRADICTIONS[name]
    folder = project(tmp_path, source.url)
    before = tree(folder)
    source.told(windows(behave))
    refused(reports(*RUN, cwd=folder, env=ENV), check, values, hint="contradict each other")
    assert tree(folder) == before, "nothing is kept and nothing is mailed"


def conditional(folder: Path, address: str) -> Path:
    """Make a project whose weekly report goes out where the value won fell, or after two weeks."""
    path = project(folder, address) / "config.toml"
    lines = 'only_if = { figure = "total_value_won", change_below = -0.2 }\nat_least_every = 2\n\n[reports.monthly]'
    path.write_text(path.read_text(encoding="utf-8").replace("[reports.monthly]", lines), encoding="utf-8")
    return folder


def test_a_week_whose_figures_contradict_each_other_has_no_verdict(source: Misbehaving, tmp_path: Path) -> None:
    """Of the last twelve weeks only the one before the last is wrong, but every plan that looks at it is."""
    folder = conditional(tmp_path, source.url)
    source.told(windows(lambda ask: window(ask, total_created=11) if is_week(ask) else window(ask)))
    before = tree(folder)
    found = reports("test-condition", "weekly", "--as-of", "2025-10-12", cwd=folder, env=ENV)
    assert found.code == 1
    assert "error: the figures of 2 of 12 periods contradict each other\n" in found.err
    *_, ninth, tenth, wrong, last, blank, counts = found.text.splitlines()
    assert ninth.startswith("2025-09-14 to 2025-09-20  no   sent anyway")
    assert tenth.startswith("2025-09-21 to 2025-09-27  no   skipped (1 of 2)")
    assert re.match(r'2025-09-28 to 2025-10-04  -    failed +check "covering" failed in pipeline 3, ', wrong)
    assert re.match(r"2025-10-05 to 2025-10-11  -    failed +check ", last)
    assert (blank, counts) == ("", "12 periods: 7 skipped, 3 sent anyway, 2 failed")
    assert tree(folder) == before, "nothing is kept and nothing is mailed"


def test_every_window_of_twelve_weeks_is_asked_for_once(source: Misbehaving, tmp_path: Path) -> None:
    folder = conditional(tmp_path, source.url)
    source.told(well)
    worked(reports("test-condition", "weekly", *AS_OF, cwd=folder, env=ENV))
    asked = [(one.path, one.query.get("since"), one.query.get("until")) for one in source.seen]
    assert len(asked) == len(set(asked))
    kinds = [path.rpartition("/")[2] for path, *_ in asked]
    # Twelve weeks with the eleven before the first, and twelve spans that cover twelve weeks each.
    assert (kinds.count("analytics"), len(kinds)) == (12 + 11 + 12, 36)


def test_what_is_edited_while_it_is_read_is_read_again(source: Misbehaving, tmp_path: Path) -> None:
    """One more deal is won after the first answer for the last week: the second look shows it everywhere."""
    folder = project(tmp_path, source.url)
    asked: list[bool] = []

    def behave(ask: Ask) -> dict[str, Any]:
        if not is_week(ask):
            more = int(ask.query["until"] == "2025-10-04")  # the covering window has seen the deal
            return window(ask) | {"total_won": window(ask)["total_won"] + more}
        asked.append(True)
        return window(ask, total_won=10 if len(asked) == 1 else 11, conversion_rate=36.7)

    source.told(windows(behave))
    worked(reports(*JSON, cwd=folder, env=ENV))
    assert document(folder)["overall"]["current"]["total_won"] == 11
    assert len(asked) == 2


def test_what_is_merely_odd_is_a_footnote(source: Misbehaving, tmp_path: Path) -> None:
    folder = project(tmp_path, source.url)
    source.told(windows(lambda ask: window(ask, conversion_rate=12.5)))
    worked(reports(*JSON, cwd=folder, env=ENV))
    [rate] = [one for one in document(folder)["checks"] if one["name"] == "rate"]
    assert not rate["passed"]
    assert {"found": 12.5, "field": "conversion_rate", "since": "2025-09-28"}.items() <= rate["failures"][-2].items()
    worked(reports(*HTML, cwd=folder, env=ENV))
    page = (folder / "week.html").read_text(encoding="utf-8")
    assert "Conversion rate<sup>1</sup>" in page
    assert "doesn&#39;t follow from its counts; ours does." in page
    text = (folder / "config.toml").read_text(encoding="utf-8")
    (folder / "config.toml").write_text(f"{text}\n[checks]\nstrict = true\n", encoding="utf-8")
    refused(reports(*RUN, cwd=folder, env=ENV), 'check "rate" failed', "12.5 against 33.3", hint="strict = true")


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    with Misbehaving().listening() as gone:
        address = gone.url
    folder = project(tmp_path, address, "attempts = 2")
    before = tree(folder)
    refused(reports(*JSON, cwd=folder, env=ENV), f"{address} can't be reached", hint="source.base_url")
    assert tree(folder) == before


@pytest.mark.parametrize("status", [302, 308])
def test_a_redirect_is_not_followed(status: int, source: Misbehaving, elsewhere: Misbehaving, tmp_path: Path) -> None:
    folder = project(tmp_path, source.url, "attempts = 2")
    source.told(always(Reply(status, headers={"Location": f"{elsewhere.url}/?token={TOKEN}"})))
    outcome = reports(*RUN, cwd=folder, env=ENV)
    refused(outcome, "redirects elsewhere", str(status), hint="final address")
    assert (len(source.seen), elsewhere.seen) == (1, [])
    assert set(tree(folder)) == {"config.toml"}


# What is odd, and right all the same.


def document(folder: Path) -> Any:
    return json.loads((folder / "week.json").read_bytes())


def test_fields_nobody_knows(source: Misbehaving, tmp_path: Path) -> None:
    folder = project(tmp_path, source.url)
    source.told(windows(lambda ask: window(ask, forecast={"a": [1e300, None]}, total_snoozed="7")))
    worked(reports(*JSON, cwd=folder, env=ENV))
    assert document(folder)["overall"]["current"]["total_won"] == 10


def test_a_source_that_asks_to_wait(source: Misbehaving, tmp_path: Path) -> None:
    folder = project(tmp_path, source.url, "attempts = 3")
    busy = answer({"error": "too many"}, 429, Retry_After="1")
    source.told(lambda ask: busy if ask.number in {1, 3, 4} else well(ask))
    worked(reports(*JSON, cwd=folder, env=ENV))
    assert document(folder)["overall"]["current"]["total_won"] == 10
    asked = [(one.path, *one.query.values()) for one in source.seen]
    assert len(asked) - len(set(asked)) == 3, "three were asked for once more, and nothing else"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_token_that_may_not_read_cards(status: int, source: Misbehaving, tmp_path: Path) -> None:
    folder = project(tmp_path, source.url)
    source.told(lambda ask: answer({"error": "no"}, status) if ask.path.endswith("/cards") else well(ask))
    worked(reports(*RUN, cwd=folder, env=ENV))
    home = folder / "archive" / "weekly" / SPAN / "all" / "r1"
    found = json.loads((home / "edition.json").read_bytes())
    assert found["overall"]["current"]["total_won"] == 10
    assert (found["overall"]["open"], found["pipelines"][0]["open"]) == (None, None)
    text = pdf_text((home / f"weekly-{SPAN}.pdf").read_bytes())
    assert "Open deals: the token isn't allowed to read cards." in text
    assert "Open pipeline" not in text


def test_a_board_that_ignores_which_cards_are_asked_for(source: Misbehaving, tmp_path: Path) -> None:
    folder = project(tmp_path, source.url)
    everything = [*cards("open"), *cards("snoozed"), card(300, "won"), card(301, "lost")]
    source.told(lambda ask: answer(everything) if ask.path.endswith("/cards") else well(ask))
    worked(reports(*RUN, cwd=folder, env=ENV))
    home = folder / "archive" / "weekly" / SPAN / "all" / "r1"
    found = json.loads((home / "edition.json").read_bytes())["pipelines"][0]["open"]
    assert (found["count"], found["value"], found["without_value"], found["snoozed"]) == (3, 1700.5, 1, 3)
    kept = json.loads((home / "snapshot.json").read_bytes())["answers"]
    asked = [one["query"] for one in kept if one["path"].endswith("/cards")]
    assert asked == [{"lead_status": "open"}, {"lead_status": "snoozed"}]
    text = pdf_text((home / f"weekly-{SPAN}.pdf").read_bytes())
    assert "open licence <b>&</b> support" in text
    assert "1 without a value; 3 snoozed, not counted" in text


NOTHING: dict[str, Any] = {
    "total_created": 0,
    "total_won": 0,
    "total_lost": 0,
    "total_value_created": 0,
    "total_value_won": 0,
    "average_deal_size": None,
    "conversion_rate": 0,
    "by_agent": [],
    "by_stage": [],
}


@pytest.mark.parametrize(
    "changes",
    [NOTHING, {"by_agent": []}, {"by_agent": [{"agent": None, "created": 30, "won": 10, "value_won": 60000}]}],
    ids=["no data", "no agents", "no agent has a name"],
)
def test_periods_with_little_in_them(changes: dict[str, Any], source: Misbehaving, tmp_path: Path) -> None:
    folder = project(tmp_path, source.url)
    source.told(windows(lambda ask: window(ask, **changes)))
    worked(reports(*RUN, cwd=folder, env=ENV))
    home = folder / "archive" / "weekly" / SPAN / "all" / "r1"
    figures = json.loads((home / "edition.json").read_bytes())["overall"]["current"]
    assert figures["total_won"] == changes.get("total_won", 10)
    text = pdf_text((home / f"weekly-{SPAN}.pdf").read_bytes())
    assert "Najd Trading" in text
    assert not re.search(r"\b(nan|inf|none|null)\b", text, re.IGNORECASE), text
    assert len(list((folder / "outbox").iterdir())) == 1


def pdf_text(content: bytes) -> str:
    with pypdfium2.PdfDocument(io.BytesIO(content)) as pdf:
        return "\n".join(pdf[number].get_textpage().get_text_bounded() for number in range(len(pdf)))


NAMES = [
    "<script>alert(1)</script>",
    "</style><b onclick=x>Bold</b>",
    'O\'Neil "Quote" & Sons',
    "{{ 7 * 7 }} {% include 'x' %}",
    "bell\a esc\x1b[31m nul\x00 line\r\nbreak\ttab",
    "👩‍👩‍👧 Emoji 🇸🇦",
    "\u202eoverridden\u202c \u2066isolated",
    "نورة القحطاني",
    "half \ud83d of a pair",
    "=1+1",
    "W" * 300,
    "word " * 60,
    "",
    "   ",
]


def crowd(elsewhere: Misbehaving) -> list[dict[str, Any]]:
    """Return 60 agents with all that a name can hold, and avatars where nobody should look."""
    places = ["file:///etc/passwd", f"{elsewhere.url}/avatar.png", "http://169.254.169.254/latest", "javascript:x()"]
    return [
        {
            "agent": {
                "id": number,
                "name": NAMES[number % len(NAMES)] or ("" if number == len(NAMES) - 2 else f"Agent {number}"),
                "email": f"{NAMES[number % len(NAMES)]}@example.com",
                "avatar_url": places[number % len(places)],
            },
            "created": 1,
            "won": 1,
            "value_won": 100 + number,
        }
        for number in range(1, 61)
    ]


@pytest.fixture(scope="module")
def crowded(
    source: Misbehaving, elsewhere: Misbehaving, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Outcome, Outcome]:
    """Make a whole report and a page of 60 agents and of names from hell."""
    folder = project(tmp_path_factory.mktemp("crowd"), source.url)
    agents = crowd(elsewhere)
    totals = {"total_created": 60, "total_won": 60, "total_value_won": sum(one["value_won"] for one in agents)}
    stages = [
        {"stage_id": 11 + number, "stage_name": name, "count": 1, "value": 1} for number, name in enumerate(NAMES)
    ]
    pipelines = [KNOWN | {"id": number, "name": "".join(NAMES[:number])} for number in (3, 5, 12)]

    def behave(ask: Ask) -> Reply:
        if ask.path.endswith("/funnels"):
            return answer(pipelines)
        if ask.path.endswith("/stages"):
            return answer(STAGES)
        if ask.path.endswith("/cards"):
            return answer([card(number, "open", custom_name=name) for number, name in enumerate(NAMES, 1)])
        return answer(window(ask, **totals, by_agent=agents, by_stage=stages, note="half \ud83d of a pair"))

    source.told(behave)
    return folder, reports(*RUN, cwd=folder, env=ENV), reports(*HTML, cwd=folder, env=ENV)


class Page(HTMLParser):
    """Collects the elements and the addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "data", "poster"}]


def test_names_from_hell_do_nothing_to_a_page(crowded: tuple[Path, Outcome, Outcome]) -> None:
    folder, _, made = crowded
    worked(made)
    text = (folder / "week.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.elements.isdisjoint({"script", "b", "iframe", "object"})
    assert not any(name.startswith("on") for name in page.attributes)
    assert [one[:60] for one in page.addresses if not one.startswith(("data:", "#"))] == []
    assert "&lt;script&gt;alert(1)" in text
    assert "{{ 7 * 7 }}" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", text), "no control characters, no overrides"
    assert "W" * 100 not in text


def test_names_from_hell_and_60_agents_on_paper_and_in_the_mail(crowded: tuple[Path, Outcome, Outcome]) -> None:
    folder, made, _ = crowded
    assert made.code == 0
    [warning] = made.err.splitlines()
    assert re.match("warning: \\d+ characters that no font has were replaced by □: U\\+", warning)
    home = folder / "archive" / "weekly" / SPAN / "all" / "r1"
    text = pdf_text((home / f"weekly-{SPAN}.pdf").read_bytes())
    assert "O'Neil" in text
    assert "<script>alert(1)" in text
    assert json.loads((home / "snapshot.json").read_bytes())["answers"]
    kept = json.loads((home / "edition.json").read_bytes())
    assert kept["overall"]["current"]["total_won"] == 180
    [letter] = (folder / "outbox").iterdir()
    message = message_from_bytes(letter.read_bytes(), policy=default)
    assert not message.defects
    html = message.get_body(("html",))
    assert html is not None
    page = Page(html.get_content())
    assert page.elements.isdisjoint({"script", "b", "iframe", "object"})
    assert [one for one in page.addresses if not one.startswith("cid:")] == []


def test_no_avatar_is_fetched(crowded: tuple[Path, Outcome, Outcome], elsewhere: Misbehaving) -> None:
    folder, made, exported = crowded
    assert (made.code, exported.code) == (0, 0)
    assert elsewhere.seen == []
    shown = [content for name, content in tree(folder).items() if not name.endswith("snapshot.json")]
    assert not any(place in content for content in shown for place in (b"file:/", b"169.254.169.254", b"root:"))


def test_names_from_hell_do_nothing_to_a_terminal(source: Misbehaving, tmp_path: Path) -> None:
    folder = project(tmp_path, source.url)
    source.told(lambda ask: answer([KNOWN | {"name": NAMES[4]}]) if ask.path.endswith("/funnels") else well(ask))
    looked = reports("check", cwd=folder, env=ENV)
    assert looked.code == 0, looked.all
    assert "bell" in looked.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", looked.text)


# The configuration.


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("currency =", "curency =", ('account.curency: unknown key; did you mean "currency"?', "account.currency")),
        ("[reports.weekly]", "[reports.weekly]\ntitel = 1", ('weekly.titel: unknown key; did you mean "title"?',)),
        ("account_id", "acount_id", ('source.acount_id: unknown key; did you mean "account_id"?',)),
        ('{ env = "TEST_TOKEN" }', '{ enf = "TEST_TOKEN" }', ('source.token.enf: unknown key; did you mean "env"?',)),
        ('{ env = "TEST_TOKEN" }', f'"{TOKEN}"', ("source.token: a secret doesn't stand in this file",)),
        ("[email]", "[emial]\n[email]", ('emial: unknown key; did you mean "email"?',)),
        ("Sales <sales@example.com>", "Sales <sales@>", ("reports.weekly.to.0", "is not one e-mail address")),
        ("sales@example.com", "sales@exam\\u000aple.com", ("reports.weekly.to.0", "control characters")),
        ("sales@example.com", "sales@شركة.example", ("reports.weekly.to.0", "outside ASCII")),
        ("reports@example.com", "nobody", ("email.from", "is not one e-mail address")),
        ("http://127.0.0.1:1", "http://example.com", ("source.base_url", "unencrypted")),
        ("Asia/Riyadh", "Asia/Riyad", ('did you mean "Asia/Riyadh"?',)),
        ('currency = "SAR"', 'currency = "riyal"', ("account.currency", "three capital letters")),
        ("[account]", "[account", ("is not valid TOML", "line 2")),
        ("Najd", "Na\udce9jd", ("can't be read as text",)),
    ],
)
def test_a_wrong_configuration(old: str, new: str, words: tuple[str, ...], tmp_path: Path) -> None:
    folder = project(tmp_path, f"http://{HOST}:1")
    path = folder / "config.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_bytes(text.replace(old, new).encode("utf-8", "surrogateescape"))
    refused(reports(*RUN, cwd=folder, env=ENV), "config.toml", *words, hint="")
    assert set(tree(folder)) == {"config.toml"}


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--as-of", "2025-02-29"), "'2025-02-29' is not a date such as 2026-11-22"),
        (("--as-of", "05.10.2025"), "'05.10.2025' is not a date such as 2026-11-22"),
        (("--since", "2025-W40-1", "--until", "2025-10-04"), "'2025-W40-1' is not a date such as 2026-11-22"),
    ],
)
def test_a_bad_date(options: tuple[str, ...], word: str, tmp_path: Path) -> None:
    folder = project(tmp_path, f"http://{HOST}:1")
    outcome = reports("export", "weekly", *options, cwd=folder, env=ENV)
    assert (outcome.code, outcome.out) == (2, b"")
    assert word in outcome.err
    assert set(tree(folder)) == {"config.toml"}


@pytest.mark.parametrize(
    "options", [("--as-of", "2999-12-31"), ("--since", "2999-01-01", "--until", "2999-01-07")], ids=["as of", "span"]
)
def test_a_period_in_the_future(options: tuple[str, ...], source: Misbehaving, tmp_path: Path) -> None:
    folder = project(tmp_path, source.url)
    source.told(well)
    outcome = reports("export", "weekly", *options, "-o", "week.pdf", cwd=folder, env=ENV)
    refused(outcome, "2999-", "in the future", hint="20")
    assert source.seen == [], "nothing is asked for"
    assert set(tree(folder)) == {"config.toml"}


# The disk.


def below(folder: Path, setting: str, path: Path) -> None:
    """Set a folder of the configuration."""
    config = folder / "config.toml"
    text = config.read_text(encoding="utf-8")
    new = {
        "archive": text.replace("[email]", f'[archive]\nfolder = "{path.as_posix()}"\n\n[email]'),
        "outbox": text.replace(OUTBOX, f'{OUTBOX}\nfolder = "{path.as_posix()}"'),
    }
    config.write_text(new[setting], encoding="utf-8")


@pytest.mark.parametrize("setting", ["archive", "outbox"])
def test_a_folder_that_is_a_file(setting: str, source: Misbehaving, tmp_path: Path) -> None:
    folder = project(tmp_path / "project", source.url)
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    below(folder, setting, tmp_path / "taken" / "there")
    source.told(well)
    outcome = reports(*RUN, cwd=folder, env=ENV)
    refused(outcome, f"the {setting} can't be written at {tmp_path / 'taken'}", hint="folder to a place")
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "a file"
    stays(folder, setting, outcome)


def stays(folder: Path, setting: str, outcome: Outcome) -> None:
    """Expect no file where the archive failed; where the outbox did, the whole edition, and that this is said."""
    kept = {name for name in tree(folder) if not name.endswith(("config.toml", ".message-key"))}
    if setting == "archive":
        assert kept == set()
    else:
        home = f"archive/weekly/{SPAN}/all/r1"
        files = ("snapshot.json", "edition.json", "mail.eml", "manifest.json", f"weekly-{SPAN}.pdf")
        assert {name for name in kept if "/inputs/" not in name} == {
            "ledger.sqlite",
            *(f"{home}/{name}" for name in files),
        }
        assert f"Nothing was sent; the report is kept in {folder.resolve() / home}" in outcome.err


FULL = {**ENV, "PYTHONDONTWRITEBYTECODE": "1"}  # under a file limit Python would cut its own compiled modules


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Give a folder without room and what the system says there: a small disk that is full, or a small file limit."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = os.name == "posix" and mount(place)
    if mounted:
        try:
            with suppress_full():
                (place / "filler").write_bytes(bytes(128 * 1024))
            yield place, "No space left on device"
        finally:
            subprocess.run(["umount", place], check=True)  # noqa: S607 - the system's own
        return
    resource = pytest.importorskip("resource", reason="no way to have a full disk here: no mount, no limits")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))  # our commands inherit it; we write nothing meanwhile
    try:
        yield place, "File too large"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def mount(place: Path) -> bool:
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place],  # noqa: S607 - the system's own
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


@contextmanager
def suppress_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        assert error.strerror == "No space left on device"  # noqa: PT017 - that is the point


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["archive", "outbox"])
def test_a_full_disk(setting: str, source: Misbehaving, full_disk: tuple[Path, str], tmp_path: Path) -> None:
    place, words = full_disk
    folder = project(tmp_path / "project", source.url)
    below(folder, setting, place / "there")
    source.told(well)
    outcome = reports(*RUN, cwd=folder, env=FULL)
    what = f"the {setting} can't be written at "
    if words == "File too large":
        setting, what = "archive", "can't be written"  # that limit is everywhere, so the fonts' own files meet it first
    refused(outcome, what, words, hint="Make room")
    assert {name for name in tree(place) if name != "filler"} == set()
    stays(folder, setting, outcome)


@pytest.mark.slow
def test_an_export_to_a_full_disk(source: Misbehaving, full_disk: tuple[Path, str], tmp_path: Path) -> None:
    place, words = full_disk
    folder = project(tmp_path / "project", source.url)
    source.told(well)
    outcome = reports(*JSON[:-1], place / "week.json", cwd=folder, env=FULL)
    refused(outcome, f"{place / 'week.json'} can't be written: {words}", hint="-o FILE")
    assert {name for name in tree(place) if name != "filler"} == set()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", [("list",), (*JSON[:-1], "-")], ids=["list", "export"])
def test_standard_output_to_a_full_disk(command: tuple[str, ...], source: Misbehaving, tmp_path: Path) -> None:
    folder = project(tmp_path, source.url)
    source.told(well)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "reports", *command],
            cwd=folder,
            env=environment(**ENV),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    refused(Outcome(done.returncode, b"", done.stderr.decode()), "No space left on device", hint="Make room")


# Templates of one's own.


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("weekly/page.html", "<p>\n<p>{% if page %}\n", ("templates/weekly/page.html, line 2", "'endif'")),
        ("weekly/page.html", "<p>\n{{ page.turnover }}\n", ("templates/weekly/page.html, line 2", "'turnover'")),
        ("weekly/page.html", "\n\n{{ turnover }}\n", ("templates/weekly/page.html, line 3", "'turnover'")),
        (
            "weekly/page.html",
            "\n{% include 'ours/none.html' %}",
            ("templates/weekly/page.html, line 2", "ours/none.html"),
        ),
        (
            "weekly/page.html",
            "{% extends 'ours/none.html' %}",
            ("templates/weekly/page.html, line 1", "ours/none.html"),
        ),
        ("weekly/page.html", "{{ 1 / 0 }}", ("templates/weekly/page.html, line 1", "division by zero")),
        ("weekly/page.html", "{{ page | shout }}", ("templates/weekly/page.html, line 1", "'shout'")),
        ("weekly/page.html", "caf\udce9", ("templates/weekly/page.html can't be read as text",)),
        ("partials/kpis.html", "\n{{ cells.none.of }}", ("templates/partials/kpis.html, line 2", "'none'")),
        ("themes/default.toml", "[colours\n", ("themes/default.toml", "line 1")),
    ],
)
def test_a_broken_template_of_ones_own(
    name: str, text: str, words: tuple[str, ...], source: Misbehaving, tmp_path: Path
) -> None:
    folder = project(tmp_path, source.url)
    own = folder / "templates" / name
    own.parent.mkdir(parents=True)
    own.write_bytes(text.encode("utf-8", "surrogateescape"))
    before = tree(folder)
    source.told(well)
    refused(reports(*HTML, cwd=folder, env=ENV), *words, hint="")
    assert tree(folder) == before


@pytest.mark.parametrize("name", ["page.html", "mail.html", "mail.txt"])
def test_a_broken_template_keeps_and_sends_nothing(name: str, source: Misbehaving, tmp_path: Path) -> None:
    folder = project(tmp_path, source.url)
    own = folder / "templates" / "weekly" / name
    own.parent.mkdir(parents=True)
    own.write_text("\n{{ page.turnover }}", encoding="utf-8")
    before = tree(folder)
    source.told(well)
    refused(reports(*RUN, cwd=folder, env=ENV), f"{own}, line 2", "'turnover'", hint="Mend the template")
    assert tree(folder) == before
