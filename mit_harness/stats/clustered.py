"""Statistics of pairs that share members: weighted, stratified, with clusters of pairs.

Each estimate is a ratio of sums over pairs (or over pairs of pairs within a stratum). Its standard
error is that of the delta method: a pair's structural component is what the estimate would gain
if it counted a little more, components are added up within a cluster, and clusters are independent
(the structural components of Obuchowski 1997, Biometrics 53:567, for weights and strata as well).
Strata and weights are fixed. Intervals are normal. Nothing is tested: see
`mit_harness.stats.levels` for why a z-test of clusters would not do in a factorial.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mit_harness.errors import InputError
from mit_harness.stats.bootstrap import clipped, normal_interval
from mit_harness.stats.checks import (
    FloatArray,
    finite,
    ranked_levels,
    rounding,
    usable_tolerance,
)
from mit_harness.stats.metric import Metric, notes, undefined

LEVELS = (0.95, 0.90)


@dataclass(frozen=True)
class Grouping:
    """How pairs hang together; shape (n,) each, whole numbers but for the weights.

    Attributes
    ----------
    strata
        Only pairs of one stratum are compared.
    clusters
        Pairs of one cluster share a member.
    weights
        Above 0.
    """

    strata: ArrayLike
    clusters: ArrayLike
    weights: ArrayLike

    def only(self, kept: NDArray[np.bool_]) -> "Grouping":
        """Return that of some pairs."""
        return Grouping(
            *(np.asarray(part)[kept] for part in (self.strata, self.clusters, self.weights))
        )


def concordance(
    name: str, scores: ArrayLike, rises: ArrayLike, grouping: Grouping, *, tolerance: float = 0.0
) -> Metric:
    """Return P(score of a rise > score of a fall), both of one stratum, ties 1/2: the AUROC.

    A comparison counts with the product of its two weights, in all strata together; a stratum
    without rises or without falls has none.

    Parameters
    ----------
    name
        Of the metric.
    scores
        Shape (n,).
    rises
        Shape (n,): true for a rise, false for a fall.
    grouping
        Strata, clusters and weights.
    tolerance
        Scores this close, or alike but for rounding, tie.

    Raises
    ------
    InputError
        If shapes do not match, a score is not finite, or a weight is not above 0.
    """
    values, strata, clusters, weights = _checked(name, scores, grouping)
    up = np.asarray(rises, dtype=bool)
    if up.shape != values.shape:
        raise InputError(f"{name}: {len(values)} scores and {up.size} outcomes do not match")
    floor = usable_tolerance(name, tolerance) + rounding(values)
    won, compared = np.zeros(len(values)), np.zeros(len(values))
    ties = 0
    for rows in _rows_by(strata):
        rise, fall = rows[up[rows]], rows[~up[rows]]
        if not (len(rise) and len(fall)):
            continue
        placed = _weight_below(values[rise], values[fall], weights[fall], floor)
        other = _weight_below(-values[fall], -values[rise], weights[rise], floor)
        won[rise], won[fall] = weights[rise] * placed, weights[fall] * other
        compared[rise] = weights[rise] * weights[fall].sum()
        compared[fall] = weights[fall] * weights[rise].sum()
        ties += _tied(values[rise], values[fall], floor)
    used = compared > 0
    total = compared[up].sum()
    if not used.any():
        return undefined(name, 0, "AUROC", "no stratum has both rises and falls")
    value = float(won[up].sum() / total)
    influence = (won - value * compared) / total
    said = f"{int((up & used).sum())} rises, {int((~up & used).sum())} falls"
    return _metric(name, value, influence, clusters, used, "AUROC", said, ties)


def rank_correlation(
    name: str,
    scores: ArrayLike,
    reference: ArrayLike,
    grouping: Grouping,
    *,
    tolerance: float = 0.0,
) -> Metric:
    """Return Spearman's r within strata: ranks of a stratum centred, sums taken over all.

    Ranks are divided by their stratum's size, centred on its weighted mean and held fixed for the
    interval. Where the scores do not vary within any stratum, r is exactly 0 without a width.

    Parameters
    ----------
    name, grouping, tolerance
        As in `concordance`.
    scores, reference
        Shape (n,).
    """
    values, strata, clusters, weights = _checked(name, scores, grouping)
    wanted = finite(f"{name}, reference", reference)
    if wanted.shape != values.shape:
        raise InputError(f"{name}: {len(values)} scores and {len(wanted)} references do not match")
    floor = usable_tolerance(name, tolerance) + rounding(values)
    x, y = np.zeros(len(values)), np.zeros(len(values))
    for rows in _rows_by(strata):
        for ranks, source, tie in ((x, values, floor), (y, wanted, 0.0)):
            found = average_ranks(source[rows], tie) / len(rows)
            ranks[rows] = found - np.average(found, weights=weights[rows])
    sums = [float((weights * part).sum()) for part in (x * y, x * x, y * y)]
    used = np.ones(len(values), dtype=bool)
    if not len(values) or sums[2] <= _ZERO * len(values):
        return undefined(name, len(values), "r", "the reference does not vary within any stratum")
    if sums[1] <= _ZERO * weights.sum():
        nothing = np.zeros(len(values))
        return _metric(name, 0.0, nothing, clusters, used, "r", "the score does not vary")
    scale = float(np.sqrt(sums[1] * sums[2]))
    value = sums[0] / scale
    half = 0.5 * value * (x * x / sums[1] + y * y / sums[2])
    influence = weights * (x * y / scale - half)
    return _metric(name, value, influence, clusters, used, "r", "ranks held fixed")


_ZERO = 1e-20
_ROUNDING = 1e-10
_WITHIN_0_1 = ("AUROC", "proportion")


def weighted_mean(name: str, values: ArrayLike, grouping: Grouping, *, unit: str) -> Metric:
    """Return the weighted mean over pairs; strata are not looked at.

    Parameters
    ----------
    name, grouping
        As in `concordance`.
    values
        Shape (n,).
    unit
        Of the mean.
    """
    found, _, clusters, weights = _checked(name, values, grouping)
    if not len(found):
        return undefined(name, 0, unit, "no pair")
    value = float(np.average(found, weights=weights))
    influence = weights * (found - value) / weights.sum()
    used = np.ones(len(found), dtype=bool)
    return _metric(name, value, influence, clusters, used, unit)


def average_ranks(values: FloatArray, tolerance: float) -> FloatArray:
    """Return ranks from 1 up, ties sharing their mean; neighbours within the tolerance tie."""
    levels = ranked_levels(values, tolerance).astype(np.intp)
    counts = np.bincount(levels)
    last = np.cumsum(counts)
    ranks: FloatArray = (last - (counts - 1) / 2.0)[levels]
    return ranks


def _checked(
    name: str, values: ArrayLike, grouping: Grouping
) -> tuple[FloatArray, NDArray[np.intp], NDArray[np.intp], FloatArray]:
    found = finite(name, values)
    parts = [
        finite(f"{name}, {what}", part)
        for what, part in (
            ("strata", grouping.strata),
            ("clusters", grouping.clusters),
            ("weights", grouping.weights),
        )
    ]
    if any(part.shape != found.shape for part in parts):
        raise InputError(
            f"{name}: {len(found)} values have {len(parts[0])} strata, {len(parts[1])} clusters "
            f"and {len(parts[2])} weights; pass one of each for every pair"
        )
    strata, clusters, weights = parts
    if (weights <= 0).any():
        raise InputError(f"{name}: the weight {weights.min()} has to be above 0")
    return found, strata.astype(np.intp), clusters.astype(np.intp), weights


def _rows_by(labels: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Return the row numbers of each label."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(order) else []


def _weight_below(
    values: FloatArray, others: FloatArray, weights: FloatArray, floor: float
) -> FloatArray:
    """Return for each value the weight of the others that it exceeds, ties 1/2."""
    order = np.argsort(others, kind="stable")
    ordered = others[order]
    summed = np.concatenate([[0.0], np.cumsum(weights[order])])
    below = np.searchsorted(ordered, values - floor, side="left")
    up_to = np.searchsorted(ordered, values + floor, side="right")
    found: FloatArray = 0.5 * (summed[below] + summed[up_to])
    return found


def _tied(values: FloatArray, others: FloatArray, floor: float) -> int:
    ordered = np.sort(others)
    inside = np.searchsorted(ordered, values + floor, side="right")
    return int((inside - np.searchsorted(ordered, values - floor, side="left")).sum())


def _metric(
    name: str,
    value: float,
    influence: FloatArray,
    clusters: NDArray[np.intp],
    used: NDArray[np.bool_],
    unit: str,
    said: str = "",
    ties: int | None = None,
) -> Metric:
    """Return an estimate with the interval of its components, added up by cluster."""
    _, numbers = np.unique(clusters[used], return_inverse=True)
    sums = np.bincount(numbers, weights=influence[used])
    n = len(sums)
    if n < 2:
        return undefined(name, n, unit, "one cluster gives no interval", ties)
    error = float(np.sqrt(n / (n - 1) * (sums**2).sum()))
    if error <= _ROUNDING:
        error = 0.0
        # All ties sum up to 1/2 but for rounding, which must not lie above it.
        value = 0.5 if abs(value - 0.5) <= _ROUNDING else value
    found = normal_interval(value, error, LEVELS)
    found = clipped(found) if unit in _WITHIN_0_1 else found
    (low, high), (low90, high90) = found.bounds
    return Metric(
        name=name,
        value=value,
        ci_low=low,
        ci_high=high,
        p=None,
        n=n,
        ties=ties,
        unit=unit,
        test="",
        ci_method="delta, clustered",
        ci90_low=low90,
        ci90_high=high90,
        note=notes(said, f"{n} clusters", "" if error else "no spread: zero width"),
    )
