"""What an agent's scorecard says first: what they won, and where they stand, with nobody else's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.findings import Verb
from reports.present.formats import NBSP, shorten
from reports.present.language import mark, mark_plural

if TYPE_CHECKING:
    from reports.findings import Headline, Place, Standing
    from reports.present.sentences import Sentences

LONGEST = 22  # letters of a name that leave the headline two lines
OWN = {
    Verb.ROSE: mark("{name} won {now}, {change} more than {before}"),
    Verb.FELL: mark("{name} won {now}, {change} less than {before}"),
    Verb.HELD: mark("{name} won {now}, as much as {before}"),
    Verb.STARTED: mark("{name} won {now}, after nothing {before}"),
    Verb.STOPPED: mark("{name} won nothing, after {was} {before}"),
    Verb.STOOD: mark("{name} won {now}"),
    Verb.NOTHING: mark("{name} won nothing in this period"),
    Verb.NO_DATA: mark("There is no data for this period"),
}
ORDINALS = {
    1: mark("{number}st"),
    2: mark("{number}nd"),
    3: mark("{number}rd"),
}  # languages with one form have it thrice
ORDINAL = mark("{number}th")
TIED = mark_plural(
    "{rank} of {of} by value won, level with {number} other, with {share} of it",
    "{rank} of {of} by value won, level with {number} others, with {share} of it",
)
NOTHING_AGAIN = mark("{name} won nothing, like {before}")
TEENS = range(11, 14)


def own_headline(sentences: Sentences, name: str, headline: Headline) -> str:
    """Return the first sentence of a scorecard."""
    formats, now, was = sentences.formats, headline.current, headline.previous
    relative = getattr(headline.delta, "relative", None)
    again = headline.verb is Verb.NOTHING and was is not None and was.won == 0
    text = sentences.language.text(
        NOTHING_AGAIN if again else OWN[headline.verb],
        name=formats.isolate(shorten(name, LONGEST)),
        change=formats.isolate(formats.percent(abs(relative) * 100, 0)) if relative is not None else "",
        now=formats.isolate(formats.compact_money(now.value_won)) if now else "",
        was=formats.isolate(formats.compact_money(was.value_won)) if was else "",
        before=sentences.before,
    )
    return NBSP.join(text.rsplit(" ", 1))  # no last line of one word


def own_lede(sentences: Sentences, standing: Standing, headline: Headline) -> str:
    """Return what stands under it: what is in the change and the deals, then rank and share."""
    now, place = headline.current, place_sentence(sentences, standing)
    if now is not None and not (now.created or now.closed):
        nothing = sentences.language.text("No deal was created, won or lost.")
        return f"{nothing} {place}".rstrip()
    return " ".join(filter(None, (sentences.lede(headline), place)))


def place_sentence(sentences: Sentences, standing: Standing) -> str:
    """Return rank and share now, and the rank before, as in `3rd of 30 by value won, with 5.2% of it; was 7th`."""
    now, before, say = standing.now, standing.before, sentences.language.text
    if now is None or standing.of < 2:  # noqa: PLR2004 - nobody to be compared with
        return ""
    place = _place(sentences, standing.of, now)
    if before is None:
        return say("{place}.", place=place)
    if before.rank is None:
        if now.rank is None:
            return say("{place}.", place=place)
        return say("{place}; no rank {before}, when nothing was won.", place=place, before=sentences.before)
    return say("{place}; was {rank}.", place=place, rank=ordinal(sentences, before.rank))


def ordinal(sentences: Sentences, number: int) -> str:
    """Return a rank: 1st, 2nd, 3rd, 21st."""
    form = ORDINAL if number % 100 in TEENS else ORDINALS.get(number % 10, ORDINAL)
    return sentences.language.text(form, number=sentences.formats.count(number))


def _place(sentences: Sentences, of: int, place: Place) -> str:
    formats = sentences.formats
    if place.rank is None:
        return sentences.language.text("Nothing of value was won, so there is no rank among {of}", of=formats.count(of))
    values = {
        "rank": ordinal(sentences, place.rank),
        "of": formats.count(of),
        "share": formats.isolate(formats.percent(place.share or 0)),
    }
    if not place.level:
        return sentences.language.text("{rank} of {of} by value won, with {share} of it", **values)
    return sentences.language.plural(*TIED, place.level, number=formats.count(place.level), **values)
