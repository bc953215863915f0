"""When a slot is worth a report, as config.toml writes it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from reports.analysis.conditions import Condition, Test
from reports.config.secret import Section
from reports.config.values import BoundNumber
from reports.config.words import near
from reports.figures import Figure


class ConditionTable(Section):
    """One test: of a figure's change or value, or for a signal."""

    figure: str | None = None
    change_below: BoundNumber | None = None
    change_above: BoundNumber | None = None
    value_below: BoundNumber | None = None
    value_above: BoundNumber | None = None
    signal: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_test(self) -> ConditionTable:
        tests = [test.value for test in Test if getattr(self, test.value) is not None]
        if len(tests) != 1:
            message = f"needs exactly one of {', '.join(Test)}; several tables in a list mean any of them"
            raise ValueError(message)
        if self.figure is None and tests != [Test.SIGNAL]:
            message = 'names no figure, such as figure = "total_value_won"'
            raise ValueError(message)
        if self.figure is not None and self.figure not in set(Figure):
            message = f'"{self.figure}" is not a figure{near(self.figure, Figure)} There are {", ".join(Figure)}'
            raise ValueError(message)
        return self

    @property
    def condition(self) -> Condition:
        """What is asked, as a value."""
        test = next(one for one in Test if getattr(self, one.value) is not None)
        bound = getattr(self, test.value)
        figure = None if self.figure is None else Figure(self.figure)
        return Condition(test, figure, bound if isinstance(bound, Decimal) else None)


def _listed(value: object) -> object:
    """Take one table for a list of one."""
    return (value,) if isinstance(value, dict | ConditionTable) else value


ConditionsField: TypeAlias = Annotated[
    tuple[ConditionTable, ...], Field(min_length=1, strict=False), BeforeValidator(_listed)
]
