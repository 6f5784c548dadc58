"""dinucleotide: compensation against fillers of equal A+T and equal dinucleotides; a diagnostic."""

from collections.abc import Mapping
from typing import ClassVar

from mit_harness.claims.base import Claim, Measured, Pairs, Scored
from mit_harness.promoter.core import DesignSpec, Protocol, build, grouped
from mit_harness.promoter.probes import at_matched
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.stats.inference import Inference
from mit_harness.stats.verdict import Verdict

FILLERS = ("at_matched", "dinucleotide")


class Dinucleotide(Claim):
    """E against D with random bases of the elements' A+T, and against E's dinucleotides shuffled.

    A model that sees only A+T is indifferent to the first, one that sees only dinucleotides to the
    second. No verdict: neither filler controls for longer words, or for the junction with the box.
    """

    id = "dinucleotide"
    title = "Compensation against matched fillers (diagnostic)"
    compares = "E with fillers of its A+T, and of its dinucleotides"
    threshold_text = "no threshold: a diagnostic"
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.MEASURED: "A diagnostic, without a verdict.",
    }

    def pairs(self, protocol: Protocol) -> Pairs:
        """E with each filler."""
        self.only_matched(protocol)
        return tuple(("E", filler) for filler in FILLERS)

    def also(self, protocol: Protocol) -> tuple[str, ...]:
        """D, for the whole gain."""
        return ("D",)

    def make(self, spec: DesignSpec) -> SequenceSet:
        """Build E, D and both fillers on n backgrounds."""
        rngs = (spec.seeds.rng("fillers", index) for index in range(spec.n))
        fillers = [at_matched(p, rng) for p, rng in zip(spec.promoters(), rngs, strict=True)]
        return build(spec, ("E", "dinucleotide", "D")) | grouped({"at_matched": fillers})

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """Report everything."""
        reported = []
        for other in (*FILLERS, *(["D"] if scored.has("D") else [])):
            pair = scored.matched("E", other)
            reported.append(stats.proportion(f"over_{other}", *pair))
            reported.append(stats.mean_difference(f"gain_on_{other}", *pair))
        return Measured([], reported)
