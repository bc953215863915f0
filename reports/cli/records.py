"""The commands over what the ledger knows: status, history, resend, approve and resolve."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from reports.cli.options import config_option, now
from reports.cli.printing import moment, print_deliveries, print_table, short_moment
from reports.config import load
from reports.errors import DeliveryError, LedgerError

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from reports.history import Entry
    from reports.ledger.values import Delivery, Slot
    from reports.watch import Health


@click.command()
@config_option
def status(file: Path) -> None:
    """Show what is due, at work, failed or unknown; the exit code is 1 while something needs a person."""
    from reports.due import recover
    from reports.ledger.opening import open_ledger
    from reports.watch import look

    config = load(file)
    with open_ledger(config) as ledger:
        recover(ledger, config, now())
        health = look(ledger, config, now())
    _print_standing(health, config.account.zone)
    _print_trouble(health, config.account.zone)
    if not health.well:
        raise LedgerError("something needs you", hint="The lines in red say what; `reports resolve NAME` ends it.")


def _print_standing(health: Health, zone: ZoneInfo) -> None:
    click.echo("A runner is at work." if health.runner else "No runner is at work: start one with `reports start`.")
    rows = [
        (
            one.upcoming.report,
            moment(one.upcoming.due),
            f"paused {moment(one.paused_at, zone)}" if one.paused_at else "",
        )
        for one in health.reports
    ]
    if rows:
        click.echo("")
        print_table(("REPORT", "NEXT DUE", ""), rows)
    waiting = [(one.report, moment(one.due_at, zone), _doing(one, zone)) for one in health.open]
    if waiting:
        click.echo("")
        print_table(("SLOT", "DUE", ""), waiting)
    for kept in health.approvals:
        by = moment(kept.approve_by, zone) if kept.approve_by else ""
        click.echo(f"\n{kept.id} waits for approval until {by}: reports approve {kept.id}")


def _doing(slot: Slot, zone: ZoneInfo) -> str:
    said = f": {slot.reason}" if slot.reason else ""
    if slot.state == "due" and slot.attempts:
        tries = "once" if slot.attempts == 1 else f"{slot.attempts} times"
        return f"tried {tries}, again {short_moment(slot.next_at, zone)}{said}"
    return {"due": "due", "claimed": "being made"}.get(slot.state, slot.state) + said


def _print_trouble(health: Health, zone: ZoneInfo) -> None:
    red = [f"{one.report}, due {moment(one.due_at, zone)}: overdue, since nothing runs it" for one in health.overdue]
    red += [
        f"{one.report}: the ledger's clock was ahead: nothing goes out before {moment(one.until, zone)}; "
        f"`reports pause {one.report}` and `reports resume {one.report}` set it right"
        for one in health.ahead
    ]
    red += [f"{one.report}, due {moment(one.due_at, zone)}: failed: {one.reason}" for one in health.failed]
    red += [
        f"{one.edition}: {one.state} to {one.mailbox}: {one.detail}\n  {resend_to(one)}" for one in health.undelivered
    ]
    red += [f"{one.report}: {one.recipient} couldn't be told: {one.detail}" for one in health.untold]
    if red:
        click.echo("")
    for line in red:
        click.echo(click.style(line, fg="red"))


@click.command()
@click.argument("name", required=False)
@click.option("-n", "count", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many.")
@click.option("--all", "whole", is_flag=True, help="Of several editions at once, also show those that everybody has.")
@config_option
def history(name: str | None, count: int, file: Path, *, whole: bool) -> None:
    """Show the last editions and slots, of all reports or of NAME: what became of each, and who got it."""
    from reports.history import entries
    from reports.ledger.opening import ledger_if_any

    config = load(file)
    with ledger_if_any(config) as ledger:
        found = entries(ledger, name, count) if ledger else []
    if not found:
        if name is not None:
            config.report(name)
        click.echo("Nothing was sent yet.")
        return
    zone = config.account.zone
    for entry in reversed(found):
        head = f"{moment(entry.at, zone)}  {entry.what}"
        click.echo(click.style(f"{head}  {entry.state}", fg="red" if entry.bad else None))
        _print_parts(entry, zone, whole=whole)


def _print_parts(entry: Entry, zone: ZoneInfo, *, whole: bool) -> None:
    """Print who got what: of several editions only those that not everybody has, and the cuts that have none."""
    for part in entry.parts:
        if not entry.alone and (whole or not part.wholly_sent):
            click.echo(f"  {part.edition}")
        if entry.alone or whole or not part.wholly_sent:
            print_deliveries(part.deliveries, zone)
    if entry.skips:
        print_table((), [("  left out", one.cut, one.who, one.reason) for one in entry.skips])


@click.command()
@click.argument("edition")
@click.option(
    "--only", multiple=True, metavar="ADDRESS", help="Send it to this recipient alone; several times for more."
)
@config_option
def resend(edition: str, only: tuple[str, ...], file: Path) -> None:
    """Send a kept EDITION once more, as it is in the archive."""
    from reports.ledger.opening import open_ledger
    from reports.office import Office
    from reports.on_demand import resend

    config = load(file)
    with open_ledger(config) as ledger:
        sent = asyncio.run(resend(Office(config, ledger, now), edition, only))
    _print_sent(sent, config.account.zone)


@click.command()
@click.argument("edition")
@config_option
def approve(edition: str, file: Path) -> None:
    """Let an EDITION go out that waits for approval: exactly those bytes."""
    from reports.ledger.opening import open_ledger
    from reports.office import Office
    from reports.on_demand import approve

    config = load(file)
    with open_ledger(config) as ledger:
        sent, slot = asyncio.run(approve(Office(config, ledger, now), edition))
    zone = config.account.zone
    if slot is not None and slot.state in {"due", "claimed"}:
        print_deliveries(sent, zone)
        again = f"{slot.reason}. A runner tries again {short_moment(slot.next_at, zone)}."
        click.echo(again if slot.state == "due" else "A runner is sending it: `reports history` shows how that ends.")
        return
    _print_sent(sent, zone)


def _print_sent(sent: list[Delivery], zone: ZoneInfo) -> None:
    print_deliveries(sent, zone)
    wanted = [one for one in sent if one.state != "skipped"]
    if bad := [one for one in wanted if one.state != "sent"]:
        raise undelivered(bad, len(wanted))


def resend_to(one: Delivery) -> str:
    """Return the command that sends a delivery once more."""
    return f"reports resend {one.edition} --only {one.recipient}"


def undelivered(bad: list[Delivery], count: int) -> DeliveryError:
    """Return what to say where messages didn't go out."""
    from reports.ledger.values import DeliveryState

    names = ", ".join(one.mailbox for one in bad)
    doubtful = [one for one in bad if one.state is DeliveryState.UNKNOWN]
    command = resend_to(bad[0]) + "".join(f" --only {one.recipient}" for one in bad[1:])
    hint = f"Correct what is wrong, then: {command}"
    if doubtful:
        hint = f"Where it is unknown, ask the recipient first; then: {command}"
    return DeliveryError(f"{len(bad)} of {count} messages not delivered: {names}", hint=hint)


@click.command()
@click.argument("what")
@config_option
def resolve(what: str, file: Path) -> None:
    """Say that you have looked after what failed: of a report (its name), or of one edition."""
    from reports.ledger.opening import open_ledger
    from reports.resolving import resolve

    config = load(file)
    with open_ledger(config) as ledger:
        count = resolve(ledger, what, now())
    if not count and ":" not in what:
        config.report(what)
    click.echo(f"{count} resolved." if count else f"Nothing of {what} needs to be resolved.")
