"""Is the network in memory the one in the file? Tensor by tensor, whatever the loader reported."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from mit_harness.errors import ModelError
from mit_harness.models.neural.files import TensorInfo, read_headers
from mit_harness.models.neural.placing import COMPUTED, MASK, UNSCORED, Placed, Slot, place

_NAMED = 4
"""Names that an error lists."""
_CLOSE, _HALF_CLOSE = 1e-4, 1e-2
"""Relative difference of rotary frequencies that rounding explains."""


def verify(network: nn.Module, weights: list[Path], name: str) -> None:
    """Raise unless every parameter and persistent buffer holds what the file says.

    Tied tensors count as one: it is enough that the file holds it under one of its names, and all
    that it holds of it must agree.

    Parameters
    ----------
    network
        In memory, on any device.
    weights
        Safetensors files.
    name
        Of the model, for errors.

    Raises
    ------
    ModelError
        If a tensor is missing in the file (so random or uninitialised in memory), of another
        shape, of other values, or left over; the first few are named.
    """
    headers = read_headers(weights)
    placed = place(network, headers)
    refuse_strangers(placed, network, headers, name)
    different, unusual = [], []
    for key, tensor in tensors(headers, name):
        if key not in placed.where:
            if key.rpartition(".")[2] == "inv_freq" and _frequencies_differ(network, tensor):
                different.append(key)
            continue
        slot = placed.slots[placed.where[key]]
        if not _agrees(slot.tensor, tensor):
            different.append(slot.name)
        elif slot.is_parameter and not bool(torch.isfinite(tensor).all()):
            unusual.append(slot.name)
    if different:
        raise ModelError(
            f"{name}: {_listed(different)} in memory is not what the file holds; the loader or the "
            "model's code changed it, or the file changed while it was read"
        )
    if unusual:
        raise ModelError(
            f"{name}: {_listed(unusual)} holds values that are no numbers; the checkpoint is broken"
        )


def refuse_strangers(
    placed: Placed, network: nn.Module, headers: Mapping[str, TensorInfo], name: str
) -> None:
    """Raise if file and network do not hold the same tensors; values are not looked at.

    Raises
    ------
    ModelError
        See `verify`.
    """
    lone = [
        slot
        for slot in placed.unfilled()
        if not may_be_absent(slot) and not _is_unread(slot, network)
    ]
    if lone:
        raise ModelError(
            f"{name}: the file does not hold {_listed([slot.name for slot in lone])}, which would "
            "be random or uninitialised; the checkpoint is incomplete or of another kind (?kind=)"
        )
    left = [key for key in placed.extra if not _may_be_left(key, network, headers[key])]
    if left:
        raise ModelError(
            f"{name}: the model has no place for {_listed(left)} of the file; the checkpoint is of "
            "another model, or of another kind (?kind=)"
        )
    shapes = {key: tuple(placed.slots[where].tensor.shape) for key, where in placed.where.items()}
    for key, shape in shapes.items():
        if shape != headers[key].shape:
            raise ModelError(
                f"{name}: {key!r} has the shape {headers[key].shape} in the file and {shape} in "
                "the model; the configuration does not belong to these weights"
            )


def may_be_absent(slot: Slot) -> bool:
    """Tell whether a file need not hold a tensor of the network."""
    if UNSCORED.search(slot.name):
        return True
    return not slot.is_parameter and COMPUTED.search(slot.name) is not None


def _is_unread(slot: Slot, network: nn.Module) -> bool:
    """Tell whether a network has a tensor that it never reads.

    transformers before 4.48 gives an Esm with rotary positions a table of absolute ones, too.
    """
    kind = getattr(getattr(network, "config", None), "position_embedding_type", None)
    return kind == "rotary" and slot.name.endswith(".position_embeddings.weight")


def tensors(headers: Mapping[str, TensorInfo], name: str) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of safetensors files one after the other, by name.

    None stays in memory that the caller does not keep.

    Raises
    ------
    ModelError
        If a file cannot be read.
    """
    for key, info in headers.items():
        try:
            # Opened anew for each: what was read of a file stays in memory until it is closed,
            # and the network's own memory would be needed twice.
            with safe_open(info.file, framework="pt", device="cpu") as opened:
                tensor = opened.get_tensor(key)
        except (SafetensorError, OSError) as error:
            raise ModelError(
                f"{name}: {info.file} cannot be read ({error}); download it again"
            ) from error
        yield key, tensor


def _agrees(memory: Tensor, file: Tensor) -> bool:
    """Tell whether memory holds the file's values, after the cast to its own type."""
    if memory.is_meta or memory.is_floating_point() != file.is_floating_point():
        return False
    expected, held = file.to(memory.dtype), memory.detach().cpu()
    if torch.equal(held, expected):
        return True
    # NaN is never equal to itself; which NaN it is does not matter.
    same = (held == expected) | (torch.isnan(held) & torch.isnan(expected))
    return held.is_floating_point() and bool(same.all())


def _may_be_left(key: str, network: nn.Module, info: TensorInfo) -> bool:
    """Tell whether a tensor of the file may go nowhere."""
    if COMPUTED.search(key) or UNSCORED.search(key):
        return True
    if MASK.search(key):  # never a bias, which has one dimension
        return info.shape == () or (len(info.shape) == 4 and info.shape[:2] == (1, 1))
    # What transformers itself knows of its own architectures; remote code has no say here.
    if not type(network).__module__.startswith("transformers."):
        return False
    patterns: Any = getattr(network, "_keys_to_ignore_on_load_unexpected", None) or ()
    return any(re.search(pattern, key) for pattern in patterns)


def _frequencies_differ(network: nn.Module, tensor: Tensor) -> bool:
    """Tell whether rotary frequencies of the file are none of the network's, as one base is not."""
    own = [
        buffer.detach().cpu().double()
        for name, buffer in network.named_buffers()
        if name.rpartition(".")[2] == "inv_freq" and buffer.shape == tensor.shape
    ]
    close = _HALF_CLOSE if tensor.dtype in (torch.float16, torch.bfloat16) else _CLOSE
    return bool(own) and not any(
        torch.allclose(buffer, tensor.double(), rtol=close, atol=0) for buffer in own
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_NAMED])
    more = len(names) - _NAMED
    return shown + (f" and {more} more" if more > 0 else "")
