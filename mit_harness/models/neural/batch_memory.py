"""How many tokens a batch may have on a CPU, where too many end the process without a word."""

from dataclasses import dataclass

import torch
from torch import nn

BATCH_BYTES = 300_000_000
"""What a batch's activations and logits may take; with torch, this is below `OVERHEAD_GB`."""

_HIDDEN = 5
"""Tensors of the widest layer's size alive at once: a gate, its input, their product, residuals."""
_TABLES = 3
"""Tensors of the size of logits or attention weights alive at once: a copy, and exponentials."""

_CACHES = 2
"""Caches alive at once: of a level and, layer by layer, of the one that continues it."""


@dataclass(frozen=True)
class TokenCost:
    """What a token of a batch takes in memory.

    Attributes
    ----------
    width
        Units of the widest layer.
    vocabulary
        Columns of the logits.
    heads
        Attention heads whose weights, shape (L, L), are held as a whole; 0 for none.
    size
        Bytes of one value.
    """

    width: int
    vocabulary: int
    heads: int
    size: int

    def tokens(self, length: int, share: float, cached: int = 0) -> int:
        """Return the most tokens of a batch; never less than one row.

        Parameters
        ----------
        length
            Tokens of one row.
        share
            Of the tokens, for which logits are made.
        cached
            Bytes that a cache keeps of a token, where common beginnings are read once.
        """
        body = _HIDDEN * self.width + _TABLES * self.heads * length
        # Logits are made when the layers are done. log-softmax is in float32 at least.
        head = _TABLES * self.vocabulary * share * max(self.size, 4) / self.size
        token = self.size * max(body, head, 1) + _CACHES * cached
        return max(length, int(BATCH_BYTES / token))


def token_cost(network: object, vocabulary: int) -> TokenCost | None:
    """Return what a token takes in a network, or None for what is no torch module.

    Widths are read off the layers' weights, so that networks of remote code are known too.
    """
    if not isinstance(network, nn.Module):
        return None
    head = _head(network)
    weights = [
        weight
        for module in network.modules()
        if not isinstance(module, nn.Embedding)
        and module is not head
        and isinstance(weight := getattr(module, "weight", None), torch.Tensor)
        and weight.ndim > 1
    ]
    width = max((max(weight.shape[:2]) for weight in weights), default=1)
    columns = getattr(getattr(head, "weight", None), "shape", (vocabulary,))[0]
    config = getattr(network, "config", None)
    # Others compute attention piece by piece.
    whole = getattr(config, "_attn_implementation", "eager") in (None, "eager")
    heads = getattr(config, "num_attention_heads", 0) if whole else 0
    first = next(network.parameters(), None)
    size = 4 if first is None else first.element_size()
    return TokenCost(width, max(int(columns), vocabulary), int(heads or 0), size)


def _head(network: nn.Module) -> nn.Module | None:
    """Return the layer that makes logits, if the network tells."""
    asked = getattr(network, "get_output_embeddings", None)
    try:
        found = asked() if callable(asked) else None
    except (AttributeError, NotImplementedError):
        return None
    return found if isinstance(found, nn.Module) else None
