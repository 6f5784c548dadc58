"""The model as the engine sees it: strands, frames, memory, and faults that name a sequence."""

import gc
import weakref

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="neural models need torch")
pytest.importorskip("transformers", reason="neural models need transformers")

from mit_harness.errors import ModelError  # noqa: E402
from mit_harness.models.base import Model, ModelHandle, Scores  # noqa: E402
from mit_harness.models.neural.model import NeuralModel  # noqa: E402
from mit_harness.promoter.alphabet import reverse_complement  # noqa: E402
from mit_harness.scoring import engine  # noqa: E402

CLOSE = {"rtol": 0, "atol": 1e-4}


def small_memory(network, tokens, seen):
    """Let a network fail above so many tokens, and write down every batch that it takes."""

    def hook(_module, inputs):
        if inputs[0].numel() > tokens:
            seen.append(None)
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 GiB.")
        seen.append(inputs[0].clone())

    network.register_forward_pre_hook(hook)


@pytest.mark.parametrize("name", ["llama", "esm", "bert"])
def test_it_is_a_model_and_the_engine_takes_it(name, model, sequences):
    made, texts = model(name), sequences(9, (30, 60))
    assert isinstance(made, Model)
    handle = ModelHandle(name, f"hf:./{name}", "user", "-", lambda: made, "log-likelihood")
    with engine.LazyModel(handle) as lazy:
        table = engine.score(lazy, texts, batch_tokens=100)
        np.testing.assert_allclose(table.values(texts), made.score(texts).values, **CLOSE)
        assert [table.rows[text].bases for text in texts] == [len(text) for text in texts]
    with pytest.raises(ModelError, match="closed"):
        made.score(texts)


def test_no_sequences_are_no_scores(model):
    for name in ("llama", "esm"):
        found = model(name, strand="mean").score([])
        assert isinstance(found, Scores)
        assert found.values.shape == found.tokens.shape == found.bases.shape == (0,)
        assert model(name).lengths([]).shape == (0,)


@pytest.mark.parametrize("name", ["llama", "bert"])
def test_strands(name, model, sequences):
    texts = sequences(4, (30, 50))
    forward, reverse, mean = (
        model(name, strand=s).score(texts) for s in ("forward", "reverse", "mean")
    )
    turned = model(name).score([reverse_complement(text) for text in texts])
    np.testing.assert_allclose(reverse.values, turned.values, **CLOSE)
    np.testing.assert_allclose(mean.values, (forward.values + turned.values) / 2, **CLOSE)
    np.testing.assert_array_equal(mean.tokens, np.rint((forward.tokens + reverse.tokens) / 2))
    assert np.abs(forward.values - reverse.values).min() > 0.01
    both = model(name, strand="mean").score([reverse_complement(text) for text in texts])
    np.testing.assert_allclose(both.values, mean.values, **CLOSE)


def test_frames_are_averaged(model, sequences):
    from mit_harness.models.neural.flanks import flanks

    texts, (left, right) = sequences(3, 40), flanks("masked")
    found = model("esm", frames=6).score(texts)
    plain = model("esm", context=0)
    np.testing.assert_array_equal(found.bases, np.rint(np.mean(40 - np.arange(6))))
    single = model("esm").score(texts)
    assert np.abs(found.values - single.values).min() > 0.01
    # Frame 3 by hand: the whole as one text, scored from its first token inside the sequence.
    text = left[3:] + texts[0] + right
    network, tokenizer = plain._open()._network, plain._encoder._tokenizer
    ids = [3, *tokenizer(left[3:] + texts[0], add_special_tokens=False)["input_ids"]]
    ids += tokenizer(right, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(ids[1:]).replace(" ", "") == text
    total = 0.0
    for place in range(9, 9 + 6 + 1):  # 37 bp are six 6-mers and one base
        copy = torch.tensor([[*ids[:place], 2, *ids[place + 1 :]]])
        with torch.inference_mode():
            total += float(network(copy).logits[0, place].double().log_softmax(-1)[ids[place]])
    frame = model("esm", frames=6)
    frame._encoder.encode = _only_frame(frame._encoder.encode, 3)
    assert frame.score(texts[:1]).values[0] == pytest.approx(total, abs=1e-3)


def _only_frame(encode, frame):
    return lambda sequences, _frame=0: encode(sequences, frame)


def test_lengths_count_what_the_network_reads(model, sequences):
    texts = sequences(2, 30)
    assert model("llama").lengths(texts).tolist() == [127, 127]  # <s>, 96 and 30
    assert model("llama", strand="mean").lengths(texts).tolist() == [254, 254]
    seen, made = [], model("esm", frames=6)
    expected = made.lengths(texts[:1])
    small_memory(made._open()._network, 10**9, seen)
    made._open().separable = True
    made.score(texts[:1])
    assert sum(batch.numel() for batch in seen) == expected[0]


def test_lengths_of_a_masked_model_count_a_copy_for_each_base(model, sequences):
    assert model("modernbert").lengths(sequences(2, 30)).tolist() == [30 * 128] * 2


# --- memory ---


@pytest.mark.parametrize("name", ["llama", "modernbert", "esm", "mamba"])
def test_running_out_of_memory_changes_no_score_and_repeats_no_input(name, model, sequences):
    texts = sequences(30, 24 if name == "esm" else 12, seed=8)
    expected = model(name, context=12).score(texts)
    made, seen = model(name, context=12, share=False), []
    made._open().separable = True
    small_memory(made._open()._network, 150, seen)
    found = made.score(texts)
    np.testing.assert_allclose(found.values, expected.values, **CLOSE)
    refused = sum(batch is None for batch in seen)
    assert 1 <= refused <= 5
    rows = [tuple(row) for batch in seen if batch is not None for row in batch.tolist()]
    assert len(rows) == len(set(rows)) == sum(made.lengths(texts)) // len(rows[0])
    assert made.batcher.budget <= 150


@pytest.mark.parametrize("tokens", [30, 150])
def test_running_out_of_memory_changes_no_score_where_prefixes_are_shared(tokens, model, sequences):
    texts = sequences(30, 12, seed=8)
    expected = model("llama", context=12, share=False).score(texts)
    made = model("llama", context=12, share=True)
    small_memory(made._open()._network, tokens, [])
    np.testing.assert_allclose(made.score(texts).values, expected.values, **CLOSE)
    assert bool(made.sharing.off) == (tokens == 30)


def test_an_input_that_never_fits_is_an_error(model, sequences):
    made = model("llama")
    small_memory(made._open()._network, 50, [])
    with pytest.raises(ModelError, match="one row of 197 tokens does not fit into memory"):
        made.score(sequences(3))


def test_closing_releases_the_network(loaded, sequences):
    network, tokenizer, kind = loaded("llama")
    made, seen = NeuralModel(network, tokenizer, kind), weakref.ref(network)
    made.score(sequences(1, 20))
    del network
    made.close()
    made.close()
    gc.collect()
    assert seen() is None


def test_the_network_keeps_no_cache_and_no_dropout(loaded):
    network, tokenizer, kind = loaded("llama")
    network.config.use_cache = True
    network.train()
    NeuralModel(network, tokenizer, kind)
    assert network.config.use_cache is False
    assert not network.training


# --- faults ---


@pytest.mark.parametrize("name", ["llama", "esm"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_weights_that_are_not_finite_name_the_first_sequence(name, wrong, loaded, sequences):
    network, tokenizer, kind = loaded(name)
    texts = sequences(6, 30)
    with torch.no_grad():
        network.get_output_embeddings().weight.fill_(wrong)
    with pytest.raises(ModelError, match=f"sequence '{texts[0]}' the log-probability nan"):
        NeuralModel(network, tokenizer, kind).score(texts)


@pytest.mark.parametrize("name", ["neox", "modernbert"])
def test_one_spoiled_sequence_among_many_is_named(name, loaded, sequences):
    network, tokenizer, kind = loaded(name)
    texts = sequences(5, 40)
    texts[3] = "A" * 25 + texts[3][25:]
    base = tokenizer.convert_tokens_to_ids("A")

    def spoil(_module, inputs, output):
        runs = (inputs[0] == base).unfold(1, 20, 1).sum(dim=2).amax(dim=1) >= 19
        output.logits[runs] = float("nan")
        return output

    network.register_forward_hook(spoil)
    made = NeuralModel(network, tokenizer, kind)
    made._open().separable = False
    with pytest.raises(ModelError) as caught:
        made.score(texts)
    assert f"'{texts[3][:30]}'... (40 bases)" in str(caught.value)


def test_nothing_is_scored_before_every_sequence_is_checked(model, sequences):
    made, seen = model("remote"), []
    small_memory(made._open()._network, 10**9, seen)
    with pytest.raises(ModelError, match=r"bases of sequence 'acgt'"):
        made.score([*sequences(3, 20), "acgt"])
    assert seen == []


def test_an_input_beyond_the_models_positions_is_an_error(model, sequences):
    with pytest.raises(ModelError, match=r"input of \d+ tokens; the model reads 130 at most"):
        model("esm").score(sequences(1, 20) + sequences(1, 1000))


def test_a_tokenizer_of_another_model_is_an_error(loaded, sequences):
    network, _, kind = loaded("llama")
    _, tokenizer, _ = loaded("bytes")
    with pytest.raises(ModelError, match="do not belong together"):
        NeuralModel(network, tokenizer, kind).score(sequences(1, 20))
    with pytest.raises(ModelError, match="do not belong together"):
        NeuralModel(*loaded("llama"), vocabulary=6).score(sequences(1, 20))


def test_what_cannot_be_scored_at_all(loaded, model, single_base):
    with pytest.raises(ModelError, match="no token to score"):
        model("neox", context=0).score(["A"])
    network, tokenizer, _ = loaded("llama")
    tokenizer = single_base()
    tokenizer.mask_token = None
    with pytest.raises(ModelError, match="no mask token"):
        NeuralModel(network, tokenizer, "masked")
    with pytest.raises(ModelError, match="'both' is unknown"):
        NeuralModel(network, tokenizer, "causal", strand="both")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_near(dtype, loaded, sequences):
    network, tokenizer, kind = loaded("bert")
    texts = sequences(4, 40)
    expected = NeuralModel(network, tokenizer, kind).score(texts).values
    network, _, _ = loaded("bert")
    found = NeuralModel(network.to(getattr(torch, dtype)), tokenizer, kind).score(texts).values
    np.testing.assert_allclose(found, expected, rtol=0.02, atol=1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", ["esm", "bert", "modernbert", "llama", "neox", "remote"])
def test_a_gpu_gives_the_scores_of_the_cpu(name, model, sequences):
    texts = sequences(20, (20, 60))
    found = model(name, device="cuda").score(texts).values
    np.testing.assert_allclose(found, model(name).score(texts).values, rtol=0, atol=1e-2)
