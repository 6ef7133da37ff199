import json
from pathlib import Path

import numpy as np
import pytest

from model.data.series import Series
from model.errors import InvalidArchive
from model.interchange import archive, container
from model.pipeline import Pipeline, Predictor
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from tests.arbitrary_series import labelled_waves, long_wave, targeted_waves

NETWORK = {"layers": [{"kind": "conv1d", "out_channels": 4, "kernel": 3}, {"kind": "batch_normalization"}]}
SETS = {
    "classification": labelled_waves(),
    "classification of unequal lengths": labelled_waves(ragged=True),
    "regression": targeted_waves(),
    "forecasting": long_wave(),
}


def trained(series: Series) -> Pipeline:
    made = Trainer(series, settled(TrainingSpec.from_json({"network": NETWORK, "training": {"epochs": 2}}), series))
    for _ in made.epochs():
        pass
    return made.pipeline()


@pytest.mark.parametrize("name", SETS)
def test_a_loaded_pipeline_is_the_saved_one_bit_for_bit(name: str, tmp_path: Path) -> None:
    series = SETS[name]
    saved = trained(series)
    content = archive.save(saved)
    path = tmp_path / "model"
    path.write_bytes(content)
    for loaded in (archive.load(content), archive.load(path)):
        assert archive.save(loaded) == content
        assert loaded.network.layers == saved.network.layers
        assert loaded.metadata == saved.metadata
        expected = Predictor(saved).outputs(series.values, series.offsets[:-1], series.lengths)
        found = Predictor(loaded).outputs(series.values, series.offsets[:-1], series.lengths)
        np.testing.assert_array_equal(found, expected)


def test_parameters_stand_under_their_own_names() -> None:
    arrays, _ = container.read(archive.save(trained(SETS["classification"])))
    assert {"parameters/layers/0/kernel", "state/layers/1/mean", "preprocessing/mean"} <= set(arrays)
    assert all(array.dtype == np.float32 for array in arrays.values())


def test_a_flipped_bit_is_found() -> None:
    content = archive.save(trained(SETS["classification"]))
    for place in np.linspace(0, len(content) - 1, 200, dtype=int):
        changed = bytearray(content)
        changed[place] ^= 4
        with pytest.raises(InvalidArchive):
            archive.load(bytes(changed))


def test_another_container_is_no_archive() -> None:
    with pytest.raises(InvalidArchive, match="no model"):
        archive.load(container.write({}, {"kind": "something else"}))
    with pytest.raises(InvalidArchive, match="format 99"):
        archive.load(container.write({}, {"kind": archive.KIND, "format": "99"}))


@pytest.mark.parametrize(
    "change",
    [
        {"task": "clustering"},
        {"network": {"layers": [{"kind": "relu"}], "channels": 2, "length": None}},
        {"network": {"layers": [{"kind": "nothing"}], "channels": 2, "length": None}},
        {"preprocessing": {}},
        {"channels": 5},
    ],
)
def test_a_manifest_that_describes_no_model_is_refused(change: dict[str, object]) -> None:
    arrays, metadata = container.read(archive.save(trained(SETS["classification"])))
    manifest = {**json.loads(metadata["manifest"]), **change}
    with pytest.raises(InvalidArchive, match="does not describe a model"):
        archive.load(container.write(arrays, {**metadata, "manifest": json.dumps(manifest)}))


def test_a_lacking_array_is_refused() -> None:
    arrays, metadata = container.read(archive.save(trained(SETS["classification"])))
    arrays.pop("parameters/layers/0/kernel")
    with pytest.raises(InvalidArchive, match="do not fit"):
        archive.load(container.write(arrays, metadata))
