"""The tables of config.toml, and what each may hold."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Discriminator, Field, PrivateAttr, Tag, model_validator

from reports.config.schedule import ScheduleField
from reports.config.secret import Secret, SecretField, Section
from reports.config.values import (
    AddressText,
    BaseUrl,
    CurrencyCode,
    Duration,
    Goal,
    Holiday,
    KeepDays,
    KindName,
    LocaleName,
    MemorySize,
    NoGoal,
    Owners,
    PingAddress,
    Pipelines,
    ShareGoal,
    Text,
    TimezoneName,
    WholeGoal,
    ping_address,
    twice,
)
from reports.config.words import near
from reports.errors import ConfigError
from reports.figures import Figure
from reports.periods import WEEK_STARTS, Calendar, Kind, Unit

if TYPE_CHECKING:
    from decimal import Decimal

    from reports.schedule import Schedule

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
    holidays: Annotated[tuple[Holiday, ...], Field(strict=False)] = ()
    owner: Owners | None = None

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


class Ledger(Section):
    """The records of what was sent: a file of SQLite, or the address of a PostgreSQL database, kept as a secret."""

    file: Annotated[str, Field(min_length=1)] = "ledger.sqlite"
    url: SecretField | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Ledger:
        if self.url is not None and "file" in self.model_fields_set:
            message = "give either file or url"
            raise ValueError(message)
        return self


class Runner(Section):
    """How editions are made by schedule: how many side by side, how long and with how much memory (bytes) each."""

    workers: Annotated[int, Field(ge=1, le=16)] = 2
    deadline: Duration = timedelta(minutes=10)
    memory: MemorySize = 1024**3
    ping: (
        Annotated[
            Annotated[PingAddress, Tag("address")] | Annotated[Secret, Tag("secret")],
            Discriminator(lambda value: "secret" if isinstance(value, dict | Secret) else "address"),
        ]
        | None
    ) = None

    def ping_url(self, folder: Path) -> str | None:
        """Return the address to request after each pass, read where it is a secret; its value is in no message."""
        if not isinstance(self.ping, Secret):
            return self.ping
        try:
            return ping_address(self.ping.read(folder))
        except ValueError as error:
            raise ConfigError(f"the secret of runner.ping: {error}", hint="Copy it from the monitor.") from error


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
    schedule: ScheduleField | None = None
    owner: Owners | None = None
    catch_up: Duration | None = None
    retry_for: Duration = timedelta(hours=6)
    approve: bool = False
    approve_within: Duration = timedelta(days=2)

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
        ids = self.pipelines if isinstance(self.pipelines, list) else ()
        found = [*twice(self.to), *(str(one) for one, count in Counter((*ids, *self.compare)).items() if count > 1)]
        if found:
            message = f"listed twice: {', '.join(found)}"
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
    ledger: Ledger = Ledger()
    runner: Runner = Runner()
    reports: Annotated[dict[str, Report], Field(min_length=1)]
    _folder: Path = PrivateAttr(default=Path())

    @model_validator(mode="after")
    def _names(self) -> Config:
        for name in self.reports:
            if not self.NAME.fullmatch(name):
                message = f'the report name "{name}" may hold small letters, digits, - and _ only, 40 at most'
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _owners(self) -> Config:
        missing = [
            f"reports.{name}.{key}: needs someone to tell when it goes wrong; set owner here or in [account]"
            for name, report in self.reports.items()
            for key, needed in (("schedule", report.schedule is not None), ("approve", report.approve))
            if needed and not self.owner(report)
        ]
        if missing:
            raise ValueError("\n".join(missing))
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

    def owner(self, report: Report) -> tuple[str, ...]:
        """Return who is told when something goes wrong with a report; empty where it has no schedule and nobody is."""
        return tuple(report.owner or self.account.owner or ())

    def owners_of(self, name: str) -> tuple[str, ...]:
        """Return who is told about a report, also one that the configuration doesn't have any more."""
        return self.owner(self.reports[name]) if name in self.reports else tuple(self.account.owner or ())

    def schedule_of(self, name: str) -> Schedule | None:
        """Return when a report is due; None where it has no schedule, or there is no such report any more."""
        return self.schedule(self.reports[name]) if name in self.reports else None

    def schedule(self, report: Report) -> Schedule | None:
        """Return when a report is due, by the account's calendar; None where it has no schedule."""
        return None if report.schedule is None else report.schedule.of(self.account)
