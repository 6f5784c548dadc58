"""The smallest effects that a design detects, so that "undecided" can be read."""

import math
from functools import lru_cache
from typing import Literal

import numpy as np

from mit_harness.errors import InputError
from mit_harness.stats.checks import FloatArray
from mit_harness.stats.paired import smallest_detectable
from mit_harness.stats.rank import Order, ordered

Kind = Literal["proportion", "difference"]

EFFICIENCY = 3 / math.pi
"""Of the signed-rank test relative to the t-test, under normal differences (Pitman)."""
DRAWS = 2_000
_NULL_DRAWS = 20_000
_ALIKE = 1e-9  # statistics this close are one


def detectable(kind: Kind, n: int, *, power: float = 0.8, alpha: float = 0.025) -> float | None:
    """Return the smallest effect that n matched pairs detect with this power.

    Parameters
    ----------
    kind
        ``proportion``: P(a > b) by the exact sign test, as in `Metric.mde`. ``difference``: d_z
        by the Wilcoxon signed-rank test, see `detectable_difference`.
    n
        Pairs, none tied.
    power, alpha
        Wanted probability of p < alpha, one-sided; alpha < power < 1.

    Returns
    -------
    float or None
        None where no outcome of n pairs has p < alpha.
    """
    _usable(power, alpha)
    if kind == "proportion":
        return smallest_detectable(n, alpha, power)
    if kind == "difference":
        return detectable_difference(n, power=power, alpha=alpha)
    raise InputError(f"the kind of effect {kind!r} is unknown; known: proportion, difference")


@lru_cache(maxsize=256)
def detectable_difference(n: int, *, power: float = 0.8, alpha: float = 0.025) -> float | None:
    """Return the smallest d_z (mean by SD of the differences) that n pairs detect.

    That of the paired t-test (noncentral t) with n times 3/pi pairs, the Wilcoxon test's
    asymptotic relative efficiency under normal differences. At the d_z found the exact test has
    a simulated power of 0.76 to 0.82 from n = 7 on, and of 0.67 at 6, where all have to be won.

    Parameters
    ----------
    n
        Pairs, no difference 0.
    power, alpha
        As in `detectable`.
    """
    from scipy.special import nctdtrinc, stdtrit

    _usable(power, alpha)
    if n < 2 or 0.5**n >= alpha:
        return None
    pairs = n * EFFICIENCY
    critical = stdtrit(pairs - 1, 1 - alpha)
    return float(nctdtrinc(pairs - 1, 1 - power, critical)) / math.sqrt(pairs)


@lru_cache(maxsize=64)
def detectable_rank_covariance(
    sizes: tuple[int, ...],
    *,
    power: float = 0.8,
    alpha: float = 0.025,
    draws: int = DRAWS,
    seed: int = 42,
) -> float | None:
    """Return the smallest expected rank covariance that strata of these sizes detect.

    Model: within each stratum the mean scores and the reference, both without ties, are a
    Gaussian copula: normal scores with correlation rho, the same in all strata. The smallest rho
    with the wanted power is found by simulation, with the same draws for every rho, against
    20,000 draws from the permutation null distribution; its expected statistic is exact.

    The number of variants limits this, not that of backgrounds: noise in the means of few
    backgrounds is part of rho.

    Parameters
    ----------
    sizes
        Variants in each stratum; a stratum of one adds nothing.
    power, alpha
        As in `detectable`.
    draws, seed
        Of the simulation: the power at the effect found is within about 0.02 at 2,000 draws.

    Returns
    -------
    float or None
        None where not even the reference's own order has p < alpha.
    """
    _usable(power, alpha)
    if not sizes or min(sizes) < 1 or draws < 1 or seed < 0:
        raise InputError(
            f"the power of ranks needs strata of at least 1, draws >= 1 and a seed >= 0, not "
            f"{sizes}, {draws} and {seed}"
        )
    if -sum(math.lgamma(k + 1) for k in sizes) >= math.log(alpha):
        return None
    rho = _smallest_rho(sizes, power, alpha, draws, np.random.default_rng(seed))
    return None if rho is None else expected_rank_covariance(sizes, rho)


def _smallest_rho(
    sizes: tuple[int, ...], power: float, alpha: float, draws: int, rng: np.random.Generator
) -> float | None:
    sizes = tuple(k for k in sizes if k > 1)
    reference = np.concatenate([np.arange(float(k)) for k in sizes])
    order = ordered(reference, np.repeat(np.arange(float(len(sizes))), sizes))
    critical = _critical(_statistic(order, rng.normal(size=(_NULL_DRAWS, sum(sizes)))), alpha)
    if critical is None:
        return None
    noise, signal = rng.normal(size=(2, draws, sum(sizes)))
    # Sorted within strata, the reference's normal scores stand in the order of `order`.
    ranked = np.hstack([np.sort(signal[:, columns], axis=1) for columns in order.columns])
    low, high = 0.0, 1.0
    while high - low > 1e-4:
        rho = (low + high) / 2
        found = _statistic(order, rho * ranked + math.sqrt(1 - rho**2) * noise)
        low, high = (rho, high) if (found >= critical - _ALIKE).mean() < power else (low, rho)
    return high


def expected_rank_covariance(sizes: tuple[int, ...], rho: float) -> float:
    """Return the expected rank covariance under the Gaussian copula with correlation rho.

    Per stratum that of Spearman's coefficient (Moran 1948), weighted by the ranks' variance,
    (k^2 - 1) / 12.
    """
    total = sum(k**2 - 1 for k in sizes)
    if not total:
        raise InputError(f"strata of the sizes {sizes} have no ranks to compare")
    parts = [
        (k**2 - 1) * 6 / (math.pi * (k + 1)) * (math.asin(rho) + (k - 2) * math.asin(rho / 2))
        for k in sizes
    ]
    return sum(parts) / total


def _statistic(order: Order, values: FloatArray) -> FloatArray:
    return order.agreement(order.ranks(values, 0.0))


def _critical(null: FloatArray, alpha: float) -> float | None:
    """Return the smallest value that is reached with a probability below alpha."""
    found, counts = np.unique(np.round(null, 9), return_counts=True)
    reached = np.cumsum(counts[::-1])[::-1] / len(null)
    rejected = found[reached < alpha]
    return float(rejected[0]) if len(rejected) else None


def _usable(power: float, alpha: float) -> None:
    if not 0 < alpha < power < 1:
        raise InputError(f"power and alpha have to satisfy 0 < {alpha} < {power} < 1")
