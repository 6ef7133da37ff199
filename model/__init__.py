"""The network: a Conv1D computation in NumPy, its data, its training and its interchange.

What stands here is the public surface; layers, losses and optimizers have packages and modules of their own.

    from model import Network, Trainer, compile

ONNX export is in `model.interchange`, which alone needs the onnx package.
"""

from model.data.series import Series
from model.ensemble import combine, ensemble
from model.errors import Diverged, ExportRefused, InvalidArchive, InvalidSeries, InvalidSpec, ModelError
from model.layers.registry import KINDS, layer_from_json, layers_from_json
from model.losses import LOSSES
from model.network import Network
from model.optimizers import OPTIMIZERS
from model.pipeline import Pipeline
from model.plan import Plan, compile  # noqa: A004 - the field's word for it
from model.predictor import Predictor
from model.recipes import RECIPES, build
from model.schedules import SCHEDULES
from model.signal import Trace, autocorrelate, convolve, cross_correlate, trace
from model.training.settlement import settled
from model.training.spec import TrainingSpec
from model.training.trainer import EpochReport, Trainer

__all__ = [
    "KINDS",
    "LOSSES",
    "OPTIMIZERS",
    "RECIPES",
    "SCHEDULES",
    "Diverged",
    "EpochReport",
    "ExportRefused",
    "InvalidArchive",
    "InvalidSeries",
    "InvalidSpec",
    "ModelError",
    "Network",
    "Pipeline",
    "Plan",
    "Predictor",
    "Series",
    "Trace",
    "Trainer",
    "TrainingSpec",
    "autocorrelate",
    "build",
    "combine",
    "compile",
    "convolve",
    "cross_correlate",
    "ensemble",
    "layer_from_json",
    "layers_from_json",
    "settled",
    "trace",
]
