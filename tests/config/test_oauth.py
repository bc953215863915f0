"""A login by token is configured with a provider's name, or with an address of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reports.config.email import OAuth, SmtpEmail
from tests.config.test_config import SECRET, Writer

if TYPE_CHECKING:
    from pathlib import Path

APP = 'client_id = "an-app", client_secret = { env = "A" }'
ACCOUNT = 'client_id = "an-app", refresh_token = { file = "b" }'
MICROSOFT = 'provider = "microsoft", tenant = "acme.example"'
GOOGLE = 'provider = "google"'
URL = 'token_url = "https://login.example.com/token/"'
PASSWORD = 'password = { env = "SMTP_PASSWORD" }'


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


def oauth(writer: Writer, *parts: str) -> OAuth:
    email = writer.load((PASSWORD, f"oauth = {{ {', '.join(parts)} }}")).email
    assert isinstance(email, SmtpEmail)
    assert email.oauth
    return email.oauth


@pytest.mark.parametrize(
    ("parts", "url", "scope"),
    [
        (
            (MICROSOFT, APP),
            "https://login.microsoftonline.com/acme.example/oauth2/v2.0/token",
            "https://outlook.office365.com/.default",
        ),
        (
            (MICROSOFT, ACCOUNT),
            "https://login.microsoftonline.com/acme.example/oauth2/v2.0/token",
            "https://outlook.office.com/SMTP.Send offline_access",
        ),
        (
            (MICROSOFT, APP, 'scope = "other"'),
            "https://login.microsoftonline.com/acme.example/oauth2/v2.0/token",
            "other",
        ),
        ((GOOGLE, ACCOUNT), "https://oauth2.googleapis.com/token", None),
        ((URL, APP), "https://login.example.com/token/", None),
        ((URL, APP, 'scope = "mail"'), "https://login.example.com/token/", "mail"),
        (('token_url = "http://127.0.0.1:8080/t?policy=1"', APP), "http://127.0.0.1:8080/t?policy=1", None),
    ],
)
def test_a_provider_is_a_shortcut(writer: Writer, parts: tuple[str, ...], url: str, scope: str | None) -> None:
    found = oauth(writer, *parts)
    assert (found.url, found.asked) == (url, scope)


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ((APP,), 'email.oauth: needs a provider ("microsoft" or "google"), or the token_url of another one'),
        ((GOOGLE, URL, ACCOUNT), "email.oauth: give either provider or token_url"),
        (('provider = "microsoft"', APP), 'email.oauth: provider = "microsoft" and tenant (the directory\'s id'),
        ((GOOGLE, 'tenant = "acme"', ACCOUNT), 'email.oauth: provider = "microsoft" and tenant (the directory\'s id'),
        (('provider = "microsoft", tenant = "a/../b"', APP), 'email.oauth.tenant: "a/../b" is not'),
        (('provider = "yahoo"', APP), "email.oauth.provider: \"yahoo\" is not one of 'microsoft' or 'google'"),
        ((GOOGLE, APP), "email.oauth: needs a refresh_token: Google's mail server"),
        ((URL, 'client_id = "an-app"'), "email.oauth: needs a client_secret (the application's own login), or"),
        ((MICROSOFT, 'client_secret = { env = "A" }'), "email.oauth.client_id: is missing"),
        ((MICROSOFT, 'client_id = "", client_secret = { env = "A" }'), "email.oauth.client_id: is empty"),
        ((MICROSOFT, APP, 'scopes = "x"'), 'email.oauth.scopes: unknown key; did you mean "scope"?'),
        (
            (MICROSOFT, 'client_id = "x", client_secret = { enw = "A" }'),
            "email.oauth.client_secret.enw: unknown key; did",
        ),
        (
            ('token_url = "http://login.example.com/t"', APP),
            'email.oauth.token_url: "http://login.example.com/t" would',
        ),
        (('token_url = "login.example.com"', APP), 'email.oauth.token_url: "login.example.com" is not a plain web'),
        (('token_url = "https://a.example/#b"', APP), 'email.oauth.token_url: "https://a.example/#b" is not a plain'),
    ],
)
def test_what_doesnt_go_together_is_said_where_it_stands(writer: Writer, parts: tuple[str, ...], problem: str) -> None:
    found = writer.problems((PASSWORD, f"oauth = {{ {', '.join(parts)} }}"))
    assert any(one.startswith(problem) for one in found), found


@pytest.mark.parametrize("key", ["client_secret", "refresh_token"])
def test_a_literal_secret_is_refused_and_not_repeated(writer: Writer, key: str) -> None:
    found = writer.problems((PASSWORD, f'oauth = {{ {URL}, client_id = "x", {key} = "{SECRET}" }}'))
    assert any(one.startswith(f"email.oauth.{key}: a secret doesn't stand in this file") for one in found)
    assert not any(SECRET in one for one in found)


def test_a_secret_within_the_address_is_refused_and_not_repeated(writer: Writer) -> None:
    found = writer.problems((PASSWORD, f'oauth = {{ token_url = "https://me:{SECRET}@a.example", {APP} }}'))
    assert found == ["email.oauth.token_url: holds a user name or password; the secret stands in client_secret"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ((PASSWORD, f"{PASSWORD}\noauth = {{ {GOOGLE}, {ACCOUNT} }}"), "email: give either password or oauth"),
        (
            (PASSWORD, f'security = "none"\noauth = {{ {GOOGLE}, {ACCOUNT} }}'),
            "email: a login is never sent unencrypted",
        ),
    ],
)
def test_a_token_is_a_login_like_a_password(writer: Writer, change: tuple[str, str], problem: str) -> None:
    (found,) = writer.problems(change)
    assert found.startswith(problem)
