"""The slides of a deck: which there are, in their order, and the title of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports.present.formats import NBSP, shorten
from reports.present.slides import Titles
from reports.render.board import BoardPanel, deals_caption
from reports.render.notes import note_html, split_heading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup

    from reports.findings import Analysis, OpenDeals
    from reports.present.sentences import Sentences
    from reports.render.board import Board
    from reports.render.context import Page

ABREAST, MOST_DEALS = 3, 10  # panels and deals on a slide
LONGEST_HEADING = 110  # letters, which two lines hold


@dataclass(frozen=True)
class Slide:
    """One slide: its kind names the template of its body (`board/trend.html`), the title is a sentence."""

    kind: str
    title: str
    panels: tuple[BoardPanel, ...] = ()
    text: Markup | str = ""


def with_slides(page: Page, sentences: Sentences, analysis: Analysis) -> Page:
    """Return the page with its slides; what has nothing to show has none."""
    titles, say = Titles(sentences), sentences.language.text
    page = replace(page, open=_shortened(page, sentences, analysis))
    slides = (
        Slide("summary", page.headline),
        *_figures(page, titles, analysis),
        *_stages(page, titles, analysis),
        *([Slide("team", titles.team(analysis.overall))] if page.team else []),
        *_commentary(page, sentences),
        Slide("definitions", say("What the numbers mean")),
        Slide("checks", titles.checks(analysis.checks)),
    )
    return replace(page, slides=tuple(replace(one, title=NBSP.join(one.title.rsplit(" ", 1))) for one in slides))


def _shortened(page: Page, sentences: Sentences, analysis: Analysis) -> Board:
    """Return what stands open with as many of the largest deals as a slide has room for."""
    if analysis.overall.open is None:
        return page.open
    deals = _first_deals(analysis.overall.open)
    caption = deals_caption(sentences.formats, deals)
    return replace(page.open, deals=page.open.deals[:MOST_DEALS], deals_caption=caption)


def _first_deals(deals: OpenDeals) -> OpenDeals:
    return replace(deals, largest=deals.largest[:MOST_DEALS])


def _figures(page: Page, titles: Titles, analysis: Analysis) -> Iterator[Slide]:
    overall, charts = analysis.overall, page.overview.charts
    if page.overview.has_data:
        yield Slide("trend", titles.trend(overall))
    if "drivers" in charts:
        yield Slide("drivers", titles.drivers(analysis.headline))
    if "pipelines" in charts:
        yield Slide("pipelines", titles.pipelines(analysis))
    if overall.open is not None:
        yield from _in_panels("open", titles.open(overall.open), page.open.panels)
        if page.open.deals:
            yield Slide("largest", titles.largest(_first_deals(overall.open)))


def _stages(page: Page, titles: Titles, analysis: Analysis) -> Iterator[Slide]:
    """Yield the new deals by stage: in one chart, or one for each pipeline where these have stages of their own."""
    if "stages" in page.overview.charts:
        yield Slide("stages", titles.stages(analysis.overall))
        return
    panels = [
        BoardPanel(view.isolated, (), view.charts["stages"]) for view in page.pipelines if "stages" in view.charts
    ]
    if panels:
        yield from _in_panels("stages", titles.new_deals(analysis.pipelines), panels)


def _in_panels(kind: str, title: str, panels: Sequence[BoardPanel]) -> Iterator[Slide]:
    for start in range(0, len(panels), ABREAST):
        yield Slide(kind, title, tuple(panels[start : start + ABREAST]))


def _commentary(page: Page, sentences: Sentences) -> Iterator[Slide]:
    """Yield what people wrote; a heading that it begins with is its message."""
    if page.note:
        heading, rest = split_heading(page.facts.note or "")
        title = sentences.formats.isolate(shorten(heading, LONGEST_HEADING))
        yield Slide("commentary", title if heading else sentences.language.text("Commentary"), text=note_html(rest))
