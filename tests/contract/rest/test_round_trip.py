"""One file all the way, with no option anywhere: it is looked at, kept, trained on, and its cases are predicted."""

from typing import Any

import numpy as np
import pytest

from model.data.series import Series
from service.bootstrap import House
from tests import houses
from tests.callers import Caller
from tests.reference import series_files

COUNT = 12
SERIES = Series.from_cases(
    [case.T for case in houses.cases(COUNT)], labels=["down" if case % 2 else "up" for case in range(COUNT)]
)
ARCHIVE = "".join(
    f"{case % 2 + 1}\t" + "\t".join(f"{value:.4f}" for value in values) + "\n"
    for case, values in enumerate(houses.cases(COUNT)[:, 0])
).encode()
FILES: dict[str, tuple[bytes, str]] = {
    "ts": (series_files.to_ts(SERIES), "application/octet-stream"),
    "arff": (series_files.to_arff(SERIES), "application/octet-stream"),
    "json": (series_files.to_json(SERIES), "application/octet-stream"),
    "ndjson": (series_files.to_ndjson(SERIES), "application/x-ndjson"),
    "ndjson rows": (series_files.to_rows(SERIES), "application/x-ndjson"),
    "npz": (series_files.to_npz(SERIES), "application/x-npz"),
    "csv": (series_files.to_csv(SERIES), "text/csv"),
    "csv wide": (series_files.to_wide_csv(SERIES), "text/csv"),
    "tsv of the archive": (ARCHIVE, "text/tab-separated-values"),
    "parquet": (series_files.to_parquet(SERIES), "application/vnd.apache.parquet"),
    "parquet wide": (series_files.to_wide_parquet(SERIES), "application/vnd.apache.parquet"),
    "arrow": (series_files.to_arrow(SERIES), "application/vnd.apache.arrow.file"),
}


def told(answer: Any, status: int) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.parametrize("file", FILES)
def test_a_file_goes_all_the_way_without_an_option(client: Caller, house: House, file: str) -> None:
    content, media_type = FILES[file]
    name = f"way-{file.replace(' ', '-')}"
    said = {"content": content, "headers": {"Content-Type": media_type}}
    previewed = told(client.post("/v1/datasets:preview", **said), 200)
    kept = told(client.post("/v1/datasets", params={"name": name}, **said), 201)
    assert kept["digest"] == previewed["digest"]
    assert (kept["cases"], kept["task"]) == (COUNT, "classification")
    parameters = previewed["reading"]["parameters"]
    again = told(client.post("/v1/datasets:preview", params=parameters, **said), 200)
    assert again["digest"] == kept["digest"]
    assert again["reading"]["parameters"] == parameters

    assert houses.train(house, name, name).state == "SUCCEEDED"
    predicted = told(client.post(f"/v1/models/{name}:predict", **said), 200)["predictions"]
    first = "up" if "archive" not in file else "1"
    series = houses.cases(COUNT)[:, : len(kept["channels"])].tolist()
    listed = told(client.post(f"/v1/models/{name}:predict", json={"series": series}), 200)["predictions"]
    chances, expected = ([each["probabilities"][first] for each in found] for found in (predicted, listed))
    assert np.allclose(chances, expected, atol=1e-3)
