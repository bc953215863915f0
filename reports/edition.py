"""The whole flow of one edition: plan, fetch, analyse, draw, render, keep."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup

from reports import probe_file
from reports.analysis.analyse import analyse
from reports.analysis.checks import refusal
from reports.analysis.cuts import restrict, standing
from reports.analysis.headline import headline
from reports.analysis.open_deals import with_open_deals
from reports.analysis.restatements import with_earlier
from reports.archive import Archive, Draft, read_snapshot, snapshot_json
from reports.config.model import VoxysSource
from reports.cuts import require, wanted_agents
from reports.earlier import find_earlier, read_earlier
from reports.errors import DataError
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
    from reports.config.model import Config
    from reports.findings import Analysis, Section, Standing
    from reports.job import Job
    from reports.mail.compose import Letter
    from reports.mail.enclosure import Enclosure
    from reports.render.context import Page, PageBuilder, SectionView
    from reports.render.trial import Trial

TRIALS = ".trials"  # below the archive's folder
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


async def produce(job: Job, fetched: Snapshot, delivered: tuple[str, datetime] | None, *, above: int) -> Made:
    """Produce an edition and keep it as a new revision, numbered `above` every one that there ever was.

    `fetched` is what was fetched for all cuts of the report, `delivered` what was sent last of this one.
    """
    desk = open_desk(job)
    kept = snapshot_json(_own(job, fetched))
    snapshot = await from_archive(job, kept)  # what is kept is what is shown
    earlier = find_earlier(job, delivered)
    analysis = examine(job, snapshot, earlier)
    draft = _archive(job).draft(job.edition, above)
    try:
        edition = prepare(job, desk, draft.edition, snapshot, analysis)
        pdf = to_pdf(edition)
        letter = to_letter(edition, pdf)  # before anything is kept: its templates may be broken too
        refuse_large(letter, job.config.email.max_attachment)
        event("edition.rendered", report=job.name, edition=draft.edition, bytes=len(pdf))
        await asyncio.sleep(0)  # whoever asked to stop meanwhile is heard here, before anything is kept
        keep(draft, edition, kept, pdf, letter, earlier)
    except BaseException:
        draft.abandon()
        raise
    event("edition.archived", report=job.name, edition=draft.edition)
    return Made(edition, draft.revision)


async def from_archive(job: Job, content: bytes) -> Snapshot:
    """Return the snapshot that was kept as these bytes, without any network."""
    from reports.source import replay

    async with replay(job.config, read_snapshot(content)) as source:
        return await source.snapshot(job.pipelines, job.plan, job.cut.agents or (), job.cut.pipelines)


def _archive(job: Job) -> Archive:
    """Return where an edition is kept: tests lie apart, where nobody looks for editions."""
    return trials(job.config) if job.trial else Archive(job.config.path(job.config.archive.folder))


def trials(config: Config) -> Archive:
    """Return where the editions of the last tests are."""
    return Archive(config.path(config.archive.folder) / TRIALS)


def _own(job: Job, fetched: Snapshot) -> Snapshot:
    """Return what was fetched without the answers that only other cuts show."""
    from reports.source import answers_of

    require(job.cut, fetched, job.plan)
    return replace(fetched, answers=answers_of(fetched.answers, job.cut))


async def export(
    job: Job, kind: Format, delivered: tuple[str, datetime] | None, progress: Callable[[str], None]
) -> bytes:
    """Produce an edition in one format; nothing is kept or sent. `delivered` is what was sent last."""
    desk = open_desk(job)
    fetched = await fetch(job, progress)
    snapshot = await from_archive(job, snapshot_json(_own(job, fetched)))
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
    language = Language.load(templates, job.config.locale(job.report), job.config.numbers(job.report))
    formats = Formats(language, job.config.currency(job.report))
    return Desk(templates, language, formats, Sentences(language, formats, job.plan), load_theme(templates))


async def fetch(job: Job, progress: Callable[[str], None]) -> Snapshot:
    """Ask the source for every period of every pipeline of the report, and for its agents where it has cuts of them."""
    from reports.source import open_source

    count = 0

    def on_answer() -> None:
        nonlocal count
        count += 1
        progress(f"Fetching: {count} answers")

    progress("Fetching")
    async with open_source(job.config, on_answer) as source:
        snapshot = await source.snapshot(job.pipelines, job.plan, _agents(job))
    event("edition.fetched", report=job.name, answers=len(snapshot.answers))
    return snapshot


def _agents(job: Job) -> Literal["each"] | frozenset[int]:
    """Return whose own figures are asked for: those of every cut, or of the one that is to be made."""
    return wanted_agents(job.report) if job.cut.agents is None else job.cut.agents


def survey(job: Job, snapshot: Snapshot) -> Analysis:
    """Compare the periods; figures that contradict each other go no further."""
    analysis = analyse(job.plan, snapshot, job.goals)
    if (error := refusal(analysis.checks, strict=job.config.checks.strict)) is not None:
        raise error
    return analysis


def examine(job: Job, snapshot: Snapshot, earlier: bytes) -> Analysis:
    """Compare the periods of what a cut shows, and with what was said before."""
    shown = restrict(snapshot, job.cut, job.plan)
    currency = job.config.currency(job.report)
    analysis = with_open_deals(survey(job, shown), shown, currency, job.config.account.zone)
    analysis = replace(analysis, standing=_standing(job, snapshot))
    return with_earlier(analysis, read_earlier(earlier), currency)


def _standing(job: Job, whole: Snapshot) -> Standing | None:
    """Return where the one agent of a scorecard stands; only the report can let others be named."""
    if job.report.cuts != "agent" or job.cut.agents is None:
        return None
    [agent] = job.cut.agents
    found = standing(whole, agent, job.plan, show_team=job.report.show_team)
    if found is None:
        raise DataError(
            f"agent {agent} has no deals in the periods of this report", hint="Check the number; it is the account's."
        )
    return found


def prepare(job: Job, desk: Desk, edition: EditionId, snapshot: Snapshot, analysis: Analysis) -> Edition:
    """Draw the charts and write the page's texts."""
    from reports.charts.canvas import Pen
    from reports.charts.gallery import Gallery
    from reports.render.context import Facts, PageBuilder

    account, locale = job.config.account, job.config.locale(job.report)
    gallery = Gallery(Pen(desk.theme, desk.language, desk.formats, desk.templates), desk.sentences)
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
    charts = _charts(gallery, analysis, letter=job.report.paper == "letter")
    overview, *pipelines = (
        _section_view(desk, builder, section, drawn)
        for section, drawn in zip((analysis.overall, *analysis.pipelines), charts, strict=True)
    )
    page = builder.page(analysis, overview, pipelines)
    if analysis.standing is not None:
        page = builder.agent_page(page, analysis, analysis.standing)
    pictures = {
        view.charts[name].src: chart
        for view, drawn in zip((overview, *pipelines), charts, strict=True)
        for name, chart in drawn.items()
    }
    return Edition(job, edition, snapshot, analysis, desk, gallery, page, pictures)


def _charts(gallery: Gallery, analysis: Analysis, *, letter: bool) -> list[dict[str, Chart]]:
    """Draw the charts of the overview, then those of each pipeline; an agent's page has none of these."""
    if analysis.standing is not None:
        return [gallery.card(analysis, letter=letter), *({} for _ in analysis.pipelines)]
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
    if edition.job.trial:
        styles["page"] += _trial_css(edition.desk.language.text("TEST"))
    return render_template(
        templates, f"{report.template}/page.html", edition.desk.language, page=edition.page, styles=styles
    )


def _trial_css(word: str) -> Markup:
    """Return what marks each page of a test, whatever its template is."""
    from reports.render.html import css_string

    box = "font: 700 12pt/1 Inter, 'Noto Sans Arabic'; color: var(--bad); vertical-align: bottom; padding-bottom: 4mm"
    return Markup("@page { @top-right { content: %s; %s } }") % (css_string(word), Markup(box))  # noqa: S704 - our own CSS


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
        title=config.title(report),
        as_of=job.as_of,
        fetched_at=snapshot.fetched_at.astimezone(config.account.zone),
        currency=config.currency(report),
        locale=config.locale(report),
        note=None if analysis.standing else job.note,
        cut=job.cut,
    )


def to_csv(job: Job, edition: EditionId, analysis: Analysis) -> bytes:
    """Return the edition's figures as the table that spreadsheets open."""
    from reports.render.table import table

    return table(analysis, edition=edition, currency=job.config.currency(job.report))


def to_letter(edition: Edition, pdf: bytes) -> Letter:
    """Return what every recipient gets: the body and the files as the report is configured."""
    from reports.mail.compose import Letter
    from reports.render.letter import letter_html, letter_text

    report, desk, page = edition.job.report, edition.desk, edition.page
    charts = edition.gallery.mail(edition.analysis) if report.body == "full" else {}
    parts = (desk.templates, report.template, desk.language, page)
    named = {name: (chart.alt, chart.canvas.width, chart.canvas.height) for name, chart in charts.items()}
    return Letter(
        edition=str(edition.id),
        report=edition.job.name,
        sender=edition.job.config.email.sender,
        subject=_subject(edition),
        text=letter_text(*parts, report.body, report.attach),
        html=letter_html(*parts, desk.theme.colours, named, report.body, report.attach),
        pictures={name: chart.png() for name, chart in charts.items()},
        attachments=_enclosures(edition, pdf),
        language=desk.language.tag,
        date=edition.snapshot.fetched_at,
        reply_to=edition.job.config.reply_to(report),
    )


def to_trial_letter(edition: Edition, pdf: bytes, trial: Trial, number: int) -> Letter:
    """Return what one of a test's messages is: the letter itself, with whom it is for above it."""
    from reports.render.trial import trial_view, with_mark, with_mark_text

    letter, desk = to_letter(edition, pdf), edition.desk
    view = trial_view(desk.sentences, trial)
    return replace(
        letter,
        edition=f"trial:{letter.edition}:{number}",  # another Message-ID than the real one has
        subject=desk.language.text("TEST: {subject}", subject=letter.subject),
        text=with_mark_text(letter.text, view),
        html=with_mark(desk.templates, desk.language, letter.html, view, desk.theme.colours),
    )


def refuse_large(letter: Letter, limit: int) -> None:
    """Raise a DeliveryError if a letter has more bytes than may be sent."""
    from reports.mail.compose import compose
    from reports.mail.envelope import Envelope
    from reports.mail.size import too_large

    if error := too_large(compose(letter, Envelope((letter.sender,)), key=b"size"), limit):
        raise error


def _subject(edition: Edition) -> str:
    """Return what the mail is about; where its body has no figures, its subject has none either."""
    desk, page = edition.desk, edition.page
    title = desk.language.listed((page.facts.title, page.part))
    if edition.job.report.body == "none":
        return desk.language.text("{title}, {span}", title=title, span=page.span)
    news = desk.sentences.short(edition.analysis.headline)
    return desk.language.text("{title}, {span}: {news}", title=title, span=page.span, news=news)


def _enclosures(edition: Edition, pdf: bytes) -> tuple[Enclosure, ...]:
    """Return the files that go with the mail, in the order of the configuration."""
    from reports.mail import enclosure

    job, name = edition.job, edition.id.filename
    made: dict[str, Callable[[], Enclosure]] = {
        "pdf": lambda: enclosure.pdf(f"{name}.pdf", pdf),
        "csv": lambda: enclosure.csv(f"{name}.csv", to_csv(job, edition.id, edition.analysis)),
        "json": lambda: enclosure.json(f"{name}.json", to_json(job, edition.id, edition.snapshot, edition.analysis)),
    }
    return tuple(made[kind]() for kind in job.report.attach)


def to_eml(edition: Edition) -> bytes:
    """Return the message to the first recipient, for a look at it; its id is nobody's."""
    from reports.mail.compose import compose
    from reports.mail.envelope import Envelope

    letter = to_letter(edition, to_pdf(edition))
    first = next(iter(edition.job.report.to), letter.sender)  # whose address only the account knows gets none
    return compose(letter, Envelope((first,)), key=b"export").as_bytes()


def keep(  # noqa: PLR0913, PLR0917 - what was fetched, made of it, and said before
    draft: Draft, edition: Edition, snapshot: bytes, pdf: bytes, letter: Letter, earlier: bytes
) -> None:
    """Put what was fetched and made into the archive, with everything that went into it."""
    from reports.versions import versions

    files = {"snapshot.json": snapshot, **record_files(edition, pdf, letter)}
    draft.finish({**files, **input_files(edition.job, earlier)}, versions(edition.desk.templates))


def record_files(edition: Edition, pdf: bytes, letter: Letter) -> dict[str, bytes]:
    """Return what was made, as it is kept."""
    from reports.mail.compose import compose
    from reports.mail.envelope import Envelope

    job = edition.job
    nobody = Envelope((job.config.email.sender,))  # in particular
    return {
        "edition.json": to_json(job, edition.id, edition.snapshot, edition.analysis),
        f"{edition.id.filename}.pdf": pdf,
        "mail.eml": compose(letter, nobody, key=b"archive").as_bytes(),
    }
