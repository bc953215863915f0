"""What a test mail says above the report: whom it would be for, and when the next ones go out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from reports.present.formats import clean_line
from reports.render.html import render_template

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Literal

    from reports.periods import Period
    from reports.present.language import Language
    from reports.present.sentences import Sentences
    from reports.present.templates import Templates


BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
RULE = "##"  # before each line, so that nobody takes it for the report


@dataclass(frozen=True)
class Trial:
    """Whom a message would be for, the next slots with the days that they show, and what a condition says of today.

    Slots are instants in the schedule's own zone; the condition is a sentence in English, empty where there is none.
    """

    intended: tuple[tuple[Literal["to", "cc", "bcc"], str], ...]
    slots: tuple[tuple[datetime, Period], ...]
    condition: str = ""


@dataclass(frozen=True)
class TrialView:
    """The same, written out: the line that says what this is, then whom it is for, and a list with its heading."""

    mark: str
    heading: str
    lines: tuple[str, ...]
    condition: str


def trial_view(sentences: Sentences, trial: Trial) -> TrialView:
    """Write a test's texts in the report's language."""
    say, isolate = sentences.language.text, sentences.formats.isolate
    names = {"to": say("To"), "cc": say("Copy"), "bcc": say("Hidden copy")}
    several = len(trial.intended) > 1
    people = [
        f"{names[role]}: {isolate(clean_line(mailbox))}" if several else isolate(clean_line(mailbox))
        for role, mailbox in trial.intended
    ]
    return TrialView(
        mark=say("TEST. Nobody else got this mail. It is for: {people}", people=sentences.language.sequence(people)),
        heading=say("The next slots, and the days they show") if trial.slots else say("This report has no schedule."),
        lines=tuple(_slot(sentences, *one) for one in trial.slots),
        condition=say("The condition, today: {words}", words=isolate(trial.condition)) if trial.condition else "",
    )


def with_mark(templates: Templates, language: Language, html: str, view: TrialView, colours: Mapping[str, str]) -> str:
    """Return a mail's HTML with a test's texts above all else, whatever its template is."""
    banner = render_template(templates, "partials/trial.html", language, trial=view, colours=colours)
    return BODY.sub(lambda found: f"{found[0]}\n{banner}", html, count=1)


def with_mark_text(text: str, view: TrialView) -> str:
    """Return a mail's plain text with a test's texts above all else."""
    said = [view.mark, view.heading, *view.lines, view.condition]
    return "\n".join([*(f"{RULE} {one}" for one in said if one), "", text])


def _slot(sentences: Sentences, due: datetime, period: Period) -> str:
    zone = due.tzinfo if isinstance(due.tzinfo, ZoneInfo) else ZoneInfo("UTC")
    formats, isolate = sentences.formats, sentences.formats.isolate
    shown = formats.span(sentences.plan.kind, period)
    values = {"moment": formats.moment(due, zone), "zone": zone.key, "span": shown}
    return sentences.language.text(
        "{moment} ({zone}): {span}", **{name: isolate(value) for name, value in values.items()}
    )
