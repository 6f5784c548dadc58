"""Matched comparisons: how often, and by how much, one member of a pair scores higher."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mit_harness.errors import InputError
from mit_harness.stats.bootstrap import RESAMPLES, Interval, Sample, clipped, interval
from mit_harness.stats.checks import (
    FloatArray,
    finite,
    paired,
    ranked_levels,
    rounding,
    usable_tolerance,
)
from mit_harness.stats.metric import Metric, notes, undefined

SIGN_TEST = "exact one-sided sign test of P > 0.5 (ties dropped)"
WILCOXON = "one-sided Wilcoxon signed-rank test of a shift > 0 (zeros dropped)"
EXACT_UP_TO = 50
"""Non-zero differences up to which the signed-rank test is exact."""


def wins(a: ArrayLike, b: ArrayLike, tolerance: float) -> FloatArray:
    """Return 1 where `a` is higher, 0 where `b` is, 0.5 where they differ by at most `tolerance`.

    Parameters
    ----------
    a, b
        Scores, shape (n,) or (n, m); a 1-D array is compared with every column of the other.
    tolerance
        Largest difference that is a tie.

    Returns
    -------
    FloatArray
        Shape (n,) if both are 1-D, else (n, m).
    """
    x, y = paired("wins", a, b)
    outcome = _outcomes(x, y, usable_tolerance("wins", tolerance))
    return outcome[:, 0] if np.ndim(a) == np.ndim(b) == 1 else outcome


def proportion(
    name: str, a: ArrayLike, b: ArrayLike, *, tolerance: float, seed: int, size: int = RESAMPLES
) -> Metric:
    """Return P(a > b) over matched pairs, ties counted 1/2.

    The 95 % interval (and the inner 90 % one) resamples pairs: BCa, percentile where BCa is
    undefined, Clopper-Pearson where every pair is won or every one lost without a tie, delta
    above 10,000 pairs. All ties give an interval of zero width. The test is the exact one-sided
    sign test over untied pairs, p = 1 if all tie. `mde` is that of `smallest_detectable` at n.

    With (n, m) input each row is one matched set: `value` is the mean over all comparisons, sets
    are resampled whole, and test and `mde` are over sets, a set being won where more than half
    of its comparisons are. `ties` counts comparisons.

    Parameters
    ----------
    name
        Of the metric.
    a, b
        Scores, shape (n,) or (n, m), rows matched; a 1-D array meets every column of the other.
    tolerance
        Largest difference that is a tie.
    seed, size
        Of the bootstrap.
    """
    x, y = paired(name, a, b)
    outcome = _outcomes(x, y, usable_tolerance(name, tolerance))
    n, m = outcome.shape
    ties = int((outcome == 0.5).sum())
    if n == 0:
        return undefined(name, 0, "proportion", "no pairs", ties=0)
    share = outcome.mean(axis=1)
    found = _proportion_interval(share, ties, seed, size)
    inner = found.at(0.90)
    return Metric(
        name=name,
        value=float(share.mean()),
        ci_low=found.low,
        ci_high=found.high,
        p=sign_test(share),
        n=n,
        ties=ties,
        unit="proportion",
        test=SIGN_TEST,
        ci_method=found.method,
        ci90_low=inner[0],
        ci90_high=inner[1],
        mde=smallest_detectable(n),
        note=notes(found.note, sets_note(m)),
        sample=Sample((share[:, None],), first_mean, seed, size),
    )


def mean_difference(
    name: str,
    a: ArrayLike,
    b: ArrayLike,
    *,
    tolerance: float,
    seed: int,
    unit: str = "nats",
    size: int = RESAMPLES,
) -> Metric:
    """Return the mean of a - b over matched pairs, differences within the tolerance being 0.

    The 95 % interval resamples pairs (BCa; see `interval`). The test is the one-sided Wilcoxon
    signed-rank test over non-zero differences: exact up to 50 of them, equal sizes or not, the
    normal approximation beyond; p = 1 if every difference is 0.

    With (n, m) input each row is one matched set and its differences are averaged first.
    """
    x, y = paired(name, a, b)
    difference = x - y
    zero = np.abs(difference) <= usable_tolerance(name, tolerance)
    ties = int(zero.sum())
    if not len(x):
        return undefined(name, 0, unit, "no pairs", ties=0)
    per_set = np.where(zero, 0.0, difference).mean(axis=1)
    found = interval([per_set], first_mean, seed=seed, size=size)
    return Metric(
        name=name,
        value=found.estimate,
        ci_low=found.low,
        ci_high=found.high,
        p=signed_rank_test(per_set),
        n=len(x),
        ties=ties,
        unit=unit,
        test=WILCOXON,
        ci_method=found.method,
        note=found.note,
        sample=found.sample,
    )


def sign_test(share: FloatArray) -> float:
    """Return the exact one-sided p of more than half won: `share` above, at or below 0.5."""
    from scipy.stats import binomtest

    won, lost = int((share > 0.5).sum()), int((share < 0.5).sum())
    if won + lost == 0:
        return 1.0
    return float(binomtest(won, won + lost, 0.5, alternative="greater").pvalue)


def contrasts(name: str, scores: ArrayLike, weights: ArrayLike) -> FloatArray:
    """Return each row's weighted sum of scores, 0 where it is nothing but rounding.

    Parameters
    ----------
    name
        Of the metric.
    scores
        Shape (n, k): n matched sets by k conditions.
    weights
        Shape (k,).

    Returns
    -------
    FloatArray
        Shape (n,), in the scores' unit.
    """
    values, factors = finite(name, scores, 2), finite(f"{name}, weights", weights)
    if values.shape[1] != len(factors):
        raise InputError(f"{name}: {values.shape[1]} columns of scores have {len(factors)} weights")
    found: FloatArray = (values * factors).sum(axis=1)
    return np.where(np.abs(found) <= rounding(values) * np.abs(factors).sum(), 0.0, found)


def signed_rank_test(differences: FloatArray) -> float:
    """Return the one-sided Wilcoxon p of differences above 0; 1 if all are 0."""
    from scipy.stats import rankdata, wilcoxon

    moved = differences[differences != 0]
    if not len(moved):
        return 1.0
    sizes = ranked_levels(np.abs(moved), rounding(moved))
    if len(moved) <= EXACT_UP_TO:
        return _exact_signed_rank(rankdata(sizes), moved > 0)
    return float(wilcoxon(np.sign(moved) * sizes, alternative="greater").pvalue)


def _exact_signed_rank(ranks: FloatArray, positive: NDArray[np.bool_]) -> float:
    """Return P(sum of positive ranks >= the one found) over all assignments of signs.

    By counting assignments rank by rank. scipy gives the same, but where sizes are equal it lists
    all 2^n assignments, up to a second each time, and approximates from 14 on.
    """
    doubled = np.rint(2 * ranks).astype(np.intp)  # ranks of equal sizes are halves at most
    ways = np.zeros(int(doubled.sum()) + 1)  # assignments by twice their sum; exact below 2^53
    ways[0] = 1.0
    for rank in doubled:
        ways[rank:] = ways[rank:] + ways[:-rank]
    return float(ways[int(doubled[positive].sum()) :].sum() / 2.0 ** len(doubled))


@lru_cache(maxsize=256)
def smallest_detectable(n: int, alpha: float = 0.025, power: float = 0.8) -> float | None:
    """Return the smallest P(a > b) that the exact one-sided sign test detects with this power.

    Parameters
    ----------
    n
        Pairs, none tied: with ties the smallest detectable P is larger.
    alpha
        The test rejects where p < alpha.
    power
        Wanted probability of rejecting.

    Returns
    -------
    float or None
        None where no outcome of n pairs rejects.
    """
    from scipy.special import betaincinv
    from scipy.stats import binom

    critical = int(binom.isf(alpha, n, 0.5)) + 1 if n > 0 else 1
    if n > 0 and binom.sf(critical - 1, n, 0.5) >= alpha:
        critical += 1
    if critical > n:
        return None
    return float(betaincinv(critical, n - critical + 1, power))


def sets_note(columns: int) -> str:
    """Return what has to be said where one row holds several comparisons."""
    if columns == 1:
        return ""
    return f"{columns} comparisons in each matched set; resampled and tested by set"


def first_mean(means: FloatArray) -> FloatArray:
    """Return the mean of the first column: the statistic of a single one."""
    return means[..., 0]


def _outcomes(x: FloatArray, y: FloatArray, tolerance: float) -> FloatArray:
    difference = x - y
    above = (difference > tolerance).astype(np.float64)
    below = (difference < -tolerance).astype(np.float64)
    return 0.5 * (1.0 + above - below)


def _proportion_interval(share: FloatArray, ties: int, seed: int, size: int) -> Interval:
    n, value, levels = len(share), float(share.mean()), (0.95, 0.90)
    if value in (0.0, 1.0):
        # Where all or none of n are won, Clopper-Pearson's bound has this closed form.
        reach = [((1 - level) / 2) ** (1 / n) for level in levels]
        exact = tuple((r, 1.0) if value else (0.0, 1 - r) for r in reach)
        return Interval(value, levels, exact, "Clopper-Pearson")
    if (share == 0.5).all():
        why = "every pair is a tie" if ties else "every matched set is won and lost alike"
        bounds = ((0.5, 0.5), (0.5, 0.5))
        return Interval(value, levels, bounds, "percentile bootstrap", f"{why}: zero width")
    found = interval([share], first_mean, seed=seed, levels=levels, size=size)
    return clipped(found)
