"""What the page's template sees: texts and pictures, every number already written out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC
from decimal import Decimal
from itertools import combinations_with_replacement
from math import ceil
from typing import TYPE_CHECKING

from reports.analysis.team import Role, team
from reports.config.report import SLIDES
from reports.figures import WHOLE, AgentFigures, Figure
from reports.findings import CheckName, Section
from reports.present.checks import check_lines, footnotes, noted
from reports.present.definitions import definitions
from reports.present.drawing import ADDRESS
from reports.present.formats import DASH, clean, shorten
from reports.present.holidays import calendar_sentences
from reports.present.kpis import ORDINARY, kpis
from reports.present.restatements import restatement_lines
from reports.present.standing import own_headline, own_lede
from reports.render.board import board, open_caption
from reports.render.card import card
from reports.render.html import svg_address
from reports.render.labels import labels, open_labels
from reports.render.notes import note_html, note_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from markupsafe import Markup

    from reports.analysis.probe import Proof
    from reports.analysis.team import TeamLine
    from reports.figures import Cut, EditionId
    from reports.findings import Analysis, Standing
    from reports.present.checks import CheckLine
    from reports.present.formats import Change
    from reports.present.kpis import Kpi
    from reports.present.sentences import Sentences
    from reports.render.board import Board
    from reports.render.card import Card
    from reports.render.labels import Label
    from reports.render.slides import Slide

MOST_AGENTS, MOST_ON_SLIDE = 15, 7
TERM, LETTERS = 1.4, 52  # lines for a term with its distance, letters of its meaning on a line
LONGEST_NAME = 44


@dataclass(frozen=True)
class Picture:
    """An image with the text that stands for it, and what is written above it, if anything is.

    `src` is a data: address, or names a drawing; sizes are in points.
    """

    src: str
    alt: str
    width: float = 0.0
    height: float = 0.0
    title: str = ""
    caption: str = ""


@dataclass(frozen=True)
class Facts:
    """What an edition is about, beside its numbers."""

    edition: EditionId
    account: str
    title: str
    as_of: date
    fetched_at: datetime
    zone: ZoneInfo
    paper: str
    all_pipelines: bool
    cut: Cut
    assumed: bool
    proof: Proof | None = None
    note: str | None = None  # Markdown
    targets_left_out: bool = False
    trial: bool = False


@dataclass(frozen=True)
class Cell:
    """A key figure with its sparkline; none where the source doesn't say what it was in earlier periods."""

    kpi: Kpi
    spark: Picture | None


@dataclass(frozen=True)
class TeamRow:
    """One line of the team table; `share` is the bar's length, `tick` the one before, in percent of the longest."""

    name: str
    created: str
    won: str
    value: str
    before: str
    year_ago: str
    change: Change
    difference: str
    share: float | None
    tick: float | None
    role: str


@dataclass(frozen=True)
class SectionView:
    """One pipeline, or all of them together; `has_data` is false where no trailing period has any."""

    key: str
    name: str
    isolated: str  # the name as part of a sentence
    headline: str
    cells: tuple[Cell, ...]
    charts: Mapping[str, Picture]
    labels: Mapping[str, Label]  # of every chart that there can be
    has_data: bool


@dataclass(frozen=True)
class Page:
    """The whole document."""

    facts: Facts
    scope: str
    part: str  # what the cut is called; empty for the whole
    span: str
    compared: str
    fetched: str
    headline: str
    lede: str
    overview: SectionView
    pipelines: tuple[SectionView, ...]
    team: tuple[TeamRow, ...]
    open: Board
    definitions: tuple[tuple[tuple[str, str], ...], ...]  # columns of terms with their meanings
    captions: Mapping[str, str]
    unit: str
    as_of: str
    created: str
    note: Markup  # empty where there is none
    note_text: str  # as it was written
    checks: tuple[CheckLine, ...] = ()
    restatements: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)  # the footnotes of key figures, by the figures' names
    stages_note: str = ""
    year_ago: str = ""  # the period, where it is compared with
    card: Card | None = None  # of an agent's page
    slides: tuple[Slide, ...] = ()  # of a deck


class PageBuilder:
    """Writes an analysis out for the template."""

    def __init__(self, sentences: Sentences, facts: Facts) -> None:
        self._sentences = sentences
        self._formats = sentences.formats
        self._text = sentences.language.text
        self._facts = facts

    def page(self, analysis: Analysis, overview: SectionView, pipelines: Sequence[SectionView]) -> Page:
        """Put the page together from its sections."""
        sentences = self._sentences
        texts = open_labels(sentences, analysis.pipelines, open_caption(sentences.formats, self._facts, several=False))
        charts = {name: _labelled(one, texts.get(name)) for name, one in overview.charts.items()}
        return Page(
            facts=self._facts,
            scope=self._scope(pipelines),
            part=self._part(pipelines),
            span=sentences.current,
            compared=sentences.compared,
            fetched=self._formats.moment(self._facts.fetched_at, self._facts.zone),
            headline=sentences.headline(analysis.headline),
            lede=sentences.lede(analysis.headline),
            overview=replace(overview, charts=charts),
            pipelines=tuple(pipelines),
            team=self._team(analysis.overall),
            open=board(sentences.formats, self._facts, analysis, overview.charts),
            definitions=columns(
                definitions(sentences, self._facts.zone.key, assumed=self._facts.assumed, proof=self._facts.proof)
            ),
            captions=self._captions(analysis),
            unit=self._formats.unit,
            as_of=self._formats.day(self._facts.as_of),
            created=self._facts.fetched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            checks=check_lines(sentences, analysis.checks),
            restatements=restatement_lines(
                sentences, analysis.restatements, {one.id: clean(one.name) for one in analysis.pipelines}
            ),
            notes={figure.value: self._formats.count(number) for figure, number in noted(analysis.checks).items()},
            stages_note=self._stages_note(footnotes(analysis.checks)),
            year_ago=sentences.year_ago if analysis.overall.year_ago else "",
            note=note_html(self._facts.note or ""),
            note_text=note_text(self._facts.note or ""),
        )

    def section(
        self, section: Section, charts: Mapping[str, str], sparks: Mapping[Figure, bytes], headline: str
    ) -> SectionView:
        """Return one section; a spark for each figure, the charts' alt texts by their names."""
        cells = tuple(
            Cell(kpi, self._spark(section, kpi.figure, sparks[kpi.figure])) for kpi in kpis(self._sentences, section)
        )
        key = "all" if section.id is None else f"pipeline-{section.id}"
        texts = labels(self._sentences, section)
        pictures = {
            name: _labelled(Picture(f"{ADDRESS}{key}/{name}", alt), texts.get(name)) for name, alt in charts.items()
        }
        has_data = any(point.figures is not None for point in section.trend)
        return SectionView(
            key=key,
            name=clean(section.name),
            isolated=self._formats.isolate(clean(section.name)),
            headline=headline,
            cells=cells,
            charts=pictures,
            labels=texts,
            has_data=has_data,
        )

    def _spark(self, section: Section, figure: Figure, svg: bytes) -> Picture | None:
        return svg_picture(svg, self._sentences.spark_alt(section, figure)) if section.has_trend(figure) else None

    def agent_page(self, page: Page, analysis: Analysis, standing: Standing) -> Page:
        """Return the page as an agent's own: another first sentence, and what only their page has.

        What was written beside the figures of all isn't about them, and may name others.
        """
        sentences, headline = self._sentences, analysis.headline
        return replace(
            page,
            headline=own_headline(sentences, standing.agent.name, headline),
            lede=own_lede(sentences, standing, headline),
            card=card(sentences, analysis, standing, page.restatements, letter=self._facts.paper == "letter"),
            part=self._formats.isolate(shorten(standing.agent.name, LONGEST_NAME)),
            scope=self._pipelines(page.pipelines),
            note=note_html(""),
            note_text="",
        )

    def _scope(self, pipelines: Sequence[SectionView]) -> str:
        """Return which pipelines the page is about, and of how many agents where it isn't about everybody."""
        lines = self._pipelines(pipelines)
        if self._facts.cut.agents is None:
            return lines
        plural, number = self._sentences.language.plural, len(self._facts.cut.agents)
        agents = plural("{number} agent", "{number} agents", number, number=self._formats.count(number))
        return self._text("{agents} in {pipelines}", agents=agents, pipelines=lines)

    def _pipelines(self, pipelines: Sequence[SectionView]) -> str:
        if len(pipelines) == 1:
            return self._formats.isolate(pipelines[0].name)
        if self._facts.all_pipelines and self._facts.cut.pipelines is None:
            return self._text("all pipelines")
        number = len(pipelines)
        count = self._formats.count(number)
        return self._sentences.language.plural("{number} pipeline", "{number} pipelines", number, number=count)

    def _part(self, pipelines: Sequence[SectionView]) -> str:
        """Return what the cut is called; nothing for the whole."""
        cut = self._facts.cut
        if cut == WHOLE:
            return ""
        of_one = cut.agents is None and len(pipelines) == 1 and cut.name == pipelines[0].key
        return self._formats.isolate(pipelines[0].name if of_one else cut.name)

    def _captions(self, analysis: Analysis) -> dict[str, str]:
        """Return what stands under headings that have no chart."""
        previous, trailing = self._formats.isolate(self._sentences.previous), self._sentences.trailing()
        say, against = self._text, self._against(analysis.overall)
        return {
            "team": say("Ranked by value won; the tick marks {previous}", previous=previous),
            "against": against,
            "kpis": " ".join((against, say("Small charts: {trailing}.", trailing=trailing))),
            "calendar": calendar_sentences(self._sentences, analysis.calendar),
            "targets": say("Targets are for whole periods of the report, so none is shown for these days.")
            if self._facts.targets_left_out
            else "",
            "conversion": say(
                "Conversion rate: won per created in the same days; can exceed {full}.",
                full=self._formats.percent(100, 0),
            ),
        }

    def _stages_note(self, footnotes: Mapping[CheckName, int]) -> str:
        number = footnotes.get(CheckName.STAGES)
        return "" if number is None else self._formats.count(number)

    def _against(self, overall: Section) -> str:
        """Return which periods the changes are against."""
        isolate, found = self._formats.isolate, self._sentences
        values = {"previous": isolate(found.previous), "ago": isolate(found.year_ago)}
        if not found.year_ago:
            return self._text("Changes against {previous}.", **values)
        if overall.year_ago is None:
            return self._text("Changes against {previous}; there is no data a year ago, {ago}.", **values)
        return self._text("Changes against {previous}; a year ago: {ago}.", **values)

    def _team(self, section: Section) -> tuple[TeamRow, ...]:
        lines = team(section, MOST_ON_SLIDE if self._facts.paper == SLIDES else MOST_AGENTS)
        agents = [line for line in lines if line.role is Role.AGENT]
        values = [abs(one.value_won) for line in agents for one in (line.current, line.previous) if one is not None]
        longest = max(values, default=Decimal(0)) or Decimal(1)
        ordinary = section.is_ordinary(Figure.VALUE_WON)
        return tuple(self._row(line, longest, grey=ordinary and line.role is Role.TOTAL) for line in lines)

    def _row(self, line: TeamLine, longest: Decimal, *, grey: bool) -> TeamRow:
        now, before, formats = line.current, line.previous, self._formats
        drawn, change = line.role is Role.AGENT, formats.change(line.change)
        return TeamRow(
            role=line.role.value,
            name=self._name(line),
            created=formats.count(now.created) if now else DASH,
            won=formats.count(now.won) if now else DASH,
            value=formats.amount(now.value_won) if now else DASH,
            before=formats.amount(before.value_won) if before else DASH,
            year_ago=formats.amount(line.year_ago.value_won) if line.year_ago else DASH,
            change=replace(change, tone=ORDINARY) if grey else change,
            difference=formats.difference(Figure.VALUE_WON, line.change.absolute),
            share=_share(now, longest) if drawn else None,
            tick=(_share(before, longest) or None) if drawn else None,
        )

    def _name(self, line: TeamLine) -> str:
        if line.agent is not None:
            return self._formats.isolate(shorten(line.agent.name, LONGEST_NAME))
        if line.role is Role.OTHERS:
            number = self._formats.count(line.people)
            return self._sentences.language.plural("{number} other", "{number} others", line.people, number=number)
        return self._text("Unassigned") if line.role is Role.UNASSIGNED else self._text("Total")


def columns(terms: Sequence[tuple[str, str]]) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Set terms with their meanings in three columns, in order, so that the longest is as short as it can be."""
    lines = [TERM + ceil(len(meaning) / LETTERS) for _, meaning in terms]
    cuts = min(
        combinations_with_replacement(range(len(terms) + 1), 2),
        key=lambda cut: max(sum(lines[: cut[0]]), sum(lines[cut[0] : cut[1]]), sum(lines[cut[1] :])),
    )
    return tuple(terms[: cuts[0]]), tuple(terms[cuts[0] : cuts[1]]), tuple(terms[cuts[1] :])


def _share(figures: AgentFigures | None, longest: Decimal) -> float | None:
    """Return a bar's length in percent of the longest; nothing below zero."""
    return None if figures is None else round(float(max(figures.value_won, Decimal(0)) / longest * 100), 2)


def _labelled(picture: Picture, label: Label | None) -> Picture:
    return picture if label is None else replace(picture, title=label.title, caption=label.caption)


def svg_picture(svg: bytes, alt: str) -> Picture:
    """Return an SVG as a picture that needs no file."""
    return Picture(svg_address(svg), alt)
