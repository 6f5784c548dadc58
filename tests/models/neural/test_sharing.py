"""Shared prefixes give the scores of plain batches, and where they cannot the reason is said."""

import logging
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="neural models need torch")
transformers = pytest.importorskip("transformers", reason="neural models need transformers")

from mit_harness.models.neural import batch_memory, sharing  # noqa: E402
from mit_harness.models.neural.model import NeuralModel  # noqa: E402

CACHED = ("llama", "neox", "bytes")
NATS = 1e-4


def family(sequences, stems=3, branches=4, length=40, seed=0):
    """Return sequences of which every few begin alike, for a while each."""
    rng = np.random.default_rng(seed)
    texts = []
    for stem in sequences(stems, length, seed=seed):
        for tail in sequences(branches, length, seed=seed + len(texts) + 1):
            cut = int(rng.integers(length))
            texts.append(stem[:cut] + tail[cut:])
    return texts


@pytest.fixture(scope="module")
def both(loaded):
    """Return a function that gives (plain, sharing) models of one network, of any options."""
    kept = {}

    def make(name, dtype="float32", **options):
        key = name, dtype
        if key not in kept:
            network, tokenizer, kind = loaded(name)
            kept[key] = network.to(getattr(torch, dtype)), tokenizer, kind
        network, tokenizer, kind = kept[key]
        return tuple(
            NeuralModel(network, tokenizer, kind, share=share, **options) for share in (False, True)
        )

    return make


def same(plain, shared, texts, atol=NATS):
    expected, found = plain.score(texts), shared.score(texts)
    np.testing.assert_allclose(found.values, expected.values, rtol=0, atol=atol)
    np.testing.assert_array_equal(found.tokens, expected.tokens)
    np.testing.assert_array_equal(found.bases, expected.bases)


BASES = st.text("ACGT", min_size=1, max_size=12)
SETS = st.lists(st.tuples(st.sampled_from(["", "ACGTACGTTG", "ACGTAA"]), BASES), max_size=10).map(
    lambda parts: [stem + tail for stem, tail in parts]
)


@pytest.mark.parametrize("name", CACHED)
@settings(max_examples=12, deadline=None)
@given(SETS, st.sampled_from([1, 40, 300, 20_000]), st.sampled_from([0, 12, None]), st.data())
def test_any_set_in_any_order_and_batch_scores_as_it_does_plainly(
    both, name, texts, most, bp, data
):
    if bp == 0:  # without a token before it a single base has no probability
        texts = [text + "AC" for text in texts]
    plain, shared = both(name, context=bp, batch_tokens=most)
    same(plain, shared, data.draw(st.permutations(texts)))
    assert shared.sharing.off == ""


@pytest.mark.parametrize("strand", ["reverse", "mean"])
def test_strands_score_as_they_do_plainly(both, sequences, strand):
    same(*both("llama", strand=strand), family(sequences))


@pytest.mark.parametrize("name", CACHED)
def test_in_float64_it_is_exact(both, sequences, name):
    texts = family(sequences) + family(sequences, length=55, seed=50)
    same(*both(name, "float64"), texts, 1e-9)
    same(*both(name, "float64", context=0, batch_tokens=200), texts, 1e-9)


def test_frames_shift_the_flank_and_share_nothing_wrong(loaded, sequences):
    _, tokenizer, _ = loaded("esm")
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        initializer_range=0.3,
    )
    network = transformers.LlamaForCausalLM(config).eval()
    models = [
        NeuralModel(network, tokenizer, "causal", frames=6, strand="mean", share=share)
        for share in (False, True)
    ]
    same(*models, family(sequences, length=48))
    assert models[1].sharing.off == ""


def test_duplicates_one_sequence_and_none(both, sequences):
    plain, shared = both("llama")
    (text,) = sequences(1)
    same(plain, shared, [text])
    same(plain, shared, [text] * 5)
    assert len(shared.score([]).values) == 0


def test_a_common_beginning_is_read_once_and_the_flank_once_for_all_calls(both, sequences):
    _, shared = both("llama", batch_tokens=100_000)
    stem, tails = sequences(1, 80)[0], sequences(4, 19, seed=1)
    texts = [stem + base + tail for base, tail in zip("ACGT", tails, strict=True)]
    shared.score(texts[:1])
    shared.batcher.budget, before = 100_000, shared.sharing.tokens
    shared.score(texts)
    read = shared.sharing.tokens - before
    assert read == 80 + 4 * 19  # the last token is not read, nor is the flank
    assert shared.lengths(texts).sum() == 4 * 197


def test_without_anything_in_common_batches_are_read_plainly(both, sequences):
    plain, shared = both("neox", context=0)
    texts = sequences(20, 30)
    seen, forward = [], shared._open().network.forward

    def watched(ids, **options):
        seen.append("past_key_values" in options)
        return forward(ids, **options)

    shared.score(texts[:3])  # this tries the cache
    shared._open().network.forward = watched
    try:
        same(plain, shared, texts)
    finally:
        shared._open().network.forward = forward
    assert not any(seen)


@pytest.mark.parametrize("name", ["mamba", "remote"])
def test_a_network_without_a_cache_falls_back_and_says_why(both, sequences, name, caplog):
    plain, shared = both(name)
    texts = family(sequences)
    with caplog.at_level(logging.WARNING):
        same(plain, shared, texts, 0)
        same(plain, shared, texts, 0)
    assert "a cache fails with TypeError" in shared.sharing.off
    assert [r.getMessage() for r in caplog.records if r.name == sharing.__name__] == [
        f"no prefix is shared: {shared.sharing.off}"
    ]


def test_a_cache_that_gives_other_scores_is_not_used(both, sequences, caplog):
    plain, shared = both("llama")
    network = shared._open().network

    class Forgetful(torch.nn.Module):
        """Takes a cache and looks at nothing in it."""

        def __init__(self):
            super().__init__()
            self.inner, self.config = network, network.config

        def forward(self, ids, past_key_values=None, use_cache=False):
            out = self.inner(ids)
            cache = ((torch.zeros(len(ids), 1), torch.zeros(len(ids), 1)),)
            return SimpleNamespace(logits=out.logits, past_key_values=cache)

    made = NeuralModel(Forgetful(), plain._encoder._tokenizer, "causal")
    with caplog.at_level(logging.INFO):
        same(plain, made, family(sequences))
    assert "nats off, more than 1e-04" in made.sharing.off
    assert made.sharing.off in caplog.text


def test_a_sliding_window_is_right_or_refused(both, sequences):
    tokenizer = both("llama")[0]._encoder._tokenizer
    torch.manual_seed(0)
    config = transformers.MistralConfig(
        vocab_size=16,
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        intermediate_size=32,
        sliding_window=20,
        initializer_range=0.3,
    )
    network = transformers.MistralForCausalLM(config).eval()
    models = [
        NeuralModel(network, tokenizer, "causal", vocabulary=9, share=share)
        for share in (False, True)
    ]
    same(*models, family(sequences, length=60))


def test_half_precision_and_other_devices_share_only_when_asked(loaded):
    network, tokenizer, kind = loaded("llama")
    assert NeuralModel(network, tokenizer, kind).sharing is not None
    assert NeuralModel(network.double(), tokenizer, kind).sharing is not None
    half = network.bfloat16()
    assert NeuralModel(half, tokenizer, kind).sharing is None
    assert NeuralModel(half, tokenizer, kind, share=True).sharing is not None
    assert NeuralModel(half, tokenizer, kind, device="meta").sharing is None


def test_variants_share_nothing_so_that_the_noise_floor_holds_it(both, sequences):
    _, shared = both("neox")
    texts = family(sequences)
    scored = shared.score(texts).values
    read = shared.sharing.tokens
    for variant in shared.variants():
        if variant.score is not None:
            np.testing.assert_allclose(variant.score(texts).values, scored, rtol=0, atol=NATS)
    assert shared.sharing.tokens == read


def test_a_lack_of_memory_in_the_middle_of_a_tree_loses_nothing(both, sequences, monkeypatch):
    plain, shared = both("llama", batch_tokens=100_000)
    texts = family(sequences, 6, 8)
    shared.score(texts[:2])
    shared.batcher.budget, calls, taken = 100_000, [], sharing._taken

    def lacking(cache, rows, *, keep):
        calls.append(len(rows))
        if len(rows) > 10:
            raise RuntimeError("CUDA out of memory")
        return taken(cache, rows, keep=keep)

    monkeypatch.setattr(sharing, "_taken", lacking)
    same(plain, shared, texts)
    assert max(calls) > 10
    assert shared.sharing.off == ""


@pytest.mark.parametrize("budget", [400_000, 1_500_000])
def test_caches_stay_within_what_a_batch_may_take(both, sequences, monkeypatch, budget):
    monkeypatch.setattr(batch_memory, "BATCH_BYTES", budget)
    plain, shared = both("llama")
    texts = family(sequences, 10, 12, 60)
    held, read = [], sharing.PrefixSharing._read

    def watched(self, *args, **options):
        found = read(self, *args, **options)
        held.append(
            (len(found.scores), sharing._size(found.cache) + sharing._size(args[3].cache or ()))
        )
        return found

    shared.score(texts[:1])
    monkeypatch.setattr(sharing.PrefixSharing, "_read", watched)
    shared.batcher.settled, shared.batcher.budget = True, 60_000
    same(plain, shared, texts)
    assert max(rows for rows, _ in held) > 1
    assert max(size for rows, size in held if rows > 1) <= budget


def test_what_a_cache_takes_is_counted(both, sequences):
    cost = batch_memory.TokenCost(256, 9, 0, 4)
    assert cost.tokens(100, 1.0, 12_288) < cost.tokens(100, 1.0)
    _, shared = both("llama")
    shared.score(sequences(2))
    assert shared.sharing.token_bytes == 2 * 2 * 12 * 4  # 2 layers, keys and values, 12 floats


def test_a_closed_model_keeps_no_cache(both, sequences):
    _, shared = both("llama")
    shared.score(sequences(2))
    shared.close()
    assert shared.sharing is None
