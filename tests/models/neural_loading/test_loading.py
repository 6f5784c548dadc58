import json
from pathlib import Path
from typing import Any

import pytest
import torch

from mit_harness.errors import ModelError
from mit_harness.models.neural.loading import load_hf

FAMILIES = ["llama", "neox", "mamba", "bert", "esm"]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("tied", [True, False])
def test_every_family_gives_the_same_logits(tiny: Any, family: str, tied: bool) -> None:
    folder, network = tiny.save(family, tie_word_embeddings=tied)
    loaded = load_hf(folder, name=family)
    assert torch.equal(tiny.logits(loaded.network), tiny.logits(network))
    assert loaded.kind == ("masked" if family in ("bert", "esm") else "causal")
    assert loaded.vocabulary == 10
    assert not loaded.network.training
    assert not any(p.requires_grad for p in loaded.network.parameters())


def test_rotary_positions(tiny: Any) -> None:
    folder, network = tiny.save("esm", position_embedding_type="rotary")
    loaded = load_hf(folder, name="esm")
    assert torch.equal(tiny.logits(loaded.network), tiny.logits(network))


def test_a_checkpoint_in_shards(tiny: Any) -> None:
    folder, network = tiny.save("llama", shard="6KB")
    assert len(list(folder.glob("model-*-of-*.safetensors"))) > 1
    assert not (folder / "model.safetensors").exists()
    assert torch.equal(tiny.logits(load_hf(folder, name="x").network), tiny.logits(network))


def test_a_missing_shard(tiny: Any) -> None:
    folder, _ = tiny.save("llama", shard="6KB")
    lost = sorted(folder.glob("model-*-of-*.safetensors"))[1]
    lost.unlink()
    with pytest.raises(ModelError, match=f"names {lost.name}, which is not in"):
        load_hf(folder, name="x")


def test_a_shard_outside_of_the_folder(tiny: Any) -> None:
    folder, _ = tiny.save("llama", shard="6KB")
    index = folder / "model.safetensors.index.json"
    table = json.loads(index.read_text())
    table["weight_map"] = dict.fromkeys(table["weight_map"], "../other/model.safetensors")
    index.write_text(json.dumps(table))
    with pytest.raises(ModelError, match="which is not in"):
        load_hf(folder, name="x")


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "float64"])
def test_the_dtype_is_the_one_asked_for(tiny: Any, dtype: str) -> None:
    folder, network = tiny.save("llama", dtype="bfloat16")
    loaded = load_hf(folder, name="x", dtype=dtype)
    assert {p.dtype for p in loaded.network.parameters()} == {getattr(torch, dtype)}
    close = {"float64": 1e-5, "float32": 0.0, "float16": 1e-2, "bfloat16": 1e-1}[dtype]
    difference = (tiny.logits(loaded.network).double() - tiny.logits(network).double()).abs().max()
    assert float(difference) <= close


def test_half_weights_are_read_as_float32_unless_asked(tiny: Any) -> None:
    folder, network = tiny.save("llama")
    network.to(torch.bfloat16).save_pretrained(folder)
    assert '"bfloat16"' in (folder / "config.json").read_text()
    loaded = load_hf(folder, name="x")
    assert {p.dtype for p in loaded.network.parameters()} == {torch.float32}
    assert torch.equal(loaded.network.lm_head.weight, network.lm_head.weight.float())


def test_the_random_numbers_of_the_process_are_left_alone(tiny: Any) -> None:
    folder, _ = tiny.save("llama")
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    load_hf(folder, name="x")
    assert torch.equal(torch.rand(3), expected)


def test_the_old_spellings_of_layer_norm(tiny: Any) -> None:
    folder, network = tiny.save("bert")
    old = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
    tensors = {}
    for name, tensor in tiny.read(folder).items():
        for new, spelled in old.items():
            name = name.replace(new, spelled)
        tensors[name] = tensor
    assert any("gamma" in name for name in tensors)
    tiny.write(folder, tensors)
    assert torch.equal(tiny.logits(load_hf(folder, name="x").network), tiny.logits(network))


def test_the_other_name_of_a_head(tiny: Any) -> None:
    folder, network = tiny.save("neox", tie_word_embeddings=False)
    spell = {"lm_head.weight": "embed_out.weight", "embed_out.weight": "lm_head.weight"}
    tiny.write(folder, {spell.get(n, n): t for n, t in tiny.read(folder).items()})
    assert torch.equal(tiny.logits(load_hf(folder, name="x").network), tiny.logits(network))


def test_what_older_checkpoints_hold_besides(tiny: Any) -> None:
    folder, network = tiny.save("bert")
    extra = {
        "bert.embeddings.position_ids": torch.arange(512)[None],
        "bert.pooler.dense.weight": torch.ones(16, 16),
        "bert.pooler.dense.bias": torch.ones(16),
        "cls.seq_relationship.weight": torch.ones(2, 16),
    }
    tiny.write(folder, {**tiny.read(folder), **extra})
    assert torch.equal(tiny.logits(load_hf(folder, name="x").network), tiny.logits(network))


def test_a_head_that_no_score_passes_through_may_be_absent_and_is_no_number(tiny: Any) -> None:
    folder, network = tiny.save("esm")
    tensors = {n: t for n, t in tiny.read(folder).items() if "contact_head" not in n}
    assert len(tensors) < len(tiny.read(folder))
    tiny.write(folder, tensors)
    loaded = load_hf(folder, name="x").network
    assert bool(torch.isnan(loaded.esm.contact_head.regression.weight).all())
    assert torch.equal(tiny.logits(loaded), tiny.logits(network))


@pytest.mark.parametrize("spelled", ["with", "without"])
def test_the_base_models_name_may_stand_before_a_name_or_not(tiny: Any, spelled: str) -> None:
    folder, network = tiny.save("bert")
    tensors = tiny.read(folder)
    if spelled == "without":
        tensors = {n.removeprefix("bert."): t for n, t in tensors.items()}
    else:
        tensors = {n if n.startswith("bert.") else f"bert.{n}": t for n, t in tensors.items()}
    tiny.write(folder, tensors)
    assert torch.equal(tiny.logits(load_hf(folder, name="x").network), tiny.logits(network))


def test_pickle_is_never_opened(tiny: Any) -> None:
    folder, network = tiny.save("llama")
    torch.save(network.state_dict(), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"neither model.safetensors nor"):
        load_hf(folder, name="x")


def test_a_tokenizer_from_elsewhere(tiny: Any, tmp_path: Path) -> None:
    folder, _ = tiny.save("llama")
    other = tmp_path / "other"
    tiny.tokenizer(other, model_max_length=77)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    loaded = load_hf(folder, name="x", tokenizer=other)
    assert loaded.tokenizer.model_max_length == 77
    assert (
        load_hf(folder, name="x", tokenizer=other, max_tokens=50).tokenizer.model_max_length == 50
    )


def test_no_tokenizer(tiny: Any) -> None:
    folder, _ = tiny.save("llama")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    with pytest.raises(ModelError, match="x: its tokenizer failed with"):
        load_hf(folder, name="x")


@pytest.mark.parametrize(
    ("key", "said"),
    [("quantization_config", "quantised"), ("transformers_weights", "another file of weights")],
)
def test_configurations_that_would_load_something_else(tiny: Any, key: str, said: str) -> None:
    folder, _ = tiny.save("llama")
    tiny.configure(folder, **{key: {"bits": 4}})
    with pytest.raises(ModelError, match=f"x: .*{said}"):
        load_hf(folder, name="x")


@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation"])
def test_kernels_of_another_repository(tiny: Any, key: str) -> None:
    folder, _ = tiny.save("llama")
    tiny.configure(folder, **{key: "somebody/kernel"})
    with pytest.raises(ModelError, match=r"code of another repository \(somebody/kernel\)"):
        load_hf(folder, name="x")
    tiny.configure(folder, **{key: None}, text_config={key: "somebody/kernel"})
    with pytest.raises(ModelError, match="code of another repository"):
        load_hf(folder, name="x")
    tiny.configure(folder, text_config=None, **{key: "eager"})
    load_hf(folder, name="x")


def test_an_architecture_that_nobody_knows(tiny: Any) -> None:
    folder, _ = tiny.save("llama")
    tiny.configure(folder, model_type="never-heard-of")
    with pytest.raises(ModelError, match=r"^x: (building it|its tokenizer) failed with ValueError"):
        load_hf(folder, name="x")


def test_a_module_that_teaches_an_architecture_is_imported(tiny: Any) -> None:
    folder, _ = tiny.save("llama")
    with pytest.raises(ModelError, match="building it failed with ModuleNotFoundError"):
        load_hf(folder, name="x", imports=("no_such_module_at_all",))
