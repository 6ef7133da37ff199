"""The copy memory task (Bai, Kolter and Koltun 2018): a network repeats ten symbols that it saw five hundred steps ago.

python examples/copy_memory.py

A case begins with ten symbols out of eight, goes on with blanks, and ends with eleven marks; at the last ten steps the
ten symbols are asked for, in order, and at every other step the blank. A network without memory answers blanks, then
any of the eight symbols: a cross-entropy of 10 ln 8 / (T + 20). The network has the published shape: 8 levels of 10
channels, kernel 8; gradients are clipped to a norm of one. The goal is a tenth of the memoryless cross-entropy.
"""

import argparse
import math
import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

from model import Network, Plan, build, compile  # noqa: A004 - the field's word for it
from model.layers.dense import Dense
from model.losses import SoftmaxCrossEntropy
from model.optimizers import Adam

DELAY, SYMBOLS, COPIED, BATCH = 500, 8, 10, 32
STEPS, MARK = DELAY + 2 * COPIED, SYMBOLS + 1
MEMORYLESS = COPIED * math.log(SYMBOLS) / STEPS


def write_cases(plan: Plan, generator: np.random.Generator) -> None:
    """Draw a batch into the plan; the number of a symbol is fed as it is, as published."""
    symbols = generator.integers(1, SYMBOLS + 1, (BATCH, COPIED))
    plan.inputs[...] = 0
    plan.inputs[:, :COPIED, 0] = symbols
    plan.inputs[:, -COPIED - 1 :, 0] = MARK
    plan.targets[...] = 0
    plan.targets[:, -COPIED:] = symbols


def test_loss(plan: Plan) -> tuple[float, float]:
    """The cross-entropy, and the share of symbols recalled, over 8 batches that are always the same."""
    generator, losses, recalled = np.random.default_rng(12345), [], []
    plan.refresh()
    for _ in range(8):
        write_cases(plan, generator)
        answers = plan.forward()[:, -COPIED:].argmax(axis=2)
        losses.append(plan.evaluate())
        recalled.append((answers == plan.targets[:, -COPIED:]).mean())
    return float(np.mean(losses)), float(np.mean(recalled))


def clip(gradient: np.ndarray, most: float) -> None:
    """Scale the gradient (P,) to a norm of at most `most`."""
    norm = math.sqrt(float(gradient @ gradient))
    if norm > most:
        gradient *= np.float32(most / norm)


def main() -> int:
    """Train until the test loss is below a tenth of the memoryless one, or the updates are used up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--updates", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()

    generator = np.random.default_rng(given.seed)
    layers = (
        *build("tcn", filters=10, levels=8, kernel=8, last_step=False, initializer="he_normal"),
        Dense(SYMBOLS + 2),
    )
    network = Network.initialize(layers, channels=1, length=STEPS, generator=generator)
    parameters, state, loss = network.parameters.copy(), network.state.copy(), SoftmaxCrossEntropy()
    plan = compile(network, batch=BATCH, length=STEPS, mode="training", loss=loss, parameters=parameters, state=state)
    testing = compile(network, batch=BATCH, length=STEPS, loss=loss, parameters=parameters, state=state)
    optimizer = Adam(learning_rate=2e-3).bind(parameters.size)

    print(f"{parameters.size:,} parameters; a network without memory has a loss of {MEMORYLESS:.5f}")
    start, found = time.process_time(), math.inf
    with threadpool_limits(1):  # products this small are quicker on one thread
        for update in range(1, given.updates + 1):
            write_cases(plan, generator)
            plan.step()
            clip(plan.gradient, 1.0)
            optimizer.update(parameters, plan.gradient)
            if update % 250 == 0:
                found, recalled = test_loss(testing)
                seconds = time.process_time() - start
                print(f"update {update:5}  loss {found:.6f}  recalled {recalled:.4f}  {seconds:6.1f} s", flush=True)
                if found < MEMORYLESS / 10:
                    break
    return 0 if found < MEMORYLESS / 10 else 1


if __name__ == "__main__":
    sys.exit(main())
