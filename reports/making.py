"""Makes the editions of a report, one for each cut, from what was fetched once for all of them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from reports.cuts import LeftOut, Order, deliverable, known_orders, orders, refusals
from reports.edition import produce
from reports.errors import ReportsError
from reports.job import part_of
from reports.ledger import deliveries, editions, optouts, skips, slots
from reports.ledger.deliveries import last_sent
from reports.ledger.values import Approval
from reports.log import event
from reports.notices import tell_approval

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from reports.edition import Made
    from reports.figures import Snapshot
    from reports.job import Job
    from reports.ledger.values import Delivery, Kept
    from reports.office import Office

LEFT = timedelta(days=1)  # after so long nobody works any more on what is half-made
UNFORESEEN = "This is a fault of the program: look at its log, and report what it says."


@dataclass(frozen=True)
class Terms:
    """How editions are kept: since when, for which slot, who sends them at once, and whether also to who has them."""

    now: datetime  # the same for all that is made at once
    slot: int | None = None
    worker: str | None = None
    again: bool = False


@dataclass(frozen=True)
class Failed:
    """A cut that couldn't be made."""

    order: Order
    error: ReportsError


@dataclass(frozen=True)
class Output:
    """What became of the cuts: made and kept, failed, left out, and the deliveries of those who have theirs already."""

    made: tuple[Made, ...] = ()
    kept: tuple[Kept, ...] = ()
    failed: tuple[Failed, ...] = ()
    left: tuple[LeftOut, ...] = ()
    having: tuple[Delivery, ...] = ()


@dataclass(frozen=True)
class Expected:
    """What is still to be made: cuts that somebody has to get, how those stand who have theirs, and who may not."""

    missing: tuple[Order, ...]
    having: tuple[Delivery, ...]
    left: tuple[LeftOut, ...]


def expected(office: Office, job: Job, done: Collection[str]) -> Expected | None:
    """Return what is still to be made but for the cuts that are `done`; None where only the data names the cuts."""
    known = known_orders(job.report)
    if known is None:
        return None
    with office.ledger.read() as tx:
        opted_out = _opted_out(tx, job, known)
        made, left = deliverable(known, office.config.email, opted_out)
        having = {one: _having(tx, job, one) for one in made if one.cut.name not in done}
    missing = [one for one, found in having.items() if _still_wanted(office, one, found, opted_out)]
    return Expected(tuple(missing), tuple(one for found in having.values() for one in found.values()), tuple(left))


def _still_wanted(office: Office, order: Order, having: Collection[str], opted_out: Collection[str]) -> bool:
    """Whether somebody is to get an edition who may, and doesn't have it."""
    return not order.addressed.keys() <= {*having, *refusals(order, office.config.email, opted_out)}


async def make_editions(  # noqa: PLR0913 - what is made of what, on which terms
    office: Office,
    job: Job,
    fetched: Snapshot,
    terms: Terms,
    *,
    done: Collection[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Output:
    """Make and keep every cut that isn't `done` and that somebody still has to get; one that fails stops no other."""
    found, left = orders(job.report, fetched, job.plan)
    with office.ledger.read() as tx:
        wanted, refused = deliverable(found, office.config.email, _opted_out(tx, job, found))
    note_left_out(office, job, (*left, *refused), terms)
    output = Output(left=(*left, *refused))
    for number, order in enumerate(wanted, start=1):
        if order.cut.name not in done:
            progress(f"Rendering {number} of {len(wanted)}" if len(wanted) > 1 else "Rendering")
            output = await _with_cut(office, job, order, fetched, terms, output)
    return output


async def _with_cut(  # noqa: PLR0913, PLR0917 - what is made of what, on which terms
    office: Office, job: Job, order: Order, fetched: Snapshot, terms: Terms, output: Output
) -> Output:
    """Return the output with one cut more."""
    part = part_of(job, order)
    with office.ledger.read() as tx:
        having = {} if terms.again else _having(tx, job, order)
        opted_out = _opted_out(tx, job, [order])
        delivered = last_sent(tx, job.name, order.cut.name)
        above = editions.last_revision(tx, editions.subject_of(part.edition))
    output = replace(output, having=(*output.having, *having.values()))
    if not _still_wanted(office, order, having, opted_out):
        return output
    try:
        made = await produce(part, fetched, delivered, above=above)
    except ReportsError as error:
        return replace(output, failed=(*output.failed, _failed(job, order, error)))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a fault in one cut stops no other, and nobody gets a traceback
        unforeseen = ReportsError(f"something unforeseen happened: {type(error).__name__}: {error}", hint=UNFORESEEN)
        return replace(output, failed=(*output.failed, _failed(job, order, unforeseen)))
    with office.ledger.write() as tx:
        kept = _keep(tx, office, part, order, made, terms)
    event("edition.kept", report=job.name, slot=terms.slot, edition=kept.id)
    return replace(output, made=(*output.made, made), kept=(*output.kept, kept))


def _failed(job: Job, order: Order, error: ReportsError) -> Failed:
    event("cut.failed", level=logging.WARNING, report=job.name, cut=order.cut.name, error=error.message)
    return Failed(order, error)


def _keep(tx: Connection, office: Office, job: Job, order: Order, made: Made, terms: Terms) -> Kept:  # noqa: PLR0913, PLR0917 - what is kept of what, on which terms
    """Write down at once what was made, for which slot, and who is to get it (or whose word it waits for)."""
    now = terms.now
    approve_by = now + job.report.approve_within if job.report.approve else None
    kept = editions.keep(tx, made.revision.edition, job.as_of, now, approve_by, slot=terms.slot)
    if kept.approval is not Approval.NONE:
        tell_approval(tx, office.config, kept, now)
        if terms.slot is not None:
            slots.wait(tx, slots.get(tx, terms.slot), now)
        return kept
    if terms.again:
        deliveries.supersede(tx, kept.subject, order.addressed, now)
    address(tx, office, kept, order, terms)
    return kept


def address(tx: Connection, office: Office, kept: Kept, order: Order, terms: Terms) -> list[Delivery]:
    """Write down who is to get an edition, and who may not, and why."""
    opted_out = optouts.opted_out(tx, order.addressed, kept.report)
    return deliveries.address(
        tx,
        kept,
        list(order.addressed.values()),
        terms.now,
        worker=terms.worker,
        again=terms.again,
        together=order.together,
        refused=refusals(order, office.config.email, opted_out),
    )


def _having(tx: Connection, job: Job, order: Order) -> dict[str, Delivery]:
    """Return who of an order has its edition already, may have it, or will."""
    having = deliveries.having(tx, editions.subject_of(part_of(job, order).edition))
    return {one: having[one] for one in order.addressed if one in having}


def _opted_out(tx: Connection, job: Job, wanted: Sequence[Order]) -> set[str]:
    return optouts.opted_out(tx, {one for order in wanted for one in order.addressed}, job.name)


def note_left_out(office: Office, job: Job, left: Sequence[LeftOut], terms: Terms) -> None:
    """Write down the cuts of which nothing is made, and why."""
    if not left:
        return
    with office.ledger.write() as tx:
        _note(tx, job, left, terms)


def _note(tx: Connection, job: Job, left: Sequence[LeftOut], terms: Terms) -> None:
    for one in left:
        skips.note(
            tx,
            job.name,
            job.plan.current,
            one.cut,
            terms.now,
            who=one.who,
            reason=one.reason,
            recipient=one.recipient,
            slot=terms.slot,
        )
        event("cut.skipped", report=job.name, cut=one.cut, reason=one.reason)


def prune(office: Office, report: str) -> None:
    """Take away what crashes left half-made, and what is older than the archive keeps, unless it is still needed."""
    office.archive.sweep(report, office.clock() - LEFT)
    if (keep := office.config.archive.keep) is None:
        return
    with office.ledger.read() as tx:
        needed = editions.needed(tx, report)
    office.archive.prune(report, office.clock() - keep, needed)
