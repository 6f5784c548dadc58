"""How far two models give the same outcome, pair by pair, beyond what chance alone would give."""

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mit_harness.errors import InputError
from mit_harness.stats.bootstrap import RESAMPLES
from mit_harness.stats.checks import FloatArray, usable_draws
from mit_harness.stats.effect import estimate
from mit_harness.stats.metric import Metric, undefined

UNIT = "kappa"
_NO_ROOM = 1e-12
"""Disagreement expected by chance below which there is none; of n pairs it is at least 1 / n**2."""


def cohen_kappa(
    name: str, first: ArrayLike, second: ArrayLike, *, seed: int, size: int = RESAMPLES
) -> Metric:
    """Return Cohen's kappa of two raters' categories, unweighted (Cohen 1960).

    kappa = (observed - expected) / (1 - expected), where `observed` is the share of pairs with
    one category and `expected` the share if each rater kept its own frequencies and the two were
    independent: 1 is agreement throughout, 0 that of chance. Untested. The 95 % interval resamples
    pairs (BCa, percentile where BCa is undefined); a resample in which both raters give one and
    the same category throughout has no kappa.

    Parameters
    ----------
    name
        Of the metric.
    first, second
        Categories of the same n pairs in the same order: text or whole numbers, shape (n,).
    seed, size
        Of the bootstrap.

    Returns
    -------
    Metric
        Null where each rater gives one category only: nothing varies that could go together. 0
        without an interval where only one of them does.

    Raises
    ------
    InputError
        If the shapes differ or are not (n,), or a category is neither text nor a whole number.
    """
    usable_draws(name, seed, size)
    a, b, count = _codes(name, first, second)
    if not len(a):
        return undefined(name, 0, UNIT, "no pairs")
    single = [bool((codes == codes[0]).all()) for codes in (a, b)]
    if all(single):
        return undefined(name, len(a), UNIT, "each of the two has one outcome only")
    if any(single):
        why = "one of the two has one outcome only: 0 whatever the other does, so no interval"
        return replace(undefined(name, len(a), UNIT, why), value=0.0)
    one_hot = np.eye(count)
    columns = np.column_stack([(a == b).astype(np.float64), one_hot[a], one_hot[b]])
    said = "the two agree on every pair" if (a == b).all() else ""
    return estimate(
        name, [columns], partial(_kappa, count), seed=seed, unit=UNIT, note=said, size=size
    )


def _kappa(count: int, means: FloatArray) -> FloatArray:
    """Return kappa of the means of: alike, each category of the first, each of the second."""
    observed, shares = means[..., 0], means[..., 1:]
    expected = (shares[..., :count] * shares[..., count:]).sum(axis=-1)
    room = np.where(1 - expected > _NO_ROOM, 1 - expected, np.nan)
    found: FloatArray = (observed - expected) / room
    return found


def _codes(
    name: str, first: ArrayLike, second: ArrayLike
) -> tuple[NDArray[np.intp], NDArray[np.intp], int]:
    """Return both raters' categories as numbers from 0, and how many categories there are."""
    sides = [np.asarray(first), np.asarray(second)]
    if sides[0].ndim != 1 or sides[0].shape != sides[1].shape:
        raise InputError(
            f"{name}: categories are compared pair by pair, and the shapes {sides[0].shape} and "
            f"{sides[1].shape} do not match; pass one category per pair, in the same order"
        )
    kinds = {side.dtype.kind for side in sides if side.size}
    if not (kinds <= {"U"} or kinds <= {"i", "u", "b"}):
        raise InputError(f"{name}: categories are all text, or all whole numbers")
    categories, codes = np.unique(np.concatenate(sides), return_inverse=True)
    return codes[: len(sides[0])], codes[len(sides[0]) :], len(categories)
