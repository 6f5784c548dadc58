"""What every statistic returns: a number together with how it was come by."""

from dataclasses import dataclass, field

from mit_harness.stats.bootstrap import Sample


@dataclass(frozen=True, slots=True)
class Metric:
    """A number, its uncertainty and its test, in plain Python types but for `sample`.

    Attributes
    ----------
    name
        As in results.json, for example ``css``.
    value
        The estimate; None where it is undefined (`note` says why), infinite where the spread
        that it is divided by is zero.
    ci_low, ci_high
        The interval at `level`; None where it is undefined.
    p
        Of `test`; None where nothing is tested.
    n
        The number of resampled units (pairs or matched sets; of several samples, the smallest).
    ties
        Comparisons within the tolerance; None where the notion does not apply.
    unit
        Of `value`: ``proportion``, ``nats``, ``Cohen's d``, ``ratio``, ``r``, ...
    test
        The test's name with its sidedness; empty where `p` is None.
    ci_method
        ``BCa bootstrap``, ``percentile bootstrap``, ``Clopper-Pearson``, ``delta``, or empty.
    level
        Of the interval `ci_low` to `ci_high`.
    ci90_low, ci90_high
        The inner 90 % interval (that of two one-sided 5 % tests), for proportions.
    mde
        The smallest effect that this n detects with 80 % power, for proportions.
    note
        What else a reader has to know: why a value is null, zero spread, a fallback.
    sample
        What the value was computed from and its interval resampled, for comparisons of two models;
        None where nothing was. Two metrics are equal whatever their samples.
    """

    name: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    p: float | None
    n: int
    ties: int | None
    unit: str
    test: str
    ci_method: str
    level: float = 0.95
    ci90_low: float | None = None
    ci90_high: float | None = None
    mde: float | None = None
    note: str = ""
    sample: Sample | None = field(default=None, compare=False, repr=False)


def undefined(name: str, n: int, unit: str, why: str, ties: int | None = None) -> Metric:
    """Return a metric without a value, with the reason."""
    return Metric(name, None, None, None, None, n, ties, unit, test="", ci_method="", note=why)


def notes(*parts: str) -> str:
    """Join what there is to say."""
    return "; ".join(part for part in parts if part)
