"""Let a slot have many editions, and let cuts, conditions and opt-outs be kept."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from reports.ledger.tables import Instant, Words

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Turn the tables of 0001 round; SQLite makes them anew, for which its foreign keys have to be off."""
    _editions_know_their_slot()
    _slots()
    _deliveries()
    _skips()
    _optouts()


def _editions_know_their_slot() -> None:
    with op.batch_alter_table("editions", copy_from=_old_editions()) as batch:
        batch.add_column(sa.Column("slot", sa.Integer))
        batch.create_foreign_key("fk_editions_slot", "slots", ["slot"], ["id"])
        batch.create_index("ix_editions_slot", ["slot"])
    op.execute("UPDATE editions SET slot = (SELECT min(slots.id) FROM slots WHERE slots.edition = editions.id)")


def _slots() -> None:
    """Take the edition away; a slot of 0001 that has one needs no other."""
    with op.batch_alter_table("slots", copy_from=_old_slots()) as batch:
        batch.drop_constraint("fk_slots_edition", type_="foreignkey")
        batch.drop_column("edition")
        batch.add_column(sa.Column("made", sa.Boolean, nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("unmet", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute("UPDATE slots SET made = (id IN (SELECT slot FROM editions WHERE slot IS NOT NULL))")


def _deliveries() -> None:
    with op.batch_alter_table("deliveries", copy_from=_old_deliveries()) as batch:
        batch.add_column(sa.Column("role", sa.String(3), nullable=False, server_default="to"))
        batch.add_column(sa.Column("together", sa.Boolean, nullable=False, server_default=sa.false()))
        batch.create_check_constraint("ck_deliveries_role", "role IN ('to', 'cc', 'bcc')")
        batch.drop_constraint("ck_deliveries_state", type_="check")
        batch.create_check_constraint(
            "ck_deliveries_state",
            "state IN ('pending', 'sending', 'sent', 'failed', 'unknown', 'skipped')",
        )
        batch.drop_constraint("ck_deliveries_ended", type_="check")
        batch.create_check_constraint(
            "ck_deliveries_ended",
            "(ended_at IS NOT NULL) = (state IN ('sent', 'failed', 'unknown', 'skipped'))",
        )


def _skips() -> None:
    op.create_table(
        "skips",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("slot", sa.Integer),
        sa.Column("report", sa.String(40), nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("cut", sa.String(40), nullable=False),
        sa.Column("who", Words, nullable=False),
        sa.Column("recipient", sa.String(320)),
        sa.Column("reason", Words, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_skips"),
        sa.ForeignKeyConstraint(["slot"], ["slots.id"], name="fk_skips_slot"),
        sa.UniqueConstraint("report", "since", "until", "cut", name="uq_skips_report_since_until_cut"),
    )
    op.create_index("ix_skips_slot", "skips", ["slot"])


def _optouts() -> None:
    op.create_table(
        "optouts",
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("report", sa.String(40), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("how", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("address", "report", name="pk_optouts"),
        sa.CheckConstraint("how IN ('command', 'link', 'mail')", name="ck_optouts_how"),
    )


# The tables as 0001 made them: SQLAlchemy can't read the constraints back from a database.


def _table(name: str, *parts: Any) -> sa.Table:  # noqa: ANN401 - columns and constraints
    return sa.Table(name, sa.MetaData(), *parts)


def _old_editions() -> sa.Table:
    return _table(
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


def _old_slots() -> sa.Table:
    return _table(
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
        sa.Index("ix_slots_state", "state", "next_at"),
    )


def _old_deliveries() -> sa.Table:
    return _table(
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
        sa.Index("ix_deliveries_edition", "edition"),
        sa.Index("ix_deliveries_state", "state"),
    )
