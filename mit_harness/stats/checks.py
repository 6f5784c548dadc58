"""The same questions to every input: finite numbers, matching shapes, a usable tolerance."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mit_harness.errors import InputError

FloatArray = NDArray[np.float64]

LARGEST = 1e140


def finite(name: str, values: ArrayLike, *dimensions: int) -> FloatArray:
    """Return `values` as finite float64 with one of the given numbers of dimensions.

    Raises
    ------
    InputError
        If a value is not finite or the shape is another one. Claims turn non-finite scores into
        the verdict ``error`` before they come here.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: the values are not an array of numbers ({error})") from None
    if array.ndim not in (dimensions or (1,)):
        wanted = " or ".join(map(str, dimensions or (1,)))
        raise InputError(f"{name}: an array of {wanted} dimension(s) is needed, not {array.ndim}")
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        place = where[0] if len(where) == 1 else where
        raise InputError(
            f"{name}: the value at {place} is {array[where]}; statistics need finite scores"
        )
    if array.size and np.abs(array).max() > LARGEST:
        raise InputError(f"{name}: a value above {LARGEST:g} in size overflows when squared")
    return array


def paired(name: str, a: ArrayLike, b: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return two finite arrays whose rows belong together, as (n, m) each.

    A 1-D array is one column, which is compared with every column of the other.
    """
    first, second = finite(name, a, 1, 2), finite(name, b, 1, 2)
    x = first[:, None] if first.ndim == 1 else first
    y = second[:, None] if second.ndim == 1 else second
    columns = {x.shape[1], y.shape[1]}
    if len(x) != len(y) or 0 in columns or (len(columns) > 1 and 1 not in columns):
        raise InputError(
            f"{name}: pairs are compared by index, and the shapes {first.shape} and "
            f"{second.shape} do not match; pass rows in the same order"
        )
    x, y = np.broadcast_arrays(x, y)
    return x, y


def usable_tolerance(name: str, tolerance: float) -> float:
    """Return a tolerance that is a finite number >= 0, or raise InputError."""
    if not (math.isfinite(tolerance) and tolerance >= 0):
        raise InputError(f"{name}: the tolerance {tolerance} has to be a finite number >= 0")
    return float(tolerance)


def rounding(*arrays: FloatArray) -> float:
    """Return the size below which differences between these values are floating-point noise."""
    largest = max((float(np.abs(a).max()) for a in arrays if a.size), default=0.0)
    return 16 * float(np.finfo(np.float64).eps) * largest


def ranked_levels(values: FloatArray, tolerance: float) -> FloatArray:
    """Return each value's level from 1 up: sorted neighbours within the tolerance share one."""
    if not values.size:
        return values.copy()
    order = np.argsort(values, kind="stable")
    steps = np.diff(values[order], prepend=values[order[0]]) > tolerance
    levels = np.empty(len(values))
    levels[order] = 1 + np.cumsum(steps)
    return levels


def usable_draws(name: str, seed: int, *draws: int) -> None:
    """Raise InputError unless the seed is at least 0 and each number of draws at least 1."""
    if seed < 0 or any(number < 1 for number in draws):
        numbers = " and ".join(map(str, draws))
        raise InputError(
            f"{name}: random draws need a seed >= 0 and at least 1 of them, not seed {seed} and "
            f"{numbers}"
        )
