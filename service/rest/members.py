"""Members that a JSON object names twice: parsers keep the last one in silence, and two readers may not mean the same.

The parser that is quick does not tell. Each member of the text has one quotation mark with a colon behind it, and only
texts may hold more of them: where there are as many as the parsed value has members, none was dropped. Elsewhere the
body is read once more, by the parser that tells.
"""

import json
import re
from typing import Any

from model.errors import told
from service.rest.problems import Malformed

NAMED = re.compile(rb'"[ \t\r\n]*:')


def each_once(body: bytes, value: Any) -> Any:  # noqa: ANN401  # any JSON
    """The value that a body was parsed to; Malformed if an object of it names a member twice."""
    if len(NAMED.findall(body)) != _members(value):
        _read_again(body)
    return value


def _members(value: Any) -> int:  # noqa: ANN401  # any JSON
    """How many there are in the objects of a value; of a list that begins with a number none is looked for."""
    count, found = 0, [value]
    while found:
        each = found.pop()
        if isinstance(each, dict):
            count += len(each)
            found.extend(each.values())
        elif isinstance(each, list) and each and isinstance(each[0], dict | list):
            found.extend(each)
    return count


def _read_again(body: bytes) -> None:
    try:
        json.loads(body, object_pairs_hook=_distinct, parse_int=float)  # of as many digits as they like
    except RecursionError:
        raise Malformed("The body is nested deeper than anything that is taken here.") from None


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    seen = set()
    for name, _ in pairs:
        if name in seen:
            raise Malformed(f"The body names {told(name)} twice in one object; once is needed, as one would be lost.")
        seen.add(name)
