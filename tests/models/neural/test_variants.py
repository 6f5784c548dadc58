"""The noise floor of networks: another batch, dtype or device gives the same score, nearly."""

import copy
import gc
import weakref

import numpy as np
import pytest

from mit_harness.models.base import PARTS, ModelHandle
from mit_harness.scoring.engine import LazyModel
from mit_harness.scoring.noise import noise_floor

torch = pytest.importorskip("torch", reason="neural models need torch")

DTYPES = {
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float32": torch.float32,
    "float64": torch.float64,
}
NAMES = ("llama", "mamba", "esm", "remote")


@pytest.fixture(scope="module")
def of_dtype(loaded):
    """Return a function that gives a model whose parameters have a dtype, and its network."""

    def make(name, dtype="float32", **options):
        from mit_harness.models.neural.model import NeuralModel

        network, tokenizer, kind = loaded(name)
        network = network.to(DTYPES[dtype])
        return NeuralModel(network, tokenizer, kind, **options), network

    return make


def floor(model, name="tiny"):
    return noise_floor(LazyModel(ModelHandle(name, name, "user", "fp", lambda: model)))


def by_part(model):
    return {variant.part: variant for variant in model.variants()}


@pytest.mark.parametrize("name", NAMES)
def test_a_float32_network_is_measured_against_float64(of_dtype, name):
    model, _ = of_dtype(name)
    found = floor(model)
    assert found.n == 32
    assert list(found.parts) == list(PARTS)
    assert 0 <= found.parts["batch"] < 1e-3
    assert 0 < found.parts["dtype"] < 1e-2  # about a hundred sums, each off in the 7th digit
    assert found.nats == max(found.parts["batch"], found.parts["dtype"])
    assert found.note == "device: the model ran on the CPU, with no other device beside it"


@pytest.mark.parametrize("name", ["llama", "esm"])
def test_bfloat16_is_noisier_than_float32_by_orders(of_dtype, name):
    coarse, fine = (floor(of_dtype(name, dtype)[0]) for dtype in ("bfloat16", "float32"))
    assert coarse.parts["dtype"] > 100 * fine.parts["dtype"]
    assert coarse.nats > 0.01


def test_nothing_is_more_precise_than_float64(of_dtype):
    found = floor(of_dtype("llama", "float64")[0])
    assert found.parts["dtype"] is None
    assert "dtype: no dtype is more precise than float64" in found.note
    assert found.nats == found.parts["batch"] < 1e-9


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
@pytest.mark.parametrize("name", ["llama", "bert"])
def test_measuring_leaves_the_model_as_it_was(of_dtype, sequences, name, dtype):
    model, network = of_dtype(name, dtype, batch_tokens=400)
    before = copy.deepcopy(network.state_dict())
    asked = sequences(8)
    scored = model.score(asked)
    batcher, device = model.batcher, next(network.parameters()).device
    for variant in model.variants():
        if variant.score is not None:
            variant.score(asked)
    assert model.batcher is batcher
    assert next(network.parameters()).device == device
    after = network.state_dict()
    assert list(after) == list(before)
    for key, tensor in before.items():
        assert after[key].dtype == tensor.dtype
        assert torch.equal(after[key], tensor), key
    assert not any(module._forward_hooks for module in network.modules())
    again = model.score(asked)
    assert np.abs(again.values - scored.values).max() <= {"float32": 1e-3, "bfloat16": 1}[dtype]
    assert again.tokens.tolist() == scored.tokens.tolist()


def test_a_copy_does_not_outlive_its_call(of_dtype, sequences, monkeypatch):
    from mit_harness.models.neural import variants

    made = []

    def watched(network):
        copied = copy.deepcopy(network)
        made.append(weakref.ref(copied))
        return copied

    monkeypatch.setattr(variants, "deepcopy", watched)
    model, _ = of_dtype("llama")
    by_part(model)["dtype"].score(sequences(2))
    gc.collect()
    assert [ref() for ref in made] == [None]


def test_the_batch_variant_runs_single_rows_and_the_copy_is_wider(of_dtype, sequences):
    model, network = of_dtype("llama")
    seen = []
    network.register_forward_hook(lambda _m, inputs, out: seen.append((len(inputs[0]), out.logits)))
    variants = by_part(model)
    variants["batch"].score(sequences(4))
    assert {rows for rows, _ in seen[2:]} == {1}
    seen.clear()
    variants["dtype"].score(sequences(4))  # the copy has the hook, too
    assert {logits.dtype for _, logits in seen} == {torch.float64}


def test_a_copy_beyond_the_limit_is_not_made(of_dtype, monkeypatch):
    from mit_harness.models.neural import variants

    monkeypatch.setattr(variants, "COPY_GB_ELSEWHERE", 1e-6)
    monkeypatch.setattr(variants, "deepcopy", lambda network: pytest.fail("copied"))
    found = floor(of_dtype("llama")[0])
    assert found.parts["dtype"] is None
    assert found.nats == found.parts["batch"]
    assert "dtype: a copy in float64 takes 0.0 GB, and 1e-06 GB is the limit here" in found.note


def test_a_network_that_cannot_be_copied_says_so(of_dtype, monkeypatch):
    from mit_harness.models.neural import variants

    def refuse(network):
        raise RuntimeError("Only Tensors created explicitly\nsupport the deepcopy protocol")

    monkeypatch.setattr(variants, "deepcopy", refuse)
    found = floor(of_dtype("llama")[0])
    assert found.parts["dtype"] is None
    assert "dtype: RuntimeError: Only Tensors created explicitly;" in found.note
    assert found.parts["batch"] is not None


def test_a_closed_model_has_no_noise_floor(of_dtype):
    model, _ = of_dtype("llama")
    model.close()
    assert floor(model).note == "not measured: the model is closed; load it again"


def test_strands_frames_and_flanks_are_those_of_the_model(of_dtype, sequences):
    model, _ = of_dtype("esm", strand="mean", frames=6, context=12)
    asked = sequences(3)
    scored = model.score(asked)
    for variant in model.variants():
        if variant.score is not None:
            again = variant.score(asked)
            assert again.values == pytest.approx(scored.values, abs=1e-2)
            assert again.tokens.tolist() == scored.tokens.tolist()
            assert again.bases.tolist() == scored.bases.tolist()


@pytest.fixture
def as_on_a_gpu(monkeypatch):
    """Let variants take the network for one on a GPU, of which this machine has none."""
    from mit_harness.models.neural import variants

    monkeypatch.setattr(variants, "_device", lambda network: torch.device("cuda"))
    return variants


def test_a_device_is_compared_with_the_cpu(of_dtype, sequences, as_on_a_gpu):
    model, _ = of_dtype("llama")
    asked = sequences(4)
    on_cpu = by_part(model)["device"]
    assert on_cpu.score(asked).values == pytest.approx(model.score(asked).values, abs=1e-3)


def test_too_much_work_for_the_cpu_is_not_done(of_dtype, as_on_a_gpu, monkeypatch):
    monkeypatch.setattr(as_on_a_gpu, "CPU_FLOPS", 1e3)
    monkeypatch.setattr(as_on_a_gpu, "_wider", lambda *_: as_on_a_gpu.Variant("dtype", None, "no"))
    found = floor(of_dtype("llama")[0])
    assert found.parts["device"] is None
    assert "FLOP, 1e+03 at most" in found.note


def test_too_large_a_copy_is_not_made_on_the_cpu(of_dtype, as_on_a_gpu, monkeypatch):
    monkeypatch.setattr(as_on_a_gpu, "COPY_GB_ELSEWHERE", 1e-6)
    variant = by_part(of_dtype("llama")[0])["device"]
    assert variant.score is None
    assert variant.reason == "a copy on the CPU takes 0.0 GB, and 1e-06 GB is the limit"
