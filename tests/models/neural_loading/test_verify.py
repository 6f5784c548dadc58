import re
import struct
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import save_file

from mit_harness.errors import ModelError
from mit_harness.models.neural.files import read_headers, weight_files
from mit_harness.models.neural.loading import load_hf
from mit_harness.models.neural.verify import tensors, verify


def test_a_missing_tensor_would_be_random(tiny: Any) -> None:
    folder, _ = tiny.save("bert")
    tensors = tiny.read(folder)
    del tensors["bert.encoder.layer.1.attention.self.key.weight"]
    tiny.write(folder, tensors)
    said = r"does not hold 'bert.encoder.layer.1.attention.self.key.weight', which would be random"
    with pytest.raises(ModelError, match=said):
        load_hf(folder, name="x")
    loaded = transformers.BertForMaskedLM.from_pretrained(folder)
    with pytest.raises(ModelError, match=said):
        verify(loaded, weight_files(folder), "x")


def test_the_first_few_of_many_are_named(tiny: Any) -> None:
    folder, _ = tiny.save("bert")
    tensors = {n: t for n, t in tiny.read(folder).items() if ".layer.1." not in n}
    tiny.write(folder, tensors)
    with pytest.raises(ModelError, match=r"'[^']+', '[^']+', '[^']+', '[^']+' and 12 more, which"):
        load_hf(folder, name="x")


def test_an_extra_tensor(tiny: Any) -> None:
    folder, _ = tiny.save("llama")
    extra = {"model.layers.0.mlp.gate.scale": torch.ones(3), "model.layers.7.x": torch.ones(3)}
    tiny.write(folder, {**tiny.read(folder), **extra})
    with pytest.raises(ModelError, match=r"no place for 'model.layers.0.mlp.gate.scale', 'model.l"):
        load_hf(folder, name="x")


@pytest.mark.parametrize(
    ("shape", "passes"), [((1, 1, 8, 8), True), ((16,), False), ((), True), ((1, 8), False)]
)
def test_a_causal_mask_may_be_left_over_and_a_bias_may_not(
    tiny: Any, shape: tuple[int, ...], passes: bool
) -> None:
    folder, _ = tiny.save("llama")
    extra = {"model.layers.0.attn.bias": torch.ones(shape)}
    tiny.write(folder, {**tiny.read(folder), **extra})
    if passes:
        load_hf(folder, name="x")
        return
    with pytest.raises(ModelError, match="no place for"):
        load_hf(folder, name="x")


def test_a_wrong_shape(tiny: Any) -> None:
    folder, _ = tiny.save("llama")
    tensors = tiny.read(folder)
    tensors["model.layers.0.mlp.up_proj.weight"] = torch.ones(25, 16)
    tiny.write(folder, tensors)
    with pytest.raises(ModelError, match=r"has the shape \(25, 16\) in the file and \(24, 16\) in"):
        load_hf(folder, name="x")


def test_a_configuration_of_another_size(tiny: Any) -> None:
    folder, _ = tiny.save("llama")
    tiny.configure(folder, num_hidden_layers=3)
    with pytest.raises(ModelError, match=r"does not hold 'model.layers.2"):
        load_hf(folder, name="x")
    tiny.configure(folder, num_hidden_layers=1)
    with pytest.raises(ModelError, match=r"no place for 'model.layers.1"):
        load_hf(folder, name="x")


@pytest.mark.parametrize("family", ["llama", "bert", "mamba", "esm", "neox"])
def test_one_changed_value_is_found(tiny: Any, family: str) -> None:
    folder, _ = tiny.save(family)
    network = load_hf(folder, name="x").network
    verify(network, weight_files(folder), "x")
    for name, parameter in list(network.named_parameters())[::3]:
        kept = parameter.data.clone()
        parameter.data.view(-1)[-1] += 1e-3
        with pytest.raises(ModelError, match=rf"'{name}' in memory is not what the file holds"):
            verify(network, weight_files(folder), "x")
        parameter.data.copy_(kept)
    verify(network, weight_files(folder), "x")


def test_what_from_pretrained_loads_well_passes(tiny: Any) -> None:
    for family in ("llama", "esm"):
        folder, network = tiny.save(family, family)
        loaded = type(network).from_pretrained(folder)
        verify(loaded, weight_files(folder), "x")
        half = type(network).from_pretrained(folder, torch_dtype=torch.bfloat16)
        verify(half, weight_files(folder), "x")


def test_weights_that_are_no_numbers(tiny: Any) -> None:
    folder, _ = tiny.save("llama")
    tensors = tiny.read(folder)
    tensors["model.norm.weight"][3] = float("nan")
    tiny.write(folder, tensors)
    with pytest.raises(ModelError, match=r"'model.norm.weight' holds values that are no numbers"):
        load_hf(folder, name="x")


def test_a_tied_tensor_is_held_once_under_any_of_its_names(tiny: Any) -> None:
    folder, network = tiny.save("llama", tie_word_embeddings=True)
    tensors = tiny.read(folder)
    assert "lm_head.weight" not in tensors
    tiny.write(folder, {**tensors, "lm_head.weight": tensors["model.embed_tokens.weight"].clone()})
    load_hf(folder, name="x")
    tensors["lm_head.weight"] = tensors.pop("model.embed_tokens.weight")
    tiny.write(folder, tensors)
    assert torch.equal(tiny.logits(load_hf(folder, name="x").network), tiny.logits(network))


def test_a_tied_tensor_that_the_file_holds_twice_and_differently(tiny: Any) -> None:
    folder, _ = tiny.save("llama", tie_word_embeddings=True)
    tensors = tiny.read(folder)
    tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"] + 1
    tiny.write(folder, tensors)
    with pytest.raises(ModelError, match="in memory is not what the file holds"):
        load_hf(folder, name="x")


def test_a_head_that_is_not_tied_has_to_be_there(tiny: Any) -> None:
    folder, _ = tiny.save("bert", tie_word_embeddings=True)
    tiny.configure(folder, tie_word_embeddings=False)
    with pytest.raises(ModelError, match=r"does not hold 'cls.predictions.decoder"):
        load_hf(folder, name="x")


def test_rotary_frequencies_of_another_base(tiny: Any) -> None:
    folder, _ = tiny.save("esm", position_embedding_type="rotary")
    name = "esm.encoder.layer.0.attention.self.rotary_embeddings.inv_freq"
    own = 1.0 / (10000 ** (torch.arange(0, 8, 2).float() / 8))
    tiny.write(folder, {**tiny.read(folder), name: own})
    loaded = load_hf(folder, name="x").network
    if name in loaded.state_dict():
        pytest.skip("until transformers 5 they are read from the file")
    tiny.write(folder, {**tiny.read(folder), name: own**1.1})
    with pytest.raises(ModelError, match="inv_freq' in memory is not what the file holds"):
        load_hf(folder, name="x")


def _cut(data: bytes) -> bytes:
    return data[: len(data) - 100]


def _longer(data: bytes) -> bytes:
    return data + b"\0"


def _html(data: bytes) -> bytes:
    return b"<html><body>Not found</body></html>"


def _no_header(data: bytes) -> bytes:
    return struct.pack("<Q", 1 << 40) + data[8:]


def _half_header(data: bytes) -> bytes:
    return data[:20]


def _empty(data: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [_cut, _longer, _html, _no_header, _half_header, _empty])
def test_a_damaged_file(tiny: Any, damage: Any) -> None:
    folder, _ = tiny.save("llama")
    path = folder / "model.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ModelError, match=r"model.safetensors is damaged or no safetensors file"):
        load_hf(folder, name="x")


def test_tensors_that_overlap_are_refused_by_the_reader(tiny: Any) -> None:
    folder, _ = tiny.save("llama")
    path = folder / "model.safetensors"
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = data[8 : 8 + size].replace(b'"data_offsets":[0,', b'"data_offsets":[9,', 1)
    path.write_bytes(data[:8] + header + data[8 + size :])
    with pytest.raises(ModelError, match=r"(is damaged|cannot be read|has another size)"):
        load_hf(folder, name="x")


def test_one_name_in_two_shards(tiny: Any) -> None:
    folder, _ = tiny.save("llama", shard="6KB")
    first, second, *_ = sorted(folder.glob("model-*-of-*.safetensors"))
    second.write_bytes(first.read_bytes())
    with pytest.raises(ModelError, match=r"is in model-00001-of-.* and model-00002-of-"):
        load_hf(folder, name="x")


@pytest.mark.skipif(not Path("/proc/self/smaps").is_file(), reason="needs Linux' list of mappings")
def test_a_file_is_not_held_in_memory_beside_the_network(tmp_path: Path) -> None:
    """Else a model would take its size twice: what is read of a mapped file stays until closing."""
    path, each = tmp_path / "model.safetensors", 4 * 2**20
    save_file({f"t{k}": torch.ones(each // 4) for k in range(8)}, path)
    resident = []
    for _key, tensor in tensors(read_headers([path]), "x"):
        assert float(tensor.sum()) == each / 4  # every page is touched
        resident.append(_resident_bytes(path))
    assert len(resident) == 8
    assert max(resident) <= 2.5 * each


def _resident_bytes(path: Path) -> int:
    """Return what lies in memory of a mapped file."""
    lines = Path("/proc/self/smaps").read_text().splitlines()
    held, inside = 0, False
    for line in lines:
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            inside = line.endswith(str(path))
        elif inside and line.startswith("Rss:"):
            held += int(line.split()[1]) * 1024
    return held


def test_a_table_of_positions_that_rotary_positions_never_read_may_be_absent(tiny: Any) -> None:
    config = transformers.EsmConfig(
        vocab_size=7, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=8, position_embedding_type="rotary", pad_token_id=1, mask_token_id=2,
    )  # fmt: skip
    network = transformers.EsmForMaskedLM(config)
    table = torch.nn.Embedding(4, 8)  # what transformers before 4.48 makes all the same
    folder = Path(tiny.save("esm")[0]).parent / "rotary"
    network.save_pretrained(folder)
    network.esm.embeddings.position_embeddings = table
    verify(network, weight_files(folder), "x")
    network.config.position_embedding_type = "absolute"
    with pytest.raises(ModelError, match="position_embeddings"):
        verify(network, weight_files(folder), "x")
