"""Members that an object in a JSON file names twice: the quick parser keeps the last one and does not tell."""

import json
import re
from typing import Any

from service.ingest.faults import fault, quote

NAMED = re.compile(rb'"[ \t\r\n]*:')
"""What stands behind the name of a member, and elsewhere only within texts."""


def refuse_repeated(text: bytes, found: dict[str, Any] | list[dict[str, Any]], place: str) -> None:
    """Unreadable, at the place, if the text that was parsed to an object, or to several, names a member of one twice.

    Where more names seem to stand in it than there are members, it is read once more, by the parser that tells.
    """
    if len(NAMED.findall(text)) <= (len(found) if isinstance(found, dict) else sum(map(len, found))):
        return

    def distinct(pairs: list[tuple[str, Any]]) -> None:
        seen = set()
        for name, _ in pairs:
            if name in seen:
                raise fault(place, f"{quote(name)} stands twice in one object; once is needed, as one would be lost.")
            seen.add(name)

    try:
        json.loads(text, object_pairs_hook=distinct, parse_int=float)  # of as many digits as they like
    except RecursionError:
        raise fault(place, "This is nested deeper than anything that is taken here.") from None
