"""Several tokens masked at once: against a plain loop in float64, and exact where it must be."""

import numpy as np
import pytest

from mit_harness.errors import ModelError

torch = pytest.importorskip("torch", reason="neural models need torch")
pytest.importorskip("transformers", reason="neural models need transformers")

from mit_harness.models.neural.flanks import flanks  # noqa: E402
from mit_harness.models.neural.masked import hidden_positions, masked_scores  # noqa: E402
from mit_harness.promoter.alphabet import reverse_complement  # noqa: E402

TEMPLATES = {"esm": ([3], [], 4105), "bert": ([1], [2], 200), "modernbert": ([0], [1], 9)}
"""Ids before and after a text, and how many ids mean something; see test_scores."""
MASKED = sorted(TEMPLATES)


def plain(name, network, tokenizer, sequence, masks, context=12):
    """Return the score as the definition says: every masks-th token of a copy hidden, slowly."""
    before, after, size = TEMPLATES[name]

    def ids_of(text):
        return tokenizer(text, add_special_tokens=False)["input_ids"] if text else []

    left, right = flanks("masked", context)
    piece = ids_of(sequence)
    head = [*before, *ids_of(left)]
    ids = [*head, *piece, *ids_of(right), *after]
    total = 0.0
    for first in range(masks):
        hidden = [len(head) + k for k in range(len(piece)) if k % masks == first]
        if not hidden:
            continue
        copy = [tokenizer.mask_token_id if k in hidden else one for k, one in enumerate(ids)]
        with torch.no_grad():
            logits = network(torch.tensor([copy])).logits[0, :, :size].double().log_softmax(-1)
        total += sum(float(logits[k, ids[k]]) for k in hidden)
    return total


@pytest.mark.parametrize("masks", [1, 3, 10])
@pytest.mark.parametrize("name", MASKED)
def test_scores_are_those_of_a_plain_loop_in_float64(name, masks, loaded, model, sequences):
    network, tokenizer, _ = loaded(name)
    network = network.double()
    texts = sequences(2, 40, seed=1) + sequences(1, 31, seed=2)
    expected = [plain(name, network, tokenizer, text, masks) for text in texts]
    found = model(name, context=12, masks=masks).score(texts)
    np.testing.assert_allclose(found.values, expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("name", MASKED)
def test_with_as_many_passes_as_tokens_the_score_is_the_exact_one(name, model, sequences):
    texts = sequences(3, (20, 40), seed=5)
    exact = model(name, batch_tokens=512).score(texts)  # of one size, so that sums are the same
    for masks in (40, 1000):  # never fewer than the tokens
        found = model(name, masks=masks, batch_tokens=512).score(texts)
        np.testing.assert_array_equal(found.values, exact.values)
    np.testing.assert_array_equal(found.tokens, exact.tokens)
    np.testing.assert_array_equal(found.bases, exact.bases)


def test_fewer_passes_give_another_score_of_the_same_tokens(model, sequences):
    texts = sequences(3, 40)
    exact, rough = (model("modernbert", masks=m).score(texts) for m in (None, 4))
    assert np.abs(exact.values - rough.values).min() > 1e-2
    np.testing.assert_array_equal(rough.tokens, exact.tokens)


@pytest.mark.parametrize("name", MASKED)
def test_batch_size_order_and_company_change_nothing(name, model, sequences):
    texts = sequences(6, (20, 33), seed=3) + sequences(4, 24, seed=4)
    whole = model(name, masks=5, batch_tokens=20_000).score(texts).values
    again = model(name, masks=5)
    alone = np.concatenate([again.score([text]).values for text in texts])
    order = np.random.default_rng(0).permutation(len(texts))
    mixed = model(name, masks=5, batch_tokens=1).score([texts[k] for k in order]).values
    np.testing.assert_allclose(whole, alone, rtol=0, atol=1e-4)
    np.testing.assert_allclose(mixed, whole[order], rtol=0, atol=1e-4)


def test_strands_and_frames_go_with_it(model, sequences):
    texts = sequences(3, 30)
    backwards = [reverse_complement(text) for text in texts]
    options = {"frames": 6, "context": 12, "masks": 3}
    forward, reverse, mean = (
        model("esm", strand=strand, **options).score(texts)
        for strand in ("forward", "reverse", "mean")
    )
    np.testing.assert_allclose(
        reverse.values, model("esm", **options).score(backwards).values, rtol=0, atol=1e-4
    )
    np.testing.assert_allclose(
        mean.values, (forward.values + reverse.values) / 2, rtol=0, atol=1e-4
    )
    many = {**options, "masks": 99}
    exact = model("esm", frames=6, context=12).score(texts)
    np.testing.assert_allclose(
        model("esm", **many).score(texts).values, exact.values, rtol=0, atol=1e-4
    )


@pytest.mark.parametrize("passes", [1, 3, 7, 10])
def test_every_scored_token_is_hidden_once_and_no_other(passes):
    scored = range(4, 14)
    found = hidden_positions(torch.arange(passes), passes, scored)
    hidden = [[place for place in row if place >= 0] for row in found.tolist()]
    assert sorted(place for row in hidden for place in row) == list(scored)
    for first, row in enumerate(hidden):
        assert row == list(scored)[first::passes]


def test_a_copy_is_masked_at_its_places_alone():
    seen = []

    def network(ids):
        seen.append(ids.clone())
        return torch.zeros(*ids.shape, 9)

    ids = torch.arange(1, 9).view(2, 4)
    places = torch.tensor([[0, 2], [1, 3], [3, -1]])
    found = masked_scores(network, ids, torch.tensor([0, 0, 1]), places, mask_id=0, vocabulary=9)
    assert seen[0].tolist() == [[0, 2, 0, 4], [1, 0, 3, 0], [5, 6, 7, 0]]
    np.testing.assert_allclose(found, -np.log(9) * np.array([2, 2, 1]))
    assert ids.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_the_work_is_counted_in_passes(model, sequences):
    texts = sequences(2, 40)
    exact, rough = (model("modernbert", context=0, masks=m).lengths(texts) for m in (None, 8))
    assert exact.tolist() == [42 * 40] * 2
    assert rough.tolist() == [42 * 8] * 2
    assert model("modernbert", context=0, masks=99).lengths(texts).tolist() == [42 * 40] * 2


def test_the_network_reads_as_many_rows_as_there_are_passes(loaded, sequences):
    from mit_harness.models.neural.model import NeuralModel

    network, tokenizer, kind = loaded("modernbert")
    rows = []
    scorer = NeuralModel(network, tokenizer, kind, masks=10)
    scorer.score(sequences(1, 40))  # the first batch is looked at twice
    network.register_forward_hook(lambda _m, inputs, _out: rows.append(len(inputs[0])))
    scorer.score(sequences(3, 100))
    assert sum(rows) == 3 * 10


def test_a_batch_holds_what_its_logits_leave_room_for(model, sequences, monkeypatch):
    from mit_harness.models.neural.batch_memory import TokenCost

    asked, tokens = [], TokenCost.tokens

    def watched(self, length, share, cached):
        asked.append((length, share))
        return tokens(self, length, share, cached)

    monkeypatch.setattr(TokenCost, "tokens", watched)
    scorer = model("modernbert", context=0, masks=8)
    scorer.score(sequences(1, 30))
    asked.clear()
    scorer.score(sequences(2, 100))
    assert asked == [(102, 13 / 102)]  # 100 tokens in 8 passes: up to 13 at once


def test_a_causal_model_and_no_pass_at_all_are_refused(model):
    with pytest.raises(ModelError, match="masks=10 of a causal model"):
        model("llama", masks=10)
    with pytest.raises(ModelError, match="masks=0 of a masked model"):
        model("esm", masks=0)
