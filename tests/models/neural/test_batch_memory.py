"""What a batch may hold on a CPU: less than stated, whatever dominates it."""

import numpy as np
import pytest

from mit_harness.models.neural.batching import Batcher

torch = pytest.importorskip("torch", reason="neural models need torch")

from mit_harness.models.neural.batch_memory import BATCH_BYTES, TokenCost, token_cost  # noqa: E402
from mit_harness.models.neural.presets import OVERHEAD_GB  # noqa: E402

TORCH_GB = 0.45
"""Seen: a whole process with a model of no size."""


def test_a_batch_and_torch_stay_below_the_stated_overhead():
    assert BATCH_BYTES / 1e9 + TORCH_GB < OVERHEAD_GB


@pytest.mark.parametrize(
    ("cost", "length", "share", "bytes_of_one"),
    [
        (TokenCost(1024, 9, 0, 4), 100, 1.0, 5 * 1024 * 4),
        (TokenCost(1024, 4105, 0, 4), 100, 1.0, 3 * 4105 * 4),  # logits are the larger
        (TokenCost(1024, 4105, 0, 4), 100, 0.01, 5 * 1024 * 4),  # of one position in a hundred
        (TokenCost(1024, 4105, 0, 2), 100, 1.0, 3 * 4105 * 4),  # log-softmax is in float32
        (TokenCost(64, 9, 8, 4), 1000, 1.0, (5 * 64 + 3 * 8 * 1000) * 4),  # attention as a whole
    ],
)
def test_tokens_times_what_one_takes_is_the_bound(cost, length, share, bytes_of_one):
    most = cost.tokens(length, share)
    assert most * bytes_of_one <= BATCH_BYTES < (most + 1) * bytes_of_one


def test_one_long_row_is_always_allowed():
    assert TokenCost(10**6, 9, 0, 4).tokens(10_000, 1.0) == 10_000


@pytest.mark.parametrize(
    ("name", "width", "vocabulary"),
    [("esm", 32, 4105), ("llama", 32, 16), ("neox", 72, 9), ("remote", 16, 16)],
)
def test_widths_are_read_off_the_layers_and_not_off_embeddings(loaded, name, width, vocabulary):
    network, tokenizer, _kind = loaded(name)
    cost = token_cost(network, len(tokenizer))
    assert cost.width == width
    assert cost.vocabulary == max(vocabulary, len(tokenizer))
    assert cost.size == 4


def test_what_is_no_module_has_no_known_cost(model, sequences):
    assert token_cost(lambda ids: ids, 9) is None


def test_a_batch_never_holds_more_than_it_may(model, sequences, monkeypatch):
    from mit_harness.models.neural import batch_memory

    made, sizes, run = model("llama", context=0, share=False), [], Batcher.run
    texts = sequences(40, 50)
    expected = made.score(texts).values
    monkeypatch.setattr(batch_memory, "BATCH_BYTES", 5 * 32 * 4 * 51 * 3)  # three rows of 51 tokens

    def watched(self, rows, length, step, *more):
        def counted(batch):
            sizes.append(batch.stop - batch.start)
            return step(batch)

        return run(self, rows, length, counted, *more)

    monkeypatch.setattr(Batcher, "run", watched)
    np.testing.assert_allclose(made.score(texts).values, expected, rtol=0, atol=1e-3)
    assert max(sizes) == 3
