"""A row of units under the header, as measuring devices write it: texts where every row below has numbers or times."""

import re
from collections.abc import Sequence

from service.ingest.arrow_columns import MISSING_TEXTS

FEWEST = 2
"""Rows below that say what the columns hold."""
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
MOMENT = re.compile(r"\d{1,4}([-/.:])\d{1,2}\1\d{1,4}\b.*|\d{1,2}:\d{2}\b.*")


def are_units(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row is of units: one that has no number and no time where all below have nothing else."""
    if len(below) < FEWEST or any(len(other) != len(row) for other in below):
        return False
    columns = [[other[place].strip() for other in below] for place in range(len(row))]
    said = [row[place].strip() for place, column in enumerate(columns) if _measured(column)]
    texts = [text for text in said if text not in MISSING_TEXTS or text == "-"]
    return any(text not in MISSING_TEXTS for text in texts) and not any(map(_is_value, texts))


def _measured(column: Sequence[str]) -> bool:
    """Whether a column holds numbers, or times, in all rows that say something."""
    there = [text for text in column if text not in MISSING_TEXTS]
    return len(there) >= FEWEST and all(map(_is_value, there))


def _is_value(text: str) -> bool:
    return NUMBER.fullmatch(text) is not None or MOMENT.fullmatch(text) is not None
