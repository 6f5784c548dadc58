"""Which tensor of a file belongs where in a network, and which of either may stand alone."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

SPELLINGS = (
    (re.compile(r"LayerNorm\.gamma$"), "LayerNorm.weight"),
    (re.compile(r"LayerNorm\.beta$"), "LayerNorm.bias"),
    (re.compile(r"^embed_out\."), "lm_head."),  # GPT-NeoX until transformers 5
    (re.compile(r"^lm_head\."), "embed_out."),
    (re.compile(r"\.weight_g$"), ".parametrizations.weight.original0"),
    (re.compile(r"\.weight_v$"), ".parametrizations.weight.original1"),
    (re.compile(r"\.parametrizations\.weight\.original0$"), ".weight_g"),
    (re.compile(r"\.parametrizations\.weight\.original1$"), ".weight_v"),
)
"""Names that versions of transformers and torch spell in two ways; the values are the same."""

COMPUTED = re.compile(r"(^|\.)(inv_freq|original_inv_freq|position_ids|token_type_ids)$")
"""Buffers that follow from the configuration: rotary frequencies, and 0, 1, 2, ... The network's
own stay as its constructor computed them; a file need not hold them."""

MASK = re.compile(r"(^|\.)(attention|attn)\.(bias|masked_bias)$")
"""Buffers that old GPT-like checkpoints hold: causal masks, shape (1, 1, n, n), and a constant."""

UNSCORED = re.compile(r"(^|\.)(pooler|contact_head|cls\.seq_relationship)\.")
"""Heads that logits never pass through. A file may hold more of them than the network, or fewer;
what the file does not hold is set to NaN, so that a score that passed through it would show."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter or persistent buffer of a network.

    Attributes
    ----------
    name
        The first of its names.
    tensor
        Its memory.
    is_parameter
        False for a buffer.
    """

    name: str
    tensor: Tensor
    is_parameter: bool

    @property
    def memory(self) -> tuple[int, int, tuple[int, ...], tuple[int, ...]]:
        """What two names share exactly if they are tied."""
        t = self.tensor
        # A meta tensor has no memory to share.
        start = -id(t) if t.is_meta else t.untyped_storage().data_ptr()
        return start, int(t.storage_offset()), tuple(t.shape), tuple(t.stride())


@dataclass(frozen=True)
class Placed:
    """How the names of a file and of a network go together.

    Attributes
    ----------
    slots
        By the name in the network; every name of a tied tensor is there.
    where
        Name in the file to name in the network.
    extra
        Names of the file without a place.
    """

    slots: dict[str, Slot]
    where: dict[str, str]
    extra: list[str]

    def unfilled(self) -> list[Slot]:
        """Return the slots into which no tensor of the file goes, under any of their names."""
        filled = {self.slots[name].memory for name in self.where.values()}
        alone: dict[object, Slot] = {}
        for name, slot in self.slots.items():
            key = slot.memory if slot.tensor.numel() else name
            if key not in filled and slot.tensor.numel():
                alone.setdefault(key, slot)
        return list(alone.values())


def place(network: nn.Module, names: Iterable[str]) -> Placed:
    """Return where each tensor of a file goes in a network.

    Parameters
    ----------
    network
        Its base model's name (transformers' ``base_model_prefix``) may stand before a name or not.
    names
        Of the file's tensors.
    """
    slots = dict(_slots(network))
    prefix = str(getattr(network, "base_model_prefix", "") or "")
    where, extra = {}, []
    for name in names:
        found = next((n for n in _spelled(name, prefix) if n in slots), None)
        if found is None:
            extra.append(name)
        else:
            where[name] = found
    return Placed(slots, where, extra)


def _slots(network: nn.Module) -> Iterator[tuple[str, Slot]]:
    for name, parameter in network.named_parameters(remove_duplicate=False):
        yield name, Slot(name, parameter, True)
    for path, module in network.named_modules(remove_duplicate=False):
        for name, buffer in module.named_buffers(recurse=False, remove_duplicate=False):
            if name not in module._non_persistent_buffers_set:
                full = f"{path}.{name}" if path else name
                yield full, Slot(full, buffer, False)


def _spelled(name: str, prefix: str) -> Iterator[str]:
    """Yield the names under which a network may hold what a file calls `name`, its own first."""
    yield name
    other = [pattern.sub(new, name) for pattern, new in SPELLINGS if pattern.search(name)]
    yield from other
    if not prefix:
        return
    for spelled in (name, *other):
        if spelled.startswith(prefix + "."):
            yield spelled.removeprefix(prefix + ".")
        else:
            yield f"{prefix}.{spelled}"


def fill_unscored(slots: Iterable[Slot]) -> None:
    """Make heads without weights useless rather than random."""
    with torch.no_grad():
        for slot in slots:
            if slot.tensor.is_floating_point():
                slot.tensor.fill_(float("nan"))
