"""What stands above each chart: a title that names the measure, and a caption that says how to read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.figures import Figure
from reports.present.formats import clean
from reports.present.open_deals import open_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.findings import Section
    from reports.present.sentences import Sentences


@dataclass(frozen=True)
class Label:
    """The two texts above one chart."""

    title: str
    caption: str


def labels(sentences: Sentences, section: Section) -> dict[str, Label]:
    """Return the labels of every chart that there can be about a section, by the charts' names."""
    say, unit = sentences.language.text, sentences.formats.unit
    values = {"unit": unit, "previous": sentences.formats.isolate(sentences.previous)}
    trailing = say("Number of deals, {trailing}", trailing=sentences.trailing())
    return {
        "trend": Label(sentences.per_period(Figure.VALUE_WON), sentences.trend_caption(section)),
        "drivers": Label(
            say("What moved value won"), say("{unit}, against {previous}; the parts add up to the change", **values)
        ),
        "agents": Label(say("Value won by agent"), sentences.agents_caption(section)),
        "closed": Label(say("Deals won and lost"), trailing),
        "flow": Label(say("Deals created and won"), trailing),
        "pipelines": Label(
            say("Value won by pipeline"), say("{unit}, one scale for all; change against {previous}", **values)
        ),
        "stages": Label(say("New deals by stage"), _stages_caption(sentences, section)),
        "team": Label(
            say("Team by value won"),
            say("{unit}, {period}, one scale for all", unit=unit, period=sentences.current),
        ),
    }


def open_labels(sentences: Sentences, pipelines: Sequence[Section], caption: str) -> dict[str, Label]:
    """Return the labels of the charts of what stands open, by the charts' names."""
    return {f"open-{one.id}": Label(open_title(sentences.formats, one), caption) for one in pipelines}


def _stages_caption(sentences: Sentences, section: Section) -> str:
    """Return how to read the stages; the period before is there only if it was archived in its time."""
    say, formats = sentences.language.text, sentences.formats
    if any(change.previous for change in section.stages):
        text = say(
            "Number, by the stage they stand in now; value in {unit}; the tick marks {previous}, as of then",
            unit=formats.unit,
            previous=formats.isolate(sentences.previous),
        )
    else:
        text = say("Number, by the stage they stand in now; value in {unit}", unit=formats.unit)
    return text if section.id is None else f"{formats.isolate(clean(section.name))}. {text}"
