"""The command line against a running service."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
from typer.testing import CliRunner, Result

from service.cli.app import app
from service.ephemeral import Running, service

pytestmark = pytest.mark.e2e

TEST_CASES = 150
SMALL = {"network": {"layers": [{"kind": "conv1d", "out_channels": 4, "kernel": 5}, {"kind": "relu"}]}}

Command = Callable[..., Result]


@pytest.fixture(scope="module")
def wavetap(running: Running) -> Command:
    """Run a command against the service."""

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(app, [*map(str, arguments), "--server", running.rest])

    return run


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spec") / "spec.json"
    path.write_text(json.dumps({**SMALL, "training": {"epochs": 2}}))
    return path


@pytest.fixture(scope="module")
def job(wavetap: Command, gunpoint: Path, spec: Path) -> dict[str, Any]:
    """A finished training job for the model `points`."""
    result = wavetap("train", gunpoint / "GunPoint_TRAIN.ts", "--model", "points", "--spec", spec, "--json")
    assert result.exit_code == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_training_follows_the_job_to_its_version(job: dict[str, Any]) -> None:
    assert (job["state"], job["version"], job["epoch"], len(job["history"])) == ("SUCCEEDED", 1, 2, 2)


def test_a_detached_training_prints_its_job_and_can_be_watched(wavetap: Command, gunpoint: Path, spec: Path) -> None:
    file = gunpoint / "GunPoint_TRAIN.ts"
    started = wavetap("train", file, "--model", "detached", "--spec", spec, "--epochs", 1, "--detach")
    watched = wavetap("jobs", "watch", started.stdout.strip(), "--json")
    assert json.loads(watched.stdout)["state"] == "SUCCEEDED"


@pytest.mark.usefixtures("job")
def test_a_dataset_that_is_there_is_trained_on_once_for_a_key(wavetap: Command, spec: Path) -> None:
    asked = ("GunPoint_TRAIN", "--model", "urgent", "--spec", spec, "--priority", 7, "--time-limit", 600, "--detach")
    first, again = (wavetap("train", *asked, "--idempotency-key", "once").stdout.strip() for _ in range(2))
    assert first == again
    ended = json.loads(wavetap("jobs", "watch", first, "--json").stdout)
    assert (ended["state"], ended["priority"], ended["time_limit"]) == ("SUCCEEDED", 7, 600.0)
    shown = json.loads(wavetap("jobs", "ls", "--model", "urgent", "--state", "succeeded", "--json").stdout)
    assert [each["id"] for each in shown] == [first]
    assert json.loads(wavetap("jobs", "ls", "--model", "urgent", "--state", "failed", "--json").stdout) == []
    resumed = wavetap("jobs", "resume", first, "--epochs", 3, "--time-limit", 300, "--json")
    assert json.loads(resumed.stdout)["time_limit"] == 300.0
    assert wavetap("jobs", "watch", first).exit_code == 0


@pytest.mark.usefixtures("job")
def test_an_evaluation_keeps_the_file_and_counts_every_case(wavetap: Command, gunpoint: Path) -> None:
    for file in (gunpoint / "GunPoint_TEST.ts", "GunPoint_TEST"):
        result = json.loads(wavetap("evaluate", "points", file, "--json").stdout)
        assert result["cases"] == sum(sum(row.values()) for row in result["confusion"].values()) == TEST_CASES


@pytest.mark.usefixtures("job")
def test_a_prediction_has_a_row_for_every_case(wavetap: Command, gunpoint: Path) -> None:
    file = gunpoint / "GunPoint_TEST.ts"
    assert len(wavetap("predict", "points", file).stdout.splitlines()) == 1 + TEST_CASES
    answer = json.loads(wavetap("predict", "points", file, "--json").stdout)
    assert len(answer["predictions"]) == TEST_CASES
    assert answer["model"] == "points"


@pytest.mark.usefixtures("job")
def test_an_export_is_a_file_that_onnx_runtime_opens(wavetap: Command, tmp_path: Path) -> None:
    path = tmp_path / "points.onnx"
    assert wavetap("export", "points", "-o", path).stdout.strip() == str(path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [each.name for each in session.get_inputs()] == ["series"]


@pytest.mark.usefixtures("job")
def test_an_export_to_where_nothing_can_be_written_is_one_sentence(wavetap: Command, tmp_path: Path) -> None:
    result = wavetap("export", "points", "-o", tmp_path / "missing" / "points.onnx")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


def test_resources_are_listed_and_shown(wavetap: Command, job: dict[str, Any]) -> None:
    assert job["id"] in wavetap("jobs", "ls").stdout
    assert "points" in wavetap("models", "ls").stdout
    assert "GunPoint_TRAIN" in wavetap("datasets", "ls").stdout
    assert "lineage.dataset.digest" in wavetap("models", "show", "points").stdout
    assert "labels.1" in wavetap("datasets", "show", "GunPoint_TRAIN").stdout
    assert "training.batch_size" in wavetap("jobs", "show", job["id"]).stdout


def test_a_preview_keeps_nothing(wavetap: Command, gunpoint: Path) -> None:
    before = wavetap("datasets", "ls", "--json").stdout
    assert (
        json.loads(wavetap("datasets", "preview", gunpoint / "GunPoint_TEST.ts", "--json").stdout)["cases"]
        == TEST_CASES
    )
    assert wavetap("datasets", "ls", "--json").stdout == before


def test_a_resumed_job_publishes_another_version_and_can_be_removed(
    wavetap: Command, gunpoint: Path, spec: Path
) -> None:
    trained = wavetap("train", gunpoint / "GunPoint_TRAIN.ts", "--model", "longer", "--spec", spec, "--json")
    identifier = json.loads(trained.stdout)["id"]
    assert wavetap("jobs", "resume", identifier, "--epochs", 3).exit_code == 0
    watched = json.loads(wavetap("jobs", "watch", identifier, "--json").stdout)
    assert (watched["epoch"], watched["version"]) == (3, 2)
    promoted_and_rolled_back(wavetap, "longer")
    again = wavetap("models", "reproduce", "longer", "--json")
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout)["reproduction"]["identical"]
    assert wavetap("models", "rm", "longer", "--version", 1).exit_code == 0
    assert wavetap("models", "rm", "longer").exit_code == 0
    assert wavetap("models", "show", "longer").exit_code == 1


def promoted_and_rolled_back(wavetap: Command, model: str) -> None:
    """Both versions are live in turn, then the alias is gone; the second knows the one before."""
    for version in (1, 2):
        assert wavetap("models", "alias", model, "live", version).exit_code == 0
    assert json.loads(wavetap("models", "rollback", model, "live", "--json").stdout)["version"] == 1
    assert json.loads(wavetap("models", "alias", model, "live", "--json").stdout)["previous"] is None
    assert wavetap("models", "alias", model, "live", "--remove").exit_code == 0
    assert wavetap("models", "rollback", model, "live").exit_code == 1
    assert wavetap("models", "tag", model, "owner=me", "draft=yes", "--version", 2).exit_code == 0
    tagged = wavetap("models", "tag", model, "draft=", "--notes", "Longer.", "--version", 2, "--json").stdout
    version = json.loads(tagged)
    assert (version["tags"], version["notes"], version["parent"]) == ({"owner": "me"}, "Longer.", 1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("models", "show", "nobody"), "nobody"),
        (("jobs", "cancel", "JOB"), "ended"),
        (("jobs", "show", "job_nothing"), "job_nothing"),
        (("datasets", "rm", "../models/points"), ""),
        (("evaluate", "points", "no-such-dataset"), "no-such-dataset"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_refusal_is_one_sentence_and_ends_with_1(
    wavetap: Command, job: dict[str, Any], arguments: tuple[str, ...], sentence: str
) -> None:
    result = wavetap(*(job["id"] if argument == "JOB" else argument for argument in arguments))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert sentence in result.stderr
    assert "Traceback" not in result.output


def test_a_training_that_diverges_ends_with_1_and_says_where(wavetap: Command, gunpoint: Path, tmp_path: Path) -> None:
    wild = {**SMALL, "training": {"epochs": 50, "optimizer": {"kind": "sgd", "learning_rate": 1e9}}}
    (tmp_path / "wild.json").write_text(json.dumps(wild))
    result = wavetap("train", gunpoint / "GunPoint_TRAIN.ts", "--model", "wild", "--spec", tmp_path / "wild.json")
    assert result.exit_code == 1
    assert "diverged" in result.stderr


def test_a_service_with_a_key_lets_only_its_bearer_in(tmp_path: Path) -> None:
    with service(tmp_path / "data", tmp_path / "log", {"WAVETAP_API_KEY": "open-sesame"}) as guarded:
        arguments = ["models", "ls", "--server", guarded.rest]
        assert CliRunner().invoke(app, arguments).exit_code == 1
        assert CliRunner().invoke(app, [*arguments, "--api-key", "close-sesame"]).exit_code == 1
        assert CliRunner(env={"WAVETAP_API_KEY": "open-sesame"}).invoke(app, arguments).exit_code == 0
