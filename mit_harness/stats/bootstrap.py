"""Bootstrap intervals for statistics of column means.

Every statistic here is a function of the means of some columns, so that all resamples are one
matrix product, ``counts @ columns / n``, and all metrics of one (n, seed) share their counts.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from mit_harness.errors import InputError
from mit_harness.stats.checks import FloatArray, finite
from mit_harness.stats.resampling import RESAMPLES, Resampler, normal_means

__all__ = ["RESAMPLES", "Resampler"]  # with what is defined here

Method = Literal["BCa", "percentile"]
Statistic = Callable[[FloatArray], FloatArray]

LEVELS = (0.95, 0.90)
DELTA_ABOVE = 10_000
"""Rows above which an interval is a delta-method one: its memory is O(n k)."""
NORMAL_MEANS = "delta (normal means)"
"""How the interval of a statistic that is not smooth is labelled above that: a percentile one of
the statistic of means that were drawn from their normal limit."""
MAX_LOST = 0.05
"""The share of non-finite resamples from which on an interval is undefined."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What a bootstrap resamples, so that two models can be resampled together.

    Attributes
    ----------
    blocks, statistic, seed, size, method
        As in `interval`, blocks of two dimensions.
    smooth
        False for statistics that leaving one row out hardly ever moves (ranks, a place): they have
        no jackknife, and so percentile intervals at any size.
    """

    blocks: tuple[FloatArray, ...]
    statistic: Statistic
    seed: int
    size: int = RESAMPLES
    method: Method = "BCa"
    smooth: bool = True


@dataclass(frozen=True, slots=True)
class Interval:
    """A statistic with its intervals.

    Attributes
    ----------
    estimate
        The statistic of the data; None where it is not finite.
    levels, bounds
        Confidence levels and (low, high) of each; (None, None) where undefined.
    method
        ``BCa bootstrap``, ``percentile bootstrap``, ``delta``, `NORMAL_MEANS`, or empty where
        undefined.
    note
        Why BCa was replaced, what was dropped, or why there is no interval.
    sample
        What was resampled; None where nothing could be.
    """

    estimate: float | None
    levels: tuple[float, ...]
    bounds: tuple[tuple[float, float] | tuple[None, None], ...]
    method: str
    note: str = ""
    sample: Sample | None = field(default=None, compare=False, repr=False)

    @property
    def low(self) -> float | None:
        """Lower bound at the first level."""
        return self.bounds[0][0]

    @property
    def high(self) -> float | None:
        """Upper bound at the first level."""
        return self.bounds[0][1]

    def at(self, level: float) -> tuple[float, float] | tuple[None, None]:
        """Return (low, high) at one of the levels."""
        return self.bounds[self.levels.index(level)]


def interval(
    blocks: Sequence[FloatArray],
    statistic: Statistic,
    *,
    seed: int,
    levels: Sequence[float] = LEVELS,
    size: int = RESAMPLES,
    method: Method = "BCa",
) -> Interval:
    """Return confidence intervals of a statistic of column means.

    Rows are resampled within each block, independently of the other blocks: one block of matched
    rows resamples matched sets, two blocks are two unpaired samples.

    BCa takes its acceleration from the jackknife over all blocks, as `scipy.stats.bootstrap`
    does. Where it is undefined (no jackknife variance, every resample on one side, non-finite
    jackknife values) the interval is the percentile one, and says so. Non-finite resamples are
    dropped if fewer than 5 %; otherwise the interval is undefined. Above 10,000 rows in any block
    it is the estimate plus and minus normal quantiles of the jackknife's SE (``delta``).

    Parameters
    ----------
    blocks
        Arrays of shape (n_j, k_j), finite; a 1-D array is one column.
    statistic
        Maps column means of shape (..., sum of k_j), in the blocks' order, to shape (...).
    seed, size, method
        Of the resampling: seed >= 0, number of resamples, ``BCa`` or ``percentile``.
    levels
        Confidence levels; the first is `Interval.low` and `Interval.high`.
    """
    data, wanted = _columns(blocks), _levels(levels, seed, size)
    smallest = min(len(block) for block in data)
    if smallest == 0:
        return _undefined(None, wanted, "no rows")
    with np.errstate(all="ignore"):
        estimate = float(statistic(np.concatenate([block.mean(axis=0) for block in data])))
        if not math.isfinite(estimate):
            return _undefined(None, wanted, "the statistic of the data is not finite")
        if smallest < 2:
            return _undefined(estimate, wanted, "one row gives no interval")
        if max(len(block) for block in data) > DELTA_ABOVE:
            found = _delta(data, statistic, estimate, wanted)
        else:
            values = statistic(resampled_means(data, seed, size))
            found = _from_resamples(data, statistic, estimate, values, wanted, method)
    return replace(found, sample=Sample(tuple(data), statistic, seed, size, method))


def resampled_means(blocks: Sequence[FloatArray], seed: int, size: int) -> FloatArray:
    """Return all blocks' column means side by side in every resample, shape (size, sum of k_j).

    Those of a block of more than `DELTA_ABOVE` rows are drawn from their normal limit.
    """
    parts = [
        normal_means(block, seed, size, stream)
        if len(block) > DELTA_ABOVE
        else Resampler(len(block), seed, size, stream).means(block)
        for stream, block in enumerate(blocks)
    ]
    return np.concatenate(parts, axis=-1)


def resampled_interval(
    blocks: Sequence[FloatArray], estimate: float, values: FloatArray
) -> Interval:
    """Return the percentile interval of what `resampled_means` gave, labelled with how it did."""
    found = percentile_interval(estimate, values)
    if found.method and max(map(len, blocks)) > DELTA_ABOVE:
        return replace(found, method=NORMAL_MEANS)
    return found


def percentile_interval(
    estimate: float, values: FloatArray, levels: Sequence[float] = LEVELS
) -> Interval:
    """Return the percentile intervals of resampled values, non-finite ones handled as above."""
    kept = np.sort(values[np.isfinite(values)])
    lost, wanted = len(values) - len(kept), tuple(levels)
    if lost and lost >= MAX_LOST * len(values):
        return _undefined(estimate, wanted, f"{lost} of {len(values)} resamples are not finite")
    tails = np.array([_tails(level) for level in wanted])
    note = f"{lost} of {len(values)} resamples not finite and dropped" if lost else ""
    return Interval(estimate, wanted, _quantiles(kept, tails), "percentile bootstrap", note)


def _from_resamples(
    data: Sequence[FloatArray],
    statistic: Statistic,
    estimate: float,
    values: FloatArray,
    levels: tuple[float, ...],
    method: Method,
) -> Interval:
    plain = percentile_interval(estimate, values, levels)
    if method == "percentile" or not plain.method:
        return plain
    kept = np.sort(values[np.isfinite(values)])
    tails, why = _bca_tails(data, statistic, estimate, kept, levels)
    if why:
        note = "; ".join(part for part in (plain.note, f"BCa undefined: {why}") if part)
        return Interval(estimate, levels, plain.bounds, plain.method, note)
    return Interval(estimate, levels, _quantiles(kept, tails), "BCa bootstrap", plain.note)


def _bca_tails(
    data: Sequence[FloatArray],
    statistic: Statistic,
    estimate: float,
    ordered: FloatArray,
    levels: tuple[float, ...],
) -> tuple[FloatArray, str]:
    """Return the BCa tail probabilities, shape (levels, 2), or why there are none."""
    from scipy.special import ndtr, ndtri

    tails = np.array([_tails(level) for level in levels])
    # Resamples equal to the estimate but for rounding count half, as exact ties do.
    slack = 1e-12 * max(abs(float(ordered[0])), abs(float(ordered[-1])))
    below = np.searchsorted(ordered, estimate - slack, side="left")
    up_to = np.searchsorted(ordered, estimate + slack, side="right")
    share = float(below + up_to) / (2 * len(ordered))
    if share in (0.0, 1.0):
        return tails, "every resample lies on one side of the estimate"
    influence = _influence(data, statistic)
    if influence is None:
        return tails, "a leave-one-out value is not finite"
    spread = sum(float((u**2).sum()) for u in influence)
    scale = max(abs(estimate), float(np.abs(ordered).max()))
    rows = sum(len(u) for u in influence)
    if spread <= rows * (4 * float(np.finfo(np.float64).eps) * scale) ** 2:
        return tails, "no variance between leave-one-out values"
    skew = sum(float((u**3).sum()) for u in influence)
    acceleration = skew / (6 * spread**1.5)
    shift = float(ndtri(share))
    moved = shift + ndtri(tails)
    denominator = 1 - acceleration * moved
    if not (denominator > 0).all():
        return tails, "the acceleration is too large"
    return ndtr(shift + moved / denominator), ""


def _influence(data: Sequence[FloatArray], statistic: Statistic) -> list[FloatArray] | None:
    """Return per block ``(n - 1) / n * (mean - leave-one-out value)``; None if not finite.

    The leave-one-out means are ``(n mean - row) / (n - 1)``. The squares of all of them add up
    to the jackknife's variance times (n - 1) / n.
    """
    means = [block.mean(axis=0) for block in data]
    result = []
    for j, block in enumerate(data):
        n = len(block)
        left_out = means[j] + (means[j] - block) / (n - 1)
        parts = [np.broadcast_to(mean, (n, len(mean))) for mean in means]
        parts[j] = left_out
        values = statistic(np.concatenate(parts, axis=-1))
        if not np.isfinite(values).all():
            return None
        result.append((n - 1) / n * (values.mean() - values))
    return result


def _delta(
    data: Sequence[FloatArray], statistic: Statistic, estimate: float, levels: tuple[float, ...]
) -> Interval:
    influence = _influence(data, statistic)
    if influence is None:
        return _undefined(estimate, levels, "a leave-one-out value is not finite")
    variance = sum(len(u) / (len(u) - 1) * float((u**2).sum()) for u in influence)
    return normal_interval(estimate, math.sqrt(variance), levels)


def normal_interval(
    estimate: float, standard_error: float, levels: Sequence[float] = LEVELS
) -> Interval:
    """Return estimate plus and minus normal quantiles times the standard error."""
    from scipy.special import ndtri

    bounds = []
    for level in levels:
        reach = float(ndtri(_tails(level)[1])) * standard_error
        bounds.append((estimate - reach, estimate + reach))
    return Interval(estimate, tuple(levels), tuple(bounds), "delta")


def clipped(found: Interval) -> Interval:
    """Return the interval of a proportion cut to [0, 1], which a delta interval may leave."""
    bounds = tuple(
        (None, None) if low is None or high is None else (max(low, 0.0), min(high, 1.0))
        for low, high in found.bounds
    )
    return replace(found, bounds=bounds)


def _columns(blocks: Sequence[FloatArray]) -> list[FloatArray]:
    if not blocks:
        raise InputError("a bootstrap needs at least one block of rows")
    checked = [finite(f"block {j}", block, 1, 2) for j, block in enumerate(blocks)]
    return [block[:, None] if block.ndim == 1 else block for block in checked]


def _levels(levels: Sequence[float], seed: int, size: int) -> tuple[float, ...]:
    if seed < 0 or size < 1 or not levels or not all(0 < level < 1 for level in levels):
        raise InputError(
            f"a bootstrap needs a seed >= 0, a size >= 1 and levels between 0 and 1, not "
            f"{seed}, {size} and {tuple(levels)}"
        )
    return tuple(levels)


def _tails(level: float) -> tuple[float, float]:
    return (1 - level) / 2, (1 + level) / 2


def _quantiles(ordered: FloatArray, tails: FloatArray) -> tuple[tuple[float, float], ...]:
    """Return linearly interpolated quantiles of sorted values, one (low, high) per row."""
    found = np.interp(tails * (len(ordered) - 1), np.arange(len(ordered)), ordered)
    return tuple((float(low), float(high)) for low, high in found)


def _undefined(estimate: float | None, levels: tuple[float, ...], why: str) -> Interval:
    return Interval(estimate, levels, tuple((None, None) for _ in levels), "", why)
