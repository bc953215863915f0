"""The key figures of a section as text: value, change, what it was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports.figures import Figure, Measure
from reports.present.targets import progress

if TYPE_CHECKING:
    from reports.figures import Figures
    from reports.findings import Section
    from reports.present.formats import Change, Formats
    from reports.present.sentences import Sentences

ORDER = (
    *(Figure.VALUE_WON, Figure.WON, Figure.WIN_RATE, Figure.DEAL_SIZE),
    *(Figure.CREATED, Figure.VALUE_CREATED, Figure.LOST, Figure.CONVERSION_RATE),
)

ORDINARY = "flat"  # the tone of what is neither good nor bad


@dataclass(frozen=True)
class Kpi:
    """One key figure: `value` and `was` are compact, `exact` and `exact_was` in full without a currency.

    `target` says how far its goal was reached; empty where it has none. `year_ago` is the change against it with an
    arrow, `year_ago_plain` with a sign, `exact_year_ago` the value in full; all are empty where it isn't compared.
    """

    figure: Figure
    label: str
    value: str
    was: str
    exact: str
    exact_was: str
    change: Change
    target: str = ""
    year_ago: str = ""
    year_ago_plain: str = ""
    exact_year_ago: str = ""

    @property
    def is_money(self) -> bool:
        """Whether the exact values need a currency in the label."""
        return self.figure.measure is Measure.MONEY


def kpis(sentences: Sentences, section: Section) -> tuple[Kpi, ...]:
    """Return the eight key figures in the order they are read."""
    return tuple(_kpi(sentences, section, figure) for figure in ORDER)


def _kpi(sentences: Sentences, section: Section, figure: Figure) -> Kpi:
    formats = sentences.formats
    target = section.target(figure)
    return Kpi(
        figure=figure,
        label=sentences.label(figure),
        value=_text(formats, section.current, figure, short=True),
        was=_text(formats, section.previous, figure, short=True, unit=False),
        exact=_text(formats, section.current, figure, unit=False),
        exact_was=_text(formats, section.previous, figure, unit=False),
        change=_judged(formats.change(section.deltas[figure]), section, figure),
        target=progress(formats, target) if target else "",
        **_year_ago(sentences, section, figure),
    )


def _year_ago(sentences: Sentences, section: Section, figure: Figure) -> dict[str, str]:
    """Return what a key figure says of a year ago; nothing where it isn't compared."""
    found = section.year_ago_deltas.get(figure)
    nothing_at_all = section.id is None and section.year_ago is None
    if found is None or nothing_at_all:  # which is said once, below all of them
        return {}
    return {
        "year_ago": sentences.on_year_ago(found),
        "year_ago_plain": sentences.on_year_ago(found, plain=True),
        "exact_year_ago": _text(sentences.formats, section.year_ago, figure, unit=False),
    }


def _judged(change: Change, section: Section, figure: Figure) -> Change:
    """Return a change in grey where it is ordinary variation."""
    return replace(change, tone=ORDINARY) if section.is_ordinary(figure) else change


def _text(formats: Formats, figures: Figures | None, figure: Figure, *, short: bool = False, unit: bool = True) -> str:
    return formats.value(figure, figures.value(figure) if figures else None, short=short, unit=unit)
