"""Identifiers that sort by the time they were made, and the one pattern of names that users choose."""

import re
import secrets
from datetime import datetime

from service.errors import Detail, InvalidRequest

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32 in lower case: no letter that is mistaken for a digit."""

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
IDENTIFIER = re.compile(rf"(?P<prefix>ds|job)_[{ALPHABET}]{{26}}")
IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def new_identifier(prefix: str, now: datetime) -> str:
    """`prefix`_ and 26 characters: 48 bits of milliseconds, then 80 random bits."""
    number = int(now.timestamp() * 1000) << 80 | secrets.randbits(80)
    return f"{prefix}_" + "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def is_identifier(text: str) -> bool:
    """Whether the text has the form of an identifier of ours (and so cannot be a name)."""
    return IDENTIFIER.fullmatch(text) is not None


def check_name(name: str, thing: str) -> str:
    """Return the name; InvalidRequest if it is not one a dataset or model may have."""
    if NAME.fullmatch(name) is None or is_identifier(name):
        message = (
            f"The name of a {thing} is 1 to 128 letters, digits, dots, underscores and hyphens, "
            "begins with a letter, a digit or an underscore, and does not look like an identifier."
        )
        raise InvalidRequest(message, Detail("/name" if thing == "dataset" else f"/{thing}", message))
    return name


def check_idempotency_key(key: str) -> str:
    """Return the key; InvalidRequest unless it is 1 to 255 visible ASCII characters."""
    if IDEMPOTENCY_KEY.fullmatch(key) is None:
        message = "An Idempotency-Key is 1 to 255 visible ASCII characters."
        raise InvalidRequest(message, Detail("Idempotency-Key", message))
    return key
