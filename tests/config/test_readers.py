"""Who gets which part of a report: cuts, views, groups, domains, conditions and the shape of the message."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from reports.analysis.conditions import Condition
from reports.analysis.conditions import Test as Asked
from reports.config.report import SCORECARD
from reports.figures import Figure
from tests.config.test_config import Writer

if TYPE_CHECKING:
    from pathlib import Path

    from reports.config.model import Config

TITLE = 'title = "Weekly"'
TO = 'to = ["Sales leads <sales@example.com>"]'


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


def loaded(writer: Writer, instead: str, head: str = "") -> Config:
    return writer.load((TO, instead), ("[source]", f"{head}\n[source]"))


def problem(writer: Writer, instead: str, head: str = "") -> str:
    (found,) = writer.problems((TO, instead), ("[source]", f"{head}\n[source]"))
    return found


def test_a_group_stands_for_its_members_wherever_addresses_stand(writer: Writer) -> None:
    report = """
to = ["boss@example.com", "leads", "north"]
owner = ["leads"]
[[reports.weekly.views]]
name = "up"
pipelines = [1]
to = ["north"]
"""
    groups = '[groups]\nleads = ["Anna <anna@example.com>"]\nnorth = ["bilal@example.com", "Anna <anna@example.com>"]\n'
    weekly = loaded(writer, report, groups).report("weekly")
    assert weekly.to == ["boss@example.com", "Anna <anna@example.com>", "bilal@example.com"]
    assert weekly.owner == ["Anna <anna@example.com>"]
    assert weekly.views[0].to == ["bilal@example.com", "Anna <anna@example.com>"]


def test_a_group_that_there_is_not_is_said_where_it_is_named(writer: Writer) -> None:
    found = problem(writer, 'to = ["leeds"]', '[groups]\nleads = ["anna@example.com"]\n')
    assert found.startswith('reports.weekly.to.0: "leeds" is not one e-mail address')
    assert found.endswith("and no group of [groups]")


def test_whoever_is_named_beside_their_group_in_other_words_is_refused(writer: Writer) -> None:
    found = problem(writer, 'to = ["A <anna@example.com>", "leads"]', '[groups]\nleads = ["anna@example.com"]\n')
    assert found == "reports.weekly: listed twice: anna@example.com"


@pytest.mark.parametrize(
    ("report", "path"),
    [
        ('to = ["sales@example.com", "x@else.where.net"]', "reports.weekly.to"),
        ('to = ["sales@example.com"]\ntogether = true\ncc = ["x@else.where.net"]', "reports.weekly.cc"),
        ('to = ["sales@example.com"]\ntogether = true\nbcc = ["x@else.where.net"]', "reports.weekly.bcc"),
        ('to = ["sales@example.com"]\nowner = ["x@else.where.net"]', "reports.weekly.owner"),
        ('cuts = "pipeline"\npipeline_to = { 3 = ["x@else.where.net"] }', "reports.weekly.pipeline_to.3"),
        (
            '[[reports.weekly.views]]\nname = "up"\nagents = [1]\nto = ["x@else.where.net"]',
            "reports.weekly.views.0.to",
        ),
        ('to = ["sales@sub.example.com"]', "reports.weekly.to"),
    ],
)
def test_whoever_is_outside_the_allowed_domains_is_refused_before_anything_is_fetched(
    writer: Writer, report: str, path: str
) -> None:
    (found,) = writer.problems(
        (TO, report), ('host = "mail.example.com"', 'host = "mail.example.com"\nallowed_domains = ["Example.com"]')
    )
    assert found.startswith(f"{path}: ")
    assert found.endswith("is outside the allowed domains of [email]")


def test_any_address_is_allowed_where_no_domains_are_named(writer: Writer) -> None:
    assert loaded(writer, 'to = ["a@b.org"]').email.allows("anybody@any.where")


def test_the_letters_of_a_domain_may_be_large(writer: Writer) -> None:
    config = writer.load(('host = "mail.example.com"', 'host = "mail.example.com"\nallowed_domains = ["EXAMPLE.com"]'))
    assert config.email.allows("Anna <anna@Example.COM>")
    assert not config.email.allows("anna@example.com.evil.org")


@pytest.mark.parametrize(
    ("report", "said"),
    [
        ("", "to is empty: it names nobody who gets the report"),
        ('cuts = "agent"\nto = ["a@example.com"]', 'with cuts = "agent" leave `to` away'),
        ('cuts = "pipeline"', "to is empty"),
        ('to = ["a@example.com"]\npipeline_to = { 3 = ["b@example.com"] }', 'pipeline_to goes with cuts = "pipeline"'),
        ('to = ["a@example.com"]\ncc = ["b@example.com"]', "cc and bcc go with together = true"),
        ('to = ["a@example.com"]\nshow_team = true', 'show_team goes with cuts = "agent"'),
        ('to = ["a@example.com"]\ntemplate = "scorecard"', 'the template "scorecard" goes with cuts = "agent"'),
        ('cuts = "agent"\ntemplate = "weekly"', 'the template "weekly" is no page for one agent'),
        ('cuts = "agent"\napprove = true\nowner = ["a@example.com"]', "approve doesn't go with cuts or views"),
        ('to = ["a@example.com"]\nbody = "none"\nattach = []', "would be an empty mail"),
        ('to = ["a@example.com"]\nat_least_every = 4', "at_least_every goes with only_if"),
        (
            'to = ["a@example.com"]\ntogether = true\ncc = ["A <A@example.com>"]',
            "listed twice: a@example.com",
        ),
        (
            'pipelines = [1]\ncuts = "pipeline"\npipeline_to = { 3 = ["b@example.com"] }',
            "the report has no pipeline 3; add it to pipelines",
        ),
        (
            'cuts = "agent"\n[[reports.weekly.views]]\nname = "up"\nagents = [1]\nto = ["a@example.com"]',
            "cuts and views don't go together",
        ),
        (
            '[[reports.weekly.views]]\nname = "agent-7"\nagents = [1]\nto = ["a@example.com"]',
            '"agent-7" is no name for a view',
        ),
        ('[[reports.weekly.views]]\nname = "up"\nto = ["a@example.com"]', "names neither agents nor pipelines"),
        (
            (
                '[[reports.weekly.views]]\nname = "up"\nagents = [1]\nto = ["a@example.com"]\n'
                '[[reports.weekly.views]]\nname = "up"\nagents = [2]\nto = ["a@example.com"]'
            ),
            "listed twice: up",
        ),
        ('to = ["a@example.com"]\nattach = ["pdf", "doc"]', "is not one of 'pdf', 'csv' or 'json'"),
        ('cuts = "team"', "is not one of 'agent' or 'pipeline'"),
    ],
)
def test_what_would_go_to_nobody_or_to_the_wrong_people_is_refused(writer: Writer, report: str, said: str) -> None:
    assert said in problem(writer, report)


def test_cuts_for_agents_have_the_scorecard_unless_another_template_is_named(writer: Writer) -> None:
    assert loaded(writer, 'cuts = "agent"').report("weekly").template == SCORECARD
    assert loaded(writer, 'cuts = "agent"\ntemplate = "own"').report("weekly").template == "own"


def test_pipelines_have_readers_of_their_own(writer: Writer) -> None:
    report = 'cuts = "pipeline"\nto = ["a@example.com"]\npipeline_to = { 3 = ["b@example.com"] }'
    assert loaded(writer, report).report("weekly").pipeline_to == {3: ["b@example.com"]}


@pytest.mark.parametrize(
    ("table", "condition"),
    [
        (
            '{ figure = "total_value_won", change_below = -0.2 }',
            Condition(Asked.CHANGE_BELOW, Figure.VALUE_WON, Decimal("-0.2")),
        ),
        ('{ figure = "win_rate", value_above = 60 }', Condition(Asked.VALUE_ABOVE, Figure.WIN_RATE, Decimal(60))),
        ("{ signal = true }", Condition(Asked.SIGNAL)),
        ('{ figure = "total_won", signal = true }', Condition(Asked.SIGNAL, Figure.WON)),
    ],
)
def test_a_condition_is_one_test_of_a_figure(writer: Writer, table: str, condition: Condition) -> None:
    to = 'to = ["a@example.com"]'
    assert loaded(writer, f"{to}\nonly_if = {table}").report("weekly").conditions == (condition,)
    both = loaded(writer, f"{to}\nonly_if = [{table}, {{ signal = true }}]").report("weekly").conditions
    assert both == (condition, Condition(Asked.SIGNAL))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('{ figure = "total_value_won" }', "needs exactly one of change_below"),
        ("{ change_below = -0.2 }", "names no figure"),
        ('{ figure = "value_wom", change_below = 1 }', '"value_wom" is not a figure'),
        ('{ figure = "total_won", change_below = nan }', "is not a number such as -0.2"),
        ('{ figure = "total_won", change_below = 1, value_below = 2 }', "needs exactly one of"),
        ("{ signal = false }", "is not one of True"),
        ('{ figure = "total_won", chnge_below = 1 }', 'unknown key; did you mean "change_below"?'),
    ],
)
def test_a_condition_that_can_not_be_understood_is_refused(writer: Writer, table: str, said: str) -> None:
    found = writer.problems((TO, f"{TO}\nonly_if = {table}"))
    assert any(said in one for one in found), found


def test_a_message_has_a_size_that_any_server_takes_unless_it_is_said(writer: Writer) -> None:
    assert writer.load().email.max_attachment == 10 * 1024**2
    host = 'host = "mail.example.com"'
    assert writer.load((host, f'{host}\nmax_attachment = "500 KB"')).email.max_attachment == 500 * 1024
    assert writer.problems((host, f'{host}\nmax_attachment = "10"')) == [
        'email.max_attachment: should be a size such as "10 MB" or "500 KB"'
    ]


@pytest.mark.parametrize("url", ["http://reports.example.com", "https://user:pw@x.example.com", "reports.example.com"])
def test_links_in_mails_are_encrypted_and_carry_no_password(writer: Writer, url: str) -> None:
    (found,) = writer.problems(("[source]", f'[web]\nurl = "{url}"\n[source]'))
    assert found.startswith("web.url: ")
    assert "pw" not in found or "password" in found
