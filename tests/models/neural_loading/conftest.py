"""Tiny checkpoints from configs, in temporary folders; nothing here may reach the network."""

import importlib.util
import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

try:
    import huggingface_hub  # noqa: F401
    import safetensors.torch as safetensors_torch
    import torch
    import transformers
except ModuleNotFoundError:  # tests/models/test_neural_extra.py says so
    collect_ignore_glob = ["test_*.py"]

HERE = Path(__file__).parent
VOCABULARY = ["[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", "A", "C", "G", "T", "N"]
SIZES = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 512,
}


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Let torch use one thread: more only get into each other's way on tiny tensors."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every cache in the test's folder, and the world outside."""
    import transformers.dynamic_module_utils as dynamic
    from huggingface_hub import constants

    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    if hasattr(transformers.utils.hub, "TRANSFORMERS_CACHE"):  # until transformers 5
        monkeypatch.setattr(transformers.utils.hub, "TRANSFORMERS_CACHE", str(tmp_path / "hub"))
    modules = str(tmp_path / "modules")
    monkeypatch.setattr(dynamic, "HF_MODULES_CACHE", modules)
    monkeypatch.syspath_prepend(modules)
    connect = socket.socket.connect

    def only_here(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "localhost", "::1"):
            raise AssertionError(f"a test reached out to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_here)


def make_network(family: str, **changes: Any) -> Any:
    """Return a tiny network of transformers' own, with weights that tell each tensor apart."""
    sizes = {**SIZES, **changes}
    if family == "mamba":
        sizes = {k: v for k, v in sizes.items() if not k.startswith(("num_att", "inter", "max"))}
        made = transformers.MambaForCausalLM(transformers.MambaConfig(state_size=4, **sizes))
    elif family == "neox":
        made = transformers.GPTNeoXForCausalLM(transformers.GPTNeoXConfig(**sizes))
    elif family == "llama":
        made = transformers.LlamaForCausalLM(transformers.LlamaConfig(**sizes))
    elif family == "bert":
        made = transformers.BertForMaskedLM(transformers.BertConfig(**sizes))
    else:
        sizes = {"token_dropout": True, "mask_token_id": 2, "pad_token_id": 3, **sizes}
        made = transformers.EsmForMaskedLM(transformers.EsmConfig(**sizes))
    return randomised(made)


def randomised(network: Any) -> Any:
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return network.eval()


class Tiny:
    """Writes and changes tiny checkpoints."""

    def __init__(self, folder: Path) -> None:
        self.root = folder

    def save(
        self, family: str = "llama", name: str = "tiny", *, shard: str = "", **changes: Any
    ) -> tuple[Path, Any]:
        """Save a checkpoint of transformers' own; returns its folder and the network in memory."""
        network, folder = make_network(family, **changes), self.root / name
        network.save_pretrained(folder, **({"max_shard_size": shard} if shard else {}))
        self.tokenizer(folder)
        return folder, network

    def remote(
        self, code: str, architecture: str, config_class: str, **config: Any
    ) -> tuple[Path, Any]:
        """Save a checkpoint whose model is the remote code in ``remote/``; likewise."""
        import transformers.dynamic_module_utils as dynamic

        folder = self.root / code
        folder.mkdir()
        self.code(folder, code)
        auto = "CausalLM" if architecture.endswith("CausalLM") else "MaskedLM"
        auto_map = {
            "AutoConfig": f"{code}.{config_class}",
            f"AutoModelFor{auto}": f"{code}.{architecture}",
        }
        settings = {"architectures": [architecture], "auto_map": auto_map, **config}
        (folder / "config.json").write_text(json.dumps(settings))
        get = dynamic.get_class_from_dynamic_module
        made = get(f"{code}.{config_class}", str(folder))(**config)
        network = randomised(get(f"{code}.{architecture}", str(folder))(made))
        self.write(folder, {n: p.detach().clone() for n, p in network.named_parameters()})
        self.tokenizer(folder)
        return folder, network

    def code(self, folder: Path, name: str) -> None:
        shutil.copyfile(HERE / "remote" / f"{name}.py.txt", folder / f"{name}.py")

    def tokenizer(self, folder: Path, **extra: Any) -> None:
        """Write a tokenizer of single bases that frames a text by [CLS] and [SEP]."""
        from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

        ids = {token: i for i, token in enumerate(VOCABULARY)}
        made = Tokenizer(models.WordLevel(ids, unk_token="[UNK]"))
        made.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
        made.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 0), ("[SEP]", 1)]
        )
        roles = {f"{role}_token": f"[{role.upper()}]" for role in ("cls", "sep", "mask", "pad")}
        transformers.PreTrainedTokenizerFast(
            tokenizer_object=made, unk_token="[UNK]", **roles, **extra
        ).save_pretrained(folder)

    def own_tokenizer(self, folder: Path) -> None:
        """Let the checkpoint's tokenizer be the remote code in ``bases.py``."""
        (folder / "tokenizer.json").unlink()
        settings = {
            "tokenizer_class": "BasesTokenizer",
            "auto_map": {"AutoTokenizer": ["bases.BasesTokenizer", None]},
        }
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))

    def read(self, folder: Path) -> dict[str, Any]:
        # Copies: `write` replaces the file that some versions map these tensors onto.
        found = safetensors_torch.load_file(folder / "model.safetensors")
        return {name: tensor.clone() for name, tensor in found.items()}

    def write(self, folder: Path, tensors: dict[str, Any]) -> None:
        path = folder / "model.safetensors"
        safetensors_torch.save_file(tensors, path, metadata={"format": "pt"})

    def configure(self, folder: Path, file: str = "config.json", **changes: Any) -> None:
        path = folder / file
        settings = json.loads(path.read_text()) | changes
        path.write_text(json.dumps({k: v for k, v in settings.items() if v is not None}))

    def logits(self, network: Any) -> Any:
        ids = torch.tensor([[5, 6, 7, 8, 5, 5, 8, 7]])
        with torch.inference_mode():
            return network(ids).logits


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """Return what writes tiny checkpoints into the test's folder."""
    return Tiny(tmp_path)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a hub on this machine, to which the real client is sent."""
    from huggingface_hub import constants, file_download

    spec = importlib.util.spec_from_file_location("fake_hub", HERE / "fake_hub.py")
    assert spec is not None
    assert spec.loader is not None
    fake = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fake)
    with fake.serving() as made:
        template = made.url + "/{repo_id}/resolve/{revision}/{filename}"
        for module in (constants, file_download):  # older clients keep a copy
            monkeypatch.setattr(module, "HUGGINGFACE_CO_URL_TEMPLATE", template, raising=False)
            monkeypatch.setattr(module, "ENDPOINT", made.url, raising=False)
        yield made
