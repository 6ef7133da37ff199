"""Which job is claimed first, how long one may train, and how long it has.

Revision: 0004, behind 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to the table of jobs."""
    op.add_column("jobs", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("time_limit", sa.Double(), nullable=True))
    op.add_column("jobs", sa.Column("seconds", sa.Double(), nullable=False, server_default="0"))
