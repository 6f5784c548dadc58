"""Seconds that each embedded model takes for 100,000 sequences of 100 bp."""

import argparse
import resource
import time

import numpy as np

from mit_harness.models.embedded import EMBEDDED
from mit_harness.promoter.alphabet import BASES


def draw(n: int, length: int, seed: int) -> list[str]:
    """Return `n` uniformly random sequences of `length` bp."""
    letters = np.frombuffer(BASES.encode(), dtype=np.uint8)
    codes = np.random.default_rng(seed).integers(4, size=(n, length))
    return [row.tobytes().decode() for row in letters[codes]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=list(EMBEDDED), help="default: all")
    parser.add_argument("--sequences", type=int, default=100_000)
    parser.add_argument("--length", type=int, default=100, help="bp")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    sequences = draw(args.sequences, args.length, args.seed)
    print(f"{args.sequences} sequences of {args.length} bp")
    print(f"{'model':<18} {'build s':>8} {'score s':>8}")
    for name in args.models:
        begun = time.perf_counter()
        model = EMBEDDED[name].build({})
        built = time.perf_counter()
        model.score(sequences)
        print(f"{name:<18} {built - begun:8.3f} {time.perf_counter() - built:8.3f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak resident memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
