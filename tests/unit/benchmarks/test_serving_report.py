"""What the benchmark of serving asks is what the service takes, and its page says what was found."""

import json

import numpy as np
import pytest

from api_schemas.generated import inference_pb2 as pb
from benchmarks.serving import report
from benchmarks.serving.beside_training import Beside
from benchmarks.serving.load import Load
from benchmarks.serving.rounds import BODIES, WORKS, Comparison
from benchmarks.serving.start import Start
from benchmarks.serving.work import as_message, cases
from service.rest.v2_request import JSON_LENGTH


def turn(requests: int, p99: float) -> Load:
    return Load(requests, 1.0, p99 / 2, p99, errors=0)


def found(ours: int, theirs: int) -> report.Found:
    pairs = [(turn(ours + drift, 2.0), turn(theirs, 8.0)) for drift in (-9, 0, 40)]
    beside = Beside([(turn(100, 4.0), turn(90, 6.0))], [7])
    start = Start(ready=0.5, predicted=0.75, idle=90.0, used=95.0)
    comparisons = [Comparison(work.name, pairs) for work in WORKS]
    twice = [Comparison(work.name, [(turn(2 * ours, 1.0), turn(theirs, 8.0))]) for work in WORKS]
    return report.Found({"cores": "2"}, comparisons, twice, turn(9, 1.0), turn(9, 1.0), beside, start, start, 1e-7)


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    one = found(300, 100).comparisons[0]
    assert one.rate == pytest.approx(3.0)
    assert one.p99 == pytest.approx(0.25)


def test_a_verdict_goes_by_what_was_wanted() -> None:
    verdicts = {row.work: row.verdict for row in report.rows(found(300, 100))}
    assert verdicts["V2 JSON, one case: requests a second, by MLServer's"] == "reached"
    assert verdicts["V2 JSON, 32 cases: requests a second, by MLServer's"] == "goal reached"
    assert {row.verdict for row in report.rows(found(50, 100)) if row.found == 0.5} == {"short"}


def test_the_page_and_the_data_hold_every_kind_of_work() -> None:
    page, data = report.document(found(300, 100)), json.loads(json.dumps(report.data(found(300, 100))))
    assert all(work.name in page for work in WORKS)
    assert data["ratios"][WORKS[0].name]["rate"] == pytest.approx(3.0)
    assert data["ratios_with_workers"][WORKS[0].name]["rate"] == pytest.approx(6.0)
    assert "| **3** | reached | **6** | goal reached | 2.5 | 4 |" in page
    assert len(data["comparisons"][0]["turns"]) == 3


@pytest.mark.parametrize("name", BODIES)
def test_a_body_holds_its_cases(name: str) -> None:
    body = BODIES[name]
    length = int(body.headers.get(JSON_LENGTH, len(body.content)))
    (entry,) = json.loads(body.content[:length])["inputs"]
    values = np.array(entry["data"]) if "data" in entry else np.frombuffer(body.content[length:], "<f4")
    np.testing.assert_allclose(values.reshape(entry["shape"]), cases(entry["shape"][0]), rtol=1e-6)


def test_the_message_holds_one_case() -> None:
    request = pb.ModelInferRequest.FromString(as_message(cases(1)))
    assert np.array_equal(np.frombuffer(request.raw_input_contents[0], "<f4"), cases(1).ravel())
