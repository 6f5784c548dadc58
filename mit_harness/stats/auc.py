"""The unpaired comparison of two groups, adjusted for what else differs between them.

The covariates' slopes come from one least-squares fit with the group as a regressor (analysis of
covariance) and are held fixed: neither the interval nor the test carries their uncertainty, and
the metric's note says so. In simulations (50 against 100 rows) the 95 % interval covers in 93 %
where two covariates differ by half an SD, about as in classes G and B, in 92 % where one differs
by one SD, and in 78 % at 2.5 SD; the test at 0.025 rejects chance in 3, 3.4 and 11 %.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from mit_harness.errors import InputError
from mit_harness.stats.bootstrap import (
    DELTA_ABOVE,
    RESAMPLES,
    Interval,
    Resampler,
    Sample,
    clipped,
    normal_interval,
    percentile_interval,
)
from mit_harness.stats.checks import (
    FloatArray,
    finite,
    ranked_levels,
    rounding,
    usable_tolerance,
)
from mit_harness.stats.metric import Metric, notes, undefined

MANN_WHITNEY = "one-sided Mann-Whitney U test of the adjusted scores"
_MAX_CELLS = 4_000_000  # of the placement matrix: 32 MB
_MAX_SAMPLE = 250_000  # of a placement matrix that a metric keeps, for comparisons of two models
_FIXED = "covariate slopes (least squares, group as a regressor) held fixed"


def auc_adjusted(
    name: str,
    scores_g: ArrayLike,
    scores_b: ArrayLike,
    covariates_g: ArrayLike,
    covariates_b: ArrayLike,
    *,
    seed: int,
    tolerance: float = 0.0,
    size: int = RESAMPLES,
) -> Metric:
    """Return P(G > B), ties 1/2, after removing what covariates explain within the groups.

    The percentile interval resamples G and B independently, slopes held fixed; above 10,000 rows
    or 4,000,000 pairs it is DeLong's, labelled ``delta``. The test is the one-sided Mann-Whitney
    U test of the adjusted scores.

    Parameters
    ----------
    scores_g, scores_b, covariates_g, covariates_b
        Shape (n,), (m,), (n, k) and (m, k); covariates may be 1-D where k = 1.
    name, seed, size
        Of the metric and its bootstrap.
    tolerance
        Adjusted scores this close, or alike but for rounding, tie.
    """
    g, b = finite(name, scores_g), finite(name, scores_b)
    x_g, x_b = _covariates(name, covariates_g, g), _covariates(name, covariates_b, b)
    smallest = min(len(g), len(b))
    if smallest == 0:
        return undefined(name, 0, "AUC", "an empty group")
    adjusted = _adjust(name, g, b, x_g, x_b)
    if adjusted is None:
        return undefined(name, smallest, "AUC", "the covariates tell the groups apart")
    floor = max(usable_tolerance(name, tolerance), 16 * rounding(g, b))
    found = _interval(*adjusted, floor, seed, size)
    return Metric(
        name=name,
        value=found.estimate,
        ci_low=found.low,
        ci_high=found.high,
        p=_mann_whitney(*adjusted, floor),
        n=smallest,
        ties=_ties(*adjusted, floor),
        unit="AUC",
        test=MANN_WHITNEY,
        ci_method=found.method,
        note=notes(f"{len(g)} against {len(b)}, unpaired; {_FIXED}", found.note),
        sample=found.sample,
    )


def _covariates(name: str, values: ArrayLike, scores: FloatArray) -> FloatArray:
    array = finite(name, values, 1, 2)
    columns = array[:, None] if array.ndim == 1 else array
    if len(columns) != len(scores):
        raise InputError(f"{name}: {len(scores)} scores have {len(columns)} rows of covariates")
    return columns


def _adjust(
    name: str, g: FloatArray, b: FloatArray, x_g: FloatArray, x_b: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """Return scores less their covariates' share, or None where the group is not identifiable."""
    if x_g.shape[1] != x_b.shape[1]:
        raise InputError(f"{name}: the groups have {x_g.shape[1]} and {x_b.shape[1]} covariates")
    x = np.vstack([x_g, x_b])
    x = x - x.mean(axis=0)
    spread = x.std(axis=0)
    x = x / np.where(spread > 0, spread, 1.0)
    scores = np.concatenate([g, b])
    group = np.r_[np.ones(len(g)), np.zeros(len(b))]
    without = np.column_stack([np.ones(len(scores)), x])
    design = np.column_stack([without, group])
    if np.linalg.matrix_rank(design) == np.linalg.matrix_rank(without):
        return None
    slopes = np.linalg.lstsq(design, scores - scores.mean(), rcond=None)[0][1:-1]
    adjusted = scores - x @ slopes
    return adjusted[: len(g)], adjusted[len(g) :]


def _placements(values: FloatArray, others: FloatArray, floor: float) -> FloatArray:
    """Return for each value the share of the others that it exceeds, ties 1/2."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values - floor, side="left")
    up_to = np.searchsorted(ordered, values + floor, side="right")
    return (below + up_to) / (2 * len(others))


def _ties(g: FloatArray, b: FloatArray, floor: float) -> int:
    ordered = np.sort(b)
    inside = np.searchsorted(ordered, g + floor, side="right")
    return int((inside - np.searchsorted(ordered, g - floor, side="left")).sum())


def _interval(g: FloatArray, b: FloatArray, floor: float, seed: int, size: int) -> Interval:
    placed = _placements(g, b, floor)
    value = float(placed.mean())
    levels = (0.95,)
    if min(len(g), len(b)) < 2:
        none = ((None, None),)
        return Interval(value, levels, none, "", "one row gives no interval")
    if max(len(g), len(b)) > DELTA_ABOVE or len(g) * len(b) > _MAX_CELLS:
        other = _placements(b, g, floor)
        variance = placed.var(ddof=1) / len(g) + other.var(ddof=1) / len(b)
        return clipped(normal_interval(value, float(np.sqrt(variance)), levels))
    difference = g[:, None] - b[None, :]
    won, lost = (difference > floor).astype(np.float64), difference < -floor
    psi: FloatArray = 0.5 * (1.0 + won - lost)
    first, second = Resampler(len(g), seed, size, 0), Resampler(len(b), seed, size, 1)
    drawn = first.means(psi)
    values = np.empty(size)
    start = 0
    for counts in second.chunks():
        rows = slice(start, start + len(counts))
        values[rows] = np.einsum("ij,ij->i", drawn[rows], counts) / len(b)
        start += len(counts)
    found = replace(percentile_interval(value, values, levels), sample=_sample(psi, seed, size))
    if value in (0.0, 1.0):
        return replace(found, note="the groups do not overlap, so the interval has zero width")
    return found


def _sample(psi: FloatArray, seed: int, size: int) -> Sample | None:
    """Return the AUC as a statistic of column means: of the placements, and of each B drawn."""
    columns = psi.shape[1]
    if psi.size > _MAX_SAMPLE:
        return None

    def statistic(means: FloatArray) -> FloatArray:
        placed, drawn = means[..., :columns], means[..., columns:]
        return np.asarray((placed * drawn).sum(axis=-1))

    return Sample((psi, np.eye(columns)), statistic, seed, size, "percentile", smooth=False)


def _mann_whitney(g: FloatArray, b: FloatArray, floor: float) -> float:
    from scipy.stats import mannwhitneyu

    levels = ranked_levels(np.concatenate([g, b]), floor)
    if levels.min() == levels.max():
        return 1.0
    return float(mannwhitneyu(levels[: len(g)], levels[len(g) :], alternative="greater").pvalue)
