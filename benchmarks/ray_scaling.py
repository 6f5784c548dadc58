"""Two Ray actors against one process on this machine: whole time, and sequences a second.

One thread for each process. The whole time holds starting the actors and loading the model in each;
the rate is that of the second half of the sequences, when all actors have long begun.
"""

import argparse
import os
import statistics
import sys
import time

os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # before numpy and torch read them

import numpy as np

from mit_harness.models.base import ModelHandle, Scores
from mit_harness.models.registry import Registry
from mit_harness.promoter.alphabet import BASES
from mit_harness.scoring.engine import LazyModel, score
from mit_harness.scoring.noise import Noise
from mit_harness.scoring.remote.cluster import cluster
from mit_harness.scoring.remote.dispatch import Pool, Share, dispatch
from mit_harness.scoring.remote.engine import How, Wanted, share_of


def draw(n: int, seed: int) -> list[str]:
    """Return `n` uniformly random sequences of 100 bp."""
    codes = np.random.default_rng(seed).integers(4, size=(n, 100))
    return ["".join(BASES[code] for code in row) for row in codes]


class Clock:
    """Takes the time of each finished batch."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.marks: list[tuple[float, int]] = []

    def __call__(self, name: str, done: int, total: int) -> None:
        """See `mit_harness.scoring.engine.Progress`."""
        if done:
            self.marks.append((time.perf_counter() - self.began, done))

    @property
    def whole(self) -> float:
        """Seconds up to the last batch."""
        return self.marks[-1][0]

    @property
    def rate(self) -> float:
        """Sequences a second of the second half."""
        (middle, half), (last, total) = self.marks[len(self.marks) // 2], self.marks[-1]
        return (total - half) / (last - middle)


class Kept:
    """Scores by sequence."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def scores(self, handle: ModelHandle, batch: list[str], scores: Scores) -> None:
        """Keep them."""
        self.values.update(zip(batch, scores.values.tolist(), strict=True))

    def noise(self, handle: ModelHandle, noise: Noise) -> None:
        """Not measured here."""


def alone(handle: ModelHandle, sequences: list[str], how: How) -> tuple[Clock, dict[str, float]]:
    clock = Clock()
    with LazyModel(handle) as model:
        table = score(model, sequences, batch_tokens=how.batch_tokens, progress=clock)
    return clock, {sequence: row.value for sequence, row in table.rows.items()}


def by_ray(
    pool: Pool, handle: ModelHandle, sequences: list[str], how: How
) -> tuple[Clock, dict[str, float]]:
    clock, kept = Clock(), Kept()
    share: Share = share_of(Wanted(handle, sequences), how)
    dispatch(pool, [share], kept, clock)
    if (fault := share.fault()) is not None:
        raise fault
    return clock, kept.values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="ecoli-causal", help="spec; the default needs torch")
    parser.add_argument("--sequences", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=20, help="sequences of a batch")
    parser.add_argument("--repeats", type=int, default=3, help="in turn")
    args = parser.parse_args()
    handle = Registry().resolve(args.model)
    sequences, how = draw(args.sequences, 0), How(batch_tokens=100 * args.batch)
    ratios, wholes, out = [], [], sys.stdout  # what Ray prints there goes nowhere
    began = time.perf_counter()
    with cluster() as pool:
        took = time.perf_counter() - began
        print(
            f"{args.model}, {args.sequences} sequences of 100 bp in batches of {args.batch}; Ray "
            f"started in {took:.1f} s, {pool.size} actors",
            file=out,
        )
        for _ in range(args.repeats):
            one, here = alone(handle, sequences, how)
            several, there = by_ray(pool, handle, sequences, how)
            ratios.append(several.rate / one.rate)
            wholes.append(one.whole / several.whole)
            most = max(abs(here[sequence] - there[sequence]) for sequence in sequences)
            print(
                f"one process {one.whole:.1f} s ({one.rate:.1f}/s), Ray {several.whole:.1f} s "
                f"({several.rate:.1f}/s): rate x{ratios[-1]:.2f}, whole x{wholes[-1]:.2f}, "
                f"largest difference {most:.1e}",
                file=out,
                flush=True,
            )
    print(f"median: rate x{statistics.median(ratios):.2f}, whole x{statistics.median(wholes):.2f}")


if __name__ == "__main__":
    main()
