"""The tables of config.toml, and what each may hold."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, PrivateAttr, model_validator

from reports.config.secret import SecretField, Section
from reports.config.values import (
    AddressText,
    BaseUrl,
    CurrencyCode,
    Goal,
    KeepDays,
    KindName,
    LocaleName,
    NoGoal,
    Pipelines,
    ShareGoal,
    Text,
    TimezoneName,
    WholeGoal,
    parse_address,
)
from reports.config.words import near
from reports.errors import ConfigError
from reports.figures import Figure
from reports.periods import WEEK_STARTS, Calendar, Kind, Unit

if TYPE_CHECKING:
    from decimal import Decimal

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Account(Section):
    """Whose numbers these are, and by which calendar."""

    name: Text
    timezone: TimezoneName
    week_start: Literal["monday", "saturday", "sunday"] = "monday"
    weekend: Annotated[tuple[Weekday, ...], Field(max_length=6, strict=False)] = ("saturday", "sunday")
    currency: CurrencyCode
    locale: LocaleName = "en"
    fiscal_year_start: Annotated[int, Field(ge=1, le=12)] = 1

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose days the account counts in."""
        return ZoneInfo(self.timezone)

    @property
    def calendar(self) -> Calendar:
        """Where weeks and fiscal years start."""
        return Calendar(WEEK_STARTS[self.week_start], self.fiscal_year_start)


class SandboxSource(Section):
    """The embedded server: over a file that `reports sandbox load` filled, else with made-up deals."""

    kind: Literal["sandbox"]
    database: str | None = None


class VoxysSource(Section):
    """A Voxys Connect account. `timeout` is in seconds for one answer; windows are fetched side by side."""

    kind: Literal["voxys"]
    base_url: BaseUrl = "https://connect.voxys.ai"
    account_id: Annotated[int, Field(ge=1)]
    token: SecretField
    timeout: Annotated[float, Field(gt=0, le=600, strict=False)] = 30.0
    connections: Annotated[int, Field(ge=1, le=32)] = 6
    attempts: Annotated[int, Field(ge=1, le=20)] = 5


class OutboxEmail(Section):
    """A folder that takes the place of a mail server: one .eml file for each message."""

    model_config = ConfigDict(validate_by_name=False, validate_by_alias=True)
    kind: Literal["outbox"]
    sender: AddressText = Field(alias="from")
    folder: str = "outbox"


class SmtpEmail(Section):
    """A mail server: implicit TLS, STARTTLS, or (without a password) no encryption at all."""

    model_config = ConfigDict(validate_by_name=False, validate_by_alias=True)
    kind: Literal["smtp"]
    sender: AddressText = Field(alias="from")
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["tls", "starttls", "none"] = "starttls"
    username: str | None = None
    password: SecretField | None = None
    timeout: Annotated[float, Field(gt=0, le=600, strict=False)] = 60.0

    @model_validator(mode="after")
    def _login(self) -> SmtpEmail:
        if (self.username is None) != (self.password is None):
            message = "username and password go together"
            raise ValueError(message)
        if self.password is not None and self.security == "none":
            message = 'a password is never sent unencrypted; set security to "tls" or "starttls"'
            raise ValueError(message)
        return self


class Archive(Section):
    """Where each kept edition lies, one folder for each revision, and for how long (for ever if nothing is said)."""

    folder: str = "archive"
    keep: KeepDays | None = None


class Checks(Section):
    """How strict the checks of the figures are: `strict` refuses what would be a footnote."""

    strict: bool = False


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


class Report(Section):
    """One report: what it shows, of which days, and who gets it."""

    title: Text
    template: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")] = "weekly"
    period: KindName = "week"
    trailing: Annotated[int, Field(ge=2, le=53)] = 12
    compare: Annotated[tuple[Literal["previous", "year_ago"], ...], Field(strict=False)] = ("previous",)
    pipelines: Pipelines = "all"
    currency: CurrencyCode | None = None
    locale: LocaleName | None = None
    paper: Literal["A4", "letter"] = "A4"
    targets: Targets = Targets()
    to: Annotated[list[AddressText], Field(min_length=1)]

    @property
    def kind(self) -> Kind:
        """The kind of period."""
        return Kind.parse(self.period)

    @property
    def with_year_ago(self) -> bool:
        """Whether everything is compared with a year ago, too."""
        return "year_ago" in self.compare

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
        addresses = Counter(parse_address(one).addr_spec.casefold() for one in self.to)
        ids = Counter(self.pipelines if isinstance(self.pipelines, list) else ())
        compared = Counter(self.compare)
        twice = [str(one) for one, count in (*addresses.items(), *ids.items(), *compared.items()) if count > 1]
        if twice:
            message = f"listed twice: {', '.join(twice)}"
            raise ValueError(message)
        return self


class Config(Section):
    """The whole of config.toml."""

    NAME: ClassVar = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
    account: Account
    source: Annotated[SandboxSource | VoxysSource, Field(discriminator="kind")]
    email: Annotated[OutboxEmail | SmtpEmail, Field(discriminator="kind")]
    archive: Archive = Archive()
    checks: Checks = Checks()
    reports: Annotated[dict[str, Report], Field(min_length=1)]
    _folder: Path = PrivateAttr(default=Path())

    @model_validator(mode="after")
    def _names(self) -> Config:
        for name in self.reports:
            if not self.NAME.fullmatch(name):
                message = f'the report name "{name}" may hold small letters, digits, - and _ only, 40 at most'
                raise ValueError(message)
        return self

    @property
    def folder(self) -> Path:
        """Where config.toml lies."""
        return self._folder

    def in_folder(self, folder: Path) -> Config:
        """Return the same configuration as read from a folder."""
        copy = self.model_copy()
        copy._folder = folder  # noqa: SLF001 - a copy of our own
        return copy

    def report(self, name: str) -> Report:
        """Return a report by name, or say which there are."""
        if name not in self.reports:
            raise ConfigError(
                f'there is no report "{name}"{near(name, self.reports)}',
                hint=f"The configuration has: {', '.join(self.reports)}.",
            )
        return self.reports[name]

    def path(self, text: str) -> Path:
        """Return a path of the configuration; relative ones start where config.toml lies."""
        return self.folder / Path(text).expanduser()

    def currency(self, report: Report) -> str:
        """Return the currency of a report's money."""
        return report.currency or self.account.currency

    def locale(self, report: Report) -> str:
        """Return the language and region a report is written in."""
        return report.locale or self.account.locale
