"""How often models that know no promoter hold the measured claims.

    python benchmarks/measured_nulls.py WORKBOOK --seeds 100

The measurements are one data set, so what is drawn again is the model: independent scores; sums
and maxima over random weights of 6-mers; a random matrix of 8 bp, its best place or all of them
summed up; a small random network over places. Printed, for each: how often the interval alone
would say `holds`, and how often interval and test together do.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tabulate import tabulate

from mit_harness.claims.base import Scored
from mit_harness.claims.registry import ON_MEASURED, get_claim
from mit_harness.models.base import EXACT
from mit_harness.models.pwm import words
from mit_harness.promoter.alphabet import encode
from mit_harness.promoter.core import DesignSpec
from mit_harness.stats.verdict import Verdict

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator], Floats]


def null_models(sequences: list[str]) -> Iterator[tuple[str, Draw]]:
    """Yield each null model's name and how its scores of the sequences are drawn."""
    codes = encode(sequences)
    six = words(codes, 6)
    length = codes.shape[1]

    def matrix(rng: np.random.Generator) -> Floats:
        weights = rng.normal(size=(8, 4))
        return sum(weights[k][codes[:, k : length - 7 + k]] for k in range(8))

    def network(rng: np.random.Generator) -> Floats:
        weights = 0.3 * rng.normal(size=(8, length, 4))
        hidden = sum(weights[:, k][:, codes[:, k]] for k in range(length))
        return np.tanh(hidden / 3).T @ rng.normal(size=8)

    yield "independent scores", lambda rng: rng.normal(size=len(codes))
    yield "6-mers, summed", lambda rng: rng.normal(size=4096)[six].sum(axis=1)
    yield "6-mers, the best", lambda rng: rng.normal(size=4096)[six].max(axis=1)
    yield "matrix of 8 bp, best place", lambda rng: matrix(rng).max(axis=1)
    yield "matrix of 8 bp, all places", lambda rng: np.log(np.exp(matrix(rng)).sum(axis=1))
    yield "network over places", network


def main(path: Path, seeds: int) -> None:
    rows = []
    for claim in map(get_claim, ON_MEASURED):
        made = claim.design(DesignSpec(measured=path))
        kept = [item.sequence for item in made]
        if claim.id == "measured_expression":  # the libraries beside it decide nothing
            kept = [i.sequence if i.group.startswith("urtecho") else "A" * 100 for i in made]
        for name, draw in null_models(kept):
            by_interval = both = 0
            for seed in range(seeds):
                values = draw(np.random.default_rng(seed))
                scored = Scored(made, values, path)
                result = claim.judge(scored, protocol="matched", seed=42, tolerance=EXACT)
                low = result.parts[0].metric.ci_low
                by_interval += low is not None and low > claim.threshold
                both += result.verdict is Verdict.HOLDS
            rows.append((claim.id, name, f"{by_interval / seeds:.0%}", f"{both / seeds:.0%}"))
            print(*rows[-1], flush=True)
    print(tabulate(rows, ("claim", "null model", "interval alone", "holds"), tablefmt="pipe"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workbook", type=Path)
    parser.add_argument("--seeds", type=int, default=100)
    given = parser.parse_args()
    main(given.workbook, given.seeds)
