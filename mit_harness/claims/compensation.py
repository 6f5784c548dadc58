"""compensation: an UP element and an extended -10 make up for a broken -10 box (CSS)."""

from collections.abc import Mapping
from typing import ClassVar

from mit_harness.claims.base import Claim, Measured, Pairs, Scored
from mit_harness.promoter.core import Protocol
from mit_harness.stats.inference import Inference
from mit_harness.stats.verdict import Verdict


class Compensation(Claim):
    """CSS = mean over i of [s(E_i) > s(D_i)] (arXiv 2604.06549), pairs matched by background."""

    id = "compensation"
    title = "A broken -10 box is compensated"
    compares = "E (compensated) with D (broken)"
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.HOLDS: "Anything that counts A+T does this too: read it with scrambled_control.",
        Verdict.REFUTED: "Adding the compensating elements does not raise the score; the two "
        "sequences of a pair differ only there.",
        Verdict.ABSENT: "The elements make no difference to this model.",
        Verdict.UNDECIDED: "Score more pairs (--mit-n) before concluding either way.",
    }

    def pairs(self, protocol: Protocol) -> Pairs:
        """E and D."""
        return (("E", "D"),)

    def also(self, protocol: Protocol) -> tuple[str, ...]:
        """C, for the compensation magnitude."""
        return ("C",)

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """CSS decides; the mean difference and CM are reported."""
        broken, compensated = scored.matched("D", "E")
        reported = [stats.mean_difference("rescue", compensated, broken)]
        if scored.has("C"):
            intact, broken_c, compensated_c = scored.matched("C", "D", "E")
            reported.append(stats.compensation_magnitude("cm", intact, broken_c, compensated_c))
        return Measured([stats.proportion("css", compensated, broken)], reported)
