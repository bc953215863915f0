"""A message has the shape that mail programs and servers expect, and says nothing that it shouldn't."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from reports.config import load as load_config
from reports.desk import open_desk
from reports.earlier import find_earlier
from reports.edition import examine, fetch
from reports.job import plan_job
from reports.letters import to_letter
from reports.mail import enclosure
from reports.mail.compose import Letter, compose
from reports.mail.envelope import Envelope
from reports.rendering import Printed, prepare
from tests.acceptance.conftest import DEALS, load, write_config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

KEY = b"k" * 32
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 300
TO = "Sales leads <sales@example.com>"
LONGEST_LINE = 998  # octets, without the line's end: RFC 5322


def letter(**other: object) -> Letter:
    html = '<html><head><style>p { color: #111111 }</style></head><body><p>Up</p><img src="cid:trend"></body></html>'
    values = {
        "edition": "weekly:2026-11-15:2026-11-21:all:r1",
        "report": "weekly",
        "sender": "Pipeline reports <reports@example.com>",
        "subject": "Weekly pipeline report, 15\u201321 Nov 2026",
        "text": "Value won rose.\n",
        "html": html,
        "pictures": {"trend": PNG},
        "attachments": (enclosure.pdf("weekly-2026-11-15_2026-11-21.pdf", PDF),),
        "language": "en",
        "date": datetime(2026, 11, 22, 6, 30, tzinfo=UTC),
    }
    return Letter(**{**values, **other})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Letter:
    """Return the weekly mail over our own deals, as `reports run` makes it."""
    folder = tmp_path_factory.mktemp("mail")
    load(DEALS, folder / "own.sqlite")
    config = load_config(write_config(folder, 'kind = "sandbox"\ndatabase = "own.sqlite"'))
    job = plan_job(config, "weekly", date(2026, 1, 1), as_of=date(2025, 10, 5))
    snapshot = asyncio.run(fetch(job, lambda _: None))
    analysis = examine(job, snapshot, find_earlier(job, None))
    return to_letter([Printed(prepare(job, open_desk(job), job.edition.revised(1), snapshot, analysis), PDF)])


def received(one: Letter, recipient: str = TO, send: int = 1) -> EmailMessage:
    """Return the message as it comes out at the other end."""
    content = compose(one, Envelope((recipient,)), key=KEY, send=send).as_bytes()
    message = message_from_bytes(content, policy=default)
    assert not message.defects
    return message


def shape(part: EmailMessage) -> object:
    kind = part.get_content_type()
    return (kind, [shape(one) for one in part.iter_parts()]) if part.is_multipart() else kind  # type: ignore[arg-type]


def html_of(one: Letter) -> str:
    body = received(one).get_body(("html",))
    assert body is not None
    return str(body.get_content())


# The shape.


@pytest.mark.parametrize("pictures", [1, 2])
def test_the_shape(pictures: int) -> None:
    message = received(letter(pictures={f"chart{number}": PNG for number in range(pictures)}))
    related = ("multipart/related", ["text/html", *["image/png"] * pictures])
    body = ("multipart/alternative", ["text/plain", related])
    assert shape(message) == ("multipart/mixed", [body, "application/pdf"])


def test_the_rendered_mail_has_the_shape_and_every_picture(rendered: Letter) -> None:
    message = received(rendered)
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds[:5] == [
        *("multipart/mixed", "multipart/alternative", "text/plain"),
        *("multipart/related", "text/html"),
    ]
    assert kinds[5:] == ["image/png", "image/png", "application/pdf"]
    assert (
        referred(html_of(rendered))
        == {
            part["Content-ID"].strip("<>"): part.get_content()
            for part in message.walk()
            if part.get_content_type() == "image/png"
        }.keys()
    )
    for part in message.walk():
        if part.get_content_type() == "image/png":
            assert part.get_content_disposition() == "inline"
            assert part.get_content().startswith(b"\x89PNG")


def referred(html: str) -> set[str]:
    return set(re.findall(r'src="cid:([^"]+)"', html))


def test_the_parts_arrive_as_they_were_given() -> None:
    message = received(letter())
    [attached] = message.iter_attachments()
    text = message.get_body(("plain",))
    assert attached.get_content() == PDF
    assert attached.get_filename() == "weekly-2026-11-15_2026-11-21.pdf"
    assert text is not None
    assert text.get_content().strip() == "Value won rose."
    [picture] = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert picture.get_content() == PNG
    assert 'style="color: #111111' in html_of(letter()), "styles stand where they apply"


# Headers.


def test_the_headers() -> None:
    message = received(letter())
    assert message["From"] == "Pipeline reports <reports@example.com>"
    assert message["To"] == TO
    assert message["Subject"] == "Weekly pipeline report, 15\u201321 Nov 2026"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "<weekly.reports.example.com>"
    assert message["List-Unsubscribe"] == "<mailto:reports@example.com?subject=Unsubscribe%20from%20weekly>"
    assert message["Date"].datetime == datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
    assert message["MIME-Version"] == "1.0"
    assert message["Content-Language"] == "en"


@pytest.mark.parametrize("name", ["weekly", "a" * 40])
@pytest.mark.parametrize("domain", ["example.com", "notifications.reports.najd-trading-international.example.com"])
def test_headers_for_machines_are_never_encoded(name: str, domain: str) -> None:
    one = letter(sender=f"The pipeline reports <pipeline.reports@{domain}>", report=name)
    raw = (
        compose(one, Envelope((TO,)), key=KEY)
        .as_bytes()
        .partition(b"\r\n\r\n")[0]
        .replace(b"\r\n ", b" ")
        .decode("ascii")
    )
    headers = dict(line.split(": ", 1) for line in raw.split("\r\n"))
    address = f"pipeline.reports@{domain}"
    assert headers["List-Id"].strip() == f"<{name}.reports.{domain}>"
    assert headers["List-Unsubscribe"].strip() == f"<mailto:{address}?subject=Unsubscribe%20from%20{name}>"
    assert re.fullmatch(r"<[0-9a-f.]+@[a-z.-]*example[.]com>", headers["Message-ID"].strip())
    assert address in headers["From"]


def test_an_arabic_subject_survives() -> None:
    subject = "تقرير المبيعات الأسبوعي، " * 6 + "15\u201321 نوفمبر"
    content = compose(
        letter(subject=subject, sender="تقارير <reports@example.com>"), Envelope((TO,)), key=KEY
    ).as_bytes()
    message = message_from_bytes(content)  # as simple programs read it
    assert str(make_header(decode_header(message["Subject"]))) == subject
    assert message_from_bytes(content, policy=default)["From"].addresses[0].display_name == "تقارير"
    lines = content[content.index(b"Subject:") : content.index(b"\r\nDate:")].split(b"\r\n")
    assert len(lines) > 1
    assert max(map(len, lines)) <= 78


@pytest.mark.parametrize("breaking", ["\n", "\r", "\r\n", "\n\n", "\u2028", "\x0b", "\x85"])
def test_no_name_can_bring_headers_or_parts(breaking: str) -> None:
    hostile = f"Weekly{breaking}Bcc: everybody@example.org{breaking}{breaking}<p>body"
    for field in ("subject", "sender", "recipient", "report"):
        one, to = letter(), TO
        if field == "recipient":
            to = f'"{hostile}" <sales@example.com>'
        else:
            value = f'"{hostile}" <reports@example.com>' if field == "sender" else hostile
            one = replace(one, **{field: value})
        try:
            content = compose(one, Envelope((to,)), key=KEY).as_bytes()
        except ValueError:
            continue  # refused outright
        message = message_from_bytes(content, policy=default)
        assert "Bcc" not in message
        assert shape(message) == shape(received(letter()))
        assert not re.search(rb"(?mi)^bcc:", content)


# What travels.


@pytest.mark.parametrize("kind", ["made", "rendered"])
def test_pure_ascii_in_short_lines(kind: str, request: pytest.FixtureRequest) -> None:
    one = letter(text="سطر " * 600, html=f"<html><body><p>{'نص' * 900}</p></body></html>")
    one = one if kind == "made" else request.getfixturevalue("rendered")
    content = compose(one, Envelope(("Sales <sales@example.com>",)), key=KEY).as_bytes()
    assert content.isascii()
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= LONGEST_LINE
    assert not any(b"\n" in line or b"\r" in line for line in lines), "every line ends with CRLF"


def test_the_same_input_gives_the_same_bytes(rendered: Letter) -> None:
    first, second = (compose(rendered, Envelope((TO,)), key=KEY).as_bytes() for _ in range(2))
    assert first == second
    assert compose(rendered, Envelope((TO,)), key=KEY, send=2).as_bytes() != first


def test_the_whole_is_small(rendered: Letter) -> None:
    html = html_of(rendered)
    assert len(html.encode()) < 100_000
    pictures = sum(map(len, rendered.pictures.values()))
    assert pictures < 500_000


def test_the_text_part_is_whole(rendered: Letter) -> None:
    for word in ("Value won", "Deals won", "Win rate", "Conversion rate", "Enterprise", "تجديد العقود"):
        assert word in rendered.text
    assert "cid:" not in rendered.text
    assert not re.search(r"</?(b|p|td|br|table|span)\b(?!>Levant)", rendered.text.replace("<b>Levant</b>", ""))
    body = received(rendered).get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == rendered.text


# What old mail programs can show.


class Tags(HTMLParser):
    """Every tag with its attributes, and how many rows of data each table has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.tables: list[dict[str, object]] = []
        self._open: list[dict[str, object]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.found.append((tag, values))
        if tag == "table":
            self._open.append({"role": values.get("role"), "rows": 0, "scopes": []})
            self.tables.append(self._open[-1])
        elif tag == "tr":
            self._open[-1]["rows"] += 1  # type: ignore[operator]
        elif tag == "th":
            self._open[-1]["scopes"].append(values.get("scope"))  # type: ignore[attr-defined]

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._open.pop()

    def of(self, tag: str) -> Iterator[dict[str, str]]:
        return (values for name, values in self.found if name == tag)


@pytest.fixture(scope="module")
def tags(rendered: Letter) -> Tags:
    return Tags(html_of(rendered))


def test_language_and_direction_are_set(tags: Tags) -> None:
    [html] = tags.of("html")
    assert (html["lang"], html["dir"]) == ("en", "ltr")


def test_nothing_that_mail_programs_drop_or_refuse(rendered: Letter, tags: Tags) -> None:
    html = html_of(rendered)
    assert not {"svg", "script", "link", "iframe", "form", "input", "video", "object", "font"} & {
        name for name, _ in tags.found
    }
    for word in ("data:", "url(", "@import", "@font-face", "javascript:", "var(", "position:"):
        assert word not in html.lower(), word
    assert not re.search(r"display:\s*(inline-)?(flex|grid)", html)
    assert not re.search(r"\bfloat:", html)


def test_no_address_leads_outside(tags: Tags) -> None:
    addresses = [
        (name, attribute, value)
        for name, values in tags.found
        for attribute, value in values.items()
        if attribute in {"src", "href", "background", "srcset", "action"}
    ]
    assert addresses
    assert [one for one in addresses if not one[2].startswith(("cid:", "mailto:"))] == []


def test_every_picture_says_what_it_shows(tags: Tags) -> None:
    pictures = list(tags.of("img"))
    assert len(pictures) == 2
    for picture in pictures:
        assert int(picture["width"]) > 0
        assert int(picture["height"]) > 0
        assert len(picture["alt"].strip()) > 20


def test_tables_are_either_layout_or_have_headers(tags: Tags) -> None:
    data = [table for table in tags.tables if table["role"] != "presentation"]
    assert data
    for table in tags.tables:
        scopes = table["scopes"]
        if table["role"] == "presentation":
            assert scopes == []
        else:
            assert scopes
            assert set(scopes) <= {"col", "row"}  # type: ignore[call-overload]
            assert int(str(table["rows"])) <= 20


def test_hostile_names_stay_text(rendered: Letter, tags: Tags) -> None:
    assert "<script>alert(1)</script>" in next(one["alt"] for one in tags.of("img") if "script" in one["alt"])
    assert not {"script", "b"} & {name for name, _ in tags.found}
    assert "<b>Levant</b>" in rendered.text, "in plain text it is what it is"
