"""Which editions a report makes, one for each cut, and who gets each of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from reports.analysis.cuts import agents_of
from reports.config.values import LONGEST_ADDRESS, parse_address, plain_address
from reports.config.words import near
from reports.errors import ConfigError
from reports.figures import WHOLE, Cut
from reports.ledger.values import Addressed
from reports.present.formats import clean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from reports.config.email import OutboxEmail, SmtpEmail
    from reports.config.model import Config
    from reports.config.report import Report, View
    from reports.figures import Agent, Snapshot
    from reports.ledger.values import Role
    from reports.periods import Plan

AGENT, PIPELINE = re.compile(r"agent-[1-9]\d{0,9}"), re.compile(r"pipeline-[1-9]\d{0,9}")
NO_ADDRESS = "the account has no address for them"
OUTSIDE = "outside the allowed domains"
OPTED_OUT = "opted out"
NOBODY = "nobody is named for this pipeline: see pipeline_to and to"


@dataclass(frozen=True)
class Order:
    """One edition to be made: its cut, and the mailboxes that it goes to; `who` names it for people."""

    cut: Cut
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    written_in: tuple[str, ...] = ()  # its languages, where they aren't the report's
    who: str = ""
    together: bool = False  # one message to all of them

    @property
    def addressed(self) -> dict[str, Addressed]:
        """Everybody by plain address; whoever is in several roles has the first."""
        roles: dict[Role, tuple[str, ...]] = {"to": self.to, "cc": self.cc, "bcc": self.bcc}
        found: dict[str, Addressed] = {}
        for role, listed in roles.items():
            for mailbox in listed:
                plain = plain_address(mailbox)
                found.setdefault(plain, Addressed(plain, mailbox, role))
        return found


@dataclass(frozen=True)
class LeftOut:
    """A cut of which nothing is made: whose it would be, their plain address if it is known, and why."""

    cut: str
    who: str
    reason: str
    recipient: str | None = None


def wanted_agents(report: Report) -> Literal["each"] | frozenset[int]:
    """Return whose own figures are to be asked for."""
    if report.cuts == "agent":
        return "each"
    return frozenset(one for view in report.views for one in view.agents or ())


def known_orders(report: Report) -> tuple[Order, ...] | None:
    """Return the orders that follow from the configuration alone; None where the data says who gets what."""
    if report.cuts is not None:
        return None
    views = tuple(
        replace(_order(report, _cut_of(view), view.to, view.name), written_in=view.written_in) for view in report.views
    )
    whole = _order(report, WHOLE, report.to)
    return (whole, *views) if report.to else views


def orders(report: Report, snapshot: Snapshot, plan: Plan) -> tuple[tuple[Order, ...], tuple[LeftOut, ...]]:
    """Return the editions to be made of a snapshot, and those that can't be addressed to anybody."""
    if (known := known_orders(report)) is not None:
        return known, ()
    if report.cuts == "pipeline":
        found: Iterable[Order | LeftOut] = _of_pipelines(report, snapshot)
    else:
        found = (_of_agent(report, one) for one in agents_of(snapshot, plan))
    listed = tuple(found)
    return (
        tuple(one for one in listed if isinstance(one, Order)),
        tuple(one for one in listed if isinstance(one, LeftOut)),
    )


def _order(report: Report, cut: Cut, to: Sequence[str], who: str = "") -> Order:
    """Return an order with the copies that the report's messages have."""
    return Order(cut, tuple(to), tuple(report.cc), tuple(report.bcc), who=who, together=report.in_one_message)


def _cut_of(view: View) -> Cut:
    pipelines, agents = (None if one is None else frozenset(one) for one in (view.pipelines, view.agents))
    return Cut(view.name, pipelines, agents)


def _of_pipelines(report: Report, snapshot: Snapshot) -> Iterator[Order | LeftOut]:
    names = {one.pipeline.id: clean(one.pipeline.name) for one in snapshot.pipelines}
    for number, name in {**names, **{one: "" for one in report.pipeline_to if one not in names}}.items():
        cut = Cut(f"pipeline-{number}", frozenset({number}))
        if to := report.pipeline_to.get(number, report.to):
            yield _order(report, cut, to, name)
        else:
            yield LeftOut(cut.name, name, NOBODY)


def _of_agent(report: Report, agent: Agent) -> Order | LeftOut:
    cut, name = Cut(f"agent-{agent.id}", agents=frozenset({agent.id})), clean(agent.name)
    if not agent.email or not agent.email.strip():
        return LeftOut(cut.name, name, NO_ADDRESS)
    mailbox = agent.email.strip()
    try:
        parse_address(mailbox)
    except ValueError as error:
        return LeftOut(cut.name, name, f"the account's address for them can't be used: {error}")
    if len(mailbox) > LONGEST_ADDRESS or parse_address(mailbox).display_name:
        return LeftOut(cut.name, name, "the account's address for them can't be used: it is not an address alone")
    return _order(report, cut, [mailbox], name)


def refusals(order: Order, email: OutboxEmail | SmtpEmail, opted_out: Collection[str]) -> dict[str, str]:
    """Return, by plain address, who may not get an edition, and why."""
    found = {}
    for plain, one in order.addressed.items():
        if (reason := refusal(one.mailbox, email, opted_out)) is not None:
            found[plain] = reason
    return found


def refusal(mailbox: str, email: OutboxEmail | SmtpEmail, opted_out: Collection[str]) -> str | None:
    """Return why somebody may not get anything; None if they may."""
    if not email.allows(mailbox):
        return OUTSIDE
    return OPTED_OUT if plain_address(mailbox) in opted_out else None


def deliverable(
    wanted: Sequence[Order], email: OutboxEmail | SmtpEmail, opted_out: Collection[str]
) -> tuple[list[Order], list[LeftOut]]:
    """Part the orders into those with somebody to send to, and those whose every reader (`to`) is refused."""
    made, left = [], []
    for order in wanted:
        refused = refusals(order, email, opted_out)
        readers = [plain_address(one) for one in order.to]
        if all(one in refused for one in readers):
            recipient = readers[0] if len(readers) == 1 else None
            who = order.who if order.who not in {"", order.cut.name} else ", ".join(order.to)
            left.append(LeftOut(order.cut.name, who, refused[readers[0]], recipient))
        else:
            made.append(order)
    return made, left


def require(cut: Cut, snapshot: Snapshot, plan: Plan) -> None:
    """Raise a ConfigError where a cut names pipelines or agents that there aren't: nobody gets half of a cut."""
    known = {one.pipeline.id: clean(one.pipeline.name) for one in snapshot.pipelines}
    if missing := sorted((cut.pipelines or frozenset()) - known.keys()):
        there = ", ".join(f"{number} {name}" for number, name in known.items())
        raise ConfigError(
            f"the account has no pipeline {', '.join(map(str, missing))}",
            hint=f"Correct its number; there are: {there}.",
        )
    agents = {one.id for one in agents_of(snapshot, plan)}
    if cut.agents is not None and not cut.agents & agents:
        listed = ", ".join(map(str, sorted(cut.agents)))
        raise ConfigError(
            f"no agent with the number {listed} had any deals in the periods shown",
            hint="Correct the number, or choose other periods.",
        )


def named(report: Report, cut: str) -> Order | None:
    """Return the order of a cut as the configuration alone has it; None where the data says who gets it."""
    for order in known_orders(report) or ():
        if order.cut.name == cut:
            return order
    number = cut.removeprefix("pipeline-")
    if report.cuts != "pipeline" or not PIPELINE.fullmatch(cut):
        return None
    to = report.pipeline_to.get(int(number), report.to)
    return _order(report, Cut(cut, frozenset({int(number)})), to)


def order_named(report: Report, cut: str | None) -> Order:
    """Return the order of a cut that a person asks for by its name; who gets an agent's is not known from here."""
    if cut in {None, WHOLE.name} and report.cuts != "agent":
        return Order(WHOLE, tuple(report.to))
    if cut is None:
        raise ConfigError(
            "this report has a page for each agent, and none of all together",
            hint="Say whose it shall be, by the agent's number in the account: --cut agent-7.",
        )
    number = cut.removeprefix("agent-")
    if report.cuts == "agent" and AGENT.fullmatch(cut):
        return Order(Cut(cut, agents=frozenset({int(number)})), ())
    if (found := named(report, cut)) is not None:
        return found
    if report.cuts == "agent":
        raise ConfigError(f'the report has no cut "{cut}"', hint="It has one for each agent, such as agent-7.")
    if report.cuts == "pipeline":
        raise ConfigError(f'the report has no cut "{cut}"', hint="It has all, and one for each pipeline: pipeline-3.")
    known = [WHOLE.name, *(one.name for one in report.views)]
    raise ConfigError(f'the report has no cut "{cut}"{near(cut, known)}', hint=f"It has: {', '.join(known)}.")


def own_languages(config: Config, report: Report, order: Order) -> tuple[str, ...]:
    """Return the languages in which readers of an order get it instead of the report's; one message is for all."""
    if order.together:
        return ()
    own = {one for plain in order.addressed if (one := config.locale_of(plain)) is not None}
    return tuple(sorted(one for one in own if (one,) != config.locales(report)))


def readers(report: Report) -> str:
    """Return in a few words who gets what."""
    copies = f", copies to {', '.join((*report.cc, *report.bcc))}" if report.cc or report.bcc else ""
    if report.cuts == "agent":
        return f"each agent{copies}"
    said = [", ".join(report.to)] if report.to else []
    said += [f"pipeline {number}: {', '.join(to)}" for number, to in report.pipeline_to.items()]
    said += [f"view {view.name}: {', '.join(view.to)}" for view in report.views]
    return "; ".join(said) + copies


def without(order: Order, having: Collection[str]) -> Order:
    """Return an order without those who have its edition already."""

    def left(listed: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one for one in listed if plain_address(one) not in having)

    return replace(order, to=left(order.to), cc=left(order.cc), bcc=left(order.bcc))
