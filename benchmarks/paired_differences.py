"""How often the paired interval of a difference covers it, and how much narrower it is.

Two simulated models share what makes a background hard (correlation 0.64 of their scores) and
differ in the effect of the elements: 0.5 and 0.2 SD. Usage: python benchmarks/paired_differences.py
[--simulations N]. Prints, per number of backgrounds, the coverage of the 95 % interval and the
median of its width by that of two unpaired intervals (root of the sum of squares).
"""

import argparse
import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from mit_harness.stats import correlation, effect, paired
from mit_harness.stats.difference import difference
from mit_harness.stats.metric import Metric

SEED, SIZE, SHARED, EFFECTS = 7, 1_000, 0.8, (0.5, 0.2)
TRUTH = {
    "proportion": float(np.diff([norm.cdf(e / math.sqrt(2)) for e in reversed(EFFECTS)])[0]),
    "mean difference": EFFECTS[0] - EFFECTS[1],
    "Cohen's d": EFFECTS[0] - EFFECTS[1],
    "Pearson's r": 0.0,
}


def metrics(scores: NDArray[np.float64]) -> dict[str, Metric]:
    better, worse = scores.T
    how = {"seed": SEED, "tolerance": 0.0, "size": SIZE}
    return {
        "proportion": paired.proportion("p", better, worse, **how),
        "mean difference": paired.mean_difference("m", better, worse, **how),
        "Cohen's d": effect.cohen_d("d", better, worse, paired_index=True, **how),
        "Pearson's r": correlation.pearson("r", better, worse, **how),
    }


def simulated(rng: np.random.Generator, n: int) -> list[NDArray[np.float64]]:
    hard = rng.normal(size=(n, 2))
    noise = math.sqrt(1 - SHARED**2)
    return [SHARED * hard + noise * rng.normal(size=(n, 2)) + [e, 0.0] for e in EFFECTS]


def width(low: float | None, high: float | None) -> float:
    return (high or 0.0) - (low or 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=1_000)
    simulations = parser.parse_args().simulations
    rng = np.random.default_rng(11)
    for n in (30, 100):
        hits: dict[str, list[bool]] = {name: [] for name in TRUTH}
        narrower: dict[str, list[float]] = {name: [] for name in TRUTH}
        for _ in range(simulations):
            mine, theirs = (metrics(scores) for scores in simulated(rng, n))
            for name, truth in TRUTH.items():
                a, b = mine[name], theirs[name]
                found = difference(a, b)
                hits[name].append((found.low or 0.0) <= truth <= (found.high or 0.0))
                apart = math.hypot(width(a.ci_low, a.ci_high), width(b.ci_low, b.ci_high))
                narrower[name].append(width(found.low, found.high) / apart)
        for name in TRUTH:
            covered, median = np.mean(hits[name]), np.median(narrower[name])
            print(f"n = {n:3}  {name:16} covers {covered:.3f}  width {median:.2f}")


if __name__ == "__main__":
    main()
