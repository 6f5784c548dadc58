"""natural_motif: breaking a real -10 box costs more than the same change elsewhere."""

from collections.abc import Mapping
from typing import ClassVar

from mit_harness.claims.base import Claim, Measured, Pairs, Scored
from mit_harness.promoter.core import Protocol
from mit_harness.stats.inference import Inference
from mit_harness.stats.verdict import Verdict


class NaturalMotif(Claim):
    """P(A_sham > A_broken) on real promoters of class A without an extended -10.

    Both lose the same base to the same base in the same trinucleotide; only the place differs.
    Promoters that hold no such site outside their elements are left out.
    """

    id = "natural_motif"
    title = "Breaking a natural -10 box costs more than a sham break"
    compares = "A_sham with A_broken"
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.HOLDS: "The box matters in real promoters (a model trained on E. coli has seen "
        "them).",
        Verdict.REFUTED: "A sham break costs as much; each of the two differs in one base from the "
        "natural A_i.",
        Verdict.ABSENT: "The box's place makes no difference to this model.",
        Verdict.UNDECIDED: "Only so many natural promoters have a matched site: --mit-n "
        "beyond 100 adds none.",
    }

    def pairs(self, protocol: Protocol) -> Pairs:
        """The two mutants."""
        self.only_matched(protocol)
        return (("A_sham", "A_broken"),)

    def also(self, protocol: Protocol) -> tuple[str, ...]:
        """The natural promoter, for the raw loss."""
        return ("A",)

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """Sham against broken decides; natural against broken is reported."""
        pair = scored.matched("A_sham", "A_broken")
        reported = [stats.mean_difference("box_loss", *pair)]
        if scored.has("A"):
            natural = scored.matched("A", "A_broken")
            reported.append(stats.proportion("natural_over_broken", *natural))
            reported.append(stats.mean_difference("natural_loss", *natural))
        return Measured([stats.proportion("sham_over_broken", *pair)], reported)
