"""Every setting of the service, read once from `WAVETAP_*` environment variables."""

import ipaddress
import os
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

PREFIX = "WAVETAP_"
MEBIBYTE = 1 << 20

Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseModel):
    """What an operator may choose; each field's description is its documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(
        default="127.0.0.1",
        description="The address that REST and gRPC listen on. One that is not loopback needs an API key.",
    )
    port: Port = Field(default=8080, description="The port of REST; 0 takes a free one.")
    grpc_port: Port = Field(default=8081, description="The port of gRPC; 0 takes a free one.")
    data_dir: Path = Field(
        default=Path("wavetap-data"), description="The directory of the database, the artefacts and unfinished uploads."
    )
    database_url: str | None = Field(
        default=None,
        description="The URL of an SQLite file or a PostgreSQL database; by default a file in the data directory.",
    )
    engine: Literal["local"] = Field(
        default="local", description="Where training runs: `local`, a child process of the service."
    )

    api_key: SecretStr | None = Field(
        default=None,
        min_length=8,
        description="The key that every call brings as `Authorization: Bearer KEY`. None on loopback: open.",
    )
    insecure: bool = Field(default=False, description="Allow a bind beyond loopback without a key: open to everybody.")
    metrics_public: bool = Field(default=False, description="Answer /metrics without a key.")

    max_upload_bytes: int = Field(default=8192 * MEBIBYTE, ge=1, description="The largest dataset file.")
    max_expanded_bytes: int = Field(
        default=8192 * MEBIBYTE,
        ge=1,
        description="The largest dataset after decompression, and as 32-bit floats on the disk.",
    )
    ingest_memory_bytes: int = Field(
        default=64 * MEBIBYTE,
        ge=MEBIBYTE,
        description="How much of a dataset's values memory holds while a file is read; what is more goes to the disk.",
    )
    max_body_bytes: int = Field(
        default=64 * MEBIBYTE,
        ge=1024,
        description="The largest body of any other request, before and after decompression.",
    )
    max_grpc_message_bytes: int = Field(
        default=64 * MEBIBYTE,
        ge=1024,
        le=2**31 - 1,
        description="The largest gRPC message in either direction; requests that are not whole hold eight of them "
        "together, or 64 MiB.",
    )

    workers: int = Field(
        default=1, ge=1, le=64, description="How many processes serve REST and gRPC, on the same two ports."
    )
    inference_threads: int = Field(
        default=min(4, os.cpu_count() or 1),
        ge=1,
        le=256,
        description="How many batches are computed at once.",
    )
    inference_queue: int = Field(
        default=256, ge=1, description="How many predictions may wait; what comes on top is answered 503."
    )
    batch_rows: int = Field(
        default=64, ge=1, le=4096, description="Requests are gathered into one batch up to this many cases."
    )
    batch_delay_seconds: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="How long a request waits for others to share its batch; 0 gathers what waits anyhow.",
    )
    quick_batch_seconds: float = Field(
        default=0.002,
        ge=0.0,
        le=0.1,
        description="A batch known to take no longer is computed without handing it to a thread; with 0 all are.",
    )
    model_memory_bytes: int = Field(
        default=512 * MEBIBYTE,
        ge=1,
        description="The memory of models held ready; beyond it those go that were not asked for the longest.",
    )
    running_jobs: int = Field(default=1, ge=0, le=64, description="How many training jobs run at once; 0 runs none.")
    training_priority: Literal["idle", "low", "normal"] = Field(
        default="low",
        description="How training gives way to requests: `idle`, what they leave of the processors; `low`, a small "
        "share always; `normal`, an equal one.",
    )
    lease_seconds: float = Field(
        default=30.0, ge=1.0, description="After how many silent seconds another service may take over a job."
    )
    idempotency_seconds: float = Field(
        default=86_400.0, ge=1.0, description="How long an Idempotency-Key is remembered; 24 hours by default."
    )
    keep_versions: int | None = Field(
        default=None,
        ge=1,
        description="How many of a model's newest versions are kept, if the model does not say itself; by default all. "
        "Older ones are deleted unless an alias, a roll back or an unfinished job needs them.",
    )
    shutdown_seconds: float = Field(
        default=20.0, ge=0.0, description="How long requests and jobs may take to come to an end after SIGTERM."
    )
    traces_endpoint: str | None = Field(
        default=None,
        description="Where spans are sent by OTLP over HTTP; by default OTEL_EXPORTER_OTLP_ENDPOINT, and nowhere "
        "without it. Needs the extra `tracing`.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important log line that is written."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_the_environment(cls, given: dict[str, Any]) -> dict[str, Any]:
        """What is not given is a variable's; an empty variable is as none."""
        found = {name: os.environ.get(f"{PREFIX}{name.upper()}") for name in cls.model_fields}
        return {name: text for name, text in found.items() if text} | given

    @field_validator("api_key", mode="before")
    @classmethod
    def _as_sent(cls, key: object) -> object:
        """A key as a header carries it: without the line end that a file leaves at it, and in ASCII."""
        if not isinstance(key, str):
            return key
        key = key.strip()
        if not (key.isascii() and key.isprintable()):
            raise PydanticCustomError("api_key", "A key consists of visible ASCII characters")
        return key or None


@lru_cache(maxsize=256)  # asked of every request, and nearly always of the same names
@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address; asked for every request, of the same few."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def exposure_fault(settings: Settings) -> str | None:
    """Why the service must not start with these settings, or None if it may."""
    if settings.api_key is not None or settings.insecure or is_loopback(settings.host):
        return None
    return (
        f"WAVETAP_HOST={settings.host} can be reached from other machines, and there is no key: anybody could use "
        "the service. Set WAVETAP_API_KEY to a secret of at least 8 characters, or bind to 127.0.0.1. "
        "WAVETAP_INSECURE=1 starts it open nevertheless."
    )
