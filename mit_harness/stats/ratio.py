"""Ratios that are null, with the reason, where what they are divided by may be zero."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from mit_harness.stats.bootstrap import RESAMPLES, Interval, Method, Statistic, interval
from mit_harness.stats.checks import FloatArray, finite, paired, rounding, usable_tolerance
from mit_harness.stats.effect import estimate, standardised
from mit_harness.stats.metric import Metric, undefined

Rule = Literal["excludes 0", "above 0"]


def ratio_of_statistics(
    name: str,
    blocks: Sequence[FloatArray],
    numerator: Statistic,
    denominator: Statistic,
    *,
    seed: int,
    rule: Rule = "excludes 0",
    floor: float = 0.0,
    unit: str = "ratio",
    size: int = RESAMPLES,
    method: Method = "BCa",
) -> Metric:
    """Return the ratio of two statistics of the same column means, with its 95 % interval.

    Null, with the reason in `note`, unless the denominator's own 95 % interval (same resamples
    and method) excludes 0, or lies above 0. Nothing is tested.

    Parameters
    ----------
    name, unit
        Of the metric.
    blocks
        As in `interval`: rows of one block are resampled together.
    numerator, denominator
        Statistics of the concatenated column means.
    rule
        What the denominator's interval has to satisfy.
    floor
        Denominators up to this size are zero: the scorer's tolerance, where it is in score units.
    seed, size, method
        Of the bootstrap.
    """
    n = min((len(block) for block in blocks), default=0)
    if n == 0:
        return undefined(name, 0, unit, "no rows")
    below = interval(blocks, denominator, seed=seed, size=size, method=method)
    nothing = max(usable_tolerance(name, floor), rounding(*blocks))
    if why := refusal(below, rule, nothing):
        return undefined(name, n, unit, why)

    def statistic(means: FloatArray) -> FloatArray:
        return numerator(means) / denominator(means)

    found = estimate(name, blocks, statistic, seed=seed, unit=unit, size=size, method=method)
    return found if found.value is not None else replace(found, note="the ratio is not finite")


def refusal(denominator: Interval, rule: Rule, floor: float) -> str:
    """Return why nothing is divided by a statistic with this interval; empty if it may be."""
    low, high = denominator.low, denominator.high
    if low is None or high is None:
        return f"the denominator has no 95 % interval ({denominator.note})"
    shown = f"the denominator's 95 % interval [{low:.4g}, {high:.4g}]"
    if rule == "above 0":
        return "" if low > floor else f"{shown} is not above 0"
    return f"{shown} contains 0" if low <= floor and high >= -floor else ""


def cm(
    name: str,
    intact: ArrayLike,
    broken: ArrayLike,
    compensated: ArrayLike,
    *,
    paired_index: bool,
    seed: int,
    tolerance: float,
    size: int = RESAMPLES,
    method: Method = "BCa",
) -> Metric:
    """Return CM = (mean E - mean D) / (mean C - mean D), the share of the loss that is restored.

    Parameters
    ----------
    name
        Of the metric.
    intact, broken, compensated
        Scores of C, D and E, 1-D.
    paired_index
        True resamples index i of all three together, False each class by itself.
    seed, size, method
        Of the bootstrap.
    tolerance
        Of the scorer; a loss up to this is zero, and the ratio then null.
    """
    c, d, e = (finite(name, values) for values in (intact, broken, compensated))
    if min(len(c), len(d), len(e)) == 0:
        return undefined(name, 0, "ratio", "no rows")
    if paired_index:
        paired(name, c, d)
        paired(name, e, d)
    centred = [values - d.mean() for values in (c, d, e)]
    return ratio_of_statistics(
        name,
        [np.column_stack(centred)] if paired_index else [values[:, None] for values in centred],
        lambda means: means[..., 2] - means[..., 1],
        lambda means: means[..., 0] - means[..., 1],
        seed=seed,
        floor=max(usable_tolerance(name, tolerance), rounding(c, d, e)),
        size=size,
        method=method,
    )


def cir(
    name: str,
    natural: tuple[ArrayLike, ArrayLike],
    synthetic: tuple[ArrayLike, ArrayLike],
    *,
    paired_index: bool,
    seed: int,
    tolerance: float,
    size: int = RESAMPLES,
    method: Method = "BCa",
) -> Metric:
    """Return CIR = mes_synthetic / mes_natural.

    Parameters
    ----------
    name
        Of the metric.
    natural, synthetic
        (intact, broken) scores: A and B, which are always resampled independently, and C and D.
    paired_index
        True resamples index i of C and D together, False each by itself.
    seed, size, method
        Of the bootstrap.
    tolerance
        Of the scorer; a pooled SD up to this is zero, and the ratio then null.
    """
    groups = [finite(name, values) for values in (*natural, *synthetic)]
    smallest = min(map(len, groups))
    if smallest < 2:
        return undefined(name, smallest, "ratio", "a spread needs two scores per group")
    below = standardised(name, *groups[:2], paired_index=False, tolerance=tolerance)
    above = standardised(name, *groups[2:], paired_index=paired_index, tolerance=tolerance)
    for label, side in (("mes_natural", below), ("mes_synthetic", above)):
        if side.spread <= side.floor:
            return undefined(name, smallest, "ratio", f"{label} has zero spread")
    return ratio_of_statistics(
        name,
        [*above.blocks, *below.blocks],
        lambda means: above.statistic(means[..., :4]),
        lambda means: below.statistic(means[..., 4:]),
        seed=seed,
        size=size,
        method=method,
    )
