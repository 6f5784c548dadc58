"""minus10_variants: every base of the -10 box counts as much as its weight says."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from mit_harness.claims.base import Claim, Floats, Measured, Pairs, Scored
from mit_harness.models.pwm import matrices
from mit_harness.promoter.alphabet import at_count, encode
from mit_harness.promoter.core import DesignSpec, Protocol, grouped
from mit_harness.promoter.grammar import SIGMA70, write
from mit_harness.promoter.probes import single_variants
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.stats.inference import Inference
from mit_harness.stats.verdict import Verdict

VARIANTS: Mapping[str, str] = single_variants(SIGMA70.breakable)
"""Name, such as ``A2G``, to the box; the consensus first."""


def variant_group(name: str) -> str:
    """Return the name of a variant's group."""
    return f"minus10_{name}"


def _keeps_at(box: str) -> bool:
    return at_count(box) == at_count(VARIANTS["consensus"])


_NAMES = tuple(sorted(VARIANTS, key=lambda name: not _keeps_at(VARIANTS[name])))
"""The consensus and the six variants that keep A+T, then the twelve that put in G or C."""


class Minus10Variants(Claim):
    """Ranks of the variants' mean scores against PA-PWM's -10 matrix, within strata of A+T.

    The consensus and its six variants with as much A+T are one stratum, the twelve with one G or C
    more are the other, so counting A+T ranks nothing. The rank covariance is summed over both and
    divided by that of the matrix with itself; variants are permuted within strata.
    """

    id = "minus10_variants"
    title = "The -10 box's bases count as much as their weights"
    compares = "the consensus and all 18 single-base variants of TATAAT with PA-PWM's matrix"
    threshold = 0.0
    threshold_text = "permutation p < 0.025 and CI low > 0"
    absent_band = None
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.HOLDS: "The model ranks the box's bases as a matrix of real promoters does.",
        Verdict.REFUTED: "Within equal A+T the ranks of the variants carry no such order.",
        Verdict.UNDECIDED: "Nineteen variants rank weakly: more backgrounds (--mit-n) narrow the "
        "interval, not the permutation test.",
    }

    def pairs(self, protocol: Protocol) -> Pairs:
        """Each stratum's first with its others."""
        self.only_matched(protocol)
        rich = [name for name in _NAMES if _keeps_at(VARIANTS[name])]
        poor = [name for name in _NAMES if not _keeps_at(VARIANTS[name])]
        return tuple(
            (variant_group(first), variant_group(name))
            for first, *others in (rich, poor)
            for name in others
        )

    def make(self, spec: DesignSpec) -> SequenceSet:
        """Build every variant on three tenths of n backgrounds."""
        start = spec.grammar.breakable.start
        intact = [promoter.intact() for promoter in spec.promoters(3)]
        return grouped(
            {
                variant_group(name): [write(text, (start, VARIANTS[name])) for text in intact]
                for name in _NAMES
            }
        )

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """The rank covariance decides; what the consensus gains on the others is reported."""
        scores = np.column_stack(scored.matched(*map(variant_group, _NAMES)))
        strata = np.array([not _keeps_at(VARIANTS[name]) for name in _NAMES], dtype=np.intp)
        deciding = stats.rank_covariance("variant_ranks", scores, reference(), strata)
        reported = [
            stats.proportion(f"consensus_over_{what}", scores[:, 0], scores[:, columns])
            for what, columns in (
                ("at_preserving", np.flatnonzero(strata == 0)[1:]),
                ("gc_introducing", np.flatnonzero(strata)),
            )
        ]
        return Measured([deciding], reported)


def reference() -> Floats:
    """Return PA-PWM's -10 score of every variant, in the order of the strata; shape (19,)."""
    boxes = encode([VARIANTS[name] for name in _NAMES])
    return matrices("pa_pwm")["minus10"].at(boxes, 0)
