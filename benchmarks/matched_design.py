"""How much narrower intervals get when broken and mended promoters share a background.

Simulated benchmarks, each evaluated by two designs of the same n. Matched: C_i, D_i and E_i stand
on background i. Unmatched, as in the paper's release: C and E stand on the first n backgrounds, D
on n others; CSS pairs them by index all the same.

Run ``python benchmarks/matched_design.py --seeds 100``; it prints a markdown table.
"""

import argparse
import statistics
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from null_models import NULLS
from tabulate import tabulate

from mit_harness.claims.base import Floats, Scored
from mit_harness.models.base import Model
from mit_harness.models.embedded import EMBEDDED
from mit_harness.promoter.core import DesignSpec, build
from mit_harness.promoter.seeds import Seeds
from mit_harness.stats.inference import Inference, inference
from mit_harness.stats.metric import Metric

FIRST_SEED = 1000
"""Not the shipped seed 42, as in controls.py."""
TOLERANCE = 1e-9
"""Of ties; an interval no wider than this has no width."""
CONTROLS = ("pa-pwm", "pa-pwm-nopos", "thermo", "scan", "rpa-pwm", "kmer", "markov", "at-content")
NULL = "poor early context + flank"
THRESHOLDS = {"rescue": 0.0, "CSS": 0.5, "MES": 0.0}
"""Quantity, to what its interval has to exclude: an effect is found where all of it lies above."""
HEADER = (
    "quantity",
    "model",
    "unmatched / matched width",
    "times n",
    "matched: median; % above, below",
    "unmatched",
)

Found = Mapping[tuple[str, str], tuple[Metric, Metric]]
"""(quantity, model) -> matched and unmatched, of one seed."""


@lru_cache(maxsize=1)
def models() -> Mapping[str, Model]:
    """Return every model by name; none depends on the benchmark's seed."""
    return {**{name: EMBEDDED[name].build({}) for name in CONTROLS}, NULL: NULLS[NULL](0)}


def _difference(means: Floats) -> Floats:
    return means[..., 0] - means[..., 1]


def both_designs(scored: Scored, n: int, stats: Inference) -> dict[str, tuple[Metric, Metric]]:
    """Return each quantity by the matched and by the unmatched design, from 2 n backgrounds."""
    intact, broken, mended = scored.group("C")[:n], scored.group("D"), scored.group("E")[:n]
    same, others = broken[:n], broken[n:]
    return {
        "rescue": (
            stats.mean_difference("rescue", mended, same),
            stats.estimate("rescue", [mended, others], _difference, unit="nats"),
        ),
        "CSS": (stats.proportion("css", mended, same), stats.proportion("css", mended, others)),
        "MES": (
            stats.cohen_d("mes", intact, same),
            stats.cohen_d("mes", intact, others, paired_index=False),
        ),
    }


def one_seed(seed: int, n: int) -> Found:
    """Return every quantity of every model on one benchmark."""
    sequences = build(DesignSpec(n=2 * n, seeds=Seeds(seed)), ("C", "D", "E"))
    texts, stats = [item.sequence for item in sequences], inference("matched", seed, TOLERANCE)
    found = {}
    for name, model in models().items():
        values = np.asarray(model.score(texts), dtype=np.float64)
        for quantity, pair in both_designs(Scored(sequences, values), n, stats).items():
            found[quantity, name] = pair
    return found


def width(metric: Metric) -> float | None:
    """Return the width of the 95 % interval; None where there is no interval or no width."""
    if metric.ci_low is None or metric.ci_high is None:
        return None
    wide = metric.ci_high - metric.ci_low
    return wide if wide > TOLERANCE else None


def ratios(pairs: Sequence[tuple[Metric, Metric]]) -> list[float]:
    """Return unmatched over matched width, of the seeds where both have one."""
    widths = [(width(matched), width(unmatched)) for matched, unmatched in pairs]
    return [unmatched / matched for matched, unmatched in widths if matched and unmatched]


def _share(times: int, of: int) -> str:
    return f"{100 * times / of:.0f}"


def _outcome(metrics: Sequence[Metric], threshold: float) -> str:
    """Return the median value, and in how many per cent the interval lies above and below."""
    values = [metric.value for metric in metrics if metric.value is not None]
    middle = f"{statistics.median(values):.3g}" if values else "undefined"
    above = sum(m.ci_low is not None and m.ci_low > threshold for m in metrics)
    below = sum(m.ci_high is not None and m.ci_high < threshold for m in metrics)
    return f"{middle}; {_share(above, len(metrics))}, {_share(below, len(metrics))}"


def _row(quantity: str, name: str, pairs: Sequence[tuple[Metric, Metric]]) -> list[str]:
    wider = ratios(pairs)
    lost = len(pairs) - len(wider)
    ratio, factor = f"no width in {lost} of {len(pairs)}", ""
    if lost <= len(pairs) / 2:  # quartiles of the few that are left would mislead
        low, middle, high = np.quantile(wider, (0.25, 0.5, 0.75))
        without = f" ({ratio})" if lost else ""
        ratio, factor = f"{middle:.2f} [{low:.2f}, {high:.2f}]{without}", f"{middle**2:.1f}"
    outcomes = (_outcome(metrics, THRESHOLDS[quantity]) for metrics in zip(*pairs, strict=True))
    return [quantity, name, ratio, factor, *outcomes]


def table(found: Sequence[Found]) -> str:
    """Return the markdown table of several seeds.

    `times n` is the square of the median ratio: the unmatched design would need about so many
    times the backgrounds for an interval as narrow.
    """
    rows = [
        _row(quantity, name, [one[quantity, name] for one in found])
        for quantity in THRESHOLDS
        for name in models()
    ]
    return tabulate(rows, HEADER, tablefmt="pipe", disable_numparse=True)


def main() -> None:
    """Run all seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--n", type=int, default=100, help="backgrounds of each design")
    given = parser.parse_args()
    print(table([one_seed(FIRST_SEED + k, given.n) for k in range(given.seeds)]))


if __name__ == "__main__":
    main()
