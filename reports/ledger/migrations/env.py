"""Runs the numbered migrations over the connection that the ledger hands in."""

from __future__ import annotations

from alembic import context

from reports.ledger.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], transactional_ddl=True, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
