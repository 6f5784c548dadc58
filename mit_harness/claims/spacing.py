"""spacing: the two boxes belong about 17 bp apart."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from mit_harness.claims.base import Claim, Floats, Measured, Pairs, Scored
from mit_harness.promoter.core import DesignSpec, Protocol, grouped
from mit_harness.promoter.probes import spaced, spacing_promoters
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.stats.inference import Inference
from mit_harness.stats.metric import Metric
from mit_harness.stats.verdict import Verdict

SPACINGS = tuple(range(10, 26))
"""bp between the -35 and the -10 box."""
NEAR, FAR = (16, 17, 18), (10, 11, 12, 22, 23, 24)
"""Residues mod 6 are 4, 5, 0 for NEAR, and twice 4, 5, 0 for FAR: a tokenizer's frame cancels."""


def spacing_group(spacing: int) -> str:
    """Return the name of the group with that many bp between the boxes."""
    return f"spacing_{spacing}"


class Spacing(Claim):
    """Mean score at 16 to 18 bp less the mean at 10 to 12 and 22 to 24 bp, per background.

    The -35 box is fixed; the -10 box moves, and the bases that it displaces go to its other side,
    so composition is constant.
    """

    id = "spacing"
    title = "The boxes belong about 17 bp apart"
    compares = "spacers of 16 to 18 bp with spacers of 10 to 12 and 22 to 24 bp"
    threshold = 0.0
    threshold_text = "CI low > 0"
    absent_band = None
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.HOLDS: "Boxes at the spacing of real promoters score higher.",
        Verdict.REFUTED: "Boxes at spacings that no polymerase can use score as well.",
        Verdict.UNDECIDED: "Score more backgrounds (--mit-n) before concluding either way.",
    }

    def pairs(self, protocol: Protocol) -> Pairs:
        """Each spacing near 17 bp with each far from it; the paper tests nothing."""
        if protocol == "published":
            return ()
        return tuple((spacing_group(a), spacing_group(b)) for a in NEAR for b in FAR)

    def needed(self, protocol: Protocol) -> tuple[str, ...]:
        """The compared spacings; under ``published`` the paper's fourteen, 12 to 25 bp."""
        if protocol == "published":
            return tuple(spacing_group(bp) for bp in SPACINGS if bp >= 12)
        return super().needed(protocol)

    def also(self, protocol: Protocol) -> tuple[str, ...]:
        """The spacings in between."""
        if protocol == "published":
            return ()
        return tuple(spacing_group(bp) for bp in SPACINGS if bp not in (*NEAR, *FAR))

    def make(self, spec: DesignSpec) -> SequenceSet:
        """Build every spacing on half of n backgrounds."""
        wanted = {*self.needed(spec.protocol), *self.also(spec.protocol)}
        args = (spec.grammar, spec.seeds, spec.share(5), spec.break_form)
        made = spacing_promoters(*args, (SPACINGS[0], SPACINGS[-1]))
        return grouped(
            {
                spacing_group(bp): [spaced(p, bp) for p in made]
                for bp in SPACINGS
                if spacing_group(bp) in wanted
            }
        )

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """Near against far decides; the peak is reported."""
        held = [bp for bp in SPACINGS if scored.has(spacing_group(bp))]
        scores = np.column_stack(scored.matched(*map(spacing_group, held)))
        peak = stats.peak("spacing_peak", scores, np.array(held), unit="bp")
        if stats.protocol == "published":
            return Measured([], [peak, _range(scores, stats)])
        near, far = (
            np.mean(scored.matched(*map(spacing_group, group)), axis=0) for group in (NEAR, FAR)
        )
        reported = [peak]
        if 17 in held:
            others = np.delete(scores, held.index(17), axis=1)
            reported.append(
                stats.proportion("over_other_spacings", scores[:, held.index(17)], others)
            )
        return Measured([stats.mean_difference("near_over_far", near, far)], reported)


def _range(scores: Floats, stats: Inference) -> Metric:
    """Return the largest less the smallest condition mean: never negative, so no test of zero."""
    return stats.estimate(
        "spacing_range", [scores], lambda m: m.max(axis=-1) - m.min(axis=-1), unit="nats"
    )
