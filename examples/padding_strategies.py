"""What stands beyond the ends of a series: the same smoothing under every strategy, and two that mislead.

python examples/padding_strategies.py
"""

import numpy as np

from model import Network, compile, convolve  # noqa: A004 - the field's word for it
from model.layers.layer import LayerSpec
from model.layers.pad import Pad

SMOOTHING = np.full(5, 0.2)
BEYOND = 2
STRATEGIES: dict[str, LayerSpec] = {
    "zeros": Pad(BEYOND),
    "median": Pad(BEYOND, "constant", constant_values="median"),
    "edge": Pad(BEYOND, "edge"),
    "symmetric": Pad(BEYOND, "symmetric"),
    "reflect": Pad(BEYOND, "reflect"),
    "wrap": Pad(BEYOND, "wrap"),
    "mean": Pad(BEYOND, "mean", stat_length=4),
    "linear_ramp": Pad(BEYOND, "linear_ramp"),
}
WEEK = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 5.0, 5.0])


def padded(layer: LayerSpec, x: np.ndarray) -> np.ndarray:
    """What a padding layer makes of one channel x (m,)."""
    network = Network.initialize((layer,), channels=1, length=x.size, generator=np.random.default_rng(0))
    plan = compile(network, batch=1, length=x.size)
    plan.inputs[0, :, 0] = x
    return plan.forward()[0, :, 0].copy()


def side_by_side() -> None:
    """One series around 20, smoothed over five steps under every strategy: the interior never differs."""
    x = 20 + np.cumsum(np.random.default_rng(3).normal(0, 1, 12))
    print("A series around 20, smoothed: only the two steps at each end depend on the strategy\n")
    for name, layer in STRATEGIES.items():
        y = convolve(padded(layer, x), SMOOTHING, "valid")
        print(f"  {name:<12}" + " ".join(f"{value:6.2f}" for value in y))
    print("\n  zeros pull the ends of a series that is far from zero towards it; nothing in the data does")


def mirrored_week() -> None:
    """Three weeks of five quiet days and a loud weekend, continued by their mirror image."""
    print("\nThree weeks, then their mirror image: two weekends in a row; in a circle the week goes on as it should\n")
    weeks = np.tile(WEEK, 3)
    for mode in ("symmetric", "wrap"):
        days = [f"{day:.0f}" for day in padded(Pad((0, WEEK.size), mode), weeks)]
        print(f"  {mode:<12}" + " ".join(days[: weeks.size]) + " | " + " ".join(days[weeks.size :]))


def circular() -> None:
    """A wave of period 12 continued in a circle: right after four whole periods, wrong after three and a quarter."""
    print("\nA wave of period 12, continued in a circle for 12 steps\n")
    for steps, what in ((48, "whole periods"), (39, "three and a quarter")):
        wave = np.sin(2 * np.pi * np.arange(steps + 12) / 12)
        error = np.abs(padded(Pad((0, 12), "wrap"), wave[:steps]) - wave).max()
        print(f"  {steps} steps ({what}): largest error beyond the end {error:.3f}")


if __name__ == "__main__":
    side_by_side()
    mirrored_week()
    circular()
