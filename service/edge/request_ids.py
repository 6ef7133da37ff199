"""The id that a request has in its answer, in the log and in every error."""

import re
from random import getrandbits

PLAIN = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def request_id(given: str | None) -> str:
    """The client's own if it is a plain one, else a new one: to tell requests apart, not to keep a secret."""
    return given if given is not None and PLAIN.fullmatch(given) else f"{getrandbits(64):016x}"
