"""natural_rescue: in real promoters, too, the elements rescue only where they belong."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from mit_harness.claims.base import Claim, Floats, Measured, Pairs, Scored
from mit_harness.promoter.alphabet import at_count
from mit_harness.promoter.core import Protocol
from mit_harness.promoter.natural import natural_promoters
from mit_harness.stats.inference import Inference
from mit_harness.stats.verdict import Verdict

_PLAIN = ("A_compensated", "A_displaced")
_DECOY = ("A_compensated_decoy", "A_displaced_decoy")


class NaturalRescue(Claim):
    """P(A_compensated > A_displaced) on real promoters of class A without an extended -10.

    The two hold the same bases, but only the first has the junction of extended -10 and -10 box,
    and more of it is genome: Markov and k-mer models of the genome prefer it in every simulated
    benchmark (docs/controls.md). So the decoy form decides with it: a second copy of the broken
    box serves the displaced elements, and random bases stand where none do. Classes G and B are
    other promoters, so their comparison is an AUC adjusted for A+T and the -35 box, reported
    without a verdict.
    """

    id = "natural_rescue"
    title = "A broken natural promoter is rescued in place only"
    compares = "A_compensated with A_displaced, plain and with a decoy of the broken box"
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.HOLDS: "The elements' place matters in real promoters too.",
        Verdict.REFUTED: "The same bases elsewhere rescue as well.",
        Verdict.ABSENT: "Moving the elements makes no difference to this model.",
        Verdict.UNDECIDED: "Only so many natural promoters lack an extended -10: --mit-n "
        "beyond 100 adds none.",
    }

    def pairs(self, protocol: Protocol) -> Pairs:
        """The matched derivatives."""
        self.only_matched(protocol)
        return _PLAIN, _DECOY

    def also(self, protocol: Protocol) -> tuple[str, ...]:
        """What is rescued, and the unpaired classes."""
        return ("A_broken", "B", "G")

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """In place against displaced decides; the rescue and G over B are reported."""
        pair, decoy = scored.matched(*_PLAIN), scored.matched(*_DECOY)
        reported = [stats.mean_difference("place_difference", *pair)]
        if scored.has("A_broken"):
            rescue = scored.matched("A_compensated", "A_broken")
            reported.append(stats.proportion("compensated_over_broken", *rescue))
        covariates = [_covariates(scored, name) for name in ("G", "B")]
        if covariates[0] is not None and covariates[1] is not None:
            reported.append(
                stats.adjusted_auc(
                    "g_over_b_adjusted_auc",
                    scored.group("G"),
                    scored.group("B"),
                    covariates[0],
                    covariates[1],
                )
            )
        deciding = [
            stats.proportion("rescue_decoy", *decoy),
            stats.proportion("rescue_in_place", *pair),
        ]
        return Measured(deciding, reported)


def _covariates(scored: Scored, name: str) -> Floats | None:
    """Return AT fraction and -35 mismatches, shape (n, 2), of shipped natural promoters only."""
    if not scored.has(name):
        return None
    known, rows = natural_promoters(name), []
    for row in scored.sequences.rows[name]:
        item = scored.sequences[int(row)]
        if item.index >= len(known) or known[item.index].sequence != item.sequence:
            return None
        fraction = at_count(item.sequence) / len(item.sequence)
        rows.append((fraction, known[item.index].minus35_mismatches))
    return np.array(rows, dtype=np.float64)
