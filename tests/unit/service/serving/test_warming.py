"""What takes the place of a hot version is loaded before it is asked for, and nothing else is."""

from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pytest

from model.interchange import archive
from model.pipeline import Pipeline
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from service.domain.models import ModelVersion
from service.serving.current import CurrentVersions
from service.serving.loaded import LoadedModels
from service.serving.warming import Warmer
from tests.records import a_dataset, a_draft, a_job, some_series
from tests.stores import Stores


@cache
def pipeline() -> Pipeline:
    spec = TrainingSpec.from_json({"network": {"layers": [{"kind": "conv1d", "out_channels": 2, "kernel": 3}]}})
    return Trainer(some_series(), settled(spec, some_series())).pipeline()


def publish(stores: Stores) -> ModelVersion:
    dataset, _ = stores.datasets.add(a_dataset(stores.clock, name="training"))
    stores.jobs.add(a_job(stores.clock, dataset))
    job = stores.jobs.claim("host:a", timedelta(seconds=30))
    assert job is not None
    stored = stores.artifacts.put(f"models/{job.id}", archive.save(pipeline()))
    return stores.jobs.publish(job.claim, replace(a_draft(job), archive=stored))


@pytest.fixture
def models(stores: Stores) -> LoadedModels:
    return LoadedModels(stores.artifacts)


@pytest.fixture
def current(stores: Stores) -> CurrentVersions:
    return CurrentVersions(stores.catalogue, stores.withdrawals, stores.changes.stamp)


def test_the_version_that_takes_the_place_of_a_hot_one_is_warm_before_it_is_asked(
    stores: Stores, models: LoadedModels, current: CurrentVersions
) -> None:
    warmer = Warmer(current, models)
    publish(stores)
    with models.loaded(current.version("gestures", None)).borrow() as predictor:
        predictor.predict(np.zeros((3, 2, 12), np.float32))
    assert warmer.look() == 0
    second = publish(stores)
    assert not models.holds(second)
    assert (warmer.look(), warmer.look()) == (1, 0)
    assert models.loaded(second).plans == {(4, 12)}


def test_what_nobody_asks_for_or_was_let_go_stays_on_the_disk(
    stores: Stores, models: LoadedModels, current: CurrentVersions
) -> None:
    warmer = Warmer(current, models)
    publish(stores)
    assert warmer.look() == 0
    models.load(current.version("gestures", None))
    warmer.look()
    models.forget("gestures")
    publish(stores)
    assert warmer.look() == 0
    assert models.nbytes == 0


def test_a_damaged_version_does_not_keep_others_from_being_warmed(
    stores: Stores, models: LoadedModels, current: CurrentVersions
) -> None:
    warmer = Warmer(current, models)
    models.load(publish(stores))
    current.version("gestures", None)
    warmer.look()
    damaged = publish(stores)
    stores.artifacts.path(damaged.draft.archive).write_bytes(b"")
    assert warmer.look() == 0
    good = publish(stores)
    assert warmer.look() == 1
    assert models.holds(good)
