"""The rows of a CSV file of deals, each with what is wrong with it."""

from __future__ import annotations

import csv
import difflib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from reports.errors import ConfigError, DataError
from reports.files import why

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

T = TypeVar("T")

NEEDED = ("deal_id", "pipeline", "stage", "status", "value", "created_on", "closed_on")
OPTIONAL = ("name", "company", "agent_name", "agent_email", "currency")
COLUMNS = NEEDED + OPTIONAL
DELIMITERS = (",", ";", "\t")
MOST_SHOWN = 10
LONGEST_SHOWN = 60
SHAPE = "It needs a row with the names of the columns, then one per deal."


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
        self.problems.append(f"{self.names[column]} {shown(self.cell(column))} {what}")


def read_rows(path: Path, mapping: Mapping[str, str]) -> list[Row]:
    """Read all rows below the header; `mapping` says what the file calls our columns, where it calls them otherwise."""
    names = _names(mapping)
    rows = list(_rows(_text(path), path, names, mapping))
    if not rows:
        raise DataError(f"{path} holds no deals", hint=SHAPE)
    return rows


def refuse_bad(rows: Sequence[Row], path: Path) -> None:
    """Refuse the file if there is anything wrong with a row."""
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


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {why(error)}", hint="Name a CSV file of deals.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path} is not UTF-8, see line {line}", hint='Save it as "CSV UTF-8".') from error


def _names(mapping: Mapping[str, str]) -> dict[str, str]:
    unknown = [name for name in mapping if name not in COLUMNS]
    if unknown:
        close = [match for name in unknown for match in difflib.get_close_matches(name, COLUMNS, 1)]
        raise ConfigError(
            f"no column is called {_listed(unknown)}",
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
            f"{path} can't be read as CSV from line {line} on: {error}", hint="See whether its quotes are closed."
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
        raise DataError(f"{path} is empty", hint=SHAPE)
    missing = [column for column in COLUMNS if names[column] not in header and (column in NEEDED or column in mapping)]
    if missing:
        raise ConfigError(
            f"{path} has no column {_listed(names[column] for column in missing)}; it has {_listed(header)}",
            hint=f"Say what the file calls them: `{' '.join(_suggestion(column, header) for column in missing)}`.",
        )
    twice = sorted({name for name in names.values() if header.count(name) > 1})
    if twice:
        raise DataError(f"{path} has more than one column {_listed(twice)}", hint="Remove or rename all but one.")
    return {column: header.index(name) for column, name in names.items() if name in header}


def _suggestion(column: str, header: list[str]) -> str:
    plain = {name.lower().replace(" ", "_"): name for name in header}
    [close] = difflib.get_close_matches(column, plain, 1) or [""]
    option = f"{column}={plain.get(close, '...')}"
    return f"--map '{option}'" if " " in option else f"--map {option}"


def shown(text: str) -> str:
    """Quote a text, cut to a length that can be read."""
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}...")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(shown(name) for name in names)
