"""An edition in one language: its texts and pictures, and from them the page and the PDF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from reports import probe_file
from reports.analysis.headline import headline
from reports.config.languages import worded
from reports.config.model import VoxysSource
from reports.documents import to_csv, to_json
from reports.figures import EditionId, Figure, Snapshot
from reports.present.fonts import embedded_font_css, font_face_css
from reports.present.formats import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.charts.canvas import Chart, Pen
    from reports.charts.gallery import Gallery, Layout
    from reports.config.report import Report
    from reports.desk import Desk
    from reports.findings import Analysis, Section
    from reports.job import Job
    from reports.render.associated import Associated
    from reports.render.context import Page, PageBuilder, SectionView


SLIDE_SCALE = 1.9  # of paper: everything on a slide is so much larger (LOOK)


@dataclass(frozen=True)
class Rendering:
    """One report for one period and cut in one language, ready for any format."""

    job: Job
    id: EditionId
    snapshot: Snapshot
    analysis: Analysis
    desk: Desk
    gallery: Gallery
    page: Page
    charts: Mapping[str, Chart]  # by the addresses that the page has for them


@dataclass(frozen=True)
class Printed:
    """A rendering with its PDF, and what a person should know of how it came out."""

    rendering: Rendering
    pdf: bytes
    warnings: tuple[str, ...] = ()


def prepare(job: Job, desk: Desk, edition: EditionId, snapshot: Snapshot, analysis: Analysis) -> Rendering:
    """Draw the charts and write the page's texts."""
    from reports.charts.gallery import PAPER, SLIDES, Gallery
    from reports.render.context import Facts, PageBuilder
    from reports.render.slides import with_slides

    account, locale = job.config.account, desk.locale
    gallery = Gallery(_pen(desk), desk.sentences, SLIDES if job.report.is_slides else PAPER)
    facts = Facts(
        edition=edition,
        account=desk.formats.isolate(clean(job.config.account_name(locale))),
        title=desk.formats.isolate(clean(job.config.title(job.report, locale))),
        as_of=job.as_of,
        fetched_at=snapshot.fetched_at,
        zone=account.zone,
        paper=job.report.paper,
        all_pipelines=job.pipelines is None,
        cut=job.cut,
        assumed=isinstance(job.config.source, VoxysSource),
        note=job.note,
        trial=job.trial,
        targets_left_out=bool(job.report.targets.goals) and not job.goals,
        proof=probe_file.read(job.config, desk.formats.currency, [one.pipeline.id for one in snapshot.pipelines]),
    )
    builder = PageBuilder(desk.sentences, facts)
    charts = _charts(gallery, analysis, job.report)
    overview, *pipelines = (
        _section_view(desk, builder, section, drawn)
        for section, drawn in zip((analysis.overall, *analysis.pipelines), charts, strict=True)
    )
    page = builder.page(analysis, overview, pipelines)
    if job.report.is_slides:
        page = with_slides(page, desk.sentences, analysis)
    if analysis.standing is not None:
        page = builder.agent_page(page, analysis, analysis.standing)
    return Rendering(job, edition, snapshot, analysis, desk, gallery, page, _by_address(page, charts))


def _pen(desk: Desk) -> Pen:
    from reports.charts.canvas import Pen

    return Pen(desk.theme, desk.language, desk.formats, desk.templates)


def _by_address(page: Page, charts: Sequence[Mapping[str, Chart]]) -> dict[str, Chart]:
    """Return the charts of the overview and of each pipeline by the addresses that the page has for them."""
    views = (page.overview, *page.pipelines)
    return {
        view.charts[name].src: chart for view, drawn in zip(views, charts, strict=True) for name, chart in drawn.items()
    }


def _charts(gallery: Gallery, analysis: Analysis, report: Report) -> list[dict[str, Chart]]:
    """Draw the charts of the overview, then those of each pipeline; an agent's page has none of these."""
    if report.is_slides:
        return [gallery.deck(analysis), *(gallery.deck_of(analysis, one) for one in analysis.pipelines)]
    if analysis.standing is not None:
        return [gallery.card(analysis, letter=report.paper == "letter"), *({} for _ in analysis.pipelines)]
    return [gallery.overview(analysis), *map(gallery.pipeline, analysis.pipelines)]


def _section_view(desk: Desk, builder: PageBuilder, section: Section, charts: Mapping[str, Chart]) -> SectionView:
    from reports.charts.sparkline import sparkline

    sparks = {
        figure: sparkline(
            desk.theme,
            [point.figures.value(figure) if point.figures else None for point in section.trend],
            sums=figure.is_sum,
        )
        for figure in Figure
    }
    alts = {name: chart.alt for name, chart in charts.items()}
    return builder.section(section, alts, sparks, desk.sentences.headline(headline(section)))


def to_html(rendering: Rendering) -> str:
    """Return the page as HTML that stands alone: fonts and charts are inside, narrower ones for phones as well."""
    from reports.render.html import with_pictures

    html = page_html(rendering, embedded_font_css(rendering.desk.templates))
    wide, narrow = (
        {src: chart.svg() for src, chart in charts.items()} for charts in (rendering.charts, _for_phones(rendering))
    )
    return with_pictures(html, wide, narrow)


def _for_phones(rendering: Rendering) -> dict[str, Chart]:
    from reports.charts.gallery import PHONE

    return _drawn_again(rendering, PHONE)


def _drawn_again(rendering: Rendering, layout: Layout) -> dict[str, Chart]:
    from reports.charts.gallery import Gallery

    gallery = Gallery(_pen(rendering.desk), rendering.desk.sentences, layout)
    charts = _charts(gallery, rendering.analysis, rendering.job.report)
    return _by_address(rendering.page, charts)


def posters(rendering: Rendering) -> dict[str, Chart]:
    """Return each chart as it stands alone, by names for files: `trend`, and `pipeline-3-trend` of a pipeline."""
    from reports.charts.gallery import ALONE
    from reports.charts.poster import Texts, poster

    page, charts = rendering.page, _drawn_again(rendering, ALONE)
    listed = rendering.desk.language.listed
    foot = listed((page.facts.account, page.facts.title, page.part, page.span))
    found = {}
    for view in (page.overview, *page.pipelines):
        whole = view is page.overview
        for name, picture in view.charts.items():
            said = whole or view.isolated in picture.caption
            title = picture.title if said else listed((picture.title, view.isolated))
            key = name if whole else f"{view.key}-{name}"
            found[key] = poster(charts[picture.src], Texts(title, picture.caption, foot))
    return found


def page_html(rendering: Rendering, fonts: str) -> str:
    """Fill the page's template; `fonts` is the CSS that brings them, charts are only named."""
    from reports.render.html import render_template

    templates, report = rendering.desk.templates, rendering.job.report
    return render_template(
        templates,
        f"{report.template}/page.html",
        rendering.desk.language,
        page=rendering.page,
        styles=styles_of(rendering, fonts),
    )


def styles_of(rendering: Rendering, fonts: str) -> dict[str, object]:
    """Return what the head and the masthead of a page need of the look."""
    templates = rendering.desk.templates
    return {
        "fonts": Markup(fonts),  # noqa: S704 - our own addresses
        "theme": rendering.desk.theme.css(),
        "page": Markup(templates.read("base/page.css")),  # noqa: S704 - a template of ours or the project's
        "logo": rendering.desk.theme.logo,
        "logo_alt": logo_alt(rendering),
    }


def logo_alt(rendering: Rendering) -> str:
    """Return what the logo is to those who don't see it, in the language of the page."""
    logo, locale = rendering.desk.theme.logo, rendering.desk.locale
    named = None if logo is None or logo.alt is None else worded(logo.alt, locale)
    return rendering.desk.formats.isolate(clean(named or rendering.job.config.account_name(locale)))


def to_pdf(rendering: Rendering) -> bytes:
    """Return the page as a PDF that everybody can read, with its figures as files inside."""
    from reports.render.pdf import html_to_pdf

    templates = rendering.desk.templates
    drawings = {src: chart.canvas.drawing() for src, chart in rendering.charts.items()}
    scale = SLIDE_SCALE if rendering.job.report.is_slides else 1.0
    html = page_html(rendering, font_face_css(templates))
    return html_to_pdf(html, templates, drawings, _associated(rendering), scale=scale)


def _associated(rendering: Rendering) -> tuple[Associated, ...]:
    """Return the edition's document and the table of its figures."""
    from reports.render.associated import Associated

    job, say, name = rendering.job, rendering.desk.language.text, rendering.id.filename
    fetched = rendering.snapshot.fetched_at
    document = to_json(job, rendering.id, rendering.snapshot, rendering.analysis)
    table = to_csv(job, rendering.id, rendering.analysis)
    return (
        Associated(f"{name}.json", say("The figures of this report (JSON)"), "application/json", document, fetched),
        Associated(f"{name}.csv", say("The figures of this report (CSV)"), "text/csv", table, fetched),
    )
