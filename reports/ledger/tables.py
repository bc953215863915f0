"""The tables of the ledger; their constraints are what keeps a report from going out twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)

from reports.ledger.values import Approval, DeliveryState, How, NoticeState, Role, SlotState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"  # in SQLite, which has no instants: sorted as text they are sorted in time


class Instant(TypeDecorator[datetime]):
    """An instant: aware and in UTC for us, `timestamptz` in PostgreSQL, text of a fixed width in SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        """Return how the engine at hand keeps it."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """Refuse a time without a zone; it could be any instant."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"{value} has no time zone"
            raise ValueError(message)
        instant = value.astimezone(UTC)
        return instant.strftime(STAMP) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return it in UTC."""
        if isinstance(value, str):
            return datetime.strptime(value, STAMP).replace(tzinfo=UTC)
        return None if value is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text that others say, such as a mail server: what PostgreSQL can't keep in a text is replaced, not refused."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Replace NUL and what isn't a character."""
        if value is None:
            return None
        return value.encode(errors="replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _one_of(column: str, states: Iterable[str], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{one!s}'" for one in states)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# What is known of each report's schedule: up to which instant its slots are in the ledger, and whether it is paused.
schedules = Table(
    "schedules",
    metadata,
    Column("report", String(40), primary_key=True),
    Column("handled_until", Instant, nullable=False),
    Column("paused_at", Instant),
)

slots = Table(
    "slots",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("report", String(40), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", Words, nullable=False),
    Column("hint", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),  # not tried again before
    Column("first_at", Instant),  # when it was first tried
    Column("worker", String(40)),  # who has claimed it
    Column("ended_at", Instant),
    Column("resolved_at", Instant),
    Column("made", Boolean, nullable=False, server_default=false()),  # every edition that it can have
    Column("unmet", Boolean, nullable=False, server_default=false()),  # skipped by a condition
    UniqueConstraint("report", "due_at", name="uq_slots_report_due_at"),
    _one_of("state", SlotState, "state"),
    CheckConstraint("(worker IS NOT NULL) = (state = 'claimed')", name="claimed_by_a_worker"),
    CheckConstraint("(ended_at IS NOT NULL) = (state IN ('sent', 'skipped', 'failed'))", name="ended"),
    Index("ix_slots_state", "state", "next_at"),
)

# One revision each of one report for one period and cut; `subject` is its id without the revision.
editions = Table(
    "editions",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("subject", String(110), nullable=False),
    Column("report", String(40), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("cut", String(40), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("approval", String(10), nullable=False),
    Column("approve_by", Instant),
    Column("slot", Integer, ForeignKey("slots.id")),  # that it was made for
    UniqueConstraint("subject", "revision", name="uq_editions_subject_revision"),
    _one_of("approval", Approval, "approval"),
    CheckConstraint("approval <> 'asked' OR approve_by IS NOT NULL", name="asked_until"),
    Index("ix_editions_slot", "slot"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("edition", String(120), ForeignKey("editions.id"), nullable=False),
    Column("subject", String(110), nullable=False),
    Column("recipient", String(320), nullable=False),  # the address alone, in small letters
    Column("mailbox", String(500), nullable=False),  # as it stands in the message: with the name before it
    Column("send", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("detail", Words, nullable=False),
    Column("permanent", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("worker", String(40)),  # who is to send it, or was
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("resolved_at", Instant),
    Column("role", String(3), nullable=False, server_default="to"),
    Column("together", Boolean, nullable=False, server_default=false()),  # in one message with the others
    UniqueConstraint("subject", "recipient", "send", name="uq_deliveries_subject_recipient_send"),
    _one_of("state", DeliveryState, "state"),
    _one_of("role", get_args(Role), "role"),
    CheckConstraint("send >= 1", name="send"),
    CheckConstraint("state <> 'sending' OR (worker IS NOT NULL AND started_at IS NOT NULL)", name="sent_by_a_worker"),
    CheckConstraint("(ended_at IS NOT NULL) = (state IN ('sent', 'failed', 'unknown', 'skipped'))", name="ended"),
    Index("ix_deliveries_edition", "edition"),
    Index("ix_deliveries_state", "state"),
)

# The cuts of which nothing was made, each once; the latest reason stands.
skips = Table(
    "skips",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slot", Integer, ForeignKey("slots.id")),
    Column("report", String(40), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("cut", String(40), nullable=False),
    Column("who", Words, nullable=False),  # a name or an address, for people
    Column("recipient", String(320)),  # the address alone, in small letters, where it is known
    Column("reason", Words, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("report", "since", "until", "cut", name="uq_skips_report_since_until_cut"),
    Index("ix_skips_slot", "slot"),
)

# Who wants a report no more; `report` is empty for every one. Of somebody erased a hash stands for the address.
optouts = Table(
    "optouts",
    metadata,
    Column("address", String(320), primary_key=True),
    Column("report", String(40), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("how", String(10), nullable=False),
    _one_of("how", get_args(How), "how"),
)

# What an owner is told; `key` says of what, so that nobody is told the same thing twice.
notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(200), nullable=False),
    Column("recipient", String(500), nullable=False),
    Column("report", String(40), nullable=False),
    Column("content", Text, nullable=False),  # JSON
    Column("state", String(10), nullable=False),
    Column("detail", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("worker", String(40)),
    Column("ended_at", Instant),
    Column("resolved_at", Instant),
    UniqueConstraint("key", "recipient", name="uq_notices_key_recipient"),
    _one_of("state", NoticeState, "state"),
    CheckConstraint("(worker IS NOT NULL) = (state = 'sending')", name="sent_by_a_worker"),
    CheckConstraint("(ended_at IS NOT NULL) = (state IN ('sent', 'failed'))", name="ended"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("name", String(40), nullable=False),
    Column("report", String(40)),
    Column("slot", Integer, ForeignKey("slots.id")),
    Column("edition", String(120), ForeignKey("editions.id")),
    Column("delivery", Integer, ForeignKey("deliveries.id")),
    Column("detail", Words, nullable=False),
    Index("ix_events_report", "report", "at"),
)
