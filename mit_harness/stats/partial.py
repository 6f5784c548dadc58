"""Rank correlations of scores and measurements, given what composition already says.

The partial Spearman correlation: score, measurement and covariates are replaced by their ranks,
score and measurement are regressed on the covariates (least squares, with an intercept), and the
residuals are correlated. What a score owes to the covariates' ranks is then gone: a score that
they explain wholly has no residual, and its correlation is exactly 0 with an interval of no width.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from mit_harness.errors import InputError
from mit_harness.stats.bootstrap import normal_interval
from mit_harness.stats.checks import FloatArray, finite, rounding, usable_tolerance
from mit_harness.stats.clustered import average_ranks
from mit_harness.stats.metric import Metric, notes, undefined

T_TEST = "one-sided t-test of the groups' mean"
NOTHING = 0.0
"""The correlation of a score that is constant, or wholly explained: exactly 0, without a width.
Told from a correlation that happens to be 0 by identity."""
_EXPLAINED = 1e-10
"""Share of a variable's variance below which a residual is rounding."""


@dataclass(frozen=True)
class Residuals:
    """Ranks of one measurement with what its covariates explain of any score.

    Depends on the sequences alone, so all models of a run share it.

    Attributes
    ----------
    basis
        Orthonormal columns that span the centred ranks of the covariates, shape (n, k).
    centred
        Centred ranks of the measurement, shape (n,).
    left
        What the covariates leave of them.
    """

    basis: FloatArray = field(repr=False)
    centred: FloatArray = field(repr=False)
    left: FloatArray = field(repr=False)

    @classmethod
    def of(cls, measured: ArrayLike, covariates: ArrayLike) -> "Residuals":
        """Prepare a measurement, shape (n,), and its covariates, shape (n, k).

        Covariates may repeat each other: what depends on the others adds nothing.

        Raises
        ------
        InputError
            If a value is not finite or the shapes do not match.
        """
        values = finite("measured", measured)
        columns = finite("covariates", covariates, 2)
        if len(columns) != len(values):
            raise InputError(
                f"{len(values)} measurements have {len(columns)} rows of covariates; pass a row "
                "for each"
            )
        ranked = [_centred_ranks(column, 0.0) for column in columns.T]
        basis = _basis(np.column_stack([np.zeros(len(values)), *ranked]))
        centred = _centred_ranks(values, 0.0)
        return cls(basis, centred, _without(basis, centred))

    def of_score(self, values: FloatArray, floor: float) -> FloatArray:
        """Return a score's centred ranks, or zeros where the covariates leave nothing of them.

        Scores up to `floor` apart tie.
        """
        ranks = _centred_ranks(values, floor)
        left = _without(self.basis, ranks)
        return ranks if _is_left(left, ranks) else np.zeros(len(values))

    def correlations(self, left: FloatArray) -> FloatArray:
        """Return the correlation of the measurement with variables, freed of the covariates.

        One for each column of `left`, shape (n, b); 0 where nothing of either is left.
        """
        shared = self.basis.T @ left
        size = (left * left).sum(axis=0) - (shared * shared).sum(axis=0)
        scale = size * float(self.left @ self.left)
        found: FloatArray = np.where(
            scale > 0, self.left @ left / np.sqrt(np.where(scale > 0, scale, 1.0)), 0.0
        )
        return found


def spearman(name: str, scores: ArrayLike, residuals: Residuals, tolerance: float) -> Metric:
    """Return Spearman's r, and its interval where rows are independent draws; see `partial`."""
    r = spearman_r(name, scores, residuals, tolerance)
    return _single(name, r, len(residuals.centred), 0)


def partial(name: str, scores: ArrayLike, residuals: Residuals, tolerance: float) -> Metric:
    """Return the partial Spearman correlation of one library.

    The interval takes rows for independent draws: Fisher's z with the standard error
    sqrt((1 + r^2 / 2) / (n - k - 3)) of Bonett and Wright (2000), for k covariates. Untested.

    Parameters
    ----------
    name
        Of the metric.
    scores
        Shape (n,).
    residuals
        Of the measurement.
    tolerance
        Scores this close tie.
    """
    return _single(
        name,
        partial_r(name, scores, residuals, tolerance),
        len(residuals.centred),
        residuals.basis.shape[1],
    )


def partial_r(name: str, scores: ArrayLike, residuals: Residuals, tolerance: float) -> float | None:
    """Return the correlation alone: 0 where the score is constant or wholly explained.

    None where the measurement does not vary, or the covariates explain all of it.
    """
    values, floor = _scores(name, scores, residuals, tolerance)
    ranks = _centred_ranks(values, floor)
    left = _without(residuals.basis, ranks)
    if not _is_left(residuals.left, residuals.centred):
        return None
    if not _is_left(left, ranks):
        return NOTHING
    return _correlation(left, residuals.left)


def spearman_r(
    name: str, scores: ArrayLike, residuals: Residuals, tolerance: float
) -> float | None:
    """Return Spearman's r alone: 0 where the score is constant, None where the measurement is."""
    values, floor = _scores(name, scores, residuals, tolerance)
    return _correlation(_centred_ranks(values, floor), residuals.centred)


def mean_of_groups(
    name: str, values: Sequence[float | None], *, unit: str, against: float, what: str = "groups"
) -> Metric:
    """Return the mean of one estimate a group, with a t interval of n - 1 degrees of freedom.

    Estimates that are undefined are left out and counted in the note. Where all are alike the
    interval has no width.

    Parameters
    ----------
    name
        Of the metric.
    values
        One estimate a group, or None.
    unit
        Of the estimates.
    against
        The null of the one-sided t-test.
    what
        Groups, in words.
    """
    known = finite(name, [value for value in values if value is not None])
    lost = len(values) - len(known)
    left_out = f"{lost} of {len(values)} {what} undefined" if lost else ""
    n = len(known)
    if n < 2:
        return undefined(name, n, unit, notes(f"{n} {what} give no interval", left_out))
    from scipy.special import stdtr, stdtrit

    value = float(known.mean())
    error = float(known.std(ddof=1) / np.sqrt(n))
    if error <= 1e-10:  # rounding, which must not lie above the null
        error = 0.0
        value = against if abs(value - against) <= 1e-10 else value
    reach, inner = (float(stdtrit(n - 1, q)) * error for q in (0.975, 0.95))
    if error == 0.0:
        p = 0.0 if value > against else 1.0
    else:
        p = float(stdtr(n - 1, (against - value) / error))
    return Metric(
        name=name,
        value=value,
        ci_low=value - reach,
        ci_high=value + reach,
        p=p,
        n=n,
        ties=None,
        unit=unit,
        test=T_TEST,
        ci_method=f"t, {n - 1} df",
        ci90_low=value - inner,
        ci90_high=value + inner,
        note=notes(f"{n} {what}", left_out, "" if error else "all alike: zero width"),
    )


def _scores(
    name: str, scores: ArrayLike, residuals: Residuals, tolerance: float
) -> tuple[FloatArray, float]:
    values = finite(name, scores)
    if values.shape != residuals.centred.shape:
        raise InputError(
            f"{name}: {len(values)} scores and {len(residuals.centred)} measurements do not match"
        )
    return values, usable_tolerance(name, tolerance) + rounding(values)


def _centred_ranks(values: FloatArray, tolerance: float) -> FloatArray:
    ranks = average_ranks(values, tolerance)
    return ranks - (len(ranks) + 1) / 2.0 if len(ranks) else ranks


def _basis(columns: FloatArray) -> FloatArray:
    """Return orthonormal columns that span those given."""
    if not columns.size:
        return np.zeros((len(columns), 0))
    u, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    kept: FloatArray = u[:, sizes > 1e-9 * max(float(sizes[0]), 1e-300)]
    return kept if float(sizes[0]) > 0 else kept[:, :0]


def _without(basis: FloatArray, values: FloatArray) -> FloatArray:
    left: FloatArray = values - basis @ (basis.T @ values)
    return left


def _is_left(left: FloatArray, whole: FloatArray) -> bool:
    total = float(whole @ whole)
    return total > 0 and float(left @ left) > _EXPLAINED * total


def _correlation(x: FloatArray, y: FloatArray) -> float | None:
    """Return the correlation of centred variables: 0 where the first is flat, None the second."""
    first, second = float(x @ x), float(y @ y)
    if second <= 0:
        return None
    if first <= 0:
        return NOTHING
    return float(np.clip(x @ y / np.sqrt(first * second), -1.0, 1.0))


def _single(name: str, r: float | None, n: int, covariates: int) -> Metric:
    unit = "r"
    if r is None:
        return undefined(name, n, unit, "what was measured does not vary beyond its covariates")
    free = n - covariates - 3
    if free < 1:
        return undefined(name, n, unit, f"{n} rows are too few for {covariates} covariates")
    low, high = 0.0, 0.0
    if r is not NOTHING:
        centre = float(np.arctanh(np.clip(r, -1 + 1e-15, 1 - 1e-15)))
        error = float(np.sqrt((1 + r * r / 2) / free))
        bounds = np.array(normal_interval(centre, error, (0.95,)).bounds[0], dtype=np.float64)
        low, high = map(float, np.tanh(bounds))
    return Metric(
        name=name,
        value=r,
        ci_low=low,
        ci_high=high,
        p=None,
        n=n,
        ties=None,
        unit=unit,
        test="",
        ci_method="Fisher z",
        note="one library: sequences taken for independent draws",
    )
