"""Tokens in place of passwords: fetched from a provider, kept until shortly before they expire."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlsplit

import httpx

from reports.errors import DeliveryError
from reports.log import event

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reports.config.email import OAuth

MARGIN = 60.0  # seconds before its end from which a token isn't used any more: a login takes some, clocks differ
UNSAID = 300.0  # seconds for which a token is kept whose life the server doesn't tell
LONGEST = 86_400.0  # seconds: nothing is believed to live longer than a day
MOST = 65_536  # bytes of an answer; a real one has some thousand
MASK = "\u2026"
PASSING = {408, 425, 429}  # statuses that say "later", as do all from 500 on
PASSING_ERRORS = {"temporarily_unavailable", "server_error"}
OLD_TOKEN = 535  # what a mail server answers to a login with a token it doesn't take

LOOK_AT = {
    "invalid_client": "Check oauth.client_id and oauth.client_secret; a secret ends some day, and a new one is made.",
    "invalid_grant": "The refresh token has ended or was withdrawn: sign in anew, and store the new one.",
    "invalid_scope": "Check oauth.scope.",
    "unauthorized_client": "Check oauth.client_id, and what the application may do at the provider.",
}
LOOK_AT_LOGIN = {
    "microsoft": "Check that email.username is the mailbox's address, that Authenticated SMTP is on for it, and that "
    "the application has SMTP.SendAsApp with consent, a service principal in Exchange (by the object id of Enterprise "
    "applications) and access to the mailbox.",
    "google": "Check that email.username is the address of the account that gave the refresh token, and that it was "
    "given for the scope https://mail.google.com/.",
}
LOOK_AT_ANY_LOGIN = "Check email.username, and what the token is for: oauth.scope, and what the application may do."
HOSTS = {"login.microsoftonline.com": "microsoft", "oauth2.googleapis.com": "google"}

# At its lower levels this writes addresses and headers into the logs.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Grant:
    """What tokens are asked for with: the provider's address, and the application's or the account's secrets."""

    url: str
    client_id: str
    scope: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, oauth: OAuth, folder: Path) -> Grant:
        """Read the secrets; raises ConfigError for one that can't be read. Relative files start at `folder`."""
        secret = oauth.client_secret.read(folder) if oauth.client_secret else None
        refresh = oauth.refresh_token.read(folder) if oauth.refresh_token else None
        return cls(oauth.url, oauth.client_id, oauth.asked, secret, refresh)

    @property
    def host(self) -> str:
        """The provider's name, for messages."""
        return urlsplit(self.url).netloc

    @property
    def hint(self) -> str:
        """What to look at when a mail server takes no token of this provider."""
        provider = HOSTS.get(urlsplit(self.url).hostname or "", "")
        return LOOK_AT_LOGIN.get(provider, LOOK_AT_ANY_LOGIN)

    def form(self, refresh_token: str | None) -> dict[str, str]:
        """Return the fields of a request: with a refresh token for its account, else for the application itself."""
        fields = {
            "grant_type": "refresh_token" if refresh_token else "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": refresh_token,
            "scope": self.scope,
        }
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True)
class _Answer:
    """What a token server gave: the token, for how many seconds, and a refresh token to be used from now on."""

    token: str = field(repr=False)
    lasts: float
    refresh_token: str | None = field(repr=False)


class Tokens:
    """The tokens of this process, each kept by what it is for; `clock` counts seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[Grant, tuple[str, float]] = {}
        self._rotated: dict[Grant, str] = {}

    async def token(self, grant: Grant, *, within: float, refused: str | None = None) -> str:
        """Return a token, but never the `refused` one; a new one is waited for so many seconds.

        Raises DeliveryError: temporary if the server can't be reached or is overloaded, permanent if it refuses.
        """
        token, until = self._kept.get(grant, ("", 0.0))
        if token and token != refused and self._clock() < until:
            return token
        self._kept.pop(grant, None)
        asked_at = self._clock()
        answer = await self._fetch(grant, within)
        self._kept[grant] = (answer.token, asked_at + answer.lasts - MARGIN)
        return answer.token

    async def _fetch(self, grant: Grant, within: float) -> _Answer:
        """Ask for a token with the newest refresh token there is; one that is refused is forgotten."""
        used = self._rotated.get(grant, grant.refresh_token)
        try:
            answer = await _ask(grant, used, within)
        except DeliveryError as error:
            if error.permanent:
                self._rotated.pop(grant, None)
            raise
        if used and answer.refresh_token and answer.refresh_token != used:
            self._rotate(grant, answer.refresh_token)
        return answer

    def _rotate(self, grant: Grant, refresh_token: str) -> None:
        """Use another refresh token from now on, and say so once: the next process starts with the stored one."""
        if grant not in self._rotated:
            reason = "the provider gave a newer refresh token; the stored one may stop working"
            event("mail.token_rotated", level=logging.WARNING, server=grant.host, reason=reason)
        self._rotated[grant] = refresh_token


TOKENS = Tokens()  # of this process


def masked(text: str, *secrets: str | None) -> str:
    """Return a server's words without the secrets it may have repeated."""
    forms = {form for one in secrets if one for form in (one, quote(one, safe=""), quote_plus(one))}
    for form in sorted(forms, key=len, reverse=True):  # one secret may be a part of another
        text = text.replace(form, MASK)
    return text


async def _ask(grant: Grant, refresh_token: str | None, within: float) -> _Answer:
    try:
        async with asyncio.timeout(within):
            status, body = await _request(grant, grant.form(refresh_token), within)
    except (TimeoutError, httpx.TimeoutException) as error:
        raise _unreachable(grant, f"no answer within {within:g} s") from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise _no_answer(grant, error) from error
    return _read(grant, status, body, (grant.client_secret, grant.refresh_token, refresh_token))


async def _request(grant: Grant, form: dict[str, str], within: float) -> tuple[int, bytes]:
    """Return the status and the body, or as much of it as a token could need; redirects are not followed."""
    headers = {"Accept": "application/json"}
    body = b""
    async with (
        httpx.AsyncClient(timeout=within, follow_redirects=False) as http,
        http.stream("POST", grant.url, data=form, headers=headers) as response,
    ):
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > MOST:
                break
    return response.status_code, body


def _read(grant: Grant, status: int, body: bytes, secrets: tuple[str | None, ...]) -> _Answer:
    """Return what was given, or raise DeliveryError with the server's words, without any secret."""
    fields = _object(body)
    if status == httpx.codes.OK:
        return _answer(grant, fields)
    code = _text(fields.get("error"))
    said = masked(": ".join(one for one in (code, _text(fields.get("error_description"))) if one), *secrets)
    what = f"answered {status}" + (f": {_line(said)}" if said else "")
    if status in PASSING or status >= httpx.codes.INTERNAL_SERVER_ERROR or code in PASSING_ERRORS:
        raise _unreachable(grant, what)
    if httpx.codes.is_redirect(status):
        raise _refused(grant, f"{what}, which leads elsewhere", "Check oauth.token_url; it isn't followed elsewhere.")
    raise _refused(grant, what, LOOK_AT.get(code, "Check email.oauth: its address, client_id and secrets."))


def _answer(grant: Grant, fields: dict[str, Any]) -> _Answer:
    token = fields.get("access_token")
    if not isinstance(token, str) or not _is_token(token):
        raise _refused(grant, "answered without a token", "Check oauth.token_url (or oauth.tenant).")
    newer = fields.get("refresh_token")
    return _Answer(token, _lasts(fields.get("expires_in")), newer if isinstance(newer, str) and newer else None)


def _object(body: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer; what is none has no fields."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_token(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def _lasts(said: object) -> float:
    """Return the seconds of `expires_in`, which some servers write as a text."""
    if isinstance(said, str) and said.isascii() and said.isdigit():
        said = float(said[:9])
    if isinstance(said, bool) or not isinstance(said, int | float) or said != said:  # noqa: PLR0124 - JSON knows NaN
        return UNSAID
    return min(max(float(min(said, LONGEST)), 0.0), LONGEST)


def _no_answer(grant: Grant, error: Exception) -> DeliveryError:
    """Name what stood in the way; a certificate that can't be trusted won't be so the next time either."""
    if any(isinstance(one, ssl.SSLError) and not isinstance(one, ssl.SSLEOFError) for one in _causes(error)):
        what = "can't be trusted: no encrypted connection with a certificate that is known"
        return _refused(grant, what, "Check oauth.token_url, and the certificates this machine trusts.")
    return _unreachable(grant, f"can't be reached: {_line(str(error)) or type(error).__name__}")


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _unreachable(grant: Grant, what: str) -> DeliveryError:
    hint = "It gives the token for the mail server; nothing was sent. Try again later."
    return DeliveryError(f"the token server {grant.host}: {what}", hint=hint, permanent=False)


def _refused(grant: Grant, what: str, hint: str) -> DeliveryError:
    return DeliveryError(f"the token server {grant.host}: {what}", hint=hint, permanent=True)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _line(text: str) -> str:
    """Return a server's words on one line, without what could confuse a terminal."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:300]
