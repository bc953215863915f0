"""Which sums an edition shows otherwise than the one that was delivered before."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from reports.analysis.open_deals import compare_open
from reports.figures import Figure, Measure, StageFigures
from reports.findings import Restatement, StageChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reports.findings import Analysis, Earlier, Reported, Section

NOTHING = Decimal("0.005")  # of money: what is lost on the way through a double
SUMS = sorted((one for one in Figure if one.is_sum), key=lambda one: one is not Figure.VALUE_WON)


def with_earlier(analysis: Analysis, earlier: Earlier, currency: str) -> Analysis:
    """Add what was said before: the restated sums, and the stages of the period before as they stood in its time."""
    sections = (analysis.overall, *analysis.pipelines)
    delivered = earlier.delivered
    alike = delivered is not None and delivered.is_about(one.id for one in sections)
    compared = sections if alike else analysis.pipelines  # other pipelines together are another sum
    found = [one for section in compared for one in _restated(section, delivered, currency)] if delivered else []
    staged = (_with_stages(section, earlier.before) for section in sections)
    overall, *pipelines = (
        _with_open(one, delivered if one.id is not None or alike else None, currency) for one in staged
    )
    return replace(analysis, overall=overall, pipelines=tuple(pipelines), restatements=tuple(found))


def _restated(section: Section, reported: Reported, currency: str) -> Iterator[Restatement]:
    """Compare the periods that both editions show, the latest first."""
    then = reported.periods.get(section.id, {})
    for point in reversed(section.trend):
        before = then.get(point.period)
        if point.figures is None or before is None:
            continue
        for figure in SUMS:
            if figure.measure is Measure.MONEY and reported.currency != currency:
                continue
            was, now = before.value(figure), point.figures.value(figure)
            if was is None or now is None:  # of an agent, the source says more of the current period than later
                continue
            if abs(Decimal(now) - was) > NOTHING:
                yield Restatement(section.id, figure, point.period, was, now, reported.on)


def _with_stages(section: Section, before: Reported | None) -> Section:
    stages = before.stages.get(section.id) if before else None
    if stages is None:
        return section
    known: Mapping[tuple[int | None, str], StageFigures] = {_key(section, one): one for one in stages}
    changes = (
        StageChange(
            change.current,
            known.get(_key(section, change.current), StageFigures(change.current.stage_id, change.current.name)),
            None,
        )
        for change in section.stages
    )
    return replace(section, stages=tuple(changes))


def _with_open(section: Section, reported: Reported | None, currency: str) -> Section:
    """Compare the open deals with those that the last delivered edition showed, if it was in the same currency."""
    before = reported.open.get(section.id) if reported and reported.currency == currency else None
    change = compare_open(section.open, before) if section.open else None
    return replace(section, open_change=replace(change, since=reported.on) if change and reported else None)


def _key(section: Section, stage: StageFigures) -> tuple[int | None, str]:
    """Tell stages apart by their id, those of all pipelines together by their name."""
    return (None, stage.name) if section.id is None else (stage.stage_id, "")
