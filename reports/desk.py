"""What everything is written and drawn with: the words, the formats and the look of one report in one language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.present.formats import Formats
from reports.present.language import SOURCE_LANGUAGE, Language
from reports.present.sentences import Sentences
from reports.present.templates import Templates
from reports.present.themes import load_theme

if TYPE_CHECKING:
    from reports.job import Job
    from reports.present.theme import Theme


@dataclass(frozen=True)
class Desk:
    """The language, as the configuration names it, and all that follows from it."""

    locale: str
    templates: Templates
    language: Language
    formats: Formats
    sentences: Sentences
    theme: Theme


def open_desk(job: Job, locale: str | None = None) -> Desk:
    """Find the templates, the language and the look; without a locale, the one of the report's mail."""
    templates = Templates.of_project(job.config.folder)
    templates.require(job.report.template)
    name = locale or job.locales[0]
    language = Language.load(templates, name, job.config.numbers(job.report))
    formats = Formats(language, job.config.currency(job.report))
    theme = load_theme(templates, *job.config.look(job.report), job.config.folder)
    return Desk(name, templates, language, formats, Sentences(language, formats, job.plan), theme)


def english(desk: Desk) -> Sentences:
    """Return the sentences of a desk in English, for what operators see."""
    language = Language.load(desk.templates, SOURCE_LANGUAGE)
    return Sentences(language, Formats(language, desk.formats.currency), desk.sentences.plan)


def open_desks(job: Job) -> tuple[Desk, ...]:
    """Open a desk for each language of a job, before anything is fetched: one that isn't there stops it."""
    return tuple(open_desk(job, locale) for locale in job.locales)
