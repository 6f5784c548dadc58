"""measured_rescue: the score rises most where an UP element raised measured expression."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mit_harness.claims.base import Floats, Measured, Scored
from mit_harness.claims.on_measured import OnMeasured, library_scores, measured_of
from mit_harness.measured.groups import URTECHO, urtecho_groups
from mit_harness.measured.lafleur import MeasuredFile
from mit_harness.measured.urtecho import FLOOR, elements, noise_sd, of_set, pairs
from mit_harness.stats.checks import rounding
from mit_harness.stats.clustered import (
    Grouping,
    average_ranks,
    concordance,
    rank_correlation,
    weighted_mean,
)
from mit_harness.stats.inference import Inference
from mit_harness.stats.levels import LEVELS_TEST, Factorial, RankContrast, levels_p
from mit_harness.stats.metric import Metric
from mit_harness.stats.partial import mean_of_groups
from mit_harness.stats.verdict import Verdict

Kept = NDArray[np.bool_]
JOINING = "GATAAT"
"""The -10 box that is both a broken form of the benchmark (--mit-break) and measured."""


class MeasuredRescue(OnMeasured):
    """AUROC of the score's difference for measured rise against fall, UP element against none.

    Pairs are promoters of the Urtecho factorial that differ in the UP element alone. They are
    compared within one UP element and one background: what the UP element replaces is each
    background's own, so that only there the change of A+T is the same for all. A comparison
    weighs with the inverse variances of both log-differences; pairs with both promoters at the
    assay's floor are reported apart. Promoters without UP element are shared by two pairs: their
    cell is the cluster.

    ``raised_*`` are facts of the measurements, the same for every model: the share of pairs in
    which the UP element raised expression, by -10 box. The measurements hold no TGTAAT, the
    benchmark's broken box; GATAAT is measured, and ``--mit-break GATAAT`` asks the synthetic
    claims (CSS, SCR) of the same box: ``rescue_auroc_GATAAT`` stands beside those.
    """

    id = "measured_rescue"
    title = "The score rises where an UP element raised measured expression"
    compares = "measured promoters with and without an UP element, within element and background"
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.HOLDS: "The score tells where the element helps in the wet lab.",
        Verdict.REFUTED: "The score changes alike, or the wrong way, where the element helped and "
        "where it did not: to this model an UP element adds the same whatever it stands with.",
        Verdict.ABSENT: "The score's change does not tell where the element helped.",
        Verdict.UNDECIDED: "The file holds no more pairs than these.",
    }

    def groups(self) -> tuple[str, ...]:
        """The factorial, by UP element."""
        return urtecho_groups()

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """The stratified AUROC above the floor decides."""
        found = measured_of(scored)
        facts = rescue_pairs(found)
        scores = library_scores(scored, found, self.groups())
        change = scores[facts.with_up] - scores[facts.without]
        above = ~facts.floor
        deciding = facts.auroc("rescue_auroc", change, stats, above)
        if deciding.value is not None:
            p = facts.levels_p(change, stats, above)
            deciding = replace(deciding, p=p, test=LEVELS_TEST)
        reported = [
            facts.auroc("rescue_auroc_within_up", change, stats, above, facts.up),
            _by_background(facts, change, stats),
            facts.auroc(f"rescue_auroc_{JOINING}", change, stats, above & facts.has_box(JOINING)),
            facts.auroc("rescue_auroc_floor", change, stats, facts.floor),
            rank_correlation(
                "rescue_spearman",
                change[above],
                facts.rise[above],
                facts.grouping.only(above),
                tolerance=stats.tolerance,
            ),
            _sign_excess(facts, change, stats),
            *facts.ceiling(),
        ]
        return Measured([deciding], reported)


@dataclass(frozen=True, eq=False)
class RescuePairs:
    """What was measured of every pair; shape (p,) each.

    Attributes
    ----------
    with_up, without
        Rows in the library.
    rise
        ln expression with the UP element less that without.
    floor
        Both below `FLOOR`.
    up, background, minus10
        Numbers in the order of `elements`.
    levels
        Of -35 box, spacer and -10 box, shape (p, 3).
    grouping
        Strata (UP element x background), clusters (cells), inverse variances of `rise`.
    """

    with_up: NDArray[np.intp]
    without: NDArray[np.intp]
    rise: Floats
    floor: Kept
    up: NDArray[np.intp]
    background: NDArray[np.intp]
    minus10: NDArray[np.intp]
    levels: NDArray[np.intp]
    grouping: Grouping

    def has_box(self, bases: str) -> Kept:
        """Tell which pairs have a -10 box."""
        chosen: Kept = self.minus10 == elements().minus10_bases.index(bases)
        return chosen

    def auroc(
        self,
        name: str,
        change: Floats,
        stats: Inference,
        kept: Kept,
        strata: NDArray[np.intp] | None = None,
    ) -> Metric:
        """Return the AUROC of some pairs, within the grouping's strata or others."""
        kept = kept & (self.rise != 0)
        chosen = self.grouping
        if strata is not None:
            chosen = Grouping(strata, chosen.clusters, chosen.weights)
        return concordance(
            name,
            change[kept],
            self.rise[kept] > 0,
            chosen.only(kept),
            tolerance=stats.tolerance,
        )

    def levels_p(self, change: Floats, stats: Inference, kept: Kept) -> float:
        """Return the p of the AUROC under permutations of -35 boxes, spacers and -10 boxes."""
        strata = np.asarray(self.grouping.strata)
        floor = stats.tolerance + rounding(change)
        ranks = np.empty(len(change))
        for stratum in np.unique(strata):
            rows = np.flatnonzero(strata == stratum)
            ranks[rows] = average_ranks(change[rows], floor) / len(rows)
        weights = np.asarray(self.grouping.weights) * (kept & (self.rise != 0))
        contrast = RankContrast(ranks, self.rise > 0, strata, weights)
        return levels_p(contrast, self.factorial, seed=stats.seed)

    @cached_property
    def factorial(self) -> Factorial:
        """The cells, in which the elements that a score meets can be permuted."""
        return Factorial(self.grouping.strata, self.levels)

    def ceiling(self) -> list[Metric]:
        """Return the shares of pairs that rose and that are at the floor: facts of the data."""
        every = np.ones(len(self.rise), dtype=bool)
        risen = (self.rise > 0).astype(np.float64)
        by_box = [
            self.share(f"raised_{bases}", risen, self.has_box(bases))
            for bases in elements().minus10_bases
        ]
        floor = self.share("floor_share", self.floor.astype(np.float64), every)
        return [self.share("raised", risen, every), *by_box, floor]

    def share(self, name: str, values: Floats, kept: Kept, unit: str = "proportion") -> Metric:
        """Return the unweighted mean over some pairs, untested."""
        plain = Grouping(self.up, self.grouping.clusters, np.ones(len(self.up)))
        return weighted_mean(name, values[kept], plain.only(kept), unit=unit)


@lru_cache(maxsize=4)
def rescue_pairs(found: MeasuredFile) -> RescuePairs:
    """Return the pairs of a file with all that was measured of them."""
    library = found.sets[URTECHO]
    made = of_set(library)
    both = pairs(made)
    one, other = both.with_up, both.without
    activity = library.activity
    variance = noise_sd(activity[one]) ** 2 + noise_sd(activity[other]) ** 2
    up, background = made.up[one], made.background[one]
    strata = up * len(elements().background) + background
    return RescuePairs(
        with_up=one,
        without=other,
        rise=library.expression[one] - library.expression[other],
        floor=(activity[one] < FLOOR) & (activity[other] < FLOOR),
        up=up,
        background=background,
        minus10=made.minus10[one],
        levels=np.column_stack([made.minus35[one], made.spacer[one], made.minus10[one]]),
        grouping=Grouping(strata, made.cell[one], 1 / variance),
    )


def _by_background(facts: RescuePairs, change: Floats, stats: Inference) -> Metric:
    """Return the mean of one AUROC a background, each within UP elements."""
    name = "rescue_auroc_by_background"
    values = [
        facts.auroc(name, change, stats, ~facts.floor & (facts.background == k)).value
        for k in range(len(elements().background))
    ]
    return mean_of_groups(name, values, unit="AUROC", against=0.5, what="backgrounds")


def _sign_excess(facts: RescuePairs, change: Floats, stats: Inference) -> Metric:
    """Return how often the signs agree, less how often "always up" is right; ties 1/2."""
    risen = (facts.rise > 0).astype(np.float64)
    floor = stats.tolerance + rounding(change)
    guess = np.where(change > floor, 1.0, np.where(change < -floor, 0.0, 0.5))
    agrees = np.where(guess == 0.5, 0.5, (guess == risen).astype(np.float64))
    every = np.ones(len(risen), dtype=bool)
    return facts.share("sign_excess", agrees - risen, every, unit="difference of proportions")
