"""The documents name what is in the code, all of it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from reports.cli import commands
from reports.ledger.values import DeliveryState, SlotState
from tests.making import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

STATES = {"slot.": SlotState, "delivery.": DeliveryState}


def logged() -> Iterator[str]:
    """Yield the name of every event that the code logs, also those that end with a state."""
    for path in sorted((CHECKOUT / "reports").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in {"event", "who"}:
                yield from names_of(node.args[0])


def names_of(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.Constant):
        yield str(argument.value)
    elif isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
        prefix = str(argument.values[0].value)
        yield from (f"{prefix}{state}" for state in STATES[prefix])


def test_the_table_of_logs_has_every_event_and_no_other() -> None:
    text = (CHECKOUT / "docs" / "logs.md").read_text(encoding="utf-8").partition("## Events")[2]
    firsts = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    listed = {name for first in firsts for name in re.findall(r"`([a-z_.]+)`", first)}
    assert set(logged()) == listed


def test_commands_named_for_operators_exist() -> None:
    named = set(re.findall(r"`reports ([a-z-]+)", (CHECKOUT / "docs" / "operate.md").read_text(encoding="utf-8")))
    assert named
    assert named <= set(commands.commands)
