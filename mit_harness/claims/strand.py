"""strand: the -10 box counts in its own orientation."""

from collections.abc import Mapping
from typing import ClassVar

from mit_harness.claims.base import Claim, Measured, Pairs, Scored
from mit_harness.promoter.alphabet import reverse_complement
from mit_harness.promoter.core import DesignSpec, Protocol, grouped
from mit_harness.promoter.probes import scrambled_boxes, strand_pair, turned
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.stats.inference import Inference
from mit_harness.stats.metric import Metric
from mit_harness.stats.verdict import Verdict

FORWARD, EXCHANGED = "strand_forward", "strand_exchanged"
TURNED = (
    "turned_both",
    "turned_minus10",
    "turned_minus35",
    "scrambled_boxes",
    "reverse_complement",
)
"""Forms of the intact promoter that are reported against it without a verdict."""
PAPER = ("C", "turned_both", "scrambled_boxes", "reverse_complement")


class Strand(Claim):
    """P(box forward in place, reversed displaced > the two exchanged), beside a forward -35 box.

    Both sequences hold the box once in each orientation, so composition and k-mers cancel. Turning
    boxes in place changes what the sequence holds, and an equivariant model should score the whole
    reverse complement alike: these are reported without a verdict.
    """

    id = "strand"
    title = "The -10 box counts in its own orientation"
    compares = "TATAAT in place and its reverse complement displaced, with the two exchanged"
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.HOLDS: "A -10 box scores higher on the strand of its -35 box.",
        Verdict.REFUTED: "A -10 box on the other strand scores as well.",
        Verdict.ABSENT: "The -10 box's strand makes no difference to this model.",
        Verdict.UNDECIDED: "Score more pairs (--mit-n) before concluding either way.",
    }

    def pairs(self, protocol: Protocol) -> Pairs:
        """The exchanged boxes; the paper tests nothing."""
        return () if protocol == "published" else ((FORWARD, EXCHANGED),)

    def needed(self, protocol: Protocol) -> tuple[str, ...]:
        """The pair; under ``published`` the paper's four forms."""
        return PAPER if protocol == "published" else super().needed(protocol)

    def also(self, protocol: Protocol) -> tuple[str, ...]:
        """The intact promoter and its turned forms."""
        return () if protocol == "published" else ("C", *TURNED)

    def make(self, spec: DesignSpec) -> SequenceSet:
        """Build every form on n backgrounds."""
        box = spec.grammar.breakable.name
        minus35 = [b.name for b in spec.grammar.boxes if b.name != box]
        made = spec.promoters()
        pairs = [strand_pair(p) for p in made]
        rngs = [spec.seeds.rng("scrambled_boxes", index) for index in range(len(made))]
        forms = {
            FORWARD: [pair[0] for pair in pairs],
            EXCHANGED: [pair[1] for pair in pairs],
            "C": [p.intact() for p in made],
            "turned_both": [turned(p, box, *minus35) for p in made],
            "turned_minus10": [turned(p, box) for p in made],
            "turned_minus35": [turned(p, *minus35) for p in made],
            "scrambled_boxes": [scrambled_boxes(p, r) for p, r in zip(made, rngs, strict=True)],
            "reverse_complement": [reverse_complement(p.intact()) for p in made],
        }
        wanted = (*self.needed(spec.protocol), *self.also(spec.protocol))
        return grouped({name: forms[name] for name in wanted})

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """The exchange decides; the turned forms are reported."""
        if stats.protocol == "published":
            means: list[Metric] = [
                stats.estimate(
                    f"mean_{form}", [scored.group(form)], lambda m: m[..., 0], unit="nats"
                )
                for form in PAPER
            ]
            return Measured([], means)
        pair = scored.matched(FORWARD, EXCHANGED)
        reported = [stats.mean_difference("strand_difference", *pair)]
        for form in TURNED:
            if scored.has("C", form):
                reported.append(stats.proportion(f"over_{form}", *scored.matched("C", form)))
        return Measured([stats.proportion("strand_accuracy", *pair)], reported)
