"""6-mer frequencies and Markov chains, on a small genome and on the real one."""

import hashlib
import itertools
import math
import random
from collections import Counter

import numpy as np
import pytest

from mit_harness.errors import ModelError
from mit_harness.models.embedded import GENOME_MD5
from mit_harness.models.genomic import Kmer, Markov, word_counts
from mit_harness.promoter.alphabet import reverse_complement
from mit_harness.promoter.genome import genome

SMALL = "".join(random.Random(0).choices("AAACGTT", k=3000))


def count(text, size):
    """1 + occurrences of each word on either strand."""
    found = Counter({"".join(word): 1 for word in itertools.product("ACGT", repeat=size)})
    for strand in (text, reverse_complement(text)):
        found.update(strand[k : k + size] for k in range(len(strand) - size + 1))
    return found


def texts(n, low, high=60):
    rng = random.Random(low)
    return ["".join(rng.choices("ACGT", k=rng.randint(low, high))) for _ in range(n)]


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_words_are_counted_on_both_strands(size):
    slow = count(SMALL, size)
    assert word_counts(SMALL, size).tolist() == [slow[word] for word in sorted(slow)]


def test_kmer_sums_log_frequencies():
    slow = count(SMALL, 6)
    total = sum(slow.values())
    sequences = texts(60, 6)
    expected = [
        sum(math.log(slow[s[k : k + 6]] / total) for k in range(len(s) - 5)) for s in sequences
    ]
    assert Kmer(SMALL).score(sequences) == pytest.approx(expected, abs=1e-9)
    assert np.exp(Kmer(SMALL).log_frequency).sum() == pytest.approx(1)


@pytest.mark.parametrize("order", [0, 1, 3, 5])
def test_markov_multiplies_conditional_probabilities(order):
    start, step = count(SMALL, order), count(SMALL, order + 1)

    def slow(s):
        value = math.log(start[s[:order]] / sum(start.values()))
        for k in range(order, len(s)):
            context = s[k - order : k]
            value += math.log(step[context + s[k]] / sum(step[context + base] for base in "ACGT"))
        return value

    sequences = texts(60, max(1, order))
    model = Markov(order, SMALL)
    assert model.score(sequences) == pytest.approx([slow(s) for s in sequences], abs=1e-9)


@pytest.mark.parametrize("order", [0, 1, 2, 5])
def test_markov_is_a_distribution(order):
    model = Markov(order, SMALL)
    assert np.exp(model.log_next).sum(axis=1) == pytest.approx(1)
    every = ["".join(bases) for bases in itertools.product("ACGT", repeat=max(order, 1) + 1)]
    assert np.exp(model.score(every)).sum() == pytest.approx(1)


def test_too_short_is_refused():
    with pytest.raises(ModelError, match="at least 6 bp"):
        Kmer(SMALL).score(["ACGTA"])
    with pytest.raises(ModelError, match="at least 5 bp"):
        Markov(5, SMALL).score(["ACGT"])


def test_the_genome_is_the_one_in_the_fingerprint():
    assert hashlib.md5(genome().encode()).hexdigest() == GENOME_MD5


def test_the_genome_is_likelier_than_its_reverse_and_than_noise():
    window = genome()[1_000_000:1_002_000]
    parts = [window[k : k + 100] for k in range(0, 2000, 100)]
    backwards = [part[::-1] for part in parts]
    for model in (Markov(), Kmer()):
        assert model.score(parts).mean() > model.score(backwards).mean()
        assert model.score(parts).mean() > model.score(texts(20, 100, 100)).mean()
