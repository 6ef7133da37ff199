"""What was told of a dataset's file: how it was understood, and what was odd; unknown for those kept before.

Revision: 0006, behind 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to the table of datasets."""
    op.add_column("datasets", sa.Column("examination", sa.JSON(), nullable=True))
