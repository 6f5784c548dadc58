"""From numbers to a verdict: the rules of the benchmark, in the order in which they apply."""

from collections.abc import Iterable
from enum import StrEnum

from mit_harness.errors import InputError
from mit_harness.stats.metric import Metric


class Verdict(StrEnum):
    """What is said of one claim and one model."""

    HOLDS = "holds"
    """Shown: the interval lies above the threshold, and so does the exact test."""
    REFUTED = "refuted"
    """The interval lies wholly at or below the threshold."""
    ABSENT = "absent"
    """Shown to be near chance: the 90 % interval lies within the band."""
    UNDECIDED = "undecided"
    """Neither shown nor refuted."""
    ERROR = "error"
    """Could not be judged: a missing or non-finite score. Never a pass."""
    MEASURED = "measured"
    """A diagnostic: numbers without a threshold, which neither hold nor fail."""


def decide(
    metric: Metric,
    threshold: float = 0.5,
    band: tuple[float, float] | None = (0.4, 0.6),
    alpha: float = 0.025,
    min_n: int = 6,
    tested_below: bool = False,
) -> tuple[Verdict, str]:
    """Return the verdict on one metric and the reason, in words.

    In this order: too few pairs or no interval is undecided; an interval wholly at or below the
    threshold refutes, one of zero width at the threshold included; an interval above it holds if
    the one-sided test is below `alpha` too; a 90 % interval within the band is absent.

    Parameters
    ----------
    metric
        Its p has to be one-sided against the same threshold.
    threshold
        0.5 for proportions, 0 for differences.
    band
        Where the 90 % interval shows absence; None, or a metric without a 90 % interval: never.
    alpha
        Of the one-sided test.
    min_n
        Fewest pairs that can decide.
    tested_below
        Whether an interval below the threshold refutes only where the test says so too, p above
        1 - `alpha`, as where the interval alone is known to be too narrow; one of zero width does.
    """
    low, high = metric.ci_low, metric.ci_high
    if metric.n < min_n:
        return Verdict.UNDECIDED, f"n too small ({metric.n} < {min_n})"
    if metric.value is None or low is None or high is None:
        return Verdict.UNDECIDED, f"no interval ({metric.note or 'undefined'})"
    shown = f"{100 * metric.level:g} % interval [{low:.4g}, {high:.4g}]"
    below = f"{shown} lies wholly at or below {threshold:g}"
    unsure = tested_below and low < high and (metric.p is None or metric.p <= 1 - alpha)
    if high <= threshold and not unsure:
        return Verdict.REFUTED, below
    if low > threshold and metric.p is not None and metric.p < alpha:
        return Verdict.HOLDS, f"{shown} above {threshold:g}, p = {metric.p:.2g} < {alpha:g}"
    if band is not None and (inner := _within(metric, band)):
        return Verdict.ABSENT, f"{inner} within {band[0]:g} to {band[1]:g}: near chance"
    if high <= threshold:
        test = (
            "there is no test" if metric.p is None else f"p = {metric.p:.2g} is not > {1 - alpha:g}"
        )
        return Verdict.UNDECIDED, f"{below}, but {test}"
    if low > threshold:
        test = "there is no test" if metric.p is None else f"p = {metric.p:.2g} is not < {alpha:g}"
        return Verdict.UNDECIDED, f"{shown} above {threshold:g}, but {test}"
    return Verdict.UNDECIDED, f"{shown} contains {threshold:g}"


def _within(metric: Metric, band: tuple[float, float]) -> str:
    """Return the 90 % interval in words if it lies within the band, else nothing."""
    low, high = metric.ci90_low, metric.ci90_high
    if low is None or high is None or low < band[0] or high > band[1]:
        return ""
    return f"90 % interval [{low:.4g}, {high:.4g}]"


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of a compound rule from those of its parts.

    A single part keeps its own. Otherwise error if any part is, refuted if any part is, holds if
    all hold, else undecided.
    """
    parts = list(verdicts)
    if not parts:
        raise InputError("a verdict needs at least one part to rest on")
    if len(parts) == 1:
        return parts[0]
    for decisive in (Verdict.ERROR, Verdict.REFUTED):
        if decisive in parts:
            return decisive
    return Verdict.HOLDS if set(parts) == {Verdict.HOLDS} else Verdict.UNDECIDED
