"""A client's key and the digest of the request it came with."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from service.domain.identifiers import check_idempotency_key
from service.registry_ports import Idempotency

EXACT = 2**53
"""Below it every whole number is a float."""


def idempotency(key: str | None, request: Mapping[str, Any]) -> Idempotency | None:
    """The key, checked, with its request; None if there is no key.

    Requests of different operations have different members, so that no key means two of them. A request is the same
    whether its transport writes a whole number as 1 or as 1.0.
    """
    if key is None:
        return None
    canonical = json.dumps(_alike(request), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return Idempotency(check_idempotency_key(key), hashlib.sha256(canonical.encode()).hexdigest())


def _alike(value: object) -> object:
    """The value with numbers that are whole as such, wherever they stand."""
    if isinstance(value, Mapping):
        return {name: _alike(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_alike(each) for each in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return int(value)
    return value
