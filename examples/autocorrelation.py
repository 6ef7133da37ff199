"""The period of a noisy signal, read from its autocorrelation; and one convolution, step by step.

python examples/autocorrelation.py
"""

import numpy as np

from model import autocorrelate, trace

PERIOD, STEPS, LAGS = 24, 480, 60
BAR = 40


def main() -> None:
    """Print the autocorrelation of a day's rhythm under noise of its own size."""
    generator = np.random.default_rng(0)
    x = np.sin(2 * np.pi * np.arange(STEPS) / PERIOD) + generator.normal(0, 0.7, STEPS)
    x -= x.mean()
    lags = autocorrelate(x)[STEPS - 1 :]
    print(f"energy at lag 0: {lags[0]:.1f}, which is the sum of squares, {(x**2).sum():.1f}\n")
    for lag in range(0, LAGS, 4):
        print(f"  lag {lag:3}  {lags[lag] / lags[0]:+.2f}  {'#' * round(BAR * max(lags[lag] / lags[0], 0))}")
    beyond = PERIOD // 2
    print(f"\nthe largest value beyond lag {beyond} stands at lag {beyond + int(lags[beyond:LAGS].argmax())}")

    print("\nA convolution, step by step: the kernel (1, 2, 4) is flipped, stepped, multiplied and added\n")
    print(trace([1, 0, 0, 2, 1], [1, 2, 4], "same"))


if __name__ == "__main__":
    main()
