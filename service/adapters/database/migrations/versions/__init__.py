"""The migrations, shipped inside the package; Alembic runs them by their numbers."""
