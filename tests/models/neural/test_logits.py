"""The head on scored positions only: the same logits as the full ones, or the full ones."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="neural models need torch")
pytest.importorskip("transformers", reason="neural models need transformers")

from torch import nn  # noqa: E402

from mit_harness.models.neural.logits import ScoredLogits  # noqa: E402

ALL = ("esm", "bert", "modernbert", "llama", "neox", "mamba", "bytes", "remote")
PLACES = torch.tensor([0, 0, 1, 2, 2]), torch.tensor([3, 7, 1, 0, 9])


class Head(nn.Module):
    """A base model and a head; `mix` makes the head look at all positions at once."""

    def __init__(self, wrap, mix=False, width=6):
        super().__init__()
        torch.manual_seed(0)
        self.base_model = Base(wrap)
        self.decoder = nn.Linear(8, width)
        self.wrap, self.mix, self.reads = wrap, mix, []

    def forward(self, ids):
        hidden = self.base_model(ids)
        hidden = hidden if isinstance(hidden, torch.Tensor) else hidden[0]
        self.reads.append(tuple(hidden.shape))
        if self.mix:
            hidden = hidden - hidden.mean(dim=1, keepdim=True)
        logits = self.decoder(hidden)
        return (logits, None) if self.wrap == "tuple" else logits


class Base(nn.Module):
    def __init__(self, wrap):
        super().__init__()
        self.embed, self.wrap = nn.Embedding(6, 8), wrap

    def forward(self, ids):
        hidden = self.embed(ids).cumsum(dim=1)
        return (hidden, "cache") if self.wrap == "tuple" else hidden


@pytest.fixture(scope="module")
def ids():
    return torch.tensor(np.random.default_rng(0).integers(6, size=(3, 10)))


@pytest.mark.parametrize("name", ALL)
def test_every_architecture_gives_the_full_logits_at_its_scored_positions(name, loaded):
    network, tokenizer, _ = loaded(name)
    ids = torch.tensor(np.random.default_rng(0).integers(len(tokenizer), size=(3, 10)))
    logits = ScoredLogits(network)
    with torch.inference_mode():
        found = logits(ids, *PLACES)
        expected = logits.full(ids)[PLACES]
    assert logits.separable is True
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=0, atol=1e-4)


@pytest.mark.parametrize("wrap", ["tensor", "tuple"])
def test_the_head_sees_only_scored_positions(wrap, ids):
    network = Head(wrap)
    logits = ScoredLogits(network)
    found = logits(ids, *PLACES)
    assert logits.separable is True
    assert network.reads[-1] == (1, 5, 8)
    torch.testing.assert_close(found, logits.full(ids)[PLACES])
    assert network.reads[-1] == (3, 10, 8)  # and no hook is left behind


@pytest.mark.parametrize("mixing", [True, False])
def test_a_head_that_cannot_be_cut_gives_full_logits(mixing, ids):
    network = Head("tensor", mix=mixing)
    if not mixing:
        network.decoder.register_forward_pre_hook(_insist_on_whole_rows)
    logits = ScoredLogits(network)
    found = logits(ids, *PLACES)
    assert logits.separable is False
    torch.testing.assert_close(found, logits.full(ids)[PLACES])


def _insist_on_whole_rows(_module, inputs):
    if inputs[0].shape[1] != 10:
        raise ValueError("expected rows of 10")


def test_a_plain_function_gives_full_logits(ids):
    table = torch.arange(36.0).view(6, 6)
    logits = ScoredLogits(lambda given: [(table[given], None)])  # as evo2 nests them
    torch.testing.assert_close(logits(ids, *PLACES), table[ids][PLACES])
    assert logits.separable is False


def test_a_mask_is_passed_only_on_request(loaded, sequences):
    network, _, _ = loaded("remote")
    ids = torch.full((1, 10), 8)
    places = torch.tensor([0]), torch.tensor([4])
    ScoredLogits(network)(ids, *places)
    with pytest.raises(TypeError, match="attention_mask"):
        ScoredLogits(network, attention_mask=True)(ids, *places)
    network, _, _ = loaded("bert")
    with torch.inference_mode():
        bare = ScoredLogits(network)(ids, *places)
        masked = ScoredLogits(network, attention_mask=True)(ids, *places)
    torch.testing.assert_close(bare, masked)


def test_a_network_without_logits_is_an_error(ids):
    with pytest.raises(TypeError, match="dict without logits"):
        ScoredLogits(lambda given: {})(ids, *PLACES)


def test_a_lack_of_memory_is_no_reason_to_fall_back(ids):
    network = Head("tensor")
    network.decoder.register_forward_pre_hook(_no_memory_for_few)
    logits = ScoredLogits(network)
    with pytest.raises(RuntimeError, match="out of memory"):
        logits(ids, *PLACES)
    assert logits.separable is None


def _no_memory_for_few(_module, inputs):
    if inputs[0].shape[1] != 10:
        raise RuntimeError("CUDA out of memory. Tried to allocate 1 GiB")
