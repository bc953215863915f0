"""Deals out of a CSV file, loaded whole or not at all."""

from __future__ import annotations

import csv
import difflib
import io
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from reports.errors import ConfigError, DataError
from reports.sandbox.deals import Agent, Deal, Pipeline, Stage, timestamp
from reports.sandbox.window import iso_day

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from reports.sandbox.deals import Deals

T = TypeVar("T")

ORIGIN = "CSV file"
NEEDED = ("deal_id", "pipeline", "stage", "status", "value", "created_on", "closed_on")
OPTIONAL = ("name", "company", "agent_name", "agent_email", "currency")
COLUMNS = NEEDED + OPTIONAL
DELIMITERS = (",", ";", "\t")
STATUSES = ("open", "won", "lost")
AMOUNT = re.compile(r"[+-]?[0-9]{1,13}(\.[0-9]{1,3}0*)?")
LARGEST = Decimal(10) ** 12
CURRENCY = re.compile(r"[A-Za-z]{3}")
MOST_SHOWN = 10
LONGEST_SHOWN = 60
NOON = "12:00:00"  # a file knows days alone, and noon is on the right one in every zone
COLORS = ("#2F6FED", "#1E9E6A", "#C7782B", "#7A5AC8", "#C0453B", "#3A8FA3")


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a file brought: new and updated deals, how many pipelines and agents they name, and the days they span."""

    new: int
    updated: int
    pipelines: int
    agents: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Record:
    """One row, understood."""

    line: int
    deal_id: str
    pipeline: str
    name: str
    company: str | None
    agent_name: str
    agent_email: str
    stage: str
    status: str
    value: Decimal | None
    currency: str | None
    created_on: date
    closed_on: date | None

    @property
    def agent(self) -> str:
        """What identifies the agent: the e-mail, else the name; empty where there is none."""
        return self.agent_email.lower() or self.agent_name


@dataclass(slots=True)
class Row:
    """One row as it is read: its cells by our names, the names that the file has for them, and what is wrong."""

    line: int
    cells: Mapping[str, str]
    names: Mapping[str, str]
    problems: list[str] = field(default_factory=list)

    def cell(self, column: str) -> str:
        """Take a cell; a column that isn't there is empty."""
        return self.cells.get(column, "")

    def needed(self, column: str) -> str:
        """Take a cell that must not be empty."""
        text = self.cell(column)
        if not text:
            self.complain(column, "is empty")
        return text

    def read(self, column: str, understand: Callable[[str], T], otherwise: str) -> T | None:
        """Take a cell that may be empty, and understand it."""
        text = self.cell(column)
        try:
            return understand(text) if text else None
        except ValueError:
            self.complain(column, otherwise)
            return None

    def complain(self, column: str, what: str) -> None:
        """Note what is wrong with a cell."""
        self.problems.append(f"{self.names[column]} {_shown(self.cell(column))} {what}")


def load_csv(deals: Deals, path: Path, mapping: Mapping[str, str], timezone: ZoneInfo) -> LoadResult:
    """Load a file of deals; `mapping` says what the file calls our columns, where it calls them otherwise.

    A deal that the store holds already is updated: the file is taken for a newer export of the same CRM.
    """
    names = _names(mapping)
    rows = list(_rows(_text(path), path, names, mapping))
    if not rows:
        raise DataError(
            f"{path} holds no deals.", hint="It needs a row with the names of the columns, then one per deal."
        )
    records = [record for row in rows if (record := _record(row)) is not None]
    _refuse_repeated(rows, records)
    with deals.writing():
        deals.claim(ORIGIN)
        _refuse_currencies(rows, records, _held(deals, records))
        _report(rows, path)
        return _store(deals, records, timezone)


# The file.


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path} can't be read: {(error.strerror or str(error)).lower()}.", hint="Name a CSV file of deals."
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path} is not UTF-8, see line {line}.", hint='Save it as "CSV UTF-8".') from error


def _names(mapping: Mapping[str, str]) -> dict[str, str]:
    unknown = [name for name in mapping if name not in COLUMNS]
    if unknown:
        close = [match for name in unknown for match in difflib.get_close_matches(name, COLUMNS, 1)]
        raise ConfigError(
            f"No column is called {_listed(unknown)}.",
            hint=f"Did you mean {_listed(close)}?" if close else f"The columns are {', '.join(COLUMNS)}.",
        )
    return {column: mapping.get(column, column).strip() for column in COLUMNS}


def _rows(text: str, path: Path, names: Mapping[str, str], mapping: Collection[str]) -> Iterator[Row]:
    numbered = _numbered(text, _delimiter(text, names), path)
    header = [cell.strip() for cell in next(numbered, (0, []))[1]]
    places = _places(header, path, names, mapping)
    for line, cells in numbered:
        row = Row(line, {column: cells[at].strip() for column, at in places.items() if at < len(cells)}, names)
        if len(cells) != len(header):
            row.problems.append(f"has {len(cells)} cells where the header has {len(header)}")
        yield row


def _numbered(text: str, delimiter: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Read the rows that aren't blank, each with the line on which it starts."""
    # Strictly: a quote that is never closed would otherwise swallow the rest of the file as one name.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path} can't be read as CSV from line {line} on: {error}.", hint="See whether its quotes are closed."
        ) from error


def _delimiter(text: str, names: Mapping[str, str]) -> str:
    """Choose the delimiter that finds the most columns in the header."""

    def found(delimiter: str) -> int:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        header = next((cells for cells in rows if any(cells)), [])
        return len({cell.strip() for cell in header} & set(names.values()))

    return max(DELIMITERS, key=found)


def _places(header: list[str], path: Path, names: Mapping[str, str], mapping: Collection[str]) -> dict[str, int]:
    if not header:
        raise DataError(f"{path} is empty.", hint="It needs a row with the names of the columns, then one per deal.")
    missing = [column for column in COLUMNS if names[column] not in header and (column in NEEDED or column in mapping)]
    if missing:
        raise ConfigError(
            f"{path} has no column {_listed(names[column] for column in missing)}. It has {_listed(header)}.",
            hint=f"Say what the file calls them: {' '.join(_suggestion(column, header) for column in missing)}",
        )
    twice = sorted({name for name in names.values() if header.count(name) > 1})
    if twice:
        raise DataError(f"{path} has more than one column {_listed(twice)}.", hint="Remove or rename all but one.")
    return {column: header.index(name) for column, name in names.items() if name in header}


def _suggestion(column: str, header: list[str]) -> str:
    plain = {name.lower().replace(" ", "_"): name for name in header}
    [close] = difflib.get_close_matches(column, plain, 1) or [""]
    option = f"{column}={plain.get(close, '...')}"
    return f"--map '{option}'" if " " in option else f"--map {option}"


# One row.


def _record(row: Row) -> Record | None:
    if row.problems:
        return None
    created_on = row.read("created_on", iso_day, "is not a day written YYYY-MM-DD")
    closed_on = row.read("closed_on", iso_day, "is not a day written YYYY-MM-DD")
    value = row.read("value", _amount, "is not a number such as 1234.50, with at most 3 decimals and at most 10^12")
    currency = row.read("currency", _currency, "is not a currency of three letters, such as SAR")
    deal_id, pipeline, stage = row.needed("deal_id"), row.needed("pipeline"), row.needed("stage")
    row.needed("created_on")
    _check_end(row, created_on, closed_on)
    if row.problems or created_on is None:
        return None
    return Record(
        line=row.line,
        deal_id=deal_id,
        pipeline=pipeline,
        name=row.cell("name") or deal_id,
        company=row.cell("company") or None,
        agent_name=row.cell("agent_name"),
        agent_email=row.cell("agent_email"),
        stage=stage,
        status=row.cell("status"),
        value=value,
        currency=currency,
        created_on=created_on,
        closed_on=closed_on,
    )


def _check_end(row: Row, created_on: date | None, closed_on: date | None) -> None:
    status = row.cell("status")
    if status not in STATUSES:
        row.complain("status", "is not open, won or lost")
    elif status == "open" and row.cell("closed_on"):
        row.complain("closed_on", "is given, but the deal is open")
    elif status != "open" and not row.cell("closed_on"):
        row.complain("closed_on", f"is empty, but the deal is {status}")
    if created_on and closed_on and closed_on < created_on:
        row.complain("closed_on", f"is before {row.names['created_on']}, {created_on}")


def _amount(text: str) -> Decimal:
    if not AMOUNT.fullmatch(text) or abs(Decimal(text)) > LARGEST:
        raise ValueError(text)
    return Decimal(text)


def _currency(text: str) -> str:
    if not CURRENCY.fullmatch(text):
        raise ValueError(text)
    return text.upper()


# All rows together.


def _refuse_repeated(rows: Sequence[Row], records: Sequence[Record]) -> None:
    complain = {row.line: row.complain for row in rows}
    lines: dict[str, int] = {}
    for record in records:
        first = lines.setdefault(record.deal_id, record.line)
        if first != record.line:
            complain[record.line]("deal_id", f"is in line {first} already")


def _held(deals: Deals, records: Sequence[Record]) -> dict[str, str]:
    """Tell the currency of each pipeline's deals in the store, without those that the file is about to update."""
    coming = {record.deal_id for record in records}
    names = {pipeline.id: pipeline.name for pipeline in deals.pipelines()}
    return {
        names[pipeline_id]: currency
        for deal_id, (_, pipeline_id, currency) in deals.known().items()
        if currency and deal_id not in coming
    }


def _refuse_currencies(rows: Sequence[Row], records: Sequence[Record], held: Mapping[str, str]) -> None:
    complain = {row.line: row.complain for row in rows}
    currencies = dict(held)
    for record in records:
        if record.currency and currencies.setdefault(record.pipeline, record.currency) != record.currency:
            known = currencies[record.pipeline]
            complain[record.line]("currency", f"is not {known}, which other deals of {_shown(record.pipeline)} are in")


def _report(rows: Sequence[Row], path: Path) -> None:
    bad = [row for row in rows if row.problems]
    if not bad:
        return
    lines = [f"  line {row.line}: {'; '.join(row.problems)}" for row in bad[:MOST_SHOWN]]
    if len(bad) > MOST_SHOWN:
        lines.append(f"  and {len(bad) - MOST_SHOWN} more")
    count = "1 row" if len(bad) == 1 else f"{len(bad)} rows"
    raise DataError(
        "\n".join([f"{count} of {path} can't be used:", *lines]),
        hint="Nothing was loaded. Correct the file and load it again.",
    )


def _shown(text: str) -> str:
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}...")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(_shown(name) for name in names)


# Into the store.


@dataclass(frozen=True, slots=True)
class Ids:
    """The numbers of all that the store and the file name."""

    deals: dict[str, int]
    pipelines: dict[str, int]
    stages: dict[tuple[int, str], int]
    agents: dict[str, int]


def _store(deals: Deals, records: Sequence[Record], timezone: ZoneInfo) -> LoadResult:
    ids = _known(deals)
    new = _number(ids.deals, (record.deal_id for record in records))
    _store_pipelines(deals, records, ids, timezone)
    _store_stages(deals, records, ids)
    _store_agents(deals, records, ids)
    deals.put_deals(_deal(record, ids, timezone) for record in records)
    deals.arrange()
    return LoadResult(
        new=len(new),
        updated=len(records) - len(new),
        pipelines=len({record.pipeline for record in records}),
        agents=len({record.agent for record in records if record.agent}),
        first=min(record.created_on for record in records),
        last=max(record.closed_on or record.created_on for record in records),
    )


def _known(deals: Deals) -> Ids:
    pipelines = deals.pipelines()
    stages = (stage for pipeline in pipelines for stage in deals.stages(pipeline.id))
    return Ids(
        deals={deal_id: number for deal_id, (number, _, _) in deals.known().items()},
        pipelines={pipeline.name: pipeline.id for pipeline in pipelines},
        stages={(stage.pipeline_id, stage.name): stage.id for stage in stages},
        agents={(agent.email or agent.name): agent.id for agent in deals.agents()},
    )


def _number(known: dict[T, int], wanted: Iterable[T]) -> list[T]:
    """Give numbers to those that have none yet, in the order of their first appearance; return them."""
    new = [each for each in dict.fromkeys(wanted) if each not in known]
    known.update((each, number) for number, each in enumerate(new, max(known.values(), default=0) + 1))
    return new


def _store_pipelines(deals: Deals, records: Sequence[Record], ids: Ids, timezone: ZoneInfo) -> None:
    start = timestamp(records[0].created_on, NOON, timezone)  # until they are arranged
    new = [(ids.pipelines[name], name) for name in _number(ids.pipelines, (record.pipeline for record in records))]
    deals.put_pipelines(Pipeline(number, name, "", _color(number), number, start) for number, name in new)


def _store_stages(deals: Deals, records: Sequence[Record], ids: Ids) -> None:
    new = _number(ids.stages, ((ids.pipelines[record.pipeline], record.stage) for record in records))
    numbered = [(ids.stages[key], *key) for key in new]
    deals.put_stages(
        Stage(number, pipeline_id, name, _color(number), number, "open") for number, pipeline_id, name in numbered
    )


def _store_agents(deals: Deals, records: Sequence[Record], ids: Ids) -> None:
    latest = {record.agent: record for record in records if record.agent}
    _number(ids.agents, latest)
    deals.put_agents(
        Agent(ids.agents[key], record.agent_name or record.agent_email, record.agent_email.lower() or None, None)
        for key, record in latest.items()
    )


def _color(number: int) -> str:
    return COLORS[(number - 1) % len(COLORS)]


def _deal(record: Record, ids: Ids, timezone: ZoneInfo) -> Deal:
    pipeline_id = ids.pipelines[record.pipeline]
    return Deal(
        id=ids.deals[record.deal_id],
        deal_id=record.deal_id,
        pipeline_id=pipeline_id,
        name=record.name,
        company=record.company,
        agent_id=ids.agents.get(record.agent),
        stage_id=ids.stages[pipeline_id, record.stage],
        status=record.status,
        value=record.value,
        currency=record.currency,
        created_at=timestamp(record.created_on, NOON, timezone),
        closed_at=timestamp(record.closed_on, NOON, timezone) if record.closed_on else None,
    )
