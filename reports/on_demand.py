"""What a person asks for: a report now, an edition once more, an approval; each goes through the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.attempt import attempt, prune, recipients
from reports.config.values import plain_address
from reports.dispatch import dispatch, intact
from reports.due import recover
from reports.edition import produce
from reports.errors import DeliveryError, LedgerError
from reports.ledger import deliveries, editions, events, slots
from reports.ledger.deliveries import last_sent, latest_of_each
from reports.ledger.forgetting import is_erased
from reports.ledger.values import Approval, DeliveryState, SlotState
from reports.log import event
from reports.notices import send_notices, tell_approval
from reports.periods import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from reports.config.model import Config
    from reports.edition import Made
    from reports.job import Job
    from reports.ledger.values import Delivery, Kept, Slot
    from reports.office import Office


@dataclass(frozen=True)
class Ran:
    """An edition that was made on demand: what became of its messages, and why others got none (their deliveries)."""

    made: Made
    deliveries: tuple[Delivery, ...]
    had_it: tuple[Delivery, ...]
    approve_by: datetime | None = None


async def run(office: Office, job: Job, progress: Callable[[str], None], *, again: bool) -> Ran:
    """Produce a report and send it to whoever doesn't have its period yet, or to everybody `again`."""
    ledger = office.ledger
    recover(ledger, office.config, office.clock())
    subject = editions.subject_of(job.edition)
    with ledger.read() as tx:
        having = {} if again else deliveries.having(tx, subject)
        delivered, above = last_sent(tx, job.name), editions.last_revision(tx, subject)
    wanted = {address: mailbox for address, mailbox in recipients(job.report).items() if address not in having}
    if not wanted:
        raise _nobody_left(subject, list(having.values()))
    prune(office, job.name)
    made = await produce(job, delivered, progress, above=above)
    with ledger.write() as tx:
        kept = _keep(tx, job, made, office.clock())
        if kept.approval is Approval.NONE:
            if again:
                deliveries.supersede(tx, kept.subject, wanted, office.clock())
            deliveries.address(tx, kept, wanted, office.clock(), worker=ledger.appear(), again=again)
    if kept.approval is not Approval.NONE:
        await send_notices(office)
        return Ran(made, (), (), kept.approve_by)
    progress("Delivering")
    sent = await _send(office, kept.id)
    _resolve(office, kept, sent)
    return Ran(made, tuple(sent), tuple(having[one] for one in having if one not in wanted))


def _keep(tx: Connection, job: Job, made: Made, now: datetime) -> Kept:
    approve_by = now + job.report.approve_within if job.report.approve else None
    kept = editions.keep(tx, made.edition.id, job.as_of, now, approve_by)
    if approve_by:
        tell_approval(tx, job.config, kept, now)
    return kept


def _nobody_left(subject: str, having: Sequence[Delivery]) -> DeliveryError:
    doubtful = [one.mailbox for one in having if one.state is DeliveryState.UNKNOWN]
    coming = [one.mailbox for one in having if one.state in {DeliveryState.PENDING, DeliveryState.SENDING}]
    if not doubtful and not coming:
        return DeliveryError(
            f"everybody has {subject} already",
            hint="--again sends it to everybody once more; `reports history` shows what was sent.",
        )
    said = [f"{', '.join(doubtful)} may have it"] if doubtful else []
    said += [f"{', '.join(coming)} will be sent it"] if coming else []
    return DeliveryError(
        f"nobody is left to send {subject} to: {'; '.join(said)}",
        hint="Ask whoever may have it, then `reports resend` with --only; what is still to be sent needs nothing.",
    )


async def _send(office: Office, edition: str) -> list[Delivery]:
    """Send what this process alone is to send of an edition; whatever stays unsent has failed."""
    ledger = office.ledger
    with ledger.read() as tx:
        mine = [one for one in deliveries.pending(tx, edition) if one.worker == ledger.worker]
    numbers = {one.id for one in mine}
    reason = ""
    try:
        await dispatch(office, edition, mine, retries=False)
    except DeliveryError as error:
        reason = error.message
        raise _nothing_sent(office, edition, error) from error
    except BaseException as error:
        reason = str(error) or "stopped before it was sent"
        raise
    finally:
        with ledger.write() as tx:
            deliveries.give_up(tx, edition, office.clock(), reason, worker=ledger.worker)
    with ledger.read() as tx:
        return [one for one in deliveries.of_edition(tx, edition) if one.id in numbers]


def _nothing_sent(office: Office, edition: str, error: DeliveryError) -> DeliveryError:
    """Say where the report is that nobody got, and how it goes out later."""
    folder = office.archive.find(edition).folder
    kept = f"Nothing was sent; the report is kept in {folder}, and `reports resend {edition}` sends it."
    return DeliveryError(error.message, hint=f"{error.hint} {kept}".strip(), permanent=error.permanent)


def _resolve(office: Office, kept: Kept, sent: Sequence[Delivery]) -> None:
    """Look after the slots of the same period that failed, if nobody is left who should have it."""
    if not sent or any(one.state is not DeliveryState.SENT for one in sent):
        return
    with office.ledger.write() as tx:
        if any(one.subject == kept.subject for one in deliveries.unresolved(tx)):
            return
        for slot in slots.unresolved(tx):
            if slot.report == kept.report and _shows(office.config, slot, kept):
                slots.resolve(tx, slot.report, office.clock(), slot.as_of)


def _shows(config: Config, slot: Slot, kept: Kept) -> bool:
    """Whether a slot was to show the days of an edition, on whichever day that was made."""
    report = config.reports.get(slot.report)
    if report is None:
        return slot.as_of == kept.as_of
    current = plan(report.kind, slot.as_of, config.account.calendar, report.trailing).current
    return (current.since, current.until) == (kept.since, kept.until)


async def resend(office: Office, edition: str, only: Collection[str]) -> list[Delivery]:
    """Send a kept edition once more, as it is in the archive, to its recipients or to some of them."""
    ledger, config, now = office.ledger, office.config, office.clock()
    recover(ledger, config, now)
    revision = intact(office.archive, edition)
    with ledger.write() as tx:
        kept = _known(tx, str(revision.edition))
        if kept.approval in {Approval.ASKED, Approval.LAPSED}:
            raise DeliveryError(f"{kept.id} isn't approved", hint=f"`reports approve {kept.id}` sends it.")
        mailboxes = _chosen(_recipients(tx, config, kept), only)
        deliveries.supersede(tx, kept.subject, mailboxes, now)
        deliveries.address(tx, kept, mailboxes, now, worker=ledger.appear(), again=True)
        events.note(tx, now, "edition.resent", report=kept.report, edition=kept.id)
    event("edition.resent", edition=kept.id, count=len(mailboxes))
    sent = await _send(office, kept.id)
    _resolve(office, kept, sent)
    return sent


def _known(tx: Connection, edition: str) -> Kept:
    kept = editions.find(tx, edition)
    if kept is None:
        raise LedgerError(
            f"the ledger knows no edition {edition}",
            hint="`reports history` lists them; an edition that was kept before there was a ledger isn't in it.",
        )
    return kept


def _recipients(tx: Connection, config: Config, kept: Kept) -> dict[str, str]:
    """Return who gets an edition: those it was addressed to, and those the configuration names now."""
    found = deliveries.of_subject(tx, kept.subject)
    known = {one.recipient: one.mailbox for one in found if not is_erased(one.recipient)}
    report = config.reports.get(kept.report)
    return known | (recipients(report) if report else {})


def _chosen(mailboxes: Mapping[str, str], only: Collection[str]) -> dict[str, str]:
    wanted = {plain_address(one) for one in only}
    if strangers := sorted(wanted - mailboxes.keys()):
        raise DeliveryError(
            f"{', '.join(strangers)} is not among the recipients of this report",
            hint=f"It goes to {', '.join(mailboxes)}; add an address to its `to` first.",
        )
    return {address: mailbox for address, mailbox in mailboxes.items() if not wanted or address in wanted}


async def approve(office: Office, edition: str) -> tuple[list[Delivery], Slot | None]:
    """Let an edition go out that waited for approval, exactly as it is; returns what became of it, and its slot."""
    ledger, config, now = office.ledger, office.config, office.clock()
    recover(ledger, config, now)
    revision = intact(office.archive, edition)
    with ledger.write() as tx:
        kept = _known(tx, str(revision.edition))
        if not editions.approve(tx, kept.id, now):
            raise _not_waiting(kept)
        slot = slots.of_edition(tx, kept.id)
        waiting = slot is not None and slot.state is SlotState.WAITING
        mailboxes = recipients(config.report(kept.report))
        addressed = deliveries.address(tx, kept, mailboxes, now, worker=None if waiting else ledger.appear())
        if slot is not None and waiting:
            slots.wake(tx, slot, now)
    event("edition.approved", edition=kept.id)
    if slot is not None and waiting:
        await attempt(office, slot.id)  # unless a runner was quicker
    elif addressed:
        await _send(office, kept.id)
    if not addressed:
        raise _had_before(kept)
    with ledger.read() as tx:
        sent, slot = latest_of_each(deliveries.of_edition(tx, kept.id)), slots.of_edition(tx, kept.id)
    _resolve(office, kept, sent)
    return sent, slot if waiting else None


def _had_before(kept: Kept) -> DeliveryError:
    """Return what to say where an approval comes after the same period went out otherwise."""
    return DeliveryError(
        f"{kept.id} is approved, but everybody has this period already, or it is on its way",
        hint=f"`reports resend {kept.id}` sends it to them as well.",
    )


def _not_waiting(kept: Kept) -> DeliveryError:
    if kept.approval is Approval.GIVEN:
        return DeliveryError(f"{kept.id} was approved before", hint=f"`reports resend {kept.id}` sends it once more.")
    return DeliveryError(f"{kept.id} needs no approval", hint="Only reports with `approve = true` wait for one.")
