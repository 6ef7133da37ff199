"""Everything that the mathematics of a one-dimensional convolution layer must offer, a row each.

x: signal of length m. w: kernel of length n = 2p + 1. y: result. dy: gradient of the loss by y.
`python -m tests.checklist` writes them, each with the tests behind it, to docs/reference/convolution-checklist.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

GROUPS: Mapping[str, str] = MappingProxyType(
    {"F": "Forward", "G": "Gradients", "P": "Ends", "T": "Stride", "C": "Channels", "B": "Bias"}
)

ROWS: Mapping[str, str] = MappingProxyType(
    {
        "F1": "convolution y_j = sum_k x_{j-k} w_k",
        "F2": "the recipe made visible: flip, step, multiply, add",
        "F3": "signal and kernel change places",
        "F4": "a delta copies the kernel; several superpose",
        "F5": "the signal is zero for ever on both sides",
        "F6": "full, same, valid",
        "F7": "convolution and cross-correlation, both by name",
        "F8": "kernels are stored pre-flipped: no flip per pass",
        "F9": "ONNX, PyTorch and TensorFlow correlate",
        "F10": "autocorrelation",
        "F11": "lags",
        "F12": "odd and even n",
        "F13": "locality and shift",
        "G1": "dx_i = sum_k dy_{i+k} w_k",
        "G2": "dx is dy convolved with the reversed kernel",
        "G3": "dw_k = sum_j dy_j x_{j-k}",
        "G4": "dw is dy convolved with the reversed signal",
        "G5": "the argument-order trap",
        "G6": "the Jacobian",
        "G7": "dy outside its range is zero",
        "G8": "one contract: dy in, dx and dparameters out",
        "G9": "backward never changes a weight; dx comes from the weights of the forward pass",
        "G10": "any differentiable layer stacks",
        "P1": "zero padding; it fabricates data, so say when it hurts",
        "P2": "constant padding: a value, the median, the mean of the first n, the first value",
        "P3": "mirror padding, edge repeated (`symmetric`) and not (`reflect`)",
        "P4": "the mirror warning (two weekends in a row)",
        "P5": "circular padding (`wrap`), right for whole periods",
        "P6": "strategies differ only at the ends",
        "P7": "valid: every output fully supported",
        "P8": "valid = the interior of same",
        "P9": "valid's gradient: a missing dy is zero",
        "P10": "the whole `numpy.pad` family as a padding layer, with exact adjoints",
        "T1": "stride 1, 2, 3, 4",
        "T2": "work falls as 1/s",
        "T3": "backward through the skipped positions",
        "T4": "output length floor((m_x - n)/s) + 1",
        "T5": "s > n and a leftover tail",
        "C1": "channels sum: y_j = sum_c sum_k x_{c,j-k} w_{c,k}",
        "C2": "dx and dw per channel",
        "C3": "channel order carries no information",
        "C4": "time order does",
        "C5": "one shared time axis",
        "C6": "128 channels (EEG)",
        "C7": "one feature map per kernel",
        "C8": "a feature map shows where the kernel occurred",
        "C9": "number of kernels is a hyper-parameter",
        "C10": "layers stack like bricks",
        "C11": "dx sums over the kernels",
        "B1": "bias on or off",
        "B2": "db = sum of dy over batch and time; absent from dx",
        "B3": "one bias per kernel (default), or one per kernel and position (untied)",
    }
)

ALSO: Mapping[str, str] = MappingProxyType(
    {
        "batch axis": "tests/laws/test_repetition.py::test_a_batch_answers_as_its_cases_alone",
        "dilation, groups (depthwise), causal padding, kernels longer than the signal": (
            "tests/laws/test_truth.py::test_convolutions_of_any_geometry_are_those_of_the_slow_truth"
        ),
        "gradients through every non-zero padding": (
            "tests/checklist/test_ends.py::test_P10_every_mode_folds_its_gradient_back_as_central_differences_do"
        ),
        "missing values": "tests/unit/model/data/test_scaling.py",
        "series of unequal length": (
            "tests/laws/test_truth.py::test_masked_series_give_what_the_truth_gives_that_never_saw_padding"
        ),
        "a layer's backward pass is the transpose of its derivative": (
            "tests/laws/test_adjoint.py::test_the_backward_pass_is_the_transpose_of_the_forward_derivative"
        ),
        "fewer multiplications, the same answer": (
            "tests/laws/test_tiles.py::test_a_convolution_by_tiles_gives_what_the_slow_truth_gives"
        ),
        "folding for inference": ("tests/laws/test_folding.py::test_layers_folded_for_inference_answer_as_unfolded"),
    }
)
"""Needed besides the rows, each with the test (or the file of tests) that holds it."""
