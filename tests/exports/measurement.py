"""What is exported for the page: every recipe trained on the bundled motions, and every way in which Pad fills."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import onnx

from model import recipes
from model.interchange.onnx_export import LOWEST_OPSET, export, verify
from model.layers.conv1d import Conv1d
from model.layers.global_pooling import GlobalAveragePool
from model.layers.pad import OPTIONS, Pad
from model.pipeline import Pipeline
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import Trainer
from service.domain.datasets import Limits, Reading
from service.ingest import read_series
from tests.reference.pipelines import pipeline_of

ROOT = Path(__file__).parents[2]
MOTIONS = ROOT / "examples" / "data" / "BasicMotions" / "BasicMotions_TRAIN.ts"
EPOCHS = 3


@dataclass(frozen=True)
class Export:
    """One exported file: its opset, nodes and bytes, and its largest difference from the network itself."""

    opset: int
    nodes: int
    size: int
    difference: float


@dataclass(frozen=True)
class Measurement:
    """A recipe's exports: as published, with batch normalization to be seen, and with cases of unequal lengths."""

    recipe: str
    published: Export
    unfolded: Export
    masked: Export


def exported(pipeline: Pipeline, *, opset: int = LOWEST_OPSET, folded: bool = True) -> Export:
    """Export and compare; ExportRefused above the tolerance."""
    content = export(pipeline, opset=opset, folded=folded)
    nodes = len(onnx.load_from_string(content).graph.node)
    return Export(opset, nodes, len(content), verify(content, pipeline))


def measured() -> Iterator[Measurement]:
    """Every recipe."""
    for recipe in recipes.RECIPES:
        trained = motions(recipe)
        unequal = pipeline_of(recipes.build(recipe), masked=True)
        yield Measurement(recipe, exported(trained), exported(trained, folded=False), exported(unequal))


def motions(recipe: str) -> Pipeline:
    """A few epochs: the weights are a trained network's, its statistics those of real series."""
    series = read_series(MOTIONS, Reading(), Limits(), filename=MOTIONS.name).series
    trainer = Trainer(
        series, settled(TrainingSpec.from_json({"network": {"recipe": recipe}, "training": {"epochs": EPOCHS}}), series)
    )
    for _ in trainer.epochs():
        pass
    return trainer.pipeline()


def padded() -> Iterator[tuple[str, Export]]:
    """Every mode of padding, three steps before and two behind."""
    for mode in OPTIONS:
        yield mode, exported(pipeline_of((Pad((3, 2), mode), Conv1d(4, 3, padding="valid"), GlobalAveragePool())))
