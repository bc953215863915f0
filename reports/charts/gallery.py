"""Which charts an edition shows, on paper and in the e-mail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from reports.analysis.headline import part
from reports.analysis.open_deals import stages_together
from reports.analysis.sections import first_stages
from reports.charts.bars import Bar, bars_chart
from reports.charts.closed import closed_chart, flow_chart
from reports.charts.columns import Series, columns_chart
from reports.charts.drivers import Step, drivers_chart
from reports.charts.goal import Goal
from reports.charts.multiples import Panel, multiples_chart
from reports.charts.past import Past
from reports.charts.team import Mate, team_chart
from reports.figures import Figure, Measure
from reports.findings import Driver, Section
from reports.present.card import has_team, layout, team_shown, together
from reports.present.formats import shorten
from reports.present.open_deals import across, open_title, open_value
from reports.present.sentences import AGENTS_DRAWN, amounts
from reports.present.targets import target_alt, target_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reports.charts.canvas import Chart, Pen
    from reports.figures import AgentFigures, Number
    from reports.findings import AgentChange, Analysis, OpenDeals, Standing, Target, TrendPoint
    from reports.present.sentences import Sentences

FULL, HALF, THIRD = 504.0, 240.0, 154.0  # points of the page's text width, and of one of two or three columns
TALL = 128.0
LOW = 90.0
CARD, LOW_CARD = 78.0, 58.0  # on an agent's page, and where the team is on it, too
MAIL = 300.0  # drawn narrower than it is shown, so that its words can be read on a phone
MOST_STAGES, CARD_STAGES, FEW_STAGES = 10, 6, 4
MOST_PANELS, MOST_BARS = 6, 9  # pipelines on a slide, as small charts or as bars
LONGEST = 40  # letters of a name in a chart


@dataclass(frozen=True)
class Layout:
    """How large charts are drawn, in points: widths over the whole text and in one of two or three columns, heights."""

    full: float = FULL
    half: float = HALF
    third: float = THIRD
    tall: float = TALL
    low: float = LOW
    rows: float | None = None  # the height that rows of bars or panels may fill, as far as it makes sense

    def of(self, columns: int) -> float:
        """Return the width of one of so many columns."""
        return {1: self.full, 2: self.half, 3: self.third}[columns]


PAPER = Layout()
PHONE = Layout(MAIL, MAIL, MAIL)  # all below one another
ALONE = Layout(384.0, 384.0, 384.0)  # so that words are as large as others when half a slide shows it
SLIDES = Layout(455.0, 217.0, 139.0, tall=152.0, low=120.0, rows=150.0)


class Gallery:
    """Draws the charts of one edition."""

    def __init__(self, pen: Pen, sentences: Sentences, layout: Layout = PAPER) -> None:
        self._pen = pen
        self._layout = layout
        self._sentences = sentences
        self._formats = pen.formats
        kind, trailing = sentences.plan.kind, sentences.plan.trailing
        self._ticks = pen.formats.ticks(kind, trailing)
        self._ends = (pen.formats.ticks(kind, trailing[:1])[0], pen.formats.ticks(kind, trailing[-1:])[0])

    def overview(self, analysis: Analysis) -> dict[str, Chart]:
        """Return the charts about all pipelines together."""
        overall, half = analysis.overall, self._layout.half
        closed = self._closed if overall.has_trend(Figure.LOST) else self._flow
        charts = [
            self._trend(overall, (self._layout.full, self._layout.tall)),
            closed(overall, (half, self._layout.low)),
            *(self._drivers(overall, half) or self._agents(overall, half)),
        ]
        if len(analysis.pipelines) > 1:
            charts.append(self._pipelines(analysis.pipelines))
        if _same_stages(analysis.pipelines):
            charts.append(self._stages(overall, self._layout.full))
        if overall.open is not None:
            charts += self._open_each(analysis.pipelines)
        return {chart.name: chart for chart in charts}

    def deck(self, analysis: Analysis) -> dict[str, Chart]:
        """Return the charts of slides about all pipelines together."""
        overall, full = analysis.overall, self._layout.full
        charts = [self._trend(overall, (full, self._layout.tall)), *self._drivers(overall, full)]
        if len(analysis.pipelines) > 1:
            few = len(analysis.pipelines) <= MOST_PANELS
            charts.append((self._pipelines if few else self._pipeline_bars)(analysis.pipelines))
        if overall.stages and _same_stages(analysis.pipelines):
            charts.append(self._stages(overall, full))
        if overall.open is not None:
            charts += self._open_each(analysis.pipelines)
        return {chart.name: chart for chart in charts}

    def deck_of(self, analysis: Analysis, section: Section) -> dict[str, Chart]:
        """Return the charts of slides about one pipeline: its stages, where others have stages of their own."""
        if not section.stages or _same_stages(analysis.pipelines):
            return {}
        width = self._layout.of(across(len(analysis.pipelines)))
        return {"stages": self._stages(section, width)}

    def _open_each(self, pipelines: Sequence[Section]) -> list[Chart]:
        width = self._layout.of(across(len(pipelines)))
        return [self._open(one, one.open, width) for one in pipelines if one.open and one.open.stages]

    def card(self, analysis: Analysis, *, letter: bool) -> dict[str, Chart]:
        """Return the charts of one agent's page, the large one as high as the page has room."""
        overall, room = analysis.overall, layout(analysis, letter=letter, language=self._pen.language.tag)
        height, stages = (LOW_CARD, FEW_STAGES) if has_team(analysis) else (CARD, CARD_STAGES)
        charts = [
            self._trend(overall, (self._layout.full, room.trend)),
            self._flow(overall, (self._layout.half, height)),
            *([self._stages(overall, self._layout.half, stages)] if overall.stages else []),
            *([self._team(analysis.standing, room.mates)] if analysis.standing and room.mates else []),
        ]
        return {chart.name: chart for chart in charts}

    def pipeline(self, section: Section) -> dict[str, Chart]:
        """Return the charts about one pipeline."""
        half = self._layout.half
        charts = (
            self._trend(section, (half, self._layout.low)),
            self._stages(section, half),
            *self._agents(section, half),
        )
        return {chart.name: chart for chart in charts}

    def mail(self, analysis: Analysis) -> dict[str, Chart]:
        """Return the two charts of the e-mail; of an agent's, one."""
        agents = [] if analysis.standing else self._agents(analysis.overall, MAIL)
        charts = (self._trend(analysis.overall, (MAIL, 118.0)), *agents)
        return {chart.name: chart for chart in charts}

    def _series(self, section: Section, figure: Figure, target: Target | None = None) -> Series:
        values, earlier = (_values(points, figure) for points in (section.trend, section.trend_year_ago))
        whole = figure.measure is Measure.COUNT
        if whole:
            return Series(values, self._ticks, self._formats.count, whole=True)
        known = [one for one in values if one is not None]
        reached = [*known, *(one for one in earlier if one is not None), *([target.goal] if target else [])]
        return Series(
            values,
            self._ticks,
            self._formats.alike(known),
            axis=self._formats.alike(reached, axis=True),
            limits=section.limits.get(figure),
            is_signal=any(one.figure is figure for one in section.signals),
        )

    def _trend(self, section: Section, size: tuple[float, float]) -> Chart:
        alt = self._sentences.trend_alt(section, Figure.VALUE_WON)
        target = section.target(Figure.VALUE_WON)
        series, past = self._series(section, Figure.VALUE_WON, target), self._past(section, Figure.VALUE_WON)
        if target is None:
            return columns_chart(self._pen, "trend", alt, series, size, past=past)
        goal = Goal(float(target.goal), target_name(self._formats, target))
        alt = f"{alt} {target_alt(self._formats, target)}"
        return columns_chart(self._pen, "trend", alt, series, size, goal, past)

    def _past(self, section: Section, figure: Figure) -> Past | None:
        """Return last year's line; none where it isn't compared or has no data for the current period."""
        values = [None if one is None else float(one) for one in _values(section.trend_year_ago, figure)]
        if not values or values[-1] is None:
            return None
        return Past(values, self._pen.language.text("year ago"))

    def _closed(self, section: Section, size: tuple[float, float]) -> Chart:
        return closed_chart(self._pen, self._sentences.closed_alt(section), section.trend, self._ticks, size)

    def _flow(self, section: Section, size: tuple[float, float]) -> Chart:
        return flow_chart(self._pen, self._sentences.flow_alt(section), section.trend, self._ticks, size)

    def _team(self, standing: Standing, most: int) -> Chart:
        """Return everybody by value won; where there are many, the first of them, the agent, and the others as one."""
        shown, others = team_shown(standing, most)
        write = self._formats.alike([*(row.value_won for row in shown), together(others)])
        mates = [
            Mate(
                shorten(row.agent.name if row.agent else "", LONGEST),
                row.value_won,
                write(row.value_won),
                own=row.agent == standing.agent,
            )
            for row in shown
        ]
        if others:
            name = self._others(len(others))
            mates.append(Mate(name, None, write(together(others))))
        title = self._pen.language.text("Team by value won")
        alt = self._sentences.list_alt(title, [(mate.name, mate.text) for mate in mates])
        return team_chart(self._pen, alt, mates, self._layout.full)

    def _drivers(self, section: Section, width: float) -> list[Chart]:
        """Return the chart of what moved the value won; none where nothing can be split."""
        parts = section.drivers
        if parts is None or parts.total == parts.not_split:
            return []
        write = self._formats.alike(abs(one) for one in amounts(parts))
        steps = [self._step(section, one, part(parts, one), write) for one in Driver]
        if parts.not_split:
            text = self._pen.language.text("Not split")
            steps.append(Step(text, parts.not_split, self._formats.signed(parts.not_split, write)))
        text = self._pen.language.text("Change")
        steps.append(Step(text, parts.total, self._formats.signed(parts.total, write), is_total=True))
        title = self._pen.language.text("What moved value won")
        alt = self._sentences.list_alt(title, [(one.name, one.text) for one in steps])
        return [drivers_chart(self._pen, alt, steps, width, self._layout.rows)]

    def _step(self, section: Section, driver: Driver, amount: Decimal, write: Callable[[Number], str]) -> Step:
        was, now = (self._sentences.factor(driver, one) for one in (section.previous, section.current))
        note = self._pen.language.text("{was} to {now}", was=was, now=now)
        return Step(self._sentences.driver(driver), amount, self._formats.signed(amount, write), note)

    def _agents(self, section: Section, width: float) -> list[Chart]:
        """Return the chart of the first agents; none where nobody won anything."""
        named = [change for change in section.agents if change.agent is not None and change.has_value]
        shown = named[:AGENTS_DRAWN]
        write = self._formats.alike(one.value_won for change in shown for one in _known(change))
        bars = [self._agent_bar(change, write) for change in shown]
        title = self._pen.language.text("Value won by agent")
        alt = self._sentences.list_alt(title, [(bar.name, bar.text) for bar in bars])
        return [bars_chart(self._pen, "agents", alt, bars, width, self._layout.rows)] if bars else []

    def _agent_bar(self, change: AgentChange, write: Callable[[Number], str]) -> Bar:
        now, before = change.current, change.previous
        return Bar(
            name=shorten(change.agent.name, LONGEST) if change.agent else "",
            value=now.value_won if now else 0,
            before=before.value_won if before else None,
            text=write(now.value_won if now else 0),
            note=self._formats.signed(absolute, write) if (absolute := change.value_won.absolute) is not None else "",
        )

    def _stages(self, section: Section, width: float, most: int = MOST_STAGES) -> Chart:
        stages, left = first_stages(section, most)
        if left is not None:
            others = len(section.stages) - len(stages)
            name = self._others(others)
            stages = (*stages, replace(left, name=name))
        write = self._formats.alike(one.value for one in stages)
        before = {
            (one.current.stage_id, one.current.name): one.previous.count for one in section.stages if one.previous
        }
        bars = [
            Bar(
                shorten(one.name, LONGEST),
                one.count,
                before.get((one.stage_id, one.name)),
                self._formats.count(one.count),
                write(one.value),
            )
            for one in stages
        ]
        title = self._pen.language.text("New deals by stage")
        alt = self._sentences.list_alt(title, [(bar.name, bar.text) for bar in bars])
        return bars_chart(self._pen, "stages", alt, bars, width, self._layout.rows)

    def _open(self, section: Section, deals: OpenDeals, width: float) -> Chart:
        """Return the open deals of one pipeline by stage; where there are many stages, the last ones as one bar."""
        shown, others = deals.stages, deals.stages[MOST_STAGES - 1 :]
        if len(shown) > MOST_STAGES:
            name = self._others(len(others))
            shown = (*shown[: MOST_STAGES - 1], stages_together(name, others))
        write = self._formats.alike(one.value or 0 for one in shown)
        changes = section.open_change.stages if section.open_change else ()
        grown = {one.stage_id: one.count.absolute or 0 for one in changes}
        bars = [
            Bar(
                shorten(one.name, LONGEST),
                one.count,
                one.count - grown[one.stage_id] if one.stage_id in grown else None,
                self._formats.count(one.count),
                open_value(one, write),
            )
            for one in shown
        ]
        alt = self._sentences.list_alt(open_title(self._formats, section), [(bar.name, bar.text) for bar in bars])
        return bars_chart(self._pen, f"open-{section.id}", alt, bars, width, self._layout.rows)

    def _others(self, number: int) -> str:
        """Return what several that are drawn as one are called."""
        count = self._formats.count(number)
        return self._pen.language.plural("{number} other", "{number} others", number, number=count)

    def _pipelines(self, sections: tuple[Section, ...]) -> Chart:
        panels = [self._panel(section) for section in sections]
        title = self._pen.language.text("Value won by pipeline")
        alt = self._sentences.list_alt(title, [(panel.name, f"{panel.value} ({panel.note})") for panel in panels])
        return multiples_chart(self._pen, alt, panels, self._layout.full, self._layout.rows)

    def _pipeline_bars(self, sections: tuple[Section, ...]) -> Chart:
        """Return all pipelines as bars, the most first; what there is no room for is one bar."""
        known = [(one.current, one) for one in sections if one.current is not None]
        ranked = sorted(known, key=lambda one: one[0].value_won, reverse=True)
        write = self._formats.alike(figures.value_won for figures, _ in ranked)
        bars = [
            Bar(
                shorten(section.name, LONGEST),
                figures.value_won,
                section.previous.value_won if section.previous else None,
                write(figures.value_won),
                self._formats.change(section.deltas[Figure.VALUE_WON]).signed,
            )
            for figures, section in ranked[:MOST_BARS]
        ]
        if others := ranked[MOST_BARS:]:
            value = sum((figures.value_won for figures, _ in others), Decimal(0))
            bars.append(Bar(self._others(len(others)), value, None, write(value)))
        title = self._pen.language.text("Value won by pipeline")
        alt = self._sentences.list_alt(title, [(bar.name, f"{bar.text} ({bar.note})") for bar in bars])
        return bars_chart(self._pen, "pipelines", alt, bars, self._layout.full, self._layout.rows)

    def _panel(self, section: Section) -> Panel:
        now = section.current.value_won if section.current else None
        change = self._formats.change(section.deltas[Figure.VALUE_WON])
        return Panel(
            name=shorten(section.name, LONGEST),
            value=self._formats.value(Figure.VALUE_WON, now, short=True, unit=False),
            note=f"{change.arrow} {change.text}".strip(),
            series=self._series(section, Figure.VALUE_WON),
            ends=self._ends,
        )


def _same_stages(sections: tuple[Section, ...]) -> bool:
    """Whether all pipelines go through stages of the same names: only then do their counts belong in one chart."""
    return len({tuple(change.current.name for change in section.stages) for section in sections}) == 1


def _values(points: Sequence[TrendPoint], figure: Figure) -> list[Number | None]:
    return [one.figures.value(figure) if one.figures else None for one in points]


def _known(change: AgentChange) -> list[AgentFigures]:
    return [one for one in (change.current, change.previous) if one is not None]
