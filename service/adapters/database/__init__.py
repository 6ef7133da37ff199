"""Rows: SQLAlchemy Core over SQLite by default, written so that PostgreSQL suits as well."""
