"""An Arabic report says everything in Arabic: page, mails and notices have no word of another language but names."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from reports.config import load
from reports.desk import open_desk
from reports.edition import examine
from reports.figures import Agent, AgentFigures, Card, Cut, Figure, Figures, Stage, StageFigures, Window
from reports.findings import Check, CheckName, Failure, Restatement
from reports.job import plan_job
from reports.letters import to_letter, to_trial_letter
from reports.periods import Period
from reports.render.notice import Kind, Notice, Told, notice_subject, notice_text
from reports.render.trial import Trial
from reports.rendering import Printed, Rendering, prepare, to_html
from tests.making import FETCHED, arabic_formats, pipeline_of, snapshot_of, templates

if TYPE_CHECKING:
    from pathlib import Path

    from reports.figures import PipelineWindows
    from reports.job import Job
    from reports.mail.compose import Letter

TODAY = date(2026, 2, 22)  # of the week before it, four days are in Ramadan
NOTHING = b'{"delivered": null, "before": null}'
ALLOWED = {"SAR", "PDF", "CSV", "JSON", "Asia", "Riyadh", "example", "com", "sales"}
COMMAND = re.compile(r"^(    |\| ).*$", re.MULTILINE)  # commands, and what others said
LATIN = re.compile(r"[A-Za-z]{2,}")
NAMES = ("نورة القحطاني", "فهد العتيبي", "سارة الزهراني", "ريم الدوسري", "عمر حداد", "لينا منصور", "يوسف الأمين")
CONFIG = """
[account]
name = { ar = "نجد للتجارة", en = "Najd Trading" }
timezone = "Asia/Riyadh"
week_start = "sunday"
currency = "SAR"
locale = "ar"
[source]
kind = "voxys"
account_id = 7
token = { env = "NO_TOKEN" }
[email]
kind = "outbox"
from = "reports@example.com"
[reports.weekly]
title = { ar = "تقرير المبيعات الأسبوعي", en = "Weekly report" }
compare = ["previous", "year_ago"]
targets = { total_value_won = 40000, total_won = 20, win_rate = 45 }
attach = ["pdf", "csv", "json"]
to = ["sales@example.com"]
[reports.cards]
title = { ar = "بطاقة الأداء", en = "Scorecard" }
compare = ["previous", "year_ago"]
cuts = "agent"
show_team = true
"""


def age_of(period: Period) -> int:
    return (TODAY - period.until).days


def window(period: Period) -> Window:
    age = age_of(period)
    agents = tuple(AgentFigures(Agent(one, name), 3, 1, Decimal(900 * one + age)) for one, name in enumerate(NAMES, 1))
    rest = AgentFigures(None, 1, 0, Decimal(0))
    stages = (StageFigures(1, "مؤهلة", 12, Decimal(9_000)), StageFigures(2, "عرض سعر", 10, Decimal(1_500)))
    value = sum((one.value_won for one in agents), Decimal(0))
    return Window(period, Figures(22, 7, 4 + age % 9, value * 3, value), (*agents, rest), stages)


def pipeline(job: Job, number: int, name: str) -> PipelineWindows:
    made = pipeline_of(job.plan, window, number=number, name=name)
    made = replace(made, pipeline=replace(made.pipeline, stages=(Stage(1, "مؤهلة"), Stage(2, "عرض سعر"))))
    cards = tuple(
        Card(
            *(100 * number + one, FETCHED - timedelta(days=300 + one), FETCHED - timedelta(days=300)),
            *(1 + one % 2, "open", Decimal(10_000 * one) if one % 5 else None, "SAR"),
            *(f"صفقة {chr(0x627 + one)}", NAMES[one % 7] if one % 6 else None, one % 7 or None),
        )
        for one in range(1, 24)
    )
    asked = {
        (one, period): Window(period, Figures(3, 1, 1, Decimal(3_000), Decimal(900 * one + age_of(period))), (), ())
        for one in range(1, 8)
        for period in (job.plan.current, job.plan.previous)
    }
    return replace(made, cards=cards, of_agents=asked)


def edition(folder: Path, report: str, cut: Cut | None = None, locale: str = 'locale = "ar"') -> Rendering:
    (folder / "config.toml").write_text(CONFIG.replace('locale = "ar"', locale), encoding="utf-8")
    job = plan_job(load(folder / "config.toml"), report, TODAY)
    job = replace(job, cut=cut or job.cut, note="تعليق **مهم**")
    snapshot = snapshot_of(
        *(pipeline(job, number, f"مسار {name}") for number, name in enumerate(("الشمال", "الجنوب"), 1))
    )
    snapshot = replace(snapshot, fetched_at=datetime(2026, 2, 22, 6, 30, tzinfo=UTC))
    analysis = examine(job, snapshot, NOTHING)
    earlier = job.plan.trailing[-2]
    failures = tuple(Failure(1, "مسار الشمال", earlier, "x", one, 5) for one in range(1, 4))
    found = (
        *(Restatement(None, Figure.VALUE_WON, one, 60_000, 58_500, TODAY) for one in job.plan.trailing[:6]),
        Restatement(1, Figure.WON, earlier, 6, 7, TODAY),
    )
    checks = tuple(
        Check(name, 26, failures) if name in {CheckName.RATE, CheckName.STAGES} else Check(name, number * 5)
        for number, name in enumerate(CheckName)
    )
    analysis = replace(analysis, checks=checks, restatements=found)
    return prepare(job, open_desk(job), job.edition, snapshot, analysis)


@pytest.fixture(scope="module")
def weekly(tmp_path_factory: pytest.TempPathFactory) -> Rendering:
    return edition(tmp_path_factory.mktemp("weekly"), "weekly")


@pytest.fixture(scope="module")
def scorecard(tmp_path_factory: pytest.TempPathFactory) -> Rendering:
    return edition(tmp_path_factory.mktemp("card"), "cards", Cut("agent-3", agents=frozenset({3})))


@pytest.fixture(scope="module", params=["weekly", "scorecard"])
def made(request: pytest.FixtureRequest) -> Rendering:
    found: Rendering = request.getfixturevalue(request.param)
    return found


def foreign(text: str) -> set[str]:
    """Return the words of Latin letters that no Arabic reader expects."""
    return set(LATIN.findall(text)) - ALLOWED


def words(html: str) -> str:
    """Return what a reader sees or hears of a page: its text and the descriptions of its pictures."""
    html = re.sub(r"<style.*?</style>|<!--.*?-->|<svg.*?</svg>", " ", html, flags=re.DOTALL)
    alts = re.findall(r'\b(?:alt|data-text)="([^"]*)"', html)
    return unescape("\n".join([re.sub(r"<[^>]+>", "\n", html), *alts]))


def test_the_page_is_arabic(made: Rendering) -> None:
    html = to_html(made)
    assert '<html lang="ar" dir="rtl">' in html
    assert foreign(words(html)) == set()


def test_the_charts_are_lettered_in_arabic(made: Rendering) -> None:
    for chart in made.charts.values():
        assert foreign(chart.alt) == set()
        assert foreign("\n".join(word.text for word in chart.canvas.words)) == set()


def test_both_pages_have_what_only_some_reports_say(weekly: Rendering, scorecard: Rendering) -> None:
    text = words(to_html(weekly))
    for term in (
        *("أيام رمضان", "على أساس سنوي", "المستهدف", "أرقام معدلة", "حالتان أخريان", "بلا مسؤول", "افتراض"),
        *("الصفقات المفتوحة", "التعليق", "مقابل"),
    ):
        assert term in text, term
    card = words(to_html(scorecard))
    for term in ("المركز ", "الفريق حسب", "الفحوص المجتازة", "و4 حالات أخرى"):
        assert term in card.translate(dict.fromkeys(range(0x2066, 0x206A))), term


def texts(letter: Letter) -> str:
    return "\n".join([letter.subject, letter.text, words(letter.html)])


def test_the_mails_are_arabic(made: Rendering) -> None:
    letter = to_letter([Printed(made, b"")])
    assert foreign(texts(letter)) == set()
    assert "،" in letter.subject


def test_a_test_mail_is_arabic(weekly: Rendering) -> None:
    due = datetime(2026, 3, 1, 8, 0, tzinfo=ZoneInfo("Asia/Riyadh"))
    intended = (("to", "sales@example.com"), ("cc", "sales@example.com"), ("bcc", "sales@example.com"))
    slots = ((due, weekly.job.plan.current),)
    assert foreign(texts(to_trial_letter([Printed(weekly, b"")], Trial(intended, slots), 1))) == set()
    assert foreign(texts(to_trial_letter([Printed(weekly, b"")], Trial(intended[:1], ()), 1))) == set()


AGENT = Cut("agent-3", agents=frozenset({3}))


@pytest.mark.parametrize(("report", "cut"), [("weekly", None), ("cards", AGENT)])
def test_all_digits_are_of_the_script_that_was_asked_for(tmp_path: Path, report: str, cut: Cut | None) -> None:
    made = edition(tmp_path, report, cut, 'locale = "ar"\nnumbers = "arab"')
    letter = to_letter([Printed(made, b"")])
    for text in (words(to_html(made)), words(letter.html), letter.text, letter.subject):
        assert not re.findall(r".*[0-9].*", text)


@pytest.mark.parametrize("body", ["summary", "none"])
def test_short_mails_are_arabic(weekly: Rendering, body: str) -> None:
    report = weekly.job.report.model_copy(update={"body": body})
    letter = to_letter([Printed(replace(weekly, job=replace(weekly.job, report=report)), b"")])
    assert foreign(texts(letter)) == set()


@pytest.mark.parametrize("statuses", [(), ("sent",), ("unknown",), ("failed", "unknown", "pending", "sent")])
@pytest.mark.parametrize("missed", [0, 1, 2, 7])
@pytest.mark.parametrize("kind", list(Kind))
def test_notices_are_arabic(kind: Kind, missed: int, statuses: tuple[str, ...]) -> None:
    due = datetime(2026, 2, 22, 5, 0, tzinfo=UTC)
    notice = Notice(
        kind=kind,
        report="7",
        title="تقرير المبيعات",
        zone=ZoneInfo("Asia/Riyadh"),
        edition=None if missed == 1 else "7",
        editions=2 if missed == 2 else 0,
        period=Period(date(2026, 2, 15), date(2026, 2, 21)),
        due=due,
        reason="why" if missed else "",
        deliveries=tuple(Told("sales@example.com", one, "said") for one in statuses),
        missed=tuple(due - timedelta(days=7 * one) for one in range(missed)),
        deadline=due,
        attempts=3,
    )
    formats = arabic_formats()
    text = COMMAND.sub("", notice_text(templates(), formats, notice))
    assert foreign(f"{notice_subject(formats, notice)}\n{text}") == set()


FRENCH = """
msgid ""
msgstr ""
"Language: fr\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

msgid "Value won"
msgstr "Montant gagné"

msgid "the week before"
msgstr "la semaine précédente"
"""


def test_a_third_language_is_one_folder(tmp_path: Path) -> None:
    catalogue = tmp_path / "templates" / "locale" / "fr" / "messages.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(FRENCH, encoding="utf-8")
    made = edition(tmp_path, "weekly", locale='locale = "fr"')
    html, mail = to_html(made), to_letter([Printed(made, b"")])
    assert '<html lang="fr" dir="ltr">' in html
    assert mail.language == "fr"
    for text in (words(html), words(mail.html), mail.text):
        assert "Montant gagné" in text
        assert "Value won:" not in text
