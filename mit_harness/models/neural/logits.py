"""Logits of chosen positions only: the head is spared whatever nobody scores."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Protocol

import torch
from torch import Tensor

from mit_harness.models.neural.batching import is_out_of_memory

_CLOSE = {torch.float64: 1e-6, torch.float32: 1e-3, torch.float16: 2e-2, torch.bfloat16: 5e-2}
"""Largest difference, relative to the largest logit, that rounding may make by dtype."""


class Network(Protocol):
    """What is asked of a network; a torch module that takes ids is one."""

    def __call__(self, ids: Tensor, /, **options: Any) -> object:  # noqa: ANN401 - a cache too
        """Return logits, shape (n, L, V), of ids, shape (n, L), or an output that holds them."""
        ...


class ScoredLogits:
    """A network that is asked for the logits of some positions of a batch.

    Genomic vocabularies reach thousands of k-mers, and a masked copy has one scored position. So
    the hidden states are cut to the scored positions where they leave the base model, and the
    network's own forward does the rest: whatever it computes after its base model, it computes
    as its authors wrote it, on fewer positions. The first batch is compared with the full logits;
    a network for which they differ, or that has no base model, gives full logits ever after.

    Parameters
    ----------
    network
        Called with ids, shape (n, L); returns logits, shape (n, L, V), or something that holds
        them: an output with ``logits``, or a tuple that begins with them.
    attention_mask
        Whether to pass a mask of ones. Nothing is ever padded, and some networks refuse it.
    """

    def __init__(self, network: Network, *, attention_mask: bool = False) -> None:
        self._network = network
        self._attention_mask = attention_mask
        self.separable: bool | None = None
        """Whether the head can be asked for single positions; None until the first batch."""

    @property
    def network(self) -> Network:
        """The network itself."""
        return self._network

    def of(self, network: Network) -> "ScoredLogits":
        """Return the same way of asking for another network, such as a copy in another dtype."""
        return ScoredLogits(network, attention_mask=self._attention_mask)

    def __call__(self, ids: Tensor, rows: Tensor, positions: Tensor) -> Tensor:
        """Return logits, shape (m, V), at m places (rows[k], positions[k]) of ids, shape (n, L)."""
        if self.separable is None:
            self.separable = self._check(ids[:2], rows[rows < 2], positions[rows < 2])
        if self.separable:
            return self._cut(ids, rows, positions)
        return self.full(ids)[rows, positions]

    def full(self, ids: Tensor) -> Tensor:
        """Return logits, shape (n, L, V), of ids, shape (n, L)."""
        return _logits(self._forward(ids))

    def resumed(
        self, ids: Tensor, rows: Tensor, positions: Tensor, cache: object, before: int
    ) -> tuple[Tensor, object]:
        """Return logits, shape (m, V), at places of ids that continue a cache, and the cache grown.

        Parameters
        ----------
        ids, rows, positions
            As of a call, which has to come first.
        cache
            Of n rows, such as the network's last; None for none. It may be changed.
        before
            Tokens that it holds of each row.

        Raises
        ------
        TypeError
            If the network gives no cache back.
        """
        options: dict[str, Any] = {"past_key_values": cache, "use_cache": True}
        if self._attention_mask:
            options["attention_mask"] = ids.new_ones(len(ids), before + ids.shape[1])
        cut = _kept(_base(self._network), rows, positions) if self.separable else nullcontext()
        with cut:
            output = self._network(ids, **options)
        logits, grown = _logits(output), getattr(output, "past_key_values", None)
        if grown is None:
            raise TypeError("the network gives no keys and values back")
        return logits[0] if self.separable else logits[rows, positions], grown

    def _forward(self, ids: Tensor) -> object:
        # By position: networks of remote code do not agree on the argument's name.
        if self._attention_mask:
            return self._network(ids, attention_mask=torch.ones_like(ids))
        return self._network(ids)

    def _cut(self, ids: Tensor, rows: Tensor, positions: Tensor) -> Tensor:
        with _kept(_base(self._network), rows, positions):
            logits = _logits(self._forward(ids))
        if logits.shape[:2] != (1, len(rows)):
            raise ValueError(f"{len(rows)} positions gave logits of shape {tuple(logits.shape)}")
        return logits[0]

    def _check(self, ids: Tensor, rows: Tensor, positions: Tensor) -> bool:
        """Tell whether cut hidden states give the logits that the whole ones give."""
        if _base(self._network) is None:
            return False
        full = self.full(ids)[rows, positions].detach()
        try:
            cut = self._cut(ids, rows, positions)
        except (RuntimeError, ValueError, TypeError, LookupError, AttributeError) as error:
            if is_out_of_memory(error):
                raise
            return False
        if cut.shape != full.shape:
            return False
        largest = float(full.nan_to_num(0.0, 0.0, 0.0).abs().max())
        off = _CLOSE.get(full.dtype, 1e-3) * largest
        return bool(torch.allclose(cut, full, rtol=0, atol=off, equal_nan=True))


def log_probabilities(logits: Tensor, targets: Tensor, vocabulary: int) -> Tensor:
    """Return the log-probability of each target in nats, float64 on the CPU, shape (m,).

    Parameters
    ----------
    logits
        Shape (m, V). Columns from `vocabulary` on are padding of the matrix and get no
        probability. Half precision is normalised in float32.
    targets
        Ids, shape (m,).
    vocabulary
        Number of ids that mean something.
    """
    real = logits[:, :vocabulary]
    real = real if real.dtype == torch.float64 else real.float()
    picked = real.gather(1, targets[:, None])[:, 0]
    # float64 only on the CPU: MPS has none.
    return (picked - real.logsumexp(dim=1)).detach().cpu().double()


def _base(network: Network) -> torch.nn.Module | None:
    """Return the part that gives the hidden states, if the network has it as a part."""
    base = getattr(network, "base_model", None)
    return base if isinstance(base, torch.nn.Module) and base is not network else None


@contextmanager
def _kept(base: torch.nn.Module | None, rows: Tensor, positions: Tensor) -> Iterator[None]:
    """Cut what leaves the base model, shape (n, L, d), to m positions, shape (1, m, d)."""

    def cut(_module: torch.nn.Module, _inputs: object, output: Any) -> object:  # noqa: ANN401
        hidden = output if isinstance(output, Tensor) else output[0]
        chosen = hidden[rows, positions].unsqueeze(0)
        if isinstance(output, Tensor):
            return chosen
        if isinstance(output, tuple):
            return (chosen, *output[1:])
        output[next(iter(output))] = chosen  # transformers' ModelOutput keeps its order
        return output

    if base is None:
        raise TypeError("the network has no base model")
    hook = base.register_forward_hook(cut)
    try:
        yield
    finally:
        hook.remove()


def _logits(output: object) -> Tensor:
    """Return the logits in whatever a network returned."""
    found = getattr(output, "logits", output)
    while isinstance(found, (tuple, list)):
        found = found[0]
    if not isinstance(found, Tensor):
        raise TypeError(f"the network returned a {type(output).__name__} without logits")
    return found
