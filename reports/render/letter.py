"""The e-mail's two texts, through the templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.render.context import Picture
from reports.render.html import render_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.present.language import Language
    from reports.present.templates import Templates
    from reports.render.context import Page


def letter_html(  # noqa: PLR0913, PLR0917 - what a template needs
    templates: Templates,
    template: str,
    language: Language,
    page: Page,
    colours: Mapping[str, str],
    charts: Mapping[str, tuple[str, float, float]],
) -> str:
    """Return the HTML part; each chart is the attached picture of its name (alt text, width and height in points)."""
    titles = {"trend": page.titles["trend"], "agents": language.text("Value won by agent")}
    pictures = [
        {"title": titles[name], "caption": page.captions[name], "picture": Picture(f"cid:{name}", *chart)}
        for name, chart in charts.items()
    ]
    start, end = ("left", "right") if language.direction == "ltr" else ("right", "left")
    name = f"{template}/mail.html"
    return render_template(
        templates, name, language, page=page, colours=colours, pictures=pictures, start=start, end=end
    )


def letter_text(templates: Templates, template: str, language: Language, page: Page) -> str:
    """Return the plain-text part, its figures in one column."""
    width = max(len(cell.kpi.label) for cell in page.overview.cells) + 1
    text = render_template(templates, f"{template}/mail.txt", language, page=page, label_width=width)
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"
