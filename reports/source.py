"""Opens the source that the configuration names, and fetches one edition's snapshot from it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import httpx

from reports import __version__
from reports.analysis.checks import disowned, unsettled
from reports.analysis.cuts import agents_of
from reports.analysis.probe import Evidence
from reports.archive import raw_json
from reports.config.model import VoxysSource
from reports.errors import ConfigError, DataError, SourceDenied
from reports.figures import Pipeline, PipelineWindows, Snapshot
from reports.voxys.client import VoxysClient
from reports.voxys.wire import AGENT, TOKEN_HEADER, cards_of, pipeline_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable, Mapping, Sequence

    from reports.config.model import Config, SandboxSource
    from reports.figures import Answer, Card, Cut, Window
    from reports.periods import Period, Plan

SANDBOX_TOKEN = "sandbox"  # noqa: S105 - guards made-up deals in this very process
SANDBOX_ACCOUNT = 1
ON_THE_BOARD = ("open", "snoozed")  # asked for one by one: all cards would be the account's whole history
Result = TypeVar("Result")


class Source:
    """Where snapshots come from."""

    def __init__(self, client: VoxysClient, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._client = client
        self._now = now

    async def pipelines(self, chosen: Sequence[int] | None = None) -> tuple[Pipeline, ...]:
        """Return the chosen pipelines in that order, or all of the account."""
        if chosen is None:
            return await self._client.pipelines()
        return tuple(await _all(self._client.pipeline(number) for number in chosen))

    async def snapshot(
        self,
        chosen: Sequence[int] | None,
        plan: Plan,
        agents: Literal["each"] | Collection[int] = (),
        only: frozenset[int] | None = None,
    ) -> Snapshot:
        """Fetch every period of every chosen pipeline, side by side; once more where its sums don't add up.

        Then, for some agents or for each, the current period and the one before of theirs alone. `only` leaves all
        pipelines but these out of it.
        """
        fetched_at = self._now()
        pipelines = await self._some_pipelines(chosen, only)
        fetched = await _all(self._pipeline(one, plan) for one in pipelines)
        snapshot = Snapshot(fetched_at, tuple(fetched))
        if moved := unsettled(plan, snapshot):  # deals were edited between two answers, or the source is wrong
            snapshot = await self._second_look(snapshot, plan, moved)
        each = {one.id for one in agents_of(snapshot, plan)} if agents == "each" else set(agents)
        if each:
            snapshot = await self._with_agents(snapshot, plan, sorted(each))
        return replace(snapshot, answers=_in_order(self._client.answers))

    async def history(self, chosen: Sequence[int] | None, plans: Sequence[Plan]) -> tuple[Snapshot, ...]:
        """Fetch the windows of several plans, each one once, without stages, cards and raw answers.

        A pipeline whose sums don't add up in any of the plans is fetched once more, as for a single snapshot.
        """
        fetched_at = self._now()
        pipelines = await self._some_pipelines(chosen)
        found = dict(zip(pipelines, await _all(self._windows(one, plans) for one in pipelines), strict=True))
        snapshots = [_cut_out(found, one, fetched_at) for one in plans]
        moved = {number for one, snapshot in zip(plans, snapshots, strict=True) for number in unsettled(one, snapshot)}
        again = [one for one in pipelines if one.id in moved]
        found |= zip(again, await _all(self._windows(one, plans) for one in again), strict=True)
        return tuple(_cut_out(found, one, fetched_at) for one in plans)

    async def _some_pipelines(
        self, chosen: Sequence[int] | None, only: frozenset[int] | None = None
    ) -> tuple[Pipeline, ...]:
        """Return the chosen pipelines, of which there has to be one."""
        if pipelines := await self._wanted(chosen, only):
            return pipelines
        raise DataError(
            "the source has no pipelines",
            hint="Create one in Voxys Connect; a sandbox database is filled with `reports sandbox load`.",
        )

    async def _windows(self, pipeline: Pipeline, plans: Sequence[Plan]) -> dict[Period, Window]:
        periods = dict.fromkeys(period for one in plans for period in _asked(one))
        windows = await _all(self._client.window(pipeline.id, one) for one in periods)
        return {window.period: window for window in windows}

    async def _wanted(self, chosen: Sequence[int] | None, only: frozenset[int] | None) -> tuple[Pipeline, ...]:
        if only is None:
            return await self.pipelines(chosen)
        found = await self.pipelines(chosen if chosen is None else [one for one in chosen if one in only])
        return tuple(one for one in found if one.id in only)

    async def _with_agents(self, snapshot: Snapshot, plan: Plan, agents: Sequence[int]) -> Snapshot:
        """Add what the source says of single agents; once more where that isn't what it says of them among all."""
        periods = dict.fromkeys((plan.current, plan.previous))
        snapshot = await self._own(
            snapshot, [(one.pipeline.id, *key) for one in snapshot.pipelines for key in product(agents, periods)]
        )
        if contrary := disowned(snapshot):
            snapshot = await self._own(await self._windows_again(snapshot, plan, contrary), contrary)
        return snapshot

    async def _own(self, snapshot: Snapshot, wanted: Sequence[tuple[int, int, Period]]) -> Snapshot:
        """Fetch what is wanted (pipeline, agent, period), and put it where the snapshot has it."""

        async def ask(pipeline: int, agent: int, period: Period) -> Window:
            self._client.forget_window(pipeline, period, agent)
            return await self._client.window(pipeline, period, agent)

        found = dict(zip(wanted, await _all(ask(*one) for one in wanted), strict=True))
        return replace(snapshot, pipelines=tuple(_with_own(one, found) for one in snapshot.pipelines))

    async def _windows_again(
        self, snapshot: Snapshot, plan: Plan, contrary: Sequence[tuple[int, int, Period]]
    ) -> Snapshot:
        """Fetch shared windows again; where the periods don't add up any more then, everything of their pipelines."""
        wanted = dict.fromkeys((pipeline, period) for pipeline, _, period in contrary)
        if plan.covering:
            wanted |= dict.fromkeys((pipeline, plan.covering) for pipeline, _ in wanted)

        async def ask(pipeline: int, period: Period) -> Window:
            self._client.forget_window(pipeline, period)
            return await self._client.window(pipeline, period)

        found = dict(zip(wanted, await _all(ask(*one) for one in wanted), strict=True))
        snapshot = replace(snapshot, pipelines=tuple(_renewed(one, found) for one in snapshot.pipelines))
        moved = unsettled(plan, snapshot)
        return await self._second_look(snapshot, plan, moved) if moved else snapshot

    async def _second_look(self, snapshot: Snapshot, plan: Plan, moved: Sequence[int]) -> Snapshot:
        """Fetch some pipelines again, all of their windows; what they said first is forgotten."""
        again = {one.pipeline.id: one.pipeline for one in snapshot.pipelines if one.pipeline.id in moved}
        self._client.forget_windows(moved)
        fetched = await _all(self._pipeline(one, plan) for one in again.values())
        of_agents = {one.pipeline.id: one.of_agents for one in snapshot.pipelines}
        fresh = {one.pipeline.id: replace(one, of_agents=of_agents[one.pipeline.id]) for one in fetched}
        return replace(snapshot, pipelines=tuple(fresh.get(one.pipeline.id, one) for one in snapshot.pipelines))

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Every answer so far, as it came."""
        return tuple(self._client.answers)

    async def evidence(
        self, pipelines: Mapping[int, frozenset[str]], choose: Callable[[Sequence[Card]], Sequence[Period]]
    ) -> list[Evidence]:
        """Fetch the cards of pipelines, then the windows chosen by them; each pipeline with its reports' currencies."""

        async def look(pipeline: int, currencies: frozenset[str]) -> Evidence:
            cards = await self._client.cards(pipeline)
            windows = await _all(self._client.window(pipeline, period) for period in choose(cards))
            return Evidence(pipeline, cards, tuple(windows), currencies)

        return await _all(look(*one) for one in pipelines.items())

    async def _pipeline(self, pipeline: Pipeline, plan: Plan) -> PipelineWindows:
        async with asyncio.TaskGroup() as group:
            stages = group.create_task(self._client.stages(pipeline.id))
            windows = group.create_task(_all(self._client.window(pipeline.id, one) for one in _asked(plan)))
            cards = group.create_task(self._cards(pipeline.id))
        known = Pipeline(pipeline.id, pipeline.name, pipeline.created_on, stages.result())
        found = {window.period: window for window in windows.result()}
        covering = found[plan.covering] if plan.covering else None
        return PipelineWindows(known, {period: found[period] for period in plan.windows}, covering, cards.result())

    async def _cards(self, pipeline: int) -> tuple[Card, ...] | None:
        """Return the open and snoozed cards, each once; None where this token may not read cards."""
        try:
            answers = await _all(self._client.cards(pipeline, status) for status in ON_THE_BOARD)
        except SourceDenied:
            return None
        listed = {card.id: card for cards in answers for card in cards if card.status in ON_THE_BOARD}
        return tuple(listed.values())


def _asked(plan: Plan) -> tuple[Period, ...]:
    """Return every period to ask for, once each: those of the plan, and the one that covers the trailing ones."""
    return tuple(dict.fromkeys((*plan.windows, plan.covering) if plan.covering else plan.windows))


def _cut_out(found: Mapping[Pipeline, Mapping[Period, Window]], plan: Plan, fetched_at: datetime) -> Snapshot:
    """Return what one of several plans is about."""
    pipelines = (
        PipelineWindows(
            pipeline,
            {period: windows[period] for period in plan.windows},
            windows[plan.covering] if plan.covering else None,
        )
        for pipeline, windows in found.items()
    )
    return Snapshot(fetched_at, tuple(pipelines))


def _with_own(fetched: PipelineWindows, found: Mapping[tuple[int, int, Period], Window]) -> PipelineWindows:
    """Add what was found about single agents (by pipeline, agent, period) to the pipeline it is about."""
    own = {(agent, period): one for (number, agent, period), one in found.items() if number == fetched.pipeline.id}
    return replace(fetched, of_agents={**fetched.of_agents, **own})


def _renewed(fetched: PipelineWindows, found: Mapping[tuple[int, Period], Window]) -> PipelineWindows:
    """Put windows that were fetched again in the place of the first ones."""
    number, covering = fetched.pipeline.id, fetched.covering
    windows = {period: found.get((number, period), window) for period, window in fetched.windows.items()}
    covering = None if covering is None else found.get((number, covering.period), covering)
    return replace(fetched, windows=windows, covering=covering)


def answers_of(answers: Iterable[Answer], cut: Cut) -> tuple[Answer, ...]:
    """Return the raw answers that a cut is made from: none about other pipelines, none about other agents alone.

    Of the cards that were answered, an agent's cut has their own.
    """
    own = (one for one in answers if _belongs(one, cut))
    if cut.agents is None:
        return tuple(own)
    return tuple(replace(one, body=cards_of(one.body, cut.agents)) if _has_cards(one) else one for one in own)


def _has_cards(answer: Answer) -> bool:
    return answer.path.endswith("/cards")


def _belongs(answer: Answer, cut: Cut) -> bool:
    agent, pipeline = answer.query.get(AGENT), pipeline_of(answer.path)
    if agent is not None and int(agent) not in (cut.agents or ()):
        return False
    return cut.pipelines is None or pipeline is None or pipeline in cut.pipelines


def _in_order(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """Sort answers by what was asked, since they come in any order."""
    return tuple(sorted(answers, key=lambda one: (one.path, sorted(one.query.items()))))


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
    if isinstance(config.source, VoxysSource):
        opened = _voxys(config, config.source, on_answer)
    else:
        opened = _sandbox(config, config.source, on_answer)
    async with opened as client:
        yield Source(client)


@asynccontextmanager
async def replay(config: Config, snapshot: Snapshot) -> AsyncIterator[Source]:
    """Open the raw answers of a snapshot as a source: the same requests, no network."""
    answers = {(one.path, tuple(sorted(one.query.items()))): one.body for one in snapshot.answers}

    def answer(request: httpx.Request) -> httpx.Response:
        key = (request.url.path, tuple(sorted(request.url.params.multi_items())))
        if key not in answers and request.url.path.endswith("/cards"):
            return httpx.Response(403)  # it wasn't allowed then
        if key not in answers:
            raise DataError(
                f"the archive has no answer for {request.url.path}", hint="The revision was kept by another version."
            )
        return httpx.Response(200, content=raw_json(answers[key]))

    account = config.source.account_id if isinstance(config.source, VoxysSource) else SANDBOX_ACCOUNT
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://archive") as http:
        yield Source(VoxysClient(http, account, config.account.zone, attempts=1), lambda: snapshot.fetched_at)


@asynccontextmanager
async def _voxys(config: Config, source: VoxysSource, on_answer: Callable[[], None]) -> AsyncIterator[VoxysClient]:
    headers = {TOKEN_HEADER: source.token.read(config.folder), "User-Agent": f"pipeline-reports/{__version__}"}
    limits = httpx.Limits(max_connections=source.connections)
    timeout = httpx.Timeout(source.timeout, pool=None)
    async with httpx.AsyncClient(
        base_url=source.base_url, headers=headers, limits=limits, timeout=timeout, verify=_tls()
    ) as http:
        yield VoxysClient(
            http,
            source.account_id,
            config.account.zone,
            timeout=source.timeout,
            connections=source.connections,
            attempts=source.attempts,
            on_answer=on_answer,
        )


@cache
def _tls() -> ssl.SSLContext:
    """Return what checks certificates; reading the roots takes as long as fetching a pipeline."""
    return httpx.create_ssl_context()


@asynccontextmanager
async def _sandbox(config: Config, source: SandboxSource, on_answer: Callable[[], None]) -> AsyncIterator[VoxysClient]:
    """Ask the embedded server in this process: no port, the same requests and answers."""
    # here, for whoever has an account of their own doesn't need a web server
    from reports.sandbox.app import create_app
    from reports.sandbox.deals import Deals
    from reports.sandbox.sample import fill, sample

    path = None if source.database is None else config.path(source.database)
    if path is not None and not path.is_file():
        raise ConfigError(
            f"there is no sandbox database at {path}",
            hint="Fill one with `reports sandbox load FILE.csv --database FILE`, or leave source.database away.",
        )
    with Deals.open(path) as deals:
        if path is None:
            fill(deals, sample(datetime.now(config.account.zone).date(), config.account.zone))
        app = create_app(deals, token=SANDBOX_TOKEN, timezone=config.account.zone, week_start=config.account.week_start)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {TOKEN_HEADER: SANDBOX_TOKEN}
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers) as http:
            yield VoxysClient(http, SANDBOX_ACCOUNT, config.account.zone, on_answer=on_answer)
