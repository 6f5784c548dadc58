"""Effect sizes, and any other statistic of resampled column means."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mit_harness.errors import InputError
from mit_harness.stats.bootstrap import RESAMPLES, Method, Statistic, interval
from mit_harness.stats.checks import FloatArray, finite, paired, rounding, usable_tolerance
from mit_harness.stats.metric import Metric, notes, undefined

COHEN = "Cohen's d"
_NO_SPREAD = 1e-14  # variance of columns scaled to 1, below which a resample has none


@dataclass(frozen=True)
class Standardised:
    """Cohen's d as a statistic of column means.

    Attributes
    ----------
    blocks
        What is resampled: one block of matched rows, or one block per group.
    statistic
        d of the four means in `blocks`.
    difference
        Raw mean(intact) - mean(broken).
    spread
        Pooled SD (ddof = 1).
    floor
        Spreads and differences up to this are zero.
    """

    blocks: tuple[FloatArray, ...]
    statistic: Statistic
    difference: float
    spread: float
    floor: float

    @property
    def rows(self) -> int:
        """Rows of the smallest block."""
        return min(len(block) for block in self.blocks)


def estimate(
    name: str,
    blocks: Sequence[FloatArray],
    statistic: Statistic,
    *,
    seed: int,
    unit: str,
    note: str = "",
    size: int = RESAMPLES,
    method: Method = "BCa",
) -> Metric:
    """Return any statistic of column means with its 95 % bootstrap interval, untested.

    Parameters
    ----------
    name, unit, note
        Of the metric.
    blocks, statistic, seed, size, method
        As in `interval`: rows of one block are resampled together.
    """
    found = interval(blocks, statistic, seed=seed, size=size, method=method)
    rows = min(len(block) for block in blocks)
    return Metric(
        name=name,
        value=found.estimate,
        ci_low=found.low,
        ci_high=found.high,
        p=None,
        n=rows,
        ties=None,
        unit=unit,
        test="",
        ci_method=found.method,
        note=notes(note, found.note),
        sample=found.sample,
    )


def standardised(
    name: str, intact: ArrayLike, broken: ArrayLike, *, paired_index: bool, tolerance: float
) -> Standardised:
    """Return Cohen's d of two samples of at least two rows as a statistic of column means.

    Each group is centred on its own mean and scaled by the pooled SD: this changes nothing but
    the rounding.
    """
    a, b = finite(name, intact), finite(name, broken)
    if paired_index:
        paired(name, a, b)
    if min(len(a), len(b)) < 2:
        raise InputError(f"{name}: a spread needs two scores in each group")
    degrees = len(a) + len(b) - 2
    spread = math.sqrt((len(a) * a.var() + len(b) * b.var()) / degrees)
    floor = max(usable_tolerance(name, tolerance), rounding(a, b))
    scale = spread if spread > floor else 1.0
    columns = [_moments(a, scale), _moments(b, scale)]
    blocks = (np.hstack(columns),) if paired_index else tuple(columns)
    offset = float(a.mean() - b.mean()) / scale
    weights = len(a) / degrees, len(b) / degrees

    def statistic(means: FloatArray) -> FloatArray:
        first = means[..., 1] - means[..., 0] ** 2
        second = means[..., 3] - means[..., 2] ** 2
        pooled = weights[0] * first + weights[1] * second
        return (offset + means[..., 0] - means[..., 2]) / root(pooled)

    return Standardised(blocks, statistic, float(a.mean() - b.mean()), spread, floor)


def cohen_d(
    name: str,
    intact: ArrayLike,
    broken: ArrayLike,
    *,
    paired_index: bool,
    seed: int,
    tolerance: float,
    size: int = RESAMPLES,
    method: Method = "BCa",
) -> Metric:
    """Return Cohen's d of intact over broken: difference of means by the pooled SD (ddof = 1).

    Where the pooled SD is at most the tolerance, d is +inf or -inf without an interval, and null
    where the difference is 0 too; `note` tells the raw difference. Nothing is tested.

    Parameters
    ----------
    name
        Of the metric.
    intact, broken
        Scores, shape (n,) and (m,).
    paired_index
        True resamples index i of both together (matched sets), False each group by itself.
    seed, size, method
        Of the bootstrap.
    tolerance
        Of the scorer.
    """
    a, b = finite(name, intact), finite(name, broken)
    if min(len(a), len(b)) < 2:
        return undefined(name, min(len(a), len(b)), COHEN, "a spread needs two scores per group")
    d = standardised(name, a, b, paired_index=paired_index, tolerance=tolerance)
    if d.spread <= d.floor:
        return _no_spread(name, d.rows, d.difference, d.floor, COHEN, "pooled SD")
    return estimate(name, d.blocks, d.statistic, seed=seed, unit=COHEN, size=size, method=method)


def cohen_dz(
    name: str,
    intact: ArrayLike,
    broken: ArrayLike,
    *,
    seed: int,
    tolerance: float,
    size: int = RESAMPLES,
    method: Method = "BCa",
) -> Metric:
    """Return the paired d_z: mean of the differences by their SD (ddof = 1), zero SD as in d."""
    unit = "Cohen's d_z"
    x, y = paired(name, finite(name, intact), finite(name, broken))
    difference, n = (x - y)[:, 0], len(x)
    if n < 2:
        return undefined(name, n, unit, "a spread needs two pairs")
    floor = max(usable_tolerance(name, tolerance), rounding(x, y))
    mean, spread = float(difference.mean()), float(difference.std(ddof=1))
    if spread <= floor:
        return _no_spread(name, n, mean, floor, unit, "SD of the differences")

    def statistic(means: FloatArray) -> FloatArray:
        variance = (means[..., 1] - means[..., 0] ** 2) * n / (n - 1)
        return (mean / spread + means[..., 0]) / root(variance)

    block = _moments(difference, spread)
    return estimate(name, [block], statistic, seed=seed, unit=unit, size=size, method=method)


def _no_spread(name: str, n: int, difference: float, floor: float, unit: str, what: str) -> Metric:
    """Return the infinite or null effect of samples without spread."""
    if abs(difference) <= floor:
        return undefined(name, n, unit, f"zero spread ({what}) and no difference")
    why = f"zero spread ({what}); the raw difference is {difference:.6g}"
    value = math.copysign(math.inf, difference)
    return Metric(name, value, None, None, None, n, None, unit, test="", ci_method="", note=why)


def _moments(values: FloatArray, scale: float) -> FloatArray:
    """Return the columns x and x squared of centred, scaled values."""
    centred = (values - values.mean()) / scale
    return np.column_stack([centred, centred**2])


def root(variance: FloatArray) -> FloatArray:
    """Return the SD, and nan for resamples without any spread."""
    return np.sqrt(np.where(variance > _NO_SPREAD, variance, np.nan))
