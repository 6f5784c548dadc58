"""Scores whose right verdict is known, for the sequences that a claim designs."""

from functools import cache

import numpy as np
import pytest

from mit_harness.claims.base import Scored
from mit_harness.claims.minus10_variants import _NAMES, reference, variant_group
from mit_harness.claims.registry import get_claim
from mit_harness.claims.robustness import CELLS
from mit_harness.promoter.core import DesignSpec

WINNERS = {
    "compensation": {"E": "D"},
    "scrambled_control": {"E_decoy": "H_decoy", "E": "up_displaced"},
    "motif_effect": {"motif_correct": "motif_exchanged"},
    "natural_motif": {"A_sham": "A_broken"},
    "natural_rescue": {
        "A_compensated": "A_displaced",
        "A_compensated_decoy": "A_displaced_decoy",
    },
}
"""Claim of one or two pairs -> the groups that have to win -> over which."""

GAINS = {
    **{claim: dict.fromkeys(groups, 1.0) for claim, groups in WINNERS.items()},
    "at_titration": {f"at{level}_E_decoy": 1.0 for level in range(30, 90, 10)},
    "up_position": {"up_at_15": 1.0},
    "spacing": {"spacing_16": 1.0, "spacing_17": 1.5, "spacing_18": 1.0},
    "strand": {"strand_forward": 1.0},
    "minus10_variants": {
        variant_group(name): float(weight)
        for name, weight in zip(_NAMES, reference() - reference().mean(), strict=True)
    },
    "robustness": {
        **dict.fromkeys(("E_decoy", "E", *(f"{cell}_E" for cell in CELLS)), 1.0),
        "E_decoy": 2.0,
    },
    "dose_response": {f"up_grade{grade}_E": float(grade) for grade in range(10)},
    "composition": {},
    "dinucleotide": {},
}
"""Claim -> group -> how much more it scores than noise where the claim holds."""
DIAGNOSTICS = ("composition", "dinucleotide")
BY_ORDER = (*WINNERS, "up_position", "strand", "robustness")
"""Claims whose verdict rests on the order within pairs; the others rest on means."""


@cache
def _design(claim_id, n):
    return get_claim(claim_id).design(DesignSpec(n=n))


class Bench:
    """Designs claims and judges scores made up for them."""

    winners = WINNERS
    diagnostics = DIAGNOSTICS
    design = staticmethod(_design)

    def judge(self, claim_id, scored, **options):
        chosen = {"protocol": "matched", "seed": 42, "tolerance": 0.0, **options}
        return get_claim(claim_id).judge(scored, **chosen)

    def noise(self, claim_id, n=40, seed=0):
        """Scores that know nothing."""
        sequences = self.design(claim_id, n)
        return Scored(sequences, np.random.default_rng(seed).normal(size=len(sequences)))

    def advantage(self, claim_id, size, n=40, seed=0):
        """Noise, and `size` more for each group that has to win, times its gain."""
        scored = self.noise(claim_id, n, seed)
        values = scored.values.copy()
        for group, gain in GAINS[claim_id].items():
            values[scored.sequences.rows.get(group, [])] += size * gain
        return Scored(scored.sequences, values)


@pytest.fixture(scope="session")
def bench():
    return Bench()
