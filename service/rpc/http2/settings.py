"""SETTINGS: what each side takes."""

import struct
from collections.abc import Mapping
from typing import Final

from service.rpc.http2.frames import (
    FLOW_CONTROL_ERROR,
    FRAME_SIZE_ERROR,
    LARGEST_WINDOW,
    PROTOCOL_ERROR,
    Broken,
)

ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = range(2, 7)

FIRST_WINDOW: Final = 65_535
SMALLEST_FRAME: Final = 16_384
"""What everybody takes who has not said otherwise."""

_SETTING = struct.Struct(">HI")
_ALLOWED: Final = {
    ENABLE_PUSH: (0, 1, PROTOCOL_ERROR),
    INITIAL_WINDOW_SIZE: (0, LARGEST_WINDOW, FLOW_CONTROL_ERROR),
    MAX_FRAME_SIZE: (SMALLEST_FRAME, 2**24 - 1, PROTOCOL_ERROR),
}


def packed_settings(settings: Mapping[int, int]) -> bytes:
    """The payload of a SETTINGS frame."""
    return b"".join(_SETTING.pack(*setting) for setting in settings.items())


def read_settings(payload: bytes) -> dict[int, int]:
    """What a peer says; Broken if it cannot be."""
    if len(payload) % _SETTING.size:
        raise Broken(FRAME_SIZE_ERROR, "A setting has six bytes.")
    found = dict(_SETTING.iter_unpack(payload))
    for setting, (least, most, code) in _ALLOWED.items():
        if not least <= found.get(setting, least) <= most:
            raise Broken(code, f"Setting {setting} is from {least} to {most}.")
    return found
