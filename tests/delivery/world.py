"""A small project with a clock that tests set: real configuration, ledger file, archive, source and mail server."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from functools import cache
from pathlib import Path
from shutil import copytree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from reports.attempt import attempt
from reports.config import load
from reports.due import note_due
from reports.ledger import deliveries, editions, slots
from reports.ledger.opening import open_ledger
from reports.notices import send_notices
from reports.office import Office
from reports.sandbox.deals import Deals
from reports.sandbox.load import load_csv
from tests.mail.servers import HOST, Mailbox, mail_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import EmailMessage

    from reports.config.model import Config
    from reports.ledger.ledger import Ledger
    from reports.ledger.values import Delivery, Slot
    from tests.mail.servers import Received

DEALS = Path(__file__).parent.parent / "acceptance" / "deals.csv"
RIYADH = ZoneInfo("Asia/Riyadh")
SUNDAY = datetime(2025, 10, 5, 5, tzinfo=UTC)  # 08:00 in Riyadh: the slot of most tests
EDITION = "weekly:2025-09-28:2025-10-04:all:r1"
ANNA, BILAL, CHEN, OWNER = (f"{name}@example.com" for name in ("anna", "bilal", "chen", "ops"))
MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=7)

CONFIG = """
[account]
name = "Najd Trading"
timezone = "{zone}"
week_start = "sunday"
weekend = ["friday", "saturday"]
currency = "SAR"
owner = ["{owner}"]
{account}

[source]
{source}

[email]
from = "Pipeline reports <reports@example.com>"
{email}
{more}

[reports.weekly]
title = {title}
{pipelines}
trailing = 2
to = {to}
{report}
"""
SCHEDULE = 'schedule = "0 8 * * sun"'
OUTBOX = 'kind = "outbox"'


@cache
def database() -> Path:
    """Our own deals in a sandbox database, made once for each process, which nobody writes to."""
    path = Path(mkdtemp()) / "own.sqlite"
    with Deals.open(path) as deals:
        load_csv(deals, DEALS, {}, RIYADH)
    return path


def smtp(port: int, *more: str) -> str:
    return "\n".join(['kind = "smtp"', f'host = "{HOST}"', f"port = {port}", 'security = "none"', *more])


def sandbox() -> str:
    return f'kind = "sandbox"\ndatabase = "{database().as_posix()}"'


@dataclass
class World:
    """One project, and what a runner would do at the instant `now`, in this process."""

    folder: Path
    now: datetime = SUNDAY
    parts: dict[str, str] = field(default_factory=dict)
    ledger: Ledger = field(init=False)
    config: Config = field(init=False)

    def write(self, **parts: str) -> None:
        """Write config.toml, anew where a part has changed, and read it."""
        self.parts |= parts
        defaults = {
            "zone": "Asia/Riyadh",
            "owner": OWNER,
            "account": "",
            "source": "",
            "email": OUTBOX,
            "more": "",
            "title": '"Weekly pipeline report"',
            "pipelines": "pipelines = [1]",
            "to": f'["{ANNA}", "{BILAL}", "{CHEN}"]',
            "report": SCHEDULE,
        }
        filled = defaults | self.parts
        filled["source"] = filled["source"] or sandbox()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file.write_text(CONFIG.format(**filled), encoding="utf-8")
        self.config = load(self.file)

    @property
    def file(self) -> Path:
        return self.folder / "config.toml"

    @property
    def office(self) -> Office:
        return Office(self.config, self.ledger, lambda: self.now)

    def note(self) -> list[Slot]:
        """Look what is due, without working on it."""
        return note_due(self.ledger, self.config, self.now)

    def work(self) -> list[Slot]:
        """Make one pass: what is due, then the notices; returns the slots that were worked on as they stand then."""
        done = [asyncio.run(attempt(self.office, one.id)) for one in self.note()]
        self.tell()
        return [one for one in done if one is not None]

    def tell(self) -> bool:
        return asyncio.run(send_notices(self.office))

    def at(self, now: datetime) -> list[Slot]:
        """Make one pass at an instant."""
        self.now = now
        return self.work()

    def restart(self) -> None:
        """Go on as another process: the one until now is dead."""
        self.ledger.close()
        self.ledger = open_ledger(self.config)

    @property
    def slots(self) -> list[Slot]:
        """Every slot there is, the oldest first."""
        with self.ledger.read() as tx:
            return slots.latest(tx, None, 1000)[::-1]

    def made_for(self, slot: Slot) -> str | None:
        """Return the one edition of a slot; None where none was made."""
        with self.ledger.read() as tx:
            made = editions.of_slot(tx, slot.id)
        assert len(made) <= 1
        return made[0].id if made else None

    def deliveries(self, edition: str = EDITION) -> dict[str, Delivery]:
        """What became of an edition, by recipient: the last send of each."""
        with self.ledger.read() as tx:
            return {one.recipient: one for one in deliveries.of_edition(tx, edition)}

    def states(self, edition: str = EDITION) -> dict[str, str]:
        return {address: str(one.state) for address, one in self.deliveries(edition).items()}

    @property
    def notices(self) -> list[tuple[str, str]]:
        """Every notice there is: its key, and its state."""
        with self.ledger.read() as tx:
            return [(str(key), str(state)) for key, state in tx.execute(text("SELECT key, state FROM notices"))]

    @property
    def editions(self) -> list[Path]:
        return sorted(self.folder.glob("archive/*/*/all/r*"))


@contextmanager
def world(folder: Path, *, started: datetime | None = SUNDAY - DAY, **parts: str) -> Iterator[World]:
    """Make a project whose schedules were first seen at an instant; the clock stands at the first slot after it."""
    made = World(folder)
    made.write(**parts)
    with open_ledger(made.config) as made.ledger:
        if started is not None:
            made.now = started
            made.note()
            made.now = SUNDAY
        yield made
        made.ledger.close()


@contextmanager
def mailed(folder: Path, mailbox: Mailbox, *more: str, size: int = 33_554_432, **parts: Any) -> Iterator[World]:
    """Make a project that sends over a real mail server."""
    with (
        mail_server(mailbox, size=size) as port,
        world(folder, email=smtp(port, "timeout = 5", *more), **parts) as made,
    ):
        yield made


def outbox(made: World) -> dict[str, list[EmailMessage]]:
    """Return what lies in the outbox, by recipient."""
    found: dict[str, list[EmailMessage]] = {}
    for path in sorted((made.folder / "outbox").glob("*.eml")):
        message = read(path.read_bytes())
        found.setdefault(str(message["To"].addresses[0].addr_spec), []).append(message)
    return found


def read(content: bytes) -> EmailMessage:
    message: Any = message_from_bytes(content, policy=default)
    return message


def to(mailbox: Mailbox, address: str) -> list[EmailMessage]:
    """Return what a mail server took for one recipient."""
    return [read(one.content) for one in mailbox.received if address in one.recipients]


def told(mailbox: Mailbox) -> list[tuple[str, str]]:
    """Return the notices that the owner got: subject and text, the lines of a paragraph joined."""
    return [(str(one["Subject"]), spoken(one)) for one in to(mailbox, OWNER)]


def spoken(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def reported(mailbox: Mailbox) -> list[str]:
    """Return who got a report, in this order."""
    return [one for one in mailbox.recipients if one != OWNER]


def ids(messages: list[EmailMessage]) -> list[str]:
    return [str(one["Message-ID"]) for one in messages]


def counts(received: list[Received]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for one in received:
        for address in one.recipients:
            found[address] = found.get(address, 0) + 1
    return found


@cache
def prepared(report: str) -> Path:
    """Make one edition while no mail server is there, once for each process: a start for many tests."""
    folder = Path(mkdtemp()) / "prepared"
    with world(folder, email=smtp(nowhere()), report=report) as made:
        [slot] = made.work()
        assert made.made_for(slot) == EDITION
    return folder


def nowhere() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def kept(folder: Path, email: str, report: str = SCHEDULE, **parts: str) -> Iterator[World]:
    """Start where an edition was made and nobody could be sent it: its slot is tried again a minute later."""
    copytree(prepared(report), folder)
    with world(folder, started=None, email=email, report=report, **parts) as made:
        made.now = SUNDAY + MINUTE
        yield made
