"""Series as they lie in the artifact store: the container of `model.interchange`, mappable into memory."""

import json
from collections.abc import Iterator
from pathlib import Path

from model.data.series import Series
from model.errors import InvalidArchive
from model.interchange.container import parts, read

KIND = "wavetap-series"


def pack(series: Series) -> Iterator[bytes | memoryview]:
    """The container's bytes, a part at a time; `unpack` gives the same series back, bit for bit."""
    arrays = {"values": series.values, "offsets": series.offsets}
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
    arrays, metadata = read(source)
    if metadata.get("kind") != KIND:
        raise InvalidArchive("The stored object is a container, but does not hold series.")
    names = json.loads(metadata["names"])
    classes, groups = names["classes"], names.get("groups")
    return Series(
        values=arrays["values"],
        offsets=arrays["offsets"],
        channels=tuple(names["channels"]),
        classes=None if classes is None else tuple(classes),
        labels=arrays.get("labels"),
        targets=arrays.get("targets"),
        group_names=None if groups is None else tuple(groups),
        groups=arrays.get("groups"),
    )
