"""Shuffles keep dinucleotides, and draw every valid sequence equally often."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from mit_harness.promoter.shuffle import dinucleotide_shuffle

dna = st.text(alphabet="ACGT", max_size=60)


def dinucleotides(sequence):
    return Counter(pairwise(sequence))


def all_shuffles(sequence):
    """Every sequence with the same first base and dinucleotide counts, by exhaustive search."""
    found = set()

    def extend(path, left):
        if not left:
            found.add(path)
        for step in [s for s in left if s[0] == path[-1]]:
            extend(path + step[1], left - Counter([step]))

    extend(sequence[0], dinucleotides(sequence))
    return sorted(found)


@given(sequence=dna, seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, database=None, max_examples=200)
def test_keeps_dinucleotides_and_both_ends(sequence, seed):
    made = dinucleotide_shuffle(sequence, np.random.default_rng(seed))
    assert dinucleotides(made) == dinucleotides(sequence)
    assert Counter(made) == Counter(sequence)
    assert (made[:1], made[-1:]) == (sequence[:1], sequence[-1:])


@pytest.mark.parametrize("sequence", ["", "A", "AC", "ACA", "AAC", "AAAAAAAAAA", "AAAAAAAAAC"])
def test_what_has_no_other_order_stays(sequence):
    assert dinucleotide_shuffle(sequence, np.random.default_rng(1)) == sequence


@pytest.mark.parametrize(
    ("sequence", "count"),
    # The last two: steps from a base to itself, and a first base that is also the last.
    [("ACGTACTGA", 6), ("AACAAGACAG", None), ("ACCAACGAAGGA", None)],
)
def test_reaches_every_shuffle_equally_often(sequence, count):
    valid = all_shuffles(sequence)
    assert count in (None, len(valid))
    rng = np.random.default_rng(42)
    drawn = Counter(dinucleotide_shuffle(sequence, rng) for _ in range(100 * len(valid)))
    assert sorted(drawn) == valid
    assert chisquare([drawn[s] for s in valid]).pvalue > 0.01


def test_same_generator_same_shuffle():
    sequence = "ACGTACTGATTGCATGCAGT"
    one, two = (dinucleotide_shuffle(sequence, np.random.default_rng(7)) for _ in range(2))
    assert one == two


def test_long_runs_take_no_longer_than_their_length():
    sequence = "A" * 100_000 + "C" + "G" * 100_000
    assert dinucleotide_shuffle(sequence, np.random.default_rng(0)) == sequence
