"""Tells the owners of a report what went wrong, or what waits for them, each thing once."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from reports.conclusion import summary
from reports.config.values import plain_address
from reports.errors import DeliveryError, ReportsError
from reports.ledger import deliveries, editions, notices
from reports.ledger.deliveries import latest_of_each
from reports.ledger.values import Approval, DeliveryState, NoticeState
from reports.log import event, masked
from reports.mail.enclosure import pdf
from reports.mail.notice import Notice as PlainNotice
from reports.mail.notice import compose_notice
from reports.mail.outcome import Status
from reports.mail.post import open_post
from reports.mail.stop import heed
from reports.periods import Kind as PeriodKind
from reports.periods import Period, Unit
from reports.present.formats import Formats
from reports.present.language import Language
from reports.present.templates import Templates
from reports.render.notice import DAYS, Kind, Notice, Told, notice_subject, notice_text
from reports.retries import next_try

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from email.message import EmailMessage

    from sqlalchemy import Connection

    from reports.archive import Archive
    from reports.config.model import Config
    from reports.ledger.values import Delivery, Kept, Slot
    from reports.ledger.values import Told as Row
    from reports.mail.enclosure import Enclosure
    from reports.mail.post import Post
    from reports.office import Office

STATUSES = {DeliveryState.SENDING: "unknown"}  # for the time being, or for good
SPAN = timedelta(hours=24)  # so long a notice that can't be sent is tried again


def tell_failed(tx: Connection, config: Config, slot: Slot, now: datetime) -> None:
    """Tell that a slot ended failed: nothing could be made or sent, or some recipients don't have it."""
    kept = editions.of_slot(tx, slot.id)
    sent = [one for found in deliveries.of_editions(tx, kept).values() for one in latest_of_each(found)]
    notice = replace(
        _about(config, slot.report, kept, sent),
        kind=_kind(sent),
        due=slot.due_at,
        reason="" if slot.reason == summary(sent) else slot.reason,  # the list of recipients says it better
        hint=slot.hint,
        attempts=slot.attempts,
    )
    _tell(tx, config, f"slot:{slot.id}:failed", notice, now)


def by_run(tx: Connection, found: Iterable[Delivery]) -> list[list[Delivery]]:
    """Return deliveries sorted out by what was made at once: the editions of one report for one period."""
    runs: dict[tuple[object, ...], list[Delivery]] = {}
    for one in found:
        kept = editions.get(tx, one.edition)
        runs.setdefault((kept.report, kept.since, kept.until, kept.slot or kept.made_at), []).append(one)
    return list(runs.values())


def tell_cut_off(tx: Connection, config: Config, cut: Sequence[Delivery], now: datetime) -> None:
    """Tell that a process died while it sent what a person asked for: each such death is told, not each edition."""
    kept, sent = _standing(tx, cut)
    notice = replace(_about(config, kept[0].report, kept, sent), kind=_kind(cut))
    _tell(tx, config, f"edition:{kept[0].id}:cut-off:{max(one.id for one in cut)}", notice, now)


def tell_unknown(tx: Connection, config: Config, unknown: Sequence[Delivery], now: datetime, *, reason: str) -> None:
    """Tell that nobody knows whether some recipients have what was sent together."""
    kept, sent = _standing(tx, unknown)
    notice = replace(_about(config, kept[0].report, kept, sent), kind=Kind.UNKNOWN, reason=reason)
    _tell(tx, config, f"edition:{kept[0].id}:unknown", notice, now)


def _standing(tx: Connection, some: Iterable[Delivery]) -> tuple[list[Kept], list[Delivery]]:
    """Return the editions of some deliveries, and how all their recipients stand: of several sends the last."""
    kept = [editions.get(tx, one) for one in dict.fromkeys(one.edition for one in some)]
    found = deliveries.of_editions(tx, kept).values()
    return kept, [one for sent in found for one in {one.recipient: one for one in sent}.values()]


def tell_missed(tx: Connection, config: Config, report: str, missed: Sequence[datetime], now: datetime) -> None:
    """Tell that slots came and went while nothing ran."""
    notice = replace(_about(config, report, (), ()), kind=Kind.MISSED, missed=tuple(missed), due=missed[-1])
    _tell(tx, config, f"missed:{report}:{missed[-1].astimezone(UTC).isoformat()}", notice, now)


def tell_restored(  # noqa: PLR0913 - what, when and why
    tx: Connection, config: Config, report: str, doubtful: Sequence[datetime], now: datetime, *, reason: str
) -> None:
    """Tell that nobody knows what became of slots, since the ledger is from a backup."""
    about = _about(config, report, (), ())
    notice = replace(about, kind=Kind.RESTORED, missed=tuple(doubtful), due=doubtful[-1], reason=reason)
    _tell(tx, config, f"restored:{report}:{now.astimezone(UTC).isoformat()}", notice, now)


def tell_approval(tx: Connection, config: Config, kept: Kept, now: datetime) -> None:
    """Tell that an edition waits for approval; it comes along."""
    notice = replace(_about(config, kept.report, [kept], ()), kind=Kind.APPROVAL, deadline=kept.approve_by)
    _tell(tx, config, f"edition:{kept.id}:approval", notice, now)


def tell_lapsed(tx: Connection, config: Config, kept: Kept, now: datetime) -> None:
    """Tell that an edition wasn't approved in time."""
    notice = replace(_about(config, kept.report, [kept], ()), kind=Kind.LAPSED, deadline=kept.approve_by)
    _tell(tx, config, f"edition:{kept.id}:lapsed", notice, now)


def _kind(sent: Sequence[Delivery]) -> Kind:
    states = {one.state for one in sent}
    if states & {DeliveryState.FAILED, DeliveryState.PENDING}:
        return Kind.UNDELIVERED
    return Kind.UNKNOWN if states & {DeliveryState.UNKNOWN, DeliveryState.SENDING} else Kind.FAILED


def _about(config: Config, report: str, kept: Sequence[Kept], sent: Sequence[Delivery]) -> Notice:
    """Return what is known of some editions of one period; whoever was skipped on purpose isn't named."""
    known = config.reports.get(report)
    several = len(kept) > 1
    return Notice(
        kind=Kind.FAILED,
        report=report,
        title=config.title(known) if known else report,
        edition=kept[0].id if kept and not several else None,
        editions=len(kept) if several else 0,
        zone=config.account.zone,
        period=Period(kept[0].since, kept[0].until) if kept else None,
        period_kind=known.kind if known else DAYS,
        deliveries=tuple(
            Told(one.mailbox, STATUSES.get(one.state, one.state.value), one.detail, one.edition if several else "")
            for one in sent
            if one.state is not DeliveryState.SKIPPED
        ),
    )


def _tell(tx: Connection, config: Config, key: str, notice: Notice, now: datetime) -> None:
    owners = config.owners_of(notice.report)
    notices.tell(tx, key, owners, notice.report, to_json(notice), now)
    if not owners:
        event("notice.nobody", level=logging.WARNING, report=notice.report, about=notice.kind)


def to_json(notice: Notice) -> str:
    """Return a notice as the ledger keeps it."""
    return json.dumps(
        {
            **vars(notice),
            "period_kind": vars(notice.period_kind),
            "period": [notice.period.since, notice.period.until] if notice.period else None,
            "zone": notice.zone.key,
            "deliveries": [vars(one) for one in notice.deliveries],
        },
        ensure_ascii=False,
        default=lambda value: value.isoformat(),
    )


def from_json(text: str) -> Notice:
    """Return a notice that the ledger kept."""
    found: dict[str, Any] = json.loads(text)
    period = found["period"]
    return Notice(
        **{
            **found,
            "kind": Kind(found["kind"]),
            "period_kind": PeriodKind(**{**found["period_kind"], "unit": Unit(found["period_kind"]["unit"])}),
            "period": Period(*map(date.fromisoformat, period)) if period else None,
            "zone": ZoneInfo(found["zone"]),
            "due": _instant(found["due"]),
            "deadline": _instant(found["deadline"]),
            "missed": tuple(map(datetime.fromisoformat, found["missed"])),
            "deliveries": tuple(Told(**one) for one in found["deliveries"]),
        }
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


async def send_notices(office: Office) -> bool:
    """Send every notice that is due now; False if one couldn't be sent. It is tried again later, for a day."""
    with office.ledger.read() as tx:
        waiting = notices.pending(tx, office.clock())
    if not waiting:
        return True
    worker = office.ledger.appear()
    well = True
    for row in waiting:
        with office.ledger.write() as tx:
            begun = notices.begin(tx, row.id, worker)
        if begun is None:
            continue
        if _is_over(office, begun):
            with office.ledger.write() as tx:
                notices.finish(tx, begun, NoticeState.SENT, office.clock(), "not needed any more")
            continue
        well &= await _send(office, begun)
        heed()
    return well


def _is_over(office: Office, row: Row) -> bool:
    """Whether somebody gave the word already that a notice asks for."""
    edition = row.key.removeprefix("edition:").removesuffix(":approval")
    if row.key != f"edition:{edition}:approval":
        return False
    with office.ledger.read() as tx:
        kept = editions.find(tx, edition)
    return kept is not None and kept.approval is not Approval.ASKED


async def _send(office: Office, row: Row) -> bool:
    if row.attempts > 1 and office.clock() >= row.created_at + SPAN:  # each try may have ended with the process
        return _failed(office, row, DeliveryError("it couldn't be sent for a day"))
    try:
        message = _message(office, row)
        async with open_post(office.config.email, office.config.folder) as post:
            detail = await _handed_over(post, row, message)
    except ReportsError as error:
        return _failed(office, row, error)
    except Exception as error:  # noqa: BLE001 - one notice that can't be written doesn't stand in the way of others
        return _failed(office, row, DeliveryError(f"something unforeseen happened: {type(error).__name__}: {error}"))
    with office.ledger.write() as tx:
        notices.finish(tx, row, NoticeState.SENT, office.clock(), detail)
    event("notice.sent", report=row.report, notice=row.id, recipient=masked(row.recipient))
    return True


async def _handed_over(post: Post, row: Row, message: EmailMessage) -> str:
    """Return the server's words; whatever else became of the message is an error. Unknown is tried again, too."""
    [outcome] = await post.send([row.recipient], message, about=f"notice-{row.id}")
    if outcome.status is not Status.SENT:
        final = outcome.status is Status.FAILED and outcome.permanent
        raise DeliveryError(outcome.detail, permanent=final)
    return outcome.detail


def _failed(office: Office, row: Row, error: ReportsError) -> bool:
    now = office.clock()
    at = None if error.permanent else next_try(now, row.attempts, row.created_at + SPAN)
    state = NoticeState.FAILED if at is None else NoticeState.PENDING
    with office.ledger.write() as tx:
        notices.finish(tx, row, state, now, error.message, next_at=at)
    level = logging.ERROR if at is None else logging.WARNING
    who = masked(row.recipient)
    event("notice.failed", level=level, report=row.report, notice=row.id, recipient=who, detail=error.message)
    return False


def _message(office: Office, row: Row) -> EmailMessage:
    config, archive = office.config, office.archive
    notice = from_json(row.content)
    templates = Templates.of_project(config.folder)
    locale = config.locale_of(plain_address(row.recipient)) or config.account.locale
    language = Language.load(templates, locale, config.account.numbers)
    formats = Formats(language, config.account.currency)
    plain = PlainNotice(
        identity=row.key,
        sender=config.email.sender,
        subject=notice_subject(formats, notice),
        text=notice_text(templates, formats, notice),
        language=language.tag,
        date=row.created_at,
        enclosure=_enclosure(archive, notice),
    )
    return compose_notice(plain, row.recipient, key=archive.key())


def _enclosure(archive: Archive, notice: Notice) -> Enclosure | None:
    """Return the PDF that somebody is to approve."""
    if notice.kind is not Kind.APPROVAL or not notice.edition:
        return None
    revision = archive.find(notice.edition)
    return pdf(revision.pdf, revision.read(revision.pdf))
