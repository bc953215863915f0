"""Hands messages to a mail server, each on its own, and remembers what became of it."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import aiosmtplib
from aiosmtplib import SMTP

from reports.config.values import parse_address
from reports.errors import DeliveryError
from reports.mail.delivery import Delivery, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage
    from pathlib import Path

    from reports.config.model import SmtpEmail

FINAL = 500  # answers from here on won't change by trying again


async def send(email: SmtpEmail, folder: Path, messages: Sequence[tuple[str, EmailMessage]]) -> list[Delivery]:
    """Send each message over one connection, or a new one after it broke; one bad address never stops the others."""
    deliveries: list[Delivery] = []
    client: SMTP | None = None
    try:
        for recipient, message in messages:
            if _stopping():
                deliveries.append(_stopped(recipient))
                continue
            try:
                delivery = await _send_over(client, email, recipient, message)
                if delivery is None:
                    client = await _connect(email, folder)
                    delivery = await _send_one(client, email.sender, recipient, message)
            except DeliveryError as error:
                if not deliveries:
                    raise
                delivery = Delivery(recipient, Status.FAILED, error.message, permanent=error.permanent)
            except asyncio.CancelledError:
                delivery = _stopped(recipient)
            deliveries.append(delivery)
    finally:
        if client:
            await _quit(client)
    return deliveries


async def _send_over(client: SMTP | None, email: SmtpEmail, recipient: str, message: EmailMessage) -> Delivery | None:
    """Send over the connection at hand; None if there is none, or the server ended it before it had the message."""
    if client is None or not client.is_connected:
        return None
    delivery = await _send_one(client, email.sender, recipient, message)
    ended = delivery.status is Status.FAILED and not delivery.permanent and not client.is_connected
    return None if ended else delivery


def _stopping() -> bool:
    """Whether somebody asked this job to stop: what is done is told, what isn't is left."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _stopped(recipient: str) -> Delivery:
    return Delivery(recipient, Status.FAILED, "stopped before it was sent", permanent=False)


async def check(email: SmtpEmail, folder: Path) -> None:
    """Connect and log in without sending."""
    await _quit(await _connect(email, folder))


async def _connect(email: SmtpEmail, folder: Path) -> SMTP:
    client = SMTP(
        hostname=email.host,
        port=email.port,
        use_tls=email.security == "tls",
        start_tls=email.security == "starttls",
        username=email.username,
        password=email.password.read(folder) if email.password else None,
        timeout=email.timeout,
    )
    try:
        await client.connect()
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        client.close()
        raise _no_connection(email, error) from error
    return client


async def _quit(client: SMTP) -> None:
    """Say goodbye; what was sent is sent, so a server that hangs up first is no trouble."""
    try:
        if client.is_connected:
            await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        client.close()


async def _send_one(client: SMTP, sender: str, recipient: str, message: EmailMessage) -> Delivery:
    content = message.as_bytes()
    try:
        await client.mail(parse_address(sender).addr_spec, options=_size(client, content))
        await client.rcpt(parse_address(recipient).addr_spec)
    except aiosmtplib.SMTPResponseException as error:
        await _reset(client)
        return _refused(recipient, error)
    except (aiosmtplib.SMTPException, OSError) as error:
        client.close()
        return Delivery(
            recipient, Status.FAILED, f"the connection broke before the message: {_said(error)}", permanent=False
        )
    return await _hand_over(client, recipient, content)


async def _hand_over(client: SMTP, recipient: str, content: bytes) -> Delivery:
    """Send the message itself; from here on a broken connection leaves it unknown."""
    try:
        response = await client.data(content)
    except asyncio.CancelledError:
        client.close()
        return Delivery(recipient, Status.UNKNOWN, "stopped while the message was on its way")
    except aiosmtplib.SMTPResponseException as error:
        await _reset(client)
        return _refused(recipient, error)
    except (aiosmtplib.SMTPException, OSError) as error:
        client.close()
        return Delivery(recipient, Status.UNKNOWN, f"the connection broke after the message: {_said(error)}")
    return Delivery(recipient, Status.SENT, _line(response.message))


async def _reset(client: SMTP) -> None:
    try:
        if client.is_connected:
            await client.rset()
    except (aiosmtplib.SMTPException, OSError):
        client.close()


def _refused(recipient: str, error: aiosmtplib.SMTPResponseException) -> Delivery:
    detail = f"the server answered {error.code}: {_line(error.message)}"
    return Delivery(recipient, Status.FAILED, detail, permanent=error.code >= FINAL)


def _size(client: SMTP, content: bytes) -> list[str]:
    return [f"size={len(content)}"] if client.supports_extension("size") else []


def _no_connection(email: SmtpEmail, error: Exception) -> DeliveryError:
    where = f"the mail server {email.host}:{email.port}"
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return DeliveryError(
            f"{where} refused the login of {email.username}: {_line(error.message)}",
            hint="Check email.username and email.password; some providers want a password made for applications.",
            permanent=True,
        )
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return DeliveryError(
            f"{where} can't be trusted: {_said(error)}",
            hint='Check email.host and email.security: "tls" for port 465, "starttls" for 587.',
        )
    return DeliveryError(
        f"{where} can't be used: {_said(error)}",
        hint='Check email.host, email.port and email.security: "tls" for port 465, "starttls" for 587.',
        permanent=False,
    )


def _said(error: Exception) -> str:
    return _line(str(getattr(error, "message", None) or error) or type(error).__name__)


def _line(text: str) -> str:
    """Return a server's words on one line, without what could confuse a terminal."""
    return " ".join("".join(one if one.isprintable() else " " for one in str(text)).split())[:300]
