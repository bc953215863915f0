"""What a person asks for: a report now, an edition once more, an approval; each goes through the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.attempt import NOTHING_TO_CUT, attempt
from reports.conclusion import together
from reports.config.values import plain_address
from reports.cuts import known_orders, named, refusal
from reports.dispatch import dispatch
from reports.due import recover
from reports.edition import fetch, survey
from reports.errors import DeliveryError, LedgerError
from reports.ledger import deliveries, editions, events, optouts, slots
from reports.ledger.deliveries import latest_of_each
from reports.ledger.forgetting import is_erased
from reports.ledger.values import Addressed, Approval, DeliveryState, SlotState
from reports.log import event
from reports.making import Terms, address, expected, make_editions, prune
from reports.notices import send_notices
from reports.periods import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from reports.config.model import Config
    from reports.cuts import LeftOut
    from reports.edition import Made
    from reports.job import Job
    from reports.ledger.values import Delivery, Kept, Slot
    from reports.making import Failed
    from reports.office import Office

MOST_NAMED = 5  # of those who are left out are said in an error


@dataclass(frozen=True)
class Ran:
    """What was made on demand: what became of the messages, why others got none, and what couldn't be made."""

    made: tuple[Made, ...]
    deliveries: tuple[Delivery, ...]
    had_it: tuple[Delivery, ...]
    left: tuple[LeftOut, ...] = ()
    failed: tuple[Failed, ...] = ()
    approve_by: datetime | None = None


async def run(office: Office, job: Job, progress: Callable[[str], None], *, again: bool) -> Ran:
    """Produce a report and send it to whoever doesn't have its period yet, or to everybody `again`."""
    recover(office.ledger, office.config, office.clock())
    known = None if again else expected(office, job, ())
    if known is not None and not known.missing:
        raise _nobody_left(job, known.having, known.left)
    prune(office, job.name)
    fetched = await fetch(job, progress)
    survey(job, fetched)  # figures of the whole that contradict each other are in no cut either
    terms = Terms(office.clock(), worker=office.ledger.appear(), again=again)
    output = await make_editions(office, job, fetched, terms, progress=progress)
    if not output.kept and output.failed:
        raise together([(one.order.cut.name, one.order.who, one.error) for one in output.failed])
    if not output.kept:
        raise _nobody_left(job, output.having, output.left)
    if (first := output.kept[0]).approval is not Approval.NONE:
        await send_notices(office)
        return Ran(output.made, (), (), approve_by=first.approve_by)
    progress("Delivering")
    sent = await _send(office, output.kept)
    for kept in output.kept:
        _resolve(office, kept, [one for one in sent if one.edition == kept.id], all_made=not output.failed)
    return Ran(output.made, tuple(sent), output.having, output.left, output.failed)


def _nobody_left(job: Job, having: Sequence[Delivery], left: Sequence[LeftOut]) -> DeliveryError:
    subject = f"{job.name}:{job.plan.current.since}:{job.plan.current.until}"
    doubtful = [one.mailbox for one in having if one.state is DeliveryState.UNKNOWN]
    coming = [one.mailbox for one in having if one.state in {DeliveryState.PENDING, DeliveryState.SENDING}]
    if having and not (doubtful or coming or left):
        return DeliveryError(
            f"everybody has {subject} already",
            hint="--again sends it to everybody once more; `reports history` shows what was sent.",
        )
    said = [f"{', '.join(doubtful)} may have it"] if doubtful else []
    said += [f"{', '.join(coming)} will be sent it"] if coming else []
    said += ["everybody else has it already"] if having and left and not (doubtful or coming) else []
    said += [f"{one.who}: {one.reason}" for one in left[:MOST_NAMED]]
    said += [f"and {len(left) - MOST_NAMED} more"] if len(left) > MOST_NAMED else []
    said += [NOTHING_TO_CUT] if not having and not left else []
    hint = "Ask whoever may have it, then `reports resend` with --only; what is still to be sent needs nothing."
    return DeliveryError(
        f"nobody is left to send {subject} to: {'; '.join(said)}", hint=hint if doubtful or coming else ""
    )


async def _send(office: Office, kept: Sequence[Kept]) -> list[Delivery]:
    """Send what this process alone is to send of editions; whatever stays unsent has failed."""
    ledger = office.ledger
    names = [one.id for one in kept]
    with ledger.read() as tx:
        mine = [one for each in names for one in deliveries.pending(tx, each) if one.worker == ledger.worker]
    numbers = {one.id for one in mine}
    reason = ""
    try:
        await dispatch(office, mine, retries=False)
    except DeliveryError as error:
        reason = error.message
        raise _nothing_sent(office, names, error) from error
    except BaseException as error:
        reason = str(error) or "stopped before it was sent"
        raise
    finally:
        with ledger.write() as tx:
            for one in names:
                deliveries.give_up(tx, one, office.clock(), reason, worker=ledger.worker)
    with ledger.read() as tx:
        return [one for each in names for one in deliveries.of_edition(tx, each) if one.id in numbers]


def _nothing_sent(office: Office, editions_kept: Sequence[str], error: DeliveryError) -> DeliveryError:
    """Say where the report is that nobody got, and how it goes out later."""
    first, *others = editions_kept
    folder = office.archive.find(first).folder
    kept = f"Nothing was sent; the report is kept in {folder}, and `reports resend {first}` sends it."
    if others:
        kept += f" {len(others)} more editions wait likewise: `reports history` lists them."
    return DeliveryError(error.message, hint=f"{error.hint} {kept}".strip(), permanent=error.permanent)


def _resolve(office: Office, kept: Kept, sent: Sequence[Delivery], *, all_made: bool = False) -> None:
    """Look after the slots of the same period that failed, if nobody is left who should have it.

    A slot of which a cut is still missing stays as it is, unless `all_made` says that this was made meanwhile.
    """
    wanted = [one for one in sent if one.state is not DeliveryState.SKIPPED]
    if not wanted or any(one.state is not DeliveryState.SENT for one in wanted):
        return
    with office.ledger.write() as tx:
        if any(one.subject == kept.subject for one in deliveries.unresolved(tx)):
            return
        for slot in slots.unresolved(tx):
            same = slot.report == kept.report and _shows(office.config, slot, kept)
            if same and (all_made or slot.made or _is_only_one(office.config, kept)):
                slots.resolve(tx, slot.report, office.clock(), slot.as_of)


def _is_only_one(config: Config, kept: Kept) -> bool:
    """Whether a report has one edition for each period, so that no other can be missing."""
    report = config.reports.get(kept.report)
    return report is None or len(known_orders(report) or ()) == 1


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
    revision = office.archive.find(edition).intact()
    with ledger.write() as tx:
        kept = _known(tx, str(revision.edition))
        if kept.approval in {Approval.ASKED, Approval.LAPSED}:
            raise DeliveryError(f"{kept.id} isn't approved", hint=f"`reports approve {kept.id}` sends it.")
        chosen = _allowed(tx, config, kept, _chosen(_recipients(tx, config, kept), only))
        deliveries.supersede(tx, kept.subject, [one.recipient for one in chosen], now)
        joined = (report := config.reports.get(kept.report)) is not None and report.in_one_message
        deliveries.address(tx, kept, chosen, now, worker=ledger.appear(), again=True, together=joined)
        events.note(tx, now, "edition.resent", report=kept.report, edition=kept.id)
    event("edition.resent", edition=kept.id, count=len(chosen))
    sent = await _send(office, [kept])
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


def _recipients(tx: Connection, config: Config, kept: Kept) -> dict[str, Addressed]:
    """Return who gets an edition: those it was addressed to, and those the configuration names now."""
    found = deliveries.of_subject(tx, kept.subject)
    known = {
        one.recipient: Addressed(one.recipient, one.mailbox, one.role) for one in found if not is_erased(one.recipient)
    }
    report = config.reports.get(kept.report)
    order = named(report, kept.cut) if report else None
    return known | (order.addressed if order else {})


def _chosen(addressed: Mapping[str, Addressed], only: Collection[str]) -> list[Addressed]:
    wanted = {plain_address(one) for one in only}
    if strangers := sorted(wanted - addressed.keys()):
        listed = ", ".join(one.mailbox for one in addressed.values())
        raise DeliveryError(
            f"{', '.join(strangers)} is not among the recipients of this report",
            hint=f"It goes to {listed}; add an address to its `to` first.",
        )
    return [one for plain, one in addressed.items() if not wanted or plain in wanted]


def _allowed(tx: Connection, config: Config, kept: Kept, chosen: Sequence[Addressed]) -> list[Addressed]:
    """Leave out who may not get it any more; where that is everybody, say why."""
    opted_out = optouts.opted_out(tx, {one.recipient for one in chosen}, kept.report)
    refused = {one.recipient: refusal(one.mailbox, config.email, opted_out) for one in chosen}
    left = [one for one in chosen if refused[one.recipient] is None]
    if not left:
        said = "; ".join(f"{one.mailbox}: {refused[one.recipient]}" for one in chosen)
        raise DeliveryError(
            f"nobody may be sent {kept.id}: {said}", hint="`reports optin ADDRESS` takes an opt-out back, where asked."
        )
    return left


async def approve(office: Office, edition: str) -> tuple[list[Delivery], Slot | None]:
    """Let an edition go out that waited for approval, exactly as it is; returns what became of it, and its slot."""
    ledger, config, now = office.ledger, office.config, office.clock()
    recover(ledger, config, now)
    revision = office.archive.find(edition).intact()
    with ledger.write() as tx:
        kept = _known(tx, str(revision.edition))
        if not editions.approve(tx, kept.id, now):
            raise _not_waiting(kept)
        slot = slots.of_edition(tx, kept.id)
        waiting = slot is not None and slot.state is SlotState.WAITING
        order = known_orders(config.report(kept.report))
        terms = Terms(now, kept.slot, None if waiting else ledger.appear())
        addressed = address(tx, office, kept, order[0], terms) if order else []
        if slot is not None and waiting:
            slots.wake(tx, slot, now)
    event("edition.approved", edition=kept.id)
    if slot is not None and waiting:
        await attempt(office, slot.id)  # unless a runner was quicker
    elif addressed:
        await _send(office, [kept])
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
