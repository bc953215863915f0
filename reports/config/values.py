"""The kinds of value that config.toml holds, each checked where it stands."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, time, timedelta
from decimal import Decimal
from email.policy import SMTP
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from reports.config.words import near
from reports.periods import Kind
from reports.schedule import CronSchedule

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.headerregistry import Address
    from urllib.parse import SplitResult

LONGEST_TEXT = 120
LONGEST_ADDRESS = 320  # letters, the name before it included
THEME = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*(\.toml)?")
LEAST_MEMORY = 64 * 1024**2  # bytes; below, no page can be made
LEAST_GOAL, MOST_GOAL, MOST_RATE = 0.1, 10**15, 100  # beyond, a goal can't be written or reached


def parse_address(text: str) -> Address:
    """Read one mailbox; anything else is a ValueError that says what is wrong."""
    if not text.isprintable():
        message = f"{text!r} holds control characters"
        raise ValueError(message)
    found = _mailboxes(text)
    if len(found) != 1 or "." not in found[0].domain.strip("."):
        group = "" if "@" in text else ", and no group of [groups]"
        message = f'"{text}" is not one e-mail address such as "Sales leads <sales@example.com>"{group}'
        raise ValueError(message)
    mailbox = found[0]
    if not mailbox.addr_spec.isascii():
        message = f'"{mailbox.addr_spec}" holds letters outside ASCII, which many mail servers refuse'
        raise ValueError(message)
    return mailbox


def plain_address(text: str) -> str:
    """Return the address of a mailbox alone, in small letters: by it recipients are told apart."""
    return parse_address(text).addr_spec.casefold()


def _mailboxes(text: str) -> tuple[Address, ...]:
    """Return the mailboxes of a text; none where it is malformed."""
    try:
        header = SMTP.header_factory("to", text)
    except Exception:  # noqa: BLE001 - the standard parser trips over `sales@` and other beginnings in many ways
        return ()
    found: tuple[Address, ...] = getattr(header, "addresses", ())
    named = any(one.display_name is not None for one in getattr(header, "groups", ()))  # `team: a@example.com;`
    return () if header.defects or named else found


def _timezone(name: str) -> str:
    timezone(name)
    return name


def timezone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name; another one is a ValueError with a suggestion."""
    zones = available_timezones()
    if name not in zones:
        message = f'"{name}" is not a time zone{near(name, zones)}'
        raise ValueError(message)
    return ZoneInfo(name)


def _currency(code: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", code):
        message = f'"{code}" is not a currency code of three capital letters, such as "SAR"'
        raise ValueError(message)
    return code


def _locale(name: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", name):
        message = f'"{name}" is not a locale such as "en" or "ar"'
        raise ValueError(message)
    return name


def _address(text: str) -> str:
    """Return the text if it is one mailbox in plain ASCII, such as `Sales leads <sales@example.com>`."""
    parse_address(text)
    return text


def twice(addresses: Iterable[str]) -> list[str]:
    """Return the addresses that are there more than once, however they are written."""
    found = Counter(parse_address(one).addr_spec.casefold() for one in addresses)
    return [address for address, count in found.items() if count > 1]


def _each_once(addresses: list[str]) -> list[str]:
    if found := twice(addresses):
        message = f"listed twice: {', '.join(found)}"
        raise ValueError(message)
    return addresses


def _domain(text: str) -> str:
    """Return a domain in small letters, as addresses have it behind the @."""
    name = text.casefold()
    if not re.fullmatch(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)+", name):
        message = f'"{text}" is not a domain such as "example.com"'
        raise ValueError(message)
    return name


def domain_of(text: str) -> str:
    """Return the domain of a mailbox, in small letters."""
    return parse_address(text).domain.casefold()


def _kind(text: str) -> str:
    Kind.parse(text)
    return text


def _pipelines(value: object) -> object:
    if value == "all" or (isinstance(value, list) and value and all(type(one) is int and one > 0 for one in value)):
        return value
    message = 'write "all" or a list of pipeline numbers such as [1, 3]'
    raise ValueError(message)


def _base_url(text: str) -> str:
    """Refuse what would send the token in the clear: http is for this machine only."""
    url = _web_address(text, example="https://connect.voxys.ai", instead="the token stands in source.token")
    if url.query or url.fragment:
        message = f'"{text}" is not a plain web address such as "https://connect.voxys.ai"'
        raise ValueError(message)
    if url.scheme == "http" and not _is_loopback(url.hostname or ""):
        message = f'"{text}" would send the token unencrypted; use https'
        raise ValueError(message)
    return text.rstrip("/")


def _token_url(text: str) -> str:
    """Refuse what would send an application's secret in the clear; the rest stays as it is, a slash at its end too."""
    example = "https://login.example.com/oauth2/token"
    url = _web_address(text, example=example, instead="the secret stands in client_secret")
    if url.fragment:
        message = f'"{text}" is not a plain web address such as "{example}"'
        raise ValueError(message)
    if url.scheme == "http" and not _is_loopback(url.hostname or ""):
        message = f'"{text}" would send the secret unencrypted; use https'
        raise ValueError(message)
    return text


def ping_address(text: str) -> str:
    """Return a web address to request after each pass; another text is a ValueError that doesn't repeat it."""
    url = _web_address(text, example="https://ping.example/1", instead="leave it away", shown="this")
    if url.scheme == "http" and not _is_loopback(url.hostname or ""):
        message = "would be requested unencrypted; use https"
        raise ValueError(message)
    return text


def _site(text: str) -> str:
    """Return where our own pages are, without a slash at its end; links in mails start with it."""
    url = _web_address(text, example="https://reports.example.com", instead="leave it away")
    if url.query or url.fragment:
        message = f'"{text}" is not a plain web address such as "https://reports.example.com"'
        raise ValueError(message)
    if url.scheme == "http" and not _is_loopback(url.hostname or ""):
        message = f'"{text}" is not encrypted; mail programs open only https'
        raise ValueError(message)
    return text.rstrip("/")


def _web_address(text: str, *, example: str, instead: str, shown: str = "") -> SplitResult:
    """Return the parts of an address with http or https, a host and nothing that a request would trip over."""
    url = _split(text)
    if url is not None and url.username is not None:
        message = f"holds a user name or password; {instead}"
        raise ValueError(message)
    plain = text.isprintable() and " " not in text
    if url is None or url.scheme not in {"http", "https"} or not url.hostname or not plain:
        message = f'{shown or _quoted(text)} is not a plain web address such as "{example}"'
        raise ValueError(message)
    return url


def _split(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text)
    except ValueError:
        return None
    return url if _has_port_or_none(url) else None


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _has_port_or_none(url: SplitResult) -> bool:
    try:
        return url.port is None or url.port > 0
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _one_line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        message = "needs some text on one line, without control characters"
        raise ValueError(message)
    return text.strip()


def _goal(value: object) -> Decimal:
    """Return a number of the file as it is written there, without the rounding of a float."""
    if isinstance(value, int | float) and not isinstance(value, bool) and LEAST_GOAL <= value <= MOST_GOAL:
        return Decimal(str(value))
    message = f"a target is a number from {LEAST_GOAL} to {MOST_GOAL:,}"
    raise ValueError(message)


def _bound(value: object) -> Decimal:
    """Return a number of the file as it is written there."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MOST_GOAL:
        return Decimal(str(value))
    message = f"{_quoted(value)} is not a number such as -0.2"
    raise ValueError(message)


def _whole(goal: Decimal) -> Decimal:
    if goal != goal.to_integral_value():
        message = "deals are counted: write a whole number"
        raise ValueError(message)
    return goal


def _share(goal: Decimal) -> Decimal:
    if goal > MOST_RATE:
        message = f"is in percent, so {MOST_RATE} at most"
        raise ValueError(message)
    return goal


def _no_goal(_: object) -> None:
    message = "has no target, since fewer is better; set one for win_rate"
    raise ValueError(message)


def colour(value: object) -> str:
    """Return a colour as it is written: #RGB or #RRGGBB; anything else is a ValueError."""
    if isinstance(value, str) and re.fullmatch(r"#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})", value):
        return value
    message = f'{_quoted(value)} is not a colour such as "#0B5E6B" or "#0A7"'
    raise ValueError(message)


def theme_name(value: object) -> str:
    """Take the path of a theme below the project's folder, with or without its ending."""
    if isinstance(value, str) and THEME.fullmatch(value):
        return value.removesuffix(".toml")
    message = f'{_quoted(value)} is not a theme such as "themes/acme"'
    raise ValueError(message)


Colour: TypeAlias = Annotated[str, BeforeValidator(colour)]
ThemeName: TypeAlias = Annotated[str, BeforeValidator(theme_name)]
Text: TypeAlias = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_one_line)]
AddressText: TypeAlias = Annotated[str, Field(max_length=LONGEST_ADDRESS), AfterValidator(_address)]
SomeAddresses: TypeAlias = Annotated[list[AddressText], Field(min_length=1), AfterValidator(_each_once)]
DomainName: TypeAlias = Annotated[str, AfterValidator(_domain)]
SiteAddress: TypeAlias = Annotated[str, AfterValidator(_site)]
TimezoneName: TypeAlias = Annotated[str, AfterValidator(_timezone)]
CurrencyCode: TypeAlias = Annotated[str, AfterValidator(_currency)]
LocaleName: TypeAlias = Annotated[str, AfterValidator(_locale)]
KindName: TypeAlias = Annotated[str, AfterValidator(_kind)]
Pipelines: TypeAlias = Annotated[Literal["all"] | list[int], BeforeValidator(_pipelines)]
BaseUrl: TypeAlias = Annotated[str, AfterValidator(_base_url)]
TokenUrl: TypeAlias = Annotated[str, AfterValidator(_token_url)]
BoundNumber: TypeAlias = Annotated[Decimal, BeforeValidator(_bound)]
Goal: TypeAlias = Annotated[Decimal, BeforeValidator(_goal)]
WholeGoal: TypeAlias = Annotated[Goal, AfterValidator(_whole)]
ShareGoal: TypeAlias = Annotated[Goal, AfterValidator(_share)]
NoGoal: TypeAlias = Annotated[None, BeforeValidator(_no_goal)]


SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
BYTES = {"KB": 1024, "MB": 1024**2, "GB": 1024**3}


def _span(value: object, units: tuple[str, ...], wanted: str) -> timedelta:
    """Read `10 minutes`; a number alone doesn't say of what."""
    match = re.fullmatch(r"([1-9]\d{0,4}) ([a-z]+?)s?", value) if isinstance(value, str) else None
    if match is None or match[2] not in units:
        message = f"should be {wanted}"
        raise ValueError(message)
    return timedelta(seconds=int(match[1]) * SECONDS[match[2]])


def _keep(value: object) -> object:
    return _span(value, ("day",), 'a number of days such as "400 days"')


def _duration(value: object) -> object:
    return _span(value, tuple(SECONDS), 'a span of time such as "90 seconds", "10 minutes", "6 hours" or "2 days"')


def _bytes(value: object, units: tuple[str, ...], wanted: str) -> int:
    """Read `512 MB` into bytes."""
    match = re.fullmatch(r"([1-9]\d{0,5}) ([A-Z]+)", value) if isinstance(value, str) else None
    if match is None or match[2] not in units:
        message = f"should be {wanted}"
        raise ValueError(message)
    return int(match[1]) * BYTES[match[2]]


def _size(value: object) -> object:
    return _bytes(value, ("KB", "MB"), 'a size such as "10 MB" or "500 KB"')


def _memory(value: object) -> object:
    amount = _bytes(value, ("MB", "GB"), 'an amount of memory such as "512 MB" or "1 GB"')
    if amount < LEAST_MEMORY:
        message = f"is too little for a page; {LEAST_MEMORY // BYTES['MB']} MB is the least"
        raise ValueError(message)
    return amount


def _clock(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        message = f'{_quoted(value)} is not a time of day such as "08:00"'
        raise ValueError(message)
    return time.fromisoformat(value)


def _holiday(value: object) -> object:
    if type(value) is not date:
        message = f"{_quoted(value)} is not a date such as 2026-09-23, without quotes"
        raise ValueError(message)
    return value


def _cron(text: str) -> str:
    CronSchedule(text, ZoneInfo("UTC"))
    return text


def _days_named(value: object) -> object:
    """Take one word or number, or a list of words."""
    if isinstance(value, str) or type(value) is int:
        return value
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return tuple(value)
    message = 'write a day such as "sunday" or "first workday", a list of weekdays, or a number from 1 to 28'
    raise ValueError(message)


KeepDays: TypeAlias = Annotated[timedelta, BeforeValidator(_keep)]
Duration: TypeAlias = Annotated[timedelta, BeforeValidator(_duration)]
FileSize: TypeAlias = Annotated[int, BeforeValidator(_size)]
MemorySize: TypeAlias = Annotated[int, BeforeValidator(_memory)]
Holiday: TypeAlias = Annotated[date, BeforeValidator(_holiday)]
ClockTime: TypeAlias = Annotated[time, BeforeValidator(_clock)]
CronText: TypeAlias = Annotated[str, AfterValidator(_cron)]
DaysNamed: TypeAlias = Annotated[str | int | tuple[str, ...], BeforeValidator(_days_named)]
PingAddress: TypeAlias = Annotated[str, AfterValidator(ping_address)]
