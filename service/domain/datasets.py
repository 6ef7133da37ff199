"""Datasets: what was uploaded, how it was to be read, and what was understood."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from model.arrays import Array
from model.data.series import Series, SeriesFacts
from model.training.backtest import Backtest
from service.domain.artifacts import Artifact
from service.domain.reports import Examination

ROLES: Final = ("series", "time", "label", "target", "group", "split")
"""What single columns of a table may be; an empty name asks for none."""


@dataclass(frozen=True)
class Upload:
    """A finished upload on disk; `size` is in bytes and `filename` is only ever shown, never opened."""

    path: Path
    size: int
    content_type: str | None = None
    filename: str | None = None


@dataclass(frozen=True)
class Reading:
    """How a file is to be read; all but the format is for tables (CSV, Parquet, Arrow, rows of NDJSON) only.

    An empty name asks for no column at all, where None leaves it to be found out.

    form: `long`, a row a step, or `wide`, a row a case; channels: columns, or patterns such as `acc_x_*`
    """

    format: str | None = None
    series: str | None = None
    time: str | None = None
    label: str | None = None
    target: str | None = None
    channels: tuple[str, ...] = ()
    group: str | None = None
    form: str | None = None
    header: bool | None = None
    split: str | None = None

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> "Reading":
        """From the texts of parameters: channels with commas between, header as true or false."""
        plain = {name: text for name, text in texts.items() if name not in {"channels", "header"}}
        channels = parse_channels(texts.get("channels", ""))
        header = {"true": True, "false": False}.get(texts.get("header", ""))
        return cls(**plain, channels=channels, header=header)


def parse_channels(text: str) -> tuple[str, ...]:
    """The names of channels with commas between; what has a comma in itself stands in quotation marks, as in CSV."""
    try:
        fields = next(csv.reader([text]), [])
    except csv.Error:
        fields = text.split(",")
    return tuple(filter(None, fields))


def format_channels(names: Iterable[str]) -> str:
    """The text that `parse_channels` reads."""
    return ",".join('"' + name.replace('"', '""') + '"' if set(',"\r\n') & set(name) else name for name in names)


@dataclass(frozen=True)
class Precedent:
    """How the dataset of a model was read: what another file for the model is taken for where nothing is asked.

    channels: the model's; parameters: what asks for the reading of its dataset, where that was a table
    """

    channels: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """What a dataset may hold at most, counted after decompression."""

    expanded_bytes: int = 2 << 30
    values: int = 500_000_000
    cases: int = 10_000_000
    channels: int = 10_000
    classes: int = 10_000
    groups: int = 100_000
    in_memory: int = 64 << 20
    """Bytes of values that are held in memory while a file is read; more of them go to the disk at once."""


@dataclass(frozen=True, eq=False)
class Ingested:
    """What came out of a file: the series, the format they were read as, and what was odd about them.

    rows: (N,) int64, the row of each case in the file; None where cases have no rows
    """

    series: Series
    format: str
    warnings: tuple[str, ...] = ()
    examination: Examination | None = None
    rows: Array | None = None


@dataclass(frozen=True)
class DatasetReport:
    """What was understood of a file: the answer to an upload and to a preview alike.

    examination: None for datasets that were kept before there was one
    """

    facts: SeriesFacts
    digest: str
    format: str
    warnings: tuple[str, ...]
    examination: Examination | None = None


@dataclass(frozen=True)
class Dataset:
    """An immutable, checked and stored set of series."""

    id: str
    name: str
    report: DatasetReport
    artifact: Artifact
    created_at: datetime

    @property
    def digest(self) -> str:
        """The SHA-256 of the canonical content, independent of the file it came in."""
        return self.report.digest

    @property
    def facts(self) -> SeriesFacts:
        """Cases, channels, lengths, labels, targets and the number of missing values."""
        return self.report.facts


@dataclass(frozen=True)
class Evaluation:
    """How a model does on a dataset; `confusion` maps true label to predicted label to count."""

    cases: int
    metrics: Mapping[str, float]
    confusion: Mapping[str, Mapping[str, int]] | None
    backtest: Backtest | None = None


@dataclass(frozen=True)
class Rolling:
    """How a backtest rolls through the series: origins of each, steps between them, and the steps of a season."""

    origins: int = 10
    step: int | None = None
    seasonality: int | None = None
