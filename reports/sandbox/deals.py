"""The store of the sandbox's deals."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from reports.errors import ConfigError
from reports.sandbox import sql
from reports.sandbox.database import Database
from reports.sandbox.records import Agent, Card, Deal, Pipeline, Stage, Totals
from reports.sandbox.window import WindowFigures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

    from reports.sandbox.window import Window

SPLIT = 1_000_000


class Deals:
    """The deals of one account.

    Every answer that takes more than one statement is read inside `reading()`, so it shows one state even while
    another process writes.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path | None) -> Self:
        """Open the store in a file, made if it isn't there, or in memory."""
        return cls(Database.open(path))

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Everything read inside is of one moment."""
        with self._database.transaction("BEGIN"):
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Everything written inside is kept whole, or not at all."""
        with self._database.transaction("BEGIN IMMEDIATE"):
            yield

    # What the deals are.

    def pipelines(self) -> tuple[Pipeline, ...]:
        """List every pipeline, in their order."""
        return tuple(Pipeline(*row) for row in self._database.rows(sql.PIPELINES))

    def pipeline(self, pipeline_id: int) -> Pipeline | None:
        """Find a pipeline; None if there is none of this id."""
        return next((each for each in self.pipelines() if each.id == pipeline_id), None)

    def stages(self, pipeline_id: int) -> tuple[Stage, ...]:
        """List a pipeline's stages, in their order."""
        return tuple(Stage(*row) for row in self._database.rows(sql.STAGES, {"pipeline": pipeline_id}))

    def agents(self) -> tuple[Agent, ...]:
        """List every agent, by id."""
        return tuple(Agent(*row) for row in self._database.rows(sql.AGENTS))

    def cards(self, pipeline_id: int, status: str | None = None, stage_id: int | None = None) -> tuple[Card, ...]:
        """List a pipeline's deals as they lie on its board."""
        rows = self._database.rows(sql.CARDS, {"pipeline": pipeline_id, "status": status, "stage": stage_id})
        return tuple(_card(row) for row in rows)

    def known(self) -> dict[str, tuple[int, int, str | None]]:
        """Tell every deal's id, pipeline and currency, by the identifier it came with."""
        rows = self._database.rows("SELECT deal_id, id, pipeline_id, currency FROM deals")
        return {row[0]: row[1:] for row in rows}

    # What they come to.

    def figures(self, window: Window) -> WindowFigures:
        """Count a window."""
        return self._figures(window, None).get(None, WindowFigures())

    def by_day(self, window: Window) -> dict[date, WindowFigures]:
        """Count each day of a window on which anything happened."""
        return {date.fromisoformat(key): figures for key, figures in self._figures(window, "day").items()}

    def by_agent(self, window: Window) -> tuple[tuple[Agent | None, WindowFigures], ...]:
        """Count each agent who has anything in a window, by id; None stands for no agent and comes last."""
        figures = self._figures(window, "agent")
        owners = [*self.agents(), None]
        return tuple((each, figures[key]) for each in owners if (key := each.id if each else None) in figures)

    def by_stage(self, window: Window) -> tuple[tuple[Stage, WindowFigures], ...]:
        """Count a window by the stage in which its deals stand now: every stage, in their order."""
        figures = self._figures(window, "stage")
        return tuple((each, figures.get(each.id, WindowFigures())) for each in self.stages(window.pipeline_id))

    def totals(self, pipeline_id: int) -> Totals:
        """Count all deals of a pipeline."""
        [row] = self._database.rows(sql.TOTALS, {"pipeline": pipeline_id, "split": SPLIT})
        cards, high, low, won, won_high, won_low, lost = (number or 0 for number in row)  # no deals, no sums
        return Totals(cards, _money(high, low), won, _money(won_high, won_low), lost)

    def _figures(self, window: Window, by: str | None) -> dict[Any, WindowFigures]:
        rows = self._database.rows(
            sql.FIGURES,
            {
                "by": by,
                "split": SPLIT,
                "pipeline": window.pipeline_id,
                "agent": window.agent_id,
                "since": window.since.isoformat(),
                "until": window.until.isoformat(),
            },
        )
        return {row[0]: _window_figures(*row[1:]) for row in rows}

    # How they come in.

    def claim(self, origin: str) -> None:
        """Say where the deals come from: made-up ones and real ones never stand in one database."""
        held = [row[0] for row in self._database.rows("SELECT origin FROM about")]
        if not held:
            self._database.put("INSERT INTO about VALUES (?)", [(origin,)])
        elif held != [origin]:
            raise ConfigError(
                f"the sandbox's database holds deals from the {held[0]}; deals from the {origin} don't belong there",
                hint="Name another database file for them, or delete this one first.",
            )

    def put_pipelines(self, pipelines: Iterable[Pipeline]) -> None:
        """Add pipelines, or change those of the same id."""
        rows = [(it.id, it.name, it.description, it.color, it.position, it.created_at) for it in pipelines]
        self._database.put(sql.PUT_PIPELINE, rows)

    def put_stages(self, stages: Iterable[Stage]) -> None:
        """Add stages, or change those of the same id."""
        rows = [(it.id, it.pipeline_id, it.name, it.color, it.position, it.chatwoot_status) for it in stages]
        self._database.put(sql.PUT_STAGE, rows)

    def put_agents(self, agents: Iterable[Agent]) -> None:
        """Add agents, or change those of the same id."""
        self._database.put(sql.PUT_AGENT, ((it.id, it.name, it.email, it.avatar_url) for it in agents))

    def put_deals(self, deals: Iterable[Deal]) -> None:
        """Add deals, or replace those of the same id."""
        self._database.put(sql.PUT_DEAL, (_row(deal) for deal in deals))

    def arrange(self) -> None:
        """Put each pipeline's open stages first, then won and lost ones, and date it by its first deal."""
        self._database.rows(sql.ARRANGE)
        self._database.rows(sql.DATE_PIPELINES)

    def clear(self) -> None:
        """Forget all deals with everything they refer to."""
        for statement in ("DELETE FROM deals", "DELETE FROM stages", "DELETE FROM agents", "DELETE FROM pipelines"):
            self._database.rows(statement)


def _money(high: int | None, low: int | None) -> Decimal:
    return Decimal((high or 0) * SPLIT + (low or 0)).scaleb(-3)


def _window_figures(created: int, won: int, lost: int, *sums: int | None) -> WindowFigures:
    return WindowFigures(created, won, lost, _money(*sums[:2]), _money(*sums[2:]))


def _row(deal: Deal) -> tuple[object, ...]:
    return (
        deal.id,
        deal.deal_id,
        deal.pipeline_id,
        deal.name,
        deal.company,
        deal.agent_id,
        deal.stage_id,
        deal.status,
        None if deal.value is None else int(deal.value.scaleb(3)),
        deal.currency,
        deal.created_at,
        deal.closed_at,
    )


def _card(row: tuple[Any, ...]) -> Card:
    deal, (position, company_id), owner = list(row[:12]), row[12:14], row[14:]
    deal[8] = None if deal[8] is None else _money(0, deal[8])
    agent = None if owner[0] is None else Agent(*owner)
    return Card(Deal(*deal), position, company_id, agent)
