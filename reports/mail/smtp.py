"""Hands messages to a mail server, each on its own, and tells what became of it."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Self

import aiosmtplib
from aiosmtplib import SMTP

from reports.config.values import parse_address
from reports.errors import DeliveryError
from reports.mail.outcome import Outcome, Status
from reports.mail.stop import stopped, stopping

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from reports.config.model import SmtpEmail

REFUSALS = range(400, 600)  # codes by which a server says that it doesn't take something
FINAL = 500  # answers from here on won't change by trying again
GOODBYE = 5.0  # seconds; what was sent is sent, so nobody waits long for the end


class Ended(Exception):
    """The connection ended before the server had the message; the text says how."""


class SmtpPost:
    """A mail server; one connection for all messages, or a new one after it broke."""

    def __init__(self, email: SmtpEmail, folder: Path) -> None:
        self._email = email
        self._folder = folder
        self._sender = parse_address(email.sender).addr_spec

    async def __aenter__(self) -> Self:
        """Connect and log in; raises DeliveryError, or ConfigError for a password that can't be read."""
        self._password = self._email.password.read(self._folder) if self._email.password else None
        self._client = await self._connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Say goodbye, whatever the server answers; a wish to stop only makes it shorter."""
        try:
            if self._client.is_connected:
                await self._client.quit(timeout=min(GOODBYE, self._email.timeout))
        except (aiosmtplib.SMTPException, OSError, asyncio.CancelledError):
            self._client.close()

    async def send(self, recipient: str, message: EmailMessage) -> Outcome:
        """Send one message; see Post for what a wish to stop does."""
        if await stopping():
            return stopped(recipient)
        try:
            return await self._send(recipient, message.as_bytes())
        except asyncio.CancelledError:  # the message itself wasn't on its way yet: _hand_over hears it otherwise
            self._client.close()
            return stopped(recipient)

    async def _send(self, recipient: str, content: bytes) -> Outcome:
        """Send over the connection at hand; where there is none, or it ends before the message, over a new one."""
        if self._client.is_connected:
            try:
                return await self._offer(recipient, content)
            except Ended:
                self._client.close()
        try:
            self._client = await self._connect()
            return await self._offer(recipient, content)
        except DeliveryError as error:  # temporary in any case: the same login has worked before
            return Outcome(recipient, Status.FAILED, error.message, permanent=False)
        except Ended as error:
            return Outcome(recipient, Status.FAILED, str(error), permanent=False)

    async def _offer(self, recipient: str, content: bytes) -> Outcome:
        """Name sender and recipient, then hand over the message if the server wants it."""
        if (limit := _size_limit(self._client)) and len(content) > limit:
            detail = f"the message has {len(content)} bytes, the server takes {limit}"
            return Outcome(recipient, Status.FAILED, detail)
        try:
            await self._client.mail(self._sender, options=[f"size={len(content)}"] if limit is not None else [])
            await self._client.rcpt(parse_address(recipient).addr_spec)
        except aiosmtplib.SMTPResponseException as error:
            return await self._refused(recipient, error)
        except aiosmtplib.SMTPTimeoutError as error:  # no second try at once, which would hang as well
            self._client.close()
            return Outcome(recipient, Status.FAILED, _broken("before", error), permanent=False)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Ended(_broken("before", error)) from error
        return await self._hand_over(recipient, content)

    async def _hand_over(self, recipient: str, content: bytes) -> Outcome:
        """Send the message itself; from here on a broken connection leaves it unknown."""
        try:
            response = await self._client.data(content)
        except asyncio.CancelledError:
            self._client.close()
            return Outcome(recipient, Status.UNKNOWN, "stopped while the message was on its way")
        except aiosmtplib.SMTPResponseException as error:
            if error.code in REFUSALS:
                return await self._refused(recipient, error)
            self._client.close()
            return Outcome(recipient, Status.UNKNOWN, f"the server's answer can't be understood: {_said(error)}")
        except (aiosmtplib.SMTPException, OSError) as error:
            self._client.close()
            return Outcome(recipient, Status.UNKNOWN, _broken("after", error))
        return Outcome(recipient, Status.SENT, _line(response.message))

    async def _refused(self, recipient: str, error: aiosmtplib.SMTPResponseException) -> Outcome:
        """Return what the server said, with the connection ready for the next; Ended if it was about the connection."""
        detail = f"the server answered {error.code}: {_line(error.message)}"
        await self._reset()
        permanent = error.code >= FINAL
        if not permanent and not self._client.is_connected:
            raise Ended(detail) from error
        return Outcome(recipient, Status.FAILED, detail, permanent=permanent)

    async def _reset(self) -> None:
        """Take back what was begun; a wish to stop doesn't change what the server has said already."""
        try:
            if self._client.is_connected:
                await self._client.rset()
        except (aiosmtplib.SMTPException, OSError, asyncio.CancelledError):
            self._client.close()

    async def _connect(self) -> SMTP:
        email = self._email
        client = SMTP(
            hostname=email.host,
            port=email.port,
            use_tls=email.security == "tls",
            start_tls=email.security == "starttls",
            username=email.username,
            password=self._password,
            timeout=email.timeout,
        )
        try:
            await client.connect()
            await _greet(client)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise _no_connection(email, error) from error
        except asyncio.CancelledError:
            client.close()
            raise
        return client


async def check(email: SmtpEmail, folder: Path) -> None:
    """Connect and log in without sending."""
    async with SmtpPost(email, folder):
        pass


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


def _no_connection(email: SmtpEmail, error: Exception) -> DeliveryError:
    where = f"the mail server {email.host}:{email.port}"
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return DeliveryError(
            f"{where} refused the login of {email.username}: {_line(error.message)}",
            hint="Check email.username and email.password; some providers want a password made for applications.",
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


def _is_distrust(error: BaseException | None) -> bool:
    """Whether TLS failed by what the server shows or speaks, not by a connection that ended."""
    return isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError)


def _is_final(error: Exception) -> bool:
    """Whether trying again is no use: the server said so, or lacks what is asked for (a plain SMTPException)."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return error.code >= FINAL
    return type(error) is aiosmtplib.SMTPException or isinstance(error, ValueError)


def _broken(when: str, error: Exception) -> str:
    return f"the connection broke {when} the message: {_said(error)}"


def _said(error: Exception) -> str:
    return _line(str(getattr(error, "message", None) or error) or type(error).__name__)


def _line(text: str) -> str:
    """Return a server's words on one line, without what could confuse a terminal."""
    return " ".join("".join(one if one.isprintable() else " " for one in str(text)).split())[:300]
