"""The Voxys API over httpx: side by side, bounded, with retries for what is temporary."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import stamina

from reports.errors import DataError, ReportsError, SourceRejected, SourceUnavailable
from reports.figures import Answer, Card, Pipeline, Stage, Window
from reports.voxys import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from zoneinfo import ZoneInfo

    from reports.periods import Period

LONGEST_WAIT = 120.0  # seconds; who asks for more is told to come back later
FIRST_WAIT = 0.5


class _Wait(SourceUnavailable):
    """A temporary refusal that says how long to wait, in seconds."""

    def __init__(self, cause: ReportsError, seconds: float) -> None:
        super().__init__(cause.message, hint=cause.hint)
        self.seconds = seconds


class VoxysClient:
    """Answers of one account: `timeout` in seconds for a whole answer, `connections` of them fetched at once."""

    def __init__(  # noqa: PLR0913 - one argument for each thing the configuration can say
        self,
        http: httpx.AsyncClient,
        account_id: int,
        zone: ZoneInfo,
        *,
        timeout: float = 30.0,
        connections: int = 6,
        attempts: int = 5,
        on_answer: Callable[[], None] = lambda: None,
    ) -> None:
        self._http = http
        self._account = account_id
        self._zone = zone
        self._timeout = timeout
        self._attempts = attempts
        self._slots = asyncio.Semaphore(connections)
        self._on_answer = on_answer
        self.answers: list[Answer] = []

    async def pipelines(self) -> tuple[Pipeline, ...]:
        """Return all pipelines of the account, in its order."""
        request = wire.pipelines_request(self._account)
        return wire.read_pipelines(request, self._zone, await self._get(request))

    async def pipeline(self, number: int) -> Pipeline:
        """Return one pipeline."""
        request = wire.pipeline_request(self._account, number)
        return wire.read_pipeline(request, self._zone, await self._get(request))

    async def stages(self, pipeline: int) -> tuple[Stage, ...]:
        """Return a pipeline's stages, in its order."""
        request = wire.stages_request(self._account, pipeline)
        return wire.read_stages(request, await self._get(request))

    async def cards(self, pipeline: int, status: str | None = None) -> tuple[Card, ...]:
        """Return every card of a pipeline; where a status is asked for, servers may still answer others."""
        request = wire.cards_request(self._account, pipeline, status)
        return wire.read_cards(request, await self._get(request))

    async def window(self, pipeline: int, period: Period, agent: int | None = None) -> Window:
        """Return the analytics of one period of one pipeline, maybe of one agent's deals only."""
        request = wire.analytics_request(self._account, pipeline, period, agent)
        return wire.read_window(request, period, await self._get(request))

    def forget_windows(self, pipelines: Collection[int]) -> None:
        """Drop what was answered about some pipelines, since it is asked for again; not what about single agents."""
        paths = tuple(f"{wire.pipeline_request(self._account, one).path}/" for one in pipelines)
        self.answers = [one for one in self.answers if wire.AGENT in one.query or not one.path.startswith(paths)]

    def forget_window(self, pipeline: int, period: Period, agent: int | None = None) -> None:
        """Drop one window, since it is asked for again."""
        request = wire.analytics_request(self._account, pipeline, period, agent)
        asked = (request.path, request.query)
        self.answers = [one for one in self.answers if (one.path, one.query) != asked]

    async def _get(self, request: wire.Request) -> object:
        """Fetch one answer, again where that may help."""
        retries = stamina.retry_context(
            on=_worth_another_try, attempts=self._attempts, timeout=None, wait_initial=FIRST_WAIT, wait_max=20.0
        )
        body: object = None
        async for attempt in retries:
            with attempt:
                body = await self._once(request)
        self.answers.append(Answer(request.path, request.query, body))
        self._on_answer()
        return body

    async def _once(self, request: wire.Request) -> object:
        try:
            async with self._slots, asyncio.timeout(self._timeout):
                response = await self._http.get(request.path, params=dict(request.query))
        except (TimeoutError, httpx.TimeoutException) as error:
            raise SourceUnavailable(
                f"the source took longer than {self._timeout:g} s to answer {request.about}",
                hint="Try later, or set a longer source.timeout.",
            ) from error
        except httpx.TransportError as error:
            raise _unreachable(self._http.base_url, error) from error
        except httpx.DecodingError as error:
            raise DataError(
                f"the answer for {request.about} came compressed and can't be unpacked",
                hint="Check source.base_url, and what stands between here and there.",
            ) from error
        if response.status_code == wire.OK:
            return wire.decode(request, response.content)
        token = self._http.headers.get(wire.TOKEN_HEADER, "")
        refusal = wire.refusal(request, response.status_code, response.content, token)
        raise _with_wait(refusal, response.headers.get("retry-after"))


def _with_wait(error: ReportsError, header: str | None) -> ReportsError:
    """Add what Retry-After asks for to a temporary refusal; too long a wait makes it final for now."""
    seconds = wire.retry_after(header, datetime.now(UTC))
    if error.permanent or seconds is None:
        return error
    if seconds > LONGEST_WAIT:
        return SourceUnavailable(f"{error.message}, and asks to wait {seconds / 60:.0f} minutes", permanent=True)
    return _Wait(error, seconds)


def _worth_another_try(error: Exception) -> bool | float:
    """Tell stamina whether to try again, and when, if the server said so."""
    if isinstance(error, _Wait):
        return error.seconds
    return isinstance(error, SourceUnavailable) and not error.permanent


def _unreachable(base: httpx.URL, error: httpx.TransportError) -> ReportsError:
    """Return what a broken connection means; a certificate that doesn't fit won't fit next time either."""
    where = f"{base.scheme}://{base.netloc.decode('ascii')}"
    if _is_certificate_problem(error):
        return SourceRejected(
            f"{where} shows a certificate that can't be trusted",
            hint="Check source.base_url; behind a company's own proxy, name its authority in SSL_CERT_FILE.",
        )
    reason = str(error).strip().rstrip(".") or type(error).__name__
    return SourceUnavailable(f"the source at {where} can't be reached: {reason}", hint="Check source.base_url.")


def _is_certificate_problem(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
