"""A configuration is read strictly, and everything that is wrong with it is said at once."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reports.config import load
from reports.config.email import OutboxEmail, SmtpEmail
from reports.config.model import Config, SandboxSource, VoxysSource
from reports.config.secret import Secret
from reports.config.values import parse_address
from reports.config.words import near
from reports.errors import ConfigError
from reports.figures import Figure
from reports.periods import Calendar, Kind, Unit
from tests.making import CHECKOUT

SECRET = "hunter2-5f0c1b"
WORKING = """
[account]
name = "Najd Trading"
timezone = "Asia/Riyadh"
week_start = "sunday"
currency = "SAR"

[source]
kind = "voxys"
account_id = 7
token = { env = "VOXYS_API_TOKEN" }

[email]
kind = "smtp"
from = "Reports <reports@example.com>"
host = "mail.example.com"
username = "reports"
password = { env = "SMTP_PASSWORD" }

[reports.weekly]
title = "Weekly"
to = ["Sales leads <sales@example.com>"]
"""


class Writer:
    """Writes the working configuration with changes, each a line and what takes its place."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "config.toml"

    def write(self, *changes: tuple[str, str], content: str = WORKING) -> Path:
        for line, instead in changes:
            assert content.count(line) == 1, line
            content = content.replace(line, instead)
        self.path.write_text(content, encoding="utf-8")
        return self.path

    def load(self, *changes: tuple[str, str]) -> Config:
        return load(self.write(*changes))

    def problems(self, *changes: tuple[str, str]) -> list[str]:
        with pytest.raises(ConfigError) as raised:
            self.load(*changes)
        first, *problems = raised.value.message.split("\n  ")
        assert first == f"{self.path} has {'a problem' if len(problems) == 1 else f'{len(problems)} problems'}:"
        assert raised.value.permanent
        return problems


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


def test_the_configuration_of_the_checkout_works_as_it_is() -> None:
    config = load(CHECKOUT / "config.toml")
    assert isinstance(config.source, SandboxSource)
    assert isinstance(config.email, OutboxEmail)
    assert config.report("weekly").kind == Kind(Unit.WEEK)
    assert config.account.zone == ZoneInfo("Asia/Riyadh")
    assert config.account.calendar == Calendar(week_start=6)
    assert config.folder == CHECKOUT


def test_what_is_left_away_has_its_default(writer: Writer) -> None:
    config = writer.load()
    assert isinstance(config.source, VoxysSource)
    assert isinstance(config.email, SmtpEmail)
    assert config.source.base_url == "https://connect.voxys.ai"
    assert (config.source.timeout, config.source.connections, config.source.attempts) == (30, 6, 5)
    assert (config.email.port, config.email.security) == (587, "starttls")
    weekly = config.report("weekly")
    assert (weekly.period, weekly.trailing, weekly.pipelines, weekly.paper) == ("week", 12, "all", "A4")
    assert (config.currency(weekly), config.locale(weekly)) == ("SAR", "en")


def test_a_report_may_have_its_own_currency_and_locale(writer: Writer) -> None:
    config = writer.load(('title = "Weekly"', 'title = "Weekly"\ncurrency = "EUR"\nlocale = "ar"'))
    weekly = config.report("weekly")
    assert (config.currency(weekly), config.locale(weekly)) == ("EUR", "ar")


def test_targets_are_numbers_as_they_are_written(writer: Writer) -> None:
    assert writer.load().report("weekly").targets.goals == {}
    content = "targets = { total_value_won = 80000.10, win_rate = 45, conversion_rate = 120.5 }"
    found = writer.load(('title = "Weekly"', f'title = "Weekly"\n{content}')).report("weekly").targets.goals
    assert found == {
        Figure.VALUE_WON: Decimal("80000.1"),
        Figure.WIN_RATE: Decimal(45),
        Figure.CONVERSION_RATE: Decimal("120.5"),
    }


def test_every_problem_is_listed_at_once_with_its_place(writer: Writer) -> None:
    found = writer.problems(
        ('timezone = "Asia/Riyadh"', 'timezone = "Asia/Riyad"'),
        ('week_start = "sunday"', 'week_start = "sonday"\nweekends = ["friday"]'),
        ('currency = "SAR"', 'currency = "Riyal"'),
        ("account_id = 7", "account_id = 0"),
        ('host = "mail.example.com"', 'hosts = "mail.example.com"'),
        ('title = "Weekly"', 'perriod = "week"'),
        ('"Sales leads <sales@example.com>"', '"sales@"'),
    )
    assert found == [
        'account.timezone: "Asia/Riyad" is not a time zone; did you mean "Asia/Riyadh"?',
        "account.week_start: \"sonday\" is not one of 'monday', 'saturday' or 'sunday'",
        'account.currency: "Riyal" is not a currency code of three capital letters, such as "SAR"',
        'account.weekends: unknown key; did you mean "weekend"?',
        "source.account_id: Input should be greater than or equal to 1",
        "email.host: is missing",
        'email.hosts: unknown key; did you mean "host"?',
        "reports.weekly.title: is missing",
        'reports.weekly.to.0: "sales@" is not one e-mail address such as "Sales leads <sales@example.com>"',
        'reports.weekly.perriod: unknown key; did you mean "period"?',
    ]


@pytest.mark.parametrize(
    ("line", "instead", "problem"),
    [
        ("[account]", "[acount]", 'acount: unknown key; did you mean "account"?'),
        ("account_id = 7", "acount_id = 7", 'source.acount_id: unknown key; did you mean "account_id"?'),
        ('from = "Reports', 'form = "Reports', 'email.form: unknown key; did you mean "from"?'),
        ('from = "Reports', 'sender = "Reports', "email.sender: unknown key"),
        ('{ env = "VOXYS_API_TOKEN" }', '{ enf = "X" }', 'source.token.enf: unknown key; did you mean "env"?'),
        ('title = "Weekly"', 'title = "Weekly"\nzzz = 1', "reports.weekly.zzz: unknown key"),
        ("[email]", "[archive]\nfolders = 1\n[email]", 'archive.folders: unknown key; did you mean "folder"?'),
        (
            "[email]",
            "[reports.weekly.targets]\ntotal_value_wn = 1\n[email]",
            'reports.weekly.targets.total_value_wn: unknown key; did you mean "total_value_won"?',
        ),
    ],
)
def test_a_mistyped_key_is_named_and_the_right_one_suggested(
    writer: Writer, line: str, instead: str, problem: str
) -> None:
    assert problem in writer.problems((line, instead))


@pytest.mark.parametrize(
    ("line", "instead", "problem"),
    [
        ('kind = "voxys"', 'kind = "voxis"', "source.kind: \"voxis\" is not one of 'sandbox', 'voxys'"),
        ('kind = "smtp"', "", "email.kind: is missing"),
        ('"Asia/Riyadh"', '"Mars/Olympus"', 'account.timezone: "Mars/Olympus" is not a time zone'),
        ('"Asia/Riyadh"', '"asia/riyadh"', 'account.timezone: "asia/riyadh" is not a time zone; did you mean'),
        ('"Asia/Riyadh"', "3", "account.timezone: Input should be a valid string"),
        ('"SAR"', '"sar"', 'account.currency: "sar" is not a currency code'),
        ('"SAR"', '"SAR"\nfiscal_year_start = 13', "account.fiscal_year_start: Input should be less than"),
        ('"SAR"', '"SAR"\nlocale = "english"', 'account.locale: "english" is not a locale'),
        ('"Najd Trading"', '"  "', "account.name: needs some text"),
        ('"Najd Trading"', '"a\\nb"', "account.name: needs some text on one line, without control characters"),
        ('"Najd Trading"', f'"{"x" * 121}"', "account.name: String should have at most 120 characters"),
        ("account_id = 7", 'account_id = "7"', "source.account_id: Input should be a valid integer"),
        ("account_id = 7", "account_id = 7\nconnections = 0", "source.connections: Input should be greater"),
        ("account_id = 7", "account_id = 7\ntimeout = 0", "source.timeout: Input should be greater than 0"),
        ("account_id = 7", "account_id = 7\ntimeout = nan", "source.timeout: Input should be"),
        ('title = "Weekly"', 'title = "Weekly"\nperiod = "weak"', "reports.weekly.period: 'weak' is not a kind"),
        ('title = "Weekly"', 'title = "Weekly"\ntrailing = 1', "reports.weekly.trailing: Input should be greater"),
        ('title = "Weekly"', 'title = "Weekly"\npipelines = []', 'reports.weekly.pipelines: write "all" or a list'),
        ('title = "Weekly"', 'title = "Weekly"\npipelines = [0]', 'reports.weekly.pipelines: write "all" or a list'),
        ('title = "Weekly"', 'title = "Weekly"\npipelines = [true]', 'reports.weekly.pipelines: write "all"'),
        ('title = "Weekly"', 'title = "Weekly"\npaper = "A5"', 'reports.weekly.paper: "A5" is not one of'),
        ('title = "Weekly"', 'title = "Weekly"\ntemplate = "../etc"', "reports.weekly.template: String should match"),
        ('["Sales leads <sales@example.com>"]', "[]", "reports.weekly: to is empty"),
        ("[reports.weekly]", '[reports."../weekly"]', 'the report name "../weekly" may hold small letters'),
        *(
            (
                'title = "Weekly"',
                f'title = "Weekly"\ntargets = {{ {target} }}',
                f"reports.weekly.targets.{target.partition(' ')[0]}: {problem}",
            )
            for target, problem in (
                ("total_value_won = 0", "a target is a number from 0.1 to"),
                ("total_value_won = -5", "a target is a number from 0.1 to"),
                ("total_value_won = true", "a target is a number from 0.1 to"),
                ("total_value_won = inf", "a target is a number from 0.1 to"),
                ("total_value_won = nan", "a target is a number from 0.1 to"),
                ("total_value_won = 1e300", "a target is a number from 0.1 to"),
                ('total_value_won = "80K"', "a target is a number from 0.1 to"),
                ("total_won = 2.5", "deals are counted: write a whole number"),
                ("win_rate = 101", "is in percent, so 100 at most"),
                ("total_lost = 5", "has no target, since fewer is better; set one for win_rate"),
            )
        ),
    ],
)
def test_a_wrong_value_is_said_where_it_stands(writer: Writer, line: str, instead: str, problem: str) -> None:
    assert any(one.startswith(problem) for one in writer.problems((line, instead)))


@pytest.mark.parametrize(
    "change",
    [
        ('token = { env = "VOXYS_API_TOKEN" }', f'token = "{SECRET}"'),
        ('token = { env = "VOXYS_API_TOKEN" }', f'token = ["{SECRET}"]'),
        ('token = { env = "VOXYS_API_TOKEN" }', f'token = {{ value = "{SECRET}" }}'),
        ('token = { env = "VOXYS_API_TOKEN" }', f'tokn = "{SECRET}"'),
        ('password = { env = "SMTP_PASSWORD" }', f'password = "{SECRET}"'),
        ("account_id = 7", f'account_id = 7\nbase_url = "https://me:{SECRET}@voxys.example"'),
        ("account_id = 7", f'account_id = 7\nbase_url = "https://:{SECRET}@voxys.example"'),
        ('token = { env = "VOXYS_API_TOKEN" }', f'token = "{SECRET}'),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(writer: Writer, change: tuple[str, str]) -> None:
    with pytest.raises(ConfigError) as raised:
        writer.load(change)
    assert SECRET not in raised.value.message + raised.value.hint


def test_a_literal_secret_is_answered_with_what_to_write(writer: Writer) -> None:
    found = writer.problems(('token = { env = "VOXYS_API_TOKEN" }', f'token = "{SECRET}"'))
    assert found == ['source.token: a secret doesn\'t stand in this file; write { env = "NAME" } or { file = "PATH" }']


@pytest.mark.parametrize("place", ["{ }", '{ env = "A", file = "b" }'])
def test_a_secret_has_one_place(writer: Writer, place: str) -> None:
    found = writer.problems(('token = { env = "VOXYS_API_TOKEN" }', f"token = {place}"))
    assert found == ['source.token: give either { env = "NAME" } or { file = "PATH" }']


@pytest.mark.parametrize(
    "url",
    [
        *("http://connect.voxys.ai", "http://192.168.1.4:3000", "http://localhost.example.com", "http://127.evil"),
        *("ftp://connect.voxys.ai", "connect.voxys.ai", "https://", "https://voxys.example?x=1", "https://v.example#a"),
        *("https://voxys.example:port", "https://voxys.example:99999", "https://voxys .example", "http://[::1"),
        *("https://voxys.example/\\n", ""),
    ],
)
def test_a_base_url_that_would_not_do_is_refused(writer: Writer, url: str) -> None:
    found = writer.problems(("account_id = 7", f'account_id = 7\nbase_url = "{url}"'))
    assert len(found) == 1
    assert found[0].startswith("source.base_url: ")


@pytest.mark.parametrize("url", ["http://192.168.1.4:3000", "http://localhost.example.com"])
def test_http_is_refused_because_the_token_would_be_readable(writer: Writer, url: str) -> None:
    found = writer.problems(("account_id = 7", f'account_id = 7\nbase_url = "{url}"'))
    assert "would send the token unencrypted; use https" in found[0]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://voxys.example/tenant/", "https://voxys.example/tenant"),
    ],
)
def test_http_is_for_this_machine_and_https_for_all(writer: Writer, url: str, kept: str) -> None:
    source = writer.load(("account_id = 7", f'account_id = 7\nbase_url = "{url}"')).source
    assert isinstance(source, VoxysSource)
    assert source.base_url == kept


@pytest.mark.parametrize(
    ("line", "instead", "problem"),
    [
        ('username = "reports"', 'username = "reports"\nsecurity = "none"', "a login is never sent unencrypted"),
        ('username = "reports"', "", "username and password (or oauth) go together"),
        ('password = { env = "SMTP_PASSWORD" }', "", "username and password (or oauth) go together"),
        ('username = "reports"', 'username = "reports"\nsecurity = "ssl"', 'email.security: "ssl" is not one of'),
        ('username = "reports"', 'username = "reports"\nport = 65536', "email.port: Input should be less than"),
    ],
)
def test_a_login_without_encryption_is_refused(writer: Writer, line: str, instead: str, problem: str) -> None:
    (found,) = writer.problems((line, instead))
    assert problem in found
    assert found.startswith("email")


def test_a_mail_server_without_a_login_may_do_without_encryption(writer: Writer) -> None:
    email = writer.load(
        ('username = "reports"', 'security = "none"'), ('password = { env = "SMTP_PASSWORD" }', "port = 25")
    ).email
    assert isinstance(email, SmtpEmail)
    assert (email.security, email.password) == ("none", None)


ADDRESSES = [
    *("", " ", "sales", "sales@", "@example.com", "sales@example", "a@b.example, c@d.example", "Sales <sales@>"),
    *("Sales <sales@example.com", "sales@example..com", "sales@.com", "a b@example.com", "<", '"', "a@[", "Sales <>"),
    *("sälès@example.com", "sales@exämple.com", "sales@example.com\nBcc: x@y.example", "sales@example.com\u200f"),
]


@pytest.mark.parametrize("text", ADDRESSES)
def test_what_is_not_one_plain_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not one e-mail address|control characters|outside ASCII"):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "address", "name"),
    [
        ("sales@example.com", "sales@example.com", ""),
        ("Sales leads <sales+weekly@mail.example.com>", "sales+weekly@mail.example.com", "Sales leads"),
        ('"Leads, sales" <sales@example.com>', "sales@example.com", "Leads, sales"),
        ("نورة <noura@example.com>", "noura@example.com", "نورة"),
    ],
)
def test_an_address_may_have_a_name(text: str, address: str, name: str) -> None:
    found = parse_address(text)
    assert (found.addr_spec, found.display_name) == (address, name)


@given(st.text(alphabet='ab@.<>"()[],;:\\ =?-_é\u202e\n', max_size=14))
@example('"')
@example(".@[(;")
def test_an_address_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        found = parse_address(text)
    except ValueError:
        return
    assert found.addr_spec.isascii()
    assert "@" in found.addr_spec
    assert found.addr_spec.isprintable()


def test_a_recipient_or_pipeline_twice_is_refused_however_it_is_written(writer: Writer) -> None:
    (found,) = writer.problems(
        ('"Sales leads <sales@example.com>"', '"a@example.com", "Leads <A@Example.com>", "b@example.com"'),
        ('title = "Weekly"', 'title = "Weekly"\npipelines = [3, 1, 3]'),
    )
    assert found == "reports.weekly: listed twice: a@example.com, 3"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('compare = ["year_ago"]', 'compare has to hold "previous"'),
        ("compare = []", 'compare has to hold "previous"'),
        ('compare = ["previous", "year_ago", "previous"]', "listed twice: previous"),
        ('compare = ["previous", "last_year"]', "is not one of 'previous' or 'year_ago'"),
        ('period = "year_to_date"\ncompare = ["previous", "year_ago"]', "is the one a year ago"),
    ],
)
def test_what_a_report_compares_with_is_the_previous_period_and_perhaps_a_year_ago(
    writer: Writer, lines: str, expected: str
) -> None:
    (found,) = writer.problems(('title = "Weekly"', f'title = "Weekly"\n{lines}'))
    assert expected in found


def test_a_report_compares_with_the_previous_period_unless_it_says_more(writer: Writer) -> None:
    assert not writer.load().report("weekly").with_year_ago
    change = ('title = "Weekly"', 'title = "Weekly"\ncompare = ["year_ago", "previous"]')
    assert writer.load(change).report("weekly").with_year_ago


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VOXYS_API_TOKEN", f" {SECRET}\n")
    assert Secret(env="VOXYS_API_TOKEN").read(tmp_path) == SECRET


def test_a_secret_comes_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")
    assert Secret(file="token").read(tmp_path) == SECRET
    assert Secret(file=str(tmp_path / "token")).read(Path("/elsewhere")) == SECRET


@pytest.mark.parametrize("value", ["", " \n", f"{SECRET} é", f"{SECRET}\u200b", f"{SECRET}\r\nX-Other: 1"])
def test_a_secret_that_cannot_be_one_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str
) -> None:
    monkeypatch.setenv("VOXYS_API_TOKEN", value)
    (tmp_path / "token").write_text(value, encoding="utf-8", newline="")
    for secret in (Secret(env="VOXYS_API_TOKEN"), Secret(file="token")):
        with pytest.raises(ConfigError) as raised:
            secret.read(tmp_path)
        assert SECRET not in raised.value.message + raised.value.hint


def test_a_secret_that_is_not_there_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("VOXYS_API_TOKEN", raising=False)
    with pytest.raises(ConfigError, match="VOXYS_API_TOKEN is empty or missing") as raised:
        Secret(env="VOXYS_API_TOKEN").read(tmp_path)
    assert raised.value.hint == "Set it: export VOXYS_API_TOKEN=..."
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for name in ("nothing", ".", "binary"):
        with pytest.raises(ConfigError, match=r"the file .* can't be read"):
            Secret(file=name).read(tmp_path)


def test_the_configuration_never_holds_the_secret_itself(monkeypatch: pytest.MonkeyPatch, writer: Writer) -> None:
    monkeypatch.setenv("VOXYS_API_TOKEN", SECRET)
    assert SECRET not in repr(writer.load())


def test_paths_start_where_the_configuration_lies(writer: Writer, tmp_path: Path) -> None:
    config = writer.load()
    assert config.path(config.archive.folder) == tmp_path / "archive"
    assert config.path("/elsewhere/archive") == Path("/elsewhere/archive")
    assert config.path("~/archive") == Path.home() / "archive"


def test_an_unknown_report_is_answered_with_the_known_ones(writer: Writer) -> None:
    with pytest.raises(ConfigError, match='no report "weakly"; did you mean "weekly"') as raised:
        writer.load().report("weakly")
    assert raised.value.hint == "The configuration has: weekly."


def test_no_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no configuration at") as raised:
        load(tmp_path / "config.toml")
    assert "reports init" in raised.value.hint


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff\xfe[", "can't be read as text"), (b"[account", "is not valid TOML"), (b"a = 1\na = 2", "is not valid")],
)
def test_a_file_that_is_no_configuration_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message) as raised:
        load(path)
    assert str(path) in raised.value.message


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path)


def test_an_empty_file_misses_every_table(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.touch()
    with pytest.raises(ConfigError) as raised:
        load(path)
    listed = raised.value.message.split("\n  ")[1:]
    assert listed == [f"{one}: is missing" for one in ("account", "source", "email", "reports")]


leaves: st.SearchStrategy[Any] = st.sampled_from(["", "x", 0, -1, 1.5, True, [], ["a"], [1], {}, {"a": 1}])


@given(st.data())
def test_whatever_stands_in_its_place_a_value_is_accepted_or_refused_with_its_path(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = tomllib.loads(WORKING)
    tables = [content["account"], content["source"], content["email"], content["reports"]["weekly"], content]
    table = data.draw(st.sampled_from(tables))
    key = data.draw(st.sampled_from(sorted(table)))
    table[key] = data.draw(leaves)
    path = tmp_path_factory.mktemp("any") / "config.toml"
    path.write_text("\n".join(_toml(name, value) for name, value in content.items()), encoding="utf-8")
    try:
        load(path)
    except ConfigError as error:
        listed = error.message.split("\n  ")[1:]
        assert listed
        assert any(key in one or one.startswith(("email", "reports")) for one in listed)


def _toml(name: str, value: object) -> str:
    return f"{name} = {_inline(value)}"


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_inline(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(one) for one in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def test_a_suggestion_is_made_only_where_a_word_is_like_it() -> None:
    assert near("peroid", ["period", "paper"]) == '; did you mean "period"?'
    assert not near("zzz", ["period", "paper"])
    assert not near("period", [])
