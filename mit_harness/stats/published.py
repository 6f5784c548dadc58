"""The paper's own protocol (arXiv 2604.06549), to reproduce its printed numbers.

Strict ">" (ties lose), percentile bootstrap of 1,000, one-sided t-tests. Its Cohen's d uses the
pooled SD with ddof = 1: of the released scores only this gives the printed 0.70 for the PWM's
MES_nat (0.703; ddof = 0 gives 0.707).
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from mit_harness.stats import effect
from mit_harness.stats.bootstrap import Method, interval
from mit_harness.stats.checks import FloatArray, paired, usable_tolerance
from mit_harness.stats.metric import Metric, notes, undefined
from mit_harness.stats.paired import first_mean, sets_note

SIZE = 1_000
METHOD: Method = "percentile"
T_TEST = "one-sided one-sample t-test of the 0/1 outcomes against 0.5"
T_TEST_DIFFERENCE = "one-sided one-sample t-test of the differences against 0"


def proportion(
    name: str, a: ArrayLike, b: ArrayLike, *, tolerance: float, seed: int, size: int = SIZE
) -> Metric:
    """Return P(a > b) with strict ">", so that ties lose; rows as in `paired.proportion`.

    The test is the one-sided one-sample t-test of the outcomes against 0.5. Outcomes without
    variance, where t is undefined, get p = 0 above 0.5 and p = 1 otherwise, with a note. `ties`
    counts differences within the tolerance, which otherwise plays no part; `mde` is None, being
    defined for the sign test.
    """
    x, y = paired(name, a, b)
    ties = int((np.abs(x - y) <= usable_tolerance(name, tolerance)).sum())
    if not len(x):
        return undefined(name, 0, "proportion", "no pairs", ties=0)
    share = (x > y).astype(np.float64).mean(axis=1)
    found = interval([share], first_mean, seed=seed, size=size, method=METHOD)
    inner = found.at(0.90)
    p, why = _t_test(share, 0.5)
    return Metric(
        name=name,
        value=float(share.mean()),
        ci_low=found.low,
        ci_high=found.high,
        p=p,
        n=len(x),
        ties=ties,
        unit="proportion",
        test=T_TEST,
        ci_method=found.method,
        ci90_low=inner[0],
        ci90_high=inner[1],
        note=notes("ties lose" if ties else "", why, found.note, sets_note(x.shape[1])),
        sample=found.sample,
    )


def mean_difference(
    name: str,
    a: ArrayLike,
    b: ArrayLike,
    *,
    tolerance: float,
    seed: int,
    unit: str = "nats",
    size: int = SIZE,
) -> Metric:
    """Return the mean of a - b with a percentile interval and a one-sided t-test against 0.

    Nothing is rounded to zero: `ties` only counts differences within the tolerance.
    """
    x, y = paired(name, a, b)
    ties = int((np.abs(x - y) <= usable_tolerance(name, tolerance)).sum())
    if not len(x):
        return undefined(name, 0, unit, "no pairs", ties=0)
    per_set = (x - y).mean(axis=1)
    found = interval([per_set], first_mean, seed=seed, size=size, method=METHOD)
    p, why = _t_test(per_set, 0.0)
    return Metric(
        name=name,
        value=found.estimate,
        ci_low=found.low,
        ci_high=found.high,
        p=p,
        n=len(x),
        ties=ties,
        unit=unit,
        test=T_TEST_DIFFERENCE,
        ci_method=found.method,
        note=notes(why, found.note),
        sample=found.sample,
    )


def cohen_d(
    name: str,
    intact: ArrayLike,
    broken: ArrayLike,
    *,
    seed: int,
    tolerance: float,
    size: int = SIZE,
) -> Metric:
    """Return Cohen's d by the pooled SD (ddof = 1), the groups resampled independently.

    The released classes have unrelated backgrounds, so no index ties them. Zero spread is said,
    as in `effect.cohen_d`.
    """
    return effect.cohen_d(
        name,
        intact,
        broken,
        paired_index=False,
        seed=seed,
        tolerance=tolerance,
        size=size,
        method=METHOD,
    )


def _t_test(values: FloatArray, against: float) -> tuple[float | None, str]:
    from scipy.stats import ttest_1samp

    if len(values) < 2:
        return None, "one pair cannot be tested"
    if np.ptp(values) == 0:
        p = 0.0 if float(values.mean()) > against else 1.0
        return p, f"outcomes without variance: p set to {p:g}"
    p = float(ttest_1samp(values, against, alternative="greater").pvalue)
    return (p, "") if math.isfinite(p) else (None, "the t-test is undefined")
