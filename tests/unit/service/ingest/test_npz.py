"""NumPy's archives, and what must be refused from their directory and headers alone."""

import io
import pickle
import struct
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.domain.datasets import Limits
from service.errors import Misleading, ServiceError, TooLarge, Unreadable, UnsupportedFormat
from service.ingest import zip_directory
from tests.reference.uploads import Read, columns, told

X = np.arange(24, dtype=np.float64).reshape(2, 3, 4)


def npz(*, compressed: bool = False, **arrays: Any) -> bytes:
    target = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(target, **arrays)
    return target.getvalue()


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return target.getvalue()


def npy_header(shape: str, descr: str = "<f4") -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", ">i2", "i8", "u1", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_numbers_of_every_type_and_order_are_read(read: Read, dtype: str, order: str) -> None:
    values = np.asarray(X.astype(dtype), order=order)
    assert np.array_equal(read(npz(X=values)).series.case(1), values[1].T.astype(np.float32))


def test_an_array_of_two_dimensions_has_one_channel(read: Read) -> None:
    for array in (X[:, 0], np.asfortranarray(X[:, 0])):
        series = read(npz(X=array, y=["a", "b"])).series
        assert series.channels == ("c0",)
        assert series.case(1)[:, 0].tolist() == X[1, 0].tolist()


@pytest.mark.parametrize(
    ("y", "classes"),
    [([2, 1], ("1", "2")), (["b", "a"], ("a", "b")), ([b"b", b"a"], ("a", "b")), ([1.0, 0.0], ("0", "1"))],
)
def test_texts_and_whole_numbers_are_labels(read: Read, y: list[object], classes: tuple[str, ...]) -> None:
    series = read(npz(X=X, y=y)).series
    assert series.classes == classes
    assert series.labels.tolist() == [1, 0]


def test_fractions_are_targets_and_that_is_said(read: Read) -> None:
    ingested = read(npz(X=X, y=[0.5, 1.5]))
    assert ingested.series.targets.tolist() == [[0.5], [1.5]]
    assert any("label=y" in warning for warning in ingested.warnings)
    assert read(npz(X=X, y=[0.5, 1.5]), label="y").series.classes == ("0.5", "1.5")
    assert read(npz(X=X, y=[1, 2]), target="y").series.targets.tolist() == [[1], [2]]


def test_several_targets_are_read(read: Read) -> None:
    assert read(npz(X=X, y=[[1, 2], [3, 4]])).series.targets.tolist() == [[1, 2], [3, 4]]


def test_steps_without_a_value_at_the_end_are_padding(read: Read) -> None:
    padded = X.copy()
    padded[0, :, 2:] = np.nan
    padded[1, 0, 2:] = np.nan
    ingested = read(npz(X=padded))
    assert ingested.series.lengths.tolist() == [2, 4]
    assert any("padding" in warning for warning in ingested.warnings)


def test_groups_tell_which_cases_belong_together(read: Read) -> None:
    series = read(npz(X=X, y=["a", "b"], groups=[7, 7])).series
    assert (series.group_names, series.groups.tolist()) == (("7",), [0, 0])


def test_a_single_array_is_to_be_forecast(read: Read) -> None:
    target = io.BytesIO()
    np.save(target, X)
    ingested = read(target.getvalue())
    assert (ingested.format, ingested.series.task, ingested.series.cases) == ("npy", "forecasting", 2)


@pytest.mark.parametrize(
    ("arrays", "place"),
    [
        ({"X": X, "y": [1, 2, 3]}, "y"),
        ({"X": X, "y": np.array([1.5, np.nan])}, "y[1]"),
        ({"X": X, "y": np.array([1.5, np.inf])}, "y[1]"),
        ({"X": np.where(X == 17, np.inf, X)}, "X[1, 1, 1]"),
        ({"X": np.where(X == 17, 1e300, X), "y": ["a", "b"]}, "X[1, 1, 1]"),
        ({"X": np.asfortranarray(np.where(X == 17, 1e300, X))}, "X[1, 1, 1]"),
        ({"X": X[0, 0]}, "X"),
        ({"X": np.zeros((0, 2, 3))}, "X"),
        ({"X": X, "lengths": [3, 5]}, "lengths[1]"),
        ({"X": X, "lengths": [0, 4]}, "lengths[0]"),
        ({"X": X, "channels": ["a", "b"]}, "channels"),
        ({"X": X, "groups": ["a"]}, "groups"),
        ({"X": X, "groups": ["a", ""]}, "groups[1]"),
    ],
)
def test_a_fault_is_named_as_numpy_names_its_place(read: Read, arrays: dict[str, Any], place: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(npz(**arrays))
    assert caught.value.details[0].pointer == place


def test_an_archive_without_series_says_what_it_holds(read: Read) -> None:
    with pytest.raises(Unreadable, match="no array X, nor X_train; it holds 'weights'"):
        read(npz(weights=X))


class Canary:
    """Leaves a file behind when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["x.npz", "x.npy", "x.pkl", None])
def test_a_pickle_is_refused_and_never_loaded(read: Read, tmp_path: Path, name: str | None) -> None:  # row 23
    canary = tmp_path / "canary"
    array = np.array([Canary(canary)], dtype=object)
    target = io.BytesIO()
    np.save(target, array, allow_pickle=True)
    for content in (pickle.dumps(array), pickle.dumps(array, 0), npz(X=array), npz(X=X, y=array), target.getvalue()):
        with pytest.raises(ServiceError):
            read(content, filename=name)
    with pytest.raises(UnsupportedFormat, match=r"Python objects, which are never loaded|a Python pickle"):
        read(npz(X=array), filename=name)
    assert not canary.exists()


def overlapping() -> bytes:
    """Two directory entries over the same bytes: the second entry points to the first member."""
    content = bytearray(archive({"X.npy": npy_header("(2, 3)") + bytes(24), "y.npy": npy_header("(2,)") + bytes(8)}))
    second = content.rindex(b"PK\x01\x02")
    content[second + 42 : second + 46] = bytes(4)
    return bytes(content)


HOSTILE = {
    "a GiB of zeros": (archive({"X.npy": npy_header("(1, 1, 268435456)") + bytes(1 << 26)}, zipfile.ZIP_DEFLATED)),
    "20,000 members": archive({f"{index}.npy": b"" for index in range(20_000)}),
    "a shape of 2^40": archive({"X.npy": npy_header(f"({2**40}, 1, 1)") + bytes(64)}),
    "a product that wraps": archive({"X.npy": npy_header(f"({2**62}, 4, 1)")}),
    "overlapping entries": overlapping(),
    "a path outside": archive({"../X.npy": npy_header("(2, 3)") + bytes(24)}),
    "an absolute path": archive({"/X.npy": npy_header("(2, 3)") + bytes(24)}),
    "a huge header": archive({"X.npy": b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**31) + bytes(64)}),
    "records": npz(X=np.zeros(3, dtype=[("a", "f4")])),
    "complex numbers": npz(X=X + 1j),
    "bzip2": archive({"X.npy": npy_header("(2, 3)") + bytes(24)}, zipfile.ZIP_BZIP2),
    "an office document": archive({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}),
}


@pytest.mark.parametrize("fault", HOSTILE)
def test_a_hostile_archive_is_refused_at_once(read: Read, fault: str) -> None:  # rows 21 and 22
    started = time.process_time()
    with pytest.raises((Misleading, Unreadable, TooLarge, UnsupportedFormat)):
        read(HOSTILE[fault])
    assert time.process_time() - started < 1


def test_a_bomb_is_refused_before_anything_is_expanded(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("service.ingest.npz.expand", never)
    with pytest.raises(TooLarge, match="expands to more than 200 times"):
        read(archive({"X.npy": npy_header("(1, 1, 16777184)") + bytes((1 << 26) + 1)}, zipfile.ZIP_DEFLATED))
    with pytest.raises(TooLarge, match="expands to more than 1000 bytes"):
        read(npz(X=np.zeros((2, 3, 100))), limits=Limits(expanded_bytes=1000))


def test_a_damaged_member_is_found_by_its_checksum(read: Read) -> None:
    content = bytearray(npz(X=X))
    content[content.index(b"PK\x01\x02") - 9] ^= 1
    with pytest.raises(Unreadable, match="not those that were archived"):
        read(bytes(content))


@pytest.mark.parametrize("compressed", [False, True])
def test_an_archive_cut_off_anywhere_is_refused(read: Read, compressed: bool) -> None:
    content = npz(X=X, y=[1, 2], compressed=compressed)
    for length in range(1, len(content), 7):
        with pytest.raises(ServiceError):
            read(content[:length])


def test_an_archive_with_zip64_sizes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(npz(X=X))  # NumPy writes ZIP64 fields into every local header
    content = path.read_bytes()
    start = content.index(b"PK\x05\x06")
    count, size, offset = struct.unpack("<HII", content[start + 10 : start + 20])
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, start, 1)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(content[:start] + end64 + locator + end)
    with path.open("rb") as file:
        assert list(zip_directory.read_members(file, Limits())) == ["X"]


def test_answers_that_are_declined_are_left_out(read: Read) -> None:
    target = io.BytesIO()
    np.savez(target, X=np.random.default_rng(0).standard_normal((2, 1, 9)), y=np.arange(2))
    found = read(target.getvalue(), label="")
    assert found.series.task == "forecasting"
    assert "'y'" in next(each.detail for each in found.examination.findings if each.kind == "unused")


def test_arrays_without_a_use_are_told(read: Read) -> None:
    target = io.BytesIO()
    np.savez(target, X=np.random.default_rng(0).standard_normal((2, 1, 9)), weather=np.arange(2))
    (finding,) = [each for each in read(target.getvalue()).examination.findings if each.kind == "unused"]
    assert (finding.count, finding.first.column) == (1, "weather")


@pytest.mark.parametrize(("x", "y"), [("x", "y"), ("X", "y"), ("X", "Y")])
def test_of_a_split_the_side_to_train_on_is_read_and_the_other_one_told(read: Read, x: str, y: str) -> None:
    test = {f"{x}_test": X + 1, f"{y}_test": [0, 1]}
    found = read(npz(**test, **{f"{x}_train": X, f"{y}_train": ["a", "b"]}))
    assert found.series.digest() == read(npz(X=X, y=["a", "b"])).series.digest()
    assert columns(found)["label"] == (f"{y}_train", "guessed")
    assert f"'{x}_test', '{y}_test'; {x}_train was read, and another side" in told(found, "unused")[0].detail
    alone = read(npz(**test))
    assert (alone.series.classes, told(alone, "unused")) == (("0", "1"), [])
