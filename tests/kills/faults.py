"""Faults that a campaign must notice: each takes away what a promise rests on, in a copy of the source."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tests.kills.campaign import ROOT

COPIED = ("model", "service", "api_schemas", "examples/data")


@dataclass(frozen=True)
class Fault:
    """In `file`, `finds` (there once) becomes `plants`; `phase` is where its harm is done."""

    name: str
    file: str
    finds: str
    plants: str
    phase: str


_ALL = (
    Fault(
        "fsync left out",
        "service/adapters/artifacts.py",
        "                rest = rest[os.write(descriptor, rest) :]\n        os.fsync(descriptor)\n",
        "                rest = rest[os.write(descriptor, rest) :]\n",
        "upload",
    ),
    Fault(
        "fence not checked",
        "service/domain/jobs.py",
        "if job.id != claim.job or job.attempt != claim.attempt or job.lease is None:",
        "if job.id != claim.job or job.lease is None:",
        "pause",
    ),
    Fault(
        "event outside the transaction",
        "service/adapters/database/jobs.py",
        "            _write(connection, job)\n"
        "            events.append(connection, job.id, [*map(events.of_epoch, commit.epochs)], now)\n",
        "            _write(connection, job)\n"
        "        with self._database.writing() as connection:\n"
        "            events.append(connection, job.id, [*map(events.of_epoch, commit.epochs)], now)\n",
        "checkpoint",
    ),
)

FAULTS: Mapping[str, Fault] = MappingProxyType({fault.name: fault for fault in _ALL})


@contextmanager
def planted(fault: Fault) -> Iterator[Path]:
    """A source tree with the fault in it."""
    with tempfile.TemporaryDirectory(prefix="wavetap-fault-") as place:
        copy = Path(place)
        for name in COPIED:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        plant(fault, copy)
        yield copy


def plant(fault: Fault, root: Path) -> None:
    """Make the replacement, which must match exactly once."""
    path = root / fault.file
    text = path.read_text("utf-8")
    if text.count(fault.finds) != 1:
        raise ValueError(f"{fault.name}: {fault.file} holds the text to replace {text.count(fault.finds)} times")
    path.write_text(text.replace(fault.finds, fault.plants), "utf-8")
