"""Make the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from reports.ledger.tables import Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make schedules, editions, slots, deliveries, notices and events."""
    _schedules()
    _editions()
    _slots()
    _deliveries()
    _notices()
    _events()


def _schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("report", sa.String(40), nullable=False),
        sa.Column("handled_until", Instant, nullable=False),
        sa.Column("paused_at", Instant),
        sa.PrimaryKeyConstraint("report", name="pk_schedules"),
    )


def _editions() -> None:
    op.create_table(
        "editions",
        sa.Column("id", sa.String(120), nullable=False),
        sa.Column("subject", sa.String(110), nullable=False),
        sa.Column("report", sa.String(40), nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("cut", sa.String(40), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("approval", sa.String(10), nullable=False),
        sa.Column("approve_by", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_editions"),
        sa.UniqueConstraint("subject", "revision", name="uq_editions_subject_revision"),
        sa.CheckConstraint("approval IN ('none', 'asked', 'given', 'lapsed')", name="ck_editions_approval"),
        sa.CheckConstraint("approval <> 'asked' OR approve_by IS NOT NULL", name="ck_editions_asked_until"),
    )


def _slots() -> None:
    op.create_table(
        "slots",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("report", sa.String(40), nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("hint", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", Instant, nullable=False),
        sa.Column("first_at", Instant),
        sa.Column("worker", sa.String(40)),
        sa.Column("edition", sa.String(120)),
        sa.Column("ended_at", Instant),
        sa.Column("resolved_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_slots"),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name="fk_slots_edition"),
        sa.UniqueConstraint("report", "due_at", name="uq_slots_report_due_at"),
        sa.CheckConstraint(
            "state IN ('due', 'claimed', 'waiting', 'sent', 'skipped', 'failed')", name="ck_slots_state"
        ),
        sa.CheckConstraint("(worker IS NOT NULL) = (state = 'claimed')", name="ck_slots_claimed_by_a_worker"),
        sa.CheckConstraint("(ended_at IS NOT NULL) = (state IN ('sent', 'skipped', 'failed'))", name="ck_slots_ended"),
    )
    op.create_index("ix_slots_state", "slots", ["state", "next_at"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("edition", sa.String(120), nullable=False),
        sa.Column("subject", sa.String(110), nullable=False),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("mailbox", sa.String(500), nullable=False),
        sa.Column("send", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("permanent", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(40)),
        sa.Column("started_at", Instant),
        sa.Column("ended_at", Instant),
        sa.Column("resolved_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name="fk_deliveries_edition"),
        sa.UniqueConstraint("subject", "recipient", "send", name="uq_deliveries_subject_recipient_send"),
        sa.CheckConstraint("state IN ('pending', 'sending', 'sent', 'failed', 'unknown')", name="ck_deliveries_state"),
        sa.CheckConstraint("send >= 1", name="ck_deliveries_send"),
        sa.CheckConstraint(
            "state <> 'sending' OR (worker IS NOT NULL AND started_at IS NOT NULL)",
            name="ck_deliveries_sent_by_a_worker",
        ),
        sa.CheckConstraint(
            "(ended_at IS NOT NULL) = (state IN ('sent', 'failed', 'unknown'))", name="ck_deliveries_ended"
        ),
    )
    op.create_index("ix_deliveries_edition", "deliveries", ["edition"])
    op.create_index("ix_deliveries_state", "deliveries", ["state"])


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("recipient", sa.String(500), nullable=False),
        sa.Column("report", sa.String(40), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", Instant, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("worker", sa.String(40)),
        sa.Column("ended_at", Instant),
        sa.Column("resolved_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("key", "recipient", name="uq_notices_key_recipient"),
        sa.CheckConstraint("state IN ('pending', 'sending', 'sent', 'failed')", name="ck_notices_state"),
        sa.CheckConstraint("(worker IS NOT NULL) = (state = 'sending')", name="ck_notices_sent_by_a_worker"),
        sa.CheckConstraint("(ended_at IS NOT NULL) = (state IN ('sent', 'failed'))", name="ck_notices_ended"),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("report", sa.String(40)),
        sa.Column("slot", sa.Integer),
        sa.Column("edition", sa.String(120)),
        sa.Column("delivery", sa.Integer),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.ForeignKeyConstraint(["slot"], ["slots.id"], name="fk_events_slot"),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name="fk_events_edition"),
        sa.ForeignKeyConstraint(["delivery"], ["deliveries.id"], name="fk_events_delivery"),
    )
    op.create_index("ix_events_report", "events", ["report", "at"])
