"""The tables of config.toml, and what each may hold."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Discriminator, Field, PrivateAttr, Tag, model_validator

from reports.config.email import OutboxEmail, SmtpEmail
from reports.config.groups import with_groups
from reports.config.languages import NumberSystem, Reader, Worded, worded
from reports.config.report import Report
from reports.config.secret import Secret, SecretField, Section
from reports.config.values import (
    AddressText,
    BaseUrl,
    Colour,
    CurrencyCode,
    Duration,
    Holiday,
    KeepDays,
    LocaleName,
    MemorySize,
    PingAddress,
    SiteAddress,
    SomeAddresses,
    ThemeName,
    TimezoneName,
    ping_address,
    plain_address,
)
from reports.config.words import near
from reports.errors import ConfigError
from reports.periods import WEEK_STARTS, Calendar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.schedule import Schedule

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _group_names(groups: dict[str, list[str]]) -> dict[str, list[str]]:
    """Refuse names that could be taken for addresses."""
    for name in groups:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
            message = f'the name "{name}" may hold small letters, digits, - and _ only, 40 at most'
            raise ValueError(message)
    return groups


class Account(Section):
    """Whose numbers these are, and by which calendar."""

    name: Worded
    timezone: TimezoneName
    week_start: Literal["monday", "saturday", "sunday"] = "monday"
    weekend: Annotated[tuple[Weekday, ...], Field(max_length=6, strict=False)] = ("saturday", "sunday")
    currency: CurrencyCode
    locale: LocaleName = "en"
    numbers: NumberSystem = "latn"
    theme: ThemeName | None = None
    accent: Colour | None = None
    fiscal_year_start: Annotated[int, Field(ge=1, le=12)] = 1
    holidays: Annotated[tuple[Holiday, ...], Field(strict=False)] = ()
    owner: SomeAddresses | None = None

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


class Web(Section):
    """Where our own pages are, as readers of the mails reach them."""

    url: SiteAddress | None = None


class Config(Section):
    """The whole of config.toml."""

    NAME: ClassVar = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
    account: Account
    source: Annotated[SandboxSource | VoxysSource, Field(discriminator="kind")]
    email: Annotated[OutboxEmail | SmtpEmail, Field(discriminator="kind")]
    archive: Archive = Archive()
    checks: Checks = Checks()
    recipients: dict[AddressText, Reader] = Field(default_factory=dict)
    groups: Annotated[dict[str, SomeAddresses], AfterValidator(_group_names)] = Field(default_factory=dict)
    web: Web = Web()
    ledger: Ledger = Ledger()
    runner: Runner = Runner()
    reports: Annotated[dict[str, Report], Field(min_length=1)]
    _folder: Path = PrivateAttr(default=Path())

    @model_validator(mode="before")
    @classmethod
    def _groups(cls, content: Any) -> Any:  # noqa: ANN401 - what a TOML file may hold
        return with_groups(content)

    @model_validator(mode="after")
    def _domains(self) -> Config:
        outside = [
            f"{path}: {mailbox} is outside the allowed domains of [email]"
            for path, mailbox in self.readers()
            if not self.email.allows(mailbox)
        ]
        if outside:
            raise ValueError("\n".join(outside))
        return self

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

    def readers(self) -> Iterator[tuple[str, str]]:
        """Yield every address that gets anything, owners included, with its dotted path."""
        yield from (("account.owner", one) for one in self.account.owner or ())
        for name, report in self.reports.items():
            yield from ((f"reports.{name}.{path}", one) for path, one in report.addresses)
            yield from ((f"reports.{name}.owner", one) for one in report.owner or ())

    def addresses(self) -> Iterator[tuple[str, str]]:
        """Yield every address there is but the sender's, with its dotted path."""
        yield from self.readers()
        yield from (("recipients", one) for one in self.recipients)
        answers = {"email": self.email.reply_to}
        answers |= {f"reports.{name}": one.reply_to for name, one in self.reports.items()}
        yield from ((f"{path}.reply_to", one) for path, one in answers.items() if one)

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

    def locales(self, report: Report) -> tuple[str, ...]:
        """Return the languages a report is written in; the first one is that of its mail."""
        return report.written_in or (self.account.locale,)

    def locale(self, report: Report) -> str:
        """Return the language and region that a report's mail is written in."""
        return self.locales(report)[0]

    def locale_of(self, recipient: str) -> str | None:
        """Return the language of whatever somebody gets, by their plain address; None where none is set."""
        return next(
            (one.locale for address, one in self.recipients.items() if plain_address(address) == recipient), None
        )

    def numbers(self, report: Report) -> NumberSystem:
        """Return the digits of a report, where its language has some of its own."""
        return report.numbers or self.account.numbers

    def look(self, report: Report) -> tuple[str | None, str | None]:
        """Return the theme and the accent of a report; a theme of its own comes without the account's accent."""
        if report.theme is not None:
            return report.theme, report.accent
        return self.account.theme, report.accent or self.account.accent

    def title(self, report: Report, locale: str | None = None) -> str:
        """Return a report's title in a language, or in that of its mail."""
        return worded(report.title, locale or self.locale(report))

    def account_name(self, locale: str) -> str:
        """Return the account's name in a language."""
        return worded(self.account.name, locale)

    def reply_to(self, report: Report) -> str | None:
        """Return where answers to a report go, if not to its sender."""
        return report.reply_to or self.email.reply_to

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
