"""The whole flow of one edition: plan, fetch, analyse, draw, render, keep."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup

from reports import probe_file
from reports.analysis.analyse import analyse
from reports.analysis.checks import refusal
from reports.analysis.headline import headline
from reports.analysis.open_deals import with_open_deals
from reports.analysis.restatements import with_earlier
from reports.archive import Archive, Draft, read_snapshot, snapshot_json
from reports.config.model import VoxysSource
from reports.earlier import find_earlier, read_earlier
from reports.figures import EditionId, Figure, Snapshot
from reports.inputs import input_files
from reports.log import event
from reports.present.fonts import embedded_font_css, font_face_css
from reports.present.formats import Formats, clean
from reports.present.language import Language
from reports.present.sentences import Sentences
from reports.present.templates import Templates
from reports.present.theme import Theme, load_theme

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from reports.archive import Revision
    from reports.charts.canvas import Chart
    from reports.charts.gallery import Gallery
    from reports.findings import Analysis, Section
    from reports.job import Job
    from reports.mail.compose import Letter
    from reports.render.context import Page, PageBuilder, SectionView

Format = Literal["pdf", "html", "json", "eml"]


@dataclass(frozen=True)
class Desk:
    """What everything is written and drawn with: the language, the formats and the look of one report."""

    templates: Templates
    language: Language
    formats: Formats
    sentences: Sentences
    theme: Theme


@dataclass(frozen=True)
class Edition:
    """One report for one period, ready to be rendered into any format."""

    job: Job
    id: EditionId
    snapshot: Snapshot
    analysis: Analysis
    desk: Desk
    gallery: Gallery
    page: Page
    charts: Mapping[str, Chart]  # by the addresses that the page has for them


@dataclass(frozen=True)
class Made:
    """An edition that is in the archive."""

    edition: Edition
    revision: Revision


async def produce(
    job: Job, delivered: tuple[str, datetime] | None, progress: Callable[[str], None], *, above: int
) -> Made:
    """Produce an edition and keep it as a new revision, numbered `above` every one that there ever was.

    `delivered` is what was sent last of the same report.
    """
    desk = open_desk(job)
    snapshot = await from_archive(job, snapshot_json(await fetch(job, progress)))  # what is kept is what is shown
    event("edition.fetched", report=job.name, answers=len(snapshot.answers))
    earlier = find_earlier(job, delivered)
    analysis = examine(job, snapshot, earlier)
    draft = Archive(job.config.path(job.config.archive.folder)).draft(job.edition, above)
    try:
        edition = prepare(job, desk, draft.edition, snapshot, analysis)
        progress("Rendering")
        pdf = to_pdf(edition)
        letter = to_letter(edition, pdf)  # before anything is kept: its templates may be broken too
        event("edition.rendered", report=job.name, edition=draft.edition, bytes=len(pdf))
        await asyncio.sleep(0)  # whoever asked to stop meanwhile is heard here, before anything is kept
        keep(draft, edition, pdf, letter, earlier)
    except BaseException:
        draft.abandon()
        raise
    event("edition.archived", report=job.name, edition=draft.edition)
    return Made(edition, draft.revision)


async def from_archive(job: Job, content: bytes) -> Snapshot:
    """Return the snapshot that was kept as these bytes, without any network."""
    from reports.source import replay

    async with replay(job.config, read_snapshot(content)) as source:
        return await source.snapshot(job.pipelines, job.plan)


async def export(
    job: Job, kind: Format, delivered: tuple[str, datetime] | None, progress: Callable[[str], None]
) -> bytes:
    """Produce an edition in one format; nothing is kept or sent. `delivered` is what was sent last."""
    desk = open_desk(job)
    snapshot = await fetch(job, progress)
    analysis = examine(job, snapshot, find_earlier(job, delivered))
    if kind == "json":
        return to_json(job, job.edition, snapshot, analysis)
    progress("Rendering")
    edition = prepare(job, desk, job.edition, snapshot, analysis)
    if kind == "html":
        return to_html(edition).encode()
    return to_eml(edition) if kind == "eml" else to_pdf(edition)


def open_desk(job: Job) -> Desk:
    """Find the templates, the language and the look, before anything is fetched."""
    templates = Templates.of_project(job.config.folder)
    templates.require(job.report.template)
    language = Language.load(templates, job.config.locale(job.report))
    formats = Formats(language, job.config.currency(job.report))
    return Desk(templates, language, formats, Sentences(language, formats, job.plan), load_theme(templates))


async def fetch(job: Job, progress: Callable[[str], None]) -> Snapshot:
    """Ask the source for every period of every pipeline of the report."""
    from reports.source import open_source

    count = 0

    def on_answer() -> None:
        nonlocal count
        count += 1
        progress(f"Fetching: {count} answers")

    progress("Fetching")
    async with open_source(job.config, on_answer) as source:
        return await source.snapshot(job.pipelines, job.plan)


def examine(job: Job, snapshot: Snapshot, earlier: bytes) -> Analysis:
    """Compare the periods, and with what was said before; figures that contradict each other go no further."""
    analysis = analyse(job.plan, snapshot, job.goals)
    if (error := refusal(analysis.checks, strict=job.config.checks.strict)) is not None:
        raise error
    currency = job.config.currency(job.report)
    analysis = with_open_deals(analysis, snapshot, currency, job.config.account.zone)
    return with_earlier(analysis, read_earlier(earlier), currency)


def prepare(job: Job, desk: Desk, edition: EditionId, snapshot: Snapshot, analysis: Analysis) -> Edition:
    """Draw the charts and write the page's texts."""
    from reports.charts.canvas import Pen
    from reports.charts.gallery import Gallery
    from reports.render.context import Facts, PageBuilder

    account = job.config.account
    gallery = Gallery(Pen(desk.theme, desk.language, desk.formats, desk.templates), desk.sentences)
    facts = Facts(
        edition=edition,
        account=desk.formats.isolate(clean(account.name)),
        title=desk.formats.isolate(clean(job.report.title)),
        as_of=job.as_of,
        fetched_at=snapshot.fetched_at,
        zone=account.zone,
        paper=job.report.paper,
        all_pipelines=job.pipelines is None,
        assumed=isinstance(job.config.source, VoxysSource),
        note=job.note,
        targets_left_out=bool(job.report.targets.goals) and not job.goals,
        proof=probe_file.read(job.config, desk.formats.currency, [one.pipeline.id for one in snapshot.pipelines]),
    )
    builder = PageBuilder(desk.sentences, facts)
    charts = [gallery.overview(analysis), *map(gallery.pipeline, analysis.pipelines)]
    overview, *pipelines = (
        _section_view(desk, builder, section, drawn)
        for section, drawn in zip((analysis.overall, *analysis.pipelines), charts, strict=True)
    )
    page = builder.page(analysis, overview, pipelines)
    pictures = {
        view.charts[name].src: chart
        for view, drawn in zip((overview, *pipelines), charts, strict=True)
        for name, chart in drawn.items()
    }
    return Edition(job, edition, snapshot, analysis, desk, gallery, page, pictures)


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


def to_html(edition: Edition) -> str:
    """Return the page as HTML that stands alone: fonts and charts are inside."""
    from reports.render.html import with_pictures

    html = page_html(edition, embedded_font_css(edition.desk.templates))
    return with_pictures(html, {src: chart.svg for src, chart in edition.charts.items()})


def page_html(edition: Edition, fonts: str) -> str:
    """Fill the page's template; `fonts` is the CSS that brings them, charts are only named."""
    from reports.render.html import render_template

    templates, report = edition.desk.templates, edition.job.report
    styles = {
        "fonts": Markup(fonts),  # noqa: S704 - our own addresses
        "theme": edition.desk.theme.css(),
        "page": Markup(templates.read("base/page.css")),  # noqa: S704 - a template of ours or the project's
    }
    return render_template(
        templates, f"{report.template}/page.html", edition.desk.language, page=edition.page, styles=styles
    )


def to_pdf(edition: Edition) -> bytes:
    """Return the page as a tagged PDF."""
    from reports.render.pdf import html_to_pdf

    templates = edition.desk.templates
    drawings = {src: chart.canvas.drawing() for src, chart in edition.charts.items()}
    return html_to_pdf(page_html(edition, font_face_css(templates)), templates, drawings)


def to_json(job: Job, edition: EditionId, snapshot: Snapshot, analysis: Analysis) -> bytes:
    """Return the edition as the JSON document that other programs read."""
    from reports.render.document import document

    config, report = job.config, job.report
    return document(
        analysis,
        edition=edition,
        title=report.title,
        as_of=job.as_of,
        fetched_at=snapshot.fetched_at.astimezone(config.account.zone),
        currency=config.currency(report),
        locale=config.locale(report),
        note=job.note,
    )


def to_letter(edition: Edition, pdf: bytes) -> Letter:
    """Return what every recipient gets."""
    from reports.mail.compose import Letter
    from reports.render.letter import letter_html, letter_text

    charts = edition.gallery.mail(edition.analysis)
    template = edition.job.report.template
    desk, page = edition.desk, edition.page
    return Letter(
        edition=str(edition.id),
        report=edition.job.name,
        sender=edition.job.config.email.sender,
        subject=desk.language.text(
            "{title}, {span}: {news}",
            title=page.facts.title,
            span=page.span,
            news=desk.sentences.short(edition.analysis.headline),
        ),
        text=letter_text(desk.templates, template, desk.language, page),
        html=letter_html(
            desk.templates,
            template,
            desk.language,
            page,
            desk.theme.colours,
            {name: (chart.alt, chart.canvas.width, chart.canvas.height) for name, chart in charts.items()},
        ),
        pictures={name: chart.png() for name, chart in charts.items()},
        attachment=pdf,
        filename=f"{edition.id.filename}.pdf",
        language=desk.language.tag,
        date=edition.snapshot.fetched_at,
    )


def to_eml(edition: Edition) -> bytes:
    """Return the message to the first recipient, for a look at it; its id is nobody's."""
    from reports.mail.compose import compose

    letter = to_letter(edition, to_pdf(edition))
    return compose(letter, edition.job.report.to[0], key=b"export").as_bytes()


def keep(draft: Draft, edition: Edition, pdf: bytes, letter: Letter, earlier: bytes) -> None:
    """Put what was fetched and made into the archive, with everything that went into it."""
    from reports.versions import versions

    files = {"snapshot.json": snapshot_json(edition.snapshot), **record_files(edition, pdf, letter)}
    draft.finish({**files, **input_files(edition.job, earlier)}, versions(edition.desk.templates))


def record_files(edition: Edition, pdf: bytes, letter: Letter) -> dict[str, bytes]:
    """Return what was made, as it is kept."""
    from reports.mail.compose import compose

    job = edition.job
    return {
        "edition.json": to_json(job, edition.id, edition.snapshot, edition.analysis),
        f"{edition.id.filename}.pdf": pdf,
        "mail.eml": compose(letter, job.config.email.sender, key=b"archive").as_bytes(),  # to nobody in particular
    }
