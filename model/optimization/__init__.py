"""What stands around an optimizer: clipped gradients, rates of their own for some layers, an average of the weights."""

from model.optimization.averaging import WeightAverage
from model.optimization.clipping import ClipNorm, ClipValue
from model.optimization.layer_rates import LayerRates
from model.optimization.wrapping import Wrapping, wrap

__all__ = ["ClipNorm", "ClipValue", "LayerRates", "WeightAverage", "Wrapping", "wrap"]
