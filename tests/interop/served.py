"""A running service with trained models: what every real client is pointed at."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.ephemeral import Running, service
from tests import houses

QUICK = {"kind": "adam", "learning_rate": 0.05}


@contextmanager
def served(directory: Path) -> Iterator[Running]:
    """`gestures` with two versions, and `spare`, which may be unloaded and loaded."""
    with houses.house_in(directory) as house:
        houses.add_dataset(house, "gestures", houses.classification_file())
        for model, seed in (("gestures", 0), ("gestures", 1), ("spare", 0)):
            houses.train(house, model, "gestures", training={"epochs": 20, "optimizer": QUICK, "seed": seed})
    with service(directory, directory / "service.log") as running:
        yield running
