"""Whoever opted out stays out until they opt in, also after they were erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from reports.errors import LedgerError
from reports.ledger import optouts
from reports.ledger.forgetting import erase
from tests.ledger.conftest import ANNA, BILAL, CHEN, LATER, NOW, happened
from tests.ledger.test_forgetting import everything

if TYPE_CHECKING:
    from reports.ledger.ledger import Ledger

EVERYBODY = (ANNA, BILAL, CHEN)


def test_one_report_or_every_one(ledger: Ledger) -> None:
    with ledger.write() as tx:
        assert optouts.opt_out(tx, ANNA, "weekly", NOW, "link")
        assert optouts.opt_out(tx, BILAL, optouts.EVERY, NOW, "mail")
        assert optouts.opted_out(tx, EVERYBODY, "weekly") == {ANNA, BILAL}
        assert optouts.opted_out(tx, EVERYBODY, "board") == {BILAL}
        assert optouts.opted_out(tx, [], "weekly") == set()
        assert [(one.address, one.report, one.at, one.how) for one in optouts.listed(tx)] == [
            (ANNA, "weekly", NOW, "link"),
            (BILAL, "", NOW, "mail"),
        ]
        assert [(one.name, one.report, one.detail) for one in reversed(happened(tx))] == [
            ("recipient.opted_out", "weekly", "link"),
            ("recipient.opted_out", None, "mail"),
        ]


def test_opting_out_twice_changes_nothing(ledger: Ledger) -> None:
    with ledger.write() as tx:
        assert optouts.opt_out(tx, ANNA, optouts.EVERY, NOW, "link")
        assert not optouts.opt_out(tx, ANNA, optouts.EVERY, LATER, "mail")
        assert not optouts.opt_out(tx, ANNA, "weekly", LATER, "mail")
        assert [(one.report, one.at) for one in optouts.listed(tx)] == [("", NOW)]


def test_opting_in_ends_it(ledger: Ledger) -> None:
    with ledger.write() as tx:
        for report in ("weekly", "board", optouts.EVERY):
            assert optouts.opt_out(tx, ANNA, report, NOW, "command")
        assert optouts.opt_in(tx, ANNA, "weekly", LATER)
        assert not optouts.opt_in(tx, ANNA, "weekly", LATER)
        assert not optouts.opt_in(tx, BILAL, "weekly", LATER)
        assert optouts.opted_out(tx, [ANNA], "weekly") == {ANNA}, "still out of every one"
        assert optouts.opt_in(tx, ANNA, optouts.EVERY, LATER)
        assert optouts.listed(tx) == optouts.of_address(tx, ANNA) == []


def test_an_opt_out_of_somebody_erased_holds_without_the_address(ledger: Ledger) -> None:
    with ledger.write() as tx:
        optouts.opt_out(tx, ANNA, "weekly", NOW, "link")
        optouts.opt_out(tx, BILAL, optouts.EVERY, NOW, "link")
        assert erase(tx, ANNA, LATER).texts == erase(tx, BILAL, LATER).texts == 1
        assert "@example.com" not in everything(tx)
        assert len({one.address.split(":")[1] for one in optouts.listed(tx)}) == 1, "each address is hashed once"
        assert optouts.opted_out(tx, EVERYBODY, "weekly") == {ANNA, BILAL}
        assert optouts.opted_out(tx, EVERYBODY, "board") == {BILAL}
        assert all(optouts.is_erased(one.address) for one in optouts.listed(tx))
        assert not optouts.opt_out(tx, ANNA, "weekly", LATER, "link")
        assert [one.report for one in optouts.of_address(tx, ANNA)] == ["weekly"]
        assert optouts.opt_in(tx, ANNA, "weekly", LATER)
        assert optouts.opted_out(tx, EVERYBODY, "weekly") == {BILAL}


def test_whoever_is_erased_twice_has_one_opt_out(ledger: Ledger) -> None:
    with ledger.write() as tx:
        optouts.opt_out(tx, ANNA, "weekly", NOW, "link")
        erase(tx, ANNA, NOW)
        optouts.opt_out(tx, ANNA, optouts.EVERY, LATER, "link")
        assert optouts.erase(tx, ANNA) == 1
        assert optouts.erase(tx, ANNA) == 0
        assert [one.report for one in optouts.of_address(tx, ANNA)] == ["", "weekly"]


@pytest.mark.parametrize("nonsense", ["UPDATE optouts SET how = 'perhaps'", "UPDATE optouts SET report = NULL"])
def test_constraints_refuse_nonsense(ledger: Ledger, nonsense: str) -> None:
    with ledger.write() as tx:
        optouts.opt_out(tx, ANNA, "weekly", NOW, "link")
    with pytest.raises(LedgerError, match="refused what it was asked"), ledger.write() as tx:
        tx.execute(text(nonsense))
