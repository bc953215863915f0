"""Tells a watching service that a pass is done, so that silence is noticed."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl

import httpx

from reports.log import event

WITHIN = 10.0  # seconds for the whole request

# The address is a secret: it may hold a token. At their lower levels these two write addresses into the logs.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


async def ping(url: str, *, within: float = WITHIN) -> bool:
    """Request an address, and return whether it answered well in so many seconds; trouble is logged, never raised."""
    reason = await _trouble(url, within)
    if reason:
        event("ping.failed", level=logging.WARNING, reason=reason)
    return not reason


async def _trouble(url: str, within: float) -> str:
    """Return what went wrong, in words without the address; nothing if all is well."""
    try:
        async with asyncio.timeout(within):
            return await _request(url, within)
    except (TimeoutError, httpx.TimeoutException):
        return f"no answer within {within:g} s"
    except Exception as error:  # noqa: BLE001 - a watcher must never stop what it watches
        return _why(error)


async def _request(url: str, within: float) -> str:
    """Look at the status alone: what such a service says beyond it concerns nobody."""
    async with httpx.AsyncClient(timeout=within) as http, http.stream("GET", url) as response:
        return "" if response.is_success else f"answered {response.status_code}"


def _why(error: BaseException) -> str:
    """Name the kind of an error; its own text may quote the address."""
    causes = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    kinds = {
        ssl.SSLError: "no trusted encrypted connection",
        socket.gaierror: "its name can't be found",
        httpx.ConnectError: "can't be reached",
        httpx.InvalidURL: "not a web address",
        httpx.UnsupportedProtocol: "not a web address",
    }
    found = (text for kind, text in kinds.items() if any(isinstance(one, kind) for one in causes))
    return next(found, type(error).__name__)
