"""Hot models: loaded once, lent to one thread at a time, dropped when nobody asks."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from model.data.series import Series
from model.interchange import archive
from model.pipeline import Pipeline
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from service.domain.artifacts import Artifact
from service.domain.jobs import Job
from service.domain.models import ModelVersion
from service.domain.serving import ServingState, Standing
from service.errors import Corrupt, InvalidRequest
from service.serving.loaded import LoadedModels
from tests.records import a_draft, some_series
from tests.stores import Stores

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LAYERS = {"layers": [{"kind": "conv1d", "out_channels": 2, "kernel": 3}]}


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    series: Series = some_series()
    return Trainer(series, settled(TrainingSpec.from_json({"network": LAYERS}), series)).pipeline()


class Counting:
    """An artifact store that counts what is read."""

    def __init__(self, stores: Stores) -> None:
        self._artifacts = stores.artifacts
        self.reads: list[str] = []

    def view(self, artifact: Artifact) -> memoryview:
        self.reads.append(artifact.key)
        return self._artifacts.view(artifact)


@pytest.fixture
def counting(stores: Stores) -> Counting:
    return Counting(stores)


def version(stores: Stores, pipeline: Pipeline, number: int) -> ModelVersion:
    job = Job(f"job_{number}", "m", "ds_1", "digest", {}, 1, NOW)
    marked = replace(pipeline, metadata={"number": number})
    artifact = stores.artifacts.put(f"models/{number}", archive.save(marked))
    return ModelVersion(number, replace(a_draft(job), archive=artifact), NOW)


def test_a_model_is_loaded_once(stores: Stores, counting: Counting, pipeline: Pipeline) -> None:
    models = LoadedModels(counting)  # type: ignore[arg-type]  # it only reads
    one = version(stores, pipeline, 1)
    barrier = threading.Barrier(8)

    def borrow(_: int) -> None:
        barrier.wait()
        with models.loaded(one).borrow() as predictor:
            predictor.predict(np.zeros((1, 2, 12), np.float32))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(borrow, range(8)))
    assert counting.reads == ["models/1"]


def test_a_predictor_is_lent_to_one_at_a_time_and_again(stores: Stores, pipeline: Pipeline) -> None:
    models = LoadedModels(stores.artifacts)
    one = version(stores, pipeline, 1)
    with models.loaded(one).borrow() as first, models.loaded(one).borrow() as second:
        assert first is not second
    with models.loaded(one).borrow() as again:
        assert again in {first, second}


def test_a_refusal_costs_no_predictor(stores: Stores, pipeline: Pipeline) -> None:
    models = LoadedModels(stores.artifacts)
    one = version(stores, pipeline, 1)
    with pytest.raises(InvalidRequest), models.loaded(one).borrow() as first:
        raise InvalidRequest("The series have another shape.")
    with models.loaded(one).borrow() as again:
        assert again is first


def test_a_predictor_that_raised_is_not_lent_again(stores: Stores, pipeline: Pipeline) -> None:
    models = LoadedModels(stores.artifacts)
    one = version(stores, pipeline, 1)
    with pytest.raises(RuntimeError), models.loaded(one).borrow() as broken:
        raise RuntimeError
    with models.loaded(one).borrow() as fresh:
        assert fresh is not broken


def test_the_model_that_nobody_asked_for_the_longest_is_let_go(
    stores: Stores, counting: Counting, pipeline: Pipeline
) -> None:
    each = pipeline.network.parameters.nbytes + pipeline.network.state.nbytes
    models = LoadedModels(counting, budget_bytes=2 * each)  # type: ignore[arg-type]  # it only reads
    versions = [version(stores, pipeline, number) for number in range(3)]
    for number in (0, 1, 0, 2, 0, 1):
        with models.loaded(versions[number]).borrow() as predictor:
            assert predictor.pipeline.metadata["number"] == number
    assert counting.reads == ["models/0", "models/1", "models/2", "models/1"]
    assert models.nbytes == 2 * each


def test_plans_count_as_memory_and_what_somebody_works_with_is_kept(stores: Stores, pipeline: Pipeline) -> None:
    models = LoadedModels(stores.artifacts, budget_bytes=1)
    one, two = (version(stores, pipeline, number) for number in range(2))
    with models.loaded(one).borrow() as predictor:
        predictor.predict(np.zeros((1, 2, 12), np.float32))
        with models.loaded(two).borrow():
            pass
        assert models.lent(one)
    assert models.nbytes == pipeline.network.parameters.nbytes  # of the other one, as it was asked for last
    with models.loaded(one).borrow() as predictor:
        predictor.predict(np.zeros((1, 2, 12), np.float32))
    assert models.nbytes > 2 * pipeline.network.parameters.nbytes


def test_weights_are_the_pages_of_the_archive(stores: Stores, pipeline: Pipeline) -> None:
    with LoadedModels(stores.artifacts).loaded(version(stores, pipeline, 1)).borrow() as predictor:
        parameters = predictor.pipeline.network.parameters
    assert not parameters.flags.writeable
    assert not parameters.flags.owndata
    np.testing.assert_array_equal(parameters, pipeline.network.parameters)


def test_a_version_is_warmed_with_the_plans_of_the_versions_before_it(stores: Stores, pipeline: Pipeline) -> None:
    models = LoadedModels(stores.artifacts)
    one, two = (version(stores, pipeline, number) for number in range(2))
    with models.loaded(one).borrow() as predictor:
        predictor.predict(np.zeros((5, 2, 12), np.float32))
    models.load(two)
    with models.loaded(two).borrow() as predictor:
        assert predictor.plans == {(8, 12)}


def test_the_standing_tells_what_would_happen(stores: Stores, pipeline: Pipeline) -> None:
    models = LoadedModels(stores.artifacts)
    one = version(stores, pipeline, 1)
    assert models.standing(one).state is ServingState.READY
    path = stores.artifacts.path(one.draft.archive)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(Corrupt):
        models.load(one)
    assert models.standing(one) == Standing(
        ServingState.UNAVAILABLE, "The artifact models/1 is not what was written: its digest differs."
    )
    path.unlink()
    assert models.standing(one).reason == "The artifact models/1 is gone."


def test_what_is_forgotten_is_loaded_again(stores: Stores, counting: Counting, pipeline: Pipeline) -> None:
    models = LoadedModels(counting)  # type: ignore[arg-type]  # it only reads
    one = version(stores, pipeline, 1)
    models.load(one)
    models.forget("another")
    models.load(one)
    models.forget("m")
    models.load(one)
    assert counting.reads == ["models/1", "models/1"]


def test_an_archive_that_does_not_load_is_tried_again(stores: Stores, pipeline: Pipeline) -> None:
    models = LoadedModels(stores.artifacts)
    one = version(stores, pipeline, 1)
    path = stores.artifacts.path(one.draft.archive)
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(Corrupt), models.loaded(one).borrow():
        pytest.fail("It must not be served.")
    path.write_bytes(content)
    with models.loaded(one).borrow() as predictor:
        assert predictor.pipeline.metadata["number"] == 1
    models.forget("m")
    assert models.standing(one).state is ServingState.READY
