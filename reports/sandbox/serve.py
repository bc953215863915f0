"""The sandbox on a port of this machine, until it is interrupted."""

from __future__ import annotations

import socket
from datetime import datetime
from typing import TYPE_CHECKING

import uvicorn

from reports.errors import ConfigError
from reports.files import why
from reports.sandbox.app import create_app
from reports.sandbox.deals import Deals
from reports.sandbox.sample import fill, sample

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from zoneinfo import ZoneInfo

HOST = "127.0.0.1"


def serve_deals(  # noqa: PLR0913 - what the command can say
    database: Path | None,
    *,
    port: int,
    token: str,
    timezone: ZoneInfo,
    week_start: str,
    say: Callable[[str], None],
) -> None:
    """Serve a database, or made-up deals; port 0 takes any free one. The address is said when it is open."""
    if database is not None and not database.is_file():
        raise ConfigError(
            f"there is no database at {database}", hint="Fill one with `reports sandbox load FILE.csv` first."
        )
    listener = _listen(port)
    with Deals.open(database) as deals:
        if database is None:
            fill(deals, sample(datetime.now(timezone).date(), timezone))
        app = create_app(deals, token=token, timezone=timezone, week_start=week_start)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        address = f"http://{HOST}:{listener.getsockname()[1]}"
        say(f"Serving {database or 'made-up deals'} as account 1 at {address} (documentation: {address}/docs)")
        server.run(sockets=[listener])


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"port {port} can't be used: {why(error)}", hint="Choose another with --port; 0 takes any free one."
        ) from error
    listener.listen()
    return listener
