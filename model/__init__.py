"""The network: a Conv1D computation in NumPy, its data, its training and its interchange."""

from model.signal import Trace, autocorrelate, convolve, cross_correlate, trace

__all__ = ["Trace", "autocorrelate", "convolve", "cross_correlate", "trace"]
