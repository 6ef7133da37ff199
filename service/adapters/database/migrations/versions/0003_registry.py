"""What a registry keeps: how aliases moved, notes and tags, what is kept; keys of idempotency for any resource.

Revision: 0003, behind 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to the tables of models, jobs and aliases, and move the keys to a table of their own."""
    op.add_column("models", sa.Column("notes", sa.Text(), nullable=False, server_default=""))
    op.add_column("models", sa.Column("tags", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("models", sa.Column("keep_versions", sa.Integer(), nullable=True))
    op.add_column("versions", sa.Column("parent", sa.Integer(), nullable=True))
    op.add_column("versions", sa.Column("notes", sa.Text(), nullable=False, server_default=""))
    op.add_column("versions", sa.Column("tags", sa.JSON(), nullable=False, server_default="{}"))
    op.create_index("ix_versions_dataset_digest", "versions", ["dataset_digest"], unique=False)
    op.add_column("jobs", sa.Column("reproduces", sa.Integer(), nullable=True))
    op.add_column("jobs", sa.Column("reproduction", sa.JSON(), nullable=True))
    _aliases()
    _keys()


def _aliases() -> None:
    """Every alias that is there begins its story with where it points now."""
    op.add_column("aliases", sa.Column("sequence", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "alias_changes",
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("alias", sa.String(length=128), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("before", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("model", "alias", "sequence", name="pk_alias_changes"),
    )
    op.execute(
        """
        INSERT INTO alias_changes (model, alias, sequence, kind, number, created_at)
        SELECT aliases.model, aliases.alias, 1, 'set', aliases.number, versions.created_at
        FROM aliases JOIN versions ON versions.model = aliases.model AND versions.number = aliases.number
        """
    )


def _keys() -> None:
    """A key stood for a job; now it stands for any resource."""
    op.create_table(
        "request_keys",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("resource", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_request_keys"),
    )
    op.create_index("ix_request_keys_resource", "request_keys", ["resource"], unique=False)
    op.create_index("ix_request_keys_created_at", "request_keys", ["created_at"], unique=False)
    op.execute("INSERT INTO request_keys SELECT key, request_sha256, job, created_at FROM idempotency_keys")
    op.drop_table("idempotency_keys")
