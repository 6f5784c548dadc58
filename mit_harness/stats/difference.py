"""Two models on the same sequences: the difference of one metric, paired by background.

Every statistic is a function of column means, and so is the difference of two: its rows are those
of both models side by side, resampled together. What both models find hard or easy cancels.
"""

from dataclasses import dataclass

import numpy as np

from mit_harness.errors import InputError
from mit_harness.stats.bootstrap import (
    LEVELS,
    Interval,
    Sample,
    Statistic,
    interval,
    resampled_interval,
    resampled_means,
)
from mit_harness.stats.checks import FloatArray
from mit_harness.stats.metric import Metric, notes

MCNEMAR = "McNemar's exact test, two-sided"
CLOPPER_PEARSON = "Clopper-Pearson"
_ALIKE = 1e-12  # changes of matched sets this close are one, but for rounding


@dataclass(frozen=True, slots=True)
class Discordant:
    """Pairs (matched sets) of which two models make something else, and McNemar's exact test.

    Attributes
    ----------
    gained, lost
        Pairs in which the candidate does better, and worse, than the baseline.
    p
        Two-sided; 1 where no pair is discordant.
    """

    gained: int
    lost: int
    p: float


def difference(candidate: Metric, baseline: Metric) -> Interval:
    """Return candidate - baseline of one metric with its paired 95 % interval.

    Rows of one block (backgrounds, matched sets) are drawn once for both models. BCa, percentile
    where BCa is undefined or the statistic not smooth (peaks, ranks, AUC), delta above 10,000
    rows; all as in `interval`. Where a difference of proportions is the same in every pair,
    resampling shows no spread that may be there: the interval is then what `_alike` says.

    Parameters
    ----------
    candidate, baseline
        The same metric of two models, judged with one seed on the same sequences.

    Returns
    -------
    Interval
        Without an estimate where either is undefined or infinite, and then with the reason.

    Raises
    ------
    InputError
        If the two were not resampled alike.
    """
    if why := _undefined(candidate, baseline):
        return _none(None, why)
    assert candidate.value is not None
    assert baseline.value is not None
    found = candidate.value - baseline.value
    a, b = candidate.sample, baseline.sample
    if a is None or b is None:
        return _none(found, candidate.note or "not resampled, so without an interval")
    _check(candidate.name, a, b)
    if candidate.unit == "proportion" and (alike := _alike(a, b)) is not None:
        return alike
    blocks, statistic = _together(a, b)
    if a.smooth and b.smooth:
        return interval(blocks, statistic, seed=a.seed, size=a.size, method=a.method)
    drawn = statistic(resampled_means(blocks, a.seed, a.size))
    return resampled_interval(blocks, found, drawn)


def discordant(candidate: Metric, baseline: Metric) -> Discordant | None:
    """Return McNemar's exact test of two proportions over the same pairs; None of other metrics.

    A pair is won, tied or lost by each model; of a matched set, by whether more than, just or
    less than half of its comparisons are won. It is gained where the candidate's outcome is the
    better of the two, lost where it is the worse, so a tie stands between winning and losing, as
    it does in the proportion. Without ties this is McNemar's test: the exact two-sided binomial
    test of `gained` among the discordant pairs against 1/2.
    """
    a, b = candidate.sample, baseline.sample
    if candidate.unit != "proportion" or a is None or b is None:
        return None
    from scipy.stats import binomtest

    _check(candidate.name, a, b)
    change = _outcomes(a) - _outcomes(b)
    gained, lost = int((change > 0).sum()), int((change < 0).sum())
    p = float(binomtest(gained, gained + lost, 0.5).pvalue) if gained + lost else 1.0
    return Discordant(gained, lost, p)


def _outcomes(sample: Sample) -> FloatArray:
    """Return 1, 0 or -1 per matched set: won, tied, lost."""
    return np.sign(sample.blocks[0][:, 0] - 0.5)


def _undefined(candidate: Metric, baseline: Metric) -> str:
    said = []
    for side, metric in (("candidate", candidate), ("baseline", baseline)):
        if metric.value is None:
            said.append(f"the {side}'s is undefined ({metric.note or 'no reason given'})")
        elif not np.isfinite(metric.value):
            said.append(f"the {side}'s is {metric.value} ({metric.note or 'no reason given'})")
    return notes(*said)


def _check(name: str, a: Sample, b: Sample) -> None:
    rows = [[len(block) for block in sample.blocks] for sample in (a, b)]
    how = [(sample.seed, sample.size, sample.method) for sample in (a, b)]
    if rows[0] != rows[1] or how[0] != how[1]:
        raise InputError(
            f"{name}: the two models were not resampled alike ({rows[0]} and {rows[1]} rows, "
            f"{how[0]} and {how[1]}); judge both on the same sequences with one seed"
        )


def _together(a: Sample, b: Sample) -> tuple[list[FloatArray], Statistic]:
    """Return blocks that hold the columns of both, and the difference of the two statistics."""
    mine: list[int] = []
    theirs: list[int] = []
    blocks = []
    start = 0
    for one, other in zip(a.blocks, b.blocks, strict=True):
        middle, end = start + one.shape[1], start + one.shape[1] + other.shape[1]
        mine += range(start, middle)
        theirs += range(middle, end)
        blocks.append(np.hstack([one, other]))
        start = end

    def statistic(means: FloatArray) -> FloatArray:
        return a.statistic(means[..., mine]) - b.statistic(means[..., theirs])

    return blocks, statistic


def _alike(a: Sample, b: Sample) -> Interval | None:
    """Return the interval where every pair has one and the same difference c, else None.

    That n of n pairs do so leaves room for up to q of all pairs that do not, where (1 - q)^n is
    half of alpha (Clopper-Pearson); these could have any difference from -1 to 1, or from -1/2 to
    1/2 where one model ties on every pair, and so does not tell the two sequences apart at all.
    Where both do, it has zero width.
    """
    mine, theirs = a.blocks[0][:, 0], b.blocks[0][:, 0]
    change = mine - theirs
    if not len(change) or np.ptp(change) > _ALIKE:
        return None
    c = float(change[0])
    blind = [bool((shares == 0.5).all()) for shares in (mine, theirs)]
    if all(blind):
        why = "every pair ties in both: zero width"
        return Interval(c, LEVELS, ((c, c), (c, c)), "percentile bootstrap", why)
    rooms = [1 - ((1 - level) / 2) ** (1 / len(change)) for level in LEVELS]
    reach = 0.5 if any(blind) else 1.0
    bounds = tuple((c - q * (reach + c), c + q * (reach - c)) for q in rooms)
    why = "no pair is discordant" if c == 0 else "every pair differs alike"
    return Interval(c, LEVELS, bounds, CLOPPER_PEARSON, why)


def _none(estimate: float | None, why: str) -> Interval:
    return Interval(estimate, LEVELS, tuple((None, None) for _ in LEVELS), "", why)
