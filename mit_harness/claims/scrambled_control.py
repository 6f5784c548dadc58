"""scrambled_control: the compensating elements help only where they belong (SCR)."""

from collections.abc import Mapping
from typing import ClassVar

from mit_harness.claims.base import Claim, Measured, Pairs, Scored
from mit_harness.promoter.core import Protocol
from mit_harness.stats.inference import Inference
from mit_harness.stats.verdict import Verdict

_DECIDING = (("E_decoy", "H_decoy"), ("E", "up_displaced"))
_OTHERS = ("extended_displaced", "shuffled", "dinucleotide")
"""Families that are reported under their own name; ``displaced`` is plain SCR."""


class ScrambledControl(Claim):
    """SCR = mean over i of [s(E_i) > s(control_i)], for every family of controls.

    The verdict rests on the decoy pair, which holds the junctions of element and box twice and
    differs only in place, and on the displaced UP element. Plain SCR rewards a k-mer model for
    the junction TGT|TGTAAT, which only E has.
    """

    id = "scrambled_control"
    title = "The same elements elsewhere do not compensate"
    compares = "E' with H' (decoy pair), and E with the displaced UP element"
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.HOLDS: "The elements score higher where they belong than elsewhere.",
        Verdict.REFUTED: "The same bases elsewhere score as well or better: this model does not "
        "use the elements' place.",
        Verdict.ABSENT: "Moving the elements makes no difference to this model.",
        Verdict.UNDECIDED: "Neither shown nor refuted: score more pairs (--mit-n).",
    }

    def pairs(self, protocol: Protocol) -> Pairs:
        """The decoy pair and the displaced UP element; under ``published`` classes E and H."""
        return (("E", "H"),) if protocol == "published" else _DECIDING

    def also(self, protocol: Protocol) -> tuple[str, ...]:
        """The other families."""
        return () if protocol == "published" else ("displaced", "H", *_OTHERS)

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """The decoy and the displaced UP element decide; every other family is reported."""
        if not scored.has("E_decoy"):
            return Measured([stats.proportion("scr", *scored.matched("E", "H"))])
        decoy = scored.matched("E_decoy", "H_decoy")
        deciding = [
            stats.proportion("scr_decoy", *decoy),
            stats.proportion("scr_up_displaced", *scored.matched("E", "up_displaced")),
        ]
        plain = "displaced" if scored.has("displaced") else "H"
        reported = [stats.mean_difference("decoy_difference", *decoy)]
        for name, family in (("scr", plain), *((f"scr_{f}", f) for f in _OTHERS)):
            if scored.has(family):
                reported.append(stats.proportion(name, *scored.matched("E", family)))
        return Measured(deciding, reported)
