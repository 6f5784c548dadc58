"""Resamples of rows: how often each is drawn, and the column means of what is drawn."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mit_harness.stats.checks import FloatArray

RESAMPLES = 10_000

_KEPT_CELLS = 5_000_000  # 40 MB of float64
_COMPACT_CELLS = 100_000_000  # 100 MB of bytes: beyond, counts are drawn anew each time
_CHUNK_CELLS = 2_000_000
_ALIKE = 1e-12  # variance, of columns scaled to 1, that is rounding


@dataclass(frozen=True, slots=True)
class Resampler:
    """Multinomial counts: how often each of `n` rows is drawn in each of `size` resamples.

    Attributes
    ----------
    n, seed, size
        Rows, seed (>= 0) and number of resamples; together with `stream` they fix the counts.
    stream
        Which of several independent samples is resampled, so that two of one size differ.
    """

    n: int
    seed: int
    size: int = RESAMPLES
    stream: int = 0

    @property
    def counts(self) -> FloatArray:
        """Float64, shape (size, n), read-only; drawn once where it is not large."""
        if self.n * self.size <= _KEPT_CELLS:
            return _kept_counts(self)
        return np.concatenate(list(self.chunks()))

    def chunks(self) -> Iterator[FloatArray]:
        """Yield `counts` a few rows at a time, so that memory stays bounded for any n.

        Kept as bytes where it is large, and drawn anew where it is larger still.
        """
        cells = self.n * self.size
        if cells <= _KEPT_CELLS:
            yield _kept_counts(self)
        elif cells <= _COMPACT_CELLS:
            yield from (part.astype(np.float64) for part in _compact_counts(self))
        else:
            yield from (part.astype(np.float64) for part in _draw(self))

    def means(self, columns: FloatArray) -> FloatArray:
        """Return the column means of every resample.

        Parameters
        ----------
        columns
            Shape (n, k).

        Returns
        -------
        FloatArray
            Shape (size, k).
        """
        # einsum, not @: BLAS threads contend for a product this small, and where several runs
        # share the cores it then takes ten times as long.
        rows = np.ascontiguousarray(columns.T)
        parts = [np.einsum("ij,kj->ik", counts, rows) for counts in self.chunks()]
        return np.concatenate(parts) / self.n


def normal_means(columns: FloatArray, seed: int, size: int, stream: int = 0) -> FloatArray:
    """Return column means drawn from the normal distribution that resampled means tend to.

    Its mean is that of the columns and its covariance theirs over n, so that memory and time do
    not grow with n times `size`.

    Parameters
    ----------
    columns
        Shape (n, k), n of at least 2.
    seed, size, stream
        As of a `Resampler`.

    Returns
    -------
    FloatArray
        Shape (size, k).
    """
    n = len(columns)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(n, size, stream)))
    centred = columns - columns.mean(axis=0)
    sigma = centred.std(axis=0, ddof=1)
    scaled = centred / np.where(sigma > 0, sigma, 1.0)
    # The symmetric root: unlike Cholesky's it exists where columns depend on each other. Rounding
    # is cut off, so that columns that are alike stay alike and tie.
    spread, axes = np.linalg.eigh(scaled.T @ scaled / (n - 1))
    root = (axes * np.sqrt(np.where(spread > _ALIKE, spread, 0.0))) @ axes.T
    drawn: FloatArray = rng.standard_normal((size, columns.shape[1])) @ root
    drawn *= sigma / np.sqrt(n)
    drawn += columns.mean(axis=0)
    return drawn


@lru_cache(maxsize=8)
def _kept_counts(resampler: Resampler) -> FloatArray:
    counts = np.concatenate(list(_draw(resampler))).astype(np.float64)
    counts.flags.writeable = False
    return counts


@lru_cache(maxsize=3)
def _compact_counts(resampler: Resampler) -> tuple[NDArray[Any], ...]:
    """Return the counts in the smallest type that holds them: nearly always bytes."""
    return tuple(part.astype(np.min_scalar_type(int(part.max()))) for part in _draw(resampler))


def _draw(resampler: Resampler) -> Iterator[NDArray[np.intp]]:
    """Yield rows of counts: indices are drawn uniformly and counted, which is multinomial."""
    n, key = resampler.n, (resampler.n, resampler.size, resampler.stream)
    rng = np.random.default_rng(np.random.SeedSequence(resampler.seed, spawn_key=key))
    rows = max(1, _CHUNK_CELLS // n)
    for start in range(0, resampler.size, rows):
        batch = min(rows, resampler.size - start)
        drawn = rng.integers(0, n, size=(batch, n)) + n * np.arange(batch)[:, None]
        yield np.bincount(drawn.ravel(), minlength=batch * n).reshape(batch, n)
