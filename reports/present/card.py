"""How much a scorecard shows, so that one page holds it and is full."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from reports.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.figures import AgentFigures, Figures
    from reports.findings import Analysis, OpenDeal, Section, Standing

LETTER = 52.0  # points that Letter paper is lower
LOWEST, HIGHEST = 44.0, 236.0  # of the large chart
ROW, MATE_ROW = 13.4, 11.4  # of a table, and of the team's chart
MATES_ACROSS, FEWEST_MATES, MOST_MATES = 3, 2, 12  # columns, and how many rows
FEWEST_ROWS, MANY_ROWS, ROWS_OF_YEAR = 2, 3, 2
ROWS = {(False, False): 6, (False, True): 4, (True, False): 3, (True, True): 2}  # of a table: with the team, on Letter


@dataclass(frozen=True)
class Shares:
    """The pipelines that have a row, by value won, and those that are one row together."""

    shown: tuple[Section, ...]
    others: tuple[Section, ...]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.shown) + bool(self.others)


@dataclass(frozen=True)
class Lines:
    """How high the parts of a page are, in points, as its language sets type (templates/base)."""

    page: float  # for the large chart and all below the pair
    team_page: float  # the same where the team is shown: all is set closer
    head: float  # of a table: heading with caption and column heads
    space: float  # above a table or the team's chart
    title: float  # of the team's chart: heading with caption
    year: float  # what a year ago adds to the key figures: a line in each row, and one to their caption
    note: float  # a line at the foot
    fewer: int  # rows of a table than there are of the tightest lines, where a page has many


LINES = Lines(page=222.0, team_page=264.0, head=40.0, space=13.0, title=26.0, year=34.0, note=9.4, fewer=0)
OWN_LINES = {"ar": Lines(page=180.0, team_page=246.0, head=42.0, space=9.0, title=27.0, year=38.0, note=10.8, fewer=2)}


@dataclass(frozen=True)
class Layout:
    """How high the large chart is, in points, and for how many of the team there is room."""

    trend: float
    mates: int


def has_team(analysis: Analysis) -> bool:
    """Whether the team is shown by name."""
    return bool(analysis.standing and analysis.standing.team)


def most_rows(analysis: Analysis, *, letter: bool, language: str = "en") -> int:
    """Return how many rows a table has at most; what a year ago takes isn't left for them."""
    most, fewer = ROWS[has_team(analysis), letter], lines_of(language).fewer
    if fewer and letter and has_team(analysis) and analysis.plan.year_ago:
        return 0  # looser lines, lower paper and all there can be: the tables don't fit
    most -= fewer if most > MANY_ROWS else 0
    return max(FEWEST_ROWS, most - (ROWS_OF_YEAR if analysis.plan.year_ago else 0))


def lines_of(language: str) -> Lines:
    """Return how a language, by its tag, sets type."""
    return OWN_LINES.get(language, LINES)


def pipelines_shown(analysis: Analysis, most: int) -> Shares:
    """Return the pipelines in which there was anything; none where that is one only, which is the whole page."""
    ranked = sorted((one for one in analysis.pipelines if _has_any(one)), key=_rank)
    if len(ranked) < 2 or not most:  # noqa: PLR2004 - one is no breakdown
        return Shares((), ())
    cut = len(ranked) if len(ranked) <= most else most - 1
    return Shares(tuple(ranked[:cut]), tuple(ranked[cut:]))


def deals_shown(analysis: Analysis, most: int) -> tuple[OpenDeal, ...]:
    """Return the largest open deals that have a row."""
    deals = analysis.overall.open
    return () if deals is None else deals.largest[:most]


def team_shown(standing: Standing, most: int) -> tuple[tuple[AgentFigures, ...], tuple[AgentFigures, ...]]:
    """Return who of the team has a bar, always the agent too, and who is one bar together."""
    team = standing.team
    if len(team) <= most:
        return team, ()
    own = next(row for row in team if row.agent == standing.agent)
    head = team[: most - 1]
    shown = head if own in head else (*head[:-1], own)
    return shown, tuple(row for row in team if row not in shown)


def together(rows: Sequence[AgentFigures]) -> Decimal:
    """Return the value that several won, in money."""
    return sum((row.value_won for row in rows), Decimal(0))


def layout(analysis: Analysis, *, letter: bool, language: str = "en") -> Layout:
    """Return what the tables leave for the large chart, and first for the team where it is shown."""
    lines = lines_of(language)
    most = most_rows(analysis, letter=letter, language=language)
    rows = max(pipelines_shown(analysis, most).rows, len(deals_shown(analysis, most)))
    room = (lines.team_page if has_team(analysis) else lines.page) - (LETTER if letter else 0.0)
    room -= lines.space + lines.head + rows * ROW if rows else 0.0
    room -= lines.space + ROW if analysis.restatements else 0.0
    room -= lines.year if analysis.plan.year_ago else 0.0
    room -= lines.note * sum(not one.passed for one in analysis.checks)
    mates = 0
    if analysis.standing and has_team(analysis):
        room -= lines.space + lines.title
        wanted = min(MOST_MATES, -(-len(analysis.standing.team) // MATES_ACROSS))
        mates = min(wanted, max(FEWEST_MATES, int((room - LOWEST) // MATE_ROW)))
        room -= mates * MATE_ROW
    return Layout(max(LOWEST, min(HIGHEST, room)), mates * MATES_ACROSS)


def _has_any(section: Section) -> bool:
    return any(one is not None and _moved(one) for one in (section.current, section.previous))


def _moved(figures: Figures) -> bool:
    return bool(figures.created or figures.closed or figures.value_won)


def _rank(section: Section) -> tuple[Decimal, Decimal, str]:
    now, before = (
        Decimal((one.value(Figure.VALUE_WON) or 0) if one else 0) for one in (section.current, section.previous)
    )
    return -now, -before, section.name
