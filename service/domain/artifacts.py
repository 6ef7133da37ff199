"""References to stored bytes."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Artifact:
    """Stored bytes by the key they lie under; the digest is of the whole content."""

    key: str
    sha256: str
    size: int


@dataclass(frozen=True)
class StoredObject:
    """What a listing of the artifact store knows about one object."""

    key: str
    size: int
    modified_at: datetime
