"""Sends a report as it would go out, but all of it to one address, marked as a test; nothing counts as delivered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports.agenda import upcoming
from reports.analysis.conditions import judge
from reports.analysis.reason import reason
from reports.cuts import OUTSIDE, deliverable, orders, refusals
from reports.edition import fetch, produce, survey, trials
from reports.errors import DeliveryError, ReportsError
from reports.job import part_of
from reports.ledger import optouts
from reports.ledger.deliveries import last_sent
from reports.letters import to_trial_letter
from reports.mail.compose import compose
from reports.mail.envelope import Envelope
from reports.mail.post import open_post
from reports.render.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reports.cuts import LeftOut, Order
    from reports.edition import Made
    from reports.figures import Snapshot
    from reports.job import Job
    from reports.ledger.values import Addressed
    from reports.mail.compose import Letter
    from reports.mail.outcome import Outcome
    from reports.office import Office

SLOTS = 3  # to come are listed in each mail


@dataclass(frozen=True)
class Tried:
    """One message of a test: of which cut, for whom it would be, and what became of it."""

    cut: str
    intended: str
    outcome: Outcome


@dataclass(frozen=True)
class Trials:
    """All that a test sent, what it left out, what couldn't be made, and what its condition would say."""

    sent: tuple[Tried, ...]
    left: tuple[LeftOut, ...]
    failed: tuple[tuple[str, str, ReportsError], ...]
    condition: str


async def try_out(office: Office, job: Job, address: str, progress: Callable[[str], None]) -> Trials:
    """Make every edition of a report and send each of its messages to one address; the ledger is only read."""
    if not office.config.email.allows(address):
        raise DeliveryError(f"{address} is {OUTSIDE}", hint="See allowed_domains under [email].")
    job = replace(job, trial=True)
    trials(job.config).clear(job.name)  # the last test is the one to look at
    fetched = await fetch(job, progress)
    condition = _condition(job, fetched)
    found, left = orders(job.report, fetched, job.plan)
    with office.ledger.read() as tx:
        opted_out = optouts.opted_out(tx, {one for order in found for one in order.addressed}, job.name)
    wanted, refused = deliverable(found, office.config.email, opted_out)
    letters: list[tuple[str, str, Letter]] = []
    failed: list[tuple[str, str, ReportsError]] = []
    for number, order in enumerate(wanted, start=1):
        progress(f"Rendering {number} of {len(wanted)}")
        try:
            made = await _made(office, job, order, fetched)
            letters += _letters(office, made, _readers(office, order, opted_out), condition)
        except ReportsError as error:
            failed.append((order.cut.name, order.who, error))
    progress("Delivering")
    sent = await _sent(office, letters, address)
    return Trials(tuple(sent), (*left, *refused), tuple(failed), condition)


def _condition(job: Job, fetched: Snapshot) -> str:
    """Return what the report's condition says of this period, in English; nothing where it has none."""
    analysis = survey(job, fetched)
    if not job.report.conditions:
        return ""
    return reason(judge(job.report.conditions, analysis.overall), job.config.currency(job.report))


async def _made(office: Office, job: Job, order: Order, fetched: Snapshot) -> Made:
    with office.ledger.read() as tx:
        delivered = last_sent(tx, job.name, order.cut.name)
    return await produce(part_of(job, order), fetched, delivered, above=0)


def _readers(office: Office, order: Order, opted_out: set[str]) -> list[list[Addressed]]:
    """Return who gets each message: everybody their own, or all one together."""
    refused = refusals(order, office.config.email, opted_out)
    left = [one for plain, one in order.addressed.items() if plain not in refused]
    return [left] if order.together else [[one] for one in left]


def _letters(
    office: Office, made: Made, readers: Sequence[Sequence[Addressed]], condition: str
) -> Iterator[tuple[str, str, Letter]]:
    """Yield each message of an edition with whom it would be for."""
    job = made.rendering.job
    slots = tuple((one.due, one.current) for one in upcoming(office.config, job.name, office.clock(), SLOTS))
    for number, listed in enumerate(readers, start=1):
        intended = tuple((one.role, one.mailbox) for one in listed)
        own = None if len(listed) > 1 else office.config.locale_of(listed[0].recipient)
        letter = to_trial_letter(made.of(own), Trial(intended, slots, condition), number)
        yield made.rendering.id.cut, ", ".join(one.mailbox for one in listed), letter


async def _sent(office: Office, letters: Sequence[tuple[str, str, Letter]], address: str) -> list[Tried]:
    if not letters:
        return []
    key = office.archive.key()
    found = []
    async with open_post(office.config.email, office.config.folder) as post:
        for cut, intended, letter in letters:
            message = compose(letter, Envelope((address,)), key=key)
            [outcome] = await post.send([address], message, about=letter.edition)
            found.append(Tried(cut, intended, outcome))
    return found
