"""Which request a job comes from, so that its logs and traces tell.

Revision: 0005, behind 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; jobs that are there come from nowhere."""
    op.add_column("jobs", sa.Column("origin", sa.JSON(), nullable=True))
