"""The parameters of requests, read strictly."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from reports.sandbox.groups import GroupBy
from reports.sandbox.window import iso_day

INTEGER = re.compile(r"-?[0-9]{1,19}")
LOWEST, HIGHEST = -(2**63), 2**63 - 1


class LeadStatus(StrEnum):
    """The states in which a lead can be; the sandbox has none that is snoozed."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    SNOOZED = "snoozed"


def _day(text: object) -> date:
    """Read a day strictly: pydantic alone would also take timestamps."""
    try:
        return iso_day(str(text))
    except ValueError:
        raise PydanticCustomError("day", "must be a day of the calendar written YYYY-MM-DD") from None


def _integer(text: object) -> int:
    """Read an integer strictly: pydantic alone would also take 1.0 and 1_0."""
    # SQLite would raise beyond 64 bits.
    if INTEGER.fullmatch(str(text)) and LOWEST <= (number := int(str(text))) <= HIGHEST:
        return number
    raise PydanticCustomError("integer", "must be an integer of 64 bits")


# Said by hand, since a parameter that may be left out is not one that may be null.
DAY: dict[str, Any] = {"type": "string", "format": "date"}
INT64: dict[str, Any] = {"type": "integer", "format": "int64", "minimum": LOWEST, "maximum": HIGHEST}
STATUS: dict[str, Any] = {"type": "string", "enum": list(LeadStatus)}
GROUP: dict[str, Any] = {"type": "string", "enum": list(GroupBy)}

Id = Annotated[int, BeforeValidator(_integer), WithJsonSchema(INT64)]
OptionalId = Annotated[int | None, BeforeValidator(_integer), WithJsonSchema(INT64)]
OptionalDay = Annotated[date | None, BeforeValidator(_day), WithJsonSchema(DAY)]
OptionalStatus = Annotated[LeadStatus | None, WithJsonSchema(STATUS)]
OptionalGroup = Annotated[GroupBy | None, WithJsonSchema(GROUP)]
