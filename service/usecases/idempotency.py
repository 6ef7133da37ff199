"""A client's key and the digest of the request it came with."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from service.domain.identifiers import check_idempotency_key
from service.registry_ports import Idempotency


def idempotency(key: str | None, request: Mapping[str, Any]) -> Idempotency | None:
    """The key, checked, with its request; None if there is no key.

    Requests of different operations have different members, so that no key means two of them.
    """
    if key is None:
        return None
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return Idempotency(check_idempotency_key(key), hashlib.sha256(canonical.encode()).hexdigest())
