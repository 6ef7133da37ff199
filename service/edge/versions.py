"""References to versions, where a number is needed: an alias may move between a look and a removal."""

from service.errors import Detail, InvalidRequest

LONGEST = 9


def exact(reference: str) -> int:
    """The number that a reference is; InvalidRequest for an alias."""
    if not (reference.isascii() and reference.isdecimal() and len(reference) <= LONGEST):
        message = "Name the version to be removed by its number."
        raise InvalidRequest(message, Detail("/version", message))
    return int(reference)
