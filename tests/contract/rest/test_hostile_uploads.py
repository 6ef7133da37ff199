"""Uploads that broke the peers of this service: refused by name with nothing kept, or trained on by a known rule."""

import io
import json
import pickle
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.interchange import archive
from service.bootstrap import House
from service.rest.application import application
from tests import houses
from tests.callers import Caller, calling
from tests.contract.rest.test_problems import problem

X = houses.cases(6)
LABELS = ["a", "b"] * 3


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with houses.house_in(tmp_path / "data") as house:
        yield house


@pytest.fixture
def caller(house: House) -> Iterator[Caller]:
    with calling(application(house.edge)) as caller:
        yield caller


def upload(caller: Caller, content: bytes, **query: str) -> Any:
    return caller.post("/v1/datasets", params={"name": "hostile", **query}, content=content)


def unharmed(caller: Caller, house: House) -> None:
    """Nothing was kept, nothing is left of the upload, and whoever comes next is served."""
    assert list(house.edge.spool.directory.iterdir()) == []
    assert caller.get("/v1/datasets").json()["items"] == []
    assert caller.get("/v2/health/live").status_code == 200
    assert upload(caller, as_json(X, LABELS), format="json").status_code == 201


def npy(array: np.ndarray) -> bytes:
    target = io.BytesIO()
    np.save(target, array, allow_pickle=True)
    return target.getvalue()


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as file:
        for name, content in members:
            file.writestr(name, content)
    return target.getvalue()


def link() -> zipfile.ZipInfo:
    found = zipfile.ZipInfo("X.npy")
    found.external_attr = (stat.S_IFLNK | 0o777) << 16
    return found


def as_json(series: Any, labels: list[str] | None = None, **more: Any) -> bytes:
    lists = series.tolist() if isinstance(series, np.ndarray) else series
    return json.dumps({"series": lists, **({} if labels is None else {"labels": labels}), **more}).encode()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "content",
    [
        lambda: zipped(("../X.npy", npy(X))),
        lambda: zipped(("/etc/X.npy", npy(X))),
        lambda: zipped(("X.npy", npy(X)), ("X.npy", npy(X))),
        lambda: zipped((link(), b"/etc/passwd")),
        lambda: zipped(("X.npy", npy(X)), ("a/../../X.npy", npy(X))),
        lambda: zipped(("C:/X.npy", npy(X))),
        lambda: zipped(("X.npy", npy(X)), ("X", npy(X))),
        lambda: zipped(("../X.npy", npy(X)), method=zipfile.ZIP_BZIP2),
        lambda: zipped(("../X.npy", npy(np.zeros((1, 1, 1 << 27), np.int8))), method=zipfile.ZIP_DEFLATED),
        lambda: zipped(("X.npy", npy(X))).replace(b"X.npy", b"Y.npy", 1),
    ],
    ids=[
        "a path upwards",
        "an absolute path",
        "a name twice",
        "a link",
        "a path upwards within",
        "a path of another system",
        "an array twice",
        "a path upwards, compressed otherwise",
        "a path upwards that grows",
        "two names for one member",
    ],
)
def test_archives_that_point_elsewhere(caller: Caller, house: House, content: Any) -> None:  # row 21
    problem(upload(caller, content()), 400, "INVALID_ARGUMENT")
    unharmed(caller, house)


@pytest.mark.parametrize(
    "content",
    [
        lambda: zipped(("X.npy", npy(np.zeros((1, 1, 1 << 27), np.int8))), method=zipfile.ZIP_DEFLATED),
        lambda: zipped(*((f"{place}.npy", b"") for place in range(20_000))),
        lambda: zipped(("X.npy", npy(X)[:10] + npy(X)[10:].replace(b"(6, 2, 12)", b"(1099511627776, 1, 1)"))),
    ],
    ids=["much out of little", "20,000 members", "a shape of 2^40"],
)
def test_archives_that_grow(caller: Caller, house: House, content: Any) -> None:  # row 22
    assert upload(caller, content()).status_code in {413, 422}
    unharmed(caller, house)


class Canary:
    """Leaves a file behind when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.pkl", "x.ts"])
def test_pickles(caller: Caller, house: House, tmp_path: Path, name: str) -> None:  # row 23
    canary = tmp_path / "canary"
    array = np.array([Canary(canary)], dtype=object)
    for content in (pickle.dumps(Canary(canary)), npy(array), zipped(("X.npy", npy(array)))):
        response = caller.post("/v1/datasets?name=hostile", files={"file": (name, content)})
        assert response.status_code in {415, 422}, response.text
    assert not canary.exists()
    unharmed(caller, house)


def infinite() -> bytes:
    values = X.copy()
    values[1, 1, 3] = np.inf
    return zipped(("X.npy", npy(values)))


POISON = [
    ("ts", b"@classLabel true a b\n@data\n1,2:3,inf:a\n", "line 3, channel 2, step 2"),
    ("ts", b"@classLabel true a b\n@data\n1,2:3,4:a\n1,2:3,1e300:b\n", "line 4, channel 2, step 2"),
    ("ts", b"@classLabel true a b\n@data\n1,2:3:a\n", "line 3, channel 2"),
    ("ts", b"@classLabel true a b\n@data\n", "line 2"),
    ("arff", b"@relation r\n@attribute a numeric\n@attribute c {u}\n@data\n1e300,u\n", "line 5, channel 1, step 1"),
    ("csv", b"series,time,ax,label\na,0,1,u\na,1,inf,u\n", "row 2, column 'ax'"),
    ("csv", b"label,ax_0,ax_1,ax_2,ax_3\nu,1,2,3,1e300\n", "row 1, column 'ax_3'"),
    ("csv", b"series,time,ax,label\n", "row 1"),
    ("json", as_json([[[1, 2], [3, 1e300]]], ["a"]), "/series/0/1/1"),
    ("json", as_json([[[1, 2], [3]]], ["a"]), "/series/0/1"),
    ("json", as_json([], []), "/series"),
    ("ndjson", b'{"series": [[1, 2], [3, 1e300]], "label": "a"}\n', "line 1, /series/1/1"),
    ("ndjson", b'{"series": [1, 2], "label": "a"}\n{"series": [[1], [2]], "label": "a"}\n', "line 2, /series"),
    ("npz", infinite(), "X[1, 1, 3]"),
]
"""Format, content, and the place that the refusal names."""


@pytest.mark.parametrize(("kind", "content", "place"), POISON)
def test_poison_is_refused_by_its_row_and_channel(  # row 30
    caller: Caller, house: House, kind: str, content: bytes, place: str
) -> None:
    assert problem(upload(caller, content, format=kind), 422)["errors"][0]["pointer"] == place
    unharmed(caller, house)


def test_a_million_classes_are_too_many(caller: Caller, house: House) -> None:  # row 30
    labels = np.arange(1_000_000)
    content = zipped(("X.npy", npy(np.zeros((1_000_000, 1, 1), np.int8))), ("y.npy", npy(labels)))
    assert "classes" in problem(upload(caller, content), 413)["detail"]
    unharmed(caller, house)


@pytest.mark.parametrize("poison", ["constant", "empty", "gaps"])
def test_odd_channels_are_told_and_give_finite_weights(house: House, poison: str) -> None:  # row 30
    values = houses.cases(12)
    if poison == "gaps":
        values[::2, 1, 3:7] = np.nan
    else:
        values[:, 1] = 7.0 if poison == "constant" else np.nan
    lists = json.loads(json.dumps(values.tolist()).replace("NaN", "null"))
    content = as_json(lists, ["u", "d"] * 6)
    dataset = houses.add_dataset(house, "odd", content)
    assert {each.kind for each in dataset.report.examination.findings} & {"constant", "missing"}
    job = houses.train(house, "odd", "odd")
    version = house.edge.services.catalogue.version(job.model, None)
    pipeline = archive.load(house.artifacts.get(version.draft.archive))
    assert np.isfinite(pipeline.network.parameters).all()
