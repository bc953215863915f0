"""The documents name what is in the code, all of it."""

from __future__ import annotations

import ast
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import create_model

from reports.cli import commands
from reports.config import load
from reports.config.conditions import ConditionTable
from reports.config.email import OAuth, OutboxEmail, SmtpEmail
from reports.config.languages import Reader
from reports.config.model import Account, Archive, Checks, Config, Ledger, Runner, SandboxSource, VoxysSource, Web
from reports.config.report import Report, Targets, View
from reports.config.schedule import ScheduleTable
from reports.config.secret import Secret, Section
from reports.config.theme import ChartType, Colours, Dark, FontFiles, LogoTable, ThemeTable
from reports.ledger.values import DeliveryState, SlotState
from tests.making import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic.fields import FieldInfo

STATES = {"slot.": SlotState, "delivery.": DeliveryState}
TABLES: dict[str, tuple[type[Section], ...]] = {  # by their headings in configuration.md
    "The tables": (Config,),
    "[account]": (Account,),
    "[source]": (SandboxSource, VoxysSource),
    "[email]": (OutboxEmail, SmtpEmail),
    "[email.oauth]": (OAuth,),
    "Secrets": (Secret,),
    "[recipients]": (Reader,),
    "[archive]": (Archive,),
    "[checks]": (Checks,),
    "[web]": (Web,),
    "[ledger]": (Ledger,),
    "[runner]": (Runner,),
    "[reports.NAME]": (Report,),
    "[reports.NAME.targets]": (Targets,),
    "[[reports.NAME.views]]": (View,),
    "only_if": (ConditionTable,),
    "schedule": (ScheduleTable,),
}
OF_THEMES: dict[str, tuple[type[Section], ...]] = {  # by their headings in themes.md
    "A theme's file": (ThemeTable,),
    "[colours]": (Colours,),
    "[dark]": (Dark,),
    "[chart]": (ChartType,),
    "[logo]": (LogoTable,),
    "[fonts]": (FontFiles,),
}
PLACES = [("docs/configuration.md", one) for one in TABLES] + [("docs/themes.md", one) for one in OF_THEMES]
BLOCK = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOCUMENTS = ("README.md", "docs/operate.md", "docs/readers.md", "docs/themes.md")
WHOLE_FILE = tomllib.loads((CHECKOUT / "config.toml").read_text(encoding="utf-8"))


def document(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


def logged() -> Iterator[str]:
    """Yield the name of every event that the code logs, also those that end with a state."""
    for path in sorted((CHECKOUT / "reports").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "event":
                yield from names_of(node.args[0])
            elif name == "_log":  # of a delivery: what happened to it stands second
                yield from (f"delivery.{one.value!s}" for one in node.args[1:2] if isinstance(one, ast.Constant))


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


def keys_listed(place: str, heading: str) -> dict[str, str]:
    """Return the keys of one table of a document, with what stands there as their default."""
    text = document(place).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    assert {len(row) for row in rows} == {4}
    return {key.strip("`"): default for key, _, default, _ in rows}


def fields_of(heading: str) -> dict[str, FieldInfo]:
    """Return the keys that a table may have, of whichever kind it is."""
    return {
        field.alias or name: field
        for model in {**TABLES, **OF_THEMES}[heading]
        for name, field in model.model_fields.items()
    }


def written(key: str, field: FieldInfo, listed: str) -> object:
    """Return the value of what is listed as a default, as a table reads it that has this key alone."""
    alone: dict[str, Any] = {key: (field.rebuild_annotation(), ...)}
    table = create_model("Alone", __base__=Section, **alone)
    return getattr(table.model_validate(tomllib.loads(f"{key} = {listed.strip('`')}")), key)


@pytest.mark.parametrize(("place", "heading"), PLACES)
def test_every_key_of_a_table_is_listed_and_no_other(place: str, heading: str) -> None:
    assert keys_listed(place, heading).keys() == fields_of(heading).keys()


@pytest.mark.parametrize(("place", "heading"), PLACES)
def test_the_default_that_is_listed_is_the_one_that_holds(place: str, heading: str) -> None:
    listed, fields = keys_listed(place, heading), fields_of(heading)
    needed = {key for key, field in fields.items() if field.is_required()}
    defaults = {key: one.get_default(call_default_factory=True) for key, one in fields.items() if key not in needed}
    unset = {key for key, default in defaults.items() if default is None}
    assert {key for key, text in listed.items() if text == "needed"} == needed
    assert {key for key, text in listed.items() if text == "none"} == unset
    others = {key: default for key, default in defaults.items() if key not in unset}
    assert {key: written(key, fields[key], listed[key]) for key in others} == others


def test_no_table_of_the_configuration_is_left_out() -> None:
    headings = [line[3:] for line in document("docs/configuration.md").splitlines() if line.startswith("## ")]
    assert headings.count("[groups]") == 1
    assert {*headings} - {"[groups]", "Texts and languages"} == TABLES.keys()
    tables = {model for models in (*TABLES.values(), *OF_THEMES.values()) for model in models}
    assert {one for one in tables_below(Section) if not one.__name__.startswith("_")} == tables


def tables_below(model: type[Section]) -> Iterator[type[Section]]:
    """Yield every model of the configuration that is made from another one."""
    for one in model.__subclasses__():
        if one.__module__.startswith("reports."):
            yield one
        yield from tables_below(one)


def test_the_example_of_the_readers_loads_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BLOCK.findall(document("docs/readers.md"))[0], encoding="utf-8")
    config = load(path)
    assert {one.cuts for one in config.reports.values()} == {"agent", "pipeline", None}
    assert any(one.views for one in config.reports.values())


@pytest.mark.parametrize("text", [text for name in DOCUMENTS for text in BLOCK.findall(document(name))])
def test_every_piece_of_a_configuration_fits_into_a_whole_one(text: str) -> None:
    found = tomllib.loads(text)
    reports = {name: completed(one) for name, one in found.pop("reports", {"weekly": {}}).items()}
    tables = {name: {**WHOLE_FILE.get(name, {}), **one} for name, one in found.items()}
    config = Config.model_validate({**WHOLE_FILE, **tables, "reports": reports})
    assert config.reports.keys() == reports.keys()


def completed(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report with what every one has; scorecards have neither a template to be named nor recipients."""
    own = {"to", "template"} if report.get("cuts") == "agent" else set()
    return {name: value for name, value in WHOLE_FILE["reports"]["weekly"].items() if name not in own} | report


def test_links_between_documents_lead_somewhere() -> None:
    for path in [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        for name, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", text):
            target = path.parent / name if name else path
            assert target.exists(), f"{path.name}: {name}"
            assert not anchor or anchor in anchors(target), f"{path.name}: {name}#{anchor}"


def anchors(path: Path) -> set[str]:
    """Return the anchors that a page of Markdown has for its headings."""
    heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
