"""Targets that differ in the file and not in 32-bit floats are told, in every format, and others are not."""

import io
import json

import numpy as np
import pytest

from tests.reference.uploads import Read, told

FLAT, SOUND = [1e9 + case for case in range(4)], [0.1, 0.2, 1e9, 1e9 + 1]


def written(file: str, targets: list[float]) -> bytes:
    cases = [[case, 2.0, 3.0, 4.0] for case in range(len(targets))]
    if file == "npz":
        sink = io.BytesIO()
        np.savez(sink, X=np.array(cases), targets=np.array(targets))
        return sink.getvalue()
    pairs = list(zip(cases, targets, strict=True))
    texts = {
        "ts": ["@targetlabel true", "@data", *(f"{','.join(map(str, c))}:{t!r}" for c, t in pairs)],
        "arff": ["@relation r", *(f"@attribute a{n} numeric" for n in range(4)), "@attribute target numeric", "@data"]
        + [f"{','.join(map(str, c))},{t!r}" for c, t in pairs],
        "json": [json.dumps({"series": [[c] for c in cases], "targets": targets})],
        "ndjson": [json.dumps({"series": [c], "target": t}) for c, t in pairs],
        "csv": ["target,v_0,v_1,v_2,v_3", *(f"{t!r},{','.join(map(str, c))}" for c, t in pairs)],
        "long csv": ["id,target,v", *(f"{n},{t!r},{v}" for n, (c, t) in enumerate(pairs) for v in c)],
    }
    return "\n".join(texts[file]).encode() + b"\n"


@pytest.mark.parametrize("file", ["ts", "arff", "json", "ndjson", "csv", "long csv", "npz"])
def test_targets_that_become_equal_are_told(read: Read, file: str) -> None:
    found = read(written(file, FLAT), format=file.rsplit(maxsplit=1)[-1])
    assert found.series.task == "regression"
    (finding,) = told(found, "flattened")
    assert (finding.count, finding.first.case) == (3, 1)
    assert "of 4 values 3 became equal to another one" in finding.detail
    assert not told(read(written(file, SOUND), format=file.rsplit(maxsplit=1)[-1]), "flattened")
