"""Hands messages to a mail server, each on its own, and tells what became of it."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Self

import aiosmtplib
from aiosmtplib import SMTP
from aiosmtplib.auth import auth_xoauth2_encode

from reports.config.values import parse_address
from reports.errors import DeliveryError
from reports.mail.oauth import OLD_TOKEN, TOKENS, Grant, Tokens, masked
from reports.mail.outcome import Fate, Status
from reports.mail.stop import STOPPED, stopping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from email.message import EmailMessage
    from pathlib import Path

    from reports.config.email import SmtpEmail
    from reports.mail.outcome import Outcome

REFUSALS = range(400, 600)  # codes by which a server says that it doesn't take something
FINAL = 500  # answers from here on won't change by trying again
LOOK_AT_LOGIN = "Check email.username and email.password; some providers want a password made for applications."
GOODBYE = 5.0  # seconds; what was sent is sent, so nobody waits long for the end


class Ended(Exception):
    """The connection ended before the server had the message; the text says how."""


class SmtpPost:
    """A mail server; one connection for all messages, or a new one after it broke."""

    def __init__(self, email: SmtpEmail, folder: Path, tokens: Tokens = TOKENS) -> None:
        self._email = email
        self._folder = folder
        self._tokens = tokens
        self._sender = parse_address(email.sender).addr_spec

    async def __aenter__(self) -> Self:
        """Connect and log in; raises DeliveryError, or ConfigError for a secret that can't be read."""
        self._password = self._email.password.read(self._folder) if self._email.password else None
        self._grant = Grant.of(self._email.oauth, self._folder) if self._email.oauth else None
        self._client = await self._connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Say goodbye, whatever the server answers; a wish to stop only makes it shorter."""
        try:
            if self._client.is_connected:
                await self._client.quit(timeout=min(GOODBYE, self._email.timeout))
        except (aiosmtplib.SMTPException, OSError, asyncio.CancelledError):
            self._client.close()

    async def send(self, recipients: Sequence[str], message: EmailMessage, *, about: str) -> list[Outcome]:
        """Send one message to all its recipients; see Post for what a wish to stop does."""
        del about  # the message says it itself
        refused: dict[str, Fate] = {}
        fate = STOPPED if await stopping() else await self._heeding(recipients, message.as_bytes(), refused)
        return [refused.get(one, fate).of(one) for one in recipients]

    async def _heeding(self, recipients: Sequence[str], content: bytes, refused: dict[str, Fate]) -> Fate:
        """Send unless a wish to stop comes before the message itself is on its way: _hand_over hears it from then."""
        try:
            return await self._send(recipients, content, refused)
        except asyncio.CancelledError:
            self._client.close()
            return STOPPED

    async def _send(self, recipients: Sequence[str], content: bytes, refused: dict[str, Fate]) -> Fate:
        """Send over the connection at hand; where there is none, or it ends before the message, over a new one.

        Returns what became of the message for everybody who isn't in `refused` then.
        """
        if self._client.is_connected:
            try:
                return await self._offer(recipients, content, refused)
            except Ended:
                self._client.close()
        try:
            self._client = await self._connect()
            return await self._offer(recipients, content, refused)
        except DeliveryError as error:  # temporary in any case: the same login has worked before
            return Fate(Status.FAILED, error.message, permanent=False)
        except Ended as error:
            return Fate(Status.FAILED, str(error), permanent=False)

    async def _offer(self, recipients: Sequence[str], content: bytes, refused: dict[str, Fate]) -> Fate:
        """Name sender and recipients, then hand over the message if the server wants it for any of them."""
        refused.clear()  # what a connection said that ended is asked again
        if (limit := _size_limit(self._client)) and len(content) > limit:
            return Fate(Status.FAILED, f"the message has {len(content)} bytes, the server takes {limit}")
        try:
            await self._client.mail(self._sender, options=[f"size={len(content)}"] if limit is not None else [])
            for one in recipients:
                await self._name(one, refused)
        except aiosmtplib.SMTPResponseException as error:
            return await self._refused(error)
        except aiosmtplib.SMTPTimeoutError as error:  # no second try at once, which would hang as well
            self._client.close()
            return Fate(Status.FAILED, _broken("before", error), permanent=False)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Ended(_broken("before", error)) from error
        if all(one in refused for one in recipients):
            return await self._wanted_by_nobody(refused)
        return await self._hand_over(content)

    async def _name(self, recipient: str, refused: dict[str, Fate]) -> None:
        """Name one recipient; a refusal is theirs alone, unless the server ends the connection with it."""
        try:
            await self._client.rcpt(parse_address(recipient).addr_spec)
        except aiosmtplib.SMTPResponseException as error:
            if error.code < FINAL and not self._client.is_connected:
                raise
            refused[recipient] = _refusal(error)

    async def _wanted_by_nobody(self, refused: Mapping[str, Fate]) -> Fate:
        """Take the message back; where the connection ended over it, whoever was refused for now is asked again."""
        await self._reset()
        last = next((one for one in refused.values() if not one.permanent), None)
        if last and not self._client.is_connected:
            raise Ended(last.detail)
        return last or next(iter(refused.values()))

    async def _hand_over(self, content: bytes) -> Fate:
        """Send the message itself; from here on a broken connection leaves it unknown."""
        try:
            response = await self._client.data(content)
        except asyncio.CancelledError:
            self._client.close()
            return Fate(Status.UNKNOWN, "stopped while the message was on its way")
        except aiosmtplib.SMTPResponseException as error:
            if error.code in REFUSALS:
                return await self._refused(error)
            self._client.close()
            return Fate(Status.UNKNOWN, f"the server's answer can't be understood: {_said(error)}")
        except (aiosmtplib.SMTPException, OSError) as error:
            self._client.close()
            return Fate(Status.UNKNOWN, _broken("after", error))
        return Fate(Status.SENT, _line(response.message))

    async def _refused(self, error: aiosmtplib.SMTPResponseException) -> Fate:
        """Return what the server said, with the connection ready for the next; Ended if it was about the connection."""
        fate = _refusal(error)
        await self._reset()
        if not fate.permanent and not self._client.is_connected:
            raise Ended(fate.detail) from error
        return fate

    async def _reset(self) -> None:
        """Take back what was begun; a wish to stop doesn't change what the server has said already."""
        try:
            if self._client.is_connected:
                await self._client.rset()
        except (aiosmtplib.SMTPException, OSError, asyncio.CancelledError):
            self._client.close()

    async def _connect(self) -> SMTP:
        """Open a connection, logged in; a token that is refused is fetched anew, once."""
        if self._grant is None:
            return await self._open()
        within = self._email.timeout
        token = await self._tokens.token(self._grant, within=within)
        try:
            return await self._open(token)
        except DeliveryError as error:
            if not _is_old_token(error.__cause__):
                raise
        return await self._open(await self._tokens.token(self._grant, within=within, refused=token))

    async def _open(self, token: str | None = None) -> SMTP:
        email = self._email
        client = SMTP(
            hostname=email.host,
            port=email.port,
            use_tls=email.security == "tls",
            start_tls=email.security == "starttls",
            username=None if token else email.username,
            password=self._password,
            timeout=email.timeout,
        )
        try:
            await client.connect()
            await _greet(client)
            if token:
                await _show(client, email, token)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise _no_connection(email, error, self._grant, token) from error
        except (DeliveryError, asyncio.CancelledError):
            client.close()
            raise
        return client


async def check(email: SmtpEmail, folder: Path, tokens: Tokens = TOKENS) -> None:
    """Connect and log in without sending."""
    async with SmtpPost(email, folder, tokens):
        pass


async def _show(client: SMTP, email: SmtpEmail, token: str) -> None:
    """Log in with a token; a refusal may come as a challenge first, which aiosmtplib answers with an empty line."""
    if "xoauth2" not in client.server_auth_methods:
        others = ", ".join(sorted(one.upper() for one in client.server_auth_methods))
        raise DeliveryError(
            f"the mail server {email.host}:{email.port} takes no token (XOAUTH2), {_line(others) or 'and no login'}",
            hint="Check email.host and email.port, or give email.password instead of email.oauth.",
            permanent=True,
        )
    await client.auth_xoauth2(email.username or "", token)


def _is_old_token(error: BaseException | None) -> bool:
    return isinstance(error, aiosmtplib.SMTPAuthenticationError) and error.code == OLD_TOKEN


async def _greet(client: SMTP) -> None:
    """Ask what the server can do, where neither TLS nor a login has asked before."""
    if not client.is_ehlo_or_helo_needed:
        return
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()


def _size_limit(client: SMTP) -> int | None:
    """Return how many bytes the server takes: 0 if it has no limit or doesn't tell, None if it knows nothing of it."""
    said = client.esmtp_extensions.get("size")
    if said is None:
        return None
    return int(said) if said.isascii() and said.isdigit() else 0


def _no_connection(email: SmtpEmail, error: Exception, grant: Grant | None, token: str | None) -> DeliveryError:
    where = f"the mail server {email.host}:{email.port}"
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        said = masked(error.message, token, _shown(email, token))
        return DeliveryError(
            f"{where} refused the login of {email.username}{' with a token' if grant else ''}: {_line(said)}",
            hint=grant.hint if grant else LOOK_AT_LOGIN,
            permanent=error.code >= FINAL,
        )
    if _is_distrust(error) or _is_distrust(error.__cause__):
        return DeliveryError(
            f"{where} can't be trusted: {_said(error)}",
            hint='Check email.host and email.security: "tls" for port 465, "starttls" for 587.',
            permanent=True,
        )
    return DeliveryError(
        f"{where} can't be used: {_said(error)}",
        hint='Check email.host, email.port and email.security: "tls" for port 465, "starttls" for 587.',
        permanent=_is_final(error),
    )


def _shown(email: SmtpEmail, token: str | None) -> str:
    """Return the login as the server got it, so that it can be left out where the server repeats it."""
    return auth_xoauth2_encode(email.username or "", token).decode("ascii") if token else ""


def _is_distrust(error: BaseException | None) -> bool:
    """Whether TLS failed by what the server shows or speaks, not by a connection that ended."""
    return isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError)


def _is_final(error: Exception) -> bool:
    """Whether trying again is no use: the server said so, or lacks what is asked for (a plain SMTPException)."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return error.code >= FINAL
    return type(error) is aiosmtplib.SMTPException or isinstance(error, ValueError)


def _refusal(error: aiosmtplib.SMTPResponseException) -> Fate:
    detail = f"the server answered {error.code}: {_line(error.message)}"
    return Fate(Status.FAILED, detail, permanent=error.code >= FINAL)


def _broken(when: str, error: Exception) -> str:
    return f"the connection broke {when} the message: {_said(error)}"


def _said(error: Exception) -> str:
    return _line(str(getattr(error, "message", None) or error) or type(error).__name__)


def _line(text: str) -> str:
    """Return a server's words on one line, without what could confuse a terminal."""
    return " ".join("".join(one if one.isprintable() else " " for one in str(text)).split())[:300]
