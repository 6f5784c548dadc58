"""What the claims can detect: the smallest effect of each number that a verdict rests on.

Read off the claims themselves: each designs its sequences and measures noise on them, so numbers,
pairs and tests are those of a verdict.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from mit_harness.claims.base import MIN_PAIRS, Scored
from mit_harness.claims.registry import DESIGNED, get_claim
from mit_harness.promoter.core import DesignSpec
from mit_harness.stats import paired, rank
from mit_harness.stats.inference import Inference
from mit_harness.stats.metric import Metric
from mit_harness.stats.power import detectable, detectable_rank_covariance

ALPHA, POWER = 0.025, 0.8
"""Level of the one-sided tests, and wanted probability of passing them."""
NOISE_SEED = 42

_EFFECTS = {
    paired.SIGN_TEST: "P = {:.2f}",
    paired.WILCOXON: "d_z = {:.2f}",
    rank.PERMUTATION: f"{{:.2f}} {rank.UNIT}",
}
"""What power is computed for, by test: these are all the tests that decide."""


@dataclass(frozen=True, slots=True)
class Detectable:
    """The smallest effect that one deciding number of a claim detects.

    Attributes
    ----------
    claim, metric
        Id and name.
    n
        Pairs or matched sets.
    test
        As in `Metric.test`.
    effect
        P(a > b), d_z, or rank covariance; None where no outcome of n pairs holds.
    bound
        Whether each matched set holds several comparisons, counted as one here. Where they are
        exchangeable the smallest effect is at most this: in simulations with equal correlations
        the power at it was 0.80 (all alike) to 1.00 (independent). Not where few sets win all of
        theirs and most lose narrowly.
    """

    claim: str
    metric: str
    n: int
    test: str
    effect: float | None
    bound: bool

    @property
    def text(self) -> str:
        """The effect in words, such as ``P = 0.65``."""
        if self.effect is None:
            return "none at this n"
        return _EFFECTS[self.test].format(self.effect) + (" at most" if self.bound else "")


@dataclass(frozen=True, slots=True)
class _Planning(Inference):
    """Statistics whose `Metric.mde` is filled in for every test, and whose intervals are idle."""

    size: ClassVar[int] = 20
    """Of each bootstrap: no interval is looked at, and 10,000 would take most of the time."""

    def proportion(self, name: str, a: ArrayLike, b: ArrayLike) -> Metric:
        """Return P(a > b), as a verdict's but for its interval."""
        found = paired.proportion(
            name, a, b, tolerance=self.tolerance, seed=self.seed, size=self.size
        )
        return replace(found, mde=detectable("proportion", found.n, power=POWER, alpha=ALPHA))

    def mean_difference(
        self, name: str, a: ArrayLike, b: ArrayLike, *, unit: str = "nats"
    ) -> Metric:
        """Return the mean of a - b, likewise."""
        found = paired.mean_difference(
            name, a, b, tolerance=self.tolerance, seed=self.seed, unit=unit, size=self.size
        )
        return replace(found, mde=detectable("difference", found.n, power=POWER, alpha=ALPHA))

    def rank_covariance(
        self, name: str, scores: ArrayLike, reference: ArrayLike, strata: ArrayLike
    ) -> Metric:
        """Return the rank covariance, likewise; variants limit it, not backgrounds."""
        found = rank.rank_covariance(
            name,
            scores,
            reference,
            strata,
            seed=self.seed,
            tolerance=self.tolerance,
            size=self.size,
        )
        order = rank.ordered(np.asarray(reference, float), np.asarray(strata, float))
        sizes = tuple(map(len, order.columns))
        return replace(found, mde=detectable_rank_covariance(sizes, power=POWER, alpha=ALPHA))


def smallest_effects(spec: DesignSpec) -> list[Detectable]:
    """Return what every claim with a verdict detects, one entry for each deciding number.

    Of claims on designed sequences: measured promoters are as many as there are.

    Effects are those of the test without ties, at `ALPHA` and `POWER`; see
    `mit_harness.stats.power` for the models behind them. The interval, which a verdict needs too,
    costs some of the power where n is small: in simulations `holds` had 0.74 of 0.80 at 30 pairs
    of a proportion, and as much as the test at 100 and for differences.

    Parameters
    ----------
    spec
        Decides the pairs of each claim; of the protocol ``matched``.
    """
    rng = np.random.default_rng(NOISE_SEED)
    found = []
    for claim_id in DESIGNED:
        claim = get_claim(claim_id)
        sequences = claim.design(spec)
        noise = Scored(sequences, rng.normal(size=len(sequences)))
        for metric in claim.measure(noise, _Planning(NOISE_SEED, 0.0)).deciding:
            effect = metric.mde if metric.n >= MIN_PAIRS else None
            bound = metric.test == paired.SIGN_TEST and "comparisons" in metric.note
            found.append(Detectable(claim_id, metric.name, metric.n, metric.test, effect, bound))
    return found


def power_notes(n: int) -> tuple[str, ...]:
    """Return what has to be said below the table, one line each, for n backgrounds."""
    return (
        f"Sign (P), signed-rank (d_z), permutation test; one-sided alpha {ALPHA}, power {POWER}.",
        "A claim needs all its rows (and premises) at once: its own power is lower.",
        "at most: several comparisons per background, assumed alike, count as one pair.",
        f"n follows --mit-n (here {n}); a probe takes a share of it.",
    )
