"""Hands over the messages of a kept edition that are still to be sent, with a commit before and after each."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from reports.errors import LedgerError
from reports.ledger import deliveries
from reports.ledger.values import Delivery, DeliveryState
from reports.log import event, masked
from reports.mail.outcome import Outcome, Status
from reports.mail.post import open_post
from reports.mail.readdress import readdress
from reports.mail.stop import heed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage

    from reports.archive import Archive, Revision
    from reports.mail.post import Post
    from reports.office import Office

PATIENCE = 15.0  # seconds for the message in hand after somebody asked to stop
STATES = {Status.SENT: DeliveryState.SENT, Status.FAILED: DeliveryState.FAILED, Status.UNKNOWN: DeliveryState.UNKNOWN}


async def dispatch(office: Office, edition: str, pending: Sequence[Delivery], *, retries: bool) -> list[Outcome]:
    """Send the archived bytes of an edition to whoever is pending; returns what became of each message.

    With `retries`, a message that failed for now is pending again. A DeliveryError means that nothing was touched.
    """
    done: list[Outcome] = []
    if not pending:
        return done
    revision = intact(office.archive, edition)
    master, key = revision.read("mail.eml"), office.archive.key()
    worker = office.ledger.appear()
    async with open_post(office.config.email, office.config.folder, edition) as post:
        for one in pending:
            message = readdress(master, one.mailbox, edition=one.edition, key=key, send=one.send)
            with office.ledger.write() as tx:
                begun = deliveries.begin(tx, one.id, worker, office.clock())
            if begun is not None:
                done.append(await _hand_over(office, post, begun, message, retries=retries))
    return done


def intact(archive: Archive, edition: str) -> Revision:
    """Return a kept revision whose files are what was kept; anything else isn't sent."""
    revision = archive.find(edition)
    if damaged := revision.damaged():
        raise LedgerError(
            f"the revision {edition} isn't what was kept: {', '.join(damaged)} changed or gone",
            hint=f"Restore {revision.folder} from a backup; what was changed isn't sent.",
        )
    return revision


async def _hand_over(
    office: Office, post: Post, delivery: Delivery, message: EmailMessage, *, retries: bool
) -> Outcome:
    """Send one message; whatever happens here, its outcome is written down, or stays `sending` and is found later."""
    who = partial(event, edition=delivery.edition, delivery=delivery.id, recipient=masked(delivery.recipient))
    who("delivery.sending", attempt=delivery.attempts)
    outcome = await _finished(asyncio.ensure_future(post.send(delivery.mailbox, message)))
    who("delivery.answered", status=outcome.status)
    state = _state(outcome, retries=retries)
    detail = str(outcome.path) if outcome.path else outcome.detail
    with office.ledger.write() as tx:
        deliveries.finish(tx, delivery, state, office.clock(), detail, permanent=outcome.permanent)
    level = logging.INFO if state in {DeliveryState.SENT, DeliveryState.PENDING} else logging.WARNING
    who(f"delivery.{state}", level=level, detail=detail)
    heed()
    return outcome


async def _finished(sending: asyncio.Future[Outcome]) -> Outcome:
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
