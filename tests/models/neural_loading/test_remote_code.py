from typing import Any

import pytest
import torch
import transformers

from mit_harness.errors import ModelError
from mit_harness.models.neural.files import weight_files
from mit_harness.models.neural.loading import load_hf
from mit_harness.models.neural.verify import verify


def halves(tiny: Any, **config: Any) -> Any:
    return tiny.remote(
        "halves", "HalvesForMaskedLM", "HalvesConfig", model_type="halves", vocab_size=10, **config
    )


def test_caduceus_a_tied_half_that_loads_as_uninitialised_memory(tiny: Any) -> None:
    folder, network = halves(tiny)
    assert "back.in_proj.weight" not in tiny.read(folder)
    stale = [torch.full((64,), float(i)) for i in range(500)]
    del stale  # what the next allocation finds
    loaded, told = transformers.AutoModelForMaskedLM.from_pretrained(
        folder, trust_remote_code=True, output_loading_info=True
    )
    assert not told["missing_keys"]  # nothing is reported
    assert not torch.equal(loaded.back.in_proj.weight, network.back.in_proj.weight)
    with pytest.raises(
        ModelError, match=r"does not hold 'back.in_proj.weight', which would be ran"
    ):
        verify(loaded, weight_files(folder), "x")


def test_caduceus_loads_here_as_its_authors_tied_it(tiny: Any) -> None:
    folder, network = halves(tiny)
    loaded = load_hf(folder, name="x", trusted=True)
    assert loaded.network.back.in_proj.weight is loaded.network.ahead.in_proj.weight
    assert torch.equal(tiny.logits(loaded.network), tiny.logits(network))


def test_a_half_that_nothing_ties_and_no_file_holds(tiny: Any) -> None:
    folder, _ = halves(tiny, tied=False)
    tensors = tiny.read(folder)
    del tensors["back.in_proj.weight"]
    tiny.write(folder, tensors)
    with pytest.raises(ModelError, match=r"does not hold 'back.in_proj.weight'"):
        load_hf(folder, name="x", trusted=True)


def test_buffers_that_no_file_holds_are_as_the_constructor_computes_them(tiny: Any) -> None:
    folder, network = halves(tiny)
    loaded = load_hf(folder, name="x", trusted=True)
    assert torch.equal(loaded.network.decay, network.decay)
    assert loaded.network.decay.tolist() == torch.linspace(0.5, 1.5, 8).tolist()


def test_dnabert2_a_configuration_that_is_not_the_models_own_class(tiny: Any) -> None:
    folder, network = tiny.remote(
        "mismatch",
        "OwnBertForMaskedLM",
        "OwnBertConfig",
        model_type="bert",
        vocab_size=10,
        hidden_size=8,
        alibi_starting_size=64,
    )
    with pytest.raises(ValueError, match="config_class"):
        transformers.AutoModelForMaskedLM.from_pretrained(folder, trust_remote_code=True)
    loaded = load_hf(folder, name="x", trusted=True)
    assert loaded.network.size == 64  # the checkpoint's own configuration, not its base class
    assert torch.equal(tiny.logits(loaded.network), tiny.logits(network))


def test_hyenadna_a_tokenizer_of_its_own_and_padded_logits(tiny: Any) -> None:
    folder, network = tiny.remote("bases", "BasesForCausalLM", "BasesConfig", model_type="bases")
    tiny.own_tokenizer(folder)
    loaded = load_hf(folder, name="x", trusted=True, max_tokens=512)
    assert loaded.tokenizer(["ACGT"], add_special_tokens=True)["input_ids"] == [[7, 8, 9, 10, 1]]
    assert loaded.tokenizer.padding_side == "left"
    assert loaded.tokenizer.model_max_length == 512
    assert tiny.logits(network).shape[-1] == 16
    assert loaded.vocabulary == 12
    with pytest.raises(TypeError, match="attention_mask"):
        loaded.network(torch.tensor([[7]]), attention_mask=torch.tensor([[1]]))


def test_code_that_is_not_trusted_does_not_run(tiny: Any) -> None:
    folder, _ = halves(tiny)
    with (folder / "halves.py").open("a") as handle:
        handle.write("\nraise SystemExit('it ran')\n")
    with pytest.raises(
        ModelError, match=r"Python code of its own \(halves.HalvesConfig\) would run"
    ):
        load_hf(folder, name="x")
    with pytest.raises(ModelError, match="failed with SystemExit: it ran"):
        load_hf(folder, name="x", trusted=True)


def test_a_tokenizers_code_is_code_too(tiny: Any) -> None:
    folder, _ = tiny.save("llama")
    tiny.code(folder, "bases")
    tiny.own_tokenizer(folder)
    with pytest.raises(ModelError, match=r"Python code of its own \(bases.BasesTokenizer\)"):
        load_hf(folder, name="x")


def test_a_package_that_the_code_needs(tiny: Any) -> None:
    folder, _ = halves(tiny)
    path = folder / "halves.py"
    path.write_text("import no_such_package_at_all\n" + path.read_text())
    with pytest.raises(ModelError, match=r"packages that were not found.*no_such_package_at_all"):
        load_hf(folder, name="x", trusted=True)
