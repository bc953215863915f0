"""The kinds of value that config.toml holds, each checked where it stands."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from email.policy import SMTP
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from reports.config.words import near
from reports.periods import Kind

if TYPE_CHECKING:
    from email.headerregistry import Address
    from urllib.parse import SplitResult

LONGEST_TEXT = 120
LEAST_GOAL, MOST_GOAL, MOST_RATE = 0.1, 10**15, 100  # beyond, a goal can't be written or reached


def parse_address(text: str) -> Address:
    """Read one mailbox; anything else is a ValueError that says what is wrong."""
    if not text.isprintable():
        message = f"{text!r} holds control characters"
        raise ValueError(message)
    found = _mailboxes(text)
    if len(found) != 1 or "." not in found[0].domain.strip("."):
        message = f'"{text}" is not one e-mail address such as "Sales leads <sales@example.com>"'
        raise ValueError(message)
    mailbox = found[0]
    if not mailbox.addr_spec.isascii():
        message = f'"{mailbox.addr_spec}" holds letters outside ASCII, which many mail servers refuse'
        raise ValueError(message)
    return mailbox


def _mailboxes(text: str) -> tuple[Address, ...]:
    """Return the mailboxes of a text; none where it is malformed."""
    try:
        header = SMTP.header_factory("to", text)
    except Exception:  # noqa: BLE001 - the standard parser trips over `sales@` and other beginnings in many ways
        return ()
    found: tuple[Address, ...] = getattr(header, "addresses", ())
    return () if header.defects else found


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
    url = urlsplit(text)
    if url.username is not None:
        message = "holds a user name or password; the token stands in source.token"
        raise ValueError(message)
    plain = text.isprintable() and " " not in text and _has_port_or_none(url)
    if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment or not plain:
        message = f'"{text}" is not a plain web address such as "https://connect.voxys.ai"'
        raise ValueError(message)
    if url.scheme == "http" and not _is_loopback(url.hostname):
        message = f'"{text}" would send the token unencrypted; use https'
        raise ValueError(message)
    return text.rstrip("/")


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


Text: TypeAlias = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_one_line)]
AddressText: TypeAlias = Annotated[str, AfterValidator(_address)]
TimezoneName: TypeAlias = Annotated[str, AfterValidator(_timezone)]
CurrencyCode: TypeAlias = Annotated[str, AfterValidator(_currency)]
LocaleName: TypeAlias = Annotated[str, AfterValidator(_locale)]
KindName: TypeAlias = Annotated[str, AfterValidator(_kind)]
Pipelines: TypeAlias = Annotated[Literal["all"] | list[int], BeforeValidator(_pipelines)]
BaseUrl: TypeAlias = Annotated[str, AfterValidator(_base_url)]
Goal: TypeAlias = Annotated[Decimal, BeforeValidator(_goal)]
WholeGoal: TypeAlias = Annotated[Goal, AfterValidator(_whole)]
ShareGoal: TypeAlias = Annotated[Goal, AfterValidator(_share)]
NoGoal: TypeAlias = Annotated[None, BeforeValidator(_no_goal)]


def _keep(value: object) -> object:
    """Read `400 days`; a number alone doesn't say of what."""
    match = re.fullmatch(r"([1-9]\d{0,4}) days?", value) if isinstance(value, str) else None
    if match is None:
        message = 'should be a number of days such as "400 days"'
        raise ValueError(message)
    return timedelta(days=int(match[1]))


KeepDays: TypeAlias = Annotated[timedelta, BeforeValidator(_keep)]
