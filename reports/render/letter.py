"""The e-mail's two texts, through the templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.render.context import Picture
from reports.render.html import render_template

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any, Literal, TypeAlias

    from reports.present.language import Language
    from reports.present.templates import Templates
    from reports.render.context import Page

    Body: TypeAlias = Literal["full", "summary", "none"]


@dataclass(frozen=True)
class Emblem:
    """The theme's logo as a picture of the mail: its address (`cid:NAME`), its text, and its size in pixels."""

    address: str
    alt: str
    width: int
    height: int


def letter_html(  # noqa: PLR0913, PLR0917 - what a template needs
    templates: Templates,
    template: str,
    language: Language,
    page: Page,
    colours: Mapping[str, str],
    charts: Mapping[str, tuple[str, float, float]],
    body: Body = "full",
    attach: Collection[str] = ("pdf",),
    others: Collection[Language] = (),
    *,
    dark: Mapping[str, str],
    logo: Emblem | None = None,
) -> str:
    """Return the HTML part; each chart is the attached picture of its name (alt text, width and height in points).

    `attach` has the kinds of files that go with it, `others` the languages that the PDF is there in as well. With a
    summary or no body there are no charts to be named.
    """
    texts = page.overview.labels
    pictures = [
        Picture(f"cid:{name}", *chart, texts[name].title, texts[name].caption) for name, chart in charts.items()
    ]
    start, end = ("left", "right") if language.direction == "ltr" else ("right", "left")
    name = f"{template}/mail.html"
    context: dict[str, Any] = {"page": page, "colours": colours, "pictures": pictures, "start": start, "end": end}
    context |= {"dark": dark, "logo": logo}
    context |= {"body": body, "attached": attached_lines(language, attach, others)}
    return render_template(templates, name, language, **context)


def letter_text(  # noqa: PLR0913, PLR0917 - as above
    templates: Templates,
    template: str,
    language: Language,
    page: Page,
    body: Body = "full",
    attach: Collection[str] = ("pdf",),
    others: Collection[Language] = (),
) -> str:
    """Return the plain-text part, its figures in one column."""
    width = max(len(cell.kpi.label) for cell in page.overview.cells) + 1
    name, attached = f"{template}/mail.txt", attached_lines(language, attach, others)
    text = render_template(templates, name, language, page=page, label_width=width, body=body, attached=attached)
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


def attached_lines(language: Language, attach: Collection[str], others: Collection[Language] = ()) -> list[str]:
    """Return sentences about what goes with the message, and that nothing does; those of `others` in their words."""
    sentences = {
        "pdf": language.text("The whole report is attached as a PDF."),
        "csv": language.text("The figures are attached as a table for spreadsheets (CSV)."),
        "json": language.text("The figures are attached for other programs (JSON)."),
    }
    lines = [sentence for kind, sentence in sentences.items() if kind in attach]
    if "pdf" in attach:  # each catalogue names its own language here
        lines[1:1] = [one.text("The report is attached in English as well.") for one in others]
    return lines or [language.text("Nothing is attached.")]
