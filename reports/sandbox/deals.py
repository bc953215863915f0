"""The SQLite store of the sandbox's deals."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from threading import RLock
from typing import TYPE_CHECKING, Any, Self

from reports.errors import ConfigError, SourceUnavailable
from reports.sandbox.window import WindowFigures, quotient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType
    from zoneinfo import ZoneInfo

    from reports.sandbox.window import Window

VERSION = 1
APPLICATION = int.from_bytes(b"VXSB")  # tells our files from any other program's
PATIENCE = 10.0  # seconds to wait for another process that writes
SPLIT = 1_000_000

SCHEMA = """
CREATE TABLE IF NOT EXISTS about (origin TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pipelines (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL, color TEXT NOT NULL,
    position INTEGER NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS stages (
    id INTEGER PRIMARY KEY, pipeline_id INTEGER NOT NULL REFERENCES pipelines, name TEXT NOT NULL, color TEXT NOT NULL,
    position INTEGER NOT NULL, chatwoot_status TEXT CHECK (chatwoot_status IN ('open', 'resolved', 'pending')),
    UNIQUE (pipeline_id, name)
);
CREATE TABLE IF NOT EXISTS agents (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE, avatar_url TEXT
);
CREATE TABLE IF NOT EXISTS deals (
    id INTEGER PRIMARY KEY, deal_id TEXT NOT NULL UNIQUE,
    pipeline_id INTEGER NOT NULL REFERENCES pipelines, name TEXT NOT NULL, company TEXT,
    agent_id INTEGER REFERENCES agents, stage_id INTEGER NOT NULL REFERENCES stages,
    status TEXT NOT NULL CHECK (status IN ('open', 'won', 'lost')),
    value INTEGER, currency TEXT,
    created_at TEXT NOT NULL, closed_at TEXT CHECK ((closed_at IS NULL) = (status = 'open')),
    created_on TEXT GENERATED ALWAYS AS (substr(created_at, 1, 10)),
    closed_on TEXT GENERATED ALWAYS AS (substr(closed_at, 1, 10))
);
CREATE INDEX IF NOT EXISTS deals_created ON deals (pipeline_id, created_on);
CREATE INDEX IF NOT EXISTS deals_closed ON deals (pipeline_id, closed_on) WHERE closed_on IS NOT NULL;
CREATE INDEX IF NOT EXISTS deals_stage ON deals (stage_id);
"""

# Values are summed in two parts, since 9,300 deals of 10^12 in thousandths are more than 64 bits hold.
FIGURES = """
WITH events (key, created, won, lost, value_created, value_won) AS (
    SELECT CASE :by WHEN 'day' THEN created_on WHEN 'agent' THEN agent_id WHEN 'stage' THEN stage_id END,
           1, 0, 0, value, NULL
    FROM deals
    WHERE pipeline_id = :pipeline AND created_on BETWEEN :since AND :until AND (:agent IS NULL OR agent_id = :agent)
    UNION ALL
    SELECT CASE :by WHEN 'day' THEN closed_on WHEN 'agent' THEN agent_id WHEN 'stage' THEN stage_id END,
           0, status = 'won', status = 'lost', NULL, CASE status WHEN 'won' THEN value END
    FROM deals
    WHERE pipeline_id = :pipeline AND closed_on BETWEEN :since AND :until AND (:agent IS NULL OR agent_id = :agent)
)
SELECT key, SUM(created), SUM(won), SUM(lost),
       SUM(value_created / :split), SUM(value_created % :split), SUM(value_won / :split), SUM(value_won % :split)
FROM events GROUP BY key
"""

TOTALS = """
SELECT COUNT(*), SUM(value / :split), SUM(value % :split),
       SUM(status = 'won'), SUM(CASE status WHEN 'won' THEN value END / :split),
       SUM(CASE status WHEN 'won' THEN value END % :split), SUM(status = 'lost')
FROM deals WHERE pipeline_id = :pipeline
"""

# A company is known by its name alone; its first deal lends it an id that stays the same in every answer.
CARDS = """
WITH placed AS (
    SELECT deals.*, stages.position AS stage_position,
           ROW_NUMBER() OVER (PARTITION BY stage_id ORDER BY created_at, deals.id) AS place
    FROM deals JOIN stages ON stages.id = stage_id
    WHERE deals.pipeline_id = :pipeline
), companies AS (
    SELECT company AS called, MIN(id) AS company_id FROM deals GROUP BY company
)
SELECT placed.id, deal_id, pipeline_id, placed.name, company, agent_id, stage_id, status, value, currency,
       created_at, closed_at, place, company_id,
       agents.id, agents.name, email, avatar_url
FROM placed LEFT JOIN agents ON agents.id = agent_id LEFT JOIN companies ON called = company
WHERE (:status IS NULL OR status = :status) AND (:stage IS NULL OR stage_id = :stage)
ORDER BY stage_position, stage_id, place
"""

PUT_PIPELINE = """
INSERT INTO pipelines (id, name, description, color, position, created_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, color = excluded.color,
    position = excluded.position, created_at = excluded.created_at
"""

PUT_STAGE = """
INSERT INTO stages (id, pipeline_id, name, color, position, chatwoot_status) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, color = excluded.color, position = excluded.position,
    chatwoot_status = excluded.chatwoot_status
"""

PUT_AGENT = """
INSERT INTO agents (id, name, email, avatar_url) VALUES (?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, avatar_url = excluded.avatar_url
"""

PUT_DEAL = """
REPLACE INTO deals (id, deal_id, pipeline_id, name, company, agent_id, stage_id, status, value, currency,
    created_at, closed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

# Many a CRM leaves a lost deal in the stage it was lost in: only a stage that holds nothing else is an end.
ARRANGE = """
WITH ends AS (
    SELECT stages.id, stages.pipeline_id, CASE
        WHEN COUNT(deals.id) = 0 THEN chatwoot_status = 'resolved'
        WHEN MIN(status) = 'won' AND MAX(status) = 'won' THEN 1
        WHEN MIN(status) = 'lost' AND MAX(status) = 'lost' THEN 2
        ELSE 0 END AS kind
    FROM stages LEFT JOIN deals ON stage_id = stages.id GROUP BY stages.id
), places AS (
    SELECT id, kind, ROW_NUMBER() OVER (PARTITION BY pipeline_id ORDER BY kind, id) AS place FROM ends
)
UPDATE stages SET position = place, chatwoot_status = CASE kind WHEN 0 THEN 'open' ELSE 'resolved' END
FROM places WHERE places.id = stages.id
"""

DATE_PIPELINES = """
UPDATE pipelines SET created_at = first
FROM (SELECT pipeline_id, MIN(created_at) AS first FROM deals GROUP BY pipeline_id) AS firsts
WHERE firsts.pipeline_id = pipelines.id
"""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A sales pipeline; its stages are counted when it is read."""

    id: int
    name: str
    description: str
    color: str
    position: int
    created_at: str
    stages_count: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a pipeline; its deals are counted when it is read."""

    id: int
    pipeline_id: int
    name: str
    color: str
    position: int
    chatwoot_status: str | None
    cards_count: int = 0


@dataclass(frozen=True, slots=True)
class Agent:
    """The owner of deals."""

    id: int
    name: str
    email: str | None
    avatar_url: str | None


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal as it stands now; its times are local ones of the account, with their offset."""

    id: int
    deal_id: str
    pipeline_id: int
    name: str
    company: str | None
    agent_id: int | None
    stage_id: int
    status: str
    value: Decimal | None
    currency: str | None
    created_at: str
    closed_at: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """A deal where it lies on its pipeline's board, with what it refers to."""

    deal: Deal
    position: int
    company_id: int | None
    agent: Agent | None


@dataclass(frozen=True, slots=True)
class Totals:
    """A pipeline's deals of all times."""

    cards: int
    value: Decimal
    won: int
    won_value: Decimal
    lost: int

    @property
    def conversion_rate(self) -> Decimal:
        """The deals won per 100 deals."""
        return quotient(Decimal(100 * self.won), self.cards, Decimal("0.1"))


class Deals:
    """The deals of one account.

    One connection serves all threads, one at a time: the lock keeps their statements apart, and every answer that
    takes more than one statement is read inside `reading()`, so it shows one state even while another process writes.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = RLock()

    @classmethod
    def open(cls, path: Path | None) -> Self:
        """Open the store in a file, made if it isn't there, or in memory."""
        try:
            return cls(_connect(path))
        except sqlite3.Error as error:
            raise ConfigError(
                f"{path} can't be used as the sandbox's database: {error}.",
                hint="Name a file that the sandbox made, or one that isn't there yet in a folder that is.",
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Everything read inside is of one moment."""
        with self._transaction("BEGIN"):
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Everything written inside is kept whole, or not at all."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with self._lock:
            self._rows(begin)
            try:
                yield
                with _explained():
                    self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise

    def _rows(self, sql: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        with self._lock, _explained():
            return self._connection.execute(sql, values or {}).fetchall()

    def _put(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        with self._lock, _explained():
            self._connection.executemany(sql, rows)

    # What the deals are.

    def pipelines(self) -> tuple[Pipeline, ...]:
        """List every pipeline, in their order."""
        rows = self._rows(
            "SELECT *, (SELECT COUNT(*) FROM stages WHERE pipeline_id = pipelines.id) FROM pipelines"
            " ORDER BY position, id"
        )
        return tuple(Pipeline(*row) for row in rows)

    def pipeline(self, pipeline_id: int) -> Pipeline | None:
        """Find a pipeline; None if there is none of this id."""
        return next((each for each in self.pipelines() if each.id == pipeline_id), None)

    def stages(self, pipeline_id: int) -> tuple[Stage, ...]:
        """List a pipeline's stages, in their order."""
        rows = self._rows(
            "SELECT *, (SELECT COUNT(*) FROM deals WHERE stage_id = stages.id) FROM stages"
            " WHERE pipeline_id = :pipeline ORDER BY position, id",
            {"pipeline": pipeline_id},
        )
        return tuple(Stage(*row) for row in rows)

    def agents(self) -> tuple[Agent, ...]:
        """List every agent, by id."""
        rows = self._rows("SELECT id, name, email, avatar_url FROM agents ORDER BY id")
        return tuple(Agent(*row) for row in rows)

    def cards(self, pipeline_id: int, status: str | None = None, stage_id: int | None = None) -> tuple[Card, ...]:
        """List a pipeline's deals as they lie on its board."""
        rows = self._rows(CARDS, {"pipeline": pipeline_id, "status": status, "stage": stage_id})
        return tuple(_card(row) for row in rows)

    def known(self) -> dict[str, tuple[int, int, str | None]]:
        """Tell every deal's id, pipeline and currency, by the identifier it came with."""
        rows = self._rows("SELECT deal_id, id, pipeline_id, currency FROM deals")
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
        [row] = self._rows(TOTALS, {"pipeline": pipeline_id, "split": SPLIT})
        cards, high, low, won, won_high, won_low, lost = (number or 0 for number in row)  # no deals, no sums
        return Totals(cards, _money(high, low), won, _money(won_high, won_low), lost)

    def _figures(self, window: Window, by: str | None) -> dict[Any, WindowFigures]:
        rows = self._rows(
            FIGURES,
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
        held = [row[0] for row in self._rows("SELECT origin FROM about")]
        if not held:
            self._put("INSERT INTO about VALUES (?)", [(origin,)])
        elif held != [origin]:
            raise ConfigError(
                f"The sandbox's database holds deals from the {held[0]}; deals from the {origin} don't belong there.",
                hint="Name another database file for them, or delete this one first.",
            )

    def put_pipelines(self, pipelines: Iterable[Pipeline]) -> None:
        """Add pipelines, or change those of the same id."""
        self._put(
            PUT_PIPELINE, [(it.id, it.name, it.description, it.color, it.position, it.created_at) for it in pipelines]
        )

    def put_stages(self, stages: Iterable[Stage]) -> None:
        """Add stages, or change those of the same id."""
        self._put(
            PUT_STAGE, [(it.id, it.pipeline_id, it.name, it.color, it.position, it.chatwoot_status) for it in stages]
        )

    def put_agents(self, agents: Iterable[Agent]) -> None:
        """Add agents, or change those of the same id."""
        self._put(PUT_AGENT, [(it.id, it.name, it.email, it.avatar_url) for it in agents])

    def put_deals(self, deals: Iterable[Deal]) -> None:
        """Add deals, or replace those of the same id."""
        self._put(PUT_DEAL, (_row(deal) for deal in deals))

    def arrange(self) -> None:
        """Put each pipeline's open stages first, then won and lost ones, and date it by its first deal."""
        self._rows(ARRANGE)
        self._rows(DATE_PIPELINES)

    def clear(self) -> None:
        """Forget all deals with everything they refer to."""
        for statement in ("DELETE FROM deals", "DELETE FROM stages", "DELETE FROM agents", "DELETE FROM pipelines"):
            self._rows(statement)


def timestamp(day: date, clock: str, timezone: ZoneInfo) -> str:
    """Write a local time of working hours, `HH:MM:SS`, with the account's offset."""
    return f"{day.isoformat()}T{clock}{_offset(day, timezone)}"


@lru_cache(4096)
def _offset(day: date, timezone: ZoneInfo) -> str:
    # Clocks change at night, so noon's offset holds for the day's work. RFC 3339 knows no seconds of an offset,
    # which zones had before they had hours: they are cut.
    return datetime.combine(day, time(12), timezone).isoformat()[19:25]


def _connect(path: Path | None) -> sqlite3.Connection:
    # Whoever opens the store is often not the thread that serves it; the lock in Deals does what the check would.
    connection = sqlite3.connect(path or ":memory:", timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path | None) -> None:
    marks = tuple(connection.execute(f"PRAGMA {mark}").fetchone()[0] for mark in ("application_id", "user_version"))
    if marks == (APPLICATION, VERSION):
        return
    if marks != (0, 0) or connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone() != (0,):
        ours = marks[0] == APPLICATION
        raise ConfigError(
            f"{path} is a sandbox database of version {marks[1]}; this program knows version {VERSION}."
            if ours
            else f"{path} is a database of another program.",
            hint="Name another file; deals from a CSV file can be loaded into it again.",
        )
    connection.executescript(
        f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT"
    )


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise SourceUnavailable(
            f"The sandbox's database can't be read or written: {error}.",
            hint="Another process may be loading deals into it, or the disk may be full: try again.",
        ) from error


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
