"""A report as config.toml defines it: what it shows, of which days, in which cuts, and who gets it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from reports.config.conditions import ConditionsField
from reports.config.languages import Locales, NumberSystem, Worded
from reports.config.schedule import ScheduleField
from reports.config.secret import Section
from reports.config.values import (
    AddressText,
    Colour,
    CurrencyCode,
    Duration,
    Goal,
    KindName,
    LocaleName,
    NoGoal,
    Pipelines,
    ShareGoal,
    SomeAddresses,
    ThemeName,
    WholeGoal,
    twice,
)
from reports.figures import Figure
from reports.periods import Kind, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from reports.analysis.conditions import Condition

SCORECARD, BOARD, SLIDES = "scorecard", "board", "16:9"
PAGES = ("weekly", SCORECARD)  # templates for paper
BOARD_PERIODS = 9  # two years of quarters before the current one: as many as an ordinary range takes
VIEW = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
OTHER_CUTS = re.compile(r"all|(agent|pipeline)-\d+")  # names that other cuts have
Ids = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1, strict=False)]
Attachment = Literal["pdf", "csv", "json"]


def _languages(locale: str | None, locales: tuple[str, ...] | None) -> tuple[str, ...]:
    return locales or (() if locale is None else (locale,))


def _refuse_both(locale: str | None, locales: tuple[str, ...] | None) -> None:
    if locale is not None and locales is not None:
        message = "give either locale or locales"
        raise ValueError(message)


class Targets(Section):
    """Goals for one period of a report, by the figures' names: deals, money, or percent."""

    total_created: WholeGoal | None = None
    total_won: WholeGoal | None = None
    total_lost: NoGoal = None
    total_value_created: Goal | None = None
    total_value_won: Goal | None = None
    average_deal_size: Goal | None = None
    conversion_rate: Goal | None = None
    win_rate: ShareGoal | None = None

    @property
    def goals(self) -> dict[Figure, Decimal]:
        """The goals that are set."""
        return {Figure(name): goal for name, goal in self if goal is not None}


class View(Section):
    """A part of a report with a name and readers of its own: some agents, some pipelines, or some agents in some."""

    name: str
    agents: Ids | None = None
    pipelines: Ids | None = None
    to: SomeAddresses
    locale: LocaleName | None = None
    locales: Locales | None = None

    @property
    def written_in(self) -> tuple[str, ...]:
        """The languages that are set here, first the one of the mail; nothing where the report decides."""
        return _languages(self.locale, self.locales)

    @model_validator(mode="after")
    def _one_way(self) -> View:
        _refuse_both(self.locale, self.locales)
        return self

    @model_validator(mode="after")
    def _named(self) -> View:
        if not VIEW.fullmatch(self.name) or OTHER_CUTS.fullmatch(self.name):
            message = f'"{self.name}" is no name for a view: small letters, digits and -, 30 at most, and no other cut'
            raise ValueError(message)
        if self.agents is None and self.pipelines is None:
            message = "names neither agents nor pipelines; who gets the whole stands in `to` of the report"
            raise ValueError(message)
        return self


def _by_pipeline(value: object) -> object:
    """Take the numbers of pipelines, which TOML has as texts."""
    if isinstance(value, dict) and all(isinstance(one, int) or re.fullmatch(r"[1-9]\d{0,9}", one) for one in value):
        return {int(number): listed for number, listed in value.items()}
    message = 'should be a table of pipeline numbers, such as { 3 = ["north@example.com"] }'
    raise ValueError(message)


class Report(Section):
    """One report: what it shows, of which days, and who gets it."""

    title: Worded
    template: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")] = "weekly"
    period: KindName = "week"
    trailing: Annotated[int, Field(ge=2, le=53)] = 12
    compare: Annotated[tuple[Literal["previous", "year_ago"], ...], Field(strict=False)] = ("previous",)
    pipelines: Pipelines = "all"
    currency: CurrencyCode | None = None
    locale: LocaleName | None = None
    locales: Locales | None = None
    numbers: NumberSystem | None = None
    theme: ThemeName | None = None
    accent: Colour | None = None
    paper: Literal["A4", "letter", "16:9"] = "A4"
    targets: Targets = Targets()
    cuts: Literal["agent", "pipeline"] | None = None
    show_team: bool = False
    views: Annotated[tuple[View, ...], Field(strict=False)] = ()
    to: list[AddressText] = Field(default_factory=list)
    cc: list[AddressText] = Field(default_factory=list)
    bcc: list[AddressText] = Field(default_factory=list)
    pipeline_to: Annotated[dict[int, SomeAddresses], BeforeValidator(_by_pipeline)] = Field(default_factory=dict)
    together: bool = False
    reply_to: AddressText | None = None
    attach: Annotated[tuple[Attachment, ...], Field(strict=False)] = ("pdf",)
    body: Literal["full", "summary", "none"] = "full"
    only_if: ConditionsField | None = None
    at_least_every: Annotated[int, Field(ge=1, le=1000)] | None = None
    schedule: ScheduleField | None = None
    owner: SomeAddresses | None = None
    catch_up: Duration | None = None
    retry_for: Duration = timedelta(hours=6)
    approve: bool = False
    approve_within: Duration = timedelta(days=2)

    @property
    def kind(self) -> Kind:
        """The kind of period."""
        return Kind.parse(self.period)

    @property
    def written_in(self) -> tuple[str, ...]:
        """The languages that are set here, first the one of the mail; nothing where the account decides."""
        return _languages(self.locale, self.locales)

    @property
    def with_year_ago(self) -> bool:
        """Whether everything is compared with a year ago, too."""
        return "year_ago" in self.compare

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What has to hold for a slot to be worth a report, any of them; nothing where every slot is."""
        return tuple(one.condition for one in self.only_if or ())

    @property
    def in_one_message(self) -> bool:
        """Whether several people get one message, and see each other's addresses."""
        return self.together or bool(self.cc or self.bcc)

    @property
    def addresses(self) -> Iterator[tuple[str, str]]:
        """Every recipient that the configuration names, with the dotted path below the report."""
        lists: dict[str, list[str]] = {"to": self.to, "cc": self.cc, "bcc": self.bcc}
        lists |= {f"pipeline_to.{number}": listed for number, listed in self.pipeline_to.items()}
        lists |= {f"views.{place}.to": view.to for place, view in enumerate(self.views)}
        yield from ((path, one) for path, listed in lists.items() for one in listed)

    @model_validator(mode="before")
    @classmethod
    def _own_template(cls, content: Any) -> Any:  # noqa: ANN401 - what a TOML file may hold
        if not isinstance(content, dict):
            return content
        if content.get("cuts") == "agent":
            return {"template": SCORECARD, **content}
        return {**_of_a_board(content), **content} if content.get("template") == BOARD else content

    @model_validator(mode="after")
    def _compared(self) -> Report:
        if "previous" not in self.compare:
            message = 'compare has to hold "previous"; "year_ago" comes beside it'
            raise ValueError(message)
        if self.with_year_ago and self.kind.unit is Unit.YEAR:
            message = 'the previous period of a year is the one a year ago; leave "year_ago" away in compare'
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _each_once(self) -> Report:
        ids = self.pipelines if isinstance(self.pipelines, list) else ()
        repeated = (*ids, *self.compare, *self.attach, *(one.name for one in self.views))
        found = [
            *twice((*self.to, *self.cc, *self.bcc)),
            *(str(one) for one, count in Counter(repeated).items() if count > 1),
        ]
        if found:
            message = f"listed twice: {', '.join(found)}"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _readers(self) -> Report:
        if problems := list(_problems_of_readers(self)):
            raise ValueError("; ".join(problems))
        return self

    @model_validator(mode="after")
    def _paper(self) -> Report:
        if problems := list(_problems_of_paper(self)):
            raise ValueError("; ".join(problems))
        return self

    @property
    def is_slides(self) -> bool:
        """Whether it is laid out as slides, which are larger than paper in everything."""
        return self.paper == SLIDES

    @model_validator(mode="after")
    def _one_way(self) -> Report:
        _refuse_both(self.locale, self.locales)
        return self

    @model_validator(mode="after")
    def _message(self) -> Report:
        if self.body == "none" and not self.attach:
            message = 'body = "none" without anything to attach would be an empty mail'
            raise ValueError(message)
        if self.at_least_every is not None and self.only_if is None:
            message = "at_least_every goes with only_if"
            raise ValueError(message)
        return self


def _of_a_board(content: Mapping[str, object]) -> dict[str, object]:
    """Return what a report for a board has unless it says otherwise; the year before a year is the one a year ago."""
    whole_years = str(content.get("period", "")).startswith(Unit.YEAR.value)
    compared = ("previous",) if whole_years else ("previous", "year_ago")
    return {"paper": SLIDES, "period": "quarter", "compare": compared, "trailing": BOARD_PERIODS}


def _problems_of_paper(report: Report) -> Iterator[str]:
    """Yield what doesn't fit the template."""
    if report.template == BOARD and report.paper != SLIDES:
        yield f'the template "board" is for slides: leave paper away, or set paper = "{SLIDES}"'
    if report.template in PAGES and report.paper == SLIDES:
        yield f'paper = "{SLIDES}" is for slides: set template = "board", or name one of your own'
    if report.template == BOARD and report.cuts == "agent":
        yield 'the template "board" is no page for one agent; leave template away, or name one of your own'


def _problems_of_readers(report: Report) -> Iterator[str]:
    """Yield what is wrong with who gets which cut."""
    cut = report.cuts is not None or bool(report.views)
    if report.cuts is not None and report.views:
        yield "cuts and views don't go together; make the views a report of their own"
    if report.cuts == "agent" and report.to:
        yield 'each scorecard goes to its agent; with cuts = "agent" leave `to` away, and name managers in cc'
    if report.pipeline_to and report.cuts != "pipeline":
        yield 'pipeline_to goes with cuts = "pipeline"'
    if not (report.to or report.views or report.pipeline_to or report.cuts == "agent"):
        yield "to is empty: it names nobody who gets the report"
    if (report.cc or report.bcc) and not (report.together or report.cuts == "agent"):
        yield "cc and bcc go with together = true: otherwise everybody gets a message of their own"
    if report.show_team and report.cuts != "agent":
        yield 'show_team goes with cuts = "agent"'
    if report.template == "weekly" and report.cuts == "agent":
        yield 'the template "weekly" is no page for one agent; leave template away, or name one of your own'
    if report.template == SCORECARD and report.cuts != "agent":
        yield 'the template "scorecard" goes with cuts = "agent"'
    if report.approve and cut:
        yield "approve doesn't go with cuts or views: an approval is about one edition"
    yield from _problems_of_pipelines(report)


def _problems_of_pipelines(report: Report) -> Iterator[str]:
    """Yield the pipelines of cuts that the report itself doesn't have."""
    if report.pipelines == "all":
        return
    named = {*report.pipeline_to, *(one for view in report.views for one in view.pipelines or ())}
    if missing := sorted(named - set(report.pipelines)):
        yield f"the report has no pipeline {', '.join(map(str, missing))}; add it to pipelines"
