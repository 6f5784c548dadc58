"""A test for factorials: whether a score's levels are those of the measurement, or just any.

In a factorial the same elements come back in every cell and every background. A model that knows
nothing of promoters still prefers some elements to others, and does so everywhere: thousands of
pairs, or eight backgrounds, then agree by one and the same accident, and tests that take them for
independent reject far too often. Here the levels of each factor are permuted as wholes, the same
way in every stratum: the score keeps its structure, and only which level is which is lost.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mit_harness.errors import InputError
from mit_harness.stats.checks import FloatArray, finite, usable_draws
from mit_harness.stats.partial import Residuals

LEVELS_TEST = "one-sided permutation of the elements"
PERMUTATIONS = 1_000
_ALIKE = 1e-9
_BATCH = 50

Rows = NDArray[np.intp] | NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Factorial:
    """Which cell of a factorial each row is.

    Attributes
    ----------
    strata
        Whole numbers, shape (n,): rows change places within a stratum only.
    levels
        Whole numbers from 0, shape (n, k): one column a factor.
    """

    strata: ArrayLike
    levels: ArrayLike

    @cached_property
    def _numbers(self) -> tuple[Rows, Rows, tuple[int, ...]]:
        strata = finite("strata", self.strata).astype(np.intp)
        levels = finite("levels", self.levels, 2).astype(np.intp)
        if len(strata) != len(levels) or (levels.size and levels.min() < 0):
            raise InputError(
                f"{len(strata)} strata and {len(levels)} rows of levels do not match, or a level "
                "is below 0; number them from 0"
            )
        _, strata = np.unique(strata, return_inverse=True)
        sizes = tuple(int(k) + 1 for k in levels.max(axis=0)) if len(levels) else ()
        return strata, levels, sizes

    @cached_property
    def _row_of(self) -> Rows:
        """Row of each cell, -1 where there is none."""
        strata, levels, sizes = self._numbers
        table = np.full(int(np.prod(sizes)) * (int(strata.max()) + 1 if len(strata) else 0), -1)
        cells = self._cells(levels)
        table[cells] = np.arange(len(levels))
        if len(np.unique(cells)) < len(cells):
            raise InputError("two rows are one cell of the factorial; each has to stand once")
        return table

    def _cells(self, levels: Rows) -> Rows:
        strata, _, sizes = self._numbers
        number = strata
        for column, size in zip(levels.T, sizes, strict=True):
            number = number * size + column
        return number

    @property
    def unchanged(self) -> Rows:
        """Every row keeps its own."""
        return np.arange(len(self._numbers[0]), dtype=np.intp)

    def shuffles(self, seed: int, permutations: int) -> tuple[Rows, ...]:
        """Return the row whose score each row gets, -1 where there is none: a column a permutation.

        Shape (n, b) each, as many columns in all as permutations. They depend on no score, so all
        models of a run share them.
        """
        key = (seed, permutations)
        if key not in self._kept:
            self._kept.clear()
            self._kept[key] = tuple(self._drawn(seed, permutations))
        return self._kept[key]

    @cached_property
    def _kept(self) -> dict[tuple[int, int], tuple[Rows, ...]]:
        return {}

    def _drawn(self, seed: int, permutations: int) -> Iterator[Rows]:
        strata, levels, sizes = self._numbers
        spawned = np.random.SeedSequence(seed, spawn_key=(len(levels), permutations))
        rng = np.random.default_rng(spawned)
        table = self._row_of.astype(np.int32)
        for start in range(0, permutations, _BATCH):
            batch = min(_BATCH, permutations - start)
            cells = np.repeat(strata[:, None], batch, axis=1)
            for k, size in enumerate(sizes):
                orders = rng.permuted(np.tile(np.arange(size), (batch, 1)), axis=1).T
                cells = cells * size + orders[levels[:, k]]
            yield table[cells]


def levels_p(
    statistic: Callable[[Rows], FloatArray],
    factorial: Factorial,
    *,
    seed: int,
    permutations: int = PERMUTATIONS,
) -> float:
    """Return the one-sided p of a statistic under permutations of the levels.

    Parameters
    ----------
    statistic
        From the rows whose scores the rows get, shape (n, b), -1 for those that get none, to one
        number a column.
    factorial
        The cells.
    seed, permutations
        Of the draw; the order observed counts as one of them.
    """
    usable_draws("permutations", seed, permutations)
    observed = float(statistic(factorial.unchanged[:, None])[0])
    reached = 1
    for source in factorial.shuffles(seed, permutations):
        reached += int((statistic(source) >= observed - _ALIKE).sum())
    return reached / (1 + permutations)


@dataclass(frozen=True, eq=False)
class RankContrast:
    """How much higher the ranks of rises are than those of falls, within strata, weighted.

    That is the weighted AUROC but for a factor, where ranks are those of all rows of a stratum.

    Attributes
    ----------
    ranks
        Shape (n,), within strata.
    rises
        Shape (n,).
    strata
        Numbered from 0, shape (n,).
    weights
        0 where a row enters nothing, shape (n,).
    """

    ranks: FloatArray
    rises: NDArray[np.bool_]
    strata: Rows
    weights: FloatArray

    def __call__(self, source: Rows) -> FloatArray:
        """Return the contrast of permuted ranks; rows that get none enter nothing."""
        weights = np.where(source >= 0, self.weights[:, None], 0.0)
        ranked = weights * self.ranks[source]
        one, other = self._members * self.rises, self._members * ~self.rises
        rise, fall = one @ weights, other @ weights
        compared = (rise * fall).sum(axis=0)
        won = (fall * (one @ ranked) - rise * (other @ ranked)).sum(axis=0)
        found: FloatArray = won / np.where(compared > 0, compared, 1.0)
        return found

    @cached_property
    def _members(self) -> FloatArray:
        """Which rows each stratum has, shape (strata, n)."""
        members: FloatArray = (np.unique(self.strata)[:, None] == self.strata).astype(np.float64)
        return members


@dataclass(frozen=True, eq=False)
class PartialMean:
    """The mean of partial rank correlations over groups of rows.

    Permuted are the score's ranks themselves; each permutation is freed of the covariates anew.
    Permuting what the covariates left of them rejected too often (benchmarks/measured_nulls.py).

    Attributes
    ----------
    groups
        Rows and what the covariates leave of their measurement, a group each.
    ranks
        Of the score, shape (n,): see `Residuals.of_score`.
    """

    groups: Sequence[tuple[Rows, Residuals]]
    ranks: FloatArray

    def __call__(self, source: Rows) -> FloatArray:
        """Return the mean for permuted ranks; rows that get none count as average ones."""
        drawn = np.where(source >= 0, self.ranks[source], 0.0)
        each = [kept.correlations(drawn[rows]) for rows, kept in self.groups]
        found: FloatArray = np.mean(each, axis=0)
        return found
