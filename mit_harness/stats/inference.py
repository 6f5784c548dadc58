"""One object with every statistic a claim may want, so that no claim knows the protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from mit_harness.errors import InputError
from mit_harness.stats import (
    auc,
    correlation,
    effect,
    paired,
    peak,
    published,
    rank,
    ratio,
)
from mit_harness.stats.bootstrap import RESAMPLES, Method, Statistic
from mit_harness.stats.checks import FloatArray, usable_tolerance
from mit_harness.stats.metric import Metric

Protocol = Literal["matched", "published"]


@dataclass(frozen=True, slots=True)
class Inference:
    """The statistics of the protocol ``matched``; subclasses are other protocols.

    Every method takes the metric's name and scores, and returns a `Metric`. The functions of the
    same names in this package say what is computed, tested and resampled.

    Attributes
    ----------
    seed
        Of every bootstrap: metrics with the same n share their resamples.
    tolerance
        Differences up to this are ties.
    """

    seed: int
    tolerance: float

    protocol: ClassVar[Protocol] = "matched"
    size: ClassVar[int] = RESAMPLES
    method: ClassVar[Method] = "BCa"
    matched: ClassVar[bool] = True
    """Whether an index ties the classes together, so that they are resampled together."""

    def proportion(self, name: str, a: ArrayLike, b: ArrayLike) -> Metric:
        """Return P(a > b) over pairs of rows."""
        return paired.proportion(name, a, b, tolerance=self.tolerance, seed=self.seed)

    def mean_difference(
        self, name: str, a: ArrayLike, b: ArrayLike, *, unit: str = "nats"
    ) -> Metric:
        """Return the mean of a - b over pairs of rows."""
        return paired.mean_difference(
            name, a, b, tolerance=self.tolerance, seed=self.seed, unit=unit
        )

    def contrast(
        self, name: str, scores: ArrayLike, weights: ArrayLike, *, unit: str = "nats"
    ) -> Metric:
        """Return the mean over rows of a weighted sum of columns, against 0.

        `scores` has shape (n, k), rows matched, and `weights` (k,). A row whose sum is within the
        tolerance is 0.
        """
        sums = paired.contrasts(name, scores, weights)
        return self.mean_difference(name, sums, np.zeros(len(sums)), unit=unit)

    def cohen_d(
        self, name: str, intact: ArrayLike, broken: ArrayLike, *, paired_index: bool = True
    ) -> Metric:
        """Return Cohen's d; `paired_index` says whether the classes are matched by design."""
        return effect.cohen_d(
            name,
            intact,
            broken,
            paired_index=paired_index and self.matched,
            seed=self.seed,
            tolerance=self.tolerance,
            size=self.size,
            method=self.method,
        )

    def cohen_dz(self, name: str, intact: ArrayLike, broken: ArrayLike) -> Metric:
        """Return the paired d_z."""
        return effect.cohen_dz(
            name,
            intact,
            broken,
            seed=self.seed,
            tolerance=self.tolerance,
            size=self.size,
            method=self.method,
        )

    def motif_effects(self, intact: ArrayLike, broken: ArrayLike) -> list[Metric]:
        """Return `mes_synthetic` of C and D, and d_z beside it where they are matched."""
        found = [self.cohen_d("mes_synthetic", intact, broken)]
        if self.matched:
            found.append(self.cohen_dz("mes_synthetic_dz", intact, broken))
        return found

    def natural_effects(
        self,
        natural_intact: ArrayLike,
        natural_broken: ArrayLike,
        intact: ArrayLike,
        broken: ArrayLike,
    ) -> list[Metric]:
        """Return `mes_natural` of A and B, which are never matched, and `cir`."""
        natural = (natural_intact, natural_broken)
        return [
            self.cohen_d("mes_natural", *natural, paired_index=False),
            self.cir("cir", natural, (intact, broken)),
        ]

    def cir(
        self,
        name: str,
        natural: tuple[ArrayLike, ArrayLike],
        synthetic: tuple[ArrayLike, ArrayLike],
    ) -> Metric:
        """Return mes_synthetic / mes_natural, each side (intact, broken)."""
        return ratio.cir(
            name,
            natural,
            synthetic,
            paired_index=self.matched,
            seed=self.seed,
            tolerance=self.tolerance,
            size=self.size,
            method=self.method,
        )

    def compensation_magnitude(
        self, name: str, intact: ArrayLike, broken: ArrayLike, compensated: ArrayLike
    ) -> Metric:
        """Return CM of C, D and E."""
        return ratio.cm(
            name,
            intact,
            broken,
            compensated,
            paired_index=self.matched,
            seed=self.seed,
            tolerance=self.tolerance,
            size=self.size,
            method=self.method,
        )

    def ratio(
        self,
        name: str,
        blocks: Sequence[FloatArray],
        numerator: Statistic,
        denominator: Statistic,
        *,
        rule: ratio.Rule = "excludes 0",
        floor: float | None = None,
        unit: str = "ratio",
    ) -> Metric:
        """Return a ratio of two statistics of column means, null by `rule`.

        A denominator up to `floor` is zero; unless told, that is the tolerance (score units).
        """
        return ratio.ratio_of_statistics(
            name,
            blocks,
            numerator,
            denominator,
            seed=self.seed,
            rule=rule,
            floor=self.tolerance if floor is None else floor,
            unit=unit,
            size=self.size,
            method=self.method,
        )

    def estimate(
        self,
        name: str,
        blocks: Sequence[FloatArray],
        statistic: Statistic,
        *,
        unit: str,
        note: str = "",
    ) -> Metric:
        """Return any statistic of column means with its interval, untested."""
        return effect.estimate(
            name,
            blocks,
            statistic,
            seed=self.seed,
            unit=unit,
            note=note,
            size=self.size,
            method=self.method,
        )

    def pearson(self, name: str, x: ArrayLike, y: ArrayLike) -> Metric:
        """Return r over single sequences."""
        return correlation.pearson(
            name,
            x,
            y,
            seed=self.seed,
            tolerance=self.tolerance,
            size=self.size,
            method=self.method,
        )

    def pearson_of_means(self, name: str, x: ArrayLike, y: ArrayLike) -> Metric:
        """Return r over the means of conditions, the columns of (n, m) input."""
        return correlation.pearson_of_means(
            name,
            x,
            y,
            seed=self.seed,
            tolerance=self.tolerance,
            size=self.size,
            method=self.method,
        )

    def slope(self, name: str, x: ArrayLike, y: ArrayLike, *, unit: str) -> Metric:
        """Return the least-squares slope of y on x over sequences."""
        return correlation.slope(
            name, x, y, seed=self.seed, unit=unit, size=self.size, method=self.method
        )

    def rank_covariance(
        self, name: str, scores: ArrayLike, reference: ArrayLike, strata: ArrayLike
    ) -> Metric:
        """Return how far the columns' means follow a reference's order, within strata.

        The interval is the percentile one in every protocol: see `mit_harness.stats.rank`.
        """
        return rank.rank_covariance(
            name,
            scores,
            reference,
            strata,
            seed=self.seed,
            tolerance=self.tolerance,
            size=self.size,
        )

    def peak(self, name: str, scores: ArrayLike, places: ArrayLike, *, unit: str) -> Metric:
        """Return the place of the column with the highest mean; percentile in every protocol."""
        return peak.peak(
            name,
            scores,
            places,
            seed=self.seed,
            tolerance=self.tolerance,
            unit=unit,
            size=self.size,
        )

    def adjusted_auc(
        self,
        name: str,
        scores_g: ArrayLike,
        scores_b: ArrayLike,
        covariates_g: ArrayLike,
        covariates_b: ArrayLike,
    ) -> Metric:
        """Return the unpaired AUC of G over B, adjusted for covariates."""
        return auc.auc_adjusted(
            name,
            scores_g,
            scores_b,
            covariates_g,
            covariates_b,
            seed=self.seed,
            tolerance=self.tolerance,
            size=self.size,
        )


@dataclass(frozen=True, slots=True)
class PublishedInference(Inference):
    """The statistics of the paper: see `mit_harness.stats.published`."""

    protocol: ClassVar[Protocol] = "published"
    size: ClassVar[int] = published.SIZE
    method: ClassVar[Method] = published.METHOD
    matched: ClassVar[bool] = False

    def proportion(self, name: str, a: ArrayLike, b: ArrayLike) -> Metric:
        """Return P(a > b) over pairs of rows, ties losing."""
        return published.proportion(name, a, b, tolerance=self.tolerance, seed=self.seed)

    def mean_difference(
        self, name: str, a: ArrayLike, b: ArrayLike, *, unit: str = "nats"
    ) -> Metric:
        """Return the mean of a - b over pairs of rows, with a t-test."""
        return published.mean_difference(
            name, a, b, tolerance=self.tolerance, seed=self.seed, unit=unit
        )


def inference(protocol: Protocol, seed: int, tolerance: float) -> Inference:
    """Return the statistics of a protocol.

    Parameters
    ----------
    protocol
        ``matched`` (ours) or ``published`` (the paper's).
    seed
        Of every bootstrap.
    tolerance
        Differences up to this are ties.
    """
    checked = usable_tolerance("tolerance", tolerance)
    if protocol == "matched":
        return Inference(seed, checked)
    if protocol == "published":
        return PublishedInference(seed, checked)
    raise InputError(f"the protocol {protocol!r} is unknown; known: matched, published")
