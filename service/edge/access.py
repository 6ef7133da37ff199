"""Who may call: one static key, or everybody on loopback."""

import hashlib
import hmac

from service.errors import Unauthenticated

SCHEME = "bearer"


class Access:
    """Compares keys in constant time; without a key of its own it lets everybody in."""

    def __init__(self, key: str | None) -> None:
        """Keep only a digest of the key, so that comparing tells nothing of its length either."""
        self._digest = None if key is None else _digest(key)

    @property
    def open(self) -> bool:
        """Whether no key is asked for."""
        return self._digest is None

    def check(self, authorization: str | None) -> None:
        """Let a header `Bearer KEY` pass, or raise Unauthenticated."""
        if self._digest is None:
            return
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != SCHEME or not hmac.compare_digest(_digest(key.strip()), self._digest):
            raise Unauthenticated("This needs the API key: send the header Authorization: Bearer KEY.")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="surrogateescape")).digest()
