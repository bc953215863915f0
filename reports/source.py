"""Opens the source that the configuration names, and fetches one edition's snapshot from it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx

from reports import __version__
from reports.config.model import SandboxSource, VoxysSource
from reports.errors import DataError, ReportsError
from reports.figures import Pipeline, PipelineWindows, Snapshot
from reports.voxys.client import VoxysClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from reports.config.model import Config
    from reports.periods import Period

SANDBOX_TOKEN = "sandbox"  # noqa: S105 - guards made-up deals in this very process
SANDBOX_ACCOUNT = 1


class Source:
    """Where snapshots come from."""

    def __init__(self, client: VoxysClient) -> None:
        self._client = client

    async def pipelines(self, chosen: Sequence[int] | None = None) -> tuple[Pipeline, ...]:
        """Return the chosen pipelines in that order, or all of the account."""
        if chosen is None:
            return await self._client.pipelines()
        return tuple(await _all(self._client.pipeline(number) for number in chosen))

    async def snapshot(self, chosen: Sequence[int] | None, periods: Sequence[Period]) -> Snapshot:
        """Fetch every period of every chosen pipeline, side by side."""
        fetched_at = datetime.now(UTC)
        pipelines = await self.pipelines(chosen)
        if not pipelines:
            raise DataError("the account has no pipelines", hint="Create one in Voxys Connect, then try again.")
        fetched = await _all(self._pipeline(one, periods) for one in pipelines)
        answers = sorted(self._client.answers, key=lambda one: (one.path, sorted(one.query.items())))
        return Snapshot(fetched_at, tuple(fetched), tuple(answers))

    async def _pipeline(self, pipeline: Pipeline, periods: Sequence[Period]) -> PipelineWindows:
        stages, windows = await asyncio.gather(
            self._client.stages(pipeline.id),
            _all(self._client.window(pipeline.id, period) for period in periods),
        )
        known = Pipeline(pipeline.id, pipeline.name, pipeline.created_on, stages)
        return PipelineWindows(known, {window.period: window for window in windows})


async def _all(jobs: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """Run side by side; the first failure stops the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(job) for job in jobs]
    except ExceptionGroup as failures:
        raise _first(failures) from failures
    return [task.result() for task in tasks]


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    found = failures.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found


@asynccontextmanager
async def open_source(config: Config, on_answer: Callable[[], None] = lambda: None) -> AsyncIterator[Source]:
    """Open the source that the configuration names; `on_answer` is called for each answer that came in."""
    kind = config.source
    if isinstance(kind, SandboxSource):
        opened, options = _sandbox(config, kind), {}
        account = SANDBOX_ACCOUNT
    else:
        opened = _voxys(config, kind)
        options = {"timeout": kind.timeout, "connections": kind.connections, "attempts": kind.attempts}
        account = kind.account_id
    async with opened as http:
        yield Source(VoxysClient(http, account, config.account.zone, on_answer=on_answer, **options))
