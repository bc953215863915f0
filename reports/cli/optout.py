"""The commands over those who want a report no more: optout, optin and optouts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reports.cli.options import config_option, now
from reports.cli.printing import moment, print_table
from reports.config import load
from reports.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from reports.config.model import Config
    from reports.ledger.values import OptOut

HOW = {"command": "by command", "link": "by the link in a mail", "mail": "by mail"}


@click.command()
@click.argument("address")
@click.argument("name", required=False)
@config_option
def optout(address: str, name: str | None, file: Path) -> None:
    """Let whoever has ADDRESS be sent report NAME no more; without a NAME no report at all."""
    from reports.ledger import optouts
    from reports.ledger.opening import open_ledger

    config = load(file)
    plain, report = _who(address), _report(config, name)
    with open_ledger(config) as ledger, ledger.write() as tx:
        new = optouts.opt_out(tx, plain, report, now(), "command")
    what = name or "reports"
    click.echo(f"{plain} is sent no {what} any more." if new else f"{plain} has opted out of {name or 'all'} already.")


@click.command()
@click.argument("address")
@click.argument("name", required=False)
@config_option
def optin(address: str, name: str | None, file: Path) -> None:
    """Let whoever has ADDRESS be sent report NAME again; without a NAME everything they opted out of."""
    from reports.ledger import optouts
    from reports.ledger.opening import ledger_if_any

    config = load(file)
    plain, report = _who(address), _report(config, name)
    changed, left = False, set[str]()
    with ledger_if_any(config) as ledger:
        if ledger is not None:
            with ledger.write() as tx:
                changed = optouts.opt_in(tx, plain, report, now())
                left = {one.report for one in optouts.of_address(tx, plain)}
    if name and optouts.EVERY in left:
        own = f"{plain} wants {name} again, but has" if changed else f"{plain} has"
        hint = f"`reports optin {plain}` ends that."
        raise ConfigError(f"{own} opted out of all reports, so {name} isn't sent either", hint=hint)
    if not changed:
        click.echo(f"{plain} hasn't opted out{f' of {name}' if name else ''}.")
        return
    click.echo(f"{plain} is sent {name or 'reports'} again, wherever the configuration or the source names them.")


@click.command()
@config_option
def optouts(file: Path) -> None:
    """List who opted out of what, and how."""
    from reports.ledger.opening import ledger_if_any
    from reports.ledger.optouts import listed

    config = load(file)
    found: list[OptOut] = []
    with ledger_if_any(config) as ledger:
        if ledger is not None:
            with ledger.read() as tx:
                found = listed(tx)
    if not found:
        click.echo("Nobody has opted out.")
        return
    rows = [_row(config, one) for one in found]
    print_table(("ADDRESS", "REPORT", "SINCE", "HOW"), rows)


def _row(config: Config, one: OptOut) -> tuple[str, str, str, str]:
    from reports.ledger.optouts import is_erased

    who = "(erased)" if is_erased(one.address) else one.address
    return who, one.report or "all", moment(one.at, config.account.zone), HOW[one.how]


def _who(address: str) -> str:
    from reports.config.values import plain_address

    try:
        return plain_address(address)
    except ValueError as error:
        raise ConfigError(f"{address!r} is not one e-mail address", hint="It looks like name@example.com.") from error


def _report(config: Config, name: str | None) -> str:
    """Return what stands for a report in the ledger; one that isn't there is an error that names those that are."""
    from reports.ledger.optouts import EVERY

    if name is None:
        return EVERY
    config.report(name)
    return name
