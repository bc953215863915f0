"""Every part of a page on one sheet, over made-up deals: what a theme looks like."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from reports.archive import snapshot_json
from reports.config.model import SandboxSource
from reports.config.report import Report
from reports.desk import open_desk
from reports.edition import examine, fetch, from_archive
from reports.job import plan_job
from reports.present.colour import contrast
from reports.present.fonts import font_face_css
from reports.rendering import prepare, styles_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from reports.config.model import Config
    from reports.job import Job
    from reports.present.formats import Formats
    from reports.present.theme import Theme

NAME, CURRENCY = "preview", "SAR"  # what the made-up deals are in
PAGE = "preview/page.html"
NOTES = {
    "en": "A line of *commentary*, with a [link](https://example.com).\n\n> And what somebody said.",
    "ar": "سطر من *التعليق* مع [رابط](https://example.com).\n\n> وما قاله أحدهم.",
}
NOTHING_BEFORE = b'{"delivered": null, "before": null}'
SHOWN = ("ink", "muted", "accent", "mid", "tint", "good", "bad", "line", "hair", "pale", "paper")


async def preview(job: Job, progress: Callable[[str], None]) -> tuple[bytes, tuple[str, ...]]:
    """Return the sheet as a PDF, and what was changed so that everybody can read it."""
    from reports.render.html import render_template
    from reports.render.pdf import html_to_pdf

    desk = open_desk(job)
    snapshot = await from_archive(job, snapshot_json(await fetch(job, progress)))
    progress("Rendering")
    rendering = prepare(job, desk, job.edition, snapshot, examine(job, snapshot, NOTHING_BEFORE))
    styles = styles_of(rendering, font_face_css(desk.templates))
    page = replace(rendering.page, open=replace(rendering.page.open, deals=()))  # the sheet has a table already
    swatches = _swatches(desk.theme, desk.formats)
    html = render_template(desk.templates, PAGE, desk.language, page=page, styles=styles, swatches=swatches)
    drawings = {src: chart.canvas.drawing() for src, chart in rendering.charts.items()}
    return html_to_pdf(html, desk.templates, drawings), desk.theme.notes


def plan_preview(config: Config, today: date, theme: str | None, accent: str | None, locale: str | None) -> Job:
    """Return what the sheet shows: a week of made-up deals in the account's look, or in the one that is named."""
    account = config.account
    own = (theme, accent) if theme else (account.theme, accent or account.accent)
    look = {"theme": own[0], "accent": own[1], "locale": locale or account.locale, "currency": CURRENCY}
    title = {"en": "Theme preview", "ar": "معاينة السمة"}
    report = Report.model_validate(
        {"title": title, "to": [config.email.sender], "targets": {"total_value_won": 500_000}}
    )
    shown = config.model_copy(
        update={
            "account": account.model_copy(update=look),
            "source": SandboxSource(kind="sandbox"),
            "reports": {NAME: report},
        }
    )
    return replace(
        plan_job(shown.in_folder(config.folder), NAME, today), note=NOTES.get(locale or account.locale, NOTES["en"])
    )


def _swatches(theme: Theme, formats: Formats) -> list[tuple[str, str, str, str]]:
    """Return each colour with its role, as CSS and as a text, and its contrast to the band behind charts."""
    ground = theme.colours["pale"]
    return [
        (role, colour, formats.isolate(colour), formats.exact(Decimal(f"{contrast(colour, ground):.1f}")))
        for role, colour in ((one, theme.colours[one]) for one in SHOWN)
    ]
