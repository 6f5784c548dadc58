"""The null models are what they say: deterministic, indifferent to company, and without places."""

import itertools
import math
import random
from collections import Counter

import numpy as np
import pytest
from null_context import FLANK_LENGTH, Adaptive, PoorEarlyContext, left_flank
from null_models import NULLS
from null_tokenised import BPE_SLICE, BPE_VOCABULARY, Bpe, BpeUnigram, TokenUnigram, genome_bpe

from mit_harness.models.genomic import Markov
from mit_harness.models.pwm import words
from mit_harness.promoter.alphabet import encode, reverse_complement
from mit_harness.promoter.genome import genome

SEEDED = ("random", "AT + noise")
CLOSE = {"rtol": 0, "atol": 1e-9}


def texts(n, length=100, seed=0, bases="ACGT"):
    rng = random.Random(seed)
    return ["".join(rng.choices(bases, k=length)) for _ in range(n)]


# --- every null model ---


@pytest.mark.parametrize("name", NULLS)
def test_scores_depend_on_the_sequence_alone(name):
    model, sequences = NULLS[name](7), texts(60) + texts(20, 61) + ["A" * 100, "TATAAT" * 20]
    scores = np.asarray(model.score(sequences))
    assert scores.shape == (len(sequences),)
    assert np.isfinite(scores).all()
    order = np.random.default_rng(0).permutation(len(sequences))
    assert (model.score([sequences[k] for k in order]) == scores[order]).all()
    assert model.score([sequences[3]])[0] == scores[3]
    assert (NULLS[name](7).score(sequences) == scores).all()


@pytest.mark.parametrize("name", NULLS)
def test_only_noise_follows_the_seed_and_only_tables_are_kept(name):
    sequences = texts(20)
    assert (NULLS[name](0) is NULLS[name](1)) == (name not in SEEDED)
    same = np.array_equal(NULLS[name](0).score(sequences), NULLS[name](1).score(sequences))
    assert same == (name not in SEEDED)


# --- tokens ---


def test_six_mer_tokens_can_change_places():
    a, b, c, rest = "TATAAT", "GCGCGA", "TTGACA", "ACG"
    model = TokenUnigram()
    here, there = model.score([a + b + c + rest, c + a + b + rest])
    assert here == pytest.approx(there, abs=1e-9)
    shifted = model.score(["T" + a + b + c + "AC", "T" + c + a + b + "AC"])
    assert shifted[0] != pytest.approx(shifted[1], abs=1e-3)  # out of frame, not the same tokens


def slow_bpe(sequences, vocabulary):
    """Merges as pairs of token numbers, each learned by encoding everything again."""
    lists, merges = [["ACGT".index(base) + 1 for base in s] for s in sequences], []
    while len(merges) + 4 < vocabulary:
        counts = Counter(pair for tokens in lists for pair in itertools.pairwise(tokens))
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        if counts[best] < 2:
            break
        merges.append(best)
        lists = [slow_encode(s, merges) for s in sequences]
    return merges


def slow_encode(sequence, merges):
    """Always the leftmost pair of lowest rank: byte-pair encoding by definition."""
    tokens = ["ACGT".index(base) + 1 for base in sequence]
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    while True:
        pairs = enumerate(itertools.pairwise(tokens))
        rank, k = min(((ranks.get(pair, math.inf), k) for k, pair in pairs), default=(math.inf, 0))
        if rank == math.inf:
            return tokens
        tokens[k : k + 2] = [rank + 5]


def as_rows(bpe, sequences):
    """The token numbers of equally long sequences, one list for each."""
    tokens = bpe.encode(encode(sequences))
    assert tokens[0] == 0
    return [row[1:].tolist() for row in np.split(tokens, np.flatnonzero(tokens == 0)[1:])]


@pytest.mark.parametrize("bases", ["ACGT", "AAAT"])
def test_merges_are_those_of_a_slow_trainer(bases):
    sequences = texts(2, 300, seed=5, bases=bases)
    bpe = Bpe(sequences, 40)
    assert bpe.pairs == slow_bpe(sequences, 40)
    counts = Counter(token for s in sequences for token in slow_encode(s, bpe.pairs))
    assert bpe.counts.tolist() == [counts[token] for token in range(len(bpe.texts))]


def test_a_short_text_has_few_merges_and_none_joins_two_texts():
    assert Bpe(["ACGT"], 100).texts == ["", "A", "C", "G", "T"]
    assert Bpe(["ACAC"], 100).texts[5:] == ["AC"]
    assert Bpe(["AC"] * 9, 100).texts[5:] == ["AC"]


def test_bpe_cuts_as_by_definition():
    bpe = genome_bpe()
    sequences = [*texts(40, seed=2), *texts(10, seed=3, bases="AT"), "A" * 100, "AT" * 50]
    sequences += [genome()[k : k + 100] for k in range(2_000_000, 2_002_000, 100)]
    rows = as_rows(bpe, sequences)
    assert ["".join(bpe.texts[token] for token in row) for row in rows] == sequences
    assert rows == [slow_encode(sequence, bpe.pairs) for sequence in sequences]


def test_bpe_is_learned_on_both_strands_of_the_stated_slice():
    bpe, start = genome_bpe(), genome()[:BPE_SLICE]
    assert len(bpe.texts) - 1 == len(bpe.pairs) + 4 == BPE_VOCABULARY
    assert len(set(bpe.texts)) == len(bpe.texts)  # no two tokens of one text
    tokens = bpe.encode(encode([start, reverse_complement(start)]))
    assert np.bincount(tokens)[1:].tolist() == bpe.counts[1:].tolist()
    assert bpe.counts @ [len(text) for text in bpe.texts] == 2 * BPE_SLICE


def test_bpe_scores_are_sums_over_tokens_of_a_distribution():
    model, bpe, sequences = BpeUnigram(), genome_bpe(), texts(30, seed=4)
    assert np.exp(model.log_token[1:]).sum() == pytest.approx(1)
    total = bpe.counts.sum() + BPE_VOCABULARY
    slow = [
        sum(math.log((bpe.counts[token] + 1) / total) for token in row)
        for row in as_rows(bpe, sequences)
    ]
    np.testing.assert_allclose(model.score(sequences), slow, **CLOSE)


def test_bpe_boundaries_depend_on_the_neighbours():
    bpe, element, found = genome_bpe(), "TGTAATGCGC", set()
    for side in texts(30, 45, seed=6):
        (row,) = as_rows(bpe, [side + element + side])
        ends = np.cumsum([len(bpe.texts[token]) for token in row]).tolist()
        found.add(tuple(end for end in ends if 45 <= end < 55))
    assert len(found) > 3


# --- context ---


def test_the_flank_is_one_of_background():
    assert left_flank() == left_flank()
    assert len(left_flank()) == FLANK_LENGTH == 96
    assert set(left_flank()) == set("ACGT")


@pytest.mark.parametrize("flank", ["", "ACG", left_flank()], ids=["none", "short", "flank"])
def test_poor_early_context_predicts_with_distributions(flank):
    codes = encode(texts(50, 40, seed=8))
    made = PoorEarlyContext(flank).probabilities(codes)
    assert made.shape == (50, 40, 4)
    assert (made > 0).all()
    np.testing.assert_allclose(made.sum(axis=2), 1, **CLOSE)
    every = ["".join(word) for word in itertools.product("ACGT", repeat=4)]
    assert np.exp(PoorEarlyContext(flank).score(every)).sum() == pytest.approx(1)


def log_chosen(model, codes):
    """Log-probability of each base, shape (n, L)."""
    return np.log(np.take_along_axis(model.probabilities(codes), codes[..., None], axis=2))[..., 0]


def test_poor_early_context_gains_with_context():
    codes = encode([genome()[k : k + 100] for k in range(0, 400_000, 200)])
    by_place = log_chosen(PoorEarlyContext(), codes).mean(axis=0)
    assert by_place[0] == pytest.approx(math.log(0.25))
    assert by_place[60:].mean() > by_place[5:20].mean() > by_place[:5].mean()


@pytest.mark.parametrize(
    "model",
    [PoorEarlyContext, lambda flank="": Adaptive(4, flank)],
    ids=["poor early context", "adaptive"],
)
def test_a_flank_is_context_that_is_not_scored(model):
    sequences, flank = texts(40, seed=9), left_flank()
    whole = model().score([flank + s for s in sequences])
    np.testing.assert_allclose(
        model(flank).score(sequences), whole - model().score([flank])[0], **CLOSE
    )


@pytest.mark.parametrize("flank", ["", left_flank()], ids=["none", "flank"])
def test_without_decay_it_is_the_markov_chain(flank):
    sequences, chain = texts(40, seed=10), Markov(5)
    codes = encode(sequences)
    later = chain.score(sequences) - chain.log_start[words(codes[:, :5], 5)[:, 0]]
    early = PoorEarlyContext(flank, tau=1e-3)
    np.testing.assert_allclose(log_chosen(early, codes)[:, 5:].sum(axis=1), later, **CLOSE)


def test_only_without_flank_is_a_place_of_consequence():
    """Two stretches change places between equal 5-mers: the chain's score is the same by design."""
    joint, at_rich, gc_rich = "ACGTC", "AAAAAATTTTTTAAAAA", "GCTAGGCCCTAGGCTAG"
    pad = texts(1, 50, seed=11)[0]
    here = joint + at_rich + joint + gc_rich + joint + pad
    there = joint + gc_rich + joint + at_rich + joint + pad
    plain = {
        "chain": NULLS["Markov 5"](0),
        "flank": NULLS["poor early context + flank"](0),
        "none": NULLS["poor early context"](0),
    }
    differ = {k: abs(np.subtract(*m.score([here, there]))) for k, m in plain.items()}
    assert differ["chain"] == pytest.approx(0, abs=1e-9)
    assert differ["flank"] < 0.1 < 1 < differ["none"]


def test_poor_early_context_punishes_early_elements():
    """What a flank is for: an A tract scores worse as the sequence begins, and not behind one."""
    tract, rest = "A" * 9, texts(200, 91, seed=12)
    for name, low, high in (
        ("poor early context", 0, 0.2),
        ("poor early context + flank", 0.35, 0.65),
    ):
        model = NULLS[name](0)
        early = model.score([s[:15] + tract + s[15:] for s in rest])
        late = model.score([s[:75] + tract + s[75:] for s in rest])
        assert low <= (early > late).mean() <= high, name


def slow_adaptive(sequence, order, flank):
    counts, total = Counter(), 0.0
    whole = flank + sequence
    for k in range(len(whole)):
        if k < order:
            total += math.log(0.25) if k >= len(flank) else 0
            continue
        seen = whole[k - order : k]
        if k >= len(flank):
            of = sum(counts[seen + base] + 0.25 for base in "ACGT")
            total += math.log((counts[seen + whole[k]] + 0.25) / of)
        counts[seen + whole[k]] += 1
    return total


@pytest.mark.parametrize("order", [2, 4])
@pytest.mark.parametrize("flank", ["", "ACA", left_flank()], ids=["none", "short", "flank"])
def test_adaptive_models_count_what_stood_before(order, flank):
    sequences = texts(5, seed=13, bases="AACGT") + texts(5, 3, seed=14) + ["A" * 100]
    slow = [slow_adaptive(s, order, flank) for s in sequences]
    np.testing.assert_allclose(Adaptive(order, flank).score(sequences), slow, **CLOSE)
