"""What the owner of a report is told when something needs a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reports.errors import RenderError
from reports.periods import DAY, Unit
from reports.periods import Kind as PeriodKind
from reports.present.formats import clean, shorten
from reports.present.language import mark, mark_plural
from reports.present.templates import CHECKOUT, NOTICE, PACKAGED, Templates
from reports.render import remedies
from reports.render.html import render_template
from reports.render.lines import WIDTH, aligned, folded, padded, quoted, width
from reports.render.remedies import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from reports.periods import Period
    from reports.present.formats import Formats

LONGEST_TITLE, LONGEST_RECIPIENT = 60, 44
SHOWN = 5  # missed slots that are listed
DAYS = PeriodKind(Unit.DAYS)
QUOTES = dict.fromkeys(map(ord, "“”«»"), "'")  # a title in quotation marks can't end them


class Kind(StrEnum):
    """Why a person is needed."""

    FAILED = "failed"  # no edition could be made or sent
    UNDELIVERED = "undelivered"  # some recipients didn't get it
    UNKNOWN = "unknown"  # some recipients may or may not have it
    MISSED = "missed"  # slots were missed while nothing ran
    RESTORED = "restored"  # the ledger is from a backup, and doesn't know what became of these slots
    APPROVAL = "approval"  # an edition waits for approval
    LAPSED = "lapsed"  # it wasn't approved in time


@dataclass(frozen=True)
class Told:
    """What became of one recipient's message: `status` is sent, failed, unknown or pending."""

    recipient: str
    status: str
    detail: str = ""
    edition: str = ""  # where the notice is about several


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One occasion to tell the owner; what isn't known is None or empty, instants are aware."""

    kind: Kind
    report: str
    title: str
    zone: ZoneInfo  # the account's
    edition: str | None = None  # its id, where there is one
    editions: int = 0  # how many, where there are several: each of the deliveries says its own
    period: Period | None = None
    period_kind: PeriodKind = DAYS  # decides how the period is written
    due: datetime | None = None
    reason: str = ""
    hint: str = ""
    deliveries: tuple[Told, ...] = ()
    missed: tuple[datetime, ...] = ()
    deadline: datetime | None = None  # of an approval
    attempts: int = 0

    @property
    def made(self) -> bool:
        """Whether anything was made that could be sent."""
        return self.edition is not None or self.editions > 0

    def edition_of(self, told: Told) -> str:
        """Return the edition that a recipient was to get; empty where none is known."""
        return told.edition or self.edition or ""

    @property
    def failed(self) -> tuple[Told, ...]:
        """Those who certainly don't have it."""
        return tuple(one for one in self.deliveries if one.status not in {"sent", "unknown"})

    @property
    def unknown(self) -> tuple[Told, ...]:
        """Those who may have it."""
        return tuple(one for one in self.deliveries if one.status == "unknown")

    @property
    def sent(self) -> bool:
        """Whether anybody has it for certain."""
        return any(one.status == "sent" for one in self.deliveries)


SUBJECTS = {
    Kind.FAILED: mark("Not sent: {title}"),
    Kind.UNDELIVERED: mark("Not delivered to everybody: {title}"),
    Kind.UNKNOWN: mark("Delivery unclear: {title}"),
    Kind.MISSED: mark("Missed: {title}"),
    Kind.RESTORED: mark("Please check: {title}"),
    Kind.APPROVAL: mark("Please approve: {title}"),
    Kind.LAPSED: mark("Not approved in time, not sent: {title}"),
}
STATUSES = {
    "sent": mark("sent"),
    "failed": mark("failed"),
    "unknown": mark("unclear, may have it"),
    "pending": mark("not sent"),
}
OPENINGS = {
    Kind.RESTORED: mark(
        "The records of what was sent come from a backup. They do not tell whether “{title}” went out when it was due."
    ),
    Kind.APPROVAL: mark("“{title}” is ready and waits for your approval. It goes to nobody before that."),
    Kind.LAPSED: mark("“{title}” was not approved in time, so it was not sent."),
}
WAITING = {Kind.APPROVAL, Kind.LAPSED}  # the edition is made, and nobody was to have it
FEW_GOT_IT = mark_plural(
    "The one recipient did not get “{title}”.", "{number} of {all} recipients did not get “{title}”."
)
UNCLEAR = mark_plural(
    "The one recipient may or may not have got “{title}”.",
    "{number} of {all} recipients may or may not have got “{title}”.",
)
OVERSLEPT = mark_plural(
    "“{title}” was missed, because nothing was running when it was due.",
    "“{title}” was missed {number} times, because nothing was running when it was due.",
)


def notice_subject(formats: Formats, notice: Notice) -> str:
    """Return the subject: what happened, to which report, for which period where that is known."""
    title = formats.isolate(_title(notice))
    about = title
    if notice.period:
        span = formats.span(notice.period_kind, notice.period)
        about = formats.language.text("{title}, {span}", title=title, span=span)
    return formats.language.text(SUBJECTS[notice.kind], title=about)


def notice_text(templates: Templates, formats: Formats, notice: Notice) -> str:
    """Return the whole mail; where the project's own template is broken, the one that comes along tells it."""
    try:
        return _rendered(templates, formats, notice)
    except RenderError:
        ours = tuple(one for one in templates.folders if one in {PACKAGED, CHECKOUT})
        if ours in {(), templates.folders}:
            raise
        return _rendered(Templates(ours), formats, notice)


def _rendered(templates: Templates, formats: Formats, notice: Notice) -> str:
    writer = _Writer(formats, notice)
    text = render_template(
        templates,
        NOTICE,
        formats.language,
        own_fonts=False,
        kind=notice.kind.value,
        opening=writer.opening(),
        facts=aligned(writer.facts()),
        reason=quoted(notice.reason) + quoted(notice.hint),
        deliveries=tuple(writer.deliveries()),
        missed=tuple(writer.missed()),
        zone=formats.isolate(notice.zone.key),
        steps=tuple(writer.steps()),
    )
    return folded(text)


def _title(notice: Notice) -> str:
    """Return the title as it may stand between quotation marks."""
    return shorten(notice.title, LONGEST_TITLE).translate(QUOTES)


class _Writer:
    """Writes out the parts of one notice."""

    def __init__(self, formats: Formats, notice: Notice) -> None:
        self._formats = formats
        self._notice = notice
        self._text = formats.language.text
        self._plural = formats.language.plural

    def opening(self) -> str:
        """Say in one sentence what happened."""
        title = self._formats.isolate(_title(self._notice))
        match self._notice.kind:
            case Kind.FAILED:
                return self._failed(title)
            case Kind.UNDELIVERED:
                return self._undelivered(title)
            case Kind.UNKNOWN:
                return self._unclear(title)
            case Kind.MISSED:
                times = max(len(self._notice.missed), 1)
                return self._plural(*OVERSLEPT, times, number=self._formats.count(times), title=title)
            case kind:
                return self._text(OPENINGS[kind], title=title)

    def _failed(self, title: str) -> str:
        if not self._notice.made:
            return self._text("“{title}” could not be made. Nobody got it.", title=title)
        if self._notice.sent or self._notice.unknown:
            return self._text("“{title}” could not be sent to everybody.", title=title)
        return self._text("“{title}” was made, but could not be sent. Nobody got it.", title=title)

    def _undelivered(self, title: str) -> str:
        count = len(self._notice.failed)
        if not count:
            return self._text("“{title}” did not reach everybody.", title=title)
        return self._of_all(FEW_GOT_IT, count, title)

    def _unclear(self, title: str) -> str:
        count = len(self._notice.unknown)
        if not count:
            return self._text("It is unclear who got “{title}”.", title=title)
        return self._of_all(UNCLEAR, count, title)

    def _of_all(self, words: tuple[str, str], number: int, title: str) -> str:
        """Say something of so many of the recipients."""
        everybody, count = len(self._notice.deliveries), self._formats.count
        return self._plural(*words, everybody, number=count(number), all=count(everybody), title=title)

    def facts(self) -> Iterator[tuple[str, str]]:
        """Name the report, its period and its times, as far as they are known."""
        notice, say, isolate = self._notice, self._text, self._formats.isolate
        yield say("Report"), f"{isolate(_title(notice))} ({isolate(clean(notice.report))})"
        if notice.period:
            yield say("Period"), self._formats.span(notice.period_kind, notice.period)
        if due := self._due():
            yield say("Due"), self._moment(due)
        if notice.edition:
            yield say("Edition"), isolate(clean(notice.edition))
        if notice.editions:
            yield say("Editions"), self._formats.count(notice.editions)
        if notice.attempts > 1:
            times = self._formats.count(notice.attempts)
            yield say("Tried"), self._plural("{number} time", "{number} times", notice.attempts, number=times)
        if notice.deadline:
            label = say("Was open until") if notice.kind is Kind.LAPSED else say("Approve by")
            yield label, self._moment(notice.deadline)

    def deliveries(self) -> Iterator[str]:
        """Yield a line for each recipient, those in trouble first; below it the edition, and what the server said.

        Of several editions those who have theirs aren't named.
        """
        several = self._notice.editions > 0
        named = [one for one in self._notice.deliveries if not (several and one.status == "sent")]
        ranked = sorted(named, key=lambda one: one.status == "sent")
        isolate = self._formats.isolate
        names = [isolate(_recipient(one)) for one in ranked]
        room = max(map(width, names), default=0)
        for name, one in zip(names, ranked, strict=True):
            yield f"  {padded(name, room)}  {self._status(one)}".rstrip()
            if one.edition:
                yield f"    {isolate(clean(one.edition))}"
            if one.status != "sent":  # the number that a server gives to what it took helps nobody here
                yield from (f"    {line}" for line in quoted(one.detail, WIDTH - 4))

    def _status(self, told: Told) -> str:
        if told.status == "pending" and self._notice.kind in WAITING:
            return ""  # nobody has it, as the mail says
        known = STATUSES.get(told.status)
        return self._text(known) if known else clean(told.status)

    def missed(self) -> Iterator[str]:
        """Yield the latest missed slots, and how many more there are; none where the due time says it."""
        slots = self._latest()
        if len(slots) > 1:
            yield from (f"  {self._formats.moment(slot, self._notice.zone)}" for slot in slots[:SHOWN])
        if slots[SHOWN:]:
            more, first = len(slots) - SHOWN, self._formats.moment(slots[-1], self._notice.zone)
            values = {"number": self._formats.count(more), "first": first}
            text = self._plural("and {number} more, on {first}", "and {number} more, back to {first}", more, **values)
            yield f"  {text}"

    def _latest(self) -> list[datetime]:
        return sorted(self._notice.missed, reverse=True)

    def _due(self) -> datetime | None:
        """Return when it was due; of several missed times none is the one."""
        missed = self._notice.missed
        return self._notice.due if not missed else missed[0] if len(missed) == 1 else None

    def _moment(self, moment: datetime) -> str:
        zone = self._formats.isolate(self._notice.zone.key)
        return f"{self._formats.moment(moment, self._notice.zone)} ({zone})"

    def steps(self) -> Iterator[Step]:
        """Say what to do, with the commands."""
        if self._notice.kind in {Kind.MISSED, Kind.RESTORED}:
            yield self._make_up()
            if self._notice.kind is Kind.RESTORED:
                yield self._go_on()
        elif self._notice.kind in WAITING:
            yield self._approve()
        else:
            found = (
                [*self._ask(), *self._send()] if self._notice.kind is Kind.UNKNOWN else [*self._send(), *self._ask()]
            )
            yield from found or [Step(self._text("This shows what is known of it:"), (remedies.STATUS,))]

    def _send(self) -> Iterator[Step]:
        """Send it to those who certainly don't have it, once the cause is gone."""
        notice = self._notice
        if notice.kind is Kind.FAILED:
            yield Step(self._once_more(), (remedies.run(notice.report, self._day()),))
        elif notice.failed and notice.made:
            text = self._plural(
                "When the cause is removed, this sends it to the recipient who lacks it:",
                "When the cause is removed, these send it to those who lack it:",
                len(notice.failed),
            )
            yield Step(text, self._resend(notice.failed))

    def _once_more(self) -> str:
        if not self._notice.reason:
            return self._text("This tries it once more:")
        if self._notice.made:
            return self._text("When the cause is removed, this sends it:")
        return self._text("When the cause is removed, this makes it and sends it:")

    def _ask(self) -> Iterator[Step]:
        """Ask those who may have it, before anything is sent twice."""
        notice, count = self._notice, len(self._notice.unknown)
        if not count or not notice.made:
            return
        yield Step(
            self._plural(
                "Ask the recipient first. If it did not arrive, this sends it again:",
                "Ask each recipient first. Where it did not arrive, this sends it again:",
                count,
            ),
            self._resend(notice.unknown),
        )
        settled = self._plural(
            "If it did arrive, this settles the matter:", "When all have answered, this settles the matter:", count
        )
        yield Step(settled, (remedies.resolve(notice.edition or notice.report),))

    def _resend(self, to: Iterable[Told]) -> tuple[str, ...]:
        return tuple(remedies.resend(self._notice.edition_of(one), one.recipient) for one in to)

    def _approve(self) -> Step:
        if not self._notice.edition:
            return Step(self._text("This shows what waits for approval:"), (remedies.STATUS,))
        if self._notice.kind is Kind.LAPSED:
            text = self._text("It is kept, and this still sends it, exactly as it is:")
        else:
            text = self._text("Read it first. This sends it, exactly as it is:")
        return Step(text, (remedies.approve(self._notice.edition),))

    def _make_up(self) -> Step:
        """Make the shown slots up; those of one day give the same report."""
        notice, slots = self._notice, self._latest()
        found = dict.fromkeys(slot.astimezone(notice.zone).date() for slot in slots[:SHOWN])
        days: list[date | None] = [*found] or [self._day()]
        return Step(
            self._which(len(days), more=bool(slots[SHOWN:])),
            tuple(remedies.run(notice.report, day) for day in days),
        )

    def _go_on(self) -> Step:
        """Let the schedule go on, which a restore has paused."""
        text = self._text("Its schedule is paused. When all is settled, this lets it go on:")
        return Step(text, (remedies.resume(self._notice.report),))

    def _which(self, count: int, *, more: bool) -> str:
        if self._notice.kind is Kind.RESTORED:
            return self._text("Ask a recipient first. What did not arrive is made and sent like this:")
        if more:
            return self._text("Run those that are still wanted. Earlier days follow the same pattern:")
        if count > 1:
            return self._text("Run those that are still wanted:")
        return self._text("This makes it and sends it now:")

    def _day(self) -> date | None:
        """Return the day as of which it was due; else the first one that gives its period."""
        if due := self._due():
            return due.astimezone(self._notice.zone).date()
        return self._notice.period.until + DAY if self._notice.period else None


def _recipient(told: Told) -> str:
    """Return a recipient as configured, or where that is too long the address alone."""
    whole = clean(told.recipient)
    return whole if len(whole) <= LONGEST_RECIPIENT else remedies.address(whole)
