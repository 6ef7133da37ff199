"""Models that were taken out of service.

Revision: 0002, behind 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "withdrawals",
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("model", name="pk_withdrawals"),
    )
