"""motif_effect: the -10 box matters at its own place (MES and its composition-free form)."""

from collections.abc import Mapping
from typing import ClassVar

from mit_harness.claims.base import Claim, Measured, Pairs, Scored
from mit_harness.promoter.core import Protocol
from mit_harness.stats.inference import Inference
from mit_harness.stats.metric import Metric
from mit_harness.stats.verdict import Verdict


class MotifEffect(Claim):
    """P(intact box in place, broken one displaced > the two exchanged): composition cancels.

    The paper's MES (Cohen's d of intact against broken) mixes the box with the A+T that the
    break removes, so it is reported without a verdict.
    """

    id = "motif_effect"
    title = "An intact -10 box matters where it belongs"
    compares = "TATAAT in place and the broken box displaced, with the two exchanged"
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.HOLDS: "An intact box scores higher where it belongs.",
        Verdict.REFUTED: "An intact box in place scores no better.",
        Verdict.ABSENT: "An intact box in place makes no difference to this model.",
        Verdict.UNDECIDED: "Score more pairs (--mit-n) before concluding either way.",
    }

    def pairs(self, protocol: Protocol) -> Pairs:
        """The exchanged boxes; under ``published`` classes C and D."""
        return (("C", "D") if protocol == "published" else ("motif_correct", "motif_exchanged"),)

    def also(self, protocol: Protocol) -> tuple[str, ...]:
        """Classes A to D for MES and CIR."""
        return ("A", "B") if protocol == "published" else ("A", "B", "C", "D")

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """The exchange decides; under ``published`` intact against broken by index does."""
        reported: list[Metric] = []
        if scored.has("C", "D"):
            intact, broken = scored.matched("C", "D")
            reported += stats.motif_effects(intact, broken)
            if scored.has("A", "B"):
                reported += stats.natural_effects(
                    scored.group("A"), scored.group("B"), intact, broken
                )
        if scored.has("motif_correct", "motif_exchanged"):
            pair = scored.matched("motif_correct", "motif_exchanged")
            return Measured([stats.proportion("motif_in_place", *pair)], reported)
        synthetic = stats.proportion("intact_over_broken", *scored.matched("C", "D"))
        return Measured([synthetic], reported)
