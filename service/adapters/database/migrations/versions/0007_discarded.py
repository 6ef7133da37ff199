"""Artefacts that no row refers to any more, and that are to be deleted.

Revision: 0007, behind 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "discarded",
        sa.Column("artifact_key", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("artifact_key", name="pk_discarded"),
    )
