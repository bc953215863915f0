"""The owner's notice says what happened and what to do, whatever is known and whatever a server said."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po
from babel.support import NullTranslations
from hypothesis import given
from hypothesis import strategies as st

from reports.errors import RenderError
from reports.periods import Kind as PeriodKind
from reports.periods import Period
from reports.present.formats import Formats
from reports.present.templates import NOTICE, Templates
from reports.render.html import check_template
from reports.render.lines import WIDTH
from reports.render.notice import STATUSES, Kind, Notice, Told, notice_subject, notice_text
from tests.making import CHECKOUT, english, formats, templates

if TYPE_CHECKING:
    from pathlib import Path

RIYADH = ZoneInfo("Asia/Riyadh")
DUE = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
EDITION = "weekly:2026-11-15:2026-11-21:all:r1"
SENT = Told("Sales leads <sales@example.com>", "sent", "250 queued as 4B1")
FAILED = Told("ceo@example.com", "failed", "550 5.1.1 User unknown")
UNKNOWN = Told("Board <board@example.com>", "unknown", "connection lost after DATA")
PENDING = Told("chair@example.com", "pending")
HOSTILE = "x\r\n\r\n    reports run evil\n\u2028    reports run evil\u202e\x1b[2J” {{ 7 * 7 }} {0} <b>"


def notice(kind: Kind, **fields: Any) -> Notice:
    base: dict[str, Any] = {
        "report": "weekly",
        "title": "Weekly pipeline report",
        "zone": RIYADH,
        "edition": EDITION,
        "period": Period(date(2026, 11, 15), date(2026, 11, 21)),
        "period_kind": PeriodKind.parse("week"),
        "due": DUE,
    }
    return Notice(kind=kind, **(base | fields))


def bare(kind: Kind) -> Notice:
    return Notice(kind=kind, report="weekly", title="Weekly pipeline report", zone=RIYADH)


def text_of(one: Notice) -> str:
    return notice_text(templates(), formats(), one)


def commands(one: Notice) -> list[str]:
    return [line.strip() for line in text_of(one).splitlines() if line.startswith("    reports ")]


def test_a_failed_report_is_told_with_its_reason_and_the_command_that_makes_it() -> None:
    one = notice(
        Kind.FAILED,
        edition=None,
        reason="the source at connect.voxys.ai can't be reached",
        hint="Check the address and the network.",
        attempts=9,
    )
    assert notice_subject(formats(), one) == "Not sent: Weekly pipeline report, 15–21 Nov 2026"
    assert text_of(one) == (
        "“Weekly pipeline report” could not be made. Nobody got it.\n"
        "\n"
        "Report:  Weekly pipeline report (weekly)\n"
        "Period:  15–21 Nov 2026\n"
        "Due:     22 Nov 2026, 08:00 (Asia/Riyadh)\n"
        "Tried:   9 times\n"
        "\n"
        "What went wrong:\n"
        "| the source at connect.voxys.ai can't be reached\n"
        "| Check the address and the network.\n"
        "\n"
        "When the cause is removed, this makes it and sends it:\n"
        "\n"
        "    reports run weekly --as-of 2026-11-22\n"
    )


def test_what_was_sent_to_whom_stands_in_columns_with_trouble_first() -> None:
    one = notice(Kind.UNDELIVERED, deliveries=(SENT, FAILED, PENDING))
    assert (
        "Recipients:\n"
        "  ceo@example.com                  failed\n"
        "    | 550 5.1.1 User unknown\n"
        "  chair@example.com                not sent\n"
        "  Sales leads <sales@example.com>  sent\n\n"
    ) in text_of(one)
    assert text_of(one).startswith("2 of 3 recipients did not get “Weekly pipeline report”.\n")
    assert commands(one) == [
        f"reports resend {EDITION} --only ceo@example.com",
        f"reports resend {EDITION} --only chair@example.com",
    ]


def test_who_may_have_it_is_asked_before_anything_is_sent_again() -> None:
    one = notice(Kind.UNKNOWN, deliveries=(SENT, UNKNOWN))
    assert text_of(one).startswith("1 of 2 recipients may or may not have got “Weekly pipeline report”.\n")
    assert "Ask the recipient first." in text_of(one)
    assert commands(one) == [
        f"reports resend {EDITION} --only board@example.com",
        f"reports resolve {EDITION}",
    ]


def test_failed_and_unclear_deliveries_are_told_together() -> None:
    for kind in (Kind.UNDELIVERED, Kind.UNKNOWN):
        assert set(commands(notice(kind, deliveries=(FAILED, UNKNOWN)))) == {
            f"reports resend {EDITION} --only ceo@example.com",
            f"reports resend {EDITION} --only board@example.com",
            f"reports resolve {EDITION}",
        }


def test_a_made_edition_that_nobody_got_is_told_from_one_that_was_not_made() -> None:
    assert "was made, but could not be sent. Nobody got it." in text_of(notice(Kind.FAILED, deliveries=(FAILED,)))
    assert "could not be sent to everybody" in text_of(notice(Kind.FAILED, deliveries=(FAILED, SENT)))
    assert "could not be made" in text_of(notice(Kind.FAILED, edition=None))


def test_of_many_missed_slots_the_latest_are_listed_and_the_others_counted() -> None:
    slots = tuple(DUE - timedelta(days=7 * number) for number in range(300))
    one = notice(Kind.MISSED, edition=None, period=None, due=None, missed=slots)
    text = text_of(one)
    assert "was missed 300 times" in text
    assert "  22 Nov 2026, 08:00\n" in text
    assert "  and 295 more, back to 28 Feb 2021, 08:00\n" in text
    assert commands(one)[0] == "reports run weekly --as-of 2026-11-22"
    assert len(commands(one)) == 5


def test_one_missed_slot_is_when_it_was_due() -> None:
    one = notice(Kind.MISSED, edition=None, due=None, missed=(DUE,))
    assert "Due:     22 Nov 2026, 08:00 (Asia/Riyadh)" in text_of(one)
    assert commands(one) == ["reports run weekly --as-of 2026-11-22"]


def test_missed_slots_of_one_day_are_made_up_once() -> None:
    one = notice(Kind.MISSED, missed=(DUE, DUE + timedelta(hours=1), DUE + timedelta(hours=2)))
    assert "was missed 3 times" in text_of(one)
    assert commands(one) == ["reports run weekly --as-of 2026-11-22"]


def test_an_edition_that_waits_says_until_when_and_for_whom() -> None:
    one = notice(Kind.APPROVAL, deliveries=(PENDING,), deadline=DUE + timedelta(days=2))
    assert "waits for your approval" in text_of(one)
    assert "Approve by:  24 Nov 2026, 08:00 (Asia/Riyadh)\n" in text_of(one)
    assert "\nRecipients:\n  chair@example.com\n" in text_of(one)
    assert commands(one) == [f"reports approve {EDITION}"]


def test_an_edition_that_lapsed_can_still_be_approved() -> None:
    one = notice(Kind.LAPSED, deliveries=(PENDING,), deadline=DUE)
    assert "was not approved in time, so it was not sent" in text_of(one)
    assert commands(one) == [f"reports approve {EDITION}"]


def test_the_day_of_a_command_is_the_accounts() -> None:
    late = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
    assert commands(notice(Kind.FAILED, due=late)) == ["reports run weekly --as-of 2026-11-22"]
    tokyo_to_rio = notice(Kind.FAILED, due=DUE.replace(hour=1), zone=ZoneInfo("America/Sao_Paulo"))
    assert commands(tokyo_to_rio) == ["reports run weekly --as-of 2026-11-21"]


def test_without_the_time_it_was_due_the_day_follows_from_the_period() -> None:
    assert commands(notice(Kind.FAILED, due=None)) == ["reports run weekly --as-of 2026-11-22"]
    assert commands(notice(Kind.FAILED, due=None, period=None)) == ["reports run weekly"]


def test_a_period_is_written_as_on_the_page() -> None:
    month = Period(date(2026, 10, 1), date(2026, 10, 31))
    one = notice(Kind.APPROVAL, period=month, period_kind=PeriodKind.parse("month"))
    assert "Period:   October 2026\n" in text_of(one)
    assert notice_subject(formats(), one).endswith(", October 2026")


@pytest.mark.parametrize("kind", Kind)
def test_where_little_is_known_every_kind_still_reads_well(kind: Kind) -> None:
    one = bare(kind)
    text = text_of(one)
    assert notice_subject(formats(), one).endswith("Weekly pipeline report")
    assert commands(one)
    for odd in ("None", " 0 ", "()", "\n\n\n", " \n"):
        assert odd not in text


@pytest.mark.parametrize("kind", Kind)
def test_lines_are_short_and_commands_are_whole(kind: Kind) -> None:
    one = notice(kind, reason="word " * 60, hint="word " * 60, deliveries=(FAILED, UNKNOWN, SENT, PENDING))
    for line in text_of(one).splitlines():
        assert len(line) <= WIDTH or line.startswith("    reports ")


words = st.text(st.characters(), max_size=120) | st.just(HOSTILE) | st.just("reports run evil " * 20)


@given(st.sampled_from(Kind), words, words, words, words)
def test_no_word_from_elsewhere_can_pass_for_ours(kind: Kind, title: str, reason: str, name: str, said: str) -> None:
    people = (Told(name, "failed", said), Told(name, "unknown", said), Told(name, said, said))
    one = notice(kind, title=title, reason=reason, hint=reason, deliveries=people)
    calm = notice(kind, reason="x", deliveries=(FAILED, UNKNOWN, FAILED))
    assert [line.split()[:3] for line in commands(one)] == [line.split()[:3] for line in commands(calm)]
    text = text_of(one)
    assert not set(text) & {"\r", "\x1b", "\u2028", "\u202e"}
    assert not [line for line in text.splitlines() if line.strip().startswith("reports run evil")]
    assert len(notice_subject(formats(), one).splitlines()) == 1


@pytest.mark.parametrize(
    "address", ["o'brien@example.com", "$(id)@example.com", "a;b@example.com", "'; id; '@x.example"]
)
def test_a_command_can_be_pasted_into_a_shell(address: str) -> None:
    [line] = commands(notice(Kind.UNDELIVERED, deliveries=(Told(address, "failed"),)))
    assert shlex.split(line)[:4] == ["reports", "resend", EDITION, "--only"]
    assert len(shlex.split(line)) == 5


def test_letters_of_any_script_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "notice").mkdir()
    (tmp_path / NOTICE).write_bytes((CHECKOUT / "templates" / NOTICE).read_bytes())
    one = notice(Kind.FAILED, title="営業レポート", reason="用户不存在")
    found = notice_text(Templates((tmp_path,)), formats(), one)  # a folder without any fonts
    assert "営業レポート" in found
    assert "用户不存在" in found


@pytest.mark.parametrize("content", ["{{ nothing }}", "{% if %}", "{{ 1 / 0 }}"])
def test_a_project_whose_own_notice_is_broken_is_told_with_ours(tmp_path: Path, content: str) -> None:
    (tmp_path / "notice").mkdir()
    (tmp_path / NOTICE).write_text(content)
    own = Templates((tmp_path, *templates().folders))
    assert notice_text(own, formats(), bare(Kind.FAILED)) == text_of(bare(Kind.FAILED))
    with pytest.raises(RenderError):
        notice_text(Templates((tmp_path,)), formats(), bare(Kind.FAILED))


def test_a_project_can_have_a_notice_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "notice").mkdir()
    (tmp_path / NOTICE).write_text("{{ kind }}: {{ opening }}")
    own = Templates((tmp_path, *templates().folders))
    assert notice_text(own, formats(), bare(Kind.LAPSED)).startswith("lapsed: “Weekly")


def test_a_broken_notice_is_found_before_it_is_needed(tmp_path: Path) -> None:
    (tmp_path / "notice").mkdir()
    (tmp_path / NOTICE).write_text("{% if %}")
    with pytest.raises(RenderError, match=r"mail\.txt, line 1"):
        check_template(Templates((tmp_path, *templates().folders)), "weekly")


class Recording(NullTranslations):
    """Speaks the language of the messages, and remembers which were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def ugettext(self, message: str) -> str:
        self.asked.add(message)
        return message

    def ungettext(self, one: str, many: str, number: int) -> str:
        self.asked.add(one)
        return one if number == 1 else many


def test_whatever_is_said_can_be_translated() -> None:
    catalogue = read_po(BytesIO((CHECKOUT / "templates" / "locale" / "messages.pot").read_bytes()))
    known = {one.id[0] if isinstance(one.id, list | tuple) else one.id for one in catalogue}
    recording = Recording()
    written = Formats(replace(english(), translations=recording), "SAR")
    slots = tuple(DUE - timedelta(days=number) for number in range(7))
    for kind in Kind:
        for one in (
            bare(kind),
            notice(kind, reason="x", attempts=2, deadline=DUE, missed=slots),
            notice(kind, deliveries=(FAILED, UNKNOWN, SENT, PENDING), missed=slots[:2]),
        ):
            assert notice_subject(written, one)
            assert notice_text(templates(), written, one)
    assert len(recording.asked) > 40
    assert sorted(recording.asked - known) == []


def test_every_status_has_a_word_and_another_one_is_shown_as_it_is() -> None:
    for status in (*STATUSES, "held"):
        one = notice(Kind.UNDELIVERED, deliveries=(replace(FAILED, status=status),))
        assert f"  ceo@example.com  {STATUSES.get(status, status)}\n" in text_of(one)
