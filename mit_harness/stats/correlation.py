"""Pearson's r and slopes, over single sequences and over condition means. Never mix the two."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from mit_harness.stats.bootstrap import RESAMPLES, Method
from mit_harness.stats.checks import FloatArray, paired, rounding, usable_tolerance
from mit_harness.stats.effect import estimate, root
from mit_harness.stats.metric import Metric, undefined

PEARSON_TEST = "two-sided t-test of r = 0"
_SETS = "matched sets resampled whole; untested, since the rows of a set are not independent"


@dataclass(frozen=True)
class _Scaled:
    """Values centred and divided by their SD, and whether there is any spread at all."""

    values: FloatArray
    scale: float
    spread: bool


def pearson(
    name: str,
    x: ArrayLike,
    y: ArrayLike,
    *,
    seed: int,
    tolerance: float = 0.0,
    size: int = RESAMPLES,
    method: Method = "BCa",
) -> Metric:
    """Return Pearson's r over single sequences.

    With (n, m) input each row is a matched set of m sequences: r is over all n m sequences, and
    sets are resampled whole. The test, for (n,) input only, is the two-sided t-test of r = 0.

    Parameters
    ----------
    name
        Of the metric.
    x, y
        Shape (n,) or (n, m); a 1-D array meets every column of the other.
    tolerance
        Scores `y` whose SD is at most this have no correlation.
    seed, size, method
        Of the bootstrap.
    """
    first, second = paired(name, x, y)
    if len(first) < 2:
        return undefined(name, len(first), "r", "a correlation needs two rows")
    u, v = _scaled(first, 0.0), _scaled(second, usable_tolerance(name, tolerance))
    if not (u.spread and v.spread):
        return undefined(name, len(first), "r", _flat(u, v))
    single = first.shape[1] == 1
    found = estimate(
        name,
        [_products(u, v)],
        _correlation,
        seed=seed,
        unit="r",
        note="" if single else _SETS,
        size=size,
        method=method,
    )
    if not single or len(first) < 3 or found.value is None:
        return found
    from scipy.stats import pearsonr

    p = float(pearsonr(first[:, 0], second[:, 0]).pvalue)
    return replace(found, p=p, test=PEARSON_TEST)


def pearson_of_means(
    name: str,
    x: ArrayLike,
    y: ArrayLike,
    *,
    seed: int,
    tolerance: float = 0.0,
    size: int = RESAMPLES,
    method: Method = "BCa",
) -> Metric:
    """Return Pearson's r over the means of m conditions, untested.

    Noise in the means draws every resampled r towards 0, which BCa corrects: the interval may lie
    above the estimate.

    Parameters
    ----------
    name
        Of the metric.
    x, y
        Shape (n, m): row i holds the matched sequences i of the m conditions. Rows are resampled
        whole; the conditions are fixed.
    tolerance
        Score means whose SD is at most this have no correlation.
    seed, size, method
        Of the bootstrap.
    """
    first, second = paired(name, x, y)
    n, m = first.shape
    if n == 0 or m < 2:
        return undefined(name, n, "r", "a correlation of means needs rows and two conditions")
    u, v = _scaled(first, 0.0), _scaled(second, 0.0)
    means = (
        _scaled(first.mean(axis=0), 0.0),
        _scaled(second.mean(axis=0), usable_tolerance(name, tolerance)),
    )
    if not (means[0].spread and means[1].spread):
        return undefined(name, n, "r", _flat(*means))

    note = f"over the means of {m} conditions; matched sets resampled whole"
    return estimate(
        name,
        [np.hstack([u.values, v.values])],
        lambda columns: _across(columns[..., :m], columns[..., m:]),
        seed=seed,
        unit="r",
        note=note,
        size=size,
        method=method,
    )


def slope(
    name: str,
    x: ArrayLike,
    y: ArrayLike,
    *,
    seed: int,
    unit: str,
    size: int = RESAMPLES,
    method: Method = "BCa",
) -> Metric:
    """Return the least-squares slope of `y` on `x` over sequences; rows as in `pearson`.

    Untested: its interval says whether it excludes 0.
    """
    first, second = paired(name, x, y)
    if len(first) < 2:
        return undefined(name, len(first), unit, "a slope needs two rows")
    u, v = _scaled(first, 0.0), _scaled(second, 0.0)
    if not u.spread:
        return undefined(name, len(first), unit, "x does not vary")

    def statistic(means: FloatArray) -> FloatArray:
        covariance = means[..., 4] - means[..., 0] * means[..., 1]
        variance = root(means[..., 2] - means[..., 0] ** 2) ** 2
        return v.scale / u.scale * covariance / variance

    block = _products(u, v)
    return estimate(name, [block], statistic, seed=seed, unit=unit, size=size, method=method)


def _correlation(means: FloatArray) -> FloatArray:
    covariance = means[..., 4] - means[..., 0] * means[..., 1]
    first = root(means[..., 2] - means[..., 0] ** 2)
    second = root(means[..., 3] - means[..., 1] ** 2)
    return covariance / (first * second)


def _across(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the correlation along the last axis."""
    a = x - x.mean(axis=-1, keepdims=True)
    b = y - y.mean(axis=-1, keepdims=True)
    covariance: FloatArray = (a * b).mean(axis=-1)
    return covariance / (root((a**2).mean(axis=-1)) * root((b**2).mean(axis=-1)))


def _products(u: _Scaled, v: _Scaled) -> FloatArray:
    """Return per row the means of x, y, x x, y y and x y."""
    x, y = u.values, v.values
    columns: FloatArray = np.stack([x, y, x * x, y * y, x * y]).mean(axis=-1)
    return columns.T


def _scaled(values: FloatArray, floor: float) -> _Scaled:
    spread = float(values.std())
    varies = spread > max(floor, rounding(values))
    scale = spread if varies else 1.0
    return _Scaled((values - values.mean()) / scale, scale, varies)


def _flat(u: _Scaled, v: _Scaled) -> str:
    flat = [label for label, side in (("x", u), ("the score", v)) if not side.spread]
    return " and ".join(flat) + (" do not vary" if len(flat) > 1 else " does not vary")
