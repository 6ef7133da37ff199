"""The adding problem (Bai, Kolter and Koltun 2018): a temporal convolutional network adds two numbers out of 200.

python examples/adding_problem.py

A case has 200 steps of two channels: numbers drawn from [0, 1], and a mark, which is one at two of the steps. The
target is the sum of the two marked numbers. A network that ignores its input answers 1 and has a squared error of 1/6.
The network is the published one: 8 levels of 30 channels, kernel 7, Adam at 4e-3. Below 1e-3 it has learned to look up,
across two hundred steps, what matters.
"""

import argparse
import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

from model import Network, Plan, build, compile  # noqa: A004 - the field's word for it
from model.layers.dense import Dense
from model.losses import MeanSquaredError
from model.optimizers import Adam

STEPS, BATCH, GOAL = 200, 32, 1e-3


def write_cases(plan: Plan, generator: np.random.Generator) -> None:
    """Draw a batch into the plan: one mark in the first half, one in the second."""
    half, cases = STEPS // 2, np.arange(BATCH)
    numbers = generator.random((BATCH, STEPS), np.float32)
    first, second = generator.integers(0, half, BATCH), generator.integers(half, STEPS, BATCH)
    plan.inputs[..., 0] = numbers
    plan.inputs[..., 1] = 0
    plan.inputs[cases, first, 1] = 1
    plan.inputs[cases, second, 1] = 1
    plan.targets[:, 0, 0] = numbers[cases, first] + numbers[cases, second]


def test_error(plan: Plan) -> float:
    """The mean squared error over 32 batches that are always the same."""
    generator, errors = np.random.default_rng(12345), []
    plan.refresh()
    for _ in range(32):
        write_cases(plan, generator)
        plan.forward()
        errors.append(plan.evaluate())
    return float(np.mean(errors))


def main() -> int:
    """Train until the test error is below the goal, or the updates are used up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--updates", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()

    generator = np.random.default_rng(given.seed)
    layers = (*build("tcn", filters=30, levels=8, kernel=7, initializer="lecun_normal"), Dense(1))
    network = Network.initialize(layers, channels=2, length=STEPS, generator=generator)
    parameters, state, loss = network.parameters.copy(), network.state.copy(), MeanSquaredError()
    plan = compile(network, batch=BATCH, length=STEPS, mode="training", loss=loss, parameters=parameters, state=state)
    testing = compile(network, batch=BATCH, length=STEPS, loss=loss, parameters=parameters, state=state)
    optimizer = Adam(learning_rate=4e-3).bind(parameters.size)

    print(f"{parameters.size:,} parameters; a network that ignores its input has an error of {1 / 6:.4f}")
    start, error = time.process_time(), np.inf
    with threadpool_limits(1):  # products this small are quicker on one thread
        for update in range(1, given.updates + 1):
            write_cases(plan, generator)
            plan.step()
            optimizer.update(parameters, plan.gradient)
            if update % 250 == 0:
                error = test_error(testing)
                print(f"update {update:5}  test error {error:.6f}  {time.process_time() - start:6.1f} s", flush=True)
                if error < GOAL:
                    break
    return 0 if error < GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
