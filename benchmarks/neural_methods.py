"""Ways to score sequences with one network: bare passes, this package, and what others use."""

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from mit_harness.models.base import Floats
from mit_harness.models.neural.handles import hf_handle
from mit_harness.models.neural.model import NeuralModel
from mit_harness.models.spec import parse

Score = Callable[[], Sequence[float] | Floats]
"""Scores all sequences, in nats."""


class Method(NamedTuple):
    """A way to score.

    Attributes
    ----------
    name
        In the table.
    prepare
        Called before every timed call, and not timed; returns what is timed.
    note
        Empty, or why there is nothing to time.
    """

    name: str
    prepare: Callable[[], Score]
    note: str = ""


@dataclass(frozen=True)
class Setting:
    """One checkpoint and what is read by it.

    Attributes
    ----------
    folder, kind
        Of the checkpoint; ``causal`` or ``masked``.
    network, tokenizer
        Loaded from it, for all methods but this package's own.
    sequences
        Of one length.
    ids
        int64, shape (n, L), as the tokenizer reads them, on the device.
    device, dtype
        As torch names them.
    """

    folder: Path
    kind: str
    network: Any
    tokenizer: Any
    sequences: list[str]
    ids: Tensor
    device: str = "cpu"
    dtype: str = "float32"

    @property
    def tokens(self) -> int:
        """Tokens that the network reads; a masked copy is read whole."""
        n, length = self.ids.shape
        return n * length * (1 if self.kind == "causal" else length - 1)


def load(folder: Path, kind: str, sequences: list[str], device: str, dtype: str) -> Setting:
    """Return the setting of a checkpoint, its sequences tokenised."""
    import transformers

    auto = "AutoModelForCausalLM" if kind == "causal" else "AutoModelForMaskedLM"
    made = getattr(transformers, auto).from_pretrained(folder, dtype=getattr(torch, dtype))
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    ids = torch.tensor(tokenizer(sequences)["input_ids"], device=device)
    if kind == "causal":
        made.config.use_cache = False
    return Setting(folder, kind, made.eval().to(device), tokenizer, sequences, ids, device, dtype)


def bare(setting: Setting, batch: int) -> Method:
    """Return forward passes over tokenised batches with log-softmax and gather, nothing else."""
    run = _bare_causal if setting.kind == "causal" else _bare_masked
    return Method(f"bare, batch {batch}", lambda: lambda: run(setting, batch))


def bare_cut(setting: Setting, batch: int) -> Method:
    """Return bare passes of an Esm whose head sees the masked positions only."""
    return Method(
        f"bare, head at masked positions, batch {batch}",
        lambda: lambda: _bare_masked(setting, batch, cut=True),
    )


def _bare_causal(setting: Setting, batch: int) -> Floats:
    found = []
    with torch.inference_mode():
        for ids in setting.ids.split(batch):
            table = setting.network(ids).logits[:, :-1].float().log_softmax(dim=-1)
            found.append(table.gather(2, ids[:, 1:, None])[..., 0].sum(dim=1).cpu())
    return torch.cat(found).double().numpy()


def _copies(ids: Tensor, batch: int, mask_id: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield masked copies, the position masked in each, and the token that stood there."""
    n, length = ids.shape
    places = torch.arange(n * (length - 1), device=ids.device)
    for chosen in places.split(batch):
        rows, positions = chosen // (length - 1), 1 + chosen % (length - 1)
        copies = ids[rows]
        each = torch.arange(len(rows), device=ids.device)
        targets = copies[each, positions]
        copies[each, positions] = mask_id
        yield copies, positions, targets


def _bare_masked(setting: Setting, batch: int, *, cut: bool = False) -> Floats:
    found, network = [], setting.network
    with torch.inference_mode():
        for copies, positions, targets in _copies(setting.ids, batch, _mask_id(setting)):
            each = torch.arange(len(copies), device=copies.device)
            if cut:
                logits = network.lm_head(network.esm(copies)[0][each, positions])
            else:
                logits = network(copies).logits[each, positions]
            table = logits.float().log_softmax(dim=-1)
            found.append(table.gather(1, targets[:, None])[:, 0].cpu())
    n, length = setting.ids.shape
    return torch.cat(found).double().numpy().reshape(n, length - 1).sum(axis=1)


def _mask_id(setting: Setting) -> int:
    return int(setting.tokenizer.mask_token_id)


def one_by_one(setting: Setting) -> Method:
    """Return the plain loop: one text, or one masked token, a pass."""

    def run() -> list[float]:
        return [_one(setting, text) for text in setting.sequences]

    return Method("one by one", lambda: run)


def _one(setting: Setting, text: str) -> float:
    ids = setting.tokenizer(text, return_tensors="pt")["input_ids"].to(setting.device)
    total = 0.0
    with torch.no_grad():
        if setting.kind == "causal":
            table = setting.network(ids).logits.float().log_softmax(dim=-1)
            return float(table[0, :-1].gather(1, ids[0, 1:, None]).sum())
        for position in range(1, ids.shape[1]):
            copy = ids.clone()
            copy[0, position] = _mask_id(setting)
            table = setting.network(copy).logits.float().log_softmax(dim=-1)
            total += float(table[0, position, ids[0, position]])
    return total


def fresh(setting: Setting) -> NeuralModel:
    """Return this package's model by its normal way: resolved, loaded and verified."""
    spec = parse(f"hf:{setting.folder}?context=0&device={setting.device}&dtype={setting.dtype}")
    model: Any = hf_handle(spec, offline=True).load()
    made: NeuralModel = model
    return made


def ours_cold(setting: Setting) -> Method:
    """Return `NeuralModel.score` of a model just loaded, which has to find its batch size."""

    def prepare() -> Score:
        model = fresh(setting)
        return lambda: model.score(setting.sequences).values

    return Method("mit-harness, cold", prepare)


def ours_warm(setting: Setting, model: NeuralModel) -> Method:
    """Return `NeuralModel.score` of a model that has scored as much before."""
    return Method("mit-harness, warm", lambda: lambda: model.score(setting.sequences).values)


def lm_eval(setting: Setting, batch: int) -> Method:
    """Return lm-eval's ``HFLM.loglikelihood_rolling``, which is for causal models."""
    name = f"lm-eval, batch {batch}"
    if setting.kind == "masked":
        return Method(name, _nothing, "no masked models")
    if not installed("lm_eval"):
        return Method(name, _nothing, "not installed")
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    scorer = HFLM(
        pretrained=setting.network,
        tokenizer=setting.tokenizer,
        batch_size=batch,
        max_length=setting.ids.shape[1],
        device=setting.device,
        add_bos_token=False,  # else the first token is there twice, and the second is scored
    )
    asked = [
        Instance("loglikelihood_rolling", {}, (s,), k) for k, s in enumerate(setting.sequences)
    ]

    def run() -> list[float]:
        with redirect_stderr(StringIO()):  # a progress bar for each batch
            found: list[float] = scorer.loglikelihood_rolling(asked, disable_tqdm=True)
        return found

    return Method(name, lambda: run)


def minicons(setting: Setting, batch: int) -> Method:
    """Return minicons' sequence scores, summed; a batch of a masked model is all its copies."""
    name = f"minicons, batch {batch}"
    if not installed("minicons"):
        return Method(name, _nothing, "not installed")
    from minicons import scorer

    made = scorer.IncrementalLMScorer if setting.kind == "causal" else scorer.MaskedLMScorer
    model = made(setting.network, setting.device, tokenizer=setting.tokenizer)
    # A batch is given in sequences, each of which becomes as many masked copies as it has tokens.
    copies = 1 if setting.kind == "causal" else setting.ids.shape[1] - 1
    step = max(1, math.ceil(batch / copies))

    def run() -> Floats:
        found: list[float] = []
        for start in range(0, len(setting.sequences), step):
            texts = setting.sequences[start : start + step]
            found += model.sequence_score(texts, reduction=lambda x: x.sum(0).item())
        return np.array(found)

    return Method(name, lambda: run)


def installed(package: str) -> str:
    """Return the version of a package, empty if it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _nothing() -> Score:
    raise RuntimeError("there is nothing to time")
