"""From a folder to a network whose every tensor has been compared with the file.

transformers' own ``from_pretrained`` builds a network without memory and fills it from the file;
whatever it does not fill is left as it was, and what a constructor of remote code ties or computes
is undone, not always with a word. So the network is really constructed here, which ties and
computes as its authors wrote it, and then every tensor of the file is copied into its place.
"""

import importlib
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from mit_harness.errors import MitHarnessError, ModelError
from mit_harness.models.neural.config import (
    AUTO_CLASS,
    code_needed,
    detect_kind,
    refuse_unsupported,
)
from mit_harness.models.neural.files import (
    CONFIG,
    TOKENIZER_CONFIG,
    read_headers,
    read_json,
    weight_files,
)
from mit_harness.models.neural.flanks import LikelihoodKind
from mit_harness.models.neural.placing import fill_unscored, place
from mit_harness.models.neural.tokens import Tokenizer
from mit_harness.models.neural.verify import may_be_absent, refuse_strangers, tensors, verify

_SEED = 0
"""Whatever a constructor draws at random is the same each time, and is overwritten."""


class Loaded(NamedTuple):
    """A network ready to score.

    Attributes
    ----------
    network
        On the CPU, in evaluation mode, compared with its file.
    tokenizer
        Of transformers, or of the checkpoint's own code.
    kind
        ``causal`` or ``masked``.
    vocabulary
        Number of ids that mean something; logits beyond are padding.
    """

    network: nn.Module
    tokenizer: Tokenizer
    kind: LikelihoodKind
    vocabulary: int


def load_hf(
    folder: Path,
    *,
    name: str,
    kind: LikelihoodKind | None = None,
    dtype: str = "float32",
    trusted: bool = False,
    commit: str = "",
    tokenizer: Path | None = None,
    imports: tuple[str, ...] = (),
    max_tokens: int | None = None,
) -> Loaded:
    """Load a checkpoint from a folder, and verify it tensor by tensor.

    Parameters
    ----------
    folder, name
        With ``config.json``, a tokenizer and safetensors; what errors call the model.
    kind, dtype
        Detected unless given; of the parameters.
    trusted, commit
        Whether its own Python code may run; the commit that it is a copy of, if it is one.
    tokenizer, max_tokens
        Folder of another tokenizer; the longest input, where the tokenizer claims more.
    imports
        Modules that teach transformers an architecture.

    Raises
    ------
    ModelError
        If it cannot be loaded, would run code that is not trusted, or is not what the file holds.
    """
    settings = read_json(folder / CONFIG)
    refuse_unsupported(settings, name)
    kind = kind or detect_kind(settings, name)
    code = _code(settings, tokenizer or folder, kind)
    if code and not trusted:
        raise ModelError(f"{name}: Python code of its own ({code[0]}) would run and is not trusted")
    weights = weight_files(folder)
    read_headers(weights)  # a broken file is said before anything is built
    options = _auto_options(code, commit)
    with _blamed(name, "its tokenizer"):
        text = _tokenizer(tokenizer or folder, options, max_tokens)
    with _blamed(name, "building it"):
        network = _construct(folder, settings, kind, dtype, options, imports)
    fill(network, weights, name)
    verify(network, weights, name)
    _check_dtype(network, dtype, name)
    return Loaded(network, text, kind, _vocabulary(network, text))


def _code(settings: Mapping[str, Any], beside: Path, kind: LikelihoodKind) -> list[str]:
    spoken = beside / TOKENIZER_CONFIG
    return code_needed(settings, read_json(spoken) if spoken.is_file() else {}, kind)


def _auto_options(code: list[str], commit: str) -> dict[str, Any]:
    """Return what transformers' Auto classes are told."""
    options: dict[str, Any] = {"trust_remote_code": bool(code), "local_files_only": True}
    if commit and any("--" in reference for reference in code):
        options["code_revision"] = commit  # the code names its own repository
    return options


def fill(network: nn.Module, weights: list[Path], name: str) -> None:
    """Copy every tensor of the files into its place.

    Raises
    ------
    ModelError
        If file and network do not hold the same tensors, or of other shapes.
    """
    headers = read_headers(weights)
    placed = place(network, headers)
    refuse_strangers(placed, network, headers, name)
    with torch.no_grad():
        for key, tensor in tensors(headers, name):
            if key in placed.where:
                placed.slots[placed.where[key]].tensor.copy_(tensor)
    fill_unscored(s for s in placed.unfilled() if s.is_parameter and may_be_absent(s))


def _construct(
    folder: Path,
    settings: Mapping[str, Any],
    kind: LikelihoodKind,
    dtype: str,
    options: Mapping[str, Any],
    imports: tuple[str, ...],
) -> nn.Module:
    """Return the network, constructed for real, with random weights."""
    import transformers
    from transformers.dynamic_module_utils import get_class_from_dynamic_module

    for module in imports:
        importlib.import_module(module)
    config = transformers.AutoConfig.from_pretrained(folder, **options)
    wanted = getattr(torch, dtype)
    auto = AUTO_CLASS[kind]
    references = settings.get("auto_map")
    reference = references.get(auto) if isinstance(references, dict) else None
    with _seeded():
        if reference is not None:
            # Not through AutoModel, which refuses a class whose config_class is the base of the
            # checkpoint's own configuration, as DNABERT-2's is.
            own = str(reference).rpartition("--")[2]
            made: Any = get_class_from_dynamic_module(own, str(folder), local_files_only=True)
            network = made._from_config(config, **{_dtype_key(): wanted})
        else:
            network = getattr(transformers, auto).from_config(config, **{_dtype_key(): wanted})
        if callable(getattr(network, "tie_weights", None)):
            network.tie_weights()
    if not isinstance(network, nn.Module):
        raise TypeError(f"{auto} gave a {type(network).__name__}, which is no torch module")
    if wanted in (torch.float32, torch.float64):
        network.to(wanted)
    return network.eval().requires_grad_(False)


def _dtype_key() -> str:
    """Return what this version of transformers calls the parameters' type."""
    import transformers

    major, minor = (int(part) for part in transformers.__version__.split(".")[:2])
    return "dtype" if (major, minor) >= (4, 56) else "torch_dtype"


@contextmanager
def _seeded() -> Iterator[None]:
    """Leave the process's random numbers as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        yield


def _tokenizer(folder: Path, options: Mapping[str, Any], max_tokens: int | None) -> Tokenizer:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, **options)
    claimed = getattr(tokenizer, "model_max_length", None)
    if max_tokens is not None and (claimed is None or claimed > max_tokens):
        tokenizer.model_max_length = max_tokens
    made: Tokenizer = tokenizer
    return made


def _vocabulary(network: nn.Module, tokenizer: Tokenizer) -> int:
    """Return how many ids mean something, to the tokenizer and to the network."""
    made: Any = network
    spoken: Any = tokenizer
    try:
        known = int(max(spoken.get_vocab().values())) + 1
    except (AttributeError, NotImplementedError, TypeError, ValueError):
        known = len(tokenizer)
    try:
        rows = int(made.get_output_embeddings().weight.shape[0])
    except (AttributeError, NotImplementedError, TypeError):
        rows = int(getattr(made.config, "vocab_size", known))
    return min(known, rows)


def _check_dtype(network: nn.Module, dtype: str, name: str) -> None:
    """Refuse a model whose code keeps parameters in less than the precision asked for."""
    if dtype not in ("float32", "float64"):
        return
    wanted = getattr(torch, dtype)
    for key, parameter in network.named_parameters():
        if parameter.is_floating_point() and parameter.dtype != wanted:
            raise ModelError(f"{name}: its code keeps {key!r} in {parameter.dtype}, not in {dtype}")


@contextmanager
def _blamed(name: str, what: str) -> Iterator[None]:
    """Say that a failure of transformers' or the checkpoint's own code is the model's.

    What they call that is deprecated is for their authors, also where warnings are errors.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", FutureWarning)
            yield
    except MitHarnessError:
        raise
    except (Exception, SystemExit) as error:  # a module may end itself when it is imported
        first = (str(error).strip() or "no reason given").splitlines()[0][:300]
        raise ModelError(f"{name}: {what} failed with {type(error).__name__}: {first}") from error
