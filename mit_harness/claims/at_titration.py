"""at_titration: the elements help where they belong at any A+T content of the background."""

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np

from mit_harness.claims.base import Claim, Measured, Pairs, Scored
from mit_harness.promoter.alphabet import at_count
from mit_harness.promoter.construct import Promoter
from mit_harness.promoter.core import DesignSpec, Protocol
from mit_harness.promoter.probes import titrated
from mit_harness.promoter.sequence_set import SequenceSet, make_items
from mit_harness.stats.inference import Inference
from mit_harness.stats.metric import Metric
from mit_harness.stats.verdict import Verdict

LEVELS = (30, 40, 50, 60, 70, 80)
"""A+T of the background in per cent, before the redraw rule mends it."""
MIDDLE = (40, 50, 60, 70)
"""The levels over which the rescue is averaged."""
CONDITIONS = ("C", "D", "E")
"""The three conditions of the paper: 18 condition means with the six levels."""


_FORMS: Mapping[str, Callable[[Promoter], str]] = {
    "bare": lambda p: p.background,
    "C": Promoter.intact,
    "D": Promoter.broken,
    "E": Promoter.compensated,
    "E_decoy": lambda p: p.decoy_pair()[0],
    "H_decoy": lambda p: p.decoy_pair()[1],
}


def at_group(level: int, condition: str) -> str:
    """Return the name of one condition at one level."""
    return f"at{level}_{condition}"


def _groups(conditions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(at_group(level, condition) for condition in conditions for level in LEVELS)


def titration(spec: DesignSpec, conditions: tuple[str, ...]) -> SequenceSet:
    """Build the named conditions at every level, three tenths of n each."""
    made = []
    for level in LEVELS:
        promoters = titrated(spec.grammar, spec.seeds, spec.share(3), spec.break_form, level)
        for condition in conditions:
            made += make_items(at_group(level, condition), map(_FORMS[condition], promoters))
    return SequenceSet.of(made)


def at_percent(scored: Scored) -> Scored:
    """Return the A+T content of every sequence in per cent, in the place of its score."""
    texts = [item.sequence for item in scored.sequences]
    return Scored(scored.sequences, np.array([100 * at_count(t) / len(t) for t in texts]))


class AtTitration(Claim):
    """E' - H' at six A+T contents of one background, matched by common random numbers.

    The rescue averaged over 40 to 70 % decides; a level at which it lies wholly at or below zero
    refutes. E - D rises with the elements' own A+T, so it is reported only; so are both forms of
    the AT-LL correlation (over single sequences, and over the 18 condition means), which the paper
    mixes, and the slope. All of these take the sequences' own A+T.
    """

    id = "at_titration"
    title = "Compensation does not depend on the background's A+T"
    compares = "E' with H' (decoy pair) at a background A+T of 30 to 80 %"
    threshold = 0.0
    threshold_text = "CI low > 0 over 40 to 70 % A+T, no level wholly at or below 0"
    absent_band = None
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.HOLDS: "The elements score higher where they belong, rich or poor in A+T.",
        Verdict.REFUTED: "At some A+T content the elements are worth no more where they belong.",
        Verdict.UNDECIDED: "Score more backgrounds (--mit-n) before concluding either way.",
    }

    def pairs(self, protocol: Protocol) -> Pairs:
        """The decoy pair at each level; the paper compares nothing."""
        if protocol == "published":
            return ()
        return tuple((at_group(at, "E_decoy"), at_group(at, "H_decoy")) for at in LEVELS)

    def needed(self, protocol: Protocol) -> tuple[str, ...]:
        """The decoy pairs; under ``published`` the paper's three conditions."""
        return _groups(CONDITIONS) if protocol == "published" else super().needed(protocol)

    def also(self, protocol: Protocol) -> tuple[str, ...]:
        """The paper's three conditions."""
        return () if protocol == "published" else _groups(CONDITIONS)

    def make(self, spec: DesignSpec) -> SequenceSet:
        """Build every condition at every level."""
        pair = () if spec.protocol == "published" else ("E_decoy", "H_decoy")
        return titration(spec, (*pair, *CONDITIONS))

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """The rescue in place over the middle levels decides; every level guards."""
        correlations = _correlations(scored, stats)
        if stats.protocol == "published":
            return Measured([], correlations)
        sides = {
            at: scored.matched(at_group(at, "E_decoy"), at_group(at, "H_decoy")) for at in LEVELS
        }
        correct, wrong = (np.mean([sides[at][k] for at in MIDDLE], axis=0) for k in (0, 1))
        deciding = stats.mean_difference("titrated_rescue", correct, wrong)
        guards = [stats.mean_difference(f"rescue_at_{at}", *sides[at]) for at in LEVELS]
        return Measured([deciding], [*_raw_rescue(scored, stats), *correlations], guards)


def _raw_rescue(scored: Scored, stats: Inference) -> list[Metric]:
    if not scored.has(*_groups(("D", "E"))):
        return []
    return [
        stats.mean_difference(
            f"compensation_at_{at}", *scored.matched(at_group(at, "E"), at_group(at, "D"))
        )
        for at in LEVELS
    ]


def _correlations(scored: Scored, stats: Inference) -> list[Metric]:
    """Return both AT-LL correlations over the 18 conditions, and the slope."""
    groups = _groups(CONDITIONS)
    if not scored.has(*groups):
        return []
    scores = np.column_stack(scored.matched(*groups))
    at = np.column_stack(at_percent(scored).matched(*groups))
    return [
        stats.pearson("at_ll_r_sequences", at, scores),
        stats.pearson_of_means("at_ll_r_means", at, scores),
        stats.slope("at_slope", at, scores, unit="nats per % A+T"),
    ]
