"""Faults that accuracy does not show: each plants a mistake in the source, and names the test that must notice.

A network with a reversed kernel gradient, or without some input gradient, still learns something. Mistakes like these
stood for months in published code; here each is made on purpose in a copy of the package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

CONVOLUTION = "model/layers/direct_convolution.py"
GRADIENTS = "tests/checklist/test_gradients.py"
TRUTH = "tests/laws/test_truth.py"


@dataclass(frozen=True)
class Fault:
    """In `file`, `finds` (there once) becomes `plants`; then `test` must fail."""

    name: str
    file: str
    finds: str
    plants: str
    test: str


_ALL = (
    Fault(
        "reversed kernel gradient",
        CONVOLUTION,
        "        self.source.finish(shard)\n",
        "        found = self.source.kernel_gradient(shard)\n"
        "        found[...] = found[:, ::-1].copy()\n"
        "        self.source.finish(shard)\n",
        f"{GRADIENTS}::test_G3_kernel_gradient_equals_central_differences_with_an_asymmetric_kernel",
    ),
    Fault(
        "dropped input gradient",
        CONVOLUTION,
        "            self._reverse_correlate(shard)\n",
        "            pass\n",
        f"{GRADIENTS}::test_G1_dx_equals_central_differences",
    ),
    Fault(
        "input gradient from updated weights",
        CONVOLUTION,
        "            self._parameter_gradients(shard)\n",
        "            self._parameter_gradients(shard)\n"
        "            self.source.value[...] -= 0.01 * self.source.kernel_gradient(shard)\n"
        "            self.refresh()\n",
        f"{GRADIENTS}::test_G9_backward_changes_no_weight_and_dx_comes_from_the_weights_of_the_forward_pass",
    ),
    Fault(
        "forgotten fold-back of padding",
        "model/layers/extension.py",
        "                (np.add if run.sign > 0 else np.subtract)"
        "(target, beyond[:, run.start : run.stop], out=target)\n",
        "                del target\n",
        "tests/checklist/test_ends.py::test_P10_every_mode_folds_its_gradient_back_as_central_differences_do",
    ),
    Fault(
        "argument order: dw correlates dy with x, not x with dy",
        CONVOLUTION,
        "np.matmul(block.gather().transpose(0, 2, 1), dy, out=partial if index else dw)",
        "np.matmul(block.gather()[:, ::-1].transpose(0, 2, 1), dy, out=partial if index else dw)",
        f"{GRADIENTS}::test_G4_dw_is_dy_convolved_with_the_reversed_signal",
    ),
    Fault(
        "skipped positions of a stride are folded back one step late",
        CONVOLUTION,
        "                start = low * sliding.stride + tap * sliding.dilation - sliding.left\n                target",
        "                start = low * sliding.stride + max(tap - 1, 0) * sliding.dilation - sliding.left\n"
        "                start = max(start, 0)\n                target",
        "tests/checklist/test_strides.py::test_T3_backward_goes_through_the_skipped_positions",
    ),
    Fault(
        "bias gradient of one case only",
        CONVOLUTION,
        "np.add.reduce(self.y.gradient.steps[self.binding.shards[shard]], axis=0, out=bias)",
        "np.copyto(bias, self.y.gradient.steps[0])",
        "tests/checklist/test_channels.py::test_B3_an_untied_bias_has_one_value_per_kernel_and_position",
    ),
    Fault(
        "batch statistics taken as constants",
        "model/layers/batch_normalization.py",
        "self._repeat(scale * mean_dy, shard, 2)",
        "self._repeat(0 * mean_dy, shard, 2)",
        f"{TRUTH}::test_outputs_and_gradients_are_those_of_the_slow_truth[batch_normalization]",
    ),
    Fault(
        "the padded steps of a short series are averaged",
        "model/layers/global_pooling.py",
        "counts: Array = np.maximum(self.x.lengths.counts[cases], 1)",
        "counts: Array = np.full(cases.stop - cases.start, self.x.length)",
        f"{TRUTH}::test_masked_series_give_what_the_truth_gives_that_never_saw_padding[global_average_pool]",
    ),
    Fault(
        "every greatest value takes the gradient of a maximum",
        "model/layers/pooling.py",
        "np.logical_xor(free[:, windows], chosen, out=free[:, windows])",
        "pass",
        "tests/unit/model/layers/test_pooling.py::test_the_first_of_equal_values_takes_the_gradient",
    ),
    Fault(
        "a residual's shortcut sends no gradient back",
        "model/layers/residual.py",
        "            np.add(dx, other[cases], out=dx)\n",
        "            pass\n",
        f"{TRUTH}::test_outputs_and_gradients_are_those_of_the_slow_truth[residual]",
    ),
    Fault(
        "only the first block of tiles reaches the kernel gradient",
        "model/layers/fast_convolution.py",
        "                np.add(total, partial, out=total)\n",
        "                pass\n",
        "tests/laws/test_tiles.py::test_a_convolution_by_tiles_gives_what_the_slow_truth_gives",
    ),
    Fault(
        "a kernel without its idle taps tells how long the cases are",
        "model/layers/convolution.py",
        "        needed, source = trimmed(spec, taps), TrimmedKernel(source, taps, binding)\n",
        "        spec = needed = trimmed(spec, taps)\n        source = TrimmedKernel(source, taps, binding)\n",
        "tests/laws/test_live_taps.py::test_a_window_wider_than_the_series_gives_what_the_slow_truth_gives",
    ),
    Fault(
        "storages share rows one moment too early",
        "model/memory.py",
        "return a[0] <= b[1] and b[0] <= a[1]",
        "return a[0] < b[1] and b[0] < a[1]",
        "tests/laws/test_memory.py::test_shared_rows_change_no_bit_and_take_less_memory",
    ),
    Fault(
        "dropout drops other values on the way back",
        "model/layers/dropout.py",
        "            np.multiply(dy, self.factors[cases], out=dy)\n",
        "            np.multiply(dy, self.factors[cases][:, ::-1], out=dy)\n",
        "tests/laws/test_adjoint.py::test_the_law_holds_through_dropout_that_drops_the_same_values_again",
    ),
)

FAULTS: Mapping[str, Fault] = MappingProxyType({fault.name: fault for fault in _ALL})

PROMISED = (
    "reversed kernel gradient",
    "dropped input gradient",
    "input gradient from updated weights",
    "forgotten fold-back of padding",
)
"""What every run of the tests tries; the others are tried by `make mutations`."""
