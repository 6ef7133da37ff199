"""The real clients of `tritonclient`, in a process of their own: their messages have the same names as ours.

This is the tests' end; `triton_process.py` is the child's, and the only one to import the clients.
"""

import multiprocessing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from google.protobuf.descriptor import FileDescriptor

HTTP = ("http", "http.aio")
GRPC = ("grpc", "grpc.aio")
CLIENTS = HTTP + GRPC


@dataclass(frozen=True)
class Ask:
    """One inference, in the words of `tritonclient`."""

    model: str
    values: np.ndarray
    datatype: str = "FP32"
    version: str = ""
    binary: bool = True
    outputs: Mapping[str, Mapping[str, Any]] | None = None
    compression: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


class ClientFailed(Exception):
    """What a client raised: its message and its status."""


class Triton:
    """Calls a client in the child process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self, client: str, url: str, method: str, *args: Any, **options: Any) -> Any:
        self._connection.send((client, url, method, args, options))
        fine, answer = self._connection.recv()
        if not fine:
            raise ClientFailed(answer)
        return answer


@contextmanager
def triton() -> Iterator[Triton]:
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    child = multiprocessing.get_context("spawn").Process(target=enter, args=(theirs,), daemon=True)
    child.start()
    try:
        yield Triton(ours)
    finally:
        ours.send(None)
        child.join(10)
        ours.close()
        theirs.close()


def enter(connection: Connection) -> None:
    """What the child runs: only there is the other module imported."""
    import_module("tests.interop.triton_process").serve(connection)


def fields(file: FileDescriptor) -> dict[str, dict[str, tuple[int, int, bool]]]:
    """Number, type and whether it is repeated, of every field of every message."""
    found = {}
    ahead = list(file.message_types_by_name.values())
    while ahead:
        message = ahead.pop()
        ahead += message.nested_types
        found[message.full_name] = {
            field.name: (field.number, field.type, field.is_repeated) for field in message.fields
        }
    return found
