"""Whether whoever sends was asked to stop."""

from __future__ import annotations

import asyncio

from reports.mail.outcome import Fate, Status

STOPPED = Fate(Status.FAILED, "stopped before it was sent", permanent=False)  # of a message that wasn't touched


async def stopping() -> bool:
    """Whether this task was cancelled, now or before; the wish is heard here, so nothing is interrupted by it later."""
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        return True
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def heed() -> None:
    """Stop here if that was asked for while a message was on its way: now that its outcome is safe."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
