"""`:predict` takes a file as it is: every format gives the answers of JSON."""

import gzip
import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest

from tests import houses
from tests.callers import Caller
from tests.contract.rest.test_problems import problem

CASES = houses.cases(3)
CASES[1, 0, 4] = np.nan
PREDICT = "/v1/models/gestures:predict"


def table(cases: np.ndarray = CASES) -> pa.Table:
    """One row a step, with the columns in another order than the channels, and one that is none."""
    count, _, length = cases.shape
    columns = {
        "note": ["x"] * count * length,
        "c1": cases[:, 1].ravel(),
        "case": np.repeat(np.arange(count), length),
        "step": np.tile(np.arange(length), count),
        "c0": cases[:, 0].ravel(),
    }
    return pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})


def npy(cases: np.ndarray = CASES) -> bytes:
    file = io.BytesIO()
    np.save(file, cases)
    return file.getvalue()


def npz() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, X=CASES)
    return file.getvalue()


def written(write: Any) -> bytes:
    file = io.BytesIO()
    write(table(), file)
    return file.getvalue()


CSV = written(pyarrow.csv.write_csv)
BODIES: dict[str, tuple[str, bytes]] = {
    "csv": ("text/csv", CSV),
    "csv with a charset": ("text/csv; charset=utf-8", CSV),
    "csv in gzip": ("text/csv", gzip.compress(CSV)),
    "tsv": ("text/tab-separated-values", CSV.replace(b",", b"\t")),
    "npy": ("application/x-npy", npy()),
    "npy unnamed": ("application/octet-stream", npy()),
    "npz": ("application/x-npz", npz()),
    "parquet": ("application/vnd.apache.parquet", written(pyarrow.parquet.write_table)),
    "arrow": ("application/vnd.apache.arrow.file", written(pyarrow.feather.write_feather)),
}


def ask(client: Caller, content: bytes, media_type: str, url: str = PREDICT, **query: str) -> Any:
    return client.post(url, content=content, headers={"Content-Type": media_type}, params=query)


def as_json(client: Caller, cases: np.ndarray = CASES) -> Any:
    series = [
        [[None if np.isnan(value) else value for value in channel] for channel in case] for case in cases.tolist()
    ]
    return client.post(PREDICT, json={"series": series}).json()


@pytest.mark.parametrize("body", BODIES)
def test_every_file_gives_the_answer_of_json(client: Caller, body: str) -> None:
    media_type, content = BODIES[body]
    answer = ask(client, content, media_type)
    assert answer.status_code == 200, answer.text
    assert answer.json() == as_json(client)


def test_columns_may_have_other_names_than_the_channels(client: Caller) -> None:
    renamed = CSV.replace(b'"c0"', b'"load"').replace(b'"c1"', b'"heat"')
    assert ask(client, renamed, "text/csv", channels="load,heat").json() == as_json(client)
    assert "c0" in problem(ask(client, renamed, "text/csv"), 422)["detail"]


def test_a_version_is_asked_for_in_the_query(client: Caller) -> None:
    assert ask(client, npy(), "application/x-npy", version="1").json()["version"] == 1
    assert client.post(PREDICT, params={"version": 1}, json={"series": houses.cases(1).tolist()}).json()["version"] == 1
    problem(ask(client, npy(), "application/x-npy", version="9"), 404)
    problem(client.post(PREDICT, params={"version": 9}, json={"series": houses.cases(1).tolist()}), 404)


def test_a_forecast_begins_behind_the_last_steps_of_a_long_series(client: Caller) -> None:
    steps = np.arange(300)
    curve = np.stack([np.sin(steps / 5), np.cos(steps / 5)])[None].astype(np.float32)
    window = client.get("/v1/models/curve").json()["latest"]["signature"]["length"]
    url = "/v1/models/curve:predict"
    long = ask(client, npy(curve), "application/x-npy", url).json()
    assert long == ask(client, npy(curve[:, :, -window:]), "application/x-npy", url).json()
    assert long == client.post(url, json={"series": curve[:, :, -window:].tolist()}).json()
    assert long == client.post(url, json={"series": curve.tolist()}).json()
    short = client.post(url, json={"series": curve[:, :, 1 - window :].tolist()})
    assert f"2 channels of {window} or more" in problem(short, 422)["detail"]


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"", "text/csv", 422),
        (npy()[:-4], "application/x-npy", 422),
        (npy(houses.cases(2, channels=3)), "application/x-npy", 422),
        (b"\x80\x04pickle", "application/octet-stream", 415),
        (CSV, "application/x-npy", 422),
        (CSV, "application/x-www-form-urlencoded", 415),
        (CSV, "image/png", 415),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "application/octet-stream", 415),
        (CSV.replace(b"0,0", b"0,x", 1), "text/csv", 422),
    ],
)
def test_a_file_that_is_none_is_refused(client: Caller, content: bytes, media_type: str, status: int) -> None:
    problem(ask(client, content, media_type), status)


def test_a_file_is_bounded_before_and_after_it_is_expanded(client: Caller, house: Any) -> None:
    limit = house.edge.max_body_bytes
    head = {"Content-Type": "text/csv", "Content-Length": str(limit + 1)}
    problem(client.post(PREDICT, content=b"case,step,c0,c1\n", headers=head), 413)
    bomb = gzip.compress(b"case,step,c0,c1\n" + b"0" * (limit + 1))
    problem(ask(client, bomb, "text/csv"), 413)
    problem(client.post(PREDICT, content=CSV, headers={"Content-Type": "text/csv", "Content-Encoding": "gzip"}), 415)


def test_nothing_of_a_file_is_left(client: Caller, house: Any) -> None:
    ask(client, npy(), "application/x-npy")
    ask(client, b"nothing", "application/octet-stream")
    assert list(house.edge.spool.directory.iterdir()) == []
