"""What every recipient of an edition gets: the mail's two texts and its files, in their languages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reports.documents import to_csv, to_json
from reports.files import safe_name
from reports.rendering import logo_alt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reports.desk import Desk
    from reports.mail.compose import Letter
    from reports.mail.enclosure import Enclosure
    from reports.render.letter import Emblem
    from reports.render.trial import Trial
    from reports.rendering import Printed, Rendering

LOGO = "logo"  # the picture's name in a mail


def to_letter(printed: Sequence[Printed]) -> Letter:
    """Return the mail in the language of the first rendering, with the files in all their languages."""
    from reports.mail.compose import Letter
    from reports.render.letter import letter_html, letter_text

    rendering = printed[0].rendering
    report, desk, page = rendering.job.report, rendering.desk, rendering.page
    others = [one.rendering.desk.language for one in printed[1:]]
    charts = rendering.gallery.mail(rendering.analysis) if report.body == "full" else {}
    parts = (desk.templates, report.template, desk.language, page)
    named = {name: (chart.alt, chart.canvas.width, chart.canvas.height) for name, chart in charts.items()}
    return Letter(
        edition=str(rendering.id),
        report=rendering.job.name,
        sender=rendering.job.config.email.sender,
        subject=_subject(rendering),
        text=letter_text(*parts, report.body, report.attach, others),
        html=letter_html(
            *parts,
            desk.theme.colours,
            named,
            report.body,
            report.attach,
            others,
            dark=desk.theme.dark,
            logo=emblem(rendering),
        ),
        pictures={name: chart.png() for name, chart in charts.items()} | _logo(desk),
        attachments=_enclosures(printed),
        language=", ".join(one.rendering.desk.language.tag for one in printed),
        date=rendering.snapshot.fetched_at,
        reply_to=rendering.job.config.reply_to(report),
    )


def emblem(rendering: Rendering) -> Emblem | None:
    """Return the logo as the mail names it; None where the theme has none for mails."""
    from reports.render.letter import Emblem

    logo = rendering.desk.theme.logo
    if logo is None or logo.mail is None:
        return None
    return Emblem(f"cid:{LOGO}", logo_alt(rendering), logo.mail.width, logo.mail.height)


def _logo(desk: Desk) -> dict[str, bytes]:
    logo = desk.theme.logo
    return {} if logo is None or logo.mail is None else {LOGO: logo.mail.content}


def to_trial_letter(printed: Sequence[Printed], trial: Trial, number: int) -> Letter:
    """Return what one of a test's messages is: the letter itself, with whom it is for above it."""
    from reports.render.trial import trial_view, with_mark, with_mark_text

    letter, desk = to_letter(printed), printed[0].rendering.desk
    view = trial_view(desk.sentences, trial)
    return replace(
        letter,
        edition=f"trial:{letter.edition}:{number}",  # another Message-ID than the real one has
        subject=desk.language.text("TEST: {subject}", subject=letter.subject),
        text=with_mark_text(letter.text, view),
        html=with_mark(desk.templates, desk.language, letter.html, view, desk.theme.colours),
    )


def to_eml(printed: Sequence[Printed]) -> bytes:
    """Return the message to the first recipient, for a look at it; its id is nobody's."""
    from reports.mail.compose import compose
    from reports.mail.envelope import Envelope

    letter = to_letter(printed)
    first = next(iter(printed[0].rendering.job.report.to), letter.sender)  # whose address only the account knows: none
    return compose(letter, Envelope((first,)), key=b"export").as_bytes()


def archived(letter: Letter) -> bytes:
    """Return a letter as it is kept: addressed to nobody in particular."""
    from reports.mail.compose import compose
    from reports.mail.envelope import Envelope

    return compose(letter, Envelope((letter.sender,)), key=b"archive").as_bytes()


def refuse_large(letter: Letter, limit: int) -> None:
    """Raise a DeliveryError if a letter has more bytes than may be sent."""
    from reports.mail.compose import compose
    from reports.mail.envelope import Envelope
    from reports.mail.size import too_large

    if error := too_large(compose(letter, Envelope((letter.sender,)), key=b"size"), limit):
        raise error


def _subject(rendering: Rendering) -> str:
    """Return what the mail is about; where its body has no figures, its subject has none either."""
    desk, page = rendering.desk, rendering.page
    title = desk.language.listed((page.facts.title, page.part))
    if rendering.job.report.body == "none":
        return desk.language.text("{title}, {span}", title=title, span=page.span)
    news = desk.sentences.short(rendering.analysis.headline)
    return desk.language.text("{title}, {span}: {news}", title=title, span=page.span, news=news)


def _enclosures(printed: Sequence[Printed]) -> tuple[Enclosure, ...]:
    """Return the files that go with the mail, in the order of the configuration; data only once."""
    from reports.mail import enclosure

    first = printed[0].rendering
    job, names = first.job, _file_names([one.rendering for one in printed])
    data = (job, first.id, first.analysis)
    made: dict[str, Callable[[], Iterator[Enclosure]]] = {
        "pdf": lambda: (enclosure.pdf(f"{name}.pdf", one.pdf) for name, one in zip(names, printed, strict=True)),
        "csv": lambda: iter([enclosure.csv(f"{names[0]}.csv", to_csv(*data))]),
        "json": lambda: iter([enclosure.json(f"{names[0]}.json", to_json(*data[:2], first.snapshot, data[2]))]),
    }
    return tuple(one for kind in job.report.attach for one in made[kind]())


def _file_names(renderings: Sequence[Rendering]) -> list[str]:
    """Return what the files are called for their readers, without an ending; one name is never there twice."""
    names = [file_name(one) for one in renderings]
    return [
        f"{name} ({one.desk.language.tag})" if names.count(name) > 1 else name
        for name, one in zip(names, renderings, strict=True)
    ]


def file_name(rendering: Rendering) -> str:
    """Return what a report's files are called, in its language, such as `Weekly report, 15-21 Nov 2026`."""
    desk, page = rendering.desk, rendering.page
    title = desk.language.listed((page.facts.title, page.part))
    return safe_name(desk.language.text("{title}, {span}", title=title, span=page.span))
