"""Stories of weeks, one folder each: what a reader is told of them, word for word."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reports.analysis.analyse import analyse
from reports.figures import Figures, PipelineWindows, Window
from reports.present.sentences import Sentences
from tests.making import arabic, arabic_formats, pipeline_of, plan_of, sentences, snapshot_of

FOLDERS = sorted(path.parent for path in (Path(__file__).parent / "scenarios").glob("*/story.toml"))
CENT = Decimal("0.01")
PLAIN = {0x2066: None, 0x2067: None, 0x2068: None, 0x2069: None, 0xA0: " "}


def told(story: dict[str, Any]) -> tuple[Any, list[PipelineWindows]]:
    longest = max(len(one["weeks"]) for one in story["pipelines"])
    plan = plan_of("week", story["as_of"], longest)
    made = []
    for number, one in enumerate(story["pipelines"], 1):
        figures = {period: _figures(row) for period, row in zip(plan.trailing, one["weeks"], strict=True)}
        known = [period for period, found in figures.items() if found is not None]
        started = None if len(known) == len(figures) else known[0].since
        made.append(
            pipeline_of(
                plan,
                lambda period, figures=figures: Window(period, figures[period] or Figures()),  # type: ignore[misc]
                number=number,
                created_on=started,
                name=one["name"],
            )
        )
    return plan, made


def _figures(row: list[int]) -> Figures | None:
    if not row:
        return None
    created, won, lost, value_created, value_won = row
    return Figures(created, won, lost, Decimal(value_created), Decimal(value_won))


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_a_story(folder: Path) -> None:
    story = tomllib.loads((folder / "story.toml").read_text(encoding="utf-8"))
    plan, pipelines = told(story)
    found = analyse(plan, snapshot_of(*pipelines))
    says, words = story["says"], sentences(plan)
    assert words.headline(found.headline).translate(PLAIN) == says["headline"]
    assert words.lede(found.headline).translate(PLAIN) == says["lede"]
    assert words.short(found.headline).translate(PLAIN) == says["subject"]
    assert {f"{one.figure.value} {one.course.value}" for one in found.overall.signals} == set(says["signals"])
    drivers = found.overall.drivers
    assert drivers is not None
    assert {name: round(getattr(drivers, name)) for name in says["drivers"]} == says["drivers"]
    assert abs(sum(getattr(drivers, name) for name in says["drivers"]) - drivers.total) < CENT


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_a_story_in_arabic(folder: Path) -> None:
    story = tomllib.loads((folder / "story.toml").read_text(encoding="utf-8"))
    plan, pipelines = told(story)
    found = analyse(plan, snapshot_of(*pipelines)).headline
    words = Sentences(arabic(), arabic_formats(), plan)
    said = {"headline": words.headline(found), "lede": words.lede(found), "subject": words.short(found)}
    assert {name: text.translate(PLAIN) for name, text in said.items()} == story["arabic"]
