"""Hands over the messages of kept editions that are still to be sent, with a commit before and after each."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.cuts import refusal
from reports.errors import LedgerError
from reports.ledger import deliveries, optouts
from reports.ledger.forgetting import is_erased
from reports.ledger.values import Delivery, DeliveryState
from reports.log import event, masked
from reports.mail.envelope import Envelope
from reports.mail.outcome import Outcome, Status
from reports.mail.post import open_post
from reports.mail.readdress import readdress
from reports.mail.stop import heed
from reports.mail.tokens import optout_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from email.message import EmailMessage

    from sqlalchemy import Connection

    from reports.archive import Archive, Revision
    from reports.mail.post import Post
    from reports.office import Office

PATIENCE = 15.0  # seconds for the message in hand after somebody asked to stop
STATES = {Status.SENT: DeliveryState.SENT, Status.FAILED: DeliveryState.FAILED, Status.UNKNOWN: DeliveryState.UNKNOWN}


@dataclass(frozen=True)
class Parcel:
    """One message, and those who are to get it now."""

    pending: tuple[Delivery, ...]

    @property
    def edition(self) -> str:
        """The edition that it brings."""
        return self.pending[0].edition

    @property
    def report(self) -> str:
        """The name of its report."""
        return self.edition.partition(":")[0]


async def dispatch(office: Office, pending: Sequence[Delivery], *, retries: bool) -> None:
    """Send the archived bytes of editions to whoever is pending, over one connection.

    With `retries`, a message that failed for now is pending again. A DeliveryError means that nothing was touched. An
    edition that isn't what was kept is left, and raised as a LedgerError when the others are sent.
    """
    if not pending:
        return
    worker = office.ledger.appear()
    revisions, damaged = _intact(office.archive, {one.edition: None for one in pending})
    parcels = [one for one in _parcels(pending) if one.edition in revisions]
    if parcels:
        async with open_post(office.config.email, office.config.folder) as post:
            for one in parcels:
                await _send(office, post, worker, one, revisions[one.edition], retries=retries)
    if damaged is not None:
        raise damaged


def _intact(archive: Archive, wanted: Iterable[str]) -> tuple[dict[str, Revision], LedgerError | None]:
    """Return the editions that are what was kept, and what is wrong with the first that isn't."""
    found: dict[str, Revision] = {}
    damaged: LedgerError | None = None
    for edition in wanted:
        try:
            found[edition] = archive.find(edition).intact()
        except LedgerError as error:
            damaged = damaged or error
    return found, damaged


def _parcels(pending: Sequence[Delivery]) -> list[Parcel]:
    """Part deliveries into messages: one for each recipient, or one for all who are to get it together."""
    found: dict[tuple[str, int, str], list[Delivery]] = {}
    for one in pending:
        found.setdefault((one.edition, one.send, "" if one.together else one.recipient), []).append(one)
    return [Parcel(tuple(each)) for each in found.values()]


async def _send(  # noqa: PLR0913 - what is sent how, and by whom
    office: Office, post: Post, worker: str, parcel: Parcel, revision: Revision, *, retries: bool
) -> None:
    """Send one message to those who still may get it; who opted out meanwhile is left out."""
    now = office.clock()
    with office.ledger.write() as tx:
        refused = _refused(tx, office, parcel)
        for one in parcel.pending:
            if one.recipient in refused:
                deliveries.skip(tx, one.id, now, refused[one.recipient])
        left = [one for one in parcel.pending if one.recipient not in refused]
        message = _message(office, revision, parcel, _named(tx, parcel)) if left else None
        begun = [found for one in left if (found := deliveries.begin(tx, one.id, worker, now)) is not None]
    for one in parcel.pending:
        if one.recipient in refused:
            _log(one, "skipped", detail=refused[one.recipient])
    if message is not None and begun:
        await _hand_over(office, post, begun, message, retries=retries)


def _named(tx: Connection, parcel: Parcel) -> list[Delivery]:
    """Return everybody whom the head of a message names, in the order they were addressed, whoever has it already."""
    first = parcel.pending[0]
    if not first.together:
        return [first]
    every = [one for one in deliveries.of_edition(tx, first.edition) if one.together and one.send == first.send]
    return [one for one in every if one.state is not DeliveryState.SKIPPED and not is_erased(one.recipient)]


def _message(office: Office, revision: Revision, parcel: Parcel, named: Sequence[Delivery]) -> EmailMessage:
    """Return the archived message with a head for these recipients; whoever is alone gets a link to opt out."""
    first, key, site = parcel.pending[0], office.archive.key(), office.config.web.url
    lists = {role: tuple(one.mailbox for one in named if one.role == role) for role in ("to", "cc", "bcc")}
    link = optout_url(site, first.recipient, parcel.report, key) if site and len(named) == 1 else None
    envelope = Envelope(**lists, unsubscribe=link)
    locale = None if first.together else office.config.locale_of(first.recipient)
    return readdress(revision.read(revision.letter(locale)), envelope, edition=first.edition, key=key, send=first.send)


def _refused(tx: Connection, office: Office, parcel: Parcel) -> dict[str, str]:
    """Return why some may not get a message, which was allowed when it was planned."""
    opted_out = optouts.opted_out(tx, {one.recipient for one in parcel.pending}, parcel.report)
    found = {one.recipient: refusal(one.mailbox, office.config.email, opted_out) for one in parcel.pending}
    return {recipient: why for recipient, why in found.items() if why is not None}


async def _hand_over(
    office: Office, post: Post, begun: Sequence[Delivery], message: EmailMessage, *, retries: bool
) -> None:
    """Send one message; whatever happens here, its outcomes are written down, or stay `sending` and are found later."""
    for one in begun:
        _log(one, "sending", attempt=one.attempts)
    sending = post.send([one.mailbox for one in begun], message, about=begun[0].edition)
    outcomes = await _finished(asyncio.ensure_future(sending))
    for one, outcome in zip(begun, outcomes, strict=True):
        _log(one, "answered", status=outcome.status)
    with office.ledger.write() as tx:
        for one, outcome in zip(begun, outcomes, strict=True):
            state = _state(outcome, retries=retries)
            deliveries.finish(tx, one, state, office.clock(), _said(outcome), permanent=outcome.permanent)
    for one, outcome in zip(begun, outcomes, strict=True):
        state = _state(outcome, retries=retries)
        level = logging.INFO if state in {DeliveryState.SENT, DeliveryState.PENDING} else logging.WARNING
        _log(one, state, level=level, detail=_said(outcome))
    heed()


def _log(delivery: Delivery, what: str, level: int = logging.INFO, **fields: object) -> None:
    who = masked(delivery.recipient)
    event(f"delivery.{what}", level=level, edition=delivery.edition, delivery=delivery.id, recipient=who, **fields)


def _said(outcome: Outcome) -> str:
    return str(outcome.path) if outcome.path else outcome.detail


async def _finished(sending: asyncio.Future[list[Outcome]]) -> list[Outcome]:
    """Return what became of the message in hand; whoever wants to stop waits for it a little: else it is unknown."""
    try:
        return await asyncio.shield(sending)
    except asyncio.CancelledError:
        await asyncio.wait({sending}, timeout=PATIENCE)
        sending.cancel()
        return await sending


def _state(outcome: Outcome, *, retries: bool) -> DeliveryState:
    if outcome.status is Status.FAILED and retries and not outcome.permanent:
        return DeliveryState.PENDING
    return STATES[outcome.status]
