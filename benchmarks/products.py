"""How near a network comes to the machine's own rate of matrix products.

The rate is that of one product of 1024 x 1024 float32 matrices by the BLAS that NumPy brings, one for each thread at
the same time, measured in the same rounds. A network's rate counts the multiplications and additions of a direct
convolution: where tiles save some of them, its share can exceed one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from benchmarks import shapes
from benchmarks.contenders import problem
from benchmarks.inference import in_wavetap
from benchmarks.measurement import OURS, SGEMM, Measurements, Run, side_by_side
from model.geometry import Shape
from model.layers.conv1d import Conv1d
from model.layers.dense import Dense
from model.network import Network
from model.plan import compile as compile_plan

SIDE = 1024
SECONDS = {True: 0.6, False: 2.0}


def measure(threads: int, *, quick: bool) -> Measurements:
    """The FCN's forward pass; the ratio is its rate as a fraction of the product's."""
    pool = ThreadPoolExecutor(threads)
    sgemm = _product(pool, threads)
    for shape in shapes.forward(quick=quick):
        given = problem("fcn", shape)
        plan = compile_plan(given.network, batch=shape.batch, length=shape.length, threads=threads)
        ours = in_wavetap(plan, given)
        ours()
        sgemm()
        timing = side_by_side({OURS: ours, SGEMM: sgemm}, SECONDS[quick])
        plan.close()
        operations, product = shape.steps * operations_a_step(given.network), 2 * SIDE**3 * threads
        share = operations / product / timing.ratios[SGEMM]
        notes = {
            "GFLOP/s": operations / timing.milliseconds[OURS] / 1e6,
            "sgemm GFLOP/s": product / timing.milliseconds[SGEMM] / 1e6,
        }
        shared = replace(timing, ratios={SGEMM: share})
        yield shared.measurement("products", "fcn", str(shape), threads, shape.batch, notes)
    pool.shutdown()


def operations_a_step(network: Network) -> int:
    """Multiplications and additions of a plain network's convolutions, for one step of one case."""
    shape, total = Shape(network.channels, network.length), 0
    for layer in network.layers:
        if isinstance(layer, Conv1d):
            total += 2 * layer.kernel * shape.channels * layer.out_channels // layer.groups
        if not isinstance(layer, Dense):
            shape = layer.output(shape)
    return total


def _product(pool: ThreadPoolExecutor, threads: int) -> Run:
    generator = np.random.default_rng(0)
    factors = [generator.standard_normal((2, SIDE, SIDE), np.float32) for _ in range(threads)]
    products = [np.empty((SIDE, SIDE), np.float32) for _ in range(threads)]

    def multiply(index: int) -> None:
        left, right = factors[index]
        np.matmul(left, right, out=products[index])

    def run() -> None:
        if threads == 1:
            multiply(0)
        else:
            list(pool.map(multiply, range(threads)))

    return run
