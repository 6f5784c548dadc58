"""Scores whose right verdict is known, for the sequences that a claim designs."""

from functools import cache

import numpy as np
import pytest

from mit_harness.claims.base import Scored
from mit_harness.claims.registry import get_claim
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
"""Claim -> the groups that have to win -> over which."""


@cache
def _design(claim_id, n):
    return get_claim(claim_id).design(DesignSpec(n=n))


class Bench:
    """Designs claims and judges scores made up for them."""

    winners = WINNERS
    design = staticmethod(_design)

    def judge(self, claim_id, scored, **options):
        chosen = {"protocol": "matched", "seed": 42, "tolerance": 0.0, **options}
        return get_claim(claim_id).judge(scored, **chosen)

    def noise(self, claim_id, n=40, seed=0):
        """Scores that know nothing."""
        sequences = self.design(claim_id, n)
        return Scored(sequences, np.random.default_rng(seed).normal(size=len(sequences)))

    def advantage(self, claim_id, size, n=40, seed=0):
        """Noise, and `size` more for each group that has to win."""
        scored = self.noise(claim_id, n, seed)
        values = scored.values.copy()
        for group in self.winners[claim_id]:
            values[scored.sequences.rows.get(group, [])] += size
        return Scored(scored.sequences, values)


@pytest.fixture(scope="session")
def bench():
    return Bench()
