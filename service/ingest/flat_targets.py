"""Targets whose differences 32-bit floats cannot hold: a network would learn one number."""

from collections.abc import Iterator

import numpy as np

from service.domain.reports import Finding, FindingKind, Place
from service.ingest.parsed import Parsed
from service.ingest.precision import LOST, varies


def flat_targets(parsed: Parsed) -> Iterator[Finding]:
    """A finding for each target that spans little more than nothing, and enough of whose values became equal."""
    if parsed.targets is None:
        return
    column = next((role.column for role in parsed.reading.columns if role.role == "target"), None)
    for place, wide in enumerate(parsed.targets.T):
        different, first = np.unique(wide, return_index=True)
        narrow = different.astype(np.float32)
        equal = np.flatnonzero(np.diff(narrow) == 0)
        if not equal.size or equal.size < LOST * (len(different) - 1) or varies(narrow[:1], narrow[-1:])[0]:
            continue
        case = int(first[equal + 1].min())
        row = parsed.row(case)
        where = f"case {case}" if row is None else f"row {row}"
        which = "Targets" if parsed.targets.shape[1] == 1 else f"Targets at place {place}"
        sentence = (
            f"{which} whose differences are lost, as 32-bit floats hold them: of {len(different)} values "
            f"{len(equal)} became equal to another one, the first in {where}. Keep the differences: subtract an "
            f"offset, such as {different[0]:.6g}, or multiply, before you send them."
        )
        yield Finding(FindingKind.FLATTENED, len(equal), sentence, Place(row, column, case))
