"""Other ways to compute a network's scores, by which its noise floor is measured."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING

import torch

from mit_harness.models.base import Scores, Variant
from mit_harness.models.neural.batching import Batcher
from mit_harness.models.neural.logits import Network, ScoredLogits

if TYPE_CHECKING:
    from mit_harness.models.neural.model import NeuralModel

COPY_GB = {"cuda": 8.0}
"""Most memory, by kind of device, that a copy in another dtype may take."""
COPY_GB_ELSEWHERE = 2.0

CPU_FLOPS = 1e13
"""Most work that a comparison with the CPU may be: minutes on a slow one."""

_WIDER = {
    torch.float16: torch.float32,
    torch.bfloat16: torch.float32,
    torch.float32: torch.float64,
}
_NO_MODULE = "its package gives no network that could be copied"


def variants(model: "NeuralModel", logits: ScoredLogits) -> Iterator[Variant]:
    """Yield the scores by batches of a single row, by a wider dtype, and on the CPU.

    Copies are made one after the other, each when it is asked for, and released before the next.
    The model itself stays as it is.
    """
    single = Batcher(1, 1, model.batcher.release)
    yield Variant("batch", model.twin(logits, single).score)
    network = logits.network
    if not isinstance(network, torch.nn.Module):
        yield Variant("dtype", None, _NO_MODULE)
        yield Variant("device", None, _NO_MODULE)
        return
    yield _wider(model, logits, network)
    yield _on_cpu(model, logits, network)


def _wider(model: "NeuralModel", logits: ScoredLogits, network: torch.nn.Module) -> Variant:
    device, dtype = _device(network), _dtype(network)
    wider = _WIDER.get(dtype)
    if wider is None:
        return Variant("dtype", None, f"no dtype is more precise than {_named(dtype)}")
    if wider is torch.float64 and device.type == "mps":
        return Variant("dtype", None, "an Apple GPU has no float64")
    most, need = COPY_GB.get(device.type, COPY_GB_ELSEWHERE), _gb(network, wider)
    if need > most:
        why = f"a copy in {_named(wider)} takes {need:.1f} GB, and {most:g} GB is the limit here"
        return Variant("dtype", None, why)
    return Variant("dtype", _by_copy(model, logits, network, device, wider))


def _on_cpu(model: "NeuralModel", logits: ScoredLogits, network: torch.nn.Module) -> Variant:
    device, dtype = _device(network), _dtype(network)
    if device.type == "cpu":
        return Variant("device", None, "the model ran on the CPU, with no other device beside it")
    need = _gb(network, dtype)
    if need > COPY_GB_ELSEWHERE:
        why = f"a copy on the CPU takes {need:.1f} GB, and {COPY_GB_ELSEWHERE:g} GB is the limit"
        return Variant("device", None, why)
    there = _by_copy(model, logits, network, torch.device("cpu"), dtype)

    def score(sequences: Sequence[str]) -> Scores:
        work = 2.0 * _size(network) * float(model.lengths(sequences).sum())
        if work > CPU_FLOPS:
            raise RuntimeError(f"on the CPU it would be {work:.0e} FLOP, {CPU_FLOPS:.0e} at most")
        return there(sequences)

    return Variant("device", score)


def _by_copy(
    model: "NeuralModel",
    logits: ScoredLogits,
    network: torch.nn.Module,
    device: torch.device,
    dtype: torch.dtype,
) -> Callable[[Sequence[str]], Scores]:
    """Return a score by a copy of the network, which lives as long as the call."""

    def score(sequences: Sequence[str]) -> Scores:
        try:
            # Converted in place of a second copy: only one more network is ever in memory.
            copied: Network = deepcopy(network).to(device=device, dtype=dtype)
            batcher = Batcher(release=model.batcher.release)
            return model.twin(logits.of(copied), batcher, str(device)).score(sequences)
        finally:
            copied = network
            model.batcher.release()

    return score


def _device(network: torch.nn.Module) -> torch.device:
    return next((parameter.device for parameter in network.parameters()), torch.device("cpu"))


def _dtype(network: torch.nn.Module) -> torch.dtype:
    """Return the least precise dtype of the parameters."""
    kinds = {p.dtype for p in network.parameters() if p.dtype.is_floating_point}
    return min(kinds, key=lambda kind: torch.finfo(kind).bits, default=torch.float64)


def _size(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _gb(network: torch.nn.Module, dtype: torch.dtype) -> float:
    return _size(network) * int(dtype.itemsize) / 1e9


def _named(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
