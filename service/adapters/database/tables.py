"""The tables as the newest migration leaves them; a test compares the two."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Dialect,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

UNIX = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """A point of time in whole microseconds since 1970: the same order and the same value in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's
        """Python to database."""
        return None if value is None else (value - UNIX) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as above
        """Database to Python."""
        return None if value is None else UNIX + timedelta(microseconds=value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

IDENTIFIER = String(32)
NAME = String(128)
KEY = String(255)
DIGEST = String(64)

datasets = Table(
    "datasets",
    metadata,
    Column("id", IDENTIFIER, primary_key=True),
    Column("name", NAME, nullable=False, unique=True),
    Column("digest", DIGEST, nullable=False, index=True),
    Column("format", String(32), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("examination", JSON),
    Column("artifact_key", KEY, nullable=False),
    Column("artifact_sha256", DIGEST, nullable=False),
    Column("artifact_size", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index(None, "created_at", "id"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", IDENTIFIER, primary_key=True),
    Column("model", NAME, nullable=False),
    Column("dataset", IDENTIFIER, nullable=False),
    Column("dataset_digest", DIGEST, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("epochs", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("time_limit", Double),
    Column("seconds", Double, nullable=False, server_default="0"),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("crashes", Integer, nullable=False),
    Column("owner", String(300)),
    Column("renewals", Integer),
    Column("lease_until", Instant),
    Column("checkpoint_epoch", Integer),
    Column("checkpoint_key", KEY),
    Column("checkpoint_sha256", DIGEST),
    Column("checkpoint_size", BigInteger),
    Column("epoch", Integer, nullable=False),
    Column("metrics", JSON(none_as_null=True)),
    Column("version", Integer),
    Column("failure", JSON(none_as_null=True)),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("reproduces", Integer),
    Column("reproduction", JSON(none_as_null=True)),
    Column("origin", JSON(none_as_null=True)),
    Column("validation_dataset", IDENTIFIER),
    Column("validation_dataset_digest", DIGEST),
    Index(None, "created_at", "id"),
    Index(None, "state", "created_at", "id"),
    Index(None, "dataset", "state"),
    Index(None, "validation_dataset", "state"),
    Index(None, "model", "created_at", "id"),
)

job_events = Table(
    "job_events",
    metadata,
    Column("job", IDENTIFIER, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("data", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

request_keys = Table(
    "request_keys",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("request_sha256", DIGEST, nullable=False),
    Column("resource", KEY, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index(None, "resource"),
    Index(None, "created_at"),
)

models = Table(
    "models",
    metadata,
    Column("name", NAME, primary_key=True),
    Column("last_number", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("notes", Text, nullable=False, server_default=""),
    Column("tags", JSON, nullable=False, server_default="{}"),
    Column("keep_versions", Integer),
    Index(None, "created_at", "name"),
)

versions = Table(
    "versions",
    metadata,
    Column("model", NAME, ForeignKey("models.name"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("job", IDENTIFIER, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("dataset", IDENTIFIER, nullable=False),
    Column("dataset_digest", DIGEST, nullable=False),
    Column("archive_key", KEY, nullable=False),
    Column("archive_sha256", DIGEST, nullable=False),
    Column("archive_size", BigInteger, nullable=False),
    Column("onnx_key", KEY),
    Column("onnx_sha256", DIGEST),
    Column("onnx_size", BigInteger),
    Column("onnx_largest_difference", Double),
    Column("onnx_error", Text),
    Column("signature", JSON, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("lineage", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("parent", Integer),
    Column("notes", Text, nullable=False, server_default=""),
    Column("tags", JSON, nullable=False, server_default="{}"),
    Column("validation_dataset", IDENTIFIER),
    Column("validation_dataset_digest", DIGEST),
    UniqueConstraint("job", "attempt"),
    Index(None, "dataset_digest"),
    Index(None, "validation_dataset_digest"),
)

aliases = Table(
    "aliases",
    metadata,
    Column("model", NAME, primary_key=True),
    Column("alias", NAME, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("sequence", Integer, nullable=False, server_default="1"),
    ForeignKeyConstraint(["model", "number"], ["versions.model", "versions.number"]),
)

withdrawals = Table("withdrawals", metadata, Column("model", NAME, primary_key=True))
"""Models that were unloaded; no reference to their rows, as a model may go and come again."""

discarded = Table("discarded", metadata, Column("artifact_key", KEY, primary_key=True))
"""Artefacts whose last row is gone, and who may still be read by whoever saw that row."""

alias_changes = Table(
    "alias_changes",
    metadata,
    Column("model", NAME, primary_key=True),
    Column("alias", NAME, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("number", Integer),
    Column("before", Integer),
    Column("created_at", Instant, nullable=False),
)
