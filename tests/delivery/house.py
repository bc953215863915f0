"""A house that sends reports: a project's folder, the command line over it, and the mail server that it sends to."""

from __future__ import annotations

import asyncio
import csv
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from reports.config import load
from reports.config.values import plain_address
from reports.ledger import schedules
from reports.ledger.ledger import Ledger
from reports.ledger.rows import read_rows
from reports.ledger.tables import deliveries, editions, notices, skips, slots
from reports.ledger.values import Delivery, DeliveryState, Kept, NoticeState, Skip, Slot, SlotState, Told
from reports.mail.identity import TOGETHER, message_id
from reports.office import Office
from reports.sandbox.deals import Deals
from reports.sandbox.load import load_csv
from reports.schedule import slots_between
from tests.acceptance import warm
from tests.mail.servers import HOST, Mailbox, mail_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from aiosmtpd.smtp import SMTP

CHECKOUT = Path(__file__).resolve().parents[2]
KILLED_AT = Path(__file__).with_name("killed_at.py")
ZONE = ZoneInfo("Asia/Riyadh")
TIMEOUT = 240  # seconds, on a machine that has much else to do
INHERITED = ("PATH", "HOME", "SYSTEMROOT", "TEMP", "TMPDIR", "LD_LIBRARY_PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH")
ANNA, BILAL, CHEN, OWNER = "anna@example.com", "bilal@example.com", "chen@example.com", "ops@example.com"
TO = (f"Anna <{ANNA}>", BILAL, f"Chen <{CHEN}>")
YEARLY = "0 8 1 1 *"  # the slot of the last New Year: neither a midnight nor a next slot comes into the way of a test
ENDS = {SlotState.SENT, SlotState.SKIPPED, SlotState.FAILED}


# The mail server


@dataclass(frozen=True)
class Accepted:
    """A message that the server took, once for each recipient: its id and subject, for whom, and when."""

    message_id: str
    recipient: str
    subject: str
    at: datetime


@dataclass
class Held:
    """A message that the server has, without having said so yet."""

    came: Event = field(default_factory=Event)
    gone_on: Event = field(default_factory=Event)

    def wait(self) -> None:
        """Return when the message is there."""
        assert self.came.wait(TIMEOUT), "no message came"


@dataclass
class PostOffice(Mailbox):
    """Writes down every message that it takes; `act` is called before it says so, and may say something else."""

    accepted: list[Accepted] = field(default_factory=list)
    act: Callable[[Accepted], str | None] = lambda _: None

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = await super().handle_DATA(server, session, envelope)
        if not answer.startswith("250"):
            return answer
        letter = message_from_bytes(bytes(envelope.content), policy=default)
        named, subject, now = str(letter["Message-ID"]), str(letter["Subject"]), datetime.now(UTC)
        taken = [Accepted(named, one, subject, now) for one in envelope.rcpt_tos]
        self.accepted += taken
        said = [await asyncio.to_thread(self.act, one) for one in taken]
        return next((one for one in said if one), answer)

    @contextmanager
    def holding(self, recipient: str) -> Iterator[Held]:
        """Take what comes for somebody, but don't say so before the block ends."""
        held = Held()

        def hold(one: Accepted) -> None:
            if one.recipient == recipient:
                held.came.set()
                assert held.gone_on.wait(TIMEOUT)

        self.act = hold
        try:
            yield held
        finally:
            self.act = lambda _: None
            held.gone_on.set()

    def to(self, recipient: str) -> list[Accepted]:
        """Return what somebody got."""
        return [one for one in self.accepted if one.recipient == recipient]


@contextmanager
def post_office() -> Iterator[tuple[PostOffice, int]]:
    """Serve a post office on loopback; yields it with its port."""
    office = PostOffice()
    with mail_server(office) as port:
        yield office, port


# The project's folder

CONFIG = """
[account]
name = "Najd Trading"
timezone = "{zone}"
week_start = "sunday"
weekend = ["friday", "saturday"]
currency = "SAR"
owner = ["Ops <{owner}>"]

[source]
kind = "sandbox"
database = "{deals}"

[email]
kind = "smtp"
from = "Pipeline reports <reports@example.com>"
host = "{host}"
port = {port}
security = "none"
{email}

[runner]
workers = {workers}
"""
REPORT = """
[reports.{name}]
title = "{name}"
period = "{period}"
trailing = 2
to = [{to}]
schedule = "{schedule}"
{more}
"""


def last_new_year() -> datetime:
    """Return when the yearly schedule was due last."""
    now = datetime.now(UTC)
    due = datetime(now.year, 1, 1, 8, tzinfo=ZONE)
    return due if due <= now else due.replace(year=now.year - 1)


def make_deals(path: Path) -> Path:
    """Write a few deals of the weeks before the last New Year into a sandbox database; returns the path."""
    day = last_new_year().date()
    names = ("deal_id", "pipeline", "name", "agent_name", "agent_email", "stage", "status", "value", "currency")
    rows = []
    for number in range(1, 13):
        status = ("won", "lost", "open")[number % 3]
        created, closed = (day - timedelta(days=back) for back in (4 * number + 1, 3 * number))
        about = (f"D-{number}", "New business", f"Deal {number}", "Sara", "sara@example.com", status.title(), status)
        rows.append((*about, 1000 * number, "SAR", created, "" if status == "open" else closed))
    source = path.with_suffix(".csv")
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([(*names, "created_on", "closed_on"), *rows])
    with Deals.open(path) as deals:
        load_csv(deals, source, {}, ZONE)
    return path


def report(name: str = "weekly", *, period: str = "week", to: Sequence[str] = TO, more: str = "") -> str:
    """Return the table of one report."""
    listed = ", ".join(f'"{one}"' for one in to)
    return REPORT.format(name=name, period=period, to=listed, schedule=YEARLY, more=more)


@dataclass(frozen=True)
class Done:
    """What a command said, and how it ended; a negative code is the signal that ended it."""

    code: int
    out: str
    err: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def events(self) -> list[str]:
        """The names of what was logged."""
        return [line.split(" ")[1] for line in self.err.splitlines() if line[:2] == "20"]


@dataclass(frozen=True)
class House:
    """A project's folder with a ledger, and the commands over it."""

    folder: Path
    port: int
    deals: Path

    def configure(self, *reports: str, workers: int = 2, email: str = "") -> None:
        """Write config.toml; `email` is more lines of that table."""
        parts = {"zone": ZONE.key, "owner": OWNER, "deals": self.deals.as_posix(), "host": HOST, "port": self.port}
        head = CONFIG.format(**parts, workers=workers, email=email)
        fresh = self.folder / "config.fresh"
        fresh.write_text(head + "".join(reports), encoding="utf-8")
        fresh.replace(self.folder / "config.toml")  # in one piece: a runner may be reading it

    # Commands

    def reports(self, *arguments: object) -> Done:
        """Run a command to its end; whatever happens, nobody may be shown a traceback or a Python warning."""
        out = self.folder / f"said-{time.monotonic_ns()}"
        return clean(read_said(out, warm.run([*map(str, arguments)], self.folder, environment(), {}, out)))

    def begin(self, *arguments: object, program: Sequence[object] = ("-m", "reports.cli")) -> subprocess.Popen[bytes]:
        """Start a command in a process group of its own."""
        out = self.folder / f"said-{time.monotonic_ns()}"
        with out.with_suffix(".out").open("wb") as stdout, out.with_suffix(".err").open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, *map(str, (*program, *arguments))],
                cwd=self.folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        process.said = out  # type: ignore[attr-defined]
        return process

    def finish(self, process: subprocess.Popen[bytes]) -> Done:
        """Wait for the end of a command."""
        try:
            code = process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill(process)
            raise
        return clean(said(process, code))

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a command with all its processes at once, as a machine that crashes does."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(TIMEOUT)

    def killed_at(self, event: str, *arguments: object, count: int = 1, who: str = "process") -> Done:
        """Run a command that kill -9 ends at an event, at its count-th time: its process, the group, or the runner."""
        return self.finish(self.begin(event, count, who, "--", *arguments, program=(KILLED_AT,)))

    def settle(self, most: int = 6) -> Done:
        """Work off all that is due, as the coming hours would; returns what the last pass said."""
        for _ in range(most):
            done = self.reports("run-due")
            book = self.book()
            if all(one.state in ENDS or one.state is SlotState.WAITING for one in book.slots) and not book.notices_open:
                return done
            self.pass_time()
        message = f"{most} passes don't end it: {book}"
        raise AssertionError(message)

    # The ledger

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        with Ledger.in_file(self.folder / "ledger.sqlite") as opened:
            yield opened

    def make_due(self, *names: str) -> None:
        """Let the yearly slots of some reports (or of all) be due now, as if nothing had run since the day before."""
        config = load(self.folder / "config.toml")
        with self.ledger() as ledger, ledger.write() as tx:
            for name in names or config.reports:
                schedule = config.schedule_of(name)
                assert schedule is not None
                now = datetime.now(UTC)
                *_, last = slots_between(schedule, now - timedelta(days=400), now)
                before = last - timedelta(days=1)
                schedules.handle(tx, schedules.watch(tx, name, before), before)

    def pass_time(self) -> None:
        """Let whatever waits for its next try be due now."""
        now = datetime.now(UTC) - timedelta(seconds=1)
        with self.ledger() as ledger, ledger.write() as tx:
            tx.execute(update(slots).where(slots.c.state == SlotState.DUE).values(next_at=now))
            tx.execute(update(notices).where(notices.c.state == NoticeState.PENDING).values(next_at=now))

    def book(self) -> Book:
        """Return what the ledger says."""
        with self.ledger() as ledger, ledger.read() as tx:
            return Book(
                tuple(read_rows(Slot, tx.execute(select(slots).order_by(slots.c.id)))),
                tuple(read_rows(Kept, tx.execute(select(editions).order_by(editions.c.made_at)))),
                tuple(read_rows(Delivery, tx.execute(select(deliveries).order_by(deliveries.c.id)))),
                tuple(read_rows(Told, tx.execute(select(notices).order_by(notices.c.id)))),
                tuple(read_rows(Skip, tx.execute(select(skips).order_by(skips.c.id)))),
            )

    def wait_until(self, holds: Callable[[Book], bool]) -> Book:
        """Return the ledger once something holds; it has to, some time."""
        end = time.monotonic() + TIMEOUT
        while not holds(book := self.book()):
            assert time.monotonic() < end, f"it never came: {book}"
            time.sleep(0.1)
        return book

    def message_ids(self, book: Book) -> dict[int, str]:
        """Return the Message-ID that each delivery has to have, by its number; those of one message share it."""
        config = load(self.folder / "config.toml")
        with self.ledger() as ledger:
            key = Office(config, ledger, lambda: datetime.now(UTC)).archive.key()
        sender = config.email.sender
        whose = {one.id: TOGETHER if one.together else one.mailbox for one in book.deliveries}
        return {one.id: message_id(one.edition, sender, whose[one.id], key, one.send) for one in book.deliveries}


@dataclass(frozen=True)
class Book:
    """All that the ledger says."""

    slots: tuple[Slot, ...]
    editions: tuple[Kept, ...]
    deliveries: tuple[Delivery, ...]
    notices: tuple[Told, ...]
    skips: tuple[Skip, ...] = ()

    @property
    def notices_open(self) -> bool:
        return any(one.state in {NoticeState.PENDING, NoticeState.SENDING} for one in self.notices)

    def states(self, edition: str | None = None) -> dict[str, str]:
        """Return where the last delivery to each recipient stands, by the part before the @."""
        chosen = [one for one in self.deliveries if edition in {None, one.edition}]
        return {one.recipient.partition("@")[0]: str(one.state) for one in chosen}


# The laws


def broken_laws(house: House, office: PostOffice) -> list[str]:
    """Return what contradicts itself once everything has ended: the server's record against the ledger."""
    book = house.book()
    broken = [f"slot {one.id} of {one.report} is still {one.state}" for one in book.slots if one.state not in ENDS]
    ids = house.message_ids(book)
    times = {one.id: _taken(office, ids[one.id], one.recipient) for one in book.deliveries}
    for one in book.deliveries:
        count, name = times[one.id], f"{one.edition} to {one.recipient} (send {one.send})"
        never = {state: {0} for state in (DeliveryState.FAILED, DeliveryState.SKIPPED)}
        allowed = {DeliveryState.SENT: {1}, DeliveryState.UNKNOWN: {0, 1}, **never}
        if one.state not in allowed:
            broken.append(f"{name} is still {one.state}")
        elif count not in allowed[one.state]:
            broken.append(f"{name} is {one.state}, and the server took it {count} times")
    broken += _twice(book, times)
    ours = {(ids[one.id], one.recipient) for one in book.deliveries}
    strangers = [one for one in office.accepted if (one.message_id, _plain(one)) not in ours and one.recipient != OWNER]
    broken += [
        f"the server took {one.message_id} for {one.recipient}, of which the ledger knows nothing" for one in strangers
    ]
    return broken + _refused(house, book, office) + _unaddressed(book) + _hidden(book, office)


def _plain(one: Accepted) -> str:
    return plain_address(one.recipient)


def _taken(office: PostOffice, name: str, recipient: str) -> int:
    """Return how often the server took a message for somebody."""
    return sum((one.message_id, _plain(one)) == (name, recipient) for one in office.accepted)


def _twice(book: Book, times: Mapping[int, int]) -> list[str]:
    """Return who got the same period twice without anybody having asked for it."""
    got: dict[tuple[str, str], int] = {}
    for one in book.deliveries:
        key = (one.subject, one.recipient)
        got[key] = got.get(key, 0) + times[one.id]
    return [f"{recipient} got {subject} {count} times" for (subject, recipient), count in got.items() if count > 1]


def _refused(house: House, book: Book, office: PostOffice) -> list[str]:
    """Return who got something although they may not, and what was made although it was left out."""
    email = load(house.folder / "config.toml").email
    broken = [f"{one.recipient} may not get anything" for one in office.accepted if not email.allows(one.recipient)]
    left = {(one.slot, one.cut) for one in book.skips if one.slot is not None}
    made = [one.id for one in book.editions if (one.slot, one.cut) in left]
    return broken + [f"{one} was made, and left out" for one in made]


def _unaddressed(book: Book) -> list[str]:
    """Return the editions that were made for nobody."""
    subjects = {one.subject for one in book.deliveries}
    return [f"{one.id} is addressed to nobody" for one in book.editions if one.subject not in subjects]


def _hidden(book: Book, office: PostOffice) -> list[str]:
    """Return what went wrong without the owner being told."""
    told_of = {one.report for one in book.notices if one.state is NoticeState.SENT}
    wrong = {one.report for one in book.slots if one.state is SlotState.FAILED}
    wrong |= {one.edition.partition(":")[0] for one in _lost(book)}
    broken = [f"the owner doesn't know of {one}" for one in sorted(wrong - told_of)]
    subjects = " ".join(told(office))
    untrue = [one for one in sorted(wrong & told_of) if not re.search(rf"\b{re.escape(one)}\b", subjects)]
    return broken + [f"the ledger says that the owner knows of {one}, the server doesn't" for one in untrue]


def _lost(book: Book) -> list[Delivery]:
    """Return the deliveries that failed or are unknown, and after which nobody tried again."""
    last = {(one.subject, one.recipient): one for one in sorted(book.deliveries, key=lambda one: one.send)}
    return [one for one in last.values() if one.state in {DeliveryState.FAILED, DeliveryState.UNKNOWN}]


# Processes


def environment() -> dict[str, str]:
    """Return a small environment of its own, in which `reports` is this checkout's."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**kept, "PYTHONPATH": str(CHECKOUT), "LANG": "C.UTF-8"}


def said(process: subprocess.Popen[bytes], code: int) -> Done:
    """Return what a process has said so far."""
    path: Path = process.said  # type: ignore[attr-defined]
    return read_said(path, code)


def read_said(path: Path, code: int) -> Done:
    """Return what lies in the two files beside a path."""
    return Done(code, path.with_suffix(".out").read_text("utf-8"), path.with_suffix(".err").read_text("utf-8"))


def clean(done: Done) -> Done:
    """Expect no traceback and no Python warning, whatever happened."""
    for word in ("Traceback", "Warning", "unforeseen"):
        assert word not in done.err, done.err
    return done


def told(office: PostOffice) -> list[str]:
    """Return the subjects of what the owner was told."""
    return [one.subject for one in office.to(plain_address(OWNER))]
