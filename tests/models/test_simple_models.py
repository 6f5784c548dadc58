"""The random model and the one that counts A and T."""

import random

import numpy as np
import pytest
from scipy.stats import kstest

from mit_harness.models.simple import AtContent, Random


def texts(n, length=100, seed=0):
    rng = random.Random(seed)
    return ["".join(rng.choices("ACGT", k=length)) for _ in range(n)]


def test_random_depends_on_seed_and_sequence_only():
    sequences = texts(500) + texts(50, length=30)
    scores = Random(0).score(sequences)
    assert (Random(0).score(sequences[::-1])[::-1] == scores).all()
    assert Random(0).score([sequences[3]])[0] == scores[3]
    assert (Random(1).score(sequences) != scores).all()
    assert np.ptp(Random(0).score([sequences[0]] * 5)) == 0


def test_random_is_standard_normal():
    scores = Random(3).score(texts(20_000, length=40))
    assert np.isfinite(scores).all()
    assert kstest(scores, "norm").pvalue > 0.001
    assert len(np.unique(scores)) == len(scores)


def test_random_is_pinned():
    # The draw must be the same on every machine and in every release.
    assert Random(0).score(["ACGT"])[0] == pytest.approx(-0.5687283837940157, abs=1e-12)


def test_at_content_knows_composition_only():
    rng = random.Random(4)
    for sequence in texts(50, length=97):
        shuffled = ["".join(rng.sample(sequence, len(sequence))) for _ in range(20)]
        scores = AtContent().score([sequence, *shuffled])
        assert np.ptp(scores) == 0
        assert scores[0] == (sequence.count("A") + sequence.count("T")) / 97


def test_at_content_counts_a_and_t_alike():
    assert AtContent().score(["AAAA", "ATTA", "ACGT", "CCGG"]).tolist() == [1, 1, 0.5, 0]
