"""Alembic's entry: runs the migrations over the connection that `migrate` hands in."""

from alembic import context

from service.adapters.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # of SQLite too, as we begin its transactions ourselves: a killed migration leaves nothing
    transaction_per_migration=False,
)
context.run_migrations()
