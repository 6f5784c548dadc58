"""Scores against a plain loop in float64: one sequence, one masked copy, full logits."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="neural models need torch")
pytest.importorskip("transformers", reason="neural models need transformers")

from mit_harness.models.neural.causal import causal_scores  # noqa: E402
from mit_harness.models.neural.flanks import flanks  # noqa: E402
from mit_harness.models.neural.logits import log_probabilities  # noqa: E402
from mit_harness.models.neural.masked import masked_scores  # noqa: E402

# What the tokenizer puts before and after a text, and how many ids it has: spelled out here, so
# that nothing is taken from the code under test.
TEMPLATES = {
    "esm": ([3], [], 4105),
    "bert": ([1], [2], 200),
    "modernbert": ([0], [1], 9),
    "llama": ([0], [], 9),
    "neox": ([], [1], 9),
    "mamba": ([], [], 9),
    "bytes": ([], [1], 259),
    "remote": ([], [1], 12),
}
ALL = sorted(TEMPLATES)
MASKED = ("esm", "bert", "modernbert")
NATS = 1e-3


def tokenise(tokenizer, text):
    return tokenizer(text, add_special_tokens=False)["input_ids"] if text else []


def log_softmax(network, ids, place, size):
    with torch.no_grad():
        logits = network(torch.tensor([ids])).logits
    return logits[0, place, :size].double().log_softmax(-1)


def plain(name, network, tokenizer, kind, sequence, context):
    """Return (score, tokens) as the definition says, slowly."""
    before, after, size = TEMPLATES[name]
    left, right = flanks(kind, context)
    piece = tokenise(tokenizer, sequence)
    head = [*before, *tokenise(tokenizer, left)]
    ids = [*head, *piece, *tokenise(tokenizer, right), *after]
    total, tokens = 0.0, 0
    for place in range(len(head), len(head) + len(piece)):
        if kind == "masked":
            copy = [*ids[:place], tokenizer.mask_token_id, *ids[place + 1 :]]
            found = log_softmax(network, copy, place, size)
        elif place == 0:
            continue
        else:
            found = log_softmax(network, ids[:place], place - 1, size)
        total, tokens = total + float(found[ids[place]]), tokens + 1
    return total, tokens


@pytest.mark.parametrize("context", [None, 0, 12])
@pytest.mark.parametrize("name", ALL)
def test_scores_are_those_of_a_plain_loop(name, context, loaded, model, sequences):
    network, tokenizer, kind = loaded(name)
    network = network.double()
    texts = sequences(1, 40, seed=1) + sequences(1, 31, seed=2)
    expected = [plain(name, network, tokenizer, kind, s, context) for s in texts]
    found = model(name, context=context).score(texts)
    np.testing.assert_allclose(found.values, [e[0] for e in expected], rtol=0, atol=NATS)
    np.testing.assert_array_equal(found.tokens, [e[1] for e in expected])


@pytest.mark.parametrize("name", ["esm", "llama", "neox"])
def test_a_float64_network_is_scored_in_float64(name, loaded, sequences):
    from mit_harness.models.neural.model import NeuralModel

    network, tokenizer, kind = loaded(name)
    network = network.double()
    texts = sequences(2, 30)
    found = NeuralModel(network, tokenizer, kind).score(texts).values
    expected = [plain(name, network, tokenizer, kind, s, None)[0] for s in texts]
    # The mask-dropout of Esm is rescaled in float32 whatever the dtype.
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 if name == "esm" else 1e-9)


@pytest.mark.parametrize("name", ALL)
def test_batch_size_order_and_company_change_nothing(name, model, sequences):
    texts = sequences(8, (20, 30), seed=3) + sequences(6, 24, seed=4)
    whole, again = model(name, batch_tokens=20_000).score(texts), model(name)
    alone = np.concatenate([again.score([text]).values for text in texts])
    single = model(name, batch_tokens=1).score(texts[:2])
    order = np.random.default_rng(0).permutation(len(texts))
    mixed = model(name, batch_tokens=1000).score([texts[k] for k in order])
    np.testing.assert_allclose(whole.values, alone, rtol=0, atol=1e-4)
    np.testing.assert_allclose(single.values, whole.values[:2], rtol=0, atol=1e-4)
    np.testing.assert_allclose(mixed.values, whole.values[order], rtol=0, atol=1e-4)
    np.testing.assert_array_equal(mixed.tokens, whole.tokens[order])
    np.testing.assert_array_equal(mixed.bases, whole.bases[order])


@pytest.mark.parametrize("name", ["llama", "esm"])
def test_repeated_sequences_score_alike(name, model, sequences):
    (text,) = sequences(1)
    found = model(name).score([text] * 5).values
    np.testing.assert_allclose(found, found[0], rtol=0, atol=1e-4)


def test_the_first_base_counts_only_where_something_stands_before_it(model, sequences):
    texts = sequences(3, 30)
    for name, context, tokens in [
        ("llama", 0, 30),  # <s>
        ("neox", 0, 29),  # its </s> stands after
        ("remote", 0, 29),
        ("neox", 96, 30),
        ("remote", 6, 30),
    ]:
        found = model(name, context=context).score(texts)
        assert set(found.tokens) == set(found.bases) == {tokens}, name


def test_a_dropped_first_token_takes_its_bases_along(loaded, sequences):
    from mit_harness.models.neural.tokens import Encoder

    _, tokenizer, _ = loaded("esm")
    tokenizer.cls_token, kept = None, tokenizer.cls_token
    tokenizer.build_inputs_with_special_tokens = lambda ids, pair=None: ids
    try:
        (found,) = Encoder(tokenizer, "causal", 0).encode(sequences(1, 20))
    finally:
        tokenizer.cls_token = kept
        del tokenizer.build_inputs_with_special_tokens
    assert found.scored == range(1, 5)  # AAAAAA | AAAAAA AAAAAA A A
    assert found.bases == 14


def test_what_stands_after_never_changes_a_causal_score(model, sequences):
    """The trailing [SEP] does not count, and a longer sequence begins with the shorter's score."""
    (text,) = sequences(1, 60)
    network = model("remote")
    long, short = network.score([text, text[:40]]).values
    parts = [network.score([text[:k]]).values[0] for k in range(40, 61)]
    assert parts[0] == pytest.approx(short, abs=1e-4)
    assert parts[-1] == pytest.approx(long, abs=1e-4)
    assert np.all(np.diff(parts) < 0)


def test_masking_one_token_at_a_time_leaves_the_others_alone(sequences):
    seen = []

    def network(ids):
        seen.append(ids.clone())
        return torch.zeros(*ids.shape, 9)

    ids = torch.arange(1, 9).view(2, 4)
    found = masked_scores(
        network, ids, torch.tensor([0, 0, 1]), torch.tensor([1, 2, 3]), mask_id=0, vocabulary=9
    )
    assert seen[0].tolist() == [[1, 0, 3, 4], [1, 2, 0, 4], [5, 6, 7, 0]]
    np.testing.assert_allclose(found, -np.log(9))
    assert ids.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_position_zero_cannot_be_scored():
    with pytest.raises(ValueError, match="first token"):
        causal_scores(lambda ids: ids, torch.zeros(1, 3, dtype=torch.int64), range(3), 4)


def test_padding_of_the_vocabulary_has_no_probability():
    logits = torch.tensor([[1.0, 2.0, 3.0, 1e4]])
    found = log_probabilities(logits, torch.tensor([1]), 3)
    expected = 2 - np.log(np.exp([1, 2, 3]).sum())
    assert found.dtype == torch.float64
    assert float(found) == pytest.approx(expected, abs=1e-6)


def test_half_precision_logits_are_normalised_in_float32():
    rng = np.random.default_rng(0)
    logits = torch.tensor(rng.normal(size=(50, 4105)) * 5).bfloat16()
    targets = torch.tensor(rng.integers(4105, size=50))
    exact = logits.double().log_softmax(-1)[torch.arange(50), targets]
    found = log_probabilities(logits, targets, 4105)
    assert float((found - exact).abs().max()) < 1e-5
    coarse = logits.log_softmax(-1)[torch.arange(50), targets].double()
    assert float((coarse - exact).abs().max()) > 1e-2  # what that avoids
