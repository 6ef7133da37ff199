"""Series as they lie in the artifact store: the container of `model.interchange`, mappable into memory."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from model.arrays import Array
from model.data.endings import ends
from model.data.outline import Outline
from model.data.series import Series
from model.errors import InvalidArchive
from model.interchange.container import Contents, parts, read
from service.domain.datasets import Dataset
from service.ports import ArtifactStore

KIND = "wavetap-series"


def pack(series: Series, rows: Array | None = None) -> Iterator[bytes | memoryview]:
    """The container's bytes, a part at a time; `unpack` gives the same series back, bit for bit.

    rows: (N,) int64, the row of each case in the file it came in, as `rows_of_cases` gives it back
    """
    arrays = {"values": series.values, "offsets": series.offsets}
    if rows is not None:
        arrays["rows"] = rows.astype(np.int64, copy=False)
    if series.labels is not None:
        arrays["labels"] = series.labels
    if series.targets is not None:
        arrays["targets"] = series.targets
    if series.groups is not None:
        arrays["groups"] = series.groups
    names = {"channels": series.channels, "classes": series.classes, "groups": series.group_names}
    return parts(arrays, {"kind": KIND, "names": json.dumps(names, ensure_ascii=False)})


def unpack(source: bytes | Path) -> Series:
    """Read a container back; from a path its arrays stay on disk until they are touched."""
    arrays, names = _opened(read(source))
    return Series(
        values=arrays["values"],
        offsets=arrays["offsets"],
        channels=_texts(names["channels"]) or (),
        classes=_texts(names["classes"]),
        labels=arrays.get("labels"),
        targets=arrays.get("targets"),
        group_names=_texts(names.get("groups")),
        groups=arrays.get("groups"),
    )


def rows_of_cases(source: bytes | Path) -> Array | None:
    """(N,) int64: where each case began in its file; None where that is not known."""
    return _opened(read(source, trusted=True))[0].get("rows")


def outline(artifacts: ArtifactStore, dataset: Dataset) -> Outline:
    """The outline of a dataset; of what lies on the disk only what is needed is read, and the rest left to whoever
    trains on it.
    """
    path = artifacts.path(dataset.artifact)
    arrays, names = _opened(read(path if path is not None else artifacts.get(dataset.artifact), trusted=True))
    offsets = arrays["offsets"]
    seen = np.diff(offsets)
    if dataset.facts.missing:  # else no case can end in padding
        seen = ends(arrays["values"], offsets[:-1], seen)
    return Outline(
        offsets,
        seen,
        _texts(names["classes"]),
        arrays.get("labels"),
        _texts(names.get("groups")),
        arrays.get("groups"),
    )


def _opened(contents: Contents) -> tuple[Mapping[str, Array], Mapping[str, list[str] | None]]:
    """The arrays, and the names that belong to them."""
    if contents.metadata.get("kind") != KIND:
        raise InvalidArchive("The stored object is a container, but does not hold series.")
    return contents.arrays, json.loads(contents.metadata["names"])


def _texts(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)
