"""Tokens come from real servers on loopback, and open real mail servers; no secret is in anything that is said."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

import pytest

from reports.errors import ConfigError, DeliveryError
from reports.log import LOGGER, configure
from reports.mail import smtp
from reports.mail.oauth import LOOK_AT_LOGIN, Grant, Tokens, masked
from reports.mail.outcome import Status
from tests.mail.servers import (
    HANG_UP,
    HOST,
    SILENCE,
    USER,
    Mailbox,
    OneForEachConnection,
    Script,
    TakesTokens,
    mail_server,
    serving,
)
from tests.mail.test_smtp import ANNA, BASIL, config, free_port, run, send
from tests.mail.tokens import Reply, TokenServer, given, refused, token_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.config.email import SmtpEmail
    from tests.mail.conftest import Authority

SECRET, REFRESH, NEWER = "se+cret~5f0c1b", "1//refresh-77ab", "1//newer-c3d9"
OLD, NEW = "ya29.old-token", "ya29.new-token"
WITHIN = 20.0


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    handlers, level, propagate = LOGGER.handlers[:], LOGGER.level, LOGGER.propagate
    stream = io.StringIO()
    configure("text", stream)
    yield stream
    LOGGER.handlers[:], LOGGER.propagate = handlers, propagate
    LOGGER.setLevel(level)


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(caplog: pytest.LogCaptureFixture, log: io.StringIO) -> Iterator[None]:
    for name in ("reports", "httpx", "httpcore", "asyncio", "aiosmtplib"):
        caplog.set_level(logging.DEBUG, logger=name)
    yield
    assert no_secret_in(caplog.text + log.getvalue())


def no_secret_in(text: str) -> bool:
    return not any(one in text for one in (SECRET, REFRESH, NEWER, OLD, NEW, "se%2Bcret"))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def application(url: str) -> Grant:
    return Grant(url, "an-app", scope="mail/.default", client_secret=SECRET)


def account(url: str) -> Grant:
    return Grant(url, "an-app", client_secret=SECRET, refresh_token=REFRESH)


def ask(tokens: Tokens, grant: Grant, *, within: float = WITHIN, refused: str | None = None) -> str:
    found: str = run(tokens.token(grant, within=within, refused=refused))
    return found


def trouble(grant: Grant, *, within: float = WITHIN, tokens: Tokens | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        ask(tokens or Tokens(), grant, within=within)
    assert no_secret_in(caught.value.message + caught.value.hint)
    assert caught.value.message.startswith("the token server 127.0.0.1:")
    assert caught.value.hint
    return caught.value


# Asking.


def test_an_application_asks_with_its_own_secret() -> None:
    server = TokenServer([given(NEW)])
    with token_server(server) as url:
        assert ask(Tokens(), application(url)) == NEW
    assert server.paths == ["/oauth2/token"]
    assert server.asked == [
        {
            "grant_type": "client_credentials",
            "client_id": "an-app",
            "client_secret": SECRET,
            "scope": "mail/.default",
        }
    ]


def test_an_account_asks_with_its_refresh_token() -> None:
    server = TokenServer([given(NEW)])
    with token_server(server) as url:
        assert ask(Tokens(), account(url)) == NEW
    expected = {"grant_type": "refresh_token", "client_id": "an-app", "client_secret": SECRET, "refresh_token": REFRESH}
    assert server.asked == [expected]


def test_over_tls(trusted: Authority) -> None:
    with token_server(TokenServer([given(NEW)]), tls=trusted.context(HOST)) as url:
        assert ask(Tokens(), application(url)) == NEW


def test_a_certificate_that_isnt_trusted_ends_it(authority: Authority) -> None:
    server = TokenServer([given(NEW)])
    with token_server(server, tls=authority.context(HOST)) as url:
        found = trouble(application(url))
    assert found.permanent
    assert "can't be trusted" in found.message
    assert server.asked == []


# Keeping.


@pytest.mark.parametrize("lasts", [3600, 3600.0, "3600"])
def test_a_token_is_kept_until_shortly_before_its_end(lasts: object) -> None:
    clock, server = Clock(), TokenServer([given(OLD, lasts), given(NEW, lasts)])
    tokens = Tokens(clock)
    with token_server(server) as url:
        assert ask(tokens, application(url)) == OLD
        clock.now += 3539
        assert ask(tokens, application(url)) == OLD
        clock.now += 1
        assert ask(tokens, application(url)) == NEW
    assert len(server.asked) == 2


def test_a_token_that_ends_at_once_is_fetched_each_time() -> None:
    server = TokenServer([given(OLD, 1), given(NEW, 1)])
    tokens = Tokens(Clock())
    with token_server(server) as url:
        assert [ask(tokens, application(url)), ask(tokens, application(url))] == [OLD, NEW]


@pytest.mark.parametrize("lasts", [None, "soon", True, [], float("nan")])
def test_a_token_whose_life_isnt_told_is_kept_for_some_minutes(lasts: object) -> None:
    clock, server = Clock(), TokenServer([given(OLD, lasts), given(NEW)])
    tokens = Tokens(clock)
    with token_server(server) as url:
        assert [ask(tokens, application(url)), ask(tokens, application(url))] == [OLD, OLD]
        clock.now += 300
        assert ask(tokens, application(url)) == NEW


@pytest.mark.parametrize("lasts", [10**400, float("inf"), "9" * 5000])
def test_no_token_is_kept_for_longer_than_a_day(lasts: object) -> None:
    clock, server = Clock(), TokenServer([given(OLD, lasts), given(NEW)])
    tokens = Tokens(clock)
    with token_server(server) as url:
        assert ask(tokens, application(url)) == OLD
        clock.now += 86_400
        assert ask(tokens, application(url)) == NEW


def test_a_token_is_only_for_what_it_was_asked_for() -> None:
    server = TokenServer([given(OLD), given(NEW)])
    tokens = Tokens()
    with token_server(server) as url:
        assert [ask(tokens, application(url)), ask(tokens, account(url))] == [OLD, NEW]
        assert [ask(tokens, application(url)), ask(tokens, account(url))] == [OLD, NEW]


def test_a_refused_token_isnt_given_again() -> None:
    tokens = Tokens()
    with token_server(TokenServer([given(OLD), given(NEW)])) as url:
        assert ask(tokens, application(url)) == OLD
        assert ask(tokens, application(url), refused=OLD) == NEW
        assert ask(tokens, application(url), refused=OLD) == NEW


# A newer refresh token.


def test_a_newer_refresh_token_is_used_from_then_on_and_said_once(log: io.StringIO) -> None:
    server = TokenServer([given(OLD, 1, refresh_token=NEWER), given(OLD, 1, refresh_token=f"{NEWER}2"), given(NEW, 1)])
    tokens = Tokens()
    with token_server(server) as url:
        for _ in range(3):
            ask(tokens, account(url))
    assert [one["refresh_token"] for one in server.asked] == [REFRESH, NEWER, f"{NEWER}2"]
    [line] = log.getvalue().splitlines()
    assert "mail.token_rotated level=warning server=127.0.0.1:" in line
    assert "the stored one may stop working" in line


def test_the_same_refresh_token_again_is_nothing_new(log: io.StringIO) -> None:
    with token_server(TokenServer([given(NEW, refresh_token=REFRESH)])) as url:
        assert ask(Tokens(), account(url)) == NEW
    assert log.getvalue() == ""


def test_after_a_refusal_the_stored_refresh_token_has_another_chance() -> None:
    server = TokenServer([given(OLD, 1, refresh_token=NEWER), refused("invalid_grant"), given(NEW)])
    tokens = Tokens()
    with token_server(server) as url:
        assert ask(tokens, account(url)) == OLD
        assert trouble(account(url), tokens=tokens).permanent
        assert ask(tokens, account(url)) == NEW
    assert [one["refresh_token"] for one in server.asked] == [REFRESH, NEWER, REFRESH]


# Trouble.


@pytest.mark.parametrize(
    ("code", "status", "hint"),
    [
        ("invalid_client", 401, "oauth.client_secret"),
        ("invalid_grant", 400, "sign in anew"),
        ("invalid_scope", 400, "oauth.scope"),
        ("unauthorized_client", 400, "oauth.client_id"),
        ("something_else", 403, "email.oauth"),
    ],
)
def test_a_refusal_is_said_with_the_servers_words_without_secrets(code: str, status: int, hint: str) -> None:
    words = f"AADSTS7000215: not {SECRET}\r\n\x1b[31m nor se%2Bcret~5f0c1b nor {REFRESH}"
    with token_server(TokenServer([refused(code, words, status)])) as url:
        found = trouble(account(url))
    assert found.permanent
    assert f"answered {status}: {code}: AADSTS7000215: not \u2026 [31m nor \u2026 nor \u2026" in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    "reply",
    [
        *(Reply({}, 429), Reply(b"<html>busy</html>", 500), Reply(b"", 503), refused("temporarily_unavailable")),
        *(Reply(HANG_UP), refused("server_error", "try later", 400)),
    ],
)
def test_a_server_that_is_overloaded_or_breaks_off_is_tried_again_later(reply: Reply) -> None:
    with token_server(TokenServer([reply])) as url:
        assert not trouble(application(url)).permanent


def test_a_server_that_isnt_there_is_tried_again_later() -> None:
    found = trouble(application(f"http://{HOST}:{free_port()}/token"))
    assert not found.permanent
    assert "can't be reached" in found.message


def test_a_server_that_hangs_is_left_after_the_mails_timeout() -> None:
    with token_server(TokenServer([Reply(SILENCE)])) as url:
        found = trouble(application(url), within=0.2)
    assert not found.permanent
    assert "no answer within 0.2 s" in found.message


@pytest.mark.parametrize(
    "body",
    [
        *(b"<html>Welcome</html>", b"", b"\xff\xfe", b"[" * 60_000, [], None, "text", {}, {"access_token": None}),
        *({"access_token": 7}, {"access_token": ""}, {"access_token": "a b"}, {"access_token": "a\r\nRCPT TO:<b@c>"}),
        *({"access_token": "\u00e9"}, b'{"access_token": "' + b"x" * 200_000 + b'"}'),
    ],
)
def test_nonsense_is_no_token(body: Any) -> None:
    with token_server(TokenServer([Reply(body)])) as url:
        found = trouble(application(url))
    assert found.permanent
    assert "answered without a token" in found.message


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    elsewhere = TokenServer([given(NEW)])
    with token_server(elsewhere) as other:
        server = TokenServer([Reply(b"", status, (f"Location: {other}",))])
        with token_server(server) as url:
            found = trouble(application(url))
    assert found.permanent
    assert "leads elsewhere" in found.message
    assert elsewhere.asked == []


def test_secrets_are_in_no_representation() -> None:
    assert no_secret_in(repr(account("https://login.example.com")))


def test_of_secrets_within_each_other_nothing_is_left() -> None:
    assert masked("abcdef abc", "abc", "abcdef", None, "") == "\u2026 \u2026"


# Logging in.


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTH_SECRET_OF_THIS_TEST", SECRET)


def by_token(port: int, url: str, security: str = "starttls", **other: Any) -> SmtpEmail:
    oauth = {"token_url": url, "client_id": "an-app", "client_secret": {"env": "OAUTH_SECRET_OF_THIS_TEST"}}
    return config(port, security, username=USER, oauth=oauth, **other)


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_message_goes_out_after_a_login_with_a_token(tmp_path: Path, trusted: Authority, security: str) -> None:
    mailbox, server = TakesTokens(NEW), TokenServer([given(NEW)])
    serves: dict[str, Any] = {security: trusted.context(HOST)}
    with mail_server(mailbox, login=True, **serves) as port, token_server(server) as url:
        [outcome] = send(by_token(port, url, security), ANNA, folder=tmp_path)
    assert outcome.status is Status.SENT
    assert mailbox.recipients == ["anna@example.com"]
    assert mailbox.shown == [NEW]


class TakesTokensAndCloses(TakesTokens, OneForEachConnection):
    """Wants a login for each message."""


@pytest.mark.usefixtures("secret")
def test_a_new_connection_logs_in_with_the_token_that_is_kept(tmp_path: Path, trusted: Authority) -> None:
    mailbox, server = TakesTokensAndCloses(NEW), TokenServer([given(NEW)])
    with mail_server(mailbox, starttls=trusted.context(HOST), login=True) as port, token_server(server) as url:
        outcomes = send(by_token(port, url), ANNA, BASIL, folder=tmp_path)
    assert [one.status for one in outcomes] == [Status.SENT, Status.SENT]
    assert mailbox.shown == [NEW, NEW]
    assert len(server.asked) == 1


@pytest.mark.usefixtures("secret")
def test_a_kept_token_that_is_refused_is_fetched_anew_once(tmp_path: Path, trusted: Authority) -> None:
    mailbox, server, tokens = TakesTokens(OLD), TokenServer([given(OLD), given(NEW)]), Tokens()
    with mail_server(mailbox, starttls=trusted.context(HOST), login=True) as port, token_server(server) as url:
        email = by_token(port, url)
        run(smtp.check(email, tmp_path, tokens))
        mailbox.valid = NEW
        run(smtp.check(email, tmp_path, tokens))
        run(smtp.check(email, tmp_path, tokens))
    assert mailbox.shown == [OLD, OLD, NEW, NEW]
    assert mailbox.answers == [b""], "the challenge is answered with an empty line"
    assert len(server.asked) == 2


@pytest.mark.usefixtures("secret")
def test_a_login_refused_twice_ends_it_without_the_token(tmp_path: Path, trusted: Authority) -> None:
    mailbox, server = TakesTokens("none", "535 5.7.3 not {token} nor {login}"), TokenServer([given(OLD), given(NEW)])
    with mail_server(mailbox, starttls=trusted.context(HOST), login=True) as port, token_server(server) as url:
        with pytest.raises(DeliveryError) as caught:
            run(smtp.check(by_token(port, url), tmp_path, Tokens()))
        assert caught.value.message == (
            f"the mail server {HOST}:{port} refused the login of {USER} with a token: 5.7.3 not \u2026 nor \u2026"
        )
    assert caught.value.permanent
    assert "oauth.scope" in caught.value.hint
    assert mailbox.shown == [OLD, NEW]
    assert len(server.asked) == 2


@pytest.mark.usefixtures("secret")
def test_a_login_refused_for_now_is_tried_again_later(tmp_path: Path, trusted: Authority) -> None:
    mailbox = TakesTokens("none", "454 4.7.0 Temporary authentication failure")
    server = TokenServer([given(OLD)])
    with (
        mail_server(mailbox, starttls=trusted.context(HOST), login=True) as port,
        token_server(server) as url,
        pytest.raises(DeliveryError) as caught,
    ):
        run(smtp.check(by_token(port, url), tmp_path, Tokens()))
    assert not caught.value.permanent
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        ("https://login.microsoftonline.com/acme.example/oauth2/v2.0/token", "microsoft"),
        ("https://oauth2.googleapis.com/token", "google"),
    ],
)
def test_the_hint_is_for_the_provider(url: str, provider: str) -> None:
    assert application(url).hint == LOOK_AT_LOGIN[provider]


@pytest.mark.usefixtures("secret")
def test_a_server_without_tokens_is_named_and_gets_none(tmp_path: Path, trusted: Authority) -> None:
    starttls = trusted.context(HOST)
    with (
        mail_server(Mailbox(), starttls=starttls, login=True) as port,
        token_server(TokenServer([given(NEW)])) as url,
        pytest.raises(DeliveryError) as caught,
    ):
        run(smtp.check(by_token(port, url), tmp_path, Tokens()))
    assert "takes no token (XOAUTH2)" in caught.value.message
    assert "LOGIN, PLAIN" in caught.value.message
    assert caught.value.permanent


@pytest.mark.usefixtures("secret")
def test_a_server_without_any_login_is_named(tmp_path: Path, trusted: Authority) -> None:
    script = Script({})
    with (
        serving(script.connection, tls=trusted.context(HOST)) as port,
        token_server(TokenServer([given(NEW)])) as url,
        pytest.raises(DeliveryError) as caught,
    ):
        run(smtp.check(by_token(port, url, "tls"), tmp_path, Tokens()))
    assert "takes no token (XOAUTH2), and no login" in caught.value.message
    assert not any(one.startswith("AUTH") for one in script.heard)


@pytest.mark.usefixtures("secret")
def test_without_a_token_the_mail_server_isnt_bothered(tmp_path: Path) -> None:
    script = Script({})
    with (
        serving(script.connection) as port,
        token_server(TokenServer([Reply(b"", 503)])) as url,
        pytest.raises(DeliveryError) as caught,
    ):
        send(by_token(port, url), ANNA, folder=tmp_path)
    assert not caught.value.permanent
    assert script.connections == 0


def test_a_missing_secret_is_named_by_its_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="OAUTH_SECRET_OF_THIS_TEST"):
        run(smtp.check(by_token(free_port(), "https://login.example.com/token"), tmp_path, Tokens()))
