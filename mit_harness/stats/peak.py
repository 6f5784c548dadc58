"""Where the mean score is highest, and how often a resample puts it elsewhere."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mit_harness.errors import InputError
from mit_harness.stats.bootstrap import (
    DELTA_ABOVE,
    NORMAL_MEANS,
    RESAMPLES,
    Sample,
    resampled_means,
)
from mit_harness.stats.checks import (
    FloatArray,
    finite,
    rounding,
    usable_draws,
    usable_tolerance,
)
from mit_harness.stats.metric import Metric, notes, undefined

_SHOWN = 0.01  # the smallest share of resamples that the note names
_TAILS = (0.025, 0.975)


def peak(
    name: str,
    scores: ArrayLike,
    places: ArrayLike,
    *,
    seed: int,
    tolerance: float,
    unit: str,
    size: int = RESAMPLES,
) -> Metric:
    """Return the place of the highest mean score, with its distribution over resamples.

    Untested. Of places that tie for the top the smallest is taken, in resamples too, and `ties`
    counts the others; where all tie there is no peak. The interval is the percentile one, each
    end a place; `note` names the places that at least 1 % of the resamples take. Above 10,000
    backgrounds the resampled means are drawn from their normal limit.

    Parameters
    ----------
    name, unit
        Of the metric: the unit of `places`.
    scores
        Shape (n, k): n backgrounds, resampled whole, by k places.
    places
        Shape (k,), distinct, in any order.
    seed, size
        Of the bootstrap.
    tolerance
        Means that differ from the highest by at most this, but for rounding, tie with it.
    """
    values, where = _matched(name, scores, places)
    usable_draws(name, seed, size)
    floor = usable_tolerance(name, tolerance) + rounding(values)
    n, k = values.shape
    if n == 0 or k < 2:
        return undefined(name, n, unit, "no backgrounds" if k > 1 else "a peak needs two places")
    first, *others = where[_at_top(values.mean(axis=0), floor)].tolist()
    if len(others) == k - 1:
        return undefined(name, n, unit, "flat: every place ties", ties=len(others))
    tied = "tied with " + ", ".join(f"{place:g}" for place in others) if others else ""
    if n == 1:
        why = notes(tied, "one row gives no interval")
        return Metric(name, first, None, None, None, n, len(others), unit, "", "", note=why)

    def statistic(means: FloatArray) -> FloatArray:
        found: FloatArray = where[_at_top(means, floor).argmax(axis=-1)]
        return found

    drawn = statistic(resampled_means([values], seed, size))
    low, high = np.quantile(drawn, _TAILS, method="inverted_cdf").tolist()
    told = notes(tied, _shares(drawn))
    how = NORMAL_MEANS if n > DELTA_ABOVE else "percentile bootstrap"
    sample = Sample((values,), statistic, seed, size, "percentile", smooth=False)
    return Metric(
        name, first, low, high, None, n, len(others), unit, "", how, note=told, sample=sample
    )


def _matched(name: str, scores: ArrayLike, places: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return scores and places in ascending order of the places."""
    values, where = finite(name, scores, 2), finite(f"{name}, places", places)
    if len(where) != values.shape[1]:
        raise InputError(f"{name}: {values.shape[1]} columns of scores have {len(where)} places")
    order = np.argsort(where)
    if (np.diff(where[order]) == 0).any():
        raise InputError(f"{name}: every column needs a place of its own, and some are the same")
    return values[:, order], where[order]


def _at_top(means: FloatArray, floor: float) -> NDArray[np.bool_]:
    """Return, along the last axis, which means tie with the highest."""
    at_top: NDArray[np.bool_] = means >= means.max(axis=-1, keepdims=True) - floor
    return at_top


def _shares(drawn: FloatArray) -> str:
    """Return how often each place was drawn, in words, the most frequent first."""
    found, counts = np.unique(drawn, return_counts=True)
    shares = counts / len(drawn)
    order = np.argsort(-shares, kind="stable")
    return ", ".join(f"{found[i]:g}: {100 * shares[i]:.0f} %" for i in order if shares[i] >= _SHOWN)
