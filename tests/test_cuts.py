"""Which editions a report makes and who gets each: decided from the configuration and the data alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.config.email import OutboxEmail
from reports.config.report import Report
from reports.cuts import (
    NO_ADDRESS,
    OPTED_OUT,
    OUTSIDE,
    LeftOut,
    Order,
    deliverable,
    known_orders,
    named,
    order_named,
    orders,
    without,
)
from reports.errors import ConfigError
from reports.figures import WHOLE, Agent, AgentFigures, Cut, Figures, Pipeline, PipelineWindows, Snapshot, Window
from tests.making import FETCHED, plan_of

ANNA, BILAL, BOSS = "Anna <anna@example.com>", "bilal@example.com", "boss@example.com"
PLAN = plan_of(trailing=2)


def report(**keys: Any) -> Report:
    return Report.model_validate({"title": "Weekly", **keys})


def email(*domains: str) -> OutboxEmail:
    limits = {"allowed_domains": domains} if domains else {}
    return OutboxEmail.model_validate({"kind": "outbox", "from": "reports@example.com", **limits})


def snapshot(*agents: Agent, pipelines: int = 1) -> Snapshot:
    """Return one in which everybody has created a deal in each period of each pipeline."""
    rows = tuple(AgentFigures(one, created=1) for one in agents)
    windows = {period: Window(period, Figures(created=len(rows)), rows) for period in PLAN.windows}
    fetched = (PipelineWindows(Pipeline(one, f"Line {one}", None), windows) for one in range(1, pipelines + 1))
    return Snapshot(FETCHED, tuple(fetched))


def test_a_report_without_cuts_is_one_edition_to_all_its_readers() -> None:
    assert known_orders(report(to=[ANNA, BILAL])) == (Order(WHOLE, (ANNA, BILAL)),)


def test_views_come_beside_the_whole_or_alone() -> None:
    view = {"name": "up", "pipelines": [1], "to": [BILAL], "locale": "ar"}
    up = Order(Cut("up", frozenset({1})), (BILAL,), written_in=("ar",), who="up")
    assert known_orders(report(to=[ANNA], views=[view])) == (Order(WHOLE, (ANNA,)), up)
    assert known_orders(report(views=[view])) == (up,)


def test_each_pipeline_goes_to_its_own_readers_else_to_those_of_the_report() -> None:
    made, left = orders(report(cuts="pipeline", to=[ANNA], pipeline_to={"2": [BILAL]}), snapshot(pipelines=2), PLAN)
    assert left == ()
    assert [(one.cut.name, one.to, one.who) for one in made] == [
        ("pipeline-1", (ANNA,), "Line 1"),
        ("pipeline-2", (BILAL,), "Line 2"),
    ]
    made, left = orders(report(cuts="pipeline", pipeline_to={"2": [BILAL]}), snapshot(pipelines=2), PLAN)
    assert [one.cut.name for one in made] == ["pipeline-2"]
    assert [(one.cut, one.who) for one in left] == [("pipeline-1", "Line 1")]


def test_each_agent_gets_their_own_with_a_copy_for_the_manager() -> None:
    agents = (Agent(7, "Sara", "sara@example.com"), Agent(9, "Boss", "BOSS@example.com"))
    made, _ = orders(report(cuts="agent", cc=[BOSS]), snapshot(*agents), PLAN)
    assert [(one.cut.name, sorted(one.addressed), one.together) for one in made] == [
        ("agent-7", ["boss@example.com", "sara@example.com"], True),
        ("agent-9", ["boss@example.com"], True),
    ]
    assert made[1].addressed["boss@example.com"].role == "to", "the manager's own scorecard is theirs, not a copy"


@pytest.mark.parametrize(
    "address",
    [
        "sara",
        "sara@localhost",
        "Sara <sara@example.com>",
        "a@example.com, b@example.com",
        "sara@example.com\r\nBcc: spy@evil.org",
        "sara@example.com\x00",
        "نورة@example.com",
        "group: a@example.com;",
        f"{'x' * 400}@example.com",
    ],
)
def test_an_address_of_the_account_that_is_not_one_plain_mailbox_is_not_used(address: str) -> None:
    made, [left] = orders(report(cuts="agent"), snapshot(Agent(7, "Sara", address)), PLAN)
    assert made == ()
    assert (left.cut, left.who) == ("agent-7", "Sara")
    assert left.reason.startswith("the account's address for them can't be used: ")
    assert left.reason.isprintable()


@pytest.mark.parametrize("address", [None, "", "  "])
def test_an_agent_without_an_address_is_left_out(address: str | None) -> None:
    assert orders(report(cuts="agent"), snapshot(Agent(7, "Sara", address)), PLAN) == (
        (),
        (LeftOut("agent-7", "Sara", NO_ADDRESS),),
    )


@given(st.text(max_size=60))
def test_whatever_the_account_says_an_address_is_one_mailbox_or_nobody(address: str) -> None:
    made, left = orders(report(cuts="agent"), snapshot(Agent(7, "Sara", address)), PLAN)
    assert len(made) + len(left) == 1
    for one in made:
        [mailbox] = one.to
        assert list(one.addressed) == [mailbox.casefold()]


def test_an_edition_is_made_where_one_reader_may_have_it() -> None:
    order = Order(WHOLE, (ANNA, "x@else.net"), cc=(BOSS,))
    assert deliverable([order], email("example.com"), {"boss@example.com"}) == ([order], [])


def test_a_copy_alone_is_no_reason_to_make_an_edition() -> None:
    order = Order(Cut("agent-7", agents=frozenset({7})), ("sara@else.net",), cc=(BOSS,), who="Sara")
    assert deliverable([order], email("example.com"), ()) == (
        [],
        [LeftOut("agent-7", "Sara", OUTSIDE, "sara@else.net")],
    )
    order = Order(Cut("agent-7", agents=frozenset({7})), ("sara@example.com",), cc=(BOSS,), who="Sara")
    assert deliverable([order], email(), {"sara@example.com"}) == (
        [],
        [LeftOut("agent-7", "Sara", OPTED_OUT, "sara@example.com")],
    )


def test_who_gets_a_cut_by_the_configuration_is_known_for_all_but_agents() -> None:
    view = {"name": "up", "agents": [3], "to": [BILAL]}
    one = report(to=[ANNA], views=[view])
    assert [named(one, name) is not None for name in ("all", "up", "down", "agent-3", "pipeline-1")] == [
        *(True, True),
        *(False, False, False),
    ]
    found = named(report(cuts="pipeline", to=[ANNA]), "pipeline-12")
    assert found is not None
    assert (found.cut, found.to) == (Cut("pipeline-12", frozenset({12})), (ANNA,))


@pytest.mark.parametrize(
    ("keys", "cut", "said"),
    [
        ({"cuts": "agent"}, None, "a page for each agent, and none of all together"),
        ({"cuts": "agent"}, "all", 'no cut "all"'),
        ({"cuts": "agent"}, "agent-0", 'no cut "agent-0"'),
        ({"to": [ANNA]}, "agent-7", 'no cut "agent-7"'),
        ({"cuts": "pipeline", "to": [ANNA]}, "agent-7", 'no cut "agent-7"'),
        ({"to": [ANNA], "views": [{"name": "up", "agents": [3], "to": [BILAL]}]}, "upp", 'did you mean "up"?'),
    ],
)
def test_a_cut_that_there_is_not_is_refused_with_a_suggestion(keys: dict[str, Any], cut: str | None, said: str) -> None:
    with pytest.raises(ConfigError, match=r"cut|agent") as raised:
        order_named(report(**keys), cut)
    assert said in raised.value.message


def test_an_order_without_those_who_have_it_keeps_the_others_in_their_roles() -> None:
    order = Order(WHOLE, (ANNA, BILAL), cc=(BOSS,))
    assert without(order, {"anna@example.com", "boss@example.com"}) == Order(WHOLE, (BILAL,))
